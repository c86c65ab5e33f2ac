"""Failed sign-ins are limited, for all processes together, and never for the real client elsewhere."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import asyncpg
import httpx
import pytest
from starlette.applications import Starlette

from hub.act import Hub
from hub.auth import attempts

GRANT = {"grant_type": "client_credentials"}
At = Callable[[str], AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
def at(site: Starlette) -> At:
    """The site as seen from an address."""

    def open_from(address: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(site, client=(address, 4711))
        return httpx.AsyncClient(transport=transport, base_url="http://localhost:8000")

    return open_from


@pytest.fixture(autouse=True)
async def _nothing_counted_before(superuser: asyncpg.Connection) -> None:  # pyright: ignore[reportUnusedFunction]
    await superuser.execute("TRUNCATE attempt")


async def try_in(web: httpx.AsyncClient, user: str, password: str = "wrong") -> httpx.Response:  # noqa: S107
    return await web.post("/oauth/token", data=GRANT, auth=(user, password))


async def test_of_fifty_parallel_guesses_ten_are_answered(at: At, app: Any) -> None:
    async with at("192.0.2.1") as web:
        answers = await asyncio.gather(*(try_in(web, app.basic[0]) for _ in range(50)))
        late = await try_in(web, *app.basic)
    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(401), statuses.count(429)) == (attempts.CLIENT_FAILURES, 40)
    assert (late.status_code, late.json()["error"]) == (429, "temporarily_unavailable")
    assert late.headers["retry-after"] == "60"


async def test_the_real_client_elsewhere_is_not_locked_out(at: At, app: Any, register: Any) -> None:
    neighbour = await register("decide")
    async with at("192.0.2.1") as web:
        for _ in range(12):
            await try_in(web, app.basic[0])
        assert (await try_in(web, *neighbour.basic)).status_code == 200
    async with at("192.0.2.2") as web:
        assert (await try_in(web, *app.basic)).status_code == 200


async def test_another_spelling_of_a_client_id_is_no_new_budget(at: At, app: Any) -> None:
    identifier = app.client.id
    async with at("192.0.2.1") as web:
        spellings = [
            str(identifier),
            identifier.hex,
            str(identifier).upper(),
            f"{{{identifier}}}",
            f"%7B{identifier}%7D",
        ]
        statuses = [(await try_in(web, spelling)).status_code for spelling in spellings * 3]
    assert statuses == [401] * attempts.CLIENT_FAILURES + [429] * 5


async def test_a_network_that_tries_many_clients_is_stopped(at: At, app: Any) -> None:
    async with at("2001:db8::1") as web:
        for number in range(attempts.NETWORK_FAILURES):
            assert (await try_in(web, f"client-{number}")).status_code == 401
    async with at("2001:db8::ffff") as web:
        assert (await try_in(web, *app.basic)).status_code == 429
    async with at("2001:db8:0:1::1") as web:
        assert (await try_in(web, *app.basic)).status_code == 200


async def test_a_network_that_tries_many_clients_at_once_is_stopped(at: At) -> None:
    async with at("192.0.2.1") as web:
        tries = [try_in(web, f"client-{number}") for number in range(attempts.NETWORK_FAILURES + 20)]
        statuses = [answer.status_code for answer in await asyncio.gather(*tries)]
    assert (statuses.count(401), statuses.count(429)) == (attempts.NETWORK_FAILURES, 20)


async def test_success_is_not_counted(at: At, app: Any, superuser: asyncpg.Connection) -> None:
    async with at("192.0.2.1") as web:
        for _ in range(15):
            assert (await try_in(web, *app.basic)).status_code == 200
    assert await superuser.fetchval("SELECT count(*) FROM attempt") == 0


async def test_a_spent_budget_is_whole_again_after_its_window_and_old_ones_are_swept(
    at: At, app: Any, superuser: asyncpg.Connection
) -> None:
    async with at("192.0.2.1") as web:
        for _ in range(11):
            await try_in(web, app.basic[0])
        assert (await try_in(web, *app.basic)).status_code == 429
        await superuser.execute("UPDATE attempt SET since = since - interval '61 seconds'")
        assert (await try_in(web, *app.basic)).status_code == 200
        assert (await try_in(web, app.basic[0])).status_code == 401
        assert sorted(await failures(superuser)) == [1, 1]
    await superuser.execute("UPDATE attempt SET since = since - interval '3 hours'")
    async with at("192.0.2.9") as web:
        await try_in(web, "somebody")
    assert await failures(superuser) == [1, 1]


async def failures(superuser: asyncpg.Connection) -> list[int]:
    return [row["failures"] for row in await superuser.fetch("SELECT failures FROM attempt")]


async def test_three_processes_share_one_budget(hub: Hub) -> None:
    others = [await Hub.open(hub.settings, hub.database.url) for _ in range(2)]
    spending = attempts.budget(hub, "somebody", "192.0.2.1")
    for turn in range(attempts.CLIENT_FAILURES):
        await attempts.count_failure([hub, *others][turn % 3], spending)
    for each in (hub, *others):
        with pytest.raises(Exception, match="Too many failed attempts"):
            await attempts.refuse_spent(each, spending)
    for each in others:
        await each.close()


async def test_no_address_and_no_client_id_stand_in_the_table(
    at: At, app: Any, superuser: asyncpg.Connection
) -> None:
    async with at("192.0.2.1") as web:
        await try_in(web, app.basic[0])
    rows = str(
        [tuple(row) for row in await superuser.fetch("SELECT key::text, encode(key, 'escape') FROM attempt")]
    )
    assert "192.0.2" not in rows
    assert app.basic[0][:8] not in rows


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        (None, "local"),
        ("", "local"),
        ("testclient", "local"),
    ],
)
def test_a_network_is_an_ipv4_address_or_an_ipv6_prefix(address: str | None, network: str) -> None:
    assert attempts.network_of(address) == network
