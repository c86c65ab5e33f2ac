"""What the tests of withdrawals stand on."""

import pytest_asyncio

from hub.act import Hub
from tests.withdrawals.yard import Yard, partner_of
from tests.world import build_world


@pytest_asyncio.fixture
async def yard(hub: Hub) -> Yard:
    """A firm and its surveyor."""
    world = await build_world(hub)
    return Yard(hub, world, partner_of(world))
