"""What an organisation has decided beforehand, as one object: what a question is read against.

Purposes, recipients, arrangements, notice versions and the rest are few and change seldom: a process keeps them, as of
now or of a past instant, and the database's clock says when they are stale. What is only proposed (a draft notice, an
arrangement not yet made) is put into a copy, and read by the same code.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import msgspec

from hub.act import Act, Ask, Hub
from hub.db import Record, Session
from hub.filings import PLACES, Belonging, Event, Step, purpose_state
from hub.policy.values import Formality

Reference = UUID | str
"""An id, or a key of this organisation."""

PASTS_AT_MOST = 16


class Organisation(msgspec.Struct, frozen=True):
    """A policy of the whole organisation: nothing leaves without the customer's agreement."""

    strict_sharing: bool = False


class Department(msgspec.Struct, frozen=True):
    """A team."""

    key: str
    id: str = ""


class Category(msgspec.Struct, frozen=True):
    """A kind of personal data, and how delicate it is, in general and where a jurisdiction differs."""

    key: str
    sensitivity: str
    by_jurisdiction: dict[str, str]
    id: str = ""


class Purpose(msgspec.Struct, frozen=True):
    """Why data is used. bases: per jurisdiction, the basis and whether a special condition is documented."""

    key: str
    number: int
    kind: str
    categories: tuple[str, ...]
    departments: frozenset[str]
    bases: dict[str, tuple[str, bool]]
    relations: dict[str, str]
    retention_months: int | None = None
    retired_at: datetime | None = None
    id: str = ""


class Recipient(msgspec.Struct, frozen=True):
    """Somebody outside. classes: which they belong to, from which day, to which (None: still)."""

    key: str
    country: str
    classes: tuple[tuple[str, date, date | None], ...] = ()
    id: str = ""

    def classes_on(self, day: date) -> frozenset[str]:
        """The classes this recipient belongs to on a day."""
        return frozenset(
            one for one, first, last in self.classes if first <= day and (not last or last >= day)
        )


class Arrangement(msgspec.Struct, frozen=True):
    """What is agreed with a recipient."""

    key: str
    recipient: str
    kind: str
    starts_on: date
    ends_on: date | None
    purposes: tuple[str, ...]
    categories: tuple[str, ...]
    country: str
    safeguard: str
    id: str = ""

    def holds_on(self, day: date) -> bool:
        """Whether it is in force on a day; both its days count."""
        return self.starts_on <= day and (self.ends_on is None or self.ends_on >= day)


class Clause(msgspec.Struct, frozen=True):
    """What a notice version says of one purpose. No channels: any channel."""

    id: str
    key: str
    purpose: str
    is_primary: bool
    categories: frozenset[str]
    recipients: frozenset[str]
    classes: frozenset[str]
    channels: frozenset[str]
    texts: dict[str, str]


class Version(msgspec.Struct, frozen=True):
    """A published notice version. complete: the linter's verdict per jurisdiction."""

    number: int
    notice: str
    notice_key: str
    notice_name: str
    complete: dict[str, bool]
    clauses: tuple[Clause, ...]
    published_at: datetime | None = None
    id: str = ""


class Filed(msgspec.Struct, frozen=True, array_like=True):
    """One step with an authority."""

    jurisdiction: str
    step: Step
    state: Formality
    happened_at: datetime
    recorded_at: datetime
    valid_until: date | None

    @property
    def event(self) -> Event:
        """As the state machine reads it."""
        return Event(self.step, self.state, self.happened_at, self.recorded_at, self.valid_until)


class Activity(msgspec.Struct, frozen=True):
    """An entry of the processing register: its purposes with when they joined and left, and the authorities' steps."""

    key: str
    jurisdictions: frozenset[str]
    purposes: tuple[tuple[str, datetime, datetime | None], ...]
    events: tuple[Filed, ...]
    archived_at: datetime | None = None
    id: str = ""

    def belongings(self, purpose_id: str, jurisdiction: str, at: datetime) -> list[Belonging]:
        """How a purpose belongs to it, with the steps taken under one law; nothing while it is archived."""
        if jurisdiction not in self.jurisdictions or (
            self.archived_at is not None and self.archived_at <= at
        ):
            return []
        events = [each.event for each in self.events if each.jurisdiction == jurisdiction]
        return [
            Belonging(UUID(self.id), joined, events, left)
            for purpose, joined, left in self.purposes
            if purpose == purpose_id
        ]


KINDS: Mapping[str, type[msgspec.Struct]] = {
    "ORGANISATION": Organisation,
    "DEPARTMENT": Department,
    "CATEGORY": Category,
    "PURPOSE": Purpose,
    "RECIPIENT": Recipient,
    "ARRANGEMENT": Arrangement,
    "VERSION": Version,
    "ACTIVITY": Activity,
}


@dataclass(slots=True, weakref_slot=True)
class Known:
    """All of it, by kind and id. number: the clock it was read at. readers: what was made of it for questions, kept.

    at: the past instant it is of; None: now.
    """

    organisation_id: UUID
    number: int
    things: Mapping[str, Mapping[str, Any]]
    at: datetime | None = None
    readers: dict[Any, Any] = field(default_factory=dict[Any, Any])

    @property
    def organisation(self) -> Organisation:
        """The organisation's own policy."""
        return self.things["ORGANISATION"][str(self.organisation_id)]

    def all(self, kind: str) -> Iterable[Any]:
        """Everything of a kind."""
        return self.things.get(kind, {}).values()

    def get(self, kind: str, thing_id: str) -> Any:
        """One thing by its id, or None."""
        return self.things.get(kind, {}).get(thing_id)

    def find(self, kind: str, reference: Reference) -> Any:
        """One thing by id or key, or None."""
        if isinstance(reference, UUID):
            return self.get(kind, str(reference))
        return next((one for one in self.all(kind) if one.key == reference), None)

    def formality(self, purpose_id: str, jurisdiction: str, on: date) -> str:
        """Where a purpose stands with the authority: the worst of its activities, each until its last day."""
        if jurisdiction not in PLACES:
            return Formality.NONE
        at = self.at or datetime.combine(on, time.max, UTC)
        found = [
            each for one in self.all("ACTIVITY") for each in one.belongings(purpose_id, jurisdiction, at)
        ]
        return purpose_state(found, at)

    def with_things(self, kind: str, added: Iterable[Any]) -> "Known":
        """A copy in which these stand beside, or in the place of, what is there."""
        changed = {**self.things.get(kind, {}), **{one.id: one for one in added}}
        return Known(self.organisation_id, self.number, {**self.things, kind: changed}, self.at)


_NOW = """
    SELECT (SELECT number FROM catalogue_clock) AS number, i.kind, i.id,
        catalogue_document(i.kind, i.id)::text AS document
    FROM catalogue_item i WHERE i.organisation_id = $1 OR i.organisation_id IS NULL
"""
_THEN = """
    SELECT DISTINCT ON (p.kind, p.id) p.kind, p.id, p.document::text AS document FROM catalogue_past p
    WHERE p.valid_to > $1 ORDER BY p.kind, p.id, p.valid_to, p.xid
"""
_NUMBER = "SELECT number FROM catalogue_clock"


async def load(session: Session, organisation_id: UUID, at: datetime | None = None) -> Known:
    """Read everything in force now, by one statement; or as of a past instant, in one snapshot."""
    rows = await session.rows(_NOW, organisation_id)
    number: int = rows[0]["number"]
    things: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
    for row in rows:
        things[row["kind"]][str(row["id"])] = _thing(row)
    for row in await session.rows(_THEN, at) if at is not None else []:
        now = things[row["kind"]].get(str(row["id"]))
        if now is not None:
            things[row["kind"]][str(row["id"])] = _as_it_was(_thing(row), now)
    return Known(organisation_id, number, things, at)


async def current(ask: Ask, organisation_id: UUID, clock: int | None = None) -> Known:
    """What this process holds; read anew when it holds nothing, or the database's clock went past it.

    clock: its number; what is held at another one is thrown away. An Ask reads it on the connection it holds: whoever
    waits for a second may wait for ever. What an Act sees may never be committed, so what is committed is read beside
    it, by one statement for which nobody has to wait.
    """
    held = _HELD.setdefault(ask.hub, {})
    known = held.get(organisation_id)
    if known is None or (clock is not None and known.number != clock):
        session = ask.hub.database.single() if isinstance(ask, Act) else ask
        known = held[organisation_id] = await load(session, organisation_id)
    return known


async def within(ask: Ask, organisation_id: UUID) -> Known:
    """What is known in the snapshot of an Ask, at its instant."""
    if ask.is_past:
        return await past(ask.hub, ask, organisation_id, ask.at)
    return await current(ask, organisation_id, await ask.value(_NUMBER))


async def past(hub: Hub, session: Session, organisation_id: UUID, at: datetime) -> Known:
    """As of an instant; the latest few are kept."""
    kept = _PASTS.setdefault(hub, OrderedDict())
    mark = (organisation_id, at, await session.value(_NUMBER))
    if mark not in kept:
        kept[mark] = await load(session, organisation_id, at)
        while len(kept) > PASTS_AT_MOST:
            kept.popitem(last=False)
    return kept[mark]


_HELD: WeakKeyDictionary[Hub, dict[UUID, Known]] = WeakKeyDictionary()
_PASTS: WeakKeyDictionary[Hub, OrderedDict[tuple[UUID, datetime, int], Known]] = WeakKeyDictionary()


def _as_it_was(then: Any, now: Any) -> Any:
    """A thing as it was; but days say themselves when they hold, so those that are told last count for the past too."""
    if isinstance(now, Arrangement):
        return msgspec.structs.replace(then, starts_on=now.starts_on, ends_on=now.ends_on)
    return msgspec.structs.replace(then, classes=now.classes) if isinstance(now, Recipient) else then


def _thing(row: Record) -> Any:
    kind = KINDS[row["kind"]]
    made = msgspec.json.decode(row["document"], type=kind)
    return msgspec.structs.replace(made, id=str(row["id"])) if kind is not Organisation else made
