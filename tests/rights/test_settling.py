"""What systems answer at the same time is noted together, and none of it is lost by what another comes to."""

import asyncio
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from hub.actors import OPERATOR, WORKER, Operation
from hub.db import new_id
from hub.rights import systems, trying
from hub.rights.outcomes import Step, StepKind, StepState
from hub.rights.packages import Access
from hub.rights.reaching import Reach
from hub.rights.requests import Request
from hub.rights.systems import NewSystem
from tests.connectors.shop import FILE
from tests.rights import copies
from tests.rights.copies import as_worker, opened, package_of, shop_at
from tests.rights.desk import Desk
from tests.rights.test_fulfilling import planned
from tests.rights.test_workers import anna
from workers import asking, rights
from workers.connectors.connector import Nothing
from workers.settling import Settling

SYSTEMS = 4
ACTS = """
    SELECT count(DISTINCT act_id) FROM rights_event
    WHERE request_id = $1 AND kind = 'STEP_SETTLED' AND body ->> 'system' LIKE 'Shop%'
"""
BUILDING = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'packages.build' AND args ->> 'package_id' = $1"


async def claimed(desk: Desk) -> tuple[Request, list[Step]]:
    """A request whose systems are being asked."""
    described = FILE.read_text(encoding="utf-8")
    for number in range(SYSTEMS):
        text = described.replace("fides_key: shop", f"fides_key: shop{number}").replace(
            "dataset: shop,", f"dataset: shop{number},"
        )
        new = NewSystem(f"shop{number}", f"Shop {number}", "SQL", Reach("sqlite:///nowhere"), text)
        async with desk.firm.hub.act(OPERATOR, Operation.SYSTEM_CONNECT) as act:
            await systems.connect(act, new, desk.firm.id)
    request = await desk.receive(await anna(desk), "RESTRICTION")
    for each in await planned(desk, request):
        if each.kind is StepKind.WAY:
            await rights.step(desk.firm.hub, each.id)
    taken = await desk.firm.hub.perform(
        WORKER, Operation.REQUEST_FULFIL, lambda act: trying.claim_all(act, request.id)
    )
    assert len(taken) == SYSTEMS, await planned(desk, request)
    return request, taken


async def states(desk: Desk, request: Request) -> list[StepState]:
    """How the systems' steps stand."""
    return [each.state for each in await planned(desk, request) if each.name.startswith("Shop")]


async def test_an_outcome_that_cannot_be_noted_takes_no_other_with_it(desk: Desk) -> None:
    request, steps = await claimed(desk)
    settling = Settling(desk.firm.hub, request.id)
    unknown = replace(steps[0], id=new_id())
    came = await asyncio.gather(
        *(settling.note(each, Nothing()) for each in (steps[0], unknown, *steps[1:])), return_exceptions=True
    )
    assert [isinstance(each, Exception) for each in came] == [False, True, False, False, False]
    assert await states(desk, request) == [StepState.NOTHING] * SYSTEMS


@pytest.mark.parametrize("patience", [0.0, 0.002, 0.01])
async def test_who_stops_waiting_takes_no_other_with_them(desk: Desk, patience: float) -> None:
    request, steps = await claimed(desk)
    settling = Settling(desk.firm.hub, request.id)
    noting = [asyncio.create_task(settling.note(each, Nothing())) for each in steps]
    await asyncio.sleep(patience)
    noting[0].cancel()
    noting[1].cancel()
    await asyncio.gather(*noting, return_exceptions=True)
    assert (await states(desk, request))[2:] == [StepState.NOTHING] * (SYSTEMS - 2)


async def test_what_several_systems_answer_is_noted_by_one_act(
    desk: Desk, superuser: asyncpg.Connection
) -> None:
    request, steps = await claimed(desk)
    settling = Settling(desk.firm.hub, request.id, len(steps))
    await asyncio.gather(*(settling.note(each, Nothing()) for each in steps))
    assert await superuser.fetchval(ACTS, request.id) == 1


async def test_who_keeps_steps_is_told_which_are_still_theirs(desk: Desk) -> None:
    request, steps = await claimed(desk)
    ended, overtaken, *ours = steps
    await Settling(desk.firm.hub, request.id).note(ended, Nothing())
    several = [ended, replace(overtaken, attempts=overtaken.attempts - 1), *ours]
    assert await as_worker(desk, trying.keep, several) == {each.id for each in ours}


async def test_a_copy_whose_worker_is_killed_when_all_is_gathered_is_built_by_the_job_that_comes_again(
    desk: Desk, tmp_path: Path, superuser: asyncpg.Connection
) -> None:
    await copies.connect(desk, shop_at(tmp_path))
    request = await desk.receive(await anna(desk), "ACCESS")
    taken = await as_worker(desk, trying.claim_all, request.id)
    assert await asking.ask_all(desk.firm.hub, taken, has_builder=True)
    package = await package_of(desk, request)
    assert package.state is Access.BUILDING
    assert await superuser.fetchval(BUILDING, str(package.id)) == 0
    for _ in range(2):
        await rights.all_steps(desk.firm.hub, request.id)
    assert (await package_of(desk, request)).state is Access.BUILT
    assert (await desk.kinds(request)).count("PACKAGE_BUILT") == 1
    await opened(desk, request)
