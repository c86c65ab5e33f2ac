"""Copies are whole or absent, whatever happens to the worker that builds them."""

import asyncio
import os
import random
import signal
import subprocess
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
import sqlalchemy as sa

from hub import storage
from hub.act import Hub
from hub.actors import WORKER, Operation
from hub.errors import Refusal
from hub.rights import packages
from hub.rights.packages import Access
from hub.settings import load
from tests.connectors.shop import orders
from tests.domain.firm import found
from tests.rights.copies import anna, build, connect, gather, opened, package_of, shop_at
from tests.rights.desk import Desk
from tests.run.conftest import PATIENCE_SECONDS, Place, Start
from tests.run.test_workers import until, working
from workers import packages as building

KILLS = [pytest.param(2, id="few"), pytest.param(50, id="many", marks=pytest.mark.chaos)]
DOING = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'packages.build' AND status = 'doing'"
ROWS = 1_500
SIZES = [pytest.param(ROWS, 30, id="few"), pytest.param(20_000, 60, id="many", marks=pytest.mark.chaos)]
"""Rows of a copy, and the megabytes that it may take beside what it took before."""


@pytest_asyncio.fixture
async def desk(place: Place) -> AsyncIterator[Desk]:
    """The desk of the one firm in the database, with the storage that the processes use."""
    hub = await Hub.open(load(mode="run", data_dir=place.folder, keyring=place.keyring), place.url)
    yield Desk(await found(hub))
    await hub.close()


def large_shop_at(folder: Path, rows: int = ROWS) -> str:
    """A shop in which Anna has ordered often enough that a copy takes a while."""
    url = shop_at(folder)
    engine = sa.create_engine(url)
    many = [
        {"id": 10_000 + number, "customer_id": 1, "wish": os.urandom(60).hex(), "total": 1}
        for number in range(rows)
    ]
    with engine.begin() as connection:
        connection.execute(orders.insert(), many)
    engine.dispose()
    return url


def stored(hub: Hub) -> list[Path]:
    """All that lies in the storage, finished or not."""
    folder = storage.folder(hub.settings)
    assert folder is not None
    return [each for each in folder.rglob("*") if each.is_file()]


@pytest.mark.parametrize("kills", KILLS)
async def test_a_copy_is_whole_or_absent_when_workers_are_killed(
    desk: Desk, place: Place, start: Start, tmp_path: Path, kills: int
) -> None:
    await connect(desk, large_shop_at(tmp_path))
    made = [await desk.receive(await anna(desk), "ACCESS") for _ in range(3 + kills // 4)]
    for request in made:
        await gather(desk, request)
    chance = random.Random(kills)  # noqa: S311 - chooses moments
    connection = await asyncpg.connect(place.url)
    for _ in range(kills):
        worker = start(place, "work")

        async def is_at_it() -> bool:
            left = [each for each in made if (await package_of(desk, each)).state is Access.BUILDING]
            return await connection.fetchval(DOING) > 0 or not left

        await until(is_at_it)
        await asyncio.sleep(chance.uniform(0, 0.6))
        worker.end(signal.SIGKILL)
        for request in made:
            if (await package_of(desk, request)).state is Access.BUILT:
                await opened(desk, request)
        await connection.execute(
            "UPDATE procrastinate_jobs SET status = 'todo' WHERE status = 'doing' AND task_name = 'packages.build'"
        )
    async with working(desk.firm.hub):

        async def are_built() -> bool:
            return all([(await package_of(desk, each)).state is Access.BUILT for each in made])

        await until(are_built)
    await connection.close()
    for request in made:
        await opened(desk, request)
    await storage.sweep(desk.firm.hub, timedelta(seconds=-2))
    assert len(stored(desk.firm.hub)) == 3 * len(made)


async def test_while_the_storage_is_away_a_copy_waits_and_is_built_when_it_is_back(
    desk: Desk, tmp_path: Path
) -> None:
    await connect(desk, large_shop_at(tmp_path))
    request = await desk.receive(await anna(desk), "ACCESS")
    await gather(desk, request)
    hub = desk.firm.hub
    folder = storage.folder(hub.settings)
    assert folder is not None
    away = folder.with_name("away")
    rename(folder, away)
    folder.write_text("no folder")
    async with working(hub):

        async def has_failed() -> bool:
            async with hub.ask(WORKER, Operation.REQUEST_FULFIL) as ask:
                sql = "SELECT max(attempts) FROM procrastinate_jobs WHERE task_name = 'packages.build'"
                return (await ask.value(sql) or 0) > 0

        await asyncio.wait_for(until(has_failed), PATIENCE_SECONDS)
    assert (await package_of(desk, request)).state is Access.BUILDING
    folder.unlink()
    rename(away, folder)
    assert (await build(desk, request)).state is Access.BUILT
    await opened(desk, request)


async def test_on_a_full_disk_there_is_no_copy_and_nothing_of_it(desk: Desk, tmp_path: Path) -> None:
    await connect(desk, large_shop_at(tmp_path))
    request = await desk.receive(await anna(desk), "ACCESS")
    folder = storage.folder(desk.firm.hub.settings)
    assert folder is not None
    folder.mkdir()
    if not ran("mount", "-t", "tmpfs", "-o", "size=620k", "tmpfs", str(folder)):
        pytest.skip("file systems cannot be mounted here")
    try:
        await gather(desk, request)
        with pytest.raises(Refusal, match="full"):
            await build(desk, request)

        async def is_tidy() -> bool:
            return len(stored(desk.firm.hub)) == 2

        await until(is_tidy)
        assert (await package_of(desk, request)).state is Access.BUILDING
        assert ran("mount", "-o", "remount,size=64m", str(folder))
        assert (await build(desk, request)).state is Access.BUILT
        await opened(desk, request)
    finally:
        assert ran("umount", "-l", str(folder))


async def test_a_package_that_two_workers_build_at_once_is_one(desk: Desk, tmp_path: Path) -> None:
    await connect(desk, large_shop_at(tmp_path))
    request = await desk.receive(await anna(desk), "ACCESS")
    await gather(desk, request)
    package = await package_of(desk, request)
    await asyncio.gather(*(building.build(desk.firm.hub, package.id) for _ in range(3)))
    assert (await desk.kinds(request)).count("PACKAGE_BUILT") == 1
    await opened(desk, request)
    assert len(stored(desk.firm.hub)) == 3


def ran(*words: str) -> bool:
    """Whether a command of the machine did what it was asked for."""
    return subprocess.run(words, check=False, capture_output=True).returncode == 0


def rename(path: Path, to: Path) -> None:
    path.rename(to)


@pytest.mark.parametrize(("rows", "megabytes"), SIZES)
async def test_a_large_copy_passes_in_little_memory(
    desk: Desk, tmp_path: Path, rows: int, megabytes: int
) -> None:
    await connect(desk, large_shop_at(tmp_path, rows))
    request = await desk.receive(await anna(desk), "ACCESS")
    await gather(desk, request)
    before = resident()
    await build(desk, request)
    async with desk.firm.hub.ask(WORKER, Operation.REQUEST_FULFIL) as ask:
        found_one = await packages.opened(ask, request.id, (Access.BUILT,))
    size = 0
    async for piece in packages.stream(desk.firm.hub, found_one):
        size += len(piece)
    assert size == found_one.package.size_bytes
    assert resident() - before < megabytes << 20


def resident() -> int:
    """Bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
