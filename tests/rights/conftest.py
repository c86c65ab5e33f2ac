"""What the tests of stored requests stand on; those of the law and its clocks need nothing."""

import pytest_asyncio

from hub.act import Hub
from tests.domain.firm import Firm, found
from tests.rights.desk import Desk


@pytest_asyncio.fixture
async def firm(hub: Hub) -> Firm:
    """A firm of this test's own."""
    return await found(hub)


@pytest_asyncio.fixture
async def desk(firm: Firm) -> Desk:
    """Who takes its requests in and conducts them."""
    return Desk(firm)


@pytest_asyncio.fixture
async def other_desk(hub: Hub) -> Desk:
    """That of another firm in the same hub, whose requests are absent for the first."""
    return Desk(await found(hub))
