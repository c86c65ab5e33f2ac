"""What verifying says of a ledger that is whole, thinned by retention, or damaged many times over."""

import pytest

from hub.act import Hub
from hub.findings import Kind
from hub.keyring import Keyring, Use
from hub.vault import Vault
from hub.verification import verify_ledger
from tests.spine.tampering import Sealed, cut_off
from tests.spine.world import World


async def test_inner_nodes_changed_removed_or_added_are_named(world: World) -> None:
    await world.record_together(600)
    await world.seal_all(100)
    assert await world.value("SELECT count(*) FROM ledger_node") == 2
    assert (await world.verify()).ok
    await world.tamper("UPDATE ledger_node SET hash = sha256('x') WHERE index = 0")
    await world.tamper("DELETE FROM ledger_node WHERE index = 1")
    await world.tamper("INSERT INTO ledger_node VALUES (8, 2, sha256('x')), (3, 1, sha256('x'))")
    changed = "the node over positions 0 to 255 (level 8, index 0) is not what its leaves give"
    texts = [finding.text for finding in (await world.verify()).findings]
    assert texts == [
        f"{changed}: it or one of them was changed",
        "the node over positions 256 to 511 (level 8, index 1) is missing",
        "the node of level 3, index 1 stands over no sealed entries",
        "the node of level 8, index 2 stands over no sealed entries",
    ]


async def test_one_finding_is_not_repeated_by_every_seal_behind_it(world: World) -> None:
    for _ in range(12):
        await world.record(2)
        await world.seal_all()
    await world.tamper("UPDATE ledger_leaf SET leaf_hash = sha256('x') WHERE position = 3")
    assert [finding.kind for finding in (await world.verify()).findings] == [Kind.CHANGED, Kind.CHANGED]


async def test_a_flood_of_findings_is_counted_and_not_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.findings.MOST_FINDINGS", 5)
    await world.record(20)
    await world.seal_all()
    await world.tamper("UPDATE ledger_entry SET event = 'x'")
    report = await world.verify()
    assert (len(report.findings), report.further_findings) == (5, 15)
    assert "and 15 more" in report.to_text()


async def test_retention_and_erasure_leave_a_ledger_that_verifies(sealed: Sealed) -> None:
    world = sealed.world
    async with world.superuser.transaction():
        await world.superuser.execute("SET LOCAL ROLE hub_retention")
        await world.superuser.execute(
            "UPDATE ledger_detail SET body = NULL, emptied_at = now() WHERE entry_id = $1", sealed.entries[5]
        )
    await world.tamper("DELETE FROM keys.customer_key WHERE customer_id = $1", world.customers[1])
    report = await world.verify()
    assert report.ok, report.to_text()
    assert (report.removed, report.unreadable) == (1, 1)


async def test_without_an_anchor_file_the_report_says_what_it_cannot_see(sealed: Sealed) -> None:
    sealed.world.hub.settings.anchors.unlink()
    await cut_off(sealed, 4)
    report = await sealed.world.verify()
    assert report.ok
    assert "no anchor file" in report.to_text()


async def test_what_waits_for_the_sealer_is_not_called_added(sealed: Sealed) -> None:
    await sealed.world.record(2)
    report = await sealed.world.verify()
    assert report.ok
    assert report.waiting == 2


async def test_rotated_seal_keys_leave_old_seals_valid_and_a_foreign_keyring_none(sealed: Sealed) -> None:
    hub = sealed.world.hub
    hub.vault = Vault(hub.vault.keyring.rotated(Use.SEAL))
    await sealed.world.record(1)
    await sealed.world.seal_all()
    assert (await sealed.world.verify()).ok
    assert len({row["key_id"] for row in await sealed.world.rows("SELECT key_id FROM ledger_seal")}) == 2
    hub.vault = Vault(Keyring.generate())
    assert sum(finding.kind is Kind.FORGED for finding in (await sealed.world.verify()).findings) == 10


async def test_an_empty_ledger_is_whole(fresh_hub: Hub) -> None:
    report = await verify_ledger(fresh_hub)
    assert report.ok
    assert (report.size, report.root) == (0, b"")
