"""What the tests of the ledger stand on."""

from collections.abc import AsyncIterator

import asyncpg
import pytest_asyncio

from hub.act import Hub
from tests.spine.tampering import Sealed
from tests.spine.world import World


@pytest_asyncio.fixture
async def world(fresh_hub: Hub) -> AsyncIterator[World]:
    """Give an empty ledger."""
    superuser = await asyncpg.connect(fresh_hub.database.url)
    async with fresh_hub.database.sealer() as sealer:
        yield World(fresh_hub, sealer, superuser)
    await superuser.close()


@pytest_asyncio.fixture
async def sealed(world: World) -> Sealed:
    """Give a ledger of eleven entries under four seals."""
    customers = await world.add_customers(3)
    crowd = await world.record_crowd(customers)
    await world.seal_all()
    for _ in range(3):
        await world.record(3, customers[0])
        await world.settle()
        await world.seal_all()
    rows = await world.rows("SELECT entry_id FROM ledger_leaf ORDER BY position")
    made = Sealed(world, [row["entry_id"] for row in rows], crowd)
    assert made.entries[1] == crowd
    report = await world.verify()
    assert report.ok, report.to_text()
    assert (report.entries, report.seals, report.anchors, report.waiting, report.details) == (11, 4, 4, 0, 13)
    return made
