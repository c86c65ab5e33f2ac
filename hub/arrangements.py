"""Arrangements: what is agreed with a recipient, for which purposes and categories, from a day to a day.

An arrangement never widens what a notice says: a clause and the arrangement must both cover. It holds no
personal data; of the signed document it keeps the fingerprint.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from tortoise.expressions import Q

from hub import catalogue, inputs
from hub.act import Act, Ask
from hub.catalogue import Page, Ref
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.models import Arrangement, Category, Organisation, Purpose, Recipient

__all__ = [
    "Arrangement",
    "Kind",
    "NewArrangement",
    "Safeguard",
    "Such",
    "active",
    "agree",
    "by_ids",
    "count",
    "end",
    "page",
    "read",
]


class Kind(StrEnum):
    """What was agreed. A PROCESSOR acts on our instructions only (GDPR art 28)."""

    REFERRAL = "REFERRAL"
    ALLIANCE = "ALLIANCE"
    SALE = "SALE"
    RENTAL = "RENTAL"
    POOLING = "POOLING"
    PROCESSOR = "PROCESSOR"


class Safeguard(StrEnum):
    """What protects the data abroad: standard clauses in a contract, binding corporate rules, or nothing."""

    NONE = "NONE"
    CONTRACT = "CONTRACT"
    BINDING_RULES = "BINDING_RULES"


@dataclass(frozen=True, slots=True)
class NewArrangement:
    """What is agreed. ends_on: its last day, None: open. destination: the country the data goes to."""

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


@dataclass(frozen=True, slots=True)
class Such:
    """Which arrangements of a list; active_on: those in force on this day."""

    recipient: UUID | None = None
    purpose: UUID | None = None
    kind: str | None = None
    active_on: date | None = None
    organisation: UUID | None = None


async def agree(act: Act, new: NewArrangement) -> Arrangement:
    """Enter an arrangement. Refusals: INVALID, NOT_FOUND for what it names, CONFLICT for a taken key."""
    inputs.period(new.starts_on, new.ends_on, "ends_on")
    towards = catalogue.owner(act, new.organisation, "organisation")
    await catalogue.read(act, Organisation, towards, "organisation")
    recipient = await catalogue.read(act, Recipient, new.recipient, "recipient", organisation=towards)
    row = Arrangement(
        id=new_id(),
        organisation_id=towards,
        recipient_id=recipient.id,
        key=inputs.key(new.key, "key"),
        kind=inputs.choice(Kind, new.kind, "kind").value,
        starts_on=new.starts_on,
        ends_on=new.ends_on,
        purposes=await _purposes(act, new.purposes, towards),
        categories=await _categories(act, new.categories),
        destination_country=inputs.country(new.destination, "destination"),
        safeguard=inputs.choice(Safeguard, new.safeguard, "safeguard").value,
        document_sha256=None
        if new.document_sha256 is None
        else inputs.sha256(new.document_sha256, "document_sha256"),
        created_at=act.at,
    )
    with catalogue.claiming("arrangement", new.key, "key"):
        await row.save(force_create=True, using_db=act.db)
    await _record(act, "arrangement.agreed", row)
    return row


async def end(act: Act, arrangement: Ref, on: date) -> Arrangement:
    """Let an arrangement end: `on` is its last day. Ended on that day already: nothing changes.

    Refusals: INVALID before it begins; CONFLICT when it is over or ends earlier: agree a new one.
    """
    row = await catalogue.read(act, Arrangement, arrangement, "arrangement", lock=True)
    inputs.period(row.starts_on, on, "on")
    if row.ends_on is not None and row.ends_on != on and row.ends_on < max(on, act.at.date()):
        message = f"This arrangement ends on {row.ends_on} already: to go on after that, agree a new one."
        raise Refusal(Code.CONFLICT, message, ("on",))
    if row.ends_on != on:
        row.ends_on = on
        await row.save(update_fields=["ends_on"], using_db=act.db)
        await _record(act, "arrangement.ended", row)
    return row


def active(arrangement: Arrangement, on: date) -> bool:
    """Tell whether an arrangement is in force on a day; its first and its last day count."""
    return arrangement.starts_on <= on and (arrangement.ends_on is None or on <= arrangement.ends_on)


async def _purposes(act: Act, wanted: Sequence[Ref], towards: UUID) -> list[UUID]:
    some = inputs.distinct(wanted, "purposes", least=1)
    found = await catalogue.resolve(act, Purpose, some, "purposes", organisation=towards)
    retired = next((place for place, row in enumerate(found) if row.retired_at is not None), None)
    if retired is not None:
        message = "This purpose is retired: nothing new may rest on it."
        raise Refusal(Code.CONFLICT, message, ("purposes", retired))
    return list(dict.fromkeys(row.id for row in found))


async def _categories(act: Act, wanted: Sequence[Ref]) -> list[UUID]:
    some = inputs.distinct(wanted, "categories", least=1)
    return list(dict.fromkeys(row.id for row in await catalogue.resolve(act, Category, some, "categories")))


async def _record(act: Act, event: str, row: Arrangement) -> None:
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
        filters.append(Q(starts_on__lte=such.active_on) & going_on)
    return Q(*filters)
