"""A double click, two tabs, a hasty retry: one key has one effect and one answer, whichever server is asked."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from hub import asgi
from hub.act import Hub
from hub.readiness import Readiness
from tests.chaos import stage as acts
from tests.chaos.replayed import assert_whole
from tests.chaos.stage import Intention, Stage, code_of
from tests.internal.door import Door

AT_ONCE = 20
ROUNDS = [pytest.param(2, id="few"), pytest.param(35, id="many", marks=pytest.mark.chaos)]
KINDS: dict[str, Callable[[UUID], Intention]] = {
    "decide": acts.decide,
    "decisions": acts.decisions,
    "opt out": acts.opt_out,
    "collect": acts.collect,
    "create": lambda _: acts.create(),
    "department": lambda _: acts.add_department(),
}
OPT_IN = acts.OPT_OUT.replace("optOut", "optIn")
OTHERWISE = {
    "decide": {"act": "PROFILE", "recipient": None},
    "opt out": {"kind": "SIGNAL"},
    "collect": {"source": "PUBLIC"},
    "create": {"locale": "fr"},
    "department": {"name": "Other"},
}


@pytest_asyncio.fixture
async def doors(stage: Stage) -> AsyncIterator[list[Door]]:
    """Two servers with the same database; they know nothing of each other."""
    hub = await Hub.open(stage.hub.settings, stage.hub.database.url)
    yield [stage.door, Door(hub, asgi.create_app(hub, Readiness(hub, [])))]
    await hub.close()


async def posted(stage: Stage, doors: list[Door], meant: list[Intention]) -> list[dict[str, Any]]:
    """Ask for all at once, in turns at each server."""
    calls = (replace(stage, door=doors[place % 2]).post(each) for place, each in enumerate(meant))
    return list(await asyncio.gather(*calls))


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.parametrize("kind", KINDS)
async def test_twenty_at_once_with_one_key_at_two_servers_have_one_effect_and_one_answer(
    stage: Stage, doors: list[Door], kind: str, rounds: int
) -> None:
    for _ in range(rounds):
        customer = await stage.customer()
        meant = KINDS[kind](customer)
        before = await stage.door.traces()
        answers = await posted(stage, doors, [meant] * AT_ONCE)
        assert {code_of(each) for each in answers} == {None}
        assert len({str(each) for each in answers}) == 1
        assert await stage.door.traces() == (before[0] + 1, before[1] + 1)
    await assert_whole(stage.hub)


@pytest.mark.parametrize("kind", OTHERWISE)
async def test_of_two_intentions_with_one_key_at_once_one_is_done_and_the_other_is_told(
    stage: Stage, doors: list[Door], kind: str
) -> None:
    meant = KINDS[kind](await stage.customer())
    other = replace(meant, input={**meant.input, **OTHERWISE[kind]})
    before = await stage.door.traces()
    answers = await posted(stage, doors, [meant, meant, other, other] * 5)
    codes = [code_of(each) for each in answers]
    assert sorted(codes, key=str) == ["IDEMPOTENCY_MISMATCH"] * 10 + [None] * 10
    assert len({str(each) for each, code in zip(answers, codes, strict=True) if code is None}) == 1
    assert await stage.door.traces() == (before[0] + 1, before[1] + 1)


async def test_a_key_is_of_one_mutation_even_where_two_take_the_same_input(stage: Stage) -> None:
    out = acts.opt_out(await stage.customer())
    assert code_of(await stage.post(out)) is None
    before = await stage.contents()
    assert code_of(await stage.post(replace(out, document=OPT_IN))) == "IDEMPOTENCY_MISMATCH"
    assert await stage.contents() == before


async def test_another_app_may_use_the_same_key_for_something_else_at_the_same_time(
    stage: Stage, doors: list[Door]
) -> None:
    token = await stage.door.token(stage.world)
    first = acts.opt_out(await stage.customer())
    second = replace(acts.opt_out(await stage.customer()), key=first.key)
    colleague = replace(stage, token=token, door=doors[1])
    answers = await asyncio.gather(
        *(stage.post(first) for _ in range(5)), *(colleague.post(second) for _ in range(5))
    )
    assert [code_of(each) for each in answers] == [None] * 10
    assert len({str(each) for each in answers}) == 2
