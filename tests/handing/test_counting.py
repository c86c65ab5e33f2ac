"""What a partner is told in numbers: enough to plan, too little to find anybody; and whom it may keep."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import asyncpg
import pytest

from hub import arrangements
from hub.actors import Actor, Operation
from hub.errors import Code, Refusal
from hub.pairwise import Pairs
from hub.partners import counting, offers, retaining
from hub.partners.counting import Entitlement
from tests.handing.conftest import Firm

Crowded = tuple[Firm, Sequence[UUID], Sequence[UUID]]
EVERYTHING = "SELECT (SELECT count(*) FROM act), (SELECT count(*) FROM ledger_entry), (SELECT count(*) FROM disclosure)"


async def count(firm: Firm, partner: Actor) -> Entitlement:
    async with firm.hub.ask(partner, Operation.PARTNER_READ) as ask:
        return await counting.count(ask, await offers.find(ask, "quay-referrals", "referral-inspection"))


async def test_an_entitlement_says_how_many_of_what_and_under_which_clause(crowded: Crowded) -> None:
    firm, _, _ = crowded
    partner = firm.partner("quay-inspections")
    found = await count(firm, partner)
    assert found.customers == 70
    [resting] = found.clauses
    assert (resting.notice, resting.version, resting.clause, resting.customers) == (
        "customers",
        1,
        "inspectors",
        70,
    )
    assert resting.texts == {"en": "We may put you in touch with a building inspector."}
    async with firm.hub.ask(partner, Operation.PARTNER_READ) as ask:
        [offer] = await offers.every(ask)
    assert sorted(offer.categories.values()) == ["contact", "identity", "property"]


async def test_what_is_few_is_not_told(crowded: Crowded) -> None:
    firm, _, others = crowded
    found = await count(firm, firm.partner("quay-inspections"))
    assert len(others) == 18
    assert [each.customers for each in found.missing] == [
        10
    ]  # twelve untold; of the six who said no nothing shows


async def test_one_more_customer_moves_no_number(firm: Firm) -> None:
    partner = firm.partner("quay-inspections")
    assert await count(firm, partner) == Entitlement(None, (), ())
    await firm.customers(9)
    assert await count(firm, partner) == Entitlement(None, (), ())
    await firm.customers(2)
    before = await count(firm, partner)
    assert before.customers == 10
    await firm.customers(1)
    await firm.customers(1, None)
    assert await count(firm, partner) == before


@pytest.mark.parametrize(
    ("customers", "told"), [(0, None), (9, None), (10, 10), (19, 10), (20, 20), (1_234_567, 1_234_560)]
)
def test_numbers_are_whole_steps_and_none_is_small(customers: int, told: int | None) -> None:
    assert counting.shown(customers) == told


async def kept(firm: Firm, partner: Actor, ids: Sequence[UUID]) -> list[tuple[str, ...]]:
    async with firm.hub.ask(partner, Operation.PARTNER_READ) as ask:
        found = await retaining.may_keep(ask, ids)
    assert [each.id for each in found] == list(ids)
    return [each.purposes for each in found]


async def test_who_was_received_may_be_kept_until_they_say_no_and_nobody_else(
    firm: Firm, superuser: asyncpg.Connection
) -> None:
    partner, other = firm.partner("quay-inspections"), firm.partner("moor-surveys")
    people = await firm.customers(3)
    for each in (partner, other):
        names = Pairs(firm.hub, each.recipient_id or uuid4()).shown(people)
        assert await kept(firm, each, names) == [(), (), ()]
    handed = [each.id for each in await firm.every(partner)]
    before = await superuser.fetchrow(EVERYTHING)
    assert await kept(firm, partner, [*handed, uuid4()]) == [*([("referral-inspection",)] * 3), ()]
    assert await kept(firm, other, names) == [(), (), ()]
    assert await superuser.fetchrow(EVERYTHING) == before
    await firm.world.choose(firm.hub, people[0], stops_sharing=True)
    mine = Pairs(firm.hub, partner.recipient_id or uuid4()).shown(people)
    assert await kept(firm, partner, mine) == [(), ("referral-inspection",), ("referral-inspection",)]
    async with firm.hub.act(firm.world.app(), Operation.CATALOGUE_WRITE) as act:
        await arrangements.end(act, "quay-referrals", arrangements.date(2024, 12, 31))
    assert await kept(firm, partner, mine) == [(), (), ()]


@pytest.mark.parametrize(("many", "code"), [(0, Code.INVALID), (1_001, Code.LIMIT)])
async def test_one_to_a_thousand_can_be_asked_about(crowded: Crowded, many: int, code: Code) -> None:
    firm, _, _ = crowded
    with pytest.raises(Refusal) as refused:
        await kept(firm, firm.partner("quay-inspections"), [uuid4() for _ in range(many)])
    assert refused.value.code is code
