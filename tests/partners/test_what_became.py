"""What became of a referral, as its partner says it: the customer reads it. Nobody is asked for nothing."""

import html
from collections.abc import Callable
from dataclasses import replace

import pytest

from hub.actors import OPERATOR, Actor, Operation, Role
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.partners import blocks, offered
from hub.partners.referrals import Referral
from hub.partners.states import Declined, Outcome
from tests.partners.referred import LATER, House
from tests.portal.visitor import Visitor
from tests.withdrawals.yard import partner_of

SAID = {
    "NO_CAPACITY": "Moor Surveys said that they have no room for it now.",
    "NOT_OUR_FIELD": "Moor Surveys said that this is not what they do.",
    "KNOWN_ALREADY": "Moor Surveys said that they know you already.",
    "BECAME_CLIENT": "Moor Surveys told us that you became their client.",
    "NOT_INTERESTED": "Moor Surveys told us that you did not want it.",
    "NOT_REACHED": "Moor Surveys told us that they did not reach you.",
}
OTHER = (
    "Moor Surveys said that they cannot help.",
    "Moor Surveys told us that this is finished.",
)


def surveyor(house: House) -> Actor:
    """The surveyor, as it takes referrals."""
    return replace(partner_of(house.world), roles=frozenset({Role("partner:referrals")}))


async def made(house: House) -> tuple[Referral, str]:
    """Somebody who is offered to the surveyor, and their address."""
    email = f"{new_id().hex}@example.org"
    done = await house.refer(await house.customer(email=email))
    assert done.referral
    return done.referral, email


async def says(house: House, referral: Referral, why: str) -> None:
    """The surveyor declines, or accepts and says what came of it."""
    async with house.hub.act(surveyor(house), Operation.REFERRAL_TAKE) as act:
        if why in set(Declined) - {"OTHER"}:
            await offered.decline(act, referral.id, why)
            return
        await offered.accept(act, referral.id)
    async with house.hub.act(surveyor(house), Operation.REFERRAL_TAKE) as act:
        await offered.report(act, referral.id, why)


def words(visitor: Visitor) -> str:
    """What a page says, without what isolates names."""
    return html.unescape(visitor.page.text).replace("\u2068", "").replace("\u2069", "")


@pytest.mark.parametrize("why", sorted({*Declined, *Outcome} - {"OTHER"}))
async def test_the_customer_reads_what_the_partner_said_of_it(
    house: House, arrives: Callable[..., Visitor], why: str
) -> None:
    referral, email = await made(house)
    await says(house, referral, why)
    visitor = arrives()
    await visitor.enter(email)
    await visitor.open(f"referrals/{referral.id}")
    assert [each for each, said in SAID.items() if said in words(visitor)] == [why]


async def test_another_reason_is_said_without_more(house: House, arrives: Callable[..., Visitor]) -> None:
    declined, first = await made(house)
    async with house.hub.act(surveyor(house), Operation.REFERRAL_TAKE) as act:
        await offered.decline(act, declined.id, "OTHER")
    done, second = await made(house)
    await says(house, done, "OTHER")
    for referral, email, said in ((declined, first, OTHER[0]), (done, second, OTHER[1])):
        visitor = arrives()
        await visitor.enter(email)
        await visitor.open(f"referrals/{referral.id}")
        assert said in words(visitor)


async def test_nobody_is_asked_for_a_partner_that_is_blocked(house: House) -> None:
    customer_id = await house.customer(**LATER)
    broker = house.world.recipients["bluegum-mortgages"].id
    async with house.hub.act(OPERATOR, Operation.PARTNER_BLOCK) as act:
        await blocks.block(act, broker, "They lost a laptop.")
    with pytest.raises(Refusal) as refused:
        await house.refer(customer_id, recipient="bluegum-mortgages", purpose="referral-mortgage")
    assert (refused.value.code, refused.value.path) == (Code.CONFLICT, ("recipient",))
    assert await house.events(customer_id) == []
