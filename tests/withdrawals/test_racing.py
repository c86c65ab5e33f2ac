"""Withdrawals race disclosures, and workers die: nobody keeps what they should forget, and nothing is told twice."""

import asyncio
import random
from contextlib import suppress
from uuid import UUID

import asyncpg

from hub import decisions, disclosures
from hub.actors import Operation
from hub.answers import Answer
from hub.errors import Refusal
from hub.partners import rechecking
from hub.policy.values import Act as Acting
from hub.questioned import Question
from tests.withdrawals.yard import SURVEY, SURVEYOR, Yard

RACES, DEATHS, PEOPLE = 24, 25, 8
# Of two entries about one customer the one that was written later has the higher number: their acts shared a lock.
LATE = """
    SELECT count(*) FROM ledger_entry x JOIN ledger_entry c ON c.subject = x.subject AND c.sequence < x.sequence
    WHERE x.event = 'disclosure.recorded' AND c.event = 'choice.opted_out' AND x.subject = ANY ($1)
"""
PASSED_ON = "SELECT customer_id FROM disclosure WHERE customer_id = ANY ($1)"


async def decided(yard: Yard, customer_id: UUID) -> UUID:
    """A decision that allows to pass a customer's details on."""
    recipient, purpose = yard.world.recipients[SURVEYOR].id, yard.world.purposes[SURVEY].id
    question = Question(customer_id, Acting.DISCLOSE, purpose, recipient=recipient)
    [answer] = await decisions.decide(yard.hub, yard.world.app(), [question])
    assert isinstance(answer, Answer)
    assert answer.id is not None
    return answer.id


async def passed_on(yard: Yard, decision_id: UUID, delay: float) -> None:
    """Pass it on a moment later; too late is refused."""
    await asyncio.sleep(delay)
    with suppress(Refusal):
        await yard.do(disclosures.record, decision_id, by=yard.world.app(), may=Operation.DISCLOSURE_RECORD)


async def race(yard: Yard, superuser: asyncpg.Connection, times: int) -> None:
    """Let as many customers say no while their details are passed on, a few at a time, and see what came of it."""
    chance = random.Random(35)  # noqa: S311 - spreads load, guards nothing
    people = [await yard.customer() for _ in range(times)]
    allowed = [await decided(yard, each) for each in people]

    async def one(customer_id: UUID, decision_id: UUID) -> None:
        await asyncio.gather(
            passed_on(yard, decision_id, chance.random() / 50),
            yard.choose(customer_id, stops_sharing=True),
            rechecking.recheck(yard.hub, 2),
        )

    for start in range(0, times, PEOPLE):
        pairs = zip(people[start : start + PEOPLE], allowed[start : start + PEOPLE], strict=True)
        await asyncio.gather(*(one(*pair) for pair in pairs))
    await yard.settle()
    received = {row["customer_id"] for row in await superuser.fetch(PASSED_ON, people)}
    told = [each.withdrawal.customer_id for each in await yard.feed()]
    assert sorted(told) == sorted(received)
    assert await superuser.fetchval(LATE, people) == 0


async def die(yard: Yard, times: int) -> None:
    """Let workers die at any moment of their work, and see that it was done once."""
    chance = random.Random(26)  # noqa: S311
    people = [await yard.sent() for _ in range(PEOPLE)]
    await yard.settle()
    for each in people:
        await yard.choose(each, stops_sharing=True)
    for _ in range(times):
        working = asyncio.create_task(rechecking.recheck(yard.hub, 3))
        await asyncio.sleep(chance.random() / 40)
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
    await yard.settle()
    assert sorted(each.withdrawal.customer_id for each in await yard.feed()) == sorted(people)


async def test_whoever_received_something_is_told_and_nobody_receives_after_the_customers_word(
    yard: Yard, superuser: asyncpg.Connection
) -> None:
    await race(yard, superuser, RACES)


async def test_a_worker_that_dies_anywhere_loses_nothing_and_tells_nothing_twice(yard: Yard) -> None:
    await die(yard, DEATHS)
