"""What a partner may keep is what its feed has not told it to forget, however it came by it."""

from dataclasses import replace
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from hub import pairwise
from hub.act import Hub
from hub.actors import Actor, Operation, Role
from hub.partners import offered, retaining
from hub.partners.referrals import Referral
from tests.partners.referred import House, lapse
from tests.withdrawals.yard import SURVEY, SURVEYOR, Yard, partner_of
from tests.world import World, build_world


@pytest_asyncio.fixture
async def world(hub: Hub) -> World:
    """A firm of this test's own."""
    return await build_world(hub)


@pytest.fixture
def yard(hub: Hub, world: World) -> Yard:
    """What it passes on."""
    return Yard(hub, world, partner_of(world))


@pytest.fixture
def house(hub: Hub, world: World) -> House:
    """Whom it refers."""
    return House(hub, world)


async def may(yard: Yard, partner: Actor, customer_id: UUID) -> tuple[str, ...]:
    """For which purposes a partner may use what it holds of a customer."""
    assert partner.recipient_id
    named = pairwise.shown(yard.hub, partner.recipient_id, customer_id)
    reader = replace(partner, roles=frozenset({Role("partner:read")}))
    async with yard.hub.ask(reader, Operation.PARTNER_READ) as ask:
        [found] = await retaining.may_keep(ask, [named])
    return found.purposes


async def test_a_processor_may_keep_what_it_works_on_until_the_customer_is_erased(yard: Yard) -> None:
    processor = yard.as_partner("post-cloud")
    customer_id = await yard.sent(to="post-cloud", purpose="account-messages")
    assert await may(yard, processor, customer_id) == ("account-messages",)
    assert await may(yard, yard.partner, customer_id) == ()
    await yard.erase(customer_id)
    assert await may(yard, processor, customer_id) == ()


async def test_a_client_of_another_arrangement_is_answered_as_if_nothing_was_received(yard: Yard) -> None:
    customer_id = await yard.sent()
    assert await may(yard, yard.partner, customer_id) == (SURVEY,)
    elsewhere = replace(yard.partner, arrangements=frozenset({yard.world.arrangements["quay-referrals"].id}))
    assert await may(yard, elsewhere, customer_id) == ()


async def test_what_was_offered_and_not_taken_on_may_not_be_kept(
    yard: Yard, house: House, superuser: asyncpg.Connection
) -> None:
    customer_id = await house.customer()
    late = await referred(house, customer_id)
    assert await may(yard, yard.partner, customer_id) == (SURVEY,)
    await lapse(superuser, late)
    assert await may(yard, yard.partner, customer_id) == ()
    declined = await referred(house, customer_id)
    assert await may(yard, yard.partner, customer_id) == (SURVEY,)
    await yard.do(offered.decline, declined.id, "NO_CAPACITY", by=taker(yard), may=Operation.REFERRAL_TAKE)
    assert await may(yard, yard.partner, customer_id) == ()
    taken = await referred(house, customer_id)
    await yard.do(offered.accept, taken.id, by=taker(yard), may=Operation.REFERRAL_TAKE)
    assert await may(yard, yard.partner, customer_id) == (SURVEY,)


async def referred(house: House, customer_id: UUID) -> Referral:
    """Refer somebody to the surveyor."""
    done = await house.refer(customer_id, recipient=SURVEYOR, purpose=SURVEY)
    assert done.referral
    return done.referral


def taker(yard: Yard) -> Actor:
    """The surveyor, as it takes referrals."""
    return replace(yard.partner, roles=frozenset({Role("partner:referrals")}))
