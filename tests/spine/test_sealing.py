"""The sealer, against transactions that commit in any order, restores and forged seals."""

import asyncio
import random
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from hub import merkle, sealing
from hub.actors import OPERATOR, Operation
from hub.sealing import LedgerBroken, seal_once
from tests.spine.world import RECORDING, World


async def test_every_entry_is_sealed_once_in_the_order_recorded(world: World) -> None:
    ids = [*await world.record(5), *await world.record(4)]
    seal = await world.seal()
    assert seal is not None
    assert (seal.number, seal.first_position, seal.size, seal.more) == (1, 0, 9, False)
    assert [
        row["entry_id"] for row in await world.rows("SELECT entry_id FROM ledger_leaf ORDER BY position")
    ] == ids
    assert await world.seal() is None
    await world.record(2)
    assert [(seal.number, seal.size) for seal in await world.seal_all()] == [(2, 11)]
    await world.assert_all_sealed_once()


async def test_an_open_transaction_delays_nobody_and_is_sealed_when_it_commits(world: World) -> None:
    async with world.hub.act(OPERATOR, RECORDING) as slow:
        await slow.record("slow.began")
        quick = await world.record(3)
        assert [seal.size for seal in await world.seal_all()] == [3]
        await world.record(1)
        assert [seal.size for seal in await world.seal_all()] == [4]
        assert (await world.verify()).ok
    assert [seal.size for seal in await world.seal_all()] == [5]
    leaves = await world.rows("SELECT entry_id FROM ledger_leaf ORDER BY position")
    assert [leaf["entry_id"] for leaf in leaves[:3]] == quick
    await world.assert_all_sealed_once()


async def test_what_was_rolled_back_is_never_sealed(world: World) -> None:
    await world.roll_back_an_act()
    await world.record(1)
    assert [seal.size for seal in await world.seal_all()] == [1]
    await world.assert_all_sealed_once()


async def test_of_two_acts_that_waited_for_each_other_the_earlier_comes_first(world: World) -> None:
    """The later act took its transaction id first: only the order of recording is true."""
    await world.add_customers(1)
    lock = "SELECT FROM keys.customer_key FOR UPDATE"
    async with AsyncExitStack() as later_ends:
        later = await later_ends.enter_async_context(world.hub.act(OPERATOR, RECORDING))
        await later.execute("SELECT pg_current_xact_id()")
        async with world.hub.act(OPERATOR, RECORDING) as earlier:
            await earlier.execute(lock)
            waiting = asyncio.create_task(later.execute(lock))
            await asyncio.sleep(0.05)
            first = await earlier.record("consent.given")
        await waiting
        second = await later.record("consent.withdrawn")
    xids = {
        row["id"]: row["xid"]
        for row in await world.rows("SELECT id, xid::text::bigint AS xid FROM ledger_entry")
    }
    assert xids[second] < xids[first]
    await world.seal_all(1)
    leaves = await world.rows("SELECT entry_id, position FROM ledger_leaf")
    positions = {leaf["entry_id"]: leaf["position"] for leaf in leaves}
    assert positions[first] < positions[second]
    await world.assert_all_sealed_once()


@pytest.mark.parametrize("seed", range(4))
async def test_transactions_in_any_order_and_batches_of_any_size_leave_no_gap(
    world: World, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 a seeded plan, not a secret
    opened: list[AsyncExitStack] = []
    sealed = 0
    for _ in range(60):
        match chance.choice(["open", "open", "commit", "roll back", "seal"]):
            case "open" if len(opened) < 8:
                stack = AsyncExitStack()
                act = await stack.enter_async_context(world.hub.act(OPERATOR, RECORDING))
                for number in range(chance.choice([1, 1, 3])):
                    await act.record("something.happened", number=number)
                opened.append(stack)
            case "commit" if opened:
                await opened.pop(chance.randrange(len(opened))).aclose()
            case "roll back" if opened:
                await opened.pop(chance.randrange(len(opened))).__aexit__(RuntimeError, RuntimeError(), None)
            case _:
                seal = await world.seal(chance.choice([1, 2, 50]))
                sealed += seal is not None
                assert (await world.verify()).ok
    for stack in opened:
        await stack.aclose()
    await world.seal_all(chance.choice([1, 3, 100]))
    assert sealed > 3
    await world.assert_all_sealed_once()


async def test_any_two_sealed_roots_are_consistent(world: World) -> None:
    for batch in (1, 4, 2, 9, 1):
        await world.record(batch)
        await world.seal_all()
    rows = await world.rows("SELECT leaf_hash FROM ledger_leaf ORDER BY position")
    leaves = [row["leaf_hash"] for row in rows]
    seals = await world.rows("SELECT size, root FROM ledger_seal ORDER BY number")
    assert len(seals) == 5
    for first in seals:
        for second in seals:
            if first["size"] <= second["size"]:
                path = merkle.consistency_path(leaves[: second["size"]], first["size"])
                assert merkle.verify_consistency(
                    first["size"], second["size"], path, first["root"], second["root"]
                )


async def test_sealed_time_never_goes_back(world: World) -> None:
    await world.record(1)
    first = await world.seal()
    assert first is not None
    await world.forge_seal(1, sealed_at=first.sealed_at + timedelta(days=1))
    await world.record(1)
    second = await seal_once(world.sealer, world.hub.vault.keyring)
    assert second is not None
    assert second.sealed_at == first.sealed_at + timedelta(days=1)


async def test_a_dump_restored_into_another_cluster_is_sealed_on(world: World) -> None:
    """There transaction ids begin anew: rows carry ids that it has not reached, or reached long ago."""
    await world.record(3)
    await world.seal_all()
    left = await world.record(4)
    await world.tamper("UPDATE ledger_entry SET xid = '900000000000'::xid8 WHERE id = ANY ($1)", left[:2])
    await world.tamper("UPDATE ledger_entry SET xid = '5'::xid8 WHERE id = ANY ($1)", left[2:])
    await world.forge_seal(1, cluster="another", horizon=800_000_000_000)
    (world.hub.settings.anchors).unlink()
    assert (await world.verify()).waiting == 4
    assert [seal.size for seal in await world.seal_all(3)] == [6, 7]
    assert await world.value("SELECT cluster FROM ledger_seal WHERE number = 2") == "another"
    assert await world.value("SELECT cluster FROM ledger_seal WHERE number = 3") != "another"
    await world.record(2)
    assert [seal.size for seal in await world.seal_all()] == [9]
    await world.assert_all_sealed_once()


async def test_transaction_ids_that_went_back_are_noticed_too(world: World) -> None:
    await world.record(3)
    await world.seal_all()
    await world.forge_seal(1, horizon=800_000_000_000)
    await world.record(2)
    assert [seal.size for seal in await world.seal_all()] == [5]
    assert (
        await world.value("SELECT horizon::text::bigint FROM ledger_seal WHERE number = 2") < 800_000_000_000
    )
    (world.hub.settings.anchors).unlink()
    await world.assert_all_sealed_once()


FORGERIES = [
    "UPDATE ledger_seal SET root = sha256('x')",
    "UPDATE ledger_seal SET size = size + 1",
    "UPDATE ledger_seal SET signature = sha256('x') || sha256('y')",
    "UPDATE ledger_seal SET key_id = 'seal-00000000'",
    "UPDATE ledger_seal SET frontier = ARRAY[sha256('x')]",
]


@pytest.mark.parametrize("change", FORGERIES)
async def test_the_sealer_does_not_build_on_a_forged_seal(world: World, change: str) -> None:
    await world.record(4)
    await world.seal_all()
    await world.tamper(change)
    await world.record(1)
    with pytest.raises(LedgerBroken, match="hub ledger verify"):
        await world.seal()
    assert await world.value("SELECT count(*) FROM ledger_seal") == 1
    assert await world.value("SELECT count(*) FROM ledger_leaf") == 4


async def test_the_backlog_counts_what_waits(world: World) -> None:
    await world.record(3)
    async with world.hub.ask(OPERATOR, Operation.CATALOGUE_READ) as ask:
        waiting = await sealing.backlog(ask)
    assert waiting.unsealed == 3
    assert 0 <= waiting.oldest_seconds < 60
    await world.seal_all()
    async with world.hub.ask(OPERATOR, Operation.CATALOGUE_READ) as ask:
        assert await sealing.backlog(ask) == sealing.Backlog(0, 0.0)
