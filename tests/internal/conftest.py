"""Two firms in one hub, and the real door before them: the application as served, and tokens it issued."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from hub import asgi
from hub.act import Hub
from hub.readiness import Readiness
from hub.settings import Settings
from tests.internal.counting import Counter, counted_door
from tests.internal.crowd import Firm, gathered
from tests.internal.door import Door
from tests.world import World, build_world


@pytest_asyncio.fixture(scope="session")
async def world(hub: Hub) -> World:
    """The firm that asks."""
    return await build_world(hub)


@pytest_asyncio.fixture(scope="session")
async def others(hub: Hub) -> World:
    """Another firm in the same hub."""
    return await build_world(hub)


@pytest.fixture(autouse=True)
def many_endpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    """More endpoints are verified here by one client than any would have in an hour."""
    monkeypatch.setattr("hub.webhooks.endpoints.ABOUT_THEMSELVES_MOST", 1_000)


@pytest.fixture(scope="session")
def door(hub: Hub) -> Door:
    """The application as it is served."""
    return Door(hub, asgi.create_app(hub, Readiness(hub, [])))


@pytest_asyncio.fixture(scope="session")
async def app(door: Door, world: World) -> AsyncIterator[str]:
    """A token of an app of the firm's conveyancing department, with every scope."""
    yield await door.token(world)


@pytest_asyncio.fixture(scope="session")
async def stranger(door: Door, others: World) -> AsyncIterator[str]:
    """A token of an app of the other firm, with every scope."""
    yield await door.token(others)


@pytest_asyncio.fixture(scope="session")
async def firm(hub: Hub, door: Door) -> Firm:
    """A firm whose customers are counted, and to which nobody adds any."""
    return await gathered(hub, door)


@pytest.fixture(scope="session")
def counter() -> Counter:
    """Hears every statement of `counted`."""
    return Counter()


@pytest_asyncio.fixture(scope="session")
async def counted(settings: Settings, database_url: str, counter: Counter) -> AsyncIterator[Door]:
    """The application once more, on connections that tell what they run."""
    async with counted_door(settings, database_url, counter) as opened:
        yield opened
