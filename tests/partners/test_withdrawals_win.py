"""A word of a customer's against their referral and the letter that asks them: whatever was said before counts."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from hub import questions, standings
from hub.actors import OPERATOR, WORKER, Operation
from hub.letters import Outgoing
from hub.partners import rechecking, sending
from hub.partners.states import State
from hub.questions import Showing
from tests.partners.referred import House
from tests.partners.test_question_page import asked

MANY = [pytest.param(12, id="few"), pytest.param(500, id="many", marks=pytest.mark.chaos)]
TOGETHER = 6
LETTER = "SELECT id, state, reason FROM letter WHERE customer_id = $1 AND template = 'referral_asked'"
ORDER = """
    SELECT max(e.sequence) FILTER (WHERE e.event = $2) AS went,
        max(e.sequence) FILTER (WHERE e.event = 'choice.opted_out') AS said
    FROM ledger_detail d JOIN ledger_entry e ON e.id = d.entry_id WHERE d.subject = $1
"""
ON_OFFER = "SELECT count(*) FROM referral WHERE customer_id = ANY ($1) AND state = 'OFFERED'"
Going = Callable[[House, UUID], Awaitable[Any]]


async def refer(house: House, customer: UUID) -> None:
    """Refer them to a surveyor."""
    await house.refer(customer)


async def say_yes(house: House, customer: UUID) -> None:
    """Take their yes, which releases what they were asked about."""
    [row] = await house.hub.database.single().rows(
        "SELECT question_id FROM referral WHERE customer_id = $1", customer
    )
    yes = partial(questions.answer, question_id=row["question_id"], showing=Showing("PHONE"), is_yes=True)
    await house.do(Operation.QUESTION_ANSWER, yes)


async def post(house: House, customer: UUID) -> None:
    """Take the letter that asks them, to hand it to the mail server."""
    [row] = await house.hub.database.single().rows(LETTER, customer)
    await house.hub.perform(WORKER, Operation.LETTER_DELIVER, partial(sending.claim, letter_id=row["id"]))


async def somebody(house: House) -> UUID:
    """Somebody who may be referred."""
    return await house.customer()


async def somebody_asked(house: House) -> UUID:
    """Somebody who is asked by a letter."""
    return (await asked(house))[0]


@pytest.mark.parametrize("many", MANY)
@pytest.mark.parametrize(
    ("make", "go", "event"),
    [
        pytest.param(somebody, refer, "referral.offered", id="referral"),
        pytest.param(somebody_asked, post, "letter.tried", id="message"),
    ],
)
async def test_nothing_goes_out_after_an_opt_out_that_was_committed_before(
    house: House,
    superuser: asyncpg.Connection,
    many: int,
    make: Callable[[House], Awaitable[UUID]],
    go: Going,
    event: str,
) -> None:
    dice = random.Random(f"{event} {many}")  # noqa: S311 - spreads instants
    went: list[bool] = []
    for _ in range(0, many, TOGETHER):
        people = [await make(house) for _ in range(TOGETHER)]
        await asyncio.gather(*(race(house, each, go, dice) for each in people))
        while await rechecking.recheck(house.hub):
            pass
        assert await superuser.fetchval(ON_OFFER, people) == 0
        for each in people:
            row = await superuser.fetchrow(ORDER, each, event)
            assert row
            assert row["went"] is None or row["went"] < row["said"], event
            went.append(row["went"] is not None)
    assert many < 100 or {True, False} <= set(went), "each must have won sometimes"


async def race(house: House, customer: UUID, go: Going, dice: random.Random) -> None:
    """Let something go out while they opt out."""

    async def later(work: Awaitable[Any]) -> None:
        await asyncio.sleep(dice.uniform(0, 0.05))
        await work

    await asyncio.gather(
        later(go(house, customer)), later(house.world.choose(house.hub, customer, stops_sharing=True))
    )


async def test_a_letter_asks_nobody_who_has_opted_out_or_answered_meanwhile(
    house: House, superuser: asyncpg.Connection
) -> None:
    taken: list[tuple[bool, str, str]] = []
    for word in (None, "opt-out", "answer"):
        customer, referral, _ = await asked(house)
        if word == "opt-out":
            await house.world.choose(house.hub, customer, stops_sharing=True, on="2026-02-01")
        elif word == "answer":
            await say_yes(house, customer)
        [row] = await superuser.fetch(LETTER, customer)
        claim = partial(sending.claim, letter_id=row["id"])
        got = await house.hub.perform(WORKER, Operation.LETTER_DELIVER, claim)
        [row] = await superuser.fetch(LETTER, customer)
        taken.append((isinstance(got, Outgoing), row["state"], row["reason"]))
        assert await house.hub.perform(WORKER, Operation.LETTER_DELIVER, claim) is None or word is None
        assert (await house.read(referral)).state is (State.OFFERED if word == "answer" else State.ASKING)
    no = (False, "SUPPRESSED", "NOT_ASKED_ANY_MORE")
    assert taken == [(True, "QUEUED", ""), no, no]


async def test_what_is_on_offer_is_taken_back_whatever_made_it_unlawful(house: House) -> None:
    customer = await house.customer()
    done = await house.refer(customer)
    assert done.referral
    assert done.referral.state is State.OFFERED
    async with house.hub.act(OPERATOR, Operation.CUSTOMER_CHANGE) as act:
        await standings.change(
            act, customer, standings.Change(is_restricted=True), house.world.organisation.id
        )
    while await rechecking.recheck(house.hub):
        pass
    assert (await house.read(done.referral)).state is State.WITHDRAWN


async def test_what_a_letter_asks_is_decided_again_when_it_goes(house: House) -> None:
    customer, _, _ = await asked(house)
    await post(house, customer)
    assert (await house.events(customer))[-2:] == ["decision.made", "letter.tried"]
