"""A system that hangs, answers garbage, twice, late or never: a call still ends in time, with one outcome."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.connectors import shop
from tests.connectors.shop import ANNA, DATASETS, KEY, MOVED
from workers.connectors.connector import (
    Broken,
    Call,
    Done,
    Evidence,
    Later,
    Nothing,
    Outcome,
    Place,
    Row,
)
from workers.connectors.faults import Faults
from workers.connectors.guarding import GARBAGE, UNENDED, Guarded
from workers.connectors.memory import MemoryConnector, MemorySystem

LATE = Broken("The system did not answer within 0.05 seconds.")
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def system(**faults: Any) -> MemoryConnector:
    return MemoryConnector(MemorySystem(("shop",), shop.in_memory(), Faults(**faults)), DATASETS, KEY)


def call(seconds: float = 60, **others: Any) -> Call:
    settings: dict[str, Any] = {"seconds": seconds, "at": NOW, **others}
    return Call(uuid4(), ANNA, **settings)


async def every(connector: MemoryConnector, one: Call) -> list[Any]:
    """The outcomes of all five calls."""
    guarded = Guarded(connector)
    export = [item async for item in guarded.export(one)]
    return [
        await guarded.find(one),
        export[-1],
        await guarded.correct(one, [MOVED]),
        await guarded.restrict(one),
        await guarded.erase(one),
    ]


async def test_a_system_that_hangs_is_broken_in_time() -> None:
    hanging = system(hang_seconds=60)
    async with asyncio.timeout(50):
        assert await every(hanging, call(0.05)) == [LATE] * 5
    assert not hanging.effects


async def test_a_system_that_answers_garbage_is_broken() -> None:
    assert await every(system(is_garbage=True), call()) == [GARBAGE] * 5


async def test_a_system_that_is_away_for_an_hour_is_broken_and_then_works() -> None:
    away = system(away_until=NOW + timedelta(hours=1))
    one = call()
    assert await every(away, one) == [Broken("The system does not answer.")] * 5
    assert not away.effects
    back = dataclasses.replace(one, at=NOW + timedelta(hours=1))
    assert all(isinstance(each, Done) for each in await every(away, back))


async def test_a_system_that_asks_to_come_back_says_when() -> None:
    until = NOW + timedelta(days=9)
    assert await every(system(later_until=until), call()) == [Later(until)] * 5


async def test_a_system_that_does_everything_twice_has_one_effect() -> None:
    twice = system(is_twice=True)
    one = call()
    outcome = await Guarded(twice).erase(one)
    assert isinstance(outcome, Done)
    assert outcome.evidence.is_repeated
    assert twice.effects[one.step_id] == 1


@pytest.mark.parametrize("fault", [{"lost_answers": 1}, {"late_seconds": 60.0}])
async def test_an_effect_whose_answer_was_lost_is_not_repeated(fault: dict[str, Any]) -> None:
    losing = system(**fault)
    one = call(0.05)
    assert isinstance(await Guarded(losing).erase(one), Broken)
    losing.faults = Faults()
    outcome = await Guarded(losing).erase(dataclasses.replace(one, seconds=60))
    assert isinstance(outcome, Done)
    assert outcome.evidence.is_repeated
    assert outcome.evidence.rows == 7
    assert losing.effects[one.step_id] == 1


class Odd:
    """A connector that keeps to no contract; items: what its export yields."""

    def __init__(self, *items: Any) -> None:
        self.items = items

    async def export(self, call: Call) -> AsyncIterator[Any]:
        assert call
        for item in self.items:
            if isinstance(item, Exception):
                raise item
            if isinstance(item, float):
                await asyncio.sleep(item)
                continue
            yield item

    async def find(self, call: Call) -> Outcome:
        assert call
        raise ValueError("anna.lindqvist@example.com")

    async def erase(self, call: Call) -> Any:
        assert call
        return self.items[0]


ROW = Row("shop", "customers", {"name": "Anna"}, {"name": ("user.name",)})
ONE = Done(Evidence((Place("shop", "customers", 1, {"name": "exported"}),)))


@pytest.mark.parametrize(
    ("items", "ended"),
    [
        ((ROW, ONE), ONE),
        ((ROW,), UNENDED),
        ((), UNENDED),
        ((ROW, ONE, ROW), GARBAGE),
        ((ROW, ONE, ONE), GARBAGE),
        ((ROW, "row"), GARBAGE),
        ((ROW, None, ONE), GARBAGE),
        ((ROW, Nothing()), GARBAGE),
        ((ROW, ROW, ONE), Broken("The system said it exported another number of rows than it did.")),
        ((ROW, ValueError("anna.lindqvist@example.com")), Broken("The connector failed (ValueError).")),
        ((ROW, 60.0, ONE), LATE),
    ],
)
async def test_an_export_ends_with_one_outcome_whatever_comes(items: tuple[Any, ...], ended: Outcome) -> None:
    odd: Any = Odd(*items)
    found = [item async for item in Guarded(odd).export(call(0.05 if ended is LATE else 60))]
    assert found[-1] == ended
    assert all(isinstance(item, Row) for item in found[:-1])


async def test_a_connector_that_fails_tells_no_value() -> None:
    odd: Any = Odd()
    assert await Guarded(odd).find(call()) == Broken("The connector failed (ValueError).")


@pytest.mark.parametrize("answer", [None, "done", {"outcome": "done"}, Done(Evidence())])
async def test_nothing_is_done_without_evidence(answer: Any) -> None:
    odd: Any = Odd(answer)
    assert await Guarded(odd).erase(call()) == GARBAGE


async def test_a_real_change_in_a_dry_run_does_not_pass_for_one() -> None:
    odd: Any = Odd(ONE)
    assert await Guarded(odd).erase(call(is_dry_run=True)) == GARBAGE
