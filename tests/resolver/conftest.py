"""One land for all tests that leave its catalogue alone."""

from collections.abc import AsyncIterator

import pytest_asyncio

from hub.act import Hub
from tests.resolver.land import Land, build


@pytest_asyncio.fixture(scope="session")
async def land(hub: Hub) -> AsyncIterator[Land]:
    """Shared: its customers are each test's own, its catalogue nobody changes."""
    yield await build(hub)


@pytest_asyncio.fixture
async def own_land(hub: Hub) -> Land:
    """A land of this test's own, whose catalogue it may change."""
    return await build(hub)
