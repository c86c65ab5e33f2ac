"""Calls that wait at the same time become one statement, and each gets its own part of the answer.

A long statement costs about as much for one question as for twenty. Nobody waits for company: the first call starts at
once, and those that come while it runs go together next. Only for reads whose answers do not depend on who asks.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar, cast

Item = TypeVar("Item")
Result = TypeVar("Result")
CROWDED = 64  # with more than this waiting, another statement starts beside the one that runs


class Together(Generic[Item, Result]):
    """Runs ``work`` for the items of several callers at once: ``most`` items in one go, ``runners`` goes abreast."""

    def __init__(
        self,
        work: Callable[[list[Item]], Awaitable[Sequence[Result]]],
        *,
        most: int = 1_000,
        runners: int = 4,
        crowded: int = CROWDED,
    ) -> None:
        self._work = work
        self._most = most
        self._runners = runners
        self._crowded = crowded
        self._waiting: deque[tuple[Sequence[Item], asyncio.Future[Sequence[Result]]]] = deque()
        self._running: set[asyncio.Task[None]] = set()

    async def __call__(self, items: Sequence[Item]) -> Sequence[Result]:
        """The results for these items, in order. Raises what the work raised."""
        answer: asyncio.Future[Sequence[Result]] = asyncio.get_running_loop().create_future()
        self._waiting.append((items, answer))
        if not self._running or (len(self._waiting) > self._crowded and len(self._running) < self._runners):
            task = asyncio.get_running_loop().create_task(self._run())
            self._running.add(task)
        return await answer

    async def _run(self) -> None:
        try:
            while self._waiting:
                await self._go(self._next())
        finally:
            # In the same step as the last look at who waits: whoever comes later must not count on this run.
            self._running.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    async def _go(self, group: list[tuple[Sequence[Item], asyncio.Future[Sequence[Result]]]]) -> None:
        try:
            results = await self._work([item for items, _ in group for item in items])
        except BaseException as error:  # whatever it is belongs to those who wait
            self._fail(group, error)
            if not isinstance(error, Exception):
                raise
        else:
            self._share(group, results)

    def _next(self) -> list[tuple[Sequence[Item], asyncio.Future[Sequence[Result]]]]:
        group = [self._waiting.popleft()]
        size = len(group[0][0])
        while self._waiting and size + len(self._waiting[0][0]) <= self._most:
            group.append(self._waiting.popleft())
            size += len(group[-1][0])
        return group

    @staticmethod
    def _fail(
        group: list[tuple[Sequence[Item], asyncio.Future[Sequence[Result]]]], error: BaseException
    ) -> None:
        for _, answer in group:
            if not answer.done():
                answer.set_exception(error if isinstance(error, Exception) else asyncio.CancelledError())

    @staticmethod
    def _share(
        group: list[tuple[Sequence[Item], asyncio.Future[Sequence[Result]]]], results: Sequence[Result]
    ) -> None:
        start = 0
        for items, answer in group:
            if not answer.done():  # a caller that was cancelled has left
                answer.set_result(results[start : start + len(items)])
            start += len(items)
