"""Where purposes and activities stand, by SQL and by the state machine alike, on random histories with ties."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

import pytest

from hub import filings, formalities
from hub.act import Act, Hub
from hub.actors import OPERATOR
from hub.db import new_id
from hub.filings import Belonging, Event, Step
from hub.policy.values import Formality, Jurisdiction
from tests.domain.filing import READ, WRITE
from tests.world import World

START = datetime(2025, 1, 1, tzinfo=UTC)
DAYS = 40
STEPS = {
    "MA": (("FILED", "PENDING"), ("APPLIED", "PENDING"), ("RECEIVED", "DECLARED"), ("DEMANDED", "PENDING"),
           ("AUTHORISED", "AUTHORISED"), ("AMENDED", "DECLARED"), ("REFUSED", "REFUSED"), ("ENDED", "NONE")),
    "ZA": (("APPLIED", "PENDING"), ("INVESTIGATED", "PENDING"), ("AUTHORISED", "AUTHORISED"),
           ("PRESUMED", "AUTHORISED"), ("AMENDED", "AUTHORISED"), ("WITHDRAWN", "REFUSED"), ("ENDED", "NONE")),
}  # fmt: skip
ACTIVITY = """
    INSERT INTO activity (id, organisation_id, key, name, jurisdictions, joint_controllers, officer,
        officer_registration, people, categories, retention, security, rights_contact, basis_note, departments,
        circumstances, toolbox, created_at, archived_at)
    VALUES ($1, $2, $1::uuid::text, 'Random', $3, '[]', '', '', '[]', '{}', '', '', '', '', '{}', '{}', '{}', $4, $5)
"""
BELONGS = "INSERT INTO activity_purpose (id, activity_id, purpose_id, joined_at, left_at) VALUES ($1, $2, $3, $4, $5)"
HAPPENED = """
    INSERT INTO formality_event (id, organisation_id, activity_id, jurisdiction, step, state, number, valid_until,
        reason, happened_at, recorded_at, act_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', $9, $10, $11)
"""


@dataclass
class Story:
    """One activity as it was invented."""

    id: UUID
    places: list[str]
    archived_at: datetime | None
    belongings: list[tuple[UUID, datetime, datetime | None]]
    events: dict[str, list[Event]]


def some_day(random: Random, least: int = 0) -> datetime:
    return START + timedelta(days=random.randint(least, DAYS))


def invent(random: Random, purposes: Sequence[UUID]) -> Story:
    belongings: list[tuple[UUID, datetime, datetime | None]] = []
    for purpose in purposes:
        at = START
        while random.random() < 0.6:
            joined = at + timedelta(days=random.randint(0, 9))
            left = joined + timedelta(days=random.randint(0, 12))
            open_ended = random.random() < 0.4
            belongings.append((purpose, joined, None if open_ended else left))
            if open_ended:
                break
            at = left
    places = random.choice((["MA"], ["ZA"], ["ZA", "MA"], ["UK"]))
    archived = some_day(random) if random.random() < 0.2 else None
    events = {place: [an_event(random, place) for _ in range(random.randint(0, 6))] for place in ("MA", "ZA")}
    return Story(new_id(), places, archived, belongings, events)


def an_event(random: Random, place: str) -> Event:
    step, state = random.choice(STEPS[place])
    happened = some_day(random)
    ends: date | None = None
    if state in {"DECLARED", "AUTHORISED"} and random.random() < 0.5:
        ends = happened.date() + timedelta(days=random.randint(0, 15))
    recorded = happened + timedelta(days=random.randint(0, 10))
    return Event(Step(step), Formality(state), happened, recorded, ends)


async def write(act: Act, organisation: UUID, story: Story) -> None:
    await act.execute(ACTIVITY, story.id, organisation, story.places, START, story.archived_at)
    for purpose, joined, left in story.belongings:
        await act.execute(BELONGS, new_id(), story.id, purpose, joined, left)
    for place, events in story.events.items():
        for each in events:
            number = str(new_id()) if each.state in filings.GRANTED else None
            await act.execute(
                HAPPENED, new_id(), organisation, story.id, place, each.step.value, each.state.value, number,
                each.valid_until, each.happened_at, each.recorded_at, act.id,
            )  # fmt: skip


def expected(stories: Sequence[Story], purpose: UUID, place: str, at: datetime) -> Formality:
    rows = [
        Belonging(story.id, joined, story.events[place], left)
        for story in stories
        if place in story.places and (story.archived_at is None or story.archived_at > at)
        for one, joined, left in story.belongings
        if one == purpose
    ]
    return filings.purpose_state(rows, at)


@pytest.mark.parametrize("seed", range(25))
async def test_sql_and_the_state_machine_agree_at_every_instant(hub: Hub, world: World, seed: int) -> None:
    random = Random(seed)  # noqa: S311 - a history, no secret
    purposes = [world.purposes[key].id for key in ("newsletter", "lettings", "analytics")]
    stories = [invent(random, purposes) for _ in range(random.randint(1, 4))]
    async with hub.act(OPERATOR, WRITE) as act:
        for story in stories:
            await write(act, world.organisation.id, story)
        await act.record("activity.added", organisation=world.organisation.id)
    for _ in range(20):
        at = START + timedelta(hours=random.randint(-24, 24 * (DAYS + 20)))
        async with hub.ask(OPERATOR, READ) as ask:
            by_purpose = await formalities.states_of_purposes(ask, purposes, at)
            by_activity = await formalities.states_of_activities(ask, [one.id for one in stories], at)
        for (purpose, place), state in by_purpose.items():
            assert state is expected(stories, purpose, place.value, at), (at, place)
        assert len(by_purpose) == 2 * len(purposes)
        for story in stories:
            for place in ("MA", "ZA"):
                state = by_activity.get((story.id, Jurisdiction(place)), Formality.NONE)
                assert state is filings.state_at(story.events[place], at)
