"""A subscription that is cut off again and again, by the network and by the database, and goes on without a gap."""

import asyncio
import random
from typing import Any

import asyncpg
import pytest

from hub.partners import rechecking
from tests.live.client import calling
from tests.partner.partner import ADDRESS, Partner
from tests.withdrawals.test_schema import FOLLOW, READ, Site, entries, partner, served, site
from tests.withdrawals.yard import Yard

__all__ = ["partner", "served", "site"]
MANY = [pytest.param(24, id="few"), pytest.param(400, id="many", marks=pytest.mark.chaos)]
FOLLOWERS, WRITERS = 2, 4
LISTENERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'hub listener' AND datname = current_database()
"""


async def follow(port: int, token: str, many: int, chance: random.Random) -> list[dict[str, Any]]:
    """Hear so many entries, a few by each socket, which then breaks."""
    heard, after = list[dict[str, Any]](), None
    while len(heard) < many:
        async with calling(port, token, path=ADDRESS) as client:
            await client.begin(query=FOLLOW, after=after)
            for _ in range(min(chance.randint(0, 5), many - len(heard))):
                heard.append((await client.hear(many + 60))["payload"]["data"]["withdrawalAdded"])
                after = heard[-1]["cursor"]
            client.socket.transport.abort()
    return heard


async def every(asking: Partner, token: str) -> list[str]:
    """The ids of all entries, page by page."""
    found, after = list[str](), None
    while True:
        page = (await asking.ask(READ, token, first=100, after=after))["withdrawals"]
        found += [each["node"]["id"] for each in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found


@pytest.mark.parametrize("many", MANY)
async def test_who_is_cut_off_again_and_again_hears_everything_once_and_in_order(
    yard: Yard, partner: Partner, served: Site, superuser: asyncpg.Connection, many: int
) -> None:
    people = [await yard.sent() for _ in range(many)]
    await yard.settle()
    chance, token, done = random.Random(many), await partner.token(), asyncio.Event()  # noqa: S311 - chooses moments

    async def write(mine: list[int]) -> None:
        for each in mine:
            await yard.choose(people[each], stops_sharing=True)
            await asyncio.sleep(chance.random() / 20)

    async def work() -> None:
        while not done.is_set():
            await rechecking.recheck(yard.hub, 3)
            await yard.seal()
            if chance.random() < 0.2:
                await superuser.execute(LISTENERS)
            await asyncio.sleep(0.02)

    following = [asyncio.create_task(follow(served.port, token, many, chance)) for _ in range(FOLLOWERS)]
    working = asyncio.create_task(work())
    await asyncio.gather(*(write(list(range(start, many, WRITERS))) for start in range(WRITERS)))
    heard = await asyncio.wait_for(asyncio.gather(*following), 120 + many)
    done.set()
    await working
    ids = await every(partner, token)
    assert len(ids) == len(set(ids)) == many
    for each in heard:
        assert [entry["id"] for entry in each] == ids
    assert [each["id"] for each in await entries(partner, first=1, after=heard[0][0]["cursor"])] == ids[1:2]
