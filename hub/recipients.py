"""Recipients, the organisations outside that may receive, and the classes they belong to from a day to a day.

A notice may describe a class ("mortgage brokers") instead of naming each recipient: whoever belongs to the
class on the day is covered. Both days of a membership count; without a last day it goes on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from tortoise.expressions import Q, Subquery

from hub import catalogue, inputs, linter
from hub.act import Act, Ask
from hub.catalogue import Page, Ref
from hub.db import new_id
from hub.errors import Code, Refusal, invalid
from hub.linter import Finding, Wording
from hub.models import Organisation, Recipient, RecipientClass, RecipientMembership

__all__ = [
    "NewClass",
    "NewRecipient",
    "Recipient",
    "RecipientClass",
    "RecipientMembership",
    "Such",
    "add",
    "add_class",
    "by_ids",
    "classes_by_ids",
    "classes_on",
    "count",
    "count_classes",
    "join_class",
    "leave_class",
    "memberships_of",
    "page",
    "page_classes",
    "read",
    "read_class",
    "warnings",
]


@dataclass(frozen=True, slots=True)
class NewRecipient:
    """Somebody outside. country: where it is, ISO 3166-1. organisation: only an operator names it."""

    key: str
    name: str
    country: str
    contact: str = ""
    organisation: UUID | None = None


@dataclass(frozen=True, slots=True)
class NewClass:
    """A class of recipients. names: per locale. organisation: only an operator names it."""

    key: str
    names: Mapping[str, str]
    organisation: UUID | None = None


@dataclass(frozen=True, slots=True)
class Such:
    """Which recipients of a list. recipient_class: those in it on the day `on` (None: the day of asking)."""

    recipient_class: UUID | None = None
    on: date | None = None
    search: str | None = None
    organisation: UUID | None = None


async def add(act: Act, new: NewRecipient) -> Recipient:
    """Add a recipient. Refusals: INVALID, CONFLICT when the key is taken."""
    towards = catalogue.owner(act, new.organisation, "organisation")
    await catalogue.read(act, Organisation, towards, "organisation")
    with catalogue.claiming("recipient", new.key, "key"):
        made = await Recipient.create(
            id=new_id(),
            organisation_id=towards,
            key=inputs.key(new.key, "key"),
            name=inputs.line(new.name, "name"),
            country=inputs.country(new.country, "country"),
            contact=inputs.text(new.contact, "contact", most=inputs.SENTENCE_LENGTH, empty=True),
            created_at=act.at,
            using_db=act.db,
        )
    await act.record(
        "recipient.added", organisation=towards, recipient=made.id, key=made.key, country=made.country
    )
    return made


async def add_class(act: Act, new: NewClass) -> RecipientClass:
    """Add a class of recipients. A vague name is kept, and advised against by `warnings`."""
    towards = catalogue.owner(act, new.organisation, "organisation")
    await catalogue.read(act, Organisation, towards, "organisation")
    with catalogue.claiming("recipient class", new.key, "key"):
        made = await RecipientClass.create(
            id=new_id(),
            organisation_id=towards,
            key=inputs.key(new.key, "key"),
            names=inputs.texts(new.names, "names", most=inputs.NAME_LENGTH),
            created_at=act.at,
            using_db=act.db,
        )
    await act.record(
        "recipient_class.added",
        organisation=towards,
        recipient_class=made.id,
        key=made.key,
        warnings=sorted({finding.code for finding in warnings(made)}),
    )
    return made


def warnings(recipient_class: RecipientClass) -> list[Finding]:
    """Advise on a class whose name covers anybody."""
    return linter.lint_classes([Wording(recipient_class.key, recipient_class.names)])


async def join_class(
    act: Act, recipient: Ref, recipient_class: Ref, starts_on: date, ends_on: date | None = None
) -> RecipientMembership:
    """Let a recipient belong to a class. Refusals: CONFLICT when it does already on one of the days."""
    inputs.period(starts_on, ends_on, "ends_on")
    row, joined = await _both(act, recipient, recipient_class)
    same = RecipientMembership.filter(recipient_id=row.id, recipient_class_id=joined.id).using_db(act.db)
    overlapping = Q(ends_on__isnull=True) | Q(ends_on__gte=starts_on)
    if ends_on is not None:
        overlapping &= Q(starts_on__lte=ends_on)
    if await same.filter(overlapping).exists():
        message = (
            "The recipient belongs to this class on some of these days already: end that membership first."
        )
        raise Refusal(Code.CONFLICT, message, ("starts_on",))
    made = await RecipientMembership.create(
        id=new_id(),
        recipient_id=row.id,
        recipient_class_id=joined.id,
        starts_on=starts_on,
        ends_on=ends_on,
        using_db=act.db,
    )
    await _record(act, "recipient_class.joined", row, made)
    return made


async def leave_class(act: Act, recipient: Ref, recipient_class: Ref, on: date) -> RecipientMembership:
    """End a membership: `on` becomes its last day. Ended on that day already: nothing changes.

    Refusals: CONFLICT when there is no membership on that day.
    """
    row, left = await _both(act, recipient, recipient_class)
    found = await (
        RecipientMembership.filter(recipient_id=row.id, recipient_class_id=left.id, starts_on__lte=on)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on))
        .using_db(act.db)
        .first()
    )
    if found is None:
        message = f"The recipient does not belong to this class on {on}: choose a day on which it does."
        raise Refusal(Code.CONFLICT, message, ("on",))
    if found.ends_on != on:
        found.ends_on = on
        await found.save(update_fields=["ends_on"], using_db=act.db)
        await _record(act, "recipient_class.left", row, found)
    return found


async def _both(act: Act, recipient: Ref, recipient_class: Ref) -> tuple[Recipient, RecipientClass]:
    """Lock the recipient, so that its memberships change one after the other, and read its class."""
    row = await catalogue.read(act, Recipient, recipient, "recipient", lock=True)
    towards = row.organisation_id
    return row, await catalogue.read(
        act, RecipientClass, recipient_class, "recipient_class", organisation=towards
    )


async def _record(act: Act, event: str, row: Recipient, membership: RecipientMembership) -> None:
    await act.record(
        event,
        organisation=row.organisation_id,
        recipient=row.id,
        recipient_class=membership.recipient_class_id,
        starts_on=membership.starts_on.isoformat(),
        ends_on=membership.ends_on.isoformat() if membership.ends_on else None,
    )


async def read(ask: Ask, recipient: Ref, *path: str | int, organisation: UUID | None = None) -> Recipient:
    """Read one recipient by id or key."""
    return await catalogue.read(ask, Recipient, recipient, *path, organisation=organisation)


async def by_ids(ask: Ask, ids: Iterable[UUID]) -> dict[UUID, Recipient]:
    """Read many recipients in one statement."""
    return await catalogue.by_ids(ask, Recipient, ids)


async def page(ask: Ask, which: Page, such: Such = Such()) -> list[Recipient]:
    """Read a page of recipients."""
    return await catalogue.page(ask, Recipient, which, _such(ask, such), organisation=such.organisation)


async def count(ask: Ask, such: Such = Such()) -> int:
    """Count the recipients of such a page's list."""
    return await catalogue.count(ask, Recipient, _such(ask, such), organisation=such.organisation)


def _such(ask: Ask, such: Such) -> Q:
    filters: list[Q] = []
    if such.search:
        part = inputs.line(such.search, "search")
        filters.append(Q(name__icontains=part) | Q(key__icontains=part))
    if such.recipient_class is not None:
        members = RecipientMembership.filter(
            _on(such.on or ask.at.date()), recipient_class_id=such.recipient_class
        )
        filters.append(Q(id__in=Subquery(members.values("recipient_id"))))
    elif such.on is not None:
        raise invalid("A day is asked about together with a class.", "on")
    return Q(*filters)


def _on(day: date) -> Q:
    return Q(starts_on__lte=day) & (Q(ends_on__isnull=True) | Q(ends_on__gte=day))


async def memberships_of(ask: Ask, ids: Iterable[UUID]) -> dict[UUID, list[RecipientMembership]]:
    """Read to which classes many recipients belong or belonged, in one statement."""
    return await catalogue.children(ask, RecipientMembership, "recipient_id", ids, "starts_on")


async def classes_on(ask: Ask, recipient_id: UUID, day: date) -> list[RecipientClass]:
    """The classes that one recipient belongs to on a day, in the order in which it joined them."""
    joined = (await memberships_of(ask, [recipient_id])).get(recipient_id, [])
    ids = [each.recipient_class_id for each in joined if each.starts_on <= day <= (each.ends_on or day)]
    found = await classes_by_ids(ask, ids)
    return [found[each] for each in dict.fromkeys(ids)]


async def read_class(
    ask: Ask, recipient_class: Ref, *path: str | int, organisation: UUID | None = None
) -> RecipientClass:
    """Read one class by id or key."""
    return await catalogue.read(ask, RecipientClass, recipient_class, *path, organisation=organisation)


async def classes_by_ids(ask: Ask, ids: Iterable[UUID]) -> dict[UUID, RecipientClass]:
    """Read many classes in one statement."""
    return await catalogue.by_ids(ask, RecipientClass, ids)


async def page_classes(ask: Ask, which: Page, *, organisation: UUID | None = None) -> list[RecipientClass]:
    """Read a page of classes."""
    return await catalogue.page(ask, RecipientClass, which, organisation=organisation)


async def count_classes(ask: Ask, *, organisation: UUID | None = None) -> int:
    """Count the classes of such a page's list."""
    return await catalogue.count(ask, RecipientClass, organisation=organisation)
