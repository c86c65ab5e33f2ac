"""Arrangements: what is agreed with a recipient, for which purposes and categories, from a day to a day.

An arrangement never widens what a notice says: a clause and the arrangement must both cover. It holds no
personal data; of the signed document it keeps the fingerprint. One that is drafted counts for nothing until it is put
into force (`hub.arranging`); what has long been in force is entered at once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise.expressions import Q

from hub import catalogue, inputs, turns
from hub.act import Act, Ask
from hub.catalogue import Page, Ref
from hub.db import new_id
from hub.errors import Code, Refusal, invalid
from hub.models import Arrangement, Category, Organisation, Purpose, Recipient

__all__ = [
    "Arrangement",
    "Kind",
    "NewArrangement",
    "Safeguard",
    "State",
    "Such",
    "active",
    "agree",
    "by_ids",
    "count",
    "counts",
    "draft",
    "end",
    "page",
    "proposed",
    "read",
    "record",
    "state_of",
]

KEEP_DAYS_MOST = 36_500
_COUNTS = """
    SELECT recipient_id, count(*) AS number,
        CASE WHEN state = 'DRAFT' THEN 'DRAFT' WHEN ends_on < $2 THEN 'ENDED' ELSE 'IN_FORCE' END AS state
    FROM arrangement WHERE recipient_id = ANY ($1) GROUP BY 1, 3
"""


class Kind(StrEnum):
    """What was agreed. A PROCESSOR acts on our instructions only (GDPR art 28)."""

    REFERRAL = "REFERRAL"
    ALLIANCE = "ALLIANCE"
    SALE = "SALE"
    RENTAL = "RENTAL"
    POOLING = "POOLING"
    PROCESSOR = "PROCESSOR"


class State(StrEnum):
    """How an arrangement stands on a day."""

    DRAFT = "DRAFT"
    IN_FORCE = "IN_FORCE"
    ENDED = "ENDED"


class Safeguard(StrEnum):
    """What protects the data abroad: standard clauses in a contract, binding corporate rules, or nothing."""

    NONE = "NONE"
    CONTRACT = "CONTRACT"
    BINDING_RULES = "BINDING_RULES"


@dataclass(frozen=True, slots=True)
class NewArrangement:
    """What is agreed. ends_on: its last day, None: open. destination: the country the data goes to.

    keep_days: for how long the recipient may keep what it gets; None: until it must forget it. gain: what we get from
    it, per language, as customers read it.
    """

    key: str
    kind: str
    recipient: Ref
    purposes: Sequence[Ref]
    categories: Sequence[Ref]
    starts_on: date
    destination: str
    ends_on: date | None = None
    safeguard: str = Safeguard.NONE
    document_sha256: str | None = None
    organisation: UUID | None = None
    keep_days: int | None = None
    gain: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Such:
    """Which arrangements of a list; active_on: those in force on this day."""

    recipient: UUID | None = None
    purpose: UUID | None = None
    kind: str | None = None
    active_on: date | None = None
    organisation: UUID | None = None
    is_draft: bool | None = None


async def agree(
    act: Act, new: NewArrangement, pictured: tuple[dict[str, Any], datetime] | None = None
) -> Arrangement:
    """Enter one that is in force. pictured: whom it reaches, and when that was counted.

    Refusals: INVALID, NOT_FOUND for what it names, CONFLICT for a taken key.
    """
    row = await proposed(act, new, State.IN_FORCE)
    if pictured is not None:
        row.picture, row.pictured_at = pictured
    return await _enter(act, row, "arrangement.agreed")


async def draft(act: Act, new: NewArrangement) -> Arrangement:
    """Enter an arrangement that is not in force yet: nothing may rest on it. Refusals as of `agree`."""
    return await _enter(act, await proposed(act, new, State.DRAFT), "arrangement.drafted")


async def _enter(act: Act, row: Arrangement, event: str) -> Arrangement:
    with catalogue.claiming("arrangement", row.key, "key"):
        await row.save(force_create=True, using_db=act.db)
    await record(act, event, row)
    return row


async def proposed(ask: Ask, new: NewArrangement, state: State) -> Arrangement:
    """The row as it would be; nothing is written. Refusals: INVALID, NOT_FOUND for what it names."""
    inputs.period(new.starts_on, new.ends_on, "ends_on")
    towards = catalogue.owner(ask, new.organisation, "organisation")
    await catalogue.read(ask, Organisation, towards, "organisation")
    recipient = await catalogue.read(ask, Recipient, new.recipient, "recipient", organisation=towards)
    return Arrangement(
        id=new_id(),
        organisation_id=towards,
        recipient_id=recipient.id,
        key=inputs.key(new.key, "key"),
        kind=inputs.choice(Kind, new.kind, "kind").value,
        starts_on=new.starts_on,
        ends_on=new.ends_on,
        purposes=await _purposes(ask, new.purposes, towards),
        categories=await _categories(ask, new.categories),
        destination_country=inputs.country(new.destination, "destination"),
        safeguard=inputs.choice(Safeguard, new.safeguard, "safeguard").value,
        document_sha256=None
        if new.document_sha256 is None
        else inputs.sha256(new.document_sha256, "document_sha256"),
        created_at=ask.at,
        state=state.value,
        in_force_at=ask.at if state is State.IN_FORCE else None,
        keep_days=_days(new.keep_days),
        gain=inputs.texts(new.gain, "gain", most=inputs.SENTENCE_LENGTH) if new.gain else None,
    )


def _days(given: int | None) -> int | None:
    if given is not None and not 1 <= given <= KEEP_DAYS_MOST:
        raise invalid(f"Say how many days, from 1 to {KEEP_DAYS_MOST:,}; or leave it out.", "keep_days")
    return given


async def end(act: Act, arrangement: Ref, on: date) -> Arrangement:
    """Let an arrangement end: `on` is its last day. Ended on that day already: nothing changes.

    Refusals: INVALID before it begins; CONFLICT when it is over or ends earlier: agree a new one.
    """
    found = await catalogue.read(act, Arrangement, arrangement, "arrangement")
    await turns.alone(act, found.id)  # exports go on from part to part, and each part holds it
    row = await catalogue.read(act, Arrangement, found.id, "arrangement", lock=True)
    if row.state == State.DRAFT:
        message = "This arrangement is not in force yet: discard the draft."
        raise Refusal(Code.CONFLICT, message, ("arrangement",))
    inputs.period(row.starts_on, on, "on")
    if row.ends_on is not None and row.ends_on != on and row.ends_on < max(on, act.at.date()):
        message = f"This arrangement ends on {row.ends_on} already: to go on after that, agree a new one."
        raise Refusal(Code.CONFLICT, message, ("on",))
    if row.ends_on != on:
        row.ends_on = on
        await row.save(update_fields=["ends_on"], using_db=act.db)
        await record(act, "arrangement.ended", row)
    return row


def active(arrangement: Arrangement, on: date) -> bool:
    """Tell whether an arrangement is in force on a day; its first and its last day count."""
    if arrangement.state == State.DRAFT:
        return False
    return arrangement.starts_on <= on and (arrangement.ends_on is None or on <= arrangement.ends_on)


def state_of(arrangement: Arrangement, on: date) -> State:
    """Tell how an arrangement stands on a day: it has ended when its last day is over."""
    if arrangement.state == State.DRAFT:
        return State.DRAFT
    is_over = arrangement.ends_on is not None and arrangement.ends_on < on
    return State.ENDED if is_over else State.IN_FORCE


async def _purposes(ask: Ask, wanted: Sequence[Ref], towards: UUID) -> list[UUID]:
    some = inputs.distinct(wanted, "purposes", least=1)
    found = await catalogue.resolve(ask, Purpose, some, "purposes", organisation=towards)
    retired = next((place for place, row in enumerate(found) if row.retired_at is not None), None)
    if retired is not None:
        message = "This purpose is retired: nothing new may rest on it."
        raise Refusal(Code.CONFLICT, message, ("purposes", retired))
    return list(dict.fromkeys(row.id for row in found))


async def _categories(ask: Ask, wanted: Sequence[Ref]) -> list[UUID]:
    some = inputs.distinct(wanted, "categories", least=1)
    return list(dict.fromkeys(row.id for row in await catalogue.resolve(ask, Category, some, "categories")))


async def record(act: Act, event: str, row: Arrangement, **more: Any) -> None:
    """Note in the ledger what became of an arrangement, as it stands."""
    await act.record(
        event,
        organisation=row.organisation_id,
        arrangement=row.id,
        key=row.key,
        kind=row.kind,
        recipient=row.recipient_id,
        purposes=row.purposes,
        categories=row.categories,
        starts_on=row.starts_on.isoformat(),
        ends_on=row.ends_on.isoformat() if row.ends_on else None,
        destination=row.destination_country,
        safeguard=row.safeguard,
        document_sha256=row.document_sha256,
        **more,
    )


async def read(ask: Ask, arrangement: Ref, *path: str | int, organisation: UUID | None = None) -> Arrangement:
    """Read one arrangement by id or key."""
    return await catalogue.read(ask, Arrangement, arrangement, *path, organisation=organisation)


async def by_ids(ask: Ask, ids: Iterable[UUID]) -> dict[UUID, Arrangement]:
    """Read many arrangements in one statement."""
    return await catalogue.by_ids(ask, Arrangement, ids)


async def page(ask: Ask, which: Page, such: Such = Such()) -> list[Arrangement]:
    """Read a page of arrangements."""
    return await catalogue.page(ask, Arrangement, which, _such(such), organisation=such.organisation)


async def count(ask: Ask, such: Such = Such()) -> int:
    """Count the arrangements of such a page's list."""
    return await catalogue.count(ask, Arrangement, _such(such), organisation=such.organisation)


async def counts(ask: Ask, recipients: Sequence[UUID]) -> dict[UUID, dict[State, int]]:
    """Count by one statement how what is agreed with these stands today. Whoever calls has seen the recipients."""
    found: dict[UUID, dict[State, int]] = {each: {} for each in recipients}
    for row in await ask.rows(_COUNTS, list(recipients), ask.at.date()):
        found[row["recipient_id"]][State(row["state"])] = row["number"]
    return found


def _such(such: Such) -> Q:
    filters: list[Q] = []
    if such.recipient is not None:
        filters.append(Q(recipient_id=such.recipient))
    if such.purpose is not None:
        filters.append(Q(purposes__contains=[such.purpose]))
    if such.kind is not None:
        filters.append(Q(kind=inputs.choice(Kind, such.kind, "kind").value))
    if such.active_on is not None:
        going_on = Q(ends_on__isnull=True) | Q(ends_on__gte=such.active_on)
        filters.append(Q(starts_on__lte=such.active_on) & going_on & ~Q(state=State.DRAFT.value))
    if such.is_draft is not None:
        filters.append(Q(state=State.DRAFT.value) if such.is_draft else ~Q(state=State.DRAFT.value))
    return Q(*filters)
