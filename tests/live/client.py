"""A program that follows requests: one WebSocket to a real server, and what is heard on it."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

PATIENCE_SECONDS = 60
PROTOCOL = "graphql-transport-ws"
FOLLOW = """
    subscription ($request: ID, $after: String) { requestChanged(request: $request, after: $after) {
        cursor event { kind state } request { id reference state } } }
"""


@dataclass
class Client:
    """What one program says and hears."""

    socket: ClientConnection
    heard: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    async def say(self, kind: str, **more: Any) -> None:
        """Send one message."""
        await self.socket.send(json.dumps({"type": kind, **more}))

    async def hear(self, seconds: float = PATIENCE_SECONDS) -> dict[str, Any]:
        """Wait for the next message."""
        text = await asyncio.wait_for(self.socket.recv(), seconds)
        assert isinstance(text, str), "the protocol has texts"
        self.heard.append(json.loads(text))
        return self.heard[-1]

    async def sign_in(self, token: str) -> None:
        """Show a token, and be welcome."""
        await self.say("connection_init", payload={"Authorization": f"Bearer {token}"})
        assert await self.hear() == {"type": "connection_ack"}

    async def begin(self, name: str = "1", query: str = FOLLOW, **variables: Any) -> None:
        """Begin a subscription."""
        await self.say("subscribe", id=name, payload={"query": query, "variables": variables})

    async def change(self) -> dict[str, Any]:
        """The next change."""
        heard = await self.hear()
        assert heard["type"] == "next", heard
        assert "errors" not in heard["payload"], heard
        return heard["payload"]["data"]["requestChanged"]

    async def error(self) -> dict[str, Any]:
        """The error with which a subscription ended or did not begin."""
        heard = await self.hear()
        assert heard["type"] == "error", heard
        return heard["payload"][0]["extensions"] | {"message": heard["payload"][0]["message"]}

    async def silence(self, seconds: float = 0.3) -> None:
        """Nothing is heard for a while."""
        try:
            heard = await asyncio.wait_for(self.socket.recv(), seconds)
        except TimeoutError:
            return
        raise AssertionError(f"heard {heard!r}")

    async def code(self) -> int:
        """The code with which the server closes, without another word."""
        with pytest.raises(ConnectionClosed) as closed:
            await self.hear()
        assert closed.value.rcvd is not None, "closed without a word"
        return closed.value.rcvd.code


@asynccontextmanager
async def calling(
    port: int,
    token: str | None = None,
    *,
    path: str = "/graphql",
    protocol: str = PROTOCOL,
    origin: str | None = None,
    **more: Any,
) -> AsyncGenerator[Client]:
    """Open a socket to a server, and show the token if there is one."""
    options: dict[str, Any] = {"compression": None, "proxy": None, "open_timeout": PATIENCE_SECONDS, **more}
    async with connect(
        f"ws://localhost:{port}{path}",
        subprotocols=[Subprotocol(protocol)],
        origin=None if origin is None else Origin(origin),
        **options,
    ) as socket:
        client = Client(socket)
        if token is not None:
            await client.sign_in(token)
        yield client
