"""A feed of ten thousand entries: writers who hold their transactions open, several readers, and every cursor."""

import asyncio
import random
from uuid import UUID

import asyncpg
import pytest

from hub import choices
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.partners import feed, rechecking
from hub.partners.feed import Entry
from hub.said import Evidence, Scope
from tests.handing.conftest import Firm, found
from tests.withdrawals.yard import Yard, partner_of

MANY = [pytest.param(120, id="few"), pytest.param(10_000, id="many", marks=pytest.mark.chaos)]
WRITERS, READERS, WORKERS, BACK = 20, 4, 2, 50
CUSTOMERS_AT_ONCE = 250
POSITIONS = """
    SELECT l.position FROM withdrawal_place p JOIN withdrawal w ON w.id = p.withdrawal_id
        JOIN ledger_entry e ON e.act_id = w.act_id JOIN ledger_leaf l ON l.entry_id = e.id
    WHERE p.recipient_id = $1 ORDER BY p.number
"""


async def received(firm: Firm, many: int) -> list[UUID]:
    """So many customers, whom the inspectors have all received."""
    people = list[UUID]()
    while len(people) < many:
        people += await firm.customers(min(CUSTOMERS_AT_ONCE, many - len(people)))
    assert len(await firm.every(firm.partner("quay-inspections"))) == many
    return people


async def write(firm: Firm, mine: list[UUID], chance: random.Random) -> None:
    """Let customers say no, by acts that commit in another order than they began."""
    for each in mine:
        async with firm.hub.act(OPERATOR, Operation.CHOICE_RECORD) as act:
            scope = Scope(each, firm.world.organisation.id, None, (), None)
            await choices.opt_out(act, "SHARING", scope, Evidence("Do not share.", "WEB"))
            await asyncio.sleep(chance.random() / 40)


async def read(yard: Yard, many: int, chance: random.Random) -> list[Entry]:
    """Read to the end, going on from any place of the last few that were reached."""
    seen: list[Entry] = []
    while len(seen) < many:
        start = max(0, len(seen) - chance.randrange(BACK))
        seen[start:] = [
            *await feed.after(yard.hub.database.single(), yard.partner, start),
            *seen[start + 100 :],
        ]
        await asyncio.sleep(0.01)
    return seen


@pytest.mark.parametrize("many", MANY)
async def test_there_is_no_gap_and_every_cursor_leads_to_what_follows_it(
    hub: Hub, superuser: asyncpg.Connection, many: int
) -> None:
    firm = await found(hub)
    yard = Yard(hub, firm.world, partner_of(firm.world, "quay-inspections"))
    people, chance, done = await received(firm, many), random.Random(many), asyncio.Event()  # noqa: S311 - spreads load

    async def work() -> None:
        while not done.is_set():
            await rechecking.recheck(hub)
            await yard.seal()
            await asyncio.sleep(0.01)

    working = [asyncio.create_task(work()) for _ in range(WORKERS)]
    reading = [asyncio.create_task(read(yard, many, chance)) for _ in range(READERS)]
    await asyncio.gather(*(write(firm, people[start::WRITERS], chance) for start in range(WRITERS)))
    seen = await asyncio.wait_for(asyncio.gather(*reading), 120 + many / 20)
    done.set()
    await asyncio.gather(*working)
    whole = await yard.feed()
    assert [each.place.number for each in whole] == list(range(1, many + 1))
    assert sorted(each.withdrawal.customer_id for each in whole) == sorted(people)
    assert all(each == whole for each in seen)
    for number, entry in enumerate(whole):
        assert await feed.after(hub.database.single(), yard.partner, number, 1) == [entry]
    order = [row["position"] for row in await superuser.fetch(POSITIONS, yard.partner.recipient_id)]
    assert order == sorted(order), "in the order of the ledger"
