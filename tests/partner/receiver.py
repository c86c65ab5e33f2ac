"""A partner's own server: a real one, which answers as a test tells it to, and keeps what it was sent."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Answer = tuple[int, str] | tuple[int, str, dict[str, str]]


@dataclass
class Receiver:
    """What came, and what to answer: by default the echo of a token, or 204."""

    port: int = 0
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list[tuple[dict[str, str], bytes]])
    answers: Callable[[dict[str, Any]], Answer] | None = None
    hangs: bool = False
    more: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/hooks"

    def of(self, kind: str) -> list[tuple[dict[str, str], bytes]]:
        """What came of one type."""
        return [each for each in self.got if json.loads(each[1])["type"] == kind]

    async def handle(self, request: web.Request) -> web.Response:
        """Take one message."""
        body = await request.read()
        self.got.append(({name.lower(): value for name, value in request.headers.items()}, body))
        self.more.set()
        if self.hangs:
            await asyncio.sleep(3_600)
        said = json.loads(body)
        if self.answers is not None:
            status, text, *headers = self.answers(said)
            return web.Response(status=status, text=text, headers=headers[0] if headers else None)
        if said["type"] == "endpoint.verify":
            return web.json_response({"token": said["data"]["token"]})
        return web.Response(status=204)


@asynccontextmanager
async def receiving(path: str = "/hooks") -> AsyncGenerator[Receiver]:
    """Run one."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_post(path, receiver.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.port = runner.addresses[0][1]
    try:
        yield receiver
    finally:
        await runner.cleanup()
