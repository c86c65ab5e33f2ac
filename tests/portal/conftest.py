"""What the tests of the portal stand on: a firm, a customer whose address it knows, and visitors."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest
import pytest_asyncio

from hub import asgi
from hub.act import Hub
from hub.db import new_id
from hub.readiness import Readiness
from hub.settings import Settings
from tests.domain.firm import Firm, email, found
from tests.portal.visitor import KNOWN, Visitor


@pytest.fixture(autouse=True)
async def _nothing_counted_before(superuser: asyncpg.Connection) -> None:  # pyright: ignore[reportUnusedFunction]
    await superuser.execute("TRUNCATE attempt")


@pytest_asyncio.fixture
async def firm(hub: Hub) -> Firm:
    """A firm with one customer, who lives in Australia and whose address is known."""
    made = await found(hub)
    await made.customer(identifiers=[email(KNOWN)])
    return made


@pytest_asyncio.fixture
async def arrives(hub: Hub, firm: Firm) -> AsyncIterator[Callable[..., Visitor]]:
    """Let one more visitor come to the firm's portal, each with a browser of their own."""
    site = asgi.create_app(hub, Readiness(hub, []))
    opened: list[Visitor] = []

    def come(language: str = "en", address: str = "192.0.2.7") -> Visitor:
        opened.append(Visitor.come(site, firm, language, address))
        return opened[-1]

    yield come
    for each in opened:
        await each.http.aclose()


@pytest_asyncio.fixture
async def visitor(arrives: Callable[..., Visitor]) -> Visitor:
    """Somebody who reads English."""
    return arrives()


@pytest_asyncio.fixture(scope="session")
async def quiet_hub(settings: Settings, clone: Callable[[str], str]) -> AsyncIterator[Hub]:
    """A hub for tests with a browser: its lists are as long as these tests make them, not as all others do."""
    opened = await Hub.open(settings, clone(f"hub_quiet_{new_id().hex}"))
    yield opened
    await opened.close()


@pytest_asyncio.fixture(scope="session")
async def address(quiet_hub: Hub) -> AsyncIterator[str]:
    """That hub, served over HTTP on a port of its own."""
    app = asgi.create_app(quiet_hub, Readiness(quiet_hub, []))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = asgi.server(app, quiet_hub.settings)
        running = asyncio.ensure_future(server.serve(sockets=[listening]))
        yield f"http://localhost:{listening.getsockname()[1]}"
        server.should_exit = True
        await running
