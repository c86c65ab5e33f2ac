"""What the tests of the domain stand on."""

import pytest_asyncio

from hub.act import Hub
from tests.domain.firm import Firm, found
from tests.world import World, build_world


@pytest_asyncio.fixture
async def firm(hub: Hub) -> Firm:
    """A firm of this test's own."""
    return await found(hub)


@pytest_asyncio.fixture
async def other_firm(hub: Hub) -> Firm:
    """Another firm in the same hub, whose records are absent for the first."""
    return await found(hub)


@pytest_asyncio.fixture
async def world(hub: Hub) -> World:
    """A small believable world in an organisation of this test's own."""
    return await build_world(hub)


@pytest_asyncio.fixture(scope="session")
async def still_world(hub: Hub) -> World:
    """A world that tests share, because they only look at it or are refused to change it."""
    return await build_world(hub)


@pytest_asyncio.fixture
async def other_world(hub: Hub) -> World:
    """The same again in another organisation, absent for the first."""
    return await build_world(hub)
