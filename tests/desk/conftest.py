"""What the tests of the desk stand on: a firm with a customer, and colleagues who come to work."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from argon2 import PasswordHasher
from starlette.applications import Starlette

from hub import asgi
from hub.act import Hub
from hub.auth import passwords
from hub.readiness import Readiness
from tests.desk.colleague import Colleague, hire, ready
from tests.domain.firm import Firm, found
from tests.portal.conftest import address, quiet_hub
from tests.rights.desk import Desk

__all__ = ["address", "quiet_hub"]

Joins = Callable[..., Awaitable[Colleague]]


@pytest.fixture(scope="session", autouse=True)
def _cheap_hashes() -> Iterator[None]:  # pyright: ignore[reportUnusedFunction]
    """Spend next to nothing on each password; `test_accounts.py` says what is spent otherwise."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", cheap)
        patch.setattr(passwords, "NOBODYS", cheap.hash("nobody's"))
        yield


@pytest.fixture(autouse=True)
async def _nothing_counted_before(superuser: asyncpg.Connection) -> None:  # pyright: ignore[reportUnusedFunction]
    await superuser.execute("TRUNCATE attempt")


@pytest_asyncio.fixture
async def firm(hub: Hub) -> Firm:
    """A firm of this test's own."""
    return await found(hub)


@pytest_asyncio.fixture
async def desk(firm: Firm) -> Desk:
    """What happens at the firm elsewhere: requests that come in and are conducted by programs."""
    return Desk(firm)


@pytest.fixture(scope="session")
def site(hub: Hub) -> Starlette:
    """The hub as it is served."""
    return asgi.create_app(hub, Readiness(hub, []))


@pytest_asyncio.fixture
async def joins(site: Starlette, firm: Firm, superuser: asyncpg.Connection) -> AsyncIterator[Joins]:
    """Let one more member of staff come, who has an account and is not signed in."""
    opened: list[Colleague] = []

    async def come(*roles: str, at: Firm | None = None, name: str = "Ruth Okafor", **given: Any) -> Colleague:
        account, _ = await hire(at or firm, *(roles or ("conduct",)), name=name)
        opened.append(await ready(Colleague.come(site, at or firm, account, **given), superuser))
        return opened[-1]

    yield come
    for each in opened:
        await each.http.aclose()


@pytest_asyncio.fixture
async def ruth(joins: Joins) -> Colleague:
    """Somebody who conducts requests, signed in."""
    made = await joins("conduct")
    await made.sign_in()
    assert made.place == "", made.page.text
    return made
