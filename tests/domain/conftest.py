"""What the tests of the domain stand on."""

import pytest_asyncio

from hub.act import Hub
from tests.domain.firm import Firm, found


@pytest_asyncio.fixture
async def firm(hub: Hub) -> Firm:
    """A firm of this test's own."""
    return await found(hub)


@pytest_asyncio.fixture
async def other_firm(hub: Hub) -> Firm:
    """Another firm in the same hub, whose records are absent for the first."""
    return await found(hub)
