"""A page is decided before anybody is held, so whatever happens until it is kept has to be seen, and to win."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from hub import merges
from hub.act import Ask
from hub.actors import OPERATOR, Operation
from hub.errors import Code, Refusal
from hub.partners import handing
from tests.handing.conftest import Firm
from tests.handing.test_blocked import block
from tests.handing.test_withdrawals_win import say

Meanwhile = Callable[[Firm, list[UUID]], Awaitable[None]]
KEPT = "SELECT customer_id FROM disclosure WHERE customer_id = ANY ($1)"
TOUCH = "UPDATE purpose SET names = names || jsonb_build_object('en', 'Inspected') WHERE id = $1"
OPERATIONS = """
    SELECT DISTINCT a.operation, e.event, e.actor_id FROM disclosure x JOIN act a ON a.id = x.act_id
    JOIN ledger_entry e ON e.act_id = a.id WHERE x.customer_id = ANY ($1)
"""


def meanwhile(monkeypatch: pytest.MonkeyPatch, work: Callable[[], Awaitable[None]]) -> list[str]:
    """Have something happen when all is decided and nothing is kept yet; what came of the attempt to keep it."""
    keep, said = handing.keep_unheld, list[str]()

    async def then(ask: Ask, *given: Any) -> list[Sequence[Any]]:
        await work()
        rows = await keep(ask, *given)
        said.append(rows[0][0])
        return rows

    monkeypatch.setattr(handing, "keep_unheld", then)
    return said


async def refuse(firm: Firm, people: Sequence[UUID]) -> None:
    await say(firm.hub, firm, people[0], yes=False)


async def merge(firm: Firm, people: Sequence[UUID]) -> None:
    async with firm.hub.act(firm.world.app(), Operation.CUSTOMER_MERGE) as act:
        await merges.merge(act, people[1], people[0])


async def change_catalogue(firm: Firm, _: Sequence[UUID]) -> None:
    async with firm.hub.act(OPERATOR, Operation.CATALOGUE_WRITE) as act:
        await act.execute(TOUCH, firm.world.purposes["referral-inspection"].id)
        await act.record("purpose.changed", key="referral-inspection")


@pytest.mark.parametrize(("work", "lost"), [(refuse, 1), (merge, 0), (change_catalogue, 0)])
async def test_what_happens_between_deciding_and_keeping_is_decided_again(
    firm: Firm, monkeypatch: pytest.MonkeyPatch, superuser: asyncpg.Connection, work: Meanwhile, lost: int
) -> None:
    people = await firm.customers(3)
    said = meanwhile(monkeypatch, lambda: work(firm, people))
    page = await firm.page(firm.partner("quay-inspections"))
    assert said == ["CHANGED"]
    got = {each.customer_id for each, _ in page.items}
    assert got == set(people[lost:])
    assert {row["customer_id"] for row in await superuser.fetch(KEPT, people)} == got


async def test_a_family_that_grew_meanwhile_is_decided_again(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, twin, third = await firm.customers(3)
    await merge(firm, [twin, kept])
    await say(firm.hub, firm, third, yes=False)
    said = meanwhile(monkeypatch, lambda: merge(firm, [third, kept]))
    page = await firm.page(firm.partner("quay-inspections"))
    assert (said, page.items) == (["CHANGED"], [])


async def test_a_partner_blocked_meanwhile_gets_nothing(
    firm: Firm, monkeypatch: pytest.MonkeyPatch, superuser: asyncpg.Connection
) -> None:
    people = await firm.customers(2)
    said = meanwhile(monkeypatch, lambda: block(firm))
    with pytest.raises(Refusal) as refused:
        await firm.page(firm.partner("quay-inspections"))
    assert (said, refused.value.code) == (["BLOCKED"], Code.CONFLICT)
    assert await superuser.fetch(KEPT, people) == []


async def test_a_page_whose_customers_stay_as_they_were_is_kept_at_once_as_an_act_of_its_own(
    firm: Firm, monkeypatch: pytest.MonkeyPatch, superuser: asyncpg.Connection
) -> None:
    people = await firm.customers(2)
    await merge(firm, [people[1], people[0]])
    other = await firm.customers(1)

    async def nothing() -> None:
        return None

    said, partner = meanwhile(monkeypatch, nothing), firm.partner("quay-inspections")
    page = await firm.page(partner)
    assert (said, {each.customer_id for each, _ in page.items}) == (["KEPT"], {people[0], *other})
    [row] = await superuser.fetch(OPERATIONS, people + other)
    assert tuple(row) == ("disclosure.hand_over", "disclosure.recorded", partner.id)
