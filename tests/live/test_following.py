"""Rights requests as they change: pushed to whoever follows, in one order, without a gap and nothing twice."""

import asyncio
import random
from contextlib import AsyncExitStack
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from hub.actors import Operation
from hub.auth import tokens
from hub.db import new_id
from hub.keyring import Use
from hub.rights import conduct, following
from hub.rights.requests import Request
from schema.relay import Binding, Cursors, global_id
from tests.live.client import FOLLOW, calling
from tests.live.conftest import House, Site, serving

WRITERS, WORDS = 6, 5
READ = "{ changesCursor rightsRequests(last: 1) { edges { node { reference state } } } }"


def named(request: Request) -> str:
    return global_id("RightsRequest", request.id)


async def test_what_becomes_of_a_request_is_pushed_with_the_request_as_it_stands(
    site: Site, token: str, house: House
) -> None:
    async with calling(site.port, token) as client:
        await client.begin(after=await site.now(token))
        request = await house.request()
        heard = [await client.change(), await client.change()]
        assert [each["event"]["kind"] for each in heard] == ["OPENED", "VERIFYING"]
        assert [each["request"]["state"] for each in heard] == ["VERIFYING", "VERIFYING"]
        await house.say(request)
        said = await client.change()
        assert said["event"] == {"kind": "SAID", "state": None}
        assert said["request"] == {
            "id": named(request), "reference": request.reference, "state": "VERIFYING",
        }  # fmt: skip


async def test_one_request_is_followed_and_not_the_others(site: Site, token: str, house: House) -> None:
    one, other = await house.request(), await house.request()
    async with calling(site.port, token) as client:
        await client.begin(request=named(one), after=await site.now(token))
        await house.say(other)
        await house.say(one)
        assert (await client.change())["request"]["reference"] == one.reference
        await client.silence()


async def test_what_becomes_of_others_requests_is_told_to_nobody_else(
    site: Site, token: str, house: House, neighbours: House
) -> None:
    theirs, ours = await neighbours.request(), await house.request()
    async with calling(site.port, token) as client:
        await client.begin(after=await site.now(token))
        await neighbours.say(theirs)
        await house.say(ours)
        assert (await client.change())["request"]["reference"] == ours.reference
        await client.silence()


async def test_others_requests_are_as_absent_as_those_that_never_were(
    site: Site, token: str, neighbours: House
) -> None:
    theirs = await neighbours.request()
    told: list[dict[str, Any]] = []
    for each in (theirs.id, new_id()):
        async with calling(site.port, token) as client:
            await client.begin(request=global_id("RightsRequest", each))
            told.append(await client.error())
    assert told[0] == told[1]
    assert told[0]["code"] == "NOT_FOUND"


async def test_who_comes_back_goes_on_where_they_stopped(site: Site, token: str, house: House) -> None:
    request = await house.request()
    async with calling(site.port, token) as client:
        await client.begin(request=named(request), after=await site.now(token))
        await house.say(request, "First.")
        first = await client.change()
    await house.say(request, "Second.")
    await house.say(request, "Third.")
    async with calling(site.port, token) as client:
        await client.begin(request=named(request), after=first["cursor"])
        marks = [(await client.change())["cursor"] for _ in range(2)]
        assert len({first["cursor"], *marks}) == 3
        await client.silence()


async def test_what_is_read_with_its_cursor_is_followed_from_there(
    site: Site, token: str, house: House
) -> None:
    request = await house.request()
    read = (await site.ask(token, READ))["data"]
    await house.say(request)
    async with calling(site.port, token) as client:
        await client.begin(after=read["changesCursor"])
        assert (await client.change())["request"]["reference"] == request.reference


async def test_several_things_that_became_at_once_are_told_one_by_one_and_resumed_between(
    site: Site, token: str, house: House
) -> None:
    cursor = (await site.ask(token, READ))["data"]["changesCursor"]
    await house.desk.receive(await house.firm.customer(), "STOP_MARKETING")
    await house.seal()
    kinds: list[str] = []
    for _ in range(4):
        async with calling(site.port, token) as client:
            await client.begin(after=cursor)
            change = await client.change()
        kinds.append(change["event"]["kind"])
        cursor = change["cursor"]
    assert kinds == ["OPENED", "VERIFIED", "APPLIED", "ANSWERED"]


async def test_nothing_is_missed_and_nothing_twice_however_writers_and_readers_meet(
    site: Site, token: str, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "REMEMBERED", 4)
    requests = [await house.request() for _ in range(WRITERS)]
    cursor, dice = (await site.ask(token, READ))["data"]["changesCursor"], random.Random(4)  # noqa: S311

    async def write(request: Request) -> None:
        for number in range(WORDS):
            async with house.hub.act(house.desk.staff, Operation.REQUEST_CONDUCT) as act:
                await conduct.say(act, request.id, f"Word {number}.", is_private=False)
                await asyncio.sleep(dice.random() * 0.1)  # it commits later than those that began after it

    async def seal(done: asyncio.Event) -> None:
        while not done.is_set():
            await house.seal()
            await asyncio.sleep(0.02)

    done = asyncio.Event()
    sealing, writing = (
        asyncio.create_task(seal(done)),
        [asyncio.create_task(write(each)) for each in requests],
    )
    heard: list[tuple[str, str]] = []
    while len(heard) < WRITERS * WORDS:
        async with calling(site.port, token) as client:
            await client.begin(after=cursor)
            for _ in range(dice.randint(1, 9)):
                change = await client.change()
                cursor = change["cursor"]
                heard.append((change["request"]["reference"], cursor))
                if len(heard) == WRITERS * WORDS:
                    break
    await asyncio.gather(*writing)
    done.set()
    await sealing
    assert len(set(heard)) == WRITERS * WORDS
    counts = {each.reference: sum(each.reference == name for name, _ in heard) for each in requests}
    assert set(counts.values()) == {WORDS}
    async with calling(site.port, token) as client:
        await client.begin(after=cursor)
        await client.silence()


async def test_what_is_heard_is_only_a_hint(site: Site, token: str, house: House) -> None:
    """The connection that listens is ended from outside: what happens meanwhile is told all the same."""
    request = await house.request()
    async with calling(site.port, token) as client:
        await client.begin(request=named(request), after=await site.now(token))
        assert await house.one_listens()
        assert await house.listeners(end=True) == 1
        await house.say(request)
        assert (await client.change())["event"]["kind"] == "SAID"
    assert await site.ask(token, "{ viewer { kind } }")


async def test_one_connection_listens_however_many_follow(site: Site, token: str, house: House) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(5):
            client = await stack.enter_async_context(calling(site.port, token))
            await client.begin(after="none")
            assert (await client.error())["code"] == "INVALID"
        assert await house.one_listens()


@pytest.mark.parametrize("cursor", ["", "abc", "AAAAAAAAAAAAAAAAAAAAAFsxXQ"])
async def test_a_cursor_that_was_made_up_is_refused(site: Site, token: str, cursor: str) -> None:
    async with calling(site.port, token) as client:
        await client.begin(after=cursor)
        assert (await client.error())["code"] == "INVALID"


async def test_a_cursor_is_worth_nothing_to_another(
    site: Site, token: str, neighbours: House, house: House
) -> None:
    cursor = (await site.ask(token, READ))["data"]["changesCursor"]
    for owner in (neighbours, house):
        async with calling(site.port, await site.token(await owner.client())) as client:
            await client.begin(after=cursor)
            assert (await client.error())["code"] == "INVALID"


async def test_a_cursor_beyond_the_end_is_answered_and_not_waited_for(
    site: Site, token: str, house: House
) -> None:
    """As after a backup was restored: what the cursor stood for is gone."""
    claims = tokens.of(house.hub).read(token)
    assert claims is not None
    cursors = Cursors(house.hub.vault.keyring.current(Use.CURSOR).secret.reveal())
    binding = Binding("Subscription.requestChanged", "", b"", f"app:{claims.client_id}:{house.firm.id}")
    async with calling(site.port, token) as client:
        await client.begin(after=cursors.encode_cursor((10**9, new_id()), binding))
        assert (await client.error())["code"] == "CONFLICT"


async def test_a_subscription_that_is_completed_tells_no_more_and_its_name_is_free(
    site: Site, token: str, house: House
) -> None:
    request = await house.request()
    async with calling(site.port, token) as client:
        await client.begin("a")
        await client.say("complete", id="a")
        await house.say(request)
        await client.silence()
        await client.begin("a", FOLLOW, after=await site.now(token))
        await house.say(request)
        assert (await client.change())["request"]["reference"] == request.reference


async def test_a_server_that_stops_says_so(house: House) -> None:
    async with serving(house.hub) as site:
        async with calling(site.port, await site.token(await house.client())) as client:
            site.running.should_exit = True
            assert await client.code() == 1012
        with pytest.raises((ConnectionClosed, OSError)):
            async with calling(site.port):
                pass
