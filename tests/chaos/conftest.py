"""A stage for each test, and the marks that say how often."""

from collections.abc import AsyncIterator

import asyncpg
import pytest_asyncio

from hub import asgi
from hub.act import Hub
from hub.readiness import Readiness
from tests.chaos.stage import Stage
from tests.internal.door import Door
from tests.run.conftest import place, prepared, prepared_server, start
from tests.world import build_world

__all__ = ["place", "prepared", "prepared_server", "start"]


@pytest_asyncio.fixture
async def stage(fresh_hub: Hub) -> AsyncIterator[Stage]:
    """A hub alone in its database, with a firm in it."""
    world = await build_world(fresh_hub)
    door = Door(fresh_hub, asgi.create_app(fresh_hub, Readiness(fresh_hub, [])))
    superuser = await asyncpg.connect(fresh_hub.database.url)
    yield Stage(fresh_hub, world, door, await door.token(world), superuser)
    await superuser.close()
