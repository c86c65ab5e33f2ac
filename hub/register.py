"""The processing register: what an organisation does with data, for which purposes, and under whose law.

An activity says what the authorities ask (``hub/descriptions.py``); its formalities are steps of their own
(``hub/formalities.py``); what it still lacks is found by ``hub/reviews.py``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tortoise.expressions import Q, Subquery

from hub import catalogue, descriptions, inputs
from hub.act import Act, Ask
from hub.catalogue import Page, Ref
from hub.db import new_id
from hub.descriptions import Circumstance, Description, Handover, Tool, Transfer
from hub.errors import Code, Refusal
from hub.models import Activity, ActivityPurpose, FormalityEvent, Organisation, Purpose

__all__ = [
    "Activity",
    "ActivityPurpose",
    "Changes",
    "Circumstance",
    "Description",
    "Handover",
    "NewActivity",
    "Such",
    "Tool",
    "Transfer",
    "add",
    "archive",
    "by_ids",
    "change",
    "count",
    "page",
    "purposes_of",
    "read",
]

TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class NewActivity:
    """An entry of the register. jurisdictions: whose people it is about. organisation: only an operator names it."""

    key: str
    name: str
    jurisdictions: Sequence[str]
    purposes: Sequence[Ref]
    description: Description = field(default_factory=Description)
    organisation: UUID | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be different; None leaves it as it is; a list replaces the whole old one."""

    name: str | None = None
    jurisdictions: Sequence[str] | None = None
    purposes: Sequence[Ref] | None = None
    description: Description = field(default_factory=Description)


@dataclass(frozen=True, slots=True)
class Such:
    """Which activities of a list. archived None: both."""

    jurisdiction: str | None = None
    purpose: UUID | None = None
    archived: bool | None = None
    organisation: UUID | None = None


async def add(act: Act, new: NewActivity) -> Activity:
    """Add an activity. Refusals: INVALID, NOT_FOUND for what it names, CONFLICT for a taken key."""
    towards = catalogue.owner(act, new.organisation, "organisation")
    await catalogue.read(act, Organisation, towards, "organisation")
    said = await descriptions.columns(act, new.description, towards)
    row = Activity(
        id=new_id(),
        organisation_id=towards,
        key=inputs.key(new.key, "key"),
        name=inputs.line(new.name, "name"),
        jurisdictions=inputs.jurisdictions(new.jurisdictions, "jurisdictions"),
        created_at=act.at,
        **{**descriptions.NOT_STATED, **said},
    )
    purposes = await _purposes(act, new.purposes, towards)
    with catalogue.claiming("activity", new.key, "key"):
        await row.save(force_create=True, using_db=act.db)
    await _join(act, row, purposes, act.at)
    await _record(act, "activity.added", row, purposes)
    return row


async def change(act: Act, activity: Ref, changes: Changes) -> Activity:
    """Change an activity. What is said already to be so changes nothing and leaves no entry.

    A purpose that joins is not covered by what was granted before: file it, or record that the change was notified.
    """
    row = await catalogue.read(act, Activity, activity, "activity", lock=True)
    _refuse_archived(row)
    altered = await _alter(act, row, changes)
    if altered:
        await row.save(update_fields=altered, using_db=act.db)
    moved, purposes = await _move(act, row, changes.purposes)
    if altered or moved:
        await _record(act, "activity.changed", row, purposes, changed=[*altered, *moved])
    return row


async def archive(act: Act, activity: Ref) -> Activity:
    """Archive an activity that has ended: it counts no more. Again, it changes nothing."""
    row = await catalogue.read(act, Activity, activity, "activity", lock=True)
    if row.archived_at is None:
        row.archived_at = act.at
        await row.save(update_fields=["archived_at"], using_db=act.db)
        purposes = [one.purpose_id for one in (await purposes_of(act, [row.id])).get(row.id, [])]
        await _record(act, "activity.archived", row, purposes)
    return row


def _refuse_archived(row: Activity) -> None:
    if row.archived_at is not None:
        message = "This activity is archived for good: add a new one."
        raise Refusal(Code.CONFLICT, message, ("activity",))


async def _alter(act: Act, row: Activity, changes: Changes) -> list[str]:
    """Set the columns that are to be different; names them."""
    said = await descriptions.columns(act, changes.description, row.organisation_id)
    if changes.name is not None:
        said["name"] = inputs.line(changes.name, "name")
    if changes.jurisdictions is not None:
        said["jurisdictions"] = inputs.jurisdictions(changes.jurisdictions, "jurisdictions")
    altered = [name for name, value in said.items() if getattr(row, name) != value]
    for name in altered:
        setattr(row, name, said[name])
    return altered


async def _move(act: Act, row: Activity, wanted: Sequence[Ref] | None) -> tuple[list[str], list[UUID]]:
    """Let purposes leave and join; returns what changed, and the purposes it has now."""
    rows = (await purposes_of(act, [row.id])).get(row.id, [])
    had = {one.purpose_id: one for one in rows}
    if wanted is None:
        return [], list(had)
    named = await _purposes(act, wanted, row.organisation_id, kept=frozenset(had))
    at = await _after_the_last_step(act, row)
    gone = [one.id for purpose, one in had.items() if purpose not in named]
    joining = [purpose for purpose in named if purpose not in had]
    if gone:
        await ActivityPurpose.filter(id__in=gone).using_db(act.db).update(left_at=at)
    await _join(act, row, joining, at)
    return ["purposes"] if gone or joining else [], named


async def _after_the_last_step(act: Act, row: Activity) -> datetime:
    """Return an instant after every step on record: an act that began later may have recorded one before us."""
    said = FormalityEvent.filter(activity_id=row.id).using_db(act.db).order_by("-recorded_at")
    recorded = await said.first()
    joined = await ActivityPurpose.filter(activity_id=row.id).using_db(act.db).order_by("-joined_at").first()
    earlier = [each for each in (recorded and recorded.recorded_at, joined and joined.joined_at) if each]
    return max([act.at, *(each + TICK for each in earlier)])


async def _purposes(
    act: Act, wanted: Sequence[Ref], towards: UUID, kept: frozenset[UUID] = frozenset()
) -> list[UUID]:
    some = inputs.distinct(wanted, "purposes", least=1)
    found = await catalogue.resolve(act, Purpose, some, "purposes", organisation=towards)
    for place, one in enumerate(found):
        if one.retired_at is not None and one.id not in kept:
            message = "This purpose is retired: nothing new may rest on it."
            raise Refusal(Code.CONFLICT, message, ("purposes", place))
    return list(dict.fromkeys(one.id for one in found))


async def _join(act: Act, row: Activity, purposes: Sequence[UUID], at: datetime) -> None:
    made = [
        ActivityPurpose(id=new_id(), activity_id=row.id, purpose_id=one, joined_at=at) for one in purposes
    ]
    await ActivityPurpose.bulk_create(made, using_db=act.db)


async def _record(act: Act, event: str, row: Activity, purposes: Sequence[UUID], **more: Any) -> None:
    await act.record(
        event,
        organisation=row.organisation_id,
        activity=row.id,
        key=row.key,
        jurisdictions=row.jurisdictions,
        purposes=list(purposes),
        categories=row.categories,
        recipients=row.recipients,
        recipient_classes=row.recipient_classes,
        processors=row.processors,
        transfers=None if row.transfers is None else [each["country"] for each in row.transfers],
        handover=row.handover,
        notice_version=row.notice_version_id,
        departments=row.departments,
        circumstances=row.circumstances,
        **more,
    )


async def read(ask: Ask, activity: Ref, *path: str | int, organisation: UUID | None = None) -> Activity:
    """Read one activity by id or key."""
    return await catalogue.read(ask, Activity, activity, *path, organisation=organisation)


async def by_ids(ask: Ask, ids: Iterable[UUID]) -> dict[UUID, Activity]:
    """Read many activities in one statement."""
    return await catalogue.by_ids(ask, Activity, ids)


async def purposes_of(ask: Ask, ids: Iterable[UUID]) -> dict[UUID, list[ActivityPurpose]]:
    """Read which purposes many activities have now, in one statement; those without any are left out."""
    found = await catalogue.children(ask, ActivityPurpose, "activity_id", ids, "id")
    return {
        activity: [one for one in rows if one.left_at is None]
        for activity, rows in found.items()
        if any(one.left_at is None for one in rows)
    }


async def page(ask: Ask, which: Page, such: Such = Such()) -> list[Activity]:
    """Read a page of activities."""
    return await catalogue.page(ask, Activity, which, _such(ask, such), organisation=such.organisation)


async def count(ask: Ask, such: Such = Such()) -> int:
    """Count the activities of such a page's list."""
    return await catalogue.count(ask, Activity, _such(ask, such), organisation=such.organisation)


def _such(ask: Ask, such: Such) -> Q:
    filters: list[Q] = []
    if such.jurisdiction is not None:
        [where] = inputs.jurisdictions([such.jurisdiction], "jurisdiction")
        filters.append(Q(jurisdictions__contains=[where]))
    if such.purpose is not None:
        having = ActivityPurpose.filter(purpose_id=such.purpose, left_at__isnull=True).using_db(ask.db)
        filters.append(Q(id__in=Subquery(having.values("activity_id"))))
    if such.archived is not None:
        filters.append(Q(archived_at__isnull=not such.archived))
    return Q(*filters)
