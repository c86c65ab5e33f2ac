"""What no role of the hub may do to the ledger, and how the anchor file keeps itself short."""

from pathlib import Path

import asyncpg
import pytest

from hub import anchors
from tests.spine.world import World

ROLES = ("hub_app", "hub_read", "hub_sealer", "hub_retention")
CHANGES = {
    "ledger_entry": "UPDATE ledger_entry SET event = 'x'",
    "ledger_leaf": "UPDATE ledger_leaf SET position = 9",
    "ledger_node": "UPDATE ledger_node SET level = 1",
    "ledger_seal": "UPDATE ledger_seal SET size = 9",
}
EVERYTHING = "SELECT * FROM ledger_entry, ledger_leaf, ledger_seal"


async def test_no_role_changes_or_removes_what_is_in_the_ledger(world: World) -> None:
    await world.record(1)
    await world.seal_all()
    before = await world.rows(EVERYTHING)
    for role in ROLES:
        for table, change in CHANGES.items():
            for statement in (change, f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await _as_role(world, role, statement)
    assert await world.rows(EVERYTHING) == before


async def test_even_the_owner_must_switch_off_a_trigger_to_change_the_ledger(world: World) -> None:
    await world.record(1)
    await world.seal_all()
    before = await world.rows(EVERYTHING)
    for change in CHANGES.values():
        with pytest.raises(asyncpg.PostgresError, match="append-only"):
            await world.superuser.execute(change)
    assert await world.rows(EVERYTHING) == before


async def test_only_the_sealer_writes_leaves_nodes_and_seals(world: World) -> None:
    for role in set(ROLES) - {"hub_sealer"}:
        for table in ("ledger_leaf", "ledger_node", "ledger_seal"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await _as_role(world, role, f"INSERT INTO {table} DEFAULT VALUES")


async def _as_role(world: World, role: str, statement: str) -> None:
    async with world.superuser.transaction():
        await world.superuser.execute(f"SET LOCAL ROLE {role}")
        await world.superuser.execute(statement)


def test_the_anchor_file_survives_a_torn_line_and_stays_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "anchors" / "anchors.ndjson"
    assert anchors.read(path) == []
    anchors.append(path, {"number": 1}, b"s")
    with path.open("ab") as file:
        file.write(b'{"number": 2, "sig')
    anchors.append(path, {"number": 3}, b"s")
    assert [(anchor.line, anchor.number) for anchor in anchors.read(path)] == [(1, 1), (2, 0), (3, 3)]
    monkeypatch.setattr(anchors, "MOST_BYTES", 4_000)
    monkeypatch.setattr(anchors, "NEWEST_LINES", 10)
    for number in range(4, 1_004):
        anchors.append(path, {"number": number}, b"s")
    numbers = [anchor.number for anchor in anchors.read(path)]
    assert path.stat().st_size < 8_000
    assert numbers[-10:] == list(range(994, 1_004))
    assert numbers == sorted(numbers)
