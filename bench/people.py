"""Made-up customers: what happened to each, drawn with the skew of real ones, as rows of the event tables.

Most people sign up, are shown the notice of the day, tick a box or two and are never heard of again; a few say much. A
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

MOVES = 60
FIRST = datetime(2023, 6, 1, tzinfo=UTC)
PLACES = (("AU", 560), ("UK", 220), ("EU", 90), ("US_CA", 60), ("ZA", 40), ("MA", 20), ("AU UK", 6), ("UK EU", 4))
AGES = (("ADULT", 940), ("AGE_16_17", 25), ("AGE_15", 12), ("AGE_14", 10), ("AGE_13", 8), ("UNDER_13", 5))
INTAKES = (("transaction property", 50), ("contact", 20), ("behaviour", 15), ("opinion interest", 10), ("financial", 5))
SOURCES = (("CUSTOMER", 900), ("THIRD_PARTY", 70), ("PUBLIC", 30))
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
NEEDS_REGISTER = ("AU", "UK", "ZA", "US_CA")
WORDING = "Yes, you may use my details for this."
TABLES = {
    "customer": "id, kind, locale, import_id, created_at",
    "customer_event": "id, customer_id, organisation_id, aspect, value, reason, happened_at, recorded_at, act_id",
    "registry_check": "id, customer_id, jurisdiction, listed, happened_at, recorded_at, act_id",
    "collection": "id, customer_id, organisation_id, source, categories, notice_version_id, shown_how, shown_at, "
    "optout_offered, import_id, happened_at, recorded_at, act_id",
    "delivery": "id, customer_id, organisation_id, notice_version_id, how, locale, happened_at, recorded_at, act_id",
    "choice": "id, customer_id, organisation_id, kind, action, purpose_id, channel, recipient_id, grade, ends_at, wording, "
    "wording_sha256, method, happened_at, recorded_at, act_id",
}


@dataclass(slots=True)
class Rows:
    """What an act writes: rows by table, in the order of `TABLES`."""

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
        self.organisation_id = firm.organisation_id

    def customer(self, rows: Rows) -> UUID:
        """Draw one, and everything that happened to them."""
        person = _Person(self, rows, new_id())
        person.row("customer", person.id, "PERSON", self.pick((("en-AU", 6), ("en", 3), ("fr", 1))), person.import_id, rows.recorded_at)
        person.live()
        return person.id

    def pick(self, weighted: Sequence[tuple[Any, int]]) -> Any:
        """One of several, by weight."""
        return self.dice.choices([one for one, _ in weighted], [weight for _, weight in weighted])[0]

    def chance(self, probability: float) -> bool:
        """Whether something happens that happens so often."""
        return self.dice.random() < probability

    def version(self, at: datetime) -> UUID | None:
        """The version in force at an instant, also after a move; seldom none, or an old form."""
        known = [
            key for key, published in self.firm.published.items() if published + timedelta(days=MOVES) <= at
        ]
        if not known or self.chance(0.08):
            return None
        chosen = known[-2] if len(known) > 1 and self.chance(0.05) else known[-1]
        return self.firm.versions[chosen]


class _Person:
    """One life, told in order."""

    def __init__(self, drawing: Drawing, rows: Rows, customer_id: UUID) -> None:
        self.drawing = drawing
        self.dice = drawing.dice
        self.rows = rows
        self.id = customer_id
        span = drawing.now - timedelta(days=2) - FIRST
        self.joined = FIRST + timedelta(days=int(span.days * self.dice.random() ** 0.8), seconds=self.dice.randrange(86_400))
        self.import_id = drawing.import_id if drawing.chance(0.85) else None
        self.places: list[str] = []

    def row(self, table: str, *values: Any) -> None:
        """Write a row as it is."""
        self.rows.tables[table].append(values)

    def later(self, at: datetime) -> datetime:
        """Some instant between another and now; soon after more often than late."""
        left = (self.drawing.now - timedelta(days=1) - at).total_seconds()
        return at + timedelta(seconds=int(max(left, 0) * self.dice.random() ** 1.6))

    def live(self) -> None:
        """Sign up, come back, choose, perhaps leave."""
        self.places = self.drawing.pick(PLACES).split()
        state = self.drawing.pick((("ACTIVE", 70), ("CLOSED", 15), ("NONE", 9), ("NEGOTIATING", 6)))
        self._told("RELATIONSHIP", "ACTIVE" if state == "CLOSED" else state, self.joined)
        for place in self.places:
            self._told("JURISDICTION_BEGAN", place, self.joined, is_ours=False)
        if (age := self.drawing.pick(AGES)) != "ADULT":
            self._told("AGE", age, self.joined, is_ours=False)
        self._intakes()
        self._choices()
        self._seldom(state)

    def _told(self, aspect: str, value: str, at: datetime, *, is_ours: bool = True) -> None:
        towards = self.drawing.organisation_id if is_ours else None
        self.row("customer_event", new_id(), self.id, towards, aspect, value, "", at, self.rows.recorded_at, self.rows.act_id)

    def _intakes(self) -> None:
        self._intake("contact identity", self.drawing.pick(SOURCES), self.joined)
        for _ in range(self.drawing.pick(((0, 12), (1, 20), (2, 26), (3, 20), (4, 12), (6, 7), (9, 3)))):
            self._intake(self.drawing.pick(INTAKES), "CUSTOMER" if self.dice.random() < 0.95 else "THIRD_PARTY", self.later(self.joined))
        if self.drawing.chance(0.35):  # a campaign: the newest version was sent to many on one day
            sent = self.drawing.firm.published["v5"] + timedelta(days=MOVES + 10, hours=9)
            if self.joined < sent:
                self._deliver(self.drawing.firm.versions["v5"], "EMAIL", sent)

    def _intake(self, categories: str, source: str, at: datetime) -> None:
        known = self.drawing.firm.categories
        version = self.drawing.version(at) if source == "CUSTOMER" else None
        how, shown_at = ("WEB", at) if version else (None, None)
        ids = [known[key] for key in categories.split()]
        self.row(
            "collection", new_id(), self.id, self.drawing.organisation_id, source, ids, version, how, shown_at,
            source == "CUSTOMER" and self.drawing.chance(0.8), self.import_id if at == self.joined else None, at, self.rows.recorded_at, self.rows.act_id,
        )  # fmt: skip
        if version:
            self._deliver(version, "WEB", at)

    def _deliver(self, version: UUID, how: str, at: datetime) -> None:
        self.row("delivery", new_id(), self.id, self.drawing.organisation_id, version, how, "en", at, self.rows.recorded_at, self.rows.act_id)

    def _choices(self) -> None:
        for count, probability in ((self.drawing.pick(((1, 40), (2, 30), (3, 20), (5, 10))), 0.75), (2, 0.55), (3, 0.45)):
            if self.drawing.chance(probability):
                at = self.joined if count < 3 and self.drawing.chance(0.5) else self.later(self.joined)
                for _ in range(count):
                    self._consent(at)
        for kind, probability in (("MARKETING", 0.22), ("SHARING", 0.10), ("SIGNAL", 0.05), ("OBJECTION", 0.03)):
            if self.drawing.chance(probability):
                self._stop(kind, self.later(self.joined))
        if "US_CA" in self.places and self.drawing.chance(0.2):
            self._stop("LIMIT", self.later(self.joined))

    def _consent(self, at: datetime) -> None:
        purpose = self.drawing.pick(PURPOSES)
        receiver = self.drawing.pick(RECEIVERS[purpose]) if purpose in RECEIVERS else None
        channel = None if receiver else self.drawing.pick(CHANNELS)
        if self.drawing.chance(0.25):
            self._said("CONSENT", "ASKED", purpose, channel, receiver, at - timedelta(minutes=5))
        action = self.drawing.pick((("GIVEN", 78), ("REFUSED", 22)))
        self._said("CONSENT", action, purpose, channel, receiver, at)
        if action == "GIVEN" and self.drawing.chance(0.12):
            self._said("CONSENT", "WITHDRAWN", purpose, channel, receiver, self.later(at))

    def _stop(self, kind: str, at: datetime) -> None:
        channel = self.drawing.pick(CHANNELS) if kind == "MARKETING" else None
        self._said(kind, "PENDING" if kind == "OBJECTION" else "OPTED_OUT", None, channel, None, at)
        if kind == "OBJECTION" and self.drawing.chance(0.8):
            self._said(kind, self.drawing.pick((("UPHELD", 6), ("OVERRULED", 4))), None, channel, None, self.later(at))
        if kind in {"SHARING", "SIGNAL"} and self.drawing.chance(0.15):
            self._said(kind, "OPTED_IN", None, channel, None, self.later(at))

    def _said(self, kind: str, action: str, purpose: str | None, channel: str | None, receiver: str | None, at: datetime) -> None:
        firm = self.drawing.firm
        is_given = action == "GIVEN"
        ends = at + timedelta(days=self.drawing.pick(((365, 6), (730, 3), (90, 1)))) if is_given and self.drawing.chance(0.15) else None
        self.row(
            "choice", new_id(), self.id, self.drawing.organisation_id, kind, action,
            firm.purposes[purpose] if purpose else None, channel, firm.recipients[receiver] if receiver else None,
            self.drawing.pick((("GIVEN", 60), ("EXPLICIT", 40))) if is_given else None, ends, WORDING, "0" * 64, "WEB", at,
            self.rows.recorded_at, self.rows.act_id,
        )  # fmt: skip

    def _seldom(self, state: str) -> None:
        if state == "CLOSED":
            self._told("RELATIONSHIP", "CLOSED", self.later(self.joined))
        for aspect, probability in (("CONTACT", 0.3), ("RESTRICTION", 0.006), ("HOLD", 0.004), ("ERASURE", 0.003)):
            if self.drawing.chance(probability):
                self._told(aspect, "PHONE" if aspect == "CONTACT" else "ON", self.later(self.joined))
        for place in self.places:
            if place in NEEDS_REGISTER and self.drawing.chance(0.4):
                self._check(place, self.later(self.joined))
                if self.drawing.chance(0.5):
                    self._check(place, self.drawing.now - timedelta(days=self.dice.randrange(2, 30)))

    def _check(self, place: str, at: datetime) -> None:
        self.row("registry_check", new_id(), self.id, place, self.drawing.chance(0.2), at, self.rows.recorded_at, self.rows.act_id)
