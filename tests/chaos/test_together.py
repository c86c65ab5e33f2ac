"""Calls that share a statement: each gets its own part, and none is left waiting for a run that has ended."""

import asyncio
from collections.abc import Sequence

import pytest

from hub.together import Together


async def doubled(items: Sequence[int]) -> list[int]:
    await asyncio.sleep(0)
    if 13 in items:
        raise ValueError("thirteen")
    return [2 * each for each in items]


async def test_a_call_that_comes_in_the_very_step_in_which_a_run_ends_is_answered() -> None:
    together = Together(doubled)
    async with asyncio.timeout(60):
        for number in range(1, 10):
            assert await together([number]) == [2 * number]


async def test_each_caller_gets_its_own_part_however_they_come() -> None:
    together = Together(doubled, most=7, runners=2)

    async def ask(number: int) -> None:
        for again in range(5):
            await asyncio.sleep(0.0001 * (number % 3))
            asked = list(range(number, number + 1 + again % 4))
            if 13 not in asked:
                assert await together(asked) == [2 * each for each in asked]

    async with asyncio.timeout(60):
        await asyncio.gather(*(ask(number) for number in range(20, 200)))


async def test_a_caller_that_left_and_one_that_failed_leave_the_others_their_answers() -> None:
    together = Together(doubled, most=1)
    async with asyncio.timeout(60):
        calls = [asyncio.create_task(together([number])) for number in (1, 13, 2, 3)]
        await asyncio.sleep(0)
        calls[2].cancel()
        answers = await asyncio.gather(*calls, return_exceptions=True)
        assert (answers[0], answers[3]) == ([2], [6])
        assert isinstance(answers[1], ValueError)
        assert isinstance(answers[2], asyncio.CancelledError)
        with pytest.raises(ValueError, match="thirteen"):
            await together([13])
        assert await together([4]) == [8]
