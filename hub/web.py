"""What every answer over HTTP has in common, one small middleware for each rule, from the outside inwards.

Nothing here looks at who asks.
"""

import asyncio
import ipaddress
import re
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from secrets import token_hex
from typing import Final
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.problems import correlation, problem

METHODS: Final = frozenset({"GET", "HEAD", "POST"})
LOCAL_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
NO_ROUTE: Final = "none"
LONGEST_NUMBER: Final = 15

CSP: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
HEADERS: Final = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
HSTS: Final = "max-age=63072000; includeSubDomains"

Answered = Callable[[str, int, float], None]


class Observed:
    """Gives each request a number; logs, counts and times it under its route's template, never its path."""

    def __init__(
        self, app: ASGIApp, routes: Sequence[BaseRoute], answered: Answered, quiet: Iterable[str]
    ) -> None:
        self._app = app
        self._templates = dict(_templates(routes))
        self._answered = answered
        self._quiet = frozenset(quiet)
        self._log = structlog.get_logger().bind()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and note how it ended."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        number, began, status = token_hex(16), time.perf_counter(), 0
        scope.setdefault("state", {})["correlation"] = number

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])  # a redirect may name it by an enumeration
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", number.encode())]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            self._note(scope, number, status, time.perf_counter() - began)

    def _note(self, scope: Scope, number: str, status: int, seconds: float) -> None:
        route = self._templates.get(id(scope.get("endpoint")), NO_ROUTE)
        self._answered(route, status, seconds)
        say = self._log.debug if route in self._quiet else self._log.info
        method = scope["method"] if scope["method"] in METHODS else "other"
        say(
            "http.answered",
            request=number,
            method=method,
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
        )


class Secured:
    """Puts the security headers on every answer; a route may set its own content policy and caching."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        named = {**HEADERS, "strict-transport-security": HSTS} if https else HEADERS
        self._app = app
        self._headers = [(name.encode(), value.encode()) for name, value in named.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and add what its answer lacks."""

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = list(message.get("headers", ()))
                names = {name.lower() for name, _ in said}
                message["headers"] = said + [line for line in self._headers if line[0] not in names]
            await send(message)

        await self._app(scope, receive, secured if scope["type"] == "http" else send)


class Guarded:
    """Answers for whatever went wrong further in, without a word about it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._log = structlog.get_logger().bind()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; a failure before the first byte of the answer becomes a 500."""
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:  # noqa: BLE001 - the last line of defence: no details
            self._log.error("http.broke", request=correlation(scope), exc_info=error)
            if scope["type"] == "http" and not begun:
                await problem(scope, HTTPStatus.INTERNAL_SERVER_ERROR)(scope, receive, send)


class KnownMethods:
    """Refuses every method but GET, HEAD and POST."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on if its method is known."""
        app = self._app
        if scope["type"] == "http" and scope["method"] not in METHODS:
            app = problem(scope, HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": ", ".join(sorted(METHODS))})
        await app(scope, receive, send)


class KnownHosts:
    """Refuses a Host that is not ours. Probes may come by address: no answer there holds a link."""

    def __init__(self, app: ASGIApp, names: Iterable[str], probes: Iterable[str]) -> None:
        self._app = app
        self._names = frozenset(name.lower() for name in names)
        self._probes = frozenset(probes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on if it is for us."""
        if scope["type"] == "lifespan" or self._is_ours(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            said = (
                "This host is not served here. Its operator names it in HUB_PUBLIC_URL or HUB_ALLOWED_HOSTS."
            )
            await problem(scope, HTTPStatus.BAD_REQUEST, said)(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008, "reason": ""})

    def _is_ours(self, scope: Scope) -> bool:
        named = Headers(scope=scope).getlist("host")
        if len(named) != 1 or not scope["path"].startswith("/"):
            return False
        name = host_name(named[0])
        return name in self._names or (scope["path"] in self._probes and _is_address(name))


@dataclass(frozen=True, slots=True)
class Room:
    """How large a body may be, and how long it may take to arrive."""

    most_bytes: int
    most_seconds: float


class BoundedBodies:
    """Refuses a body that is larger than its route takes, or that does not arrive in time.

    What reads on then finds the client gone, and the client gets a 413 or a 408. wider: which addresses take more.
    """

    def __init__(self, app: ASGIApp, room: Room, wider: Sequence[tuple[re.Pattern[str], Room]] = ()) -> None:
        self._app = app
        self._room = room
        self._wider = tuple(wider)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count what it brings."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        room = self._room_of(scope)
        body = _Body(receive, send, room)
        told = Headers(scope=scope).get("content-length", "0")
        if not told.isdecimal() or len(told) > LONGEST_NUMBER or int(told) > room.most_bytes:
            body.refusal = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        else:
            with suppress(ClientDisconnect):
                await self._app(scope, body.read, body.send)
        if body.refusal is not None and not body.answered:
            said = f"A body has {room.most_bytes:,} bytes at most, and {room.most_seconds:g} s to arrive."
            await problem(scope, body.refusal, said, {"Connection": "close"})(scope, receive, send)

    def _room_of(self, scope: Scope) -> Room:
        if scope["method"] != "POST":
            return self._room
        path: str = scope["path"]
        return next((room for known, room in self._wider if known.fullmatch(path)), self._room)


class _Body:
    """One body as it arrives, and whether an answer was begun that can no longer be replaced."""

    def __init__(self, receive: Receive, send: Send, room: Room) -> None:
        self._receive, self._send = receive, send
        self._left_bytes = room.most_bytes
        self._until = asyncio.get_running_loop().time() + room.most_seconds
        self._complete = self.answered = False
        self.refusal: HTTPStatus | None = None

    async def read(self) -> Message:
        """Return what came, or that the client is gone."""
        if self._complete:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            self.refusal = HTTPStatus.REQUEST_TIMEOUT
            return {"type": "http.disconnect"}
        self._complete = not message.get("more_body", False)
        self._left_bytes -= len(message.get("body", b""))
        if self._left_bytes < 0:
            self.refusal = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            return {"type": "http.disconnect"}
        return message

    async def send(self, message: Message) -> None:
        """Send an answer, unless it is to be a refusal."""
        if self.answered or self.refusal is None:
            self.answered = True
            await self._send(message)


def hosts(url: str, others: Iterable[str], *, local: bool) -> set[str]:
    """The host names that are ours: of the public address, of the settings and, if local, the usual ones."""
    named = {urlsplit(url).hostname or "", *(host_name(each) or "" for each in others)}
    return (named | LOCAL_NAMES if local else named) - {""}


def is_own_origin(said: str, host: str, *, https: bool) -> bool:
    """Whether an Origin header names a page of the host that was asked; that host itself was checked before."""
    parts = urlsplit(said)
    return parts.scheme in ({"https"} if https else {"http", "https"}) and parts.netloc == host


@lru_cache(maxsize=1024)
def host_name(said: str) -> str | None:
    """The name in a Host header, in lower case and without port; None if it is not one."""
    try:
        parts = urlsplit(f"//{said}")
        plain = not (
            parts.path or parts.query or parts.fragment or parts.username is not None or parts.port == 0
        )
    except ValueError:
        return None
    if not plain or not said.isascii() or not said.isprintable() or set(said) & set(" \\%,@"):
        return None
    return parts.hostname


def _templates(routes: Sequence[BaseRoute]) -> Iterable[tuple[int, str]]:
    for route in routes:
        if isinstance(route, Route):
            yield id(route.endpoint), route.path
        elif isinstance(route, Mount):
            yield id(route.app), f"{route.path}/*"


def _is_address(name: str | None) -> bool:
    try:
        ipaddress.ip_address(name or "")
    except ValueError:
        return False
    return True
