"""Turns: every statement of a hub waits at the wire until a seeded plan lets it through, or lets something befall it.

Between the hub and PostgreSQL stands a proxy that holds each complete statement. Once nobody moves by themselves any
more - all wait for a turn, for a lock in the database, or are done - the plan chooses who goes on. So one seed is one
interleaving of everybody, through the real wire and the real locks, and the same seed is the same one again.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import asyncpg

from tests.chaos.cutting import Wire, dial

WAITS = """
    SELECT pid, pg_blocking_pids(pid) FROM pg_locks WHERE NOT granted AND pid = ANY ($1::int[]) GROUP BY pid
"""
LEFT = "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY ($1::int[])"
END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = ANY ($1::int[])"
STILL_ROUNDS, LOOK_SECONDS, PATIENCE_SECONDS = 4, 0.02, 60
PORT, SAID_LETTERS = "1", 60
GOING_ON = 0.6  # how often one who is under way is preferred: otherwise all would begin and few end
OF_THE_DRIVER = ("SELECT current_setting('jit')", "WITH RECURSIVE typeinfo_tree(")


class Fate(StrEnum):
    """What becomes of a statement."""

    PASSES = "passes"
    LOST = "is lost before it reaches the server"
    UNANSWERED = "is done, and its answer lost"


@dataclass(eq=False)
class Line:
    """One connection of the hub. running: the message whose answer the server owes."""

    name: str
    wire: Wire
    held: bytes = b""
    running: bytes = b""
    pid: int = 0
    is_gone: bool = False
    unread: bytes = b""

    def hear(self, chunk: bytes) -> None:
        """Follow what the server says, as far as it ends something."""
        self.unread += chunk
        while len(self.unread) >= 5 and len(self.unread) > (size := int.from_bytes(self.unread[1:5])):
            kind, body, self.unread = self.unread[:1], self.unread[5 : size + 1], self.unread[size + 1 :]
            if kind == b"K":
                self.pid = int.from_bytes(body[:4])
            if kind == b"Z" or (self.running == b"H" and kind in b"TnE"):
                self.running = b""


@dataclass(eq=False)
class Turn:
    """Somebody who waits to go on. line: None for one who is about to begin something."""

    name: str
    what: str
    go: "asyncio.Future[Fate]"
    line: Line | None = None


@dataclass
class Turns:
    """The proxy, and who waits at it. watch: a superuser's connection past the proxy."""

    upstream: str
    socket: Path
    watch: asyncpg.Connection
    chance: random.Random
    lines: list[Line] = field(default_factory=list[Line])
    waiting: list[Turn] = field(default_factory=list[Turn])
    history: list[str] = field(default_factory=list[str])
    moves: int = 0
    opened: int = 0
    moved: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """Where the hub is to connect."""
        login = urlsplit(self.upstream).netloc.rpartition("@")[0]
        path = urlsplit(self.upstream).path
        return f"postgresql://{login}@{path}?host={self.socket}&port={PORT}&sslmode=disable"

    @asynccontextmanager
    async def running(self) -> AsyncGenerator["Turns"]:
        """Listen; who connects is served until the end."""
        server = await asyncio.start_unix_server(self._serve, self.socket / f".s.PGSQL.{PORT}")
        try:
            yield self
        finally:
            await self.drop()
            server.close()

    async def turn(self, name: str, what: str) -> None:
        """Wait until it is this one's turn to begin something."""
        await self._wait(Turn(name, what, asyncio.get_running_loop().create_future()))

    async def _wait(self, turn: Turn) -> Fate:
        self.waiting.append(turn)
        return await turn.go

    async def next(self, fate: Callable[[Turn], Awaitable[Fate]]) -> bool:
        """Let the next one go on, to a fate of the plan's; False where nobody waits."""
        await self.quiet()
        if not self.waiting:
            return False
        under_way = [each for each in self.waiting if each.line is not None]
        is_going_on = under_way and self.chance.random() < GOING_ON
        among = sorted(under_way if is_going_on else self.waiting, key=lambda each: each.name)
        chosen = self.chance.choice(among)
        self.waiting.remove(chosen)
        meant = await fate(chosen)
        self.note(f"{chosen.name}: {chosen.what}: {meant.value}")
        if chosen.line is not None and meant is Fate.LOST:
            await self._end([chosen.line])
        if chosen.line is not None:
            chosen.line.wire.is_mute = meant is Fate.UNANSWERED
        if not chosen.go.done():
            chosen.go.set_result(meant)
        return True

    def note(self, what: str) -> None:
        """Write down what happened."""
        self.history.append(what)

    async def quiet(self) -> None:
        """Wait until nobody moves by themselves."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                await self._still()
                before, running = self.moves, [each for each in self.lines if each.running]
                if not running or (await self._are_parked(running) and self.moves == before):
                    return
                self.moved.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.moved.wait(), LOOK_SECONDS)

    async def _still(self) -> None:
        """Wait until nothing is to be done on the loop: what PostgreSQL has answered was heard and acted upon."""
        loop, rounds = cast("Any", asyncio.get_running_loop()), 0
        while rounds < STILL_ROUNDS:
            before = self.moves
            await asyncio.sleep(0)
            rounds = 0 if loop._ready or self.moves != before else rounds + 1

    async def _are_parked(self, running: list[Line]) -> bool:
        """Whether each waits for somebody who does not: a deadlock the database ends by itself, so wait for it."""
        rows = await self.watch.fetch(WAITS, [each.pid for each in running])
        parked = {row[0]: set[int](row[1]) for row in rows}
        if len(parked) < len(running):
            return False
        free = {each.pid for each in self.lines} - parked.keys()
        while more := {pid for pid, others in parked.items() if others <= free}:
            free |= more
            parked = {pid: others for pid, others in parked.items() if pid not in more}
        return not parked

    async def drop(self) -> None:
        """Cut every connection at once; whatever the database was doing for them is over."""
        self.waiting = [each for each in self.waiting if each.line is None]
        await self._end(list(self.lines))

    async def _end(self, lines: list[Line]) -> None:
        pids = [each.pid for each in lines if each.pid]
        for each in lines:
            self._gone(each)
        await self.watch.execute(END, pids)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await self.watch.fetchval(LEFT, pids):  # noqa: ASYNC110 - another process decides when
                await asyncio.sleep(0.002)

    def _gone(self, line: Line) -> None:
        line.wire.abort()
        line.is_gone, line.running = True, b""
        if line in self.lines:
            self.lines.remove(line)
        self.waiting = [each for each in self.waiting if each.line is not line]
        self._moved()

    def _moved(self) -> None:
        self.moves += 1
        self.moved.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        name = f"line {self.opened:03}"
        answers, upstream = await dial(self.upstream)
        line = Line(name, Wire(upstream, writer), running=b"Q")
        self.lines.append(line)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._send(reader, line))
                group.create_task(self._answer(answers, line))
        except* (asyncio.IncompleteReadError, ConnectionError):
            self._gone(line)

    async def _send(self, reader: asyncio.StreamReader, line: Line) -> None:
        size = await reader.readexactly(4)
        line.wire.upstream.write(size + await reader.readexactly(int.from_bytes(size) - 4))
        said: list[bytes] = []
        while True:
            head = await reader.readexactly(5)
            body = await reader.readexactly(int.from_bytes(head[1:]) - 4)
            kind, line.held = head[:1], line.held + head + body
            self._moved()
            said.append(line.wire.completed(kind, body))
            if kind in b"QS" and await self._fate(line, b"".join(said)) is Fate.LOST:
                raise ConnectionAbortedError
            if kind in b"QSH":
                line.running, said = kind, []
            if kind in b"QSHpdcfX":
                line.wire.upstream.write(line.held)
                line.held = b""
                await line.wire.upstream.drain()

    async def _fate(self, line: Line, said: bytes) -> Fate:
        """What the driver asks to know the database's types nobody has to wait for."""
        what = " ".join(said.rstrip(b"\0").decode().split())[:SAID_LETTERS]
        if not what or what.startswith(OF_THE_DRIVER):
            return Fate.PASSES
        return await self._wait(Turn(line.name, what, asyncio.get_running_loop().create_future(), line))

    async def _answer(self, answers: asyncio.StreamReader, line: Line) -> None:
        while chunk := await answers.read(65536):
            line.hear(chunk)
            if not line.wire.is_mute:
                line.wire.downstream.write(chunk)
            elif not line.running:
                break
            self._moved()
        raise ConnectionAbortedError
