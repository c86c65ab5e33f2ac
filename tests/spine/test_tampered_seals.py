"""A superuser rewrites seals, cuts off the end, or writes a history anew: it is found and named."""

import json
from datetime import timedelta

import pytest

from hub import statements
from hub.findings import Kind
from hub.keyring import Keyring, Use
from tests.spine.tampering import Expected, Sealed, Tampering, Tamperings, assert_named, cut_off

tampering = Tamperings()


@tampering
async def the_root_of_a_seal(sealed: Sealed) -> list[Expected]:
    await sealed.tamper("UPDATE ledger_seal SET root = sha256('x') WHERE number = 2")
    return [
        Expected(Kind.FORGED, "seal 2 was changed or forged", seal=2),
        Expected(Kind.CHANGED, "seal 3 does not continue seal 2", seal=3),
        Expected(Kind.CHANGED, "seal 2 is not the one in line 2 of the anchor file", seal=2),
    ]


@tampering
async def the_time_of_a_seal(sealed: Sealed) -> list[Expected]:
    await sealed.tamper("UPDATE ledger_seal SET sealed_at = sealed_at - interval '1 day' WHERE number = 2")
    return [
        Expected(Kind.FORGED, "seal 2 was changed or forged", seal=2),
        Expected(Kind.CHANGED, "seal 2 claims to be older than seal 1", seal=2),
    ]


@tampering
async def the_frontier_of_the_last_seal(sealed: Sealed) -> list[Expected]:
    await sealed.tamper("UPDATE ledger_seal SET frontier = frontier[1:1] WHERE number = 4")
    return [Expected(Kind.CHANGED, "the frontier of seal 4 does not give its root", seal=4)]


@tampering
async def the_signature_of_a_seal(sealed: Sealed) -> list[Expected]:
    await sealed.tamper("UPDATE ledger_seal SET signature = sha256('x') || sha256('y') WHERE number = 3")
    return [Expected(Kind.FORGED, "seal 3 was changed or forged", seal=3)]


@tampering
async def the_signature_taken_from_another_seal(sealed: Sealed) -> list[Expected]:
    await sealed.tamper(
        """UPDATE ledger_seal SET signature = (SELECT signature FROM ledger_seal WHERE number = 2)
           WHERE number = 3"""
    )
    return [Expected(Kind.FORGED, "seal 3 was changed or forged", seal=3)]


@tampering
async def the_key_of_a_seal(sealed: Sealed) -> list[Expected]:
    """A seal signed anew with the forger's own key, and honest about it."""
    await _rewrite(sealed, 4, Keyring.generate(), sealed.world.hub.vault.keyring.origin)
    return [Expected(Kind.FORGED, "which this keyring does not hold", seal=4)]


@tampering
async def a_seal_deleted(sealed: Sealed) -> list[Expected]:
    await sealed.tamper("DELETE FROM ledger_seal WHERE number = 2")
    return [Expected(Kind.MISSING, "seal 2 is missing before seal 3", seal=2)]


@tampering
async def the_first_seals_deleted(sealed: Sealed) -> list[Expected]:
    await sealed.tamper("DELETE FROM ledger_seal WHERE number < 3")
    return [Expected(Kind.MISSING, "seals 1 to 2 are missing before seal 3", seal=1)]


@tampering
async def the_last_seal_deleted(sealed: Sealed) -> list[Expected]:
    await sealed.tamper("DELETE FROM ledger_seal WHERE number = 4")
    return [
        Expected(
            Kind.MISSING, "positions 8 to 10 stand under no seal: seal 4 is missing", position=8, seal=4
        ),
        Expected(Kind.MISSING, "the anchor file knows seal 4 over 11 entries: the end was cut off", seal=4),
    ]


@tampering
async def the_chain_closed_over_a_deleted_seal(sealed: Sealed) -> list[Expected]:
    """The seals behind the gap are numbered anew and chained to the one before it."""
    await sealed.tamper("DELETE FROM ledger_seal WHERE number = 3")
    await sealed.tamper("DELETE FROM ledger_leaf WHERE seal_number = 3")
    await sealed.tamper(
        """UPDATE ledger_seal SET number = 3, first_position = 5,
           previous = (SELECT previous FROM ledger_seal WHERE number = 4) WHERE number = 4"""
    )
    await sealed.tamper("UPDATE ledger_leaf SET seal_number = 3 WHERE seal_number = 4")
    return [
        Expected(Kind.FORGED, "seal 3 was changed or forged", seal=3),
        Expected(Kind.CHANGED, "seal 3 does not continue seal 2", seal=3),
        Expected(Kind.MISSING, "positions 5 to 7 are missing under seal 3", position=5),
        *(Expected(Kind.ADDED, "has no leaf", entry) for entry in sealed.entries[5:8]),
        Expected(Kind.MISSING, "the anchor file knows seal 4", seal=4),
    ]


@tampering
async def the_end_of_everything_cut_off(sealed: Sealed) -> list[Expected]:
    """Nothing in the database tells: only the file outside it does."""
    await cut_off(sealed, 3)
    return [
        Expected(
            Kind.MISSING, "ends with seal 2 and 5 entries, but the anchor file knows seal 4 over 11", seal=3
        )
    ]


@tampering
async def everything_deleted(sealed: Sealed) -> list[Expected]:
    await cut_off(sealed, 1)
    return [
        Expected(Kind.MISSING, "ends with seal 0 and 0 entries, but the anchor file knows seal 4", seal=1)
    ]


@tampering
async def the_end_cut_off_and_written_anew(sealed: Sealed) -> list[Expected]:
    """As a restored older copy does that went on: every row is genuine, but two histories exist."""
    await cut_off(sealed, 4)
    await sealed.world.record(3)
    await sealed.world.seal_all()
    return [
        Expected(Kind.CHANGED, "lines 4 and 5 of the anchor file hold two different seals 4", seal=4),
    ]


@tampering
async def a_history_written_anew_with_the_keyring_after_the_anchors(sealed: Sealed) -> list[Expected]:
    await _rewrite(sealed, 4, sealed.world.hub.vault.keyring, sealed.world.hub.vault.keyring.origin, days=1)
    return [Expected(Kind.CHANGED, "seal 4 is not the one in line 4 of the anchor file", seal=4)]


@tampering
async def a_seal_of_another_deployment(sealed: Sealed) -> list[Expected]:
    await _rewrite(sealed, 4, sealed.world.hub.vault.keyring, "another")
    return [Expected(Kind.FORGED, "seal 4 was changed or forged", seal=4)]


@tampering
async def a_line_of_the_anchor_file_forged(sealed: Sealed) -> list[Expected]:
    path = sealed.world.hub.settings.anchors
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], json.dumps({**json.loads(lines[1]), "size": 4}), *lines[2:], ""]))
    return [Expected(Kind.FORGED, "line 2 of the anchor file is not signed")]


async def _rewrite(sealed: Sealed, number: int, keyring: Keyring, origin: str, days: int = 0) -> None:
    row = dict(
        (
            await sealed.world.rows(
                "SELECT *, horizon::text::bigint AS horizon FROM ledger_seal WHERE number = $1", number
            )
        )[0]
    )
    row |= {"key_id": keyring.current(Use.SEAL).id, "sealed_at": row["sealed_at"] + timedelta(days=days)}
    signature = keyring.sign(statements.canonical(statements.seal_statement(row, origin)))
    sql = "UPDATE ledger_seal SET key_id = $2, signature = $3, sealed_at = $4 WHERE number = $1"
    await sealed.tamper(sql, number, row["key_id"], signature, row["sealed_at"])


@pytest.mark.parametrize("case", tampering, ids=lambda case: case.__name__)
async def test_the_tampering_is_found_and_named(sealed: Sealed, case: Tampering) -> None:
    await assert_named(sealed, await case(sealed))
