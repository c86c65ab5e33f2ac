"""Two firms in one hub, the application as it is served in each mode, and servers of the tests' own."""

from collections.abc import AsyncIterator

import pytest_asyncio

from hub import asgi
from hub.act import Hub
from hub.demo.mailbox import Mailbox
from hub.readiness import Readiness
from tests.internal.door import Door
from tests.run.conftest import place, prepared, start
from tests.world import World, build_world

__all__ = ["place", "prepared", "start"]


@pytest_asyncio.fixture(scope="session")
async def world(hub: Hub) -> World:
    """The firm that asks."""
    return await build_world(hub)


@pytest_asyncio.fixture(scope="session")
async def others(hub: Hub) -> World:
    """Another firm in the same hub, with the same purposes, partners and notices by key."""
    return await build_world(hub)


@pytest_asyncio.fixture(scope="session")
async def door(hub: Hub) -> AsyncIterator[Door]:
    """The application as it is served."""
    readiness = Readiness(hub, [])
    yield Door(hub, asgi.create_app(hub, readiness, Mailbox().letters))
    await readiness.close()
