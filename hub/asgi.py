"""The hub as one ASGI application: every address in one table, and the rules that hold for all around it."""

import asyncio
import contextlib
import re
import socket
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.routing import BaseRoute, Route, WebSocketRoute
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

import portal.languages
import portal.routes
from hub import apart, metrics, probes, problems, web
from hub.act import Hub
from hub.actors import Actor
from hub.auth import endpoints
from hub.auth.tokens import Audience
from hub.keyring import Use
from hub.readiness import Readiness
from hub.settings import Mode, Settings
from hub.uploads.values import TOGETHER_BYTES, UPLOAD_SECONDS
from portal.pages.mailbox import Letters
from schema import agreements, attachments, trusted
from schema.call import Call, idempotency_key
from schema.console import Console, console_page
from schema.endpoint import Endpoint, Openness
from schema.internal import root as internal
from schema.limits import LIMITS
from schema.nodes import NodeTable
from schema.partner import downloads
from schema.partner import root as partner
from schema.relay import Cursors
from schema.sockets import Sockets
from workers import answering

GRAPHQL: Final = Audience.APP.value
MOST_HEADER_BYTES: Final = 32 * 1024
SOCKET_MESSAGE_BYTES: Final = 64 * 1024
KEEP_ALIVE_SECONDS: Final = 5
LAST_WORDS_SECONDS: Final = 10
HEAD_SECONDS: Final = 15
BODY_SECONDS: Final = 20
_TAKES_FILES: Final = (
    r"/o/[^/]+/[^/]+/(ask/[^/]+|requests/[^/]+)/files|/desk/[^/]+/[^/]+/tasks/[0-9a-f-]{36}"
    r"|/desk/[^/]+/[^/]+/arrangements/[^/]+/document|/arrangements/[^/]+/document"
    r"|/requests/[^/]+/attachments|/task/[^/]+"
)
WIDER: Final = ((re.compile(_TAKES_FILES), web.Room(TOGETHER_BYTES + LIMITS.body_bytes, UPLOAD_SECONDS)),)
"""The addresses that take files."""


def create_app(hub: Hub, readiness: Readiness, letters: Letters | None = None) -> Starlette:
    """Put the application together around an open hub; it opens and closes nothing itself."""
    settings = hub.settings
    table = routes(hub, readiness, letters)
    names = web.hosts(settings.url, settings.allowed_hosts, local=not settings.is_production)
    around = [
        Middleware(web.Secured, https=settings.url.startswith("https://")),
        Middleware(web.Observed, routes=table, answered=metrics.answered, quiet=probes.PATHS),
        Middleware(web.Guarded),
        Middleware(web.KnownMethods),
        Middleware(web.KnownHosts, names={*names, *settings.desk_hosts}, probes=probes.PATHS),
        *(Middleware(apart.Apart, host=desk, probes=probes.PATHS) for desk in settings.desk_hosts),
        Middleware(web.BoundedBodies, room=web.Room(LIMITS.body_bytes, BODY_SECONDS), wider=WIDER),
    ]
    app = Starlette(routes=table, middleware=around, exception_handlers={HTTPException: problems.refused})
    app.router.redirect_slashes = False  # a redirect would repeat what the Host header says
    return app


def routes(hub: Hub, readiness: Readiness, letters: Letters | None = None) -> list[BaseRoute]:
    """Every address of the hub. letters: what the demo's mailbox holds."""
    settings = hub.settings
    console = _console(settings) if settings.shows_console else None
    demo = settings.mode is Mode.DEMO
    apps = _Served(Audience.APP, internal.schema, internal.TABLE, settings.trusted_documents, console)
    partners = _Served(Audience.PARTNER, partner.schema, partner.TABLE, settings.partner_trusted_documents)
    return [
        *_graphql(hub, apps),  # first: routes are tried in turn, and programs ask most
        *_graphql(hub, partners),
        *portal.routes.routes(
            hub, console=console is not None, demo=demo, letters=letters, staff=_staff(hub) if demo else None
        ),
        *attachments.routes(hub, partial(endpoints.identify, hub)),
        *agreements.routes(hub, partial(endpoints.identify, hub)),
        *downloads.routes(hub, partial(endpoints.identify, hub, audience=Audience.PARTNER)),
        *(console.routes() if console else ()),
        *endpoints.routes(hub),
        *answering.routes(hub),
        *probes.routes(hub, readiness),
    ]


def _staff(hub: Hub) -> Callable[[], Sequence[Any]]:
    """Who can be signed in as at the demo's desks."""
    from hub.demo import desk  # noqa: PLC0415 - images for production leave it out

    return partial(desk.colleagues, hub.settings.data_dir)


def _console(settings: Settings) -> Console:
    if settings.mode is not Mode.DEMO:
        return console_page(address=GRAPHQL)
    from hub.demo import FIRST_QUESTION  # noqa: PLC0415 - images for production leave it out

    return console_page(address=GRAPHQL, query=FIRST_QUESTION.strip())


@dataclass(frozen=True, slots=True)
class _Served:
    """A schema, to whom, at its address. nodes: what can be fetched by id. trusted: the documents it is for alone."""

    audience: Audience
    schema: strawberry.Schema
    nodes: NodeTable
    trusted: Path | None
    console: Console | None = None


def _graphql(hub: Hub, served: _Served) -> list[BaseRoute]:
    settings, console, known = hub.settings, served.console, served.trusted
    call = _calls(hub, served.nodes)

    async def authenticate(request: Request) -> Actor:
        return await endpoints.identify(hub, request, served.audience)

    endpoint = Endpoint(
        served.schema,
        authenticate=authenticate,
        context=lambda request, actor: call(request, actor, idempotency_key=idempotency_key(request)),
        openness=Openness(
            introspection=settings.allows_introspection,
            page=console.page if console else None,
            page_headers=console.headers if console else None,
        ),
        trusted=(lambda documents: trusted.load(known, documents)) if known else None,
        meter=metrics.GraphqlMeter(),
    )
    sockets = Sockets(
        hub, endpoint.operations, lambda socket, actor, who: call(socket, actor, ask_who=who),
        audience=served.audience,
    )  # fmt: skip
    return [Route(served.audience, endpoint), WebSocketRoute(served.audience, sockets)]


def _calls(hub: Hub, nodes: NodeTable) -> Callable[..., Call]:
    """Make what resolvers see, of one connection and who asks over it."""

    def call(connection: HTTPConnection, actor: Actor, **more: Any) -> Call:
        keys = [key.secret.reveal() for key in hub.vault.keyring.of(Use.CURSOR)]
        cursors = Cursors(*keys, steady=hub.vault.steady("call"))
        spoken = portal.languages.choose(None, connection.headers.get("accept-language", ""))
        return Call(hub, actor, cursors=cursors, nodes=nodes, locale=spoken, **more)

    return call


class Protocol(HttpToolsProtocol):
    """HTTP/1.1 as the server speaks it, with an end to a request's head and to waiting for it."""

    _head_bytes = 0
    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] -- as in the server
        """Take a connection; whoever does not ask for anything loses it."""
        super().connection_made(transport)
        self._patience = self.loop.call_later(HEAD_SECONDS, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let a connection go."""
        self._stop_waiting()
        super().connection_lost(exc)

    def on_headers_complete(self) -> None:
        """Begin to answer."""
        self._stop_waiting()
        super().on_headers_complete()

    def on_message_begin(self) -> None:
        """Begin to count."""
        self._head_bytes = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Take a piece of the address."""
        self._count(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one header."""
        self._count(name + value)
        super().on_header(name, value)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no request, with the headers that every answer has."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in web.HEADERS.items())
        head = f"HTTP/1.1 400 Bad Request\r\n{lines}content-type: text/plain; charset=utf-8\r\n"
        self.transport.write(
            f"{head}content-length: {len(msg)}\r\nconnection: close\r\n\r\n{msg}".encode("ascii")
        )
        self.transport.close()

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _count(self, piece: bytes) -> None:
        self._head_bytes += len(piece)
        if self._head_bytes > MOST_HEADER_BYTES:
            raise ValueError("the head of this request is too long")


class SocketProtocol(WebSocketsSansIOProtocol):
    """WebSockets as the server speaks them, with an end to waiting for a client that does not read."""

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        """Let the last words go out, but not for ever."""
        super().on_task_complete(task)
        self.loop.call_later(LAST_WORDS_SECONDS, self.transport.abort)


class Server(uvicorn.Server):
    """The web server, stopped by us and not by signals of its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave the signals to the process."""
        yield


def server(app: Starlette, settings: Settings) -> Server:
    """Make the web server; it listens where it is told to by `serve`."""
    config = uvicorn.Config(
        app,
        http=Protocol,
        ws=SocketProtocol,
        ws_max_size=SOCKET_MESSAGE_BYTES,
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=bool(settings.forwarded_allow_ips),
        forwarded_allow_ips=settings.forwarded_allow_ips or [],
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=settings.shutdown_seconds,
        backlog=2048,
    )
    return Server(config)


async def serve(
    hub: Hub,
    app: Starlette,
    readiness: Readiness,
    listening: socket.socket,
    stop: asyncio.Event,
    started: asyncio.Event,
) -> None:
    """Answer requests until told to stop: then unready first, no new connections, the end of what runs."""
    running = server(app, hub.settings)
    ended = asyncio.ensure_future(running.serve(sockets=[listening]))
    told = asyncio.ensure_future(_stop(running, hub.settings, readiness, stop))
    while not (running.started or ended.done()):  # noqa: ASYNC110 - the server has no event for it
        await asyncio.sleep(0.01)
    started.set()
    try:
        await ended
    finally:
        told.cancel()


async def _stop(
    running: uvicorn.Server, settings: Settings, readiness: Readiness, stop: asyncio.Event
) -> None:
    await stop.wait()
    readiness.draining = True
    await asyncio.sleep(settings.drain_seconds)
    running.should_exit = True


def loop_factory() -> Any:
    """The fastest event loop that is installed."""
    return uvicorn.Config("", log_config=None).get_loop_factory()
