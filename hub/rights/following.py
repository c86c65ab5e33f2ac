"""Following rights requests as they change: the tail of the ledger is read once for all who follow in this process.

What was announced only says that it is time to look. Who is a little behind finds what they missed in memory, who comes
back from further away reads it from the database, and goes on from there: nobody waits in a queue that could overflow.
"""

import asyncio
from bisect import bisect_right
from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from operator import attrgetter
from typing import Final
from weakref import WeakKeyDictionary

import asyncpg
import structlog

from hub.act import FAILURES, Hub, refusal
from hub.db import Database
from hub.errors import Unready
from hub.listening import SEALED, Listening
from hub.rights import changes
from hub.rights.changes import Change, Mark, Stretch, Wanted

REMEMBERED: Final = 1_000
_EVERYBODYS: Final = Wanted()

log = structlog.get_logger(__name__)


class Feed:
    """The newest changes of all organisations, read while anybody follows."""

    def __init__(self, database: Database, listening: Listening) -> None:
        self._database = database
        self._listening = listening
        self._recent: list[Change] = []
        self._since = self._until = Mark(0)
        self._is_read = False
        self._followers: dict[asyncio.Event, Wanted] = {}
        self._task: asyncio.Task[None] | None = None

    async def follow(self, wanted: Wanted, mark: Mark) -> AsyncGenerator[Change]:
        """Every change of those wanted after the mark, as they become known; it never ends by itself.

        Refusal UNAVAILABLE where the way back to the mark cannot be read.
        """
        with self._following(wanted) as rung:
            while True:
                rung.clear()
                stretch = self._remembered(mark) or await self._look_up(mark, wanted)
                for change in stretch.changes:
                    if wanted.holds(change):
                        yield change
                mark = stretch.until
                if stretch.is_last:
                    await rung.wait()

    @contextmanager
    def _following(self, wanted: Wanted) -> Generator[asyncio.Event]:
        rung = asyncio.Event()
        self._followers[rung] = wanted
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())
        try:
            yield rung
        finally:
            del self._followers[rung]
            if not self._followers:
                self._task.cancel()
                self._task, self._is_read = None, False

    def _remembered(self, mark: Mark) -> Stretch | None:
        """What is remembered of all that came after a mark; None where that is not the whole of it."""
        if not self._is_read or mark < self._since:
            return None
        start = bisect_right(self._recent, mark, key=attrgetter("mark"))
        return Stretch(self._recent[start:], max(mark, self._until), is_last=True)

    async def _look_up(self, mark: Mark, wanted: Wanted) -> Stretch:
        try:
            return await changes.after(self._database.single(), mark, wanted)
        except FAILURES as error:
            raise refusal(error) from error

    async def _run(self) -> None:
        with self._listening.bell(SEALED) as rung:
            while True:
                rung.clear()
                try:
                    await self._read_on()
                except (*FAILURES, asyncpg.PostgresError, Unready) as trouble:
                    log.warning("following.waits", error=type(trouble).__name__)
                except Exception:  # who follows would wait for good, and nobody would know
                    log.exception("following.failed")
                await rung.wait()

    async def _read_on(self) -> None:
        session = self._database.single()
        if not self._is_read:
            self._recent, self._since = [], await changes.end(session)
            self._until, self._is_read = self._since, True
            self._wake([None])
        is_last = False
        while not is_last:
            stretch = await changes.after(session, self._until, _EVERYBODYS)
            self._until, is_last = stretch.until, stretch.is_last
            self._remember(stretch.changes)

    def _remember(self, found: list[Change]) -> None:
        self._recent += found
        too_many = len(self._recent) - REMEMBERED
        if too_many > 0:
            self._since = self._recent[too_many - 1].mark
            del self._recent[:too_many]
        self._wake(found)

    def _wake(self, found: list[Change] | list[None]) -> None:
        """Wake those whom any of these concerns; None concerns all."""
        for rung, wanted in self._followers.items():
            if any(each is None or wanted.holds(each) for each in found):
                rung.set()


_OPENED: WeakKeyDictionary[Hub, Feed] = WeakKeyDictionary()


def of(hub: Hub) -> Feed:
    """The feed of this hub, one for the process."""
    feed = _OPENED.get(hub)
    if feed is None:
        feed = _OPENED[hub] = Feed(hub.database, hub.listening)
    return feed
