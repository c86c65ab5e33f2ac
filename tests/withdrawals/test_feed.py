"""The feed: each recipient its own, in one order that never changes, from any place, and live."""

import asyncio
import random
from contextlib import aclosing

import asyncpg
import pytest

from hub.actors import Operation
from hub.errors import Code, Refusal
from hub.listening import Listening
from hub.partners import feed, placing, rechecking
from hub.partners.feed import Entry, Place
from tests.withdrawals.yard import SURVEYOR, Yard

WRITERS, PEOPLE = 8, 40


async def test_each_recipient_counts_its_own_from_one(yard: Yard) -> None:
    other = yard.as_partner("quay-inspections")
    people = [await yard.sent() for _ in range(3)]
    await yard.disclose(people[1], "quay-inspections")
    for each in people:
        await yard.choose(each, stops_sharing=True)
    await yard.settle()
    assert [each.place.number for each in await yard.feed()] == [1, 2, 3]
    assert [each.place.number for each in await yard.feed(actor=other)] == [1]
    [entry] = await yard.feed(actor=other)
    assert entry.withdrawal.customer_id == people[1]
    assert entry.purpose == "referral-inspection"
    assert set(entry.categories) <= set(yard.world.categories)


async def test_a_client_sees_the_arrangements_that_it_is_for(yard: Yard) -> None:
    customer_id = await yard.sent()
    await yard.choose(customer_id, stops_sharing=True)
    agreed = yard.world.arrangements
    here = yard.as_partner(SURVEYOR, arrangements=frozenset({agreed["moor-referrals"].id}))
    elsewhere = yard.as_partner(SURVEYOR, arrangements=frozenset({agreed["mailing"].id}))
    assert await yard.told(customer_id, here) == ["FORGET"]
    assert await yard.told(customer_id, elsewhere) == []


async def test_what_is_not_sealed_has_no_place_yet(yard: Yard) -> None:
    customer_id = await yard.sent()
    await yard.settle()
    await yard.choose(customer_id, stops_sharing=True)
    while await rechecking.recheck(yard.hub):
        pass
    assert await placing.place(yard.hub) == 0
    assert await yard.feed() == []
    await yard.seal()
    assert len(await yard.feed()) == 1


async def test_a_place_that_is_not_there_any_more_says_resync(yard: Yard) -> None:
    customer_id = await yard.sent()
    await yard.choose(customer_id, stops_sharing=True)
    await yard.settle()
    [entry] = await yard.feed()
    async with yard.hub.ask(yard.partner, Operation.WITHDRAWAL_READ) as ask:
        await feed.require_known(ask, entry.place)
        await feed.require_known(ask, feed.START)
        assert await feed.end(ask, yard.partner) == entry.place
        for place in (Place(2, entry.place.withdrawal_id), Place(1, customer_id)):
            with pytest.raises(Refusal) as caught:
                await feed.require_known(ask, place)
            assert (caught.value.code, caught.value.path) == (Code.CONFLICT, ("after",))
            assert "resync" in caught.value.message


async def write_and_resume(yard: Yard, superuser: asyncpg.Connection, writers: int, many: int) -> None:
    """Let writers commit in any order while a reader resumes from any place it had reached (I10)."""
    people = [await yard.sent() for _ in range(many)]
    await yard.settle()
    chance, done, over = random.Random(7), asyncio.Event(), asyncio.Event()  # noqa: S311 - spreads load, guards nothing

    async def write(mine: list[int]) -> None:
        for each in mine:
            await yard.choose(people[each], stops_sharing=True)
            await asyncio.sleep(chance.random() / 50)

    async def read() -> list[Entry]:
        """As a reader that is cut off again and again: it goes on from any place that it had reached."""
        seen: list[Entry] = []
        while not over.is_set() or len(seen) < many:
            start = chance.randrange(len(seen) + 1)
            seen[start:] = await yard.feed(start)
            await asyncio.sleep(0.01)
        return seen

    async def work() -> None:
        while not done.is_set():
            await rechecking.recheck(yard.hub, 3)
            await yard.seal()

    reading, working = asyncio.create_task(read()), [asyncio.create_task(work()) for _ in range(2)]
    await asyncio.gather(*(write(list(range(start, many, writers))) for start in range(writers)))
    done.set()
    await asyncio.gather(*working)
    await yard.settle()
    over.set()
    seen = await asyncio.wait_for(reading, 120)
    assert [each.place.number for each in seen] == list(range(1, many + 1))
    assert {each.withdrawal.customer_id for each in seen} == set(people)
    positions = await superuser.fetch(
        "SELECT l.position FROM withdrawal_place p JOIN withdrawal w ON w.id = p.withdrawal_id"
        " JOIN ledger_entry e ON e.act_id = w.act_id JOIN ledger_leaf l ON l.entry_id = e.id"
        " WHERE p.recipient_id = $1 ORDER BY p.number",
        yard.partner.recipient_id,
    )
    order = [row["position"] for row in positions]
    assert order == sorted(order), "in the order of the ledger"


async def test_many_writers_leave_no_gap_and_whoever_resumes_misses_nothing(
    yard: Yard, superuser: asyncpg.Connection
) -> None:
    await write_and_resume(yard, superuser, WRITERS, PEOPLE)


async def test_what_is_added_is_pushed_to_whoever_follows(yard: Yard) -> None:
    first, second = await yard.sent(), await yard.sent()
    await yard.choose(first, stops_sharing=True)
    await yard.settle()
    assert isinstance(yard.hub.listening, Listening)
    async with aclosing(feed.follow(yard.hub, yard.partner, feed.START)) as found:
        assert (await anext(found)).withdrawal.customer_id == first
        waiting = asyncio.ensure_future(anext(found))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        await yard.choose(second, stops_sharing=True)
        await yard.settle()
        assert (await asyncio.wait_for(waiting, 60)).withdrawal.customer_id == second
