"""What others announce, heard over one connection of the process: a hint to look, never the news itself.

Whoever listens is woken when something was announced, when the connection was made again (something may have been
missed meanwhile), and every few seconds in any case: a connection can be dead without saying so.
"""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

import asyncpg
import structlog

from hub.db import LOST, READ_ONLY, connect
from hub.errors import Unready

CHECK_SECONDS: Final = 5.0
PAUSE_SECONDS: Final = 1.0
SEALED: Final = "sealed"
REVOKED: Final = "revoked"
PLACED: Final = "placed"
TOPICS: Final = (SEALED, REVOKED, PLACED)
"""What is announced, each on the channel ``hub_`` and its name: entries of the ledger have their places; a token or
client ended; withdrawals have their places in the feeds of their recipients."""

log = structlog.get_logger(__name__)


class Listening:
    """The ears of one process; the connection is open while anybody listens."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._bells: dict[str, set[asyncio.Event]] = {f"hub_{topic}": set() for topic in TOPICS}
        self._task: asyncio.Task[None] | None = None

    @contextmanager
    def bell(self, topic: str) -> Generator[asyncio.Event]:
        """An event that is set whenever there may be something to look at. Clear it, look, then wait for it."""
        rung, bells = asyncio.Event(), self._bells[f"hub_{topic}"]
        bells.add(rung)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())
        try:
            yield rung
        finally:
            bells.discard(rung)
            if not any(self._bells.values()):
                self.close()

    def close(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self) -> None:
        while True:
            try:
                await self._hear()
            except (Unready, *LOST, asyncpg.PostgresError, TimeoutError) as trouble:
                log.warning("listening.waits", error=type(trouble).__name__)
            await asyncio.sleep(PAUSE_SECONDS)
            self._ring()

    async def _hear(self) -> None:
        """Hear until the connection is lost."""
        options = {"role": "hub_read", "application_name": "hub listener", **READ_ONLY}
        connection, lost = await connect(self._url, options), asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: lost.set())
            for channel in self._bells:
                await connection.add_listener(channel, self._heard)
            while not lost.is_set():
                self._ring()
                await self._check(connection, lost)
        finally:
            connection.terminate()

    async def _check(self, connection: asyncpg.Connection, lost: asyncio.Event) -> None:
        try:
            await asyncio.wait_for(lost.wait(), CHECK_SECONDS)
        except TimeoutError:
            await connection.fetchval("SELECT 1", timeout=CHECK_SECONDS)

    def _heard(self, _connection: Any, _pid: int, channel: str, _payload: object) -> None:
        for rung in self._bells[channel]:
            rung.set()

    def _ring(self) -> None:
        for channel in self._bells:
            self._heard(None, 0, channel, "")
