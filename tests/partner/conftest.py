"""A firm, its partners, and the application as it is served to both."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
import pytest_asyncio
from starlette.applications import Starlette

from hub import asgi
from hub.act import Hub
from hub.readiness import Readiness
from tests.internal.door import Door
from tests.partner.partner import Partner, invite
from tests.partner.receiver import Receiver, receiving
from tests.partner.telling import silence
from tests.world import World, build_world

Invite = Callable[..., Awaitable[Partner]]


@pytest.fixture(scope="session", autouse=True)
def room() -> Iterator[None]:
    """One database serves all tests: in it a recipient has more clients than it may have elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hub.partners.inviting.LIVE_MOST", 1_000)
        yield


@pytest_asyncio.fixture(scope="session")
async def world(hub: Hub) -> World:
    """The firm."""
    return await build_world(hub)


@pytest.fixture(scope="session")
def site(hub: Hub) -> Starlette:
    """The application as it is served."""
    return asgi.create_app(hub, Readiness(hub, []))


@pytest.fixture(scope="session")
def door(hub: Hub, site: Starlette) -> Door:
    """The way in of the firm's own apps."""
    return Door(hub, site)


@pytest.fixture(scope="session")
def inviting(hub: Hub, site: Starlette, world: World) -> Invite:
    """Let a recipient sign in: its key, scopes, and options as of `invite`."""

    async def make(*given: object, **more: object) -> Partner:
        return await invite(hub, site, world, *given, **more)  # pyright: ignore[reportArgumentType]

    return make


@pytest_asyncio.fixture(scope="session")
async def partner(inviting: Invite) -> Partner:
    """A partner that signs with a key."""
    return await inviting()


@pytest_asyncio.fixture(scope="session")
async def open_hub(hub: Hub) -> Hub:
    """The hub, where partners' addresses may be of this machine."""
    return Hub(hub.settings.model_copy(update={"partner_own_networks": True}), hub.database, hub.vault)


@pytest.fixture(scope="session")
def open_site(open_hub: Hub) -> Starlette:
    """The same as it is served."""
    return asgi.create_app(open_hub, Readiness(open_hub, []))


@pytest_asyncio.fixture
async def listener(open_hub: Hub, open_site: Starlette, world: World) -> AsyncIterator[Partner]:
    """A partner with every scope; nobody else listens, and what it listens at ends with the test."""
    await silence(open_hub)
    yield await invite(open_hub, open_site, world)
    await silence(open_hub)


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Its server."""
    async with receiving() as opened:
        yield opened
