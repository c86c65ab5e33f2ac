"""The sockets of one process: who may open one, how many, and until when.

A token is shown once and asked about again and again: before every event that is given out, when a token or client was
revoked somewhere, and every few seconds. When it ends, so does the socket.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import Any, Final, cast

import structlog
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from hub import web
from hub.act import Hub
from hub.actors import Actor
from hub.auth import passes
from hub.auth.passes import Pass
from hub.auth.tokens import Audience
from hub.errors import Code, Refusal
from hub.listening import REVOKED
from hub.metrics import SOCKETS
from schema.call import Call
from schema.conversation import PROTOCOL, Conversation, Ended, Ending
from schema.limits import SOCKET_LIMITS, SocketLimits
from schema.operations import Operations

REFUSED: Final = 1008

Context = Callable[[WebSocket, Actor, Callable[[], Awaitable[Actor]]], Call]
"""Makes what the resolvers of one subscription see; the last asks again who follows."""

log = structlog.get_logger(__name__)


class Sockets:
    """An ASGI application for ``WebSocketRoute("/graphql", sockets)``. audience: whose tokens serve there."""

    def __init__(
        self,
        hub: Hub,
        operations: Operations,
        context: Context,
        limits: SocketLimits = SOCKET_LIMITS,
        *,
        audience: Audience = Audience.APP,
    ) -> None:
        self._hub = hub
        self._operations = operations
        self._context = context
        self._limits = limits
        self._audience = audience
        self._waiting: Counter[str] = Counter()
        self._open: set[Conversation] = set()
        self._sweeping: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Talk with one client until one side ends it."""
        websocket = WebSocket(scope, receive, send)
        address = websocket.client.host if websocket.client else ""
        if not self._is_welcome(websocket, address):
            await websocket.close(REFUSED)
            return
        talk = Conversation(websocket, self._operations, self._limits)
        why: Ending | None = None
        try:
            with self._opened(talk):
                await self._talk(websocket, talk, address)
        except Ended as ended:
            why = ended.why
        except (WebSocketDisconnect, RuntimeError):
            pass  # gone, perhaps while something was being said
        finally:
            await talk.close(why)

    def _is_welcome(self, websocket: WebSocket, address: str) -> bool:
        origin = websocket.headers.get("origin")
        host, https = websocket.headers.get("host", ""), self._hub.settings.url.startswith("https://")
        return (
            PROTOCOL in websocket.scope["subprotocols"]
            and (origin is None or web.is_own_origin(origin, host, https=https))
            and self._waiting[address] < self._limits.waiting_per_address
        )

    async def _talk(self, websocket: WebSocket, talk: Conversation, address: str) -> None:
        with self._counted(address):
            await websocket.accept(PROTOCOL)
            shown = _header(await talk.first())
            talk.held, actor = await self._admit(shown)
        left = (await self._living([talk.held])).get(talk.held.token_id, 0)
        ending = asyncio.get_running_loop().call_later(left, talk.end, Ending.UNAUTHENTICATED)
        try:
            await talk.go_on(lambda: self._call(websocket, talk, actor))
        finally:
            ending.cancel()

    async def _admit(self, header: str | None) -> tuple[Pass, Actor]:
        if header is None:
            raise Ended(Ending.FORBIDDEN)
        try:
            held, actor = await passes.show(self._hub, header, self._audience)
        except Refusal as refusal:
            raise Ended(Ending.TRY_AGAIN if refusal.code is Code.UNAVAILABLE else Ending.FORBIDDEN) from None
        theirs = sum(each.held is not None and each.held.client_id == held.client_id for each in self._open)
        if theirs >= self._limits.sockets_per_client:
            raise Ended(Ending.TRY_AGAIN)
        return held, actor

    def _call(self, websocket: WebSocket, talk: Conversation, actor: Actor) -> Call:
        async def ask_who() -> Actor:
            return await passes.renew(self._hub, cast("Pass", talk.held))

        return self._context(websocket, actor, ask_who)

    @contextmanager
    def _counted(self, address: str) -> Generator[None]:
        """Count a socket among those of its address that have not shown a token yet."""
        self._waiting[address] += 1
        try:
            yield
        finally:
            self._waiting[address] -= 1
            if not self._waiting[address]:
                del self._waiting[address]

    @contextmanager
    def _opened(self, talk: Conversation) -> Generator[None]:
        self._open.add(talk)
        SOCKETS.inc()
        if self._sweeping is None:
            self._sweeping = asyncio.get_running_loop().create_task(self._sweep())
        try:
            yield
        finally:
            self._open.discard(talk)
            SOCKETS.dec()
            if not self._open:
                self._sweeping.cancel()
                self._sweeping = None

    async def _sweep(self) -> None:
        """End the sockets whose tokens have ended."""
        with self._hub.listening.bell(REVOKED) as rung:
            while True:
                rung.clear()
                try:
                    await self._end_ended()
                except Ended:
                    log.warning("sockets.unswept")
                except Exception:  # a sweep that stops for good would go unnoticed, and sockets live on
                    log.exception("sockets.sweep_failed")
                await rung.wait()

    async def _end_ended(self) -> None:
        held = {each: each.held for each in self._open if each.held is not None}
        living = await self._living(list(held.values())) if held else {}
        for talk, each in held.items():
            if each.token_id not in living:
                talk.end(Ending.UNAUTHENTICATED)

    async def _living(self, held: list[Pass]) -> dict[Any, float]:
        try:
            return await passes.living(self._hub, held)
        except Refusal:
            raise Ended(Ending.TRY_AGAIN) from None


def _header(payload: Any) -> str | None:
    """The Authorization header in the payload of `connection_init`: one, however its name is written."""
    if not isinstance(payload, dict):
        return None
    given = cast("dict[str, Any]", payload)
    found = [value for name, value in given.items() if name.lower() == "authorization"]
    return found[0] if len(found) == 1 and isinstance(found[0], str) else None
