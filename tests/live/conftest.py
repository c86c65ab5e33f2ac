"""A hub as it is served, with two firms in it, and a sealer that is told when to seal."""

import asyncio
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest_asyncio
from starlette.routing import WebSocketRoute

from hub import asgi
from hub.act import Hub
from hub.actors import OPERATOR, SCOPES, Operation, Role
from hub.auth import clients
from hub.readiness import Readiness
from hub.rights import conduct
from hub.rights.requests import Request
from hub.sealing import seal_once
from hub.settings import Settings
from schema.limits import SOCKET_LIMITS
from schema.sockets import Sockets
from tests.domain.firm import Firm, found
from tests.rights.desk import Desk


@dataclass
class Site:
    """One server."""

    port: int
    sockets: Sockets
    running: asgi.Server

    async def token(self, client: tuple[UUID, str]) -> str:
        """Sign a client in."""
        form = {"grant_type": "client_credentials"}
        async with self.http() as http:
            answer = await http.post("/oauth/token", data=form, auth=(str(client[0]), client[1]))
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    def http(self) -> httpx.AsyncClient:
        """A client of it without sockets."""
        return httpx.AsyncClient(base_url=f"http://localhost:{self.port}", timeout=60, trust_env=False)

    async def now(self, token: str) -> str:
        """Where changes stand now: from there, whatever happens next is heard."""
        return (await self.ask(token, "{ changesCursor }"))["data"]["changesCursor"]

    async def ask(self, token: str, query: str, **variables: Any) -> dict[str, Any]:
        """Post an operation."""
        sent = {"query": query, "variables": variables}
        async with self.http() as http:
            answer = await http.post("/graphql", json=sent, headers={"Authorization": f"Bearer {token}"})
        return answer.json()


@dataclass
class House:
    """A firm that is asked things, and the programs that follow it."""

    hub: Hub
    desk: Desk

    @property
    def firm(self) -> Firm:
        """Whose it is."""
        return self.desk.firm

    async def client(self, *roles: Role) -> tuple[UUID, str]:
        """Make a program with these scopes, by default all: its id and secret."""
        async with self.hub.act(OPERATOR, Operation.CLIENT_CREATE) as act:
            made, secret = await clients.create(
                act, "Follower", clients.Kind.APP, sorted(roles or SCOPES), self.firm.id
            )
        return made.id, secret.get_secret_value()

    async def revoke(self, client: tuple[UUID, str]) -> None:
        """End a program and its tokens."""
        async with self.hub.act(OPERATOR, Operation.CLIENT_REVOKE) as act:
            await clients.revoke(act, client[0])

    async def request(self) -> Request:
        """Take in a request that is not open yet."""
        customer_id = await self.firm.customer()
        taken = await self.desk.receive(customer_id, "ACCESS", identified=None, contact="kim@example.org")
        await self.seal()
        return taken

    async def say(self, request: Request, text: str = "We are at it.") -> None:
        """Let something become of it, and seal that."""
        await self.desk.do(conduct.say, request.id, text, is_private=False)
        await self.seal()

    async def listeners(self, *, end: bool = False) -> int:
        """How many connections listen; `end` ends them, as a network may."""
        counted = "pg_terminate_backend(pid)" if end else "*"
        connection = await asyncpg.connect(self.hub.database.url)
        try:
            return await connection.fetchval(
                f"SELECT count({counted}) FROM pg_stat_activity"
                " WHERE application_name = 'hub listener' AND datname = current_database()"
            )
        finally:
            await connection.close()

    async def one_listens(self) -> bool:
        """Whether one connection listens, at the latest when one was made anew and those before it are gone."""
        for _ in range(1_200):
            if await self.listeners() == 1:
                return True
            await asyncio.sleep(0.05)
        return False

    async def seal(self) -> None:
        """Give what was committed its place."""
        async with self.hub.database.sealer() as connection:
            await seal_once(connection, self.hub.vault.keyring)


Serve = Callable[..., Any]


@pytest_asyncio.fixture(scope="session")
async def live_hub(settings: Settings, clone: Callable[..., str], worker_name: str) -> AsyncIterator[Hub]:
    """A hub on a database in which nobody else seals."""
    opened = await Hub.open(settings, clone(f"hub_live_{worker_name}"))
    yield opened
    await opened.close()


@pytest_asyncio.fixture(scope="session")
async def house(live_hub: Hub) -> House:
    """The firm that is followed."""
    return House(live_hub, Desk(await found(live_hub)))


@pytest_asyncio.fixture(scope="session")
async def neighbours(live_hub: Hub) -> House:
    """Another firm in the same hub."""
    return House(live_hub, Desk(await found(live_hub)))


@asynccontextmanager
async def serving(hub: Hub, settings: Settings | None = None, **limits: float) -> AsyncGenerator[Site]:
    """Serve a hub on a port of its own, with small buffers, so that who does not read is soon noticed."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
    shown = Hub(settings or hub.settings, hub.database, hub.vault)
    app = asgi.create_app(shown, Readiness(shown, []))
    sockets, _ = [each.app for each in app.routes if isinstance(each, WebSocketRoute)]  # of apps, of partners
    assert isinstance(sockets, Sockets)
    sockets._limits = replace(SOCKET_LIMITS, **limits)
    running = asgi.server(app, shown.settings)
    ended = asyncio.create_task(running.serve(sockets=[listening]))
    while not running.started:  # noqa: ASYNC110 - the server has no event for it
        await asyncio.sleep(0.005)
    try:
        yield Site(listening.getsockname()[1], sockets, running)
    finally:
        running.should_exit = True
        await ended


@pytest_asyncio.fixture(scope="session")
async def site(live_hub: Hub) -> AsyncIterator[Site]:
    """A server that all tests share which leave it as it is."""
    async with serving(live_hub) as opened:
        yield opened


@pytest_asyncio.fixture(scope="session")
async def token(site: Site, house: House) -> str:
    """A token of a program of the house."""
    return await site.token(await house.client())
