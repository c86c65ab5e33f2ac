"""A proxy between the hub and PostgreSQL that cuts one connection, at the worst moment, when it is told to.

It reads what the hub sends message by message (PostgreSQL's frontend protocol, version 3), so that it knows when a
statement is complete: a COMMIT, or a whole act in one statement.
"""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qs, urlsplit

DONE = b"Z\x00\x00\x00\x05"  # ReadyForQuery: the statement is over


class Moment(StrEnum):
    """When the connection goes."""

    BEFORE = "before the statement reached the server"
    MEANWHILE = "while the server runs it"
    AFTER = "after the server finished, before its answer arrived"


@dataclass
class Wire:
    """One connection of the hub to the server."""

    upstream: asyncio.StreamWriter
    downstream: asyncio.StreamWriter
    statements: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    running: bytes = b""
    is_mute: bool = False

    def abort(self) -> None:
        """Drop both ends without a word."""
        for writer in (self.upstream, self.downstream):
            writer.transport.abort()

    def completed(self, kind: bytes, body: bytes) -> bytes:
        """The statement that this message completes, or nothing."""
        if kind == b"Q":
            return body
        if kind == b"P":
            name, _, rest = body.partition(b"\0")
            self.statements[name] = rest.partition(b"\0")[0]
        elif kind == b"B":
            name = body.partition(b"\0")[2].partition(b"\0")[0]
            self.running = self.statements.get(name, b"")
        elif kind == b"S":
            said, self.running = self.running, b""
            return said
        return b""


async def dial(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to the server that a URL names, by its port or by its socket in a folder."""
    target = urlsplit(url)
    given = parse_qs(target.query)
    port = given.get("port", [str(target.port or 5432)])[0]
    folder = given.get("host", [""])[0]
    if folder.startswith("/"):
        return await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.{port}")
    return await asyncio.open_connection(target.hostname, int(port))


class Proxy:
    """Stands before one server. `cut` arms it for the next statement that holds a text; `cuts` counts."""

    def __init__(self, url: str) -> None:
        self._target = url
        self._server: asyncio.Server | None = None
        self._armed: tuple[Moment, bytes] | None = None
        self.cuts = 0

    def cut(self, moment: Moment, statement: str) -> None:
        """Cut the connection that next completes a statement with this text in it."""
        self._armed = (moment, statement.encode())

    @property
    def url(self) -> str:
        """Where the hub is to connect."""
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        target = urlsplit(self._target)
        login = target.netloc.rpartition("@")[0]
        return f"postgresql://{login}@127.0.0.1:{port}{target.path}?sslmode=disable"

    @asynccontextmanager
    async def running(self) -> AsyncGenerator["Proxy"]:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        try:
            yield self
        finally:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, upstream = await dial(self._target)
        wire = Wire(upstream, writer)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._send(reader, wire))
                group.create_task(self._answer(answers, wire))
        except* (asyncio.IncompleteReadError, ConnectionError):
            wire.abort()

    async def _send(self, reader: asyncio.StreamReader, wire: Wire) -> None:
        """Pass on what the hub says; its first message has no type."""
        size = await reader.readexactly(4)
        wire.upstream.write(size + await reader.readexactly(int.from_bytes(size) - 4))
        while True:
            head = await reader.readexactly(5)
            body = await reader.readexactly(int.from_bytes(head[1:]) - 4)
            moment = self._hit(wire.completed(head[:1], body))
            if moment is Moment.BEFORE:
                raise ConnectionAbortedError
            wire.is_mute = moment is Moment.AFTER or wire.is_mute
            wire.upstream.write(head + body)
            await wire.upstream.drain()
            if moment is Moment.MEANWHILE:
                raise ConnectionAbortedError

    def _hit(self, statement: bytes) -> Moment | None:
        if self._armed is None or not re.search(self._armed[1], statement):
            return None
        moment, self._armed = self._armed[0], None
        self.cuts += 1
        return moment

    async def _answer(self, answers: asyncio.StreamReader, wire: Wire) -> None:
        """Pass on what the server says, until its answer is the one that must not arrive."""
        last = b""
        while chunk := await answers.read(65536):
            last = (last + chunk)[-6:]
            if not wire.is_mute:
                wire.downstream.write(chunk)
                await wire.downstream.drain()
            elif last.startswith(DONE):
                raise ConnectionAbortedError
        raise ConnectionAbortedError
