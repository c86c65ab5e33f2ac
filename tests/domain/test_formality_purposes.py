"""Formalities as a purpose sees them, and what the database itself refuses to keep of them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from hub import formalities, register
from hub.act import Hub
from hub.actors import OPERATOR
from hub.db import new_id
from hub.policy.values import Jurisdiction
from hub.register import Changes
from tests.domain.filing import READ, WRITE, Office
from tests.domain.test_formalities import HISTORIES, told
from tests.world import World


@pytest.fixture
def office(hub: Hub, world: World) -> Office:
    return Office(hub, world)


@pytest.fixture
def still_office(hub: Hub, still_world: World) -> Office:
    return Office(hub, still_world)


async def test_a_purpose_that_joins_after_a_receipt_waits_for_the_change_to_be_notified(
    office: Office,
) -> None:
    activity = await office.activity("MA")
    await office.take(activity.id, "MA", "FILED", "2025-03-01")
    await office.take(activity.id, "MA", "RECEIVED", "2025-03-02")
    assert await purposes(office, "newsletter", "lettings") == ["DECLARED", "NONE"]
    async with office.hub.act(office.world.app(), WRITE) as act:
        await register.change(act, activity.id, Changes(purposes=["newsletter", "lettings"]))
    assert await purposes(office, "newsletter", "lettings") == ["DECLARED", "NONE"]
    await office.take(activity.id, "MA", "AMENDED")
    assert await purposes(office, "newsletter", "lettings") == ["DECLARED", "DECLARED"]


async def test_a_purpose_that_left_keeps_its_past(office: Office) -> None:
    activity = await office.activity("MA", purposes=("newsletter", "lettings"))
    await office.take(activity.id, "MA", "FILED", "2025-03-01")
    await office.take(activity.id, "MA", "RECEIVED", "2025-03-02")
    async with office.hub.act(office.world.app(), WRITE) as act:
        await register.change(act, activity.id, Changes(purposes=["newsletter"]))
    assert await purposes(office, "newsletter", "lettings") == ["DECLARED", "NONE"]
    past = datetime(2025, 6, 1, tzinfo=UTC)
    assert await purposes(office, "newsletter", "lettings", at=past) == ["DECLARED", "DECLARED"]


async def test_a_purpose_of_two_activities_stands_as_the_worse_until_that_is_archived(office: Office) -> None:
    declared, refused_one = await office.activity("MA"), await office.activity("MA", "ZA")
    await office.activity("ZA")
    for activity, step in ((declared, "RECEIVED"), (refused_one, "REFUSED")):
        await office.take(activity.id, "MA", "FILED", "2025-03-01")
        await office.take(activity.id, "MA", step, "2025-03-02")
    assert await purposes(office, "newsletter") == ["REFUSED"]
    async with office.hub.act(office.world.app(), WRITE) as act:
        await register.archive(act, refused_one.id)
    assert await purposes(office, "newsletter") == ["DECLARED"]
    assert await purposes(office, "newsletter", at=datetime(2025, 6, 1, tzinfo=UTC)) == ["REFUSED"]


async def purposes(office: Office, *keys: str, at: datetime | None = None) -> list[str]:
    """Where purposes stand in Morocco."""
    ids = [office.world.purposes[key].id for key in keys]
    async with office.hub.ask(office.world.app(), READ) as ask:
        found = await formalities.states_of_purposes(ask, ids, at)
    return [found[one, Jurisdiction.MA].value for one in ids]


async def test_the_purposes_of_another_organisation_are_left_out(office: Office, other_world: World) -> None:
    foreign = other_world.purposes["newsletter"].id
    async with office.hub.ask(office.world.app(), READ) as ask:
        assert await formalities.states_of_purposes(ask, [foreign]) == {}
    async with office.hub.ask(OPERATOR, READ) as ask:
        found = await formalities.states_of_purposes(ask, [foreign])
    assert {place.value: state.value for (_, place), state in found.items()} == {"MA": "NONE", "ZA": "NONE"}


async def test_many_activities_are_read_in_one_statement(office: Office) -> None:
    made = [await told(office, "MA", steps) for steps in HISTORIES["MA"].values()]
    async with office.hub.ask(office.world.app(), READ) as ask:
        found = await formalities.states_of_activities(ask, made)
    states = [found[one, Jurisdiction.MA].value for one in made if (one, Jurisdiction.MA) in found]
    assert states == list(HISTORIES["MA"])[1:]


async def test_what_was_recorded_never_changes(office: Office, superuser: asyncpg.Connection) -> None:
    await told(office, "MA", ("FILED",))
    for statement in ("UPDATE formality_event SET state = 'DECLARED'", "DELETE FROM formality_event"):
        with pytest.raises(asyncpg.PostgresError, match="permission denied"):
            async with office.hub.act(OPERATOR, WRITE) as act:
                await act.execute(statement)
        with pytest.raises(asyncpg.PostgresError, match="outside an act|append-only"):
            await superuser.execute(statement)


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "DECLARED"},
        {"number": "N-1"},
        {"jurisdiction": "AU"},
        {"step": "STAMPED"},
        {"step": "RECEIVED", "state": "DECLARED"},
        {"step": "RECEIVED", "state": "DECLARED", "number": "N-1", "valid_until": date(2025, 5, 31)},
        {"valid_until": date(2030, 1, 1)},
        {"happened_at": datetime(2125, 1, 1, tzinfo=UTC)},
        {"organisation_id": UUID(int=7)},
    ],
)
async def test_the_database_itself_refuses_a_row_that_cannot_be(
    still_office: Office, changes: dict[str, Any]
) -> None:
    activity = await still_office.activity("MA")
    async with still_office.hub.ask(OPERATOR, READ) as ask:
        now = ask.at
    row: dict[str, Any] = {
        "id": new_id(),
        "organisation_id": activity.organisation_id,
        "activity_id": activity.id,
        "jurisdiction": "MA",
        "step": "FILED",
        "state": "PENDING",
        "reason": "",
        "happened_at": datetime(2025, 6, 1, 12, tzinfo=UTC),
        "recorded_at": now - timedelta(seconds=1),
        "act_id": new_id(),
        **changes,
    }
    places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        async with still_office.hub.act(OPERATOR, WRITE) as act:
            await act.execute(
                f"INSERT INTO formality_event ({', '.join(row)}) VALUES ({places})", *row.values()
            )
