"""Who may not be received and who was never there: the same bytes, and the same statements, one by one, at the door."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest_asyncio

from hub import customers, standings
from hub.actors import OPERATOR, Operation
from hub.pairwise import Pairs
from hub.settings import Settings
from schema.relay import global_id
from tests.handing.conftest import Firm
from tests.handing.test_over_http import OFFER, ONE, PAGE
from tests.internal.counting import Counter, counted_door
from tests.partner.partner import Partner, invite

CURSOR = re.compile(rb'"(cursor|endCursor)":"[^"]+"')


@dataclass
class Watched:
    """A partner that compares answers, and the statements that each of them took."""

    firm: Firm
    partner: Partner
    token: str
    counter: Counter

    async def ask(self, query: str, **variables: Any) -> tuple[int, bytes, list[str]]:
        """Status, bytes without sealed cursors, and statements of one answer."""
        self.counter.read()
        answer = await self.partner.post(self.token, query, {**OFFER, **variables})
        content = CURSOR.sub(lambda found: found[1] + str(len(found[0])).encode(), answer.content)
        return answer.status_code, content, self.counter.read()

    def named(self, *customers: UUID) -> list[str]:
        """The partner's own ids of some."""
        return [
            global_id("Customer", each)
            for each in Pairs(self.firm.hub, self.partner.recipient_id).shown(list(customers))
        ]


@pytest_asyncio.fixture
async def watched(firm: Firm, settings: Settings, database_url: str) -> AsyncIterator[Watched]:
    """The inspectors, of a firm with some whom they may receive."""
    counter = Counter()
    await firm.customers(3)
    async with counted_door(settings, database_url, counter) as door:
        partner = await invite(door.hub, door.site, firm.world)
        yield Watched(Firm(door.hub, firm.world), partner, await partner.token(), counter)


async def refused(firm: Firm) -> list[UUID]:
    """Customers who may not be received, each for a reason of its own."""
    silent, untold, restricted, erased = [
        (await firm.customers(1, shown))[0] for shown in ("v1", None, "v1", "v1")
    ]
    await firm.world.choose(firm.hub, silent, stops_sharing=True)
    change = standings.Change(is_restricted=True, reason="TEST")
    async with firm.hub.act(OPERATOR, Operation.CUSTOMER_CHANGE) as act:
        await standings.change(act, restricted, change, firm.world.organisation.id)
    async with firm.hub.act(OPERATOR, Operation.CUSTOMER_ERASE) as act:
        await customers.erase(act, erased)
    return [silent, untold, restricted, erased]


async def test_one_who_may_not_be_received_and_one_who_never_was_are_answered_alike(watched: Watched) -> None:
    denied = watched.named(*await refused(watched.firm))
    nobodys = [global_id("Customer", uuid4()) for _ in range(3)]
    for each in (*denied, *nobodys):  # what is read once for all is read by then
        await watched.ask(ONE, id=each)
    answers = [await watched.ask(ONE, id=each) for each in (*denied, *nobodys)]
    assert answers[0][0] == 200
    assert answers[0][2]
    assert all(each == answers[0] for each in answers)


async def test_a_page_is_the_same_however_many_may_not_be_received(watched: Watched) -> None:
    await watched.ask(PAGE, first=100)
    before = await watched.ask(PAGE, first=100)
    await refused(watched.firm)
    await watched.ask(PAGE, first=100)
    after = await watched.ask(PAGE, first=100)
    assert before[1].count(b'"node"') == 3
    assert after == before


async def test_a_list_that_is_anothers_and_one_that_never_was_are_refused_alike(watched: Watched) -> None:
    wanted = [
        {"a": "moor-referrals"}, {"a": "never-was"}, {"p": "newsletter"}, {"p": "never-was"},
        {"a": global_id("Arrangement", watched.firm.world.arrangements["moor-referrals"].id)},
        {"a": global_id("Arrangement", uuid4())},
    ]  # fmt: skip
    for query, more in ((PAGE, {"first": 5}), (ONE, {"id": global_id("Customer", uuid4())})):
        await watched.ask(query, **wanted[0], **more)
        answers = [await watched.ask(query, **each, **more) for each in wanted]
        assert b'"NOT_FOUND"' in answers[0][1]
        assert all(each == answers[0] for each in answers)
