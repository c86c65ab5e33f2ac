"""A stage for each test, and the marks that say how often."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from hub import asgi
from hub.act import Hub
from hub.readiness import Readiness
from hub.settings import Settings
from tests.chaos.stage import Stage, Standing
from tests.conftest import Clone
from tests.internal.door import Door
from tests.run.conftest import place, prepared, prepared_server, start
from tests.world import build_world

__all__ = ["place", "prepared", "prepared_server", "start"]


@pytest_asyncio.fixture(scope="session")
async def standing(settings: Settings, clone: Clone, worker_name: str) -> Standing:
    """Build a firm once, in a database that nobody uses but to copy it."""
    name = f"hub_standing_{worker_name}"
    hub = await Hub.open(settings, clone(name))
    world = await build_world(hub)
    token = await Door(hub, asgi.create_app(hub, Readiness(hub, []))).token(world)
    await hub.close()
    return Standing(name, world, token)


@pytest.fixture
def staged(standing: Standing, clone: Clone, worker_name: str) -> str:
    """The address of a database of one's own, with the firm in it."""
    return clone(f"hub_staged_{worker_name}", standing.database)


@pytest_asyncio.fixture
async def stage(staged: str, standing: Standing, settings: Settings, tmp_path: Path) -> AsyncIterator[Stage]:
    """A hub alone in its database, with a firm in it."""
    hub = await Hub.open(settings.model_copy(update={"data_dir": tmp_path}), staged)
    superuser = await asyncpg.connect(staged)
    door = Door(hub, asgi.create_app(hub, Readiness(hub, [])))
    yield Stage(hub, standing.world, door, standing.token, superuser)
    await superuser.close()
    await hub.close()
