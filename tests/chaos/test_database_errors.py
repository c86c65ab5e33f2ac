"""The database fails at any point of an act: all of it happened, or nothing did, and the asker is told which."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from tests.chaos import stage as acts
from tests.chaos.planting import FULL, NEVER, PASSING, plan, plant
from tests.chaos.replayed import assert_whole
from tests.chaos.stage import Intention, Stage, code_of

TABLES = (
    "act", "idempotent_answer", "ledger_entry", "ledger_detail", "decision", "decision_subject", "choice",
    "customer", "customer_event", "customer_state", "identifier", "profile_value", "department", "keys.customer_key",
)  # fmt: skip
Meant = Callable[[Stage], Awaitable[Intention]]


async def length(stage: Stage, meant: Intention) -> int:
    """Do it undisturbed; returns at how many points it could have failed."""
    await plan(stage.superuser, FULL, NEVER, NEVER)
    assert code_of(await stage.post(meant)) is None
    return await stage.superuser.fetchval("SELECT last_value FROM fault_calls")


async def a_decision(stage: Stage) -> Intention:
    return acts.decide(await stage.customer())


async def many_decisions(stage: Stage) -> Intention:
    return acts.decisions(await stage.customer(), await stage.customer())


async def an_opt_out(stage: Stage) -> Intention:
    return acts.opt_out(await stage.customer())


async def a_customer(_: Stage) -> Intention:
    return acts.create()


async def a_department(_: Stage) -> Intention:
    return acts.add_department()


MEANT = (
    a_decision,
    pytest.param(many_decisions, marks=pytest.mark.chaos),
    an_opt_out,
    a_customer,
    a_department,
)
ROUNDS = [pytest.param(6, id="few"), pytest.param(60, id="many", marks=pytest.mark.chaos)]


async def unplanned(stage: Stage) -> dict[str, tuple[int, int]]:
    contents = await stage.contents()
    return {table: said for table, said in contents.items() if table != "fault"}


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.parametrize("meant", MEANT)
async def test_an_act_that_the_database_fails_happens_once_or_not_at_all(
    stage: Stage, meant: Meant, rounds: int
) -> None:
    await plant(stage.superuser, TABLES)
    points, chance = await length(stage, await meant(stage)), random.Random(rounds)  # noqa: S311 - a seeded plan
    assert points >= 4
    for sqlstate in (*PASSING, FULL):
        for number in range(rounds):
            await plan(stage.superuser, FULL, NEVER, NEVER)
            intention, once = await meant(stage), number % 3 > 0
            first = 1 + (number % points if number < points else chance.randrange(points))
            before = await unplanned(stage)
            await plan(stage.superuser, sqlstate, first, first if once else NEVER)
            answer = await stage.post(intention)
            if (code := code_of(answer)) is None:
                assert once, (sqlstate, first)
                assert await stage.post(intention) == answer
            else:
                assert code == "UNAVAILABLE", (answer, sqlstate, first)
                assert not (once and sqlstate in PASSING), "what passes is begun again"
                assert "Nothing changed" in answer["errors"][0]["message"]
                assert await unplanned(stage) == before, (sqlstate, first)
    await plan(stage.superuser, FULL, NEVER, NEVER)
    await assert_whole(stage.hub)


@pytest.mark.parametrize("sqlstate", [*PASSING, FULL])
async def test_acts_that_share_a_commit_are_not_dragged_down_by_one_of_them(
    stage: Stage, sqlstate: str
) -> None:
    await plant(stage.superuser, TABLES)
    customers = [await stage.customer() for _ in range(12)]
    points = await length(stage, acts.decide(customers[0]))
    await stage.superuser.execute("TRUNCATE fault")
    for first in range(1, 4 * points, 2):
        await plan(stage.superuser, sqlstate, first, first)
        before = await stage.door.traces()
        meant = [acts.decide(each) for each in customers]
        answers = await asyncio.gather(*(stage.post(each) for each in meant))
        codes = [code_of(each) for each in answers]
        assert codes.count(None) >= len(customers) - 1, codes
        assert set(codes) <= ({None} if sqlstate in PASSING else {None, "UNAVAILABLE"})
        assert await stage.door.traces() == (before[0] + codes.count(None), before[1] + codes.count(None))
    await plan(stage.superuser, FULL, NEVER, NEVER)
    await assert_whole(stage.hub)
