"""A copy of two gigabytes, through the real exporter and builder in one process: how long, and how much memory at most.

A system holds long rows about one person, and staff add files that no program can pack. What is made is removed.
HUB_BENCH_COPY_FILES and HUB_BENCH_COPY_ROWS say how many files of 100 MB (20) and rows of 4 kB (20,000) there are.
"""

import asyncio
import os
import resource
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg

from bench.requests import Stage, connect, databases, furnish
from hub import embedded, storage
from hub.act import Act
from hub.actors import OPERATOR, WORKER, Operation
from hub.cli import opening
from hub.db import new_id
from hub.keyring import Keyring
from hub.rights import gathered, packages, sealed, steps
from hub.settings import load as load_settings
from workers import packages as building
from workers import rights

FILES: Final = int(os.environ.get("HUB_BENCH_COPY_FILES", "20"))
ROWS: Final = int(os.environ.get("HUB_BENCH_COPY_ROWS", "20000"))
FILE_BYTES: Final = 100_000_000
CHUNK_BYTES: Final = 1_000_000
WISHES: Final = """
    INSERT INTO orders SELECT 100000 + n, 1, w.wish, n FROM generate_series(1, {0}) n,
        LATERAL (SELECT string_agg(md5(n::text || i), ' ') AS wish FROM generate_series(1, 125) i) w
"""


def peak_mb() -> float:
    """The most memory that this process has had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def _noise() -> AsyncIterator[bytes]:
    for _ in range(FILE_BYTES // CHUNK_BYTES):
        yield os.urandom(CHUNK_BYTES)


async def _add_files(stage: Stage, request_id: UUID) -> None:
    """Files as staff add them: stored under the request's key, then noted."""
    async with stage.hub.ask(WORKER, Operation.REQUEST_FULFIL) as ask:
        key = await sealed.open_key(ask, request_id)
    for number in range(FILES):
        place = f"requests/{request_id}/parts/{new_id()}"
        stored = await storage.keep(stage.hub, place, key, _noise())

        async def add(act: Act, name: str = f"scan {number}.bin", stored: storage.Stored = stored) -> UUID:
            return await gathered.add_file(act, request_id, stored, name, "application/octet-stream")

        await stage.hub.perform(OPERATOR, Operation.REQUEST_CONDUCT, add)


async def _gather(stage: Stage, request_id: UUID) -> None:
    """Do all steps, as a worker does."""
    async with stage.hub.ask(WORKER, Operation.REQUEST_FULFIL) as ask:
        planned = await steps.of(ask, request_id)
    for each in planned:
        await rights.step(stage.hub, each.id)


async def _build(stage: Stage, request_id: UUID) -> int:
    """Build the package as a worker does; returns its size."""
    async with stage.hub.ask(WORKER, Operation.REQUEST_FULFIL) as ask:
        package = await packages.of(ask, request_id)
    await building.build(stage.hub, package.id if package else request_id)
    async with stage.hub.ask(WORKER, Operation.REQUEST_FULFIL) as ask:
        package = await packages.of(ask, request_id)
    return (package.size_bytes if package else None) or 0


async def _measure(folder: Path, url: str) -> None:
    settings = load_settings(mode="run", data_dir=folder, keyring=Keyring.generate().dump())
    await opening.prepare(settings, url)
    made = await databases(url, 1)
    async with AsyncExitStack() as keep:
        stage = await furnish(settings, url, keep)
        await connect(stage, made)
        shop = await asyncpg.connect(url.replace("/hub?", "/shop0?"))
        await shop.execute(WISHES.format(ROWS))
        await shop.close()
        request_id = await stage.receive("ACCESS", await stage.customer())
        await _add_files(stage, request_id)
        for name, run in (("gathered", _gather), ("built", _build)):
            before, began, used = peak_mb(), time.perf_counter(), time.process_time()
            size = await partial(run, stage, request_id)()
            took, worked = time.perf_counter() - began, time.process_time() - used
            print(
                f"{name}: {took:.0f} s, {worked:.0f} s of processor; at most {peak_mb():.0f} MB, {before:.0f} MB before"
                + (f"; a package of {size / 1e9:.2f} GB" if size else ""),
                flush=True,
            )


def main() -> None:
    """Measure it on a server of its own."""
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
        running = embedded.start(Path(folder) / "data")
        try:
            asyncio.run(_measure(Path(folder), running.dsn))
        finally:
            running.remove()
