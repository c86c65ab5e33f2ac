"""What tests of partners stand on: a firm whose alliance is newer than a notice, and visitors of its portal."""

from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest
import pytest_asyncio

from hub import asgi
from hub.act import Hub
from hub.db import new_id
from hub.readiness import Readiness
from tests.domain.firm import Firm
from tests.partners.referred import House
from tests.portal.conftest import address, quiet_hub
from tests.portal.visitor import Visitor
from tests.world import build_world

__all__ = ["address", "quiet_hub"]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(hub: Hub) -> House:
    """A firm."""
    return House(hub, await build_world(hub))


@pytest.fixture
def firm(house: House) -> Firm:
    """The same firm, as visitors of portals know one."""
    return Firm(house.hub, house.world.organisation.id, house.world.app(), [], [], {}, new_id(), new_id())


@pytest_asyncio.fixture
async def arrives(
    house: House, firm: Firm, superuser: asyncpg.Connection
) -> AsyncIterator[Callable[..., Visitor]]:
    """Let one more visitor come to the firm's portal, each with a browser of their own."""
    await superuser.execute("TRUNCATE attempt")
    site = asgi.create_app(house.hub, Readiness(house.hub, []))
    opened: list[Visitor] = []

    def come(language: str = "en", network: str = "192.0.2.7") -> Visitor:
        opened.append(Visitor.come(site, firm, language, network))
        opened[-1].start = f"/o/{house.world.organisation.key}/{language}"
        return opened[-1]

    yield come
    for each in opened:
        await each.http.aclose()


@pytest.fixture
def visitor(arrives: Callable[..., Visitor]) -> Visitor:
    """Somebody who reads English."""
    return arrives()
