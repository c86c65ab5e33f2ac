"""Systems that are given up: what waits for them is left out with a reason, what was done in them stays."""

from pathlib import Path
from typing import Any

import asyncpg
import pytest

from hub.actors import OPERATOR, Operation
from hub.errors import Code
from hub.rights import leaving, systems
from hub.rights.outcomes import StepState
from hub.rights.reaching import Reach
from hub.rights.states import State
from hub.rights.systems import NewSystem
from tests.rights.desk import Desk
from tests.rights.test_fulfilling import by_hand, customer, planned, work
from tests.rights.test_workers import anna, connect, database, worked

__all__ = ["database"]
WHY = "The archive was closed in March."


async def archive(desk: Desk) -> None:
    """Connect a place in which a person looks."""
    async with desk.firm.hub.act(OPERATOR, Operation.SYSTEM_CONNECT) as act:
        await systems.connect(act, NewSystem("archive", "Archive", "MANUAL"), desk.firm.id)


@pytest.mark.parametrize("leave", [leaving.switch_off, leaving.remove])
async def test_a_system_that_is_waited_for_is_given_up_only_with_a_reason(desk: Desk, leave: Any) -> None:
    await archive(desk)
    request = await desk.receive(await customer(desk), "RESTRICTION")
    await work(desk, request)
    message = await desk.refused(Code.CONFLICT, ("key",), lambda: desk.do(leave, "archive"))
    assert message.startswith("1 steps of requests wait for this system: say why they are left out")
    await desk.do(leave, "archive", WHY)
    step = next(each for each in await planned(desk, request) if each.name == "Archive")
    assert (step.state, step.why) == (StepState.SKIPPED, WHY)
    assert (await desk.read(request)).state is State.PARTLY_ANSWERED


async def test_what_was_done_in_a_removed_system_stays_and_nothing_of_how_it_was_reached(
    desk: Desk, database: str, superuser: asyncpg.Connection
) -> None:
    await connect(desk, database)
    request = await desk.receive(await anna(desk), "RESTRICTION")
    await worked(desk, request)
    await desk.do(leaving.remove, "shop")
    step = next(each for each in await planned(desk, request) if each.name == "Shop")
    assert (step.state, step.evidence is not None) == (StepState.DONE, True)
    row = await superuser.fetchrow(
        "SELECT settings, dataset, name FROM connected_system WHERE id = $1", step.system_id
    )
    assert row is not None
    assert tuple(row) == (None, None, "Shop")
    async with desk.firm.hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        assert await systems.all_of(ask) == []
    await desk.refused(Code.NOT_FOUND, ("key",), lambda: desk.do(leaving.remove, "shop"))
    await connect(desk, database)
    again = await desk.receive(await anna(desk), "RESTRICTION")
    assert [each.name for each in await planned(desk, again)].count("Shop") == 1


async def test_a_removed_system_is_asked_by_no_request(desk: Desk, tmp_path: Path) -> None:
    async with desk.firm.hub.act(OPERATOR, Operation.SYSTEM_CONNECT) as act:
        reach = Reach(f"sqlite:///{tmp_path}/nothing.db")
        await systems.connect(act, NewSystem("old", "Old", "SQL", reach, "dataset: []", ()), desk.firm.id)
    await desk.do(leaving.remove, "old")
    request = await desk.receive(await customer(desk), "RESTRICTION")
    assert [each.name for each in await planned(desk, request)] == ["Everywhere else", "Privacy Hub"]
    await by_hand(desk, request, "NOTHING")
