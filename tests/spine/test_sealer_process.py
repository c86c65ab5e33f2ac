"""The sealer beside rivals, through lost connections and sudden death."""

import asyncio
import os
import random
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from hub import anchors, sealing
from hub.sealing import run_sealer, seal_once
from tests import hatchery
from tests.spine.world import World

PATIENCE_SECONDS = 60
HELD = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = $1"
UNSEALED = "SELECT (SELECT count(*) FROM ledger_entry) - (SELECT count(*) FROM ledger_leaf)"
SEALER_PROGRAM = """
import asyncio, sys
from pathlib import Path
from hub.db import connect
from hub.keyring import read_or_generate
from hub.sealing import seal_once

async def main():
    keyring = read_or_generate(Path(sys.argv[1]))
    connection = await connect(sys.argv[2], {"role": "hub_sealer"})
    print("sealing", flush=True)
    while True:
        await seal_once(connection, keyring, 7)

asyncio.run(main())
"""


async def test_two_sealers_at_once_with_writers_beside_them_seal_nothing_twice(world: World) -> None:
    async with world.hub.database.sealer() as rival:
        writers = [asyncio.create_task(world.record(25)) for _ in range(4)]
        sealers = [
            asyncio.create_task(_seal_while(writers, world, connection))
            for connection in (world.sealer, rival)
        ]
        await asyncio.gather(*writers, *sealers)
    await world.seal_all()
    assert await world.value("SELECT count(*) FROM ledger_entry") == 100
    assert await world.value("SELECT count(*) FROM ledger_seal") > 5
    await world.assert_all_sealed_once()


async def _seal_while(
    writers: Sequence[asyncio.Task[Any]], world: World, connection: asyncpg.Connection
) -> None:
    while not all(writer.done() for writer in writers):
        await seal_once(connection, world.hub.vault.keyring, 3)
        await asyncio.sleep(0)


async def test_a_sealer_killed_at_any_moment_leaves_nothing_sealed_twice_or_never(
    world: World, tmp_path: Path
) -> None:
    keyring, program = tmp_path / "keyring.json", tmp_path / "sealer.py"
    keyring.write_text(world.hub.vault.keyring.dump())
    program.write_text(SEALER_PROGRAM)
    command = [str(program), str(keyring), world.hub.database.url]
    chance, sizes = random.Random(7), list[int]()  # noqa: S311 a seeded plan, not a secret
    for _ in range(6):
        process = hatchery.begin(command, os.environ, tmp_path)
        assert process.stdout is not None
        assert process.stderr is not None
        with process.stdout as said, process.stderr:
            assert said.readline() == "sealing\n"
        await asyncio.gather(world.record(40), world.record(40))
        await asyncio.sleep(chance.random() / 20)
        process.kill()
        assert process.wait(PATIENCE_SECONDS) == -signal.SIGKILL
        sizes.append(await world.value("SELECT coalesce(max(size), 0) FROM ledger_seal"))
        assert (await world.verify()).ok
    assert sizes == sorted(sizes)
    assert sizes[-1] > 0
    await _wait_for_lock(world)
    await world.seal_all()
    await world.assert_all_sealed_once()


async def _wait_for_lock(world: World) -> None:
    """Wait until the server has noticed that the sealer is dead."""
    while await world.value(HELD, sealing.LOCK & 0xFFFFFFFF):  # noqa: ASYNC110 the server tells only when asked
        await asyncio.sleep(0.02)


async def test_the_running_sealer_survives_a_lost_connection_and_stops_when_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(sealing, "PAUSE_AFTER_TROUBLE_SECONDS", 0.02)
    stop = asyncio.Event()
    running = asyncio.create_task(run_sealer(world.hub, stop))
    for _ in range(3):
        await world.record(3)
        await _until_sealed(world)
        killed = await world.value(
            "SELECT count(pg_terminate_backend(pid, 60000)) FROM pg_stat_activity"
            " WHERE application_name = 'hub sealer' AND datname = current_database() AND pid <> $1",
            world.sealer.get_server_pid(),
        )
        assert killed == 1
    await world.record(1)
    await _until_sealed(world)
    stop.set()
    await asyncio.wait_for(running, PATIENCE_SECONDS)
    known = anchors.read(world.hub.settings.anchors)
    assert known[-1].number == await world.value("SELECT max(number) FROM ledger_seal")
    await world.assert_all_sealed_once()


async def _until_sealed(world: World) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await world.value(UNSEALED):  # noqa: ASYNC110 the server tells only when asked
            await asyncio.sleep(0.02)
