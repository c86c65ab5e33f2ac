"""Calls that wait together: one piece of work for all, to each their own part, and nobody pays for another."""

import asyncio

import pytest

from hub import decisions
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.answers import Answer
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.policy.values import Act
from hub.questioned import Question
from hub.together import Together
from tests.world import build_world


class Doubling:
    """Doubles numbers, slowly, and remembers what it was given at once."""

    def __init__(self) -> None:
        self.goes: list[list[int]] = []
        self.gate = asyncio.Event()

    async def __call__(self, numbers: list[int]) -> list[int]:
        self.goes.append(numbers)
        await self.gate.wait()
        if 13 in numbers:
            raise ValueError("unlucky")
        return [number * 2 for number in numbers]


async def test_a_lone_call_starts_at_once_and_those_that_come_meanwhile_go_together() -> None:
    work = Doubling()
    together = Together(work)
    calls = [asyncio.ensure_future(together(each)) for each in ([1], [2, 3], [4])]
    await asyncio.sleep(0)
    calls.append(asyncio.ensure_future(together([5])))
    await asyncio.sleep(0.01)
    calls.append(asyncio.ensure_future(together([6])))
    await asyncio.sleep(0)
    work.gate.set()
    assert [list(each) for each in await asyncio.gather(*calls)] == [[2], [4, 6], [8], [10], [12]]
    assert sorted(number for go in work.goes for number in go) == [1, 2, 3, 4, 5, 6]
    assert len(work.goes) < 5


async def test_no_go_is_larger_than_allowed() -> None:
    work = Doubling()
    work.gate.set()
    together = Together(work, most=3)
    await asyncio.gather(*(together([number, number]) for number in range(5)))
    assert max(map(len, work.goes)) <= 3


async def test_a_fault_reaches_those_who_went_and_the_next_go_works_again() -> None:
    work = Doubling()
    together = Together(work)
    calls = [asyncio.ensure_future(together([number])) for number in (1, 13, 2)]
    await asyncio.sleep(0)
    work.gate.set()
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert any(isinstance(each, ValueError) for each in answers)
    assert list(await together([21])) == [42]


async def test_a_caller_who_leaves_takes_nothing_from_the_others() -> None:
    work = Doubling()
    together = Together(work)
    first = asyncio.ensure_future(together([1]))
    await asyncio.sleep(0)
    leaving, staying = asyncio.ensure_future(together([2])), asyncio.ensure_future(together([3]))
    await asyncio.sleep(0)
    leaving.cancel()
    work.gate.set()
    assert [list(await first), list(await staying)] == [[2], [6]]
    with pytest.raises(asyncio.CancelledError):
        await leaving


async def test_a_used_key_in_a_shared_commit_fails_nobody_else(hub: Hub) -> None:
    """Two of twenty decisions share a new key for different questions: one of them is refused, all others are kept."""
    world = await build_world(hub)
    customer = await world.customer(hub)
    app = world.app()
    question = Question(customer, Act.USE, "conveyancing")
    key = str(new_id())

    async def ask(number: int) -> Answer | Refusal | BaseException:
        once = (key, bytes([number])) if number in {7, 8} else None
        try:
            return (await decisions.decide(hub, app, [question], once))[0]
        except Refusal as refusal:
            return refusal

    answers = await asyncio.gather(*(ask(number) for number in range(20)))
    refused = [each for each in answers if isinstance(each, Refusal)]
    assert [each.code for each in refused] == [Code.IDEMPOTENCY_MISMATCH]
    ids = [each.id for each in answers if isinstance(each, Answer)]
    async with hub.ask(OPERATOR, Operation.DECISION_READ) as snapshot:
        kept = await snapshot.value(
            "SELECT count(DISTINCT e.id) FROM decision_subject s JOIN decision d ON d.id = s.decision_id "
            "JOIN ledger_entry e ON e.act_id = d.act_id WHERE s.id = ANY ($1)",
            ids,
        )
    assert kept == 19, "each kept decision is an act of its own with an entry of its own"
