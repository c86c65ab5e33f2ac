"""A superuser rewrites entries, details and leaves in every way: each row is found and named."""

from uuid import uuid4

import pytest

from hub import merkle, statements
from hub.findings import Kind
from tests.spine.tampering import Expected, Sealed, Tampering, Tamperings, assert_named

tampering = Tamperings()


@tampering
async def an_entrys_own_id(sealed: Sealed) -> list[Expected]:
    other = uuid4()
    await sealed.tamper("UPDATE ledger_entry SET id = $2 WHERE id = $1", sealed.entries[5], other)
    return [
        Expected(Kind.MISSING, "was deleted", sealed.entries[5], 5, 3),
        Expected(Kind.ADDED, "has no leaf", other),
        Expected(Kind.ADDED, "does not exist", sealed.entries[5]),
    ]


@tampering
async def the_body_of_a_detail(sealed: Sealed) -> list[Expected]:
    change = "SET body = set_byte(body, 40, get_byte(body, 40) # 1)"
    await sealed.tamper(f"UPDATE ledger_detail {change} WHERE entry_id = $1", sealed.entries[5])
    return [Expected(Kind.CHANGED, "detail 0 of entry", sealed.entries[5])]


@tampering
async def the_body_of_a_detail_by_someone_with_the_keyring(sealed: Sealed) -> list[Expected]:
    entry = sealed.entries[0]
    forged = statements.detail_bytes(statements.new_salt(), {"event": "x"})
    body = sealed.world.hub.vault.seal_own("ledger_detail", "body", f"{entry}/0", forged)
    await sealed.tamper("UPDATE ledger_detail SET body = $2 WHERE entry_id = $1", entry, body)
    return [Expected(Kind.CHANGED, "detail 0 of entry", entry)]


@tampering
async def the_body_and_leaf_of_a_detail_by_someone_with_the_keyring(sealed: Sealed) -> list[Expected]:
    entry = sealed.entries[0]
    forged = statements.detail_bytes(statements.new_salt(), {"event": "x"})
    body = sealed.world.hub.vault.seal_own("ledger_detail", "body", f"{entry}/0", forged)
    sql = "UPDATE ledger_detail SET body = $2, leaf_hash = $3 WHERE entry_id = $1"
    await sealed.tamper(sql, entry, body, merkle.leaf_hash(forged))
    return [Expected(Kind.CHANGED, "do not give what it committed to", entry)]


@tampering
async def two_details_swapped_between_their_customers(sealed: Sealed) -> list[Expected]:
    await sealed.tamper(
        """UPDATE ledger_detail AS a SET body = b.body FROM ledger_detail AS b
           WHERE a.entry_id = $1 AND b.entry_id = $1 AND a.index < 2 AND b.index = 1 - a.index""",
        sealed.crowd,
    )
    return [
        Expected(Kind.CHANGED, "detail 0 of entry", sealed.crowd),
        Expected(Kind.CHANGED, "detail 1 of entry", sealed.crowd),
    ]


@tampering
async def a_detail_given_to_another_customer(sealed: Sealed) -> list[Expected]:
    sql = "UPDATE ledger_detail SET subject = $2 WHERE entry_id = $1"
    await sealed.tamper(sql, sealed.entries[5], sealed.world.customers[1])
    return [Expected(Kind.CHANGED, "detail 0 of entry", sealed.entries[5])]


@tampering
async def a_detail_deleted(sealed: Sealed) -> list[Expected]:
    await sealed.tamper("DELETE FROM ledger_detail WHERE entry_id = $1 AND index = 1", sealed.crowd)
    return [Expected(Kind.MISSING, "detail 1 of entry", sealed.crowd)]


@tampering
async def all_details_of_an_entry_deleted(sealed: Sealed) -> list[Expected]:
    await sealed.tamper("DELETE FROM ledger_detail WHERE entry_id = $1", sealed.crowd)
    return [Expected(Kind.MISSING, "details 0 to 2 of entry", sealed.crowd)]


@tampering
async def a_detail_added(sealed: Sealed) -> list[Expected]:
    await sealed.tamper(
        """INSERT INTO ledger_detail
           SELECT entry_id, 7, subject, leaf_hash, body FROM ledger_detail WHERE entry_id = $1""",
        sealed.entries[5],
    )
    return [Expected(Kind.ADDED, "detail 7 was added to entry", sealed.entries[5])]


@tampering
async def an_entry_deleted(sealed: Sealed) -> list[Expected]:
    await sealed.tamper("DELETE FROM ledger_entry WHERE id = $1", sealed.entries[5])
    return [
        Expected(Kind.MISSING, "was deleted", sealed.entries[5], 5, 3),
        Expected(Kind.ADDED, "detail 0 belongs to entry", sealed.entries[5]),
    ]


@tampering
async def an_entry_with_everything_of_it_deleted(sealed: Sealed) -> list[Expected]:
    for sql in ("DELETE FROM ledger_entry WHERE id = $1", "DELETE FROM ledger_detail WHERE entry_id = $1",
                "DELETE FROM ledger_leaf WHERE entry_id = $1"):  # fmt: skip
        await sealed.tamper(sql, sealed.entries[5])
    return [Expected(Kind.MISSING, "position 5 is missing under seal 3", position=5, seal=3)]


@tampering
async def the_last_entry_under_a_seal_with_everything_of_it_deleted(sealed: Sealed) -> list[Expected]:
    for sql in ("DELETE FROM ledger_entry WHERE id = $1", "DELETE FROM ledger_detail WHERE entry_id = $1",
                "DELETE FROM ledger_leaf WHERE entry_id = $1"):  # fmt: skip
        await sealed.tamper(sql, sealed.entries[7])
    return [Expected(Kind.MISSING, "position 7 is missing under seal 3", position=7, seal=3)]


@tampering
async def a_leaf_deleted(sealed: Sealed) -> list[Expected]:
    await sealed.tamper("DELETE FROM ledger_leaf WHERE position IN (5, 6)")
    return [
        Expected(Kind.MISSING, "positions 5 to 6 are missing under seal 3", position=5, seal=3),
        Expected(Kind.ADDED, "has no leaf", sealed.entries[5]),
        Expected(Kind.ADDED, "has no leaf", sealed.entries[6]),
    ]


@tampering
async def an_entry_slipped_in_among_old_ones(sealed: Sealed) -> list[Expected]:
    added = uuid4()
    await sealed.tamper(
        """INSERT INTO ledger_entry OVERRIDING SYSTEM VALUE
           SELECT $2, 0, xid, act_id, event, subject, actor_kind, actor_id, commitment, detail_count,
                  recorded_at
           FROM ledger_entry WHERE id = $1""",
        sealed.entries[5],
        added,
    )
    await sealed.tamper(
        "INSERT INTO ledger_detail (entry_id, index, leaf_hash, body) VALUES ($1, 0, sha256('x'), 'x')", added
    )
    return [Expected(Kind.ADDED, "was added later, or its leaf was deleted", added)]


@tampering
async def an_entry_slipped_in_with_a_leaf_in_a_sealed_place(sealed: Sealed) -> list[Expected]:
    """The new entry takes the place of an old one, its leaf's hash made right."""
    row = dict(
        (
            await sealed.world.rows(
                "SELECT *, xid::text::bigint AS xid FROM ledger_entry WHERE id = $1", sealed.entries[5]
            )
        )[0]
    )
    row["event"] = "choice.given"
    await sealed.tamper("UPDATE ledger_entry SET event = 'choice.given' WHERE id = $1", sealed.entries[5])
    await sealed.tamper(
        "UPDATE ledger_leaf SET leaf_hash = $1 WHERE position = 5", statements.entry_leaf(row)
    )
    return [Expected(Kind.CHANGED, "among positions 5 to 7 one was changed", position=5, seal=3)]


@tampering
async def a_leaf_appended_under_the_last_seal(sealed: Sealed) -> list[Expected]:
    await sealed.world.record(1)
    newest = "FROM ledger_entry ORDER BY sequence DESC LIMIT 1"
    await sealed.tamper(f"INSERT INTO ledger_leaf SELECT 11, id, sha256('x'), 4 {newest}")
    return [Expected(Kind.MISSING, "positions 11 to 11 stand under no seal", position=11)]


@tampering
async def two_leaves_swapped(sealed: Sealed) -> list[Expected]:
    await _swap(sealed, 5, 6)
    return [
        Expected(Kind.MOVED, "is out of order", sealed.entries[5], 6, 3),
        Expected(Kind.CHANGED, "do not give the root of seal 3", seal=3),
    ]


@tampering
async def two_leaves_swapped_across_seals(sealed: Sealed) -> list[Expected]:
    await _swap(sealed, 5, 9)
    return [
        Expected(Kind.CHANGED, "do not give the root of seal 3", seal=3),
        Expected(Kind.CHANGED, "do not give the root of seal 4", seal=4),
    ]


async def _swap(sealed: Sealed, first: int, second: int) -> None:
    for old, new in ((first, -1), (second, first), (-1, second)):
        await sealed.tamper("UPDATE ledger_leaf SET position = $2 WHERE position = $1", old, new)
    await sealed.tamper(
        "UPDATE ledger_leaf SET seal_number = CASE WHEN position < 8 THEN 3 ELSE 4 END WHERE position > 4"
    )


@tampering
async def the_hash_of_a_leaf(sealed: Sealed) -> list[Expected]:
    await sealed.tamper("UPDATE ledger_leaf SET leaf_hash = sha256('x') WHERE position = 5")
    return [Expected(Kind.CHANGED, "does not give its leaf's hash", sealed.entries[5], 5, 3)]


@tampering
async def a_leaf_moved_to_another_seal(sealed: Sealed) -> list[Expected]:
    await sealed.tamper("UPDATE ledger_leaf SET seal_number = 2 WHERE position = 5")
    return [Expected(Kind.MOVED, "belongs to seal 3 and claims seal 2", position=5, seal=3)]


@tampering
async def a_data_key_swapped_for_another(sealed: Sealed) -> list[Expected]:
    customer = sealed.world.customers[2]
    wrapped = sealed.world.hub.vault.new_customer_key(customer)
    await sealed.tamper("UPDATE keys.customer_key SET wrapped = $2 WHERE customer_id = $1", customer, wrapped)
    return [Expected(Kind.CHANGED, "detail 2 of entry", sealed.crowd)]


@pytest.mark.parametrize("case", tampering, ids=lambda case: case.__name__)
async def test_the_tampering_is_found_and_named(sealed: Sealed, case: Tampering) -> None:
    await assert_named(sealed, await case(sealed))


FIELDS = {
    "event": "'choice.given'",
    "subject": "gen_random_uuid()",
    "actor_kind": "'partner'",
    "actor_id": "gen_random_uuid()",
    "act_id": "gen_random_uuid()",
    "recorded_at": "recorded_at - interval '1 microsecond'",
    "xid": "'7'::xid8",
    "detail_count": "2",
    "commitment": "sha256('x')",
}


# No statement updates a column that the database numbers by itself.
SEQUENCE = """
    WITH gone AS (DELETE FROM ledger_entry WHERE id = $1 RETURNING *)
    INSERT INTO ledger_entry OVERRIDING SYSTEM VALUE
    SELECT id, sequence + 100, xid, act_id, event, subject, actor_kind, actor_id, commitment, detail_count, recorded_at
    FROM gone
"""


@pytest.mark.parametrize("column", [*FIELDS, "sequence"])
async def test_any_changed_field_of_an_entry_is_named(sealed: Sealed, column: str) -> None:
    entry = sealed.entries[5]
    change = f"UPDATE ledger_entry SET {column} = {FIELDS.get(column)} WHERE id = $1"
    await sealed.tamper(SEQUENCE if column == "sequence" else change, entry)
    report = await sealed.world.verify()
    assert Expected(Kind.CHANGED, "was changed", entry, 5, 3).fits(report.findings[0])
    assert {finding.entry for finding in report.findings} <= {str(entry), str(sealed.entries[6])}
