"""Made-up customers: what happened to each, drawn with the skew of real ones, as rows of the event tables.

Most people sign up, are shown the notice of the day, tick a box or two and are seldom heard of again; a few say much. A
history may be moved back by up to `MOVES` whole days and still makes sense: no notice is shown before its day.
"""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from bench.firm import Firm
from hub.db import new_id

Weighted = Sequence[tuple[Any, float]]

MOVES = 60
FIRST = datetime(2023, 6, 1, tzinfo=UTC)
PLACES = (
    ("AU", 560), ("UK", 220), ("EU", 90), ("US_CA", 60), ("ZA", 40), ("MA", 20), ("AU UK", 6), ("UK EU", 4),
)  # fmt: skip
STATES = (("ACTIVE", 70), ("CLOSED", 15), ("NONE", 9), ("NEGOTIATING", 6))
AGES = (("ADULT", 940), ("AGE_16_17", 25), ("AGE_15", 12), ("AGE_14", 10), ("AGE_13", 8), ("UNDER_13", 5))
LOCALES = (("en-AU", 6), ("en", 3), ("fr", 1))
INTAKES = (
    ("transaction property", 50), ("contact", 20), ("behaviour", 15), ("opinion interest", 10), ("financial", 5),
)  # fmt: skip
INTAKES_MORE = ((0, 12), (1, 20), (2, 26), (3, 20), (4, 12), (6, 7), (9, 3))
SOURCES = (("CUSTOMER", 900), ("THIRD_PARTY", 70), ("PUBLIC", 30))
SOURCES_LATER = (("CUSTOMER", 95), ("THIRD_PARTY", 5))
CHANNELS = ((None, 55), ("EMAIL", 24), ("SMS", 9), ("PHONE", 8), ("POST", 3), ("AUTO_CALL", 1))
PURPOSES = (
    ("newsletter", 300), ("referral-mortgage", 140), ("referral-inspection", 120), ("offers-email", 100),
    ("market-reports", 80), ("home-insurance", 70), ("removals", 50), ("energy-switch", 40), ("surveys", 35),
    ("analytics", 30), ("lettings", 15), ("account-messages", 10), ("conveyancing", 6), ("fraud-checks", 4),
)  # fmt: skip
RECEIVERS = {
    "referral-mortgage": (("bluegum-mortgages", 80), ("pennine-mortgages", 20)),
    "referral-inspection": (("quay-inspections", 60), ("southern-inspections", 30), ("moor-surveys", 10)),
}
OCCASIONS = (((1, 40), (2, 30), (3, 20), (5, 10)), 0.75), (((2, 1),), 0.55), (((3, 1),), 0.45)
"""When consent is asked for: for how many things at once, by weight, and how often it comes to that."""
STOPS = (("MARKETING", 0.22), ("SHARING", 0.10), ("SIGNAL", 0.05), ("OBJECTION", 0.03))
LASTS = ((365, 6), (730, 3), (90, 1))
SELDOM = (
    ("CONTACT", "PHONE", 0.3),
    ("RESTRICTION", "ON", 0.006),
    ("HOLD", "ON", 0.004),
    ("ERASURE", "ON", 0.003),
)
NEEDS_REGISTER = ("AU", "UK", "ZA", "US_CA")
WORDING = "Yes, you may use my details for this."
EVENT = ("id", "customer_id", "happened_at", "recorded_at", "act_id")
COLUMNS = {
    "customer": ("id", "kind", "locale", "import_id", "created_at"),
    "customer_event": (*EVENT, "organisation_id", "aspect", "value", "reason"),
    "registry_check": (*EVENT, "jurisdiction", "listed"),
    "collection": (
        *EVENT, "organisation_id", "source", "categories", "notice_version_id", "shown_how", "shown_at",
        "optout_offered", "import_id",
    ),
    "delivery": (*EVENT, "organisation_id", "notice_version_id", "how", "locale"),
    "choice": (
        *EVENT, "organisation_id", "kind", "action", "purpose_id", "channel", "recipient_id", "grade", "ends_at",
        "wording", "wording_sha256", "method",
    ),
}  # fmt: skip
"""What is written of each table, in the order in which they are written."""


@dataclass(slots=True)
class Rows:
    """What an act writes: rows by table, their values in the order of `COLUMNS`."""

    act_id: UUID
    recorded_at: datetime
    tables: dict[str, list[tuple[Any, ...]]] = field(default_factory=lambda: defaultdict(list))


class Drawing:
    """Draws customers of one firm, always the same ones from the same seed."""

    def __init__(self, firm: Firm, now: datetime, import_id: UUID, seed: int = 1) -> None:
        self.firm = firm
        self.now = now
        self.import_id = import_id
        self.dice = random.Random(seed)  # noqa: S311 - made-up people

    def customer(self, rows: Rows) -> UUID:
        """Draw one, and everything that happened to them."""
        person = _Person(self, rows, new_id())
        person.live()
        return person.id

    def pick(self, weighted: Weighted) -> Any:
        """One of several, by weight."""
        return self.dice.choices([one for one, _ in weighted], [weight for _, weight in weighted])[0]

    def chance(self, probability: float) -> bool:
        """Whether something happens that happens so often."""
        return self.dice.random() < probability

    def version(self, at: datetime) -> UUID | None:
        """The version in force at an instant, also after a move; seldom none, or an old form."""
        moved = at - timedelta(days=MOVES)
        known = [key for key, published in self.firm.published.items() if published <= moved]
        if not known or self.chance(0.08):
            return None
        is_old = len(known) > 1 and self.chance(0.05)
        return self.firm.versions[known[-2] if is_old else known[-1]]


class _Person:
    """One life, told in order."""

    def __init__(self, drawing: Drawing, rows: Rows, customer_id: UUID) -> None:
        self.drawing = drawing
        self.rows = rows
        self.id = customer_id
        days = (drawing.now - FIRST).days - 2
        second = drawing.dice.randrange(86_400)
        self.joined = FIRST + timedelta(days=int(days * drawing.dice.random() ** 0.8), seconds=second)
        self.import_id = drawing.import_id if drawing.chance(0.85) else None
        self.places: list[str] = drawing.pick(PLACES).split()

    def live(self) -> None:
        """Sign up, come back, choose, perhaps leave."""
        state = self.drawing.pick(STATES)
        self._row(
            "customer", self.joined, id=self.id, kind="PERSON", locale=self.drawing.pick(LOCALES),
            import_id=self.import_id, created_at=self.rows.recorded_at,
        )  # fmt: skip
        self._told("RELATIONSHIP", "ACTIVE" if state == "CLOSED" else state, self.joined)
        for place in self.places:
            self._told("JURISDICTION_BEGAN", place, self.joined, is_ours=False)
        if (age := self.drawing.pick(AGES)) != "ADULT":
            self._told("AGE", age, self.joined, is_ours=False)
        self._intakes()
        self._choices()
        if state == "CLOSED":
            self._told("RELATIONSHIP", "CLOSED", self._later(self.joined))
        self._seldom()

    def _row(self, table: str, at: datetime, **values: Any) -> None:
        """Write a row; what is not given is as in every row of this act and this customer, or null."""
        common = {
            "id": new_id(), "customer_id": self.id, "organisation_id": self.drawing.firm.organisation_id,
            "happened_at": at, "recorded_at": self.rows.recorded_at, "act_id": self.rows.act_id,
        }  # fmt: skip
        whole = common | values
        self.rows.tables[table].append(tuple(whole.get(name) for name in COLUMNS[table]))

    def _later(self, at: datetime) -> datetime:
        """Some instant between another and now; soon after more often than late."""
        left = (self.drawing.now - timedelta(days=1) - at).total_seconds()
        return at + timedelta(seconds=int(max(left, 0) * self.drawing.dice.random() ** 1.6))

    def _told(self, aspect: str, value: str, at: datetime, *, is_ours: bool = True) -> None:
        whose = {} if is_ours else {"organisation_id": None}
        self._row("customer_event", at, aspect=aspect, value=value, reason="", **whose)

    def _intakes(self) -> None:
        pick = self.drawing.pick
        self._intake("contact identity", pick(SOURCES), self.joined)
        for _ in range(pick(INTAKES_MORE)):
            self._intake(pick(INTAKES), pick(SOURCES_LATER), self._later(self.joined))
        sent = self.drawing.firm.published["v5"] + timedelta(days=MOVES + 10, hours=9)
        if self.joined < sent and self.drawing.chance(0.35):  # the newest version was sent to many on one day
            self._deliver(self.drawing.firm.versions["v5"], "EMAIL", sent)

    def _intake(self, categories: str, source: str, at: datetime) -> None:
        version = self.drawing.version(at) if source == "CUSTOMER" else None
        self._row(
            "collection", at, source=source, notice_version_id=version,
            categories=[self.drawing.firm.categories[key] for key in categories.split()],
            shown_how="WEB" if version else None, shown_at=at if version else None,
            optout_offered=source == "CUSTOMER" and self.drawing.chance(0.8),
            import_id=self.import_id if at == self.joined else None,
        )  # fmt: skip
        if version:
            self._deliver(version, "WEB", at)

    def _deliver(self, version: UUID, how: str, at: datetime) -> None:
        self._row("delivery", at, notice_version_id=version, how=how, locale="en")

    def _choices(self) -> None:
        for numbers, probability in OCCASIONS:
            if self.drawing.chance(probability):
                at = self.joined if self.drawing.chance(0.4) else self._later(self.joined)
                for _ in range(self.drawing.pick(numbers)):
                    self._consent(at)
        for kind, probability in STOPS:
            if self.drawing.chance(probability):
                self._stop(kind, self._later(self.joined))
        if "US_CA" in self.places and self.drawing.chance(0.2):
            self._said("LIMIT", "OPTED_OUT", self._later(self.joined))

    def _consent(self, at: datetime) -> None:
        drawing, firm = self.drawing, self.drawing.firm
        purpose = drawing.pick(PURPOSES)
        receiver = drawing.pick(RECEIVERS[purpose]) if purpose in RECEIVERS else None
        scope = {
            "purpose_id": firm.purposes[purpose],
            "recipient_id": firm.recipients[receiver] if receiver else None,
            "channel": None if receiver else drawing.pick(CHANNELS),
        }
        if drawing.chance(0.25):
            self._said("CONSENT", "ASKED", at - timedelta(minutes=5), **scope)
        if drawing.chance(0.22):
            self._said("CONSENT", "REFUSED", at, **scope)
            return
        ends = at + timedelta(days=drawing.pick(LASTS)) if drawing.chance(0.15) else None
        grade = "EXPLICIT" if drawing.chance(0.4) else "GIVEN"
        self._said("CONSENT", "GIVEN", at, grade=grade, ends_at=ends, **scope)
        if drawing.chance(0.12):
            self._said("CONSENT", "WITHDRAWN", self._later(at), **scope)

    def _stop(self, kind: str, at: datetime) -> None:
        channel = self.drawing.pick(CHANNELS) if kind == "MARKETING" else None
        self._said(kind, "PENDING" if kind == "OBJECTION" else "OPTED_OUT", at, channel=channel)
        if kind == "OBJECTION" and self.drawing.chance(0.8):
            self._said(kind, "UPHELD" if self.drawing.chance(0.6) else "OVERRULED", self._later(at))
        if kind in {"SHARING", "SIGNAL"} and self.drawing.chance(0.15):
            self._said(kind, "OPTED_IN", self._later(at))

    def _said(self, kind: str, action: str, at: datetime, **more: Any) -> None:
        words = {"wording": WORDING, "wording_sha256": "0" * 64, "method": "WEB"}
        self._row("choice", at, kind=kind, action=action, **words, **more)

    def _seldom(self) -> None:
        for aspect, value, probability in SELDOM:
            if self.drawing.chance(probability):
                self._told(aspect, value, self._later(self.joined))
        for place in self.places:
            if place in NEEDS_REGISTER and self.drawing.chance(0.4):
                self._check(place, self._later(self.joined))
                if self.drawing.chance(0.5):
                    self._check(place, self.drawing.now - timedelta(days=self.drawing.dice.randrange(2, 30)))

    def _check(self, place: str, at: datetime) -> None:
        self._row("registry_check", at, jurisdiction=place, listed=self.drawing.chance(0.2))
