"""What the tests of the ledger stand on."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest_asyncio

from hub.act import Hub
from hub.db import Database
from hub.settings import Settings
from hub.vault import open_vault
from tests.conftest import Clone
from tests.spine.ledgers import PutBy, emptied, put_by, written
from tests.spine.tampering import Sealed
from tests.spine.world import World


@dataclass
class Ground:
    """A database whose ledger is each test's for a while. seeded: tables that a new database has rows in."""

    database: Database
    seeded: set[str]
    sealed: tuple[Sealed, PutBy] | None = None

    async def touched(self, superuser: asyncpg.Connection) -> set[str]:
        """Name the tables that tests have written to."""
        return await written(superuser) - self.seeded


@pytest_asyncio.fixture(scope="session")
async def ground(settings: Settings, clone: Clone, worker_name: str) -> AsyncIterator[Ground]:
    """Make the database once."""
    url = clone(f"hub_ledger_{worker_name}")
    superuser = await asyncpg.connect(url)
    seeded = await written(superuser)
    await superuser.close()
    database = await Database.open(url, settings.pool_size)
    yield Ground(database, seeded)
    await database.close()


@pytest_asyncio.fixture
async def world(ground: Ground, settings: Settings, tmp_path: Path) -> AsyncIterator[World]:
    """Give an empty ledger, a keyring of one's own to change, and a folder of one's own for anchors."""
    superuser = await asyncpg.connect(ground.database.url)
    await emptied(superuser, await ground.touched(superuser))
    hub = Hub(settings.model_copy(update={"data_dir": tmp_path}), ground.database, open_vault(settings))
    async with ground.database.sealer() as sealer:
        yield World(hub, sealer, superuser)
    hub.listening.close()
    await superuser.close()


@pytest_asyncio.fixture
async def sealed(ground: Ground, world: World) -> Sealed:
    """Give a ledger of eleven entries under four seals: the same rows to each test."""
    path = world.hub.settings.anchors
    if ground.sealed is None:
        made, tables = await _seal(world), await ground.touched(world.superuser)
        ground.sealed = made, await put_by(world.superuser, tables, path.read_text())
        return made
    made, kept = ground.sealed
    await kept.put_back(world.superuser)
    path.parent.mkdir(exist_ok=True)
    path.write_text(kept.anchors)
    world.customers += made.world.customers
    return Sealed(world, made.entries, made.crowd)


async def _seal(world: World) -> Sealed:
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
