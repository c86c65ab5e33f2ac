"""A word of a customer's against what is handed over: either it is seen, or it comes after and the partner is told."""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from hub import choices, merges
from hub.act import Hub
from hub.actors import OPERATOR, Actor, Operation
from hub.pairwise import Pairs
from hub.partners import rechecking
from hub.said import Evidence, Scope
from schema.relay import uuid_of
from tests.handing.conftest import Firm
from tests.handing.test_exports import fetch, start
from tests.withdrawals.yard import Yard
from workers import partner_exports

PEOPLE, GOING = 12, 6
ROUNDS = [pytest.param(4, id="few"), pytest.param(84, id="many", marks=pytest.mark.chaos)]
"""Of each way of handing over; in each six customers say no meanwhile, which makes 24 and 504 interleavings."""
ORDER = """
    SELECT d.subject, max(e.sequence) FILTER (WHERE e.event = 'disclosure.recorded') AS handed,
        max(e.sequence) FILTER (WHERE e.event LIKE 'choice.%') AS said
    FROM ledger_detail d JOIN ledger_entry e ON e.id = d.entry_id WHERE d.subject = ANY ($1) GROUP BY d.subject
"""


async def say(hub: Hub, firm: Firm, customer: UUID, *, yes: bool) -> None:
    scope = Scope(customer, firm.world.organisation.id, None, (), None)
    async with hub.act(OPERATOR, Operation.CHOICE_RECORD) as act:
        if yes:
            await choices.opt_in(act, "SHARING", scope, Evidence("Share?", "WEB"))
        else:
            await choices.opt_out(act, "SHARING", scope, Evidence("Do not share.", "WEB"))


@dataclass
class Race:
    """Customers who say no while they are handed over. seen: words that won; missed: those the partner is told of."""

    firm: Firm
    partner: Actor
    people: list[UUID]
    looking: asyncpg.Connection
    dice: random.Random
    seen: int = 0
    missed: int = 0

    async def page(self) -> set[UUID]:
        """By pages."""
        return {each.customer_id for each in await self.firm.every(self.partner, PEOPLE // 4)}

    async def one(self) -> set[UUID]:
        """One by one, all at once."""
        names = Pairs(self.firm.hub, self.partner.recipient_id or self.people[0]).shown(self.people)
        found = await asyncio.gather(*(self.firm.one(self.partner, name) for name in names))
        return {each.customer_id for each in found if each}

    async def export(self) -> set[UUID]:
        """As a file."""
        export = await start(self.firm, self.partner)
        await partner_exports.run(self.firm.hub, export.id)
        lines = (await fetch(self.firm, self.partner, export)).splitlines()
        names = [uuid_of(json.loads(line)["id"], "Customer") for line in lines]
        return set(Pairs(self.firm.hub, self.partner.recipient_id or self.people[0]).meant(names))

    async def run(self, handed: Callable[[], Awaitable[set[UUID]]]) -> None:
        """One round: all are handed over, then again while some say no, then without those; at last they agree."""
        began = time.perf_counter()
        assert await handed() == set(self.people)
        took = time.perf_counter() - began
        going = self.dice.sample(self.people, GOING)
        words = [self._later(took, partial(self.say, each, yes=False)) for each in going]
        got, *_ = await asyncio.gather(self._later(took / 2, handed), *words)
        for row in await self.looking.fetch(ORDER, going):
            assert row["handed"] < row["said"]
        self.missed += len(got.intersection(going))
        self.seen += len(set(going) - got)
        assert not (await handed()).intersection(going)
        while await rechecking.recheck(self.firm.hub):
            pass
        for each in going:
            await self.say(each, yes=True)

    async def say(self, customer: UUID, *, yes: bool) -> None:
        """A word of a customer's."""
        await say(self.firm.hub, self.firm, customer, yes=yes)

    async def _later(self, longest: float, work: Callable[[], Awaitable[Any]]) -> Any:
        await asyncio.sleep(self.dice.uniform(0, longest))
        return await work()


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.parametrize("way", ["page", "one", "export"])
async def test_no_disclosure_follows_a_withdrawal_that_was_committed_before_and_the_partner_is_told(
    firm: Firm, signed_for: Callable[[Firm, str], Any], superuser: asyncpg.Connection, way: str, rounds: int
) -> None:
    partner: Actor = await signed_for(firm, "quay-inspections")
    people = await firm.customers(PEOPLE)
    race = Race(firm, partner, people, superuser, random.Random(f"{way} {rounds}"))  # noqa: S311 - spreads instants
    for _ in range(rounds):
        await race.run(getattr(race, way))
    assert rounds < 10 or min(race.seen, race.missed) > 0, (race.seen, race.missed)
    yard = Yard(firm.hub, firm.world, partner)
    await yard.settle()
    told = Counter(each.withdrawal.customer_id for each in await yard.feed())
    assert told.keys() <= set(people)
    assert told.total() == race.seen + race.missed == rounds * GOING


async def test_what_a_merged_record_has_said_counts_for_who_it_was_merged_into(firm: Firm) -> None:
    partner: Actor = firm.partner("quay-inspections")
    [kept, twin] = await firm.customers(2)
    async with firm.hub.act(firm.world.app(), Operation.CUSTOMER_MERGE) as act:
        await merges.merge(act, kept, twin)
    assert [each.customer_id for each in await firm.every(partner)] == [kept]
    await say(firm.hub, firm, twin, yes=False)
    assert await firm.every(partner) == []
