"""Reviewing the register: what its records lack, and which purposes no activity has.

Everything about many activities is read in a few statements, however many there are.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Final
from uuid import UUID

from hub import catalogue, filings, formalities, gaps, inputs, register
from hub.act import Ask
from hub.catalogue import Page, Ref
from hub.gaps import Gap, Level, Record
from hub.models import (
    Activity,
    ActivityPurpose,
    Category,
    Clause,
    FormalityEvent,
    NoticeVersion,
    Organisation,
    Purpose,
)
from hub.policy.values import Jurisdiction

__all__ = ["Gap", "Level", "Review", "Such", "review"]

MOST: Final = 1_000
STRETCH: Final = 200
_IN_USE = """
    SELECT place FROM unnest($2::text[]) AS place WHERE EXISTS (
        SELECT FROM standing t JOIN customer_state s ON s.standing_id = t.id
        WHERE s.organisation_id = $1 AND NOT t.erased AND place = ANY (t.jurisdictions))
"""


_Notices = Mapping[UUID | None, tuple[NoticeVersion, frozenset[UUID]]]
_Known = tuple[
    Mapping[UUID, Purpose], Mapping[UUID, Category], Mapping[UUID, Sequence[FormalityEvent]], _Notices
]


@dataclass(frozen=True, slots=True)
class Such:
    """What is reviewed: one activity or all, one law or all. organisation: only an operator names it."""

    activity: Ref | None = None
    jurisdiction: str | None = None
    organisation: UUID | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """What was found, errors first; beyond a thousand gaps are only counted."""

    checked_on: date
    gaps: Sequence[Gap]
    further: int = 0


async def review(ask: Ask, such: Such = Such()) -> Review:
    """Find what the register lacks. Refusals: NOT_FOUND for the activity, INVALID for the jurisdiction."""
    owner = catalogue.owner(ask, such.organisation, "organisation")
    organisation = await catalogue.read(ask, Organisation, owner, "organisation")
    asked = (
        None if such.jurisdiction is None else inputs.choice(Jurisdiction, such.jurisdiction, "jurisdiction")
    )
    found: list[Gap] = []
    registered: set[tuple[UUID, str]] = set()
    async for record in _records(ask, organisation, such.activity):
        places = [place for place in Jurisdiction if place.value in record.activity.jurisdictions]
        found += chain.from_iterable(
            gaps.gaps_of(record, place) for place in places if asked in {None, place}
        )
        registered |= _registered(record)
    if such.activity is None:
        found += await _unregistered(ask, owner, registered, asked)
    found.sort(key=lambda gap: gap.level is Level.WARNING)
    return Review(ask.at.date(), found[:MOST], max(0, len(found) - MOST))


def _registered(record: Record) -> set[tuple[UUID, str]]:
    if record.activity.archived_at is not None:
        return set()
    return {(each.id, place) for each in record.purposes for place in record.activity.jurisdictions}


async def _unregistered(
    ask: Ask, owner: UUID, registered: set[tuple[UUID, str]], asked: Jurisdiction | None
) -> list[Gap]:
    """Find the purposes in use that no activity has, under the laws that protect some customer."""
    wanted = [place.value for place in filings.PLACES if asked in {None, place}]
    places = [Jurisdiction(row["place"]) for row in await ask.rows(_IN_USE, owner, wanted)]
    if not places:
        return []
    used = await catalogue.visible(ask, Purpose, owner).filter(retired_at__isnull=True).order_by("id")
    return [
        gaps.unregistered(each.id, place)
        for place in places
        for each in used
        if (each.id, place.value) not in registered
    ]


async def _records(ask: Ask, organisation: Organisation, wanted: Ref | None) -> AsyncIterator[Record]:
    """Read activities with all that belongs to them, a stretch at a time, oldest first."""
    if wanted is not None:
        one = await register.read(ask, wanted, "activity", organisation=organisation.id)
        for record in await _complete(ask, organisation, [one]):
            yield record
        return
    start: UUID | None = None
    while rows := await catalogue.page(ask, Activity, Page(STRETCH, start), organisation=organisation.id):
        start = rows[-1].id
        for record in await _complete(ask, organisation, rows):
            yield record


async def _complete(ask: Ask, organisation: Organisation, rows: Sequence[Activity]) -> list[Record]:
    belongings = await register.purposes_of(ask, [row.id for row in rows])
    purposes = await catalogue.by_ids(
        ask, Purpose, {each.purpose_id for some in belongings.values() for each in some}
    )
    touched = chain.from_iterable(row.categories for row in [*rows, *purposes.values()])
    categories = await catalogue.by_ids(ask, Category, set(touched))
    steps = await formalities.of_activities(ask, [row.id for row in rows])
    notices = await _notices(ask, rows)
    return [
        _record(
            ask, row, organisation.contact, belongings.get(row.id, []), (purposes, categories, steps, notices)
        )
        for row in rows
    ]


def _record(
    ask: Ask, row: Activity, contact: str, belongings: Sequence[ActivityPurpose], known: _Known
) -> Record:
    purposes, categories, steps, notices = known
    own = [purposes[each.purpose_id] for each in belongings]
    touched = dict.fromkeys(chain(row.categories, *(each.categories for each in own)))
    version, named = notices.get(row.notice_version_id, (None, None))
    return Record(
        activity=row,
        contact=contact,
        belongings=belongings,
        purposes=own,
        categories=[categories[each] for each in touched],
        at=ask.at,
        named=named,
        statements=version.statements if version else {},
        steps=steps.get(row.id, []),
    )


async def _notices(ask: Ask, rows: Sequence[Activity]) -> _Notices:
    """Read the versions that activities show, each with the purposes its clauses name."""
    wanted = {row.notice_version_id for row in rows if row.notice_version_id}
    versions = await catalogue.by_ids(ask, NoticeVersion, wanted)
    clauses = await catalogue.children(ask, Clause, "notice_version_id", wanted)
    return {
        key: (version, frozenset(each.purpose_id for each in clauses.get(key, [])))
        for key, version in versions.items()
    }
