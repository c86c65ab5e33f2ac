"""The crowds that are measured: two databases of one embedded server, a tenth and the whole, made when first wanted.

They take minutes to make. HUB_BENCH_FOLDER names a folder in which they are kept from run to run; without it they are
made in a temporary one and removed at the end. HUB_BENCH_CUSTOMERS says how many the whole is (1,000,000), and
HUB_BENCH_ORIGINALS how many of them are drawn and not cloned (5,000).
"""

import asyncio
import atexit
import os
import tempfile
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import asyncpg
import msgspec

from bench import cloning, firm
from bench.firm import Firm
from hub import embedded
from hub.act import Hub
from hub.cli import opening
from hub.keyring import Keyring
from hub.migrate import migrate
from hub.settings import Settings
from hub.settings import load as load_settings

CUSTOMERS = int(os.environ.get("HUB_BENCH_CUSTOMERS", "1000000"))
ORIGINALS = int(os.environ.get("HUB_BENCH_ORIGINALS", "5000"))


COUNTED = {
    "customer": "customers", "collection": "collections", "choice": "choices", "customer_past": "past versions",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the crowds are. small, large: addresses of the two databases."""

    settings: Settings
    firm: Firm
    small: str
    large: str


@lru_cache(1)
def stage() -> Stage:
    """The crowds, made at the first call of a process or taken from the folder that keeps them."""
    kept = os.environ.get("HUB_BENCH_FOLDER")
    folder = Path(kept or tempfile.mkdtemp(prefix="hub-bench-"))
    running = embedded.start(folder / "data")
    atexit.register(running.stop if kept else running.remove)
    notes = folder / "firm.json"
    both = _beside(running.dsn, "small"), running.dsn
    if notes.exists():
        for url in both:  # as an older release left them
            asyncio.run(migrate(url))
    else:
        notes.write_bytes(msgspec.json.encode(asyncio.run(_make(folder, running.dsn))))
    made = msgspec.json.decode(notes.read_bytes(), type=Firm)
    return Stage(_settings(folder), made, *both)


def _settings(folder: Path) -> Settings:
    keyring = folder / "keyring.json"
    if not keyring.exists():
        keyring.write_text(Keyring.generate().dump())
    return load_settings(mode="run", data_dir=folder, keyring=keyring.read_text())


def _beside(url: str, database: str) -> str:
    return url.replace("/hub?", f"/{database}?")


async def _make(folder: Path, url: str) -> Firm:
    began = time.perf_counter()
    settings = _settings(folder)
    await opening.prepare(settings, url)
    hub = await Hub.open(settings, url)
    founded = await firm.build(hub)
    await cloning.draw(hub, founded, ORIGINALS)
    await hub.close()
    print(f"{ORIGINALS:,} customers through the real path  {time.perf_counter() - began:.0f} s")
    connection = await asyncpg.connect(_beside(url, "postgres"))
    await connection.execute("CREATE DATABASE small TEMPLATE hub")
    await connection.close()
    for name, size in (("small", CUSTOMERS // 10), ("hub", CUSTOMERS)):
        await _fill(_beside(url, name), size)
    return founded


async def _fill(url: str, size: int) -> None:
    began = time.perf_counter()
    connection = await asyncpg.connect(url)
    await connection.execute("ALTER SYSTEM SET max_wal_size = '8GB'")
    await connection.execute("SELECT pg_reload_conf()")
    await cloning.clone(connection, size // ORIGINALS)
    await connection.execute("ALTER SYSTEM RESET max_wal_size")
    await connection.execute("SELECT pg_reload_conf()")
    cloned = time.perf_counter() - began
    versions = await cloning.verify(connection)
    counts = ", ".join([
        f"{await connection.fetchval(f'SELECT count(*) FROM {table}'):,} {noun}"  # noqa: S608 - constants
        for table, noun in COUNTED.items()
    ])  # fmt: skip
    print(f"{counts} in {cloned:.0f} s; {versions:,} versions compared with their events")
    await connection.close()
