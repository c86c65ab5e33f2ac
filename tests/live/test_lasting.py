"""What lasts: sockets and who follows are served on after trouble, and what was stopped counts until it has ended."""

import asyncio
from typing import Any

import asyncpg
import pytest

from hub.rights import changes
from schema.conversation import Conversation
from tests.live.client import PATIENCE_SECONDS, calling
from tests.live.conftest import House, Site, serving
from tests.live.test_sockets import end_silently

MOST = 4
ROUNDS = 40


def following() -> int:
    """How many subscriptions run in this process, those included that are being stopped."""
    code = Conversation._follow.__code__
    found = [getattr(each.get_coro(), "cr_code", None) for each in asyncio.all_tasks()]
    return sum(each is code for each in found)


async def test_who_begins_and_stops_in_turns_has_no_more_than_their_number(house: House) -> None:
    async with serving(house.hub, subscriptions=MOST) as site:
        token = await site.token(await house.client())
        locked, before = await asyncpg.connect(house.hub.database.url), following()
        async with calling(site.port, token) as client:
            async with locked.transaction():
                await locked.execute("LOCK TABLE ledger_seal")  # what a subscription waits for when it begins
                for number in range(ROUNDS):
                    await client.begin(f"{number}")
                    await asyncio.sleep(0.01)
                    await client.say("complete", id=f"{number}")
                await asyncio.sleep(0.1)
                assert following() - before <= MOST
            await client.say("ping")
            while (await client.hear())["type"] != "pong":
                assert following() - before <= MOST
        await locked.close()


async def test_a_place_is_free_again_once_what_was_stopped_has_ended(site: Site, token: str) -> None:
    async with calling(site.port, token) as client:
        for number in range(10):
            await client.begin(f"{number}")
        for number in range(30):
            await client.say("complete", id=f"{number}")
            await client.begin(f"{number + 10}")
        await client.silence()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while following() != 10:  # noqa: ASYNC110 - tasks have no event for it
                await asyncio.sleep(0.01)


async def test_sockets_of_ended_tokens_end_though_looking_for_them_failed_before(house: House) -> None:
    async with serving(house.hub) as site:
        token = await site.token(await house.client())
        connection = await asyncpg.connect(house.hub.database.url)
        async with calling(site.port, token) as client:
            await connection.execute("ALTER TABLE access_token RENAME TO hidden")
            try:
                house.hub.listening._ring()
                site.sockets._hub.listening._ring()
                await asyncio.sleep(0.3)
            finally:
                await connection.execute("ALTER TABLE hidden RENAME TO access_token")
                await connection.close()
            await end_silently(house, token)
            site.sockets._hub.listening._ring()
            assert await client.code() == 4401


async def test_who_follows_hears_on_though_reading_failed_in_a_way_nobody_thought_of(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(house.hub) as site:
        token, request = await site.token(await house.client()), await house.request()
        async with calling(site.port, token) as client:
            await client.begin(after=await site.now(token))
            await house.say(request)
            assert (await client.change())["event"]["kind"] == "SAID"
            whole, failed = changes.after, asyncio.Event()

            async def broken(*_: Any) -> Any:
                failed.set()
                raise LookupError("of a kind that nobody thought of")

            monkeypatch.setattr(changes, "after", broken)
            await house.say(request)
            await asyncio.wait_for(failed.wait(), PATIENCE_SECONDS)
            monkeypatch.setattr(changes, "after", whole)
            await house.say(request)
            heard = [await client.change() for _ in range(2)]
            assert [each["event"]["kind"] for each in heard] == ["SAID", "SAID"]
