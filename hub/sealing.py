"""The sealer: batches committed ledger entries into one growing Merkle tree, and signs and chains its roots.

Writers never wait for it and never for each other. Which entries are ready is asked of PostgreSQL's snapshot,
not of ids or times, because transactions commit in another order than they take their numbers:

* Whatever the snapshot shows is committed, so it may be sealed, even while an older transaction is still
  open.
* The **horizon** of a seal is the oldest transaction that may still commit (or was left for the next batch):
  below it nothing is left to seal, so the next round looks from there on and skips what has a leaf.
* Within a batch, entries stand in the order of their sequence number. It is drawn when the act records, with
  its row locks held, so of two acts that waited for each other the earlier comes first.

Transaction ids restart when a dump is restored into another cluster. A seal names its cluster, so this is
noticed, and every entry without a leaf is sealed once, whatever its transaction id.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg
import structlog

from hub import anchors, statements
from hub.errors import Unready
from hub.keyring import Keyring, Use, is_signed
from hub.merkle import Frontier

if TYPE_CHECKING:
    from hub.act import Ask, Hub

LOCK = 0x7365616C6572  # "sealer" in ASCII
BATCH_ENTRIES = 5_000
WINDOWS_PER_BATCH = 10
NODE_LEVELS = 8
PAUSE_SECONDS, PAUSE_AFTER_TROUBLE_SECONDS = 0.5, 5.0
CHANNEL = "hub_sealed"

ENTRY_COLUMNS = """entry.id, entry.sequence, entry.xid::text::bigint AS xid, entry.act_id, entry.event,
    entry.subject, entry.actor_kind, entry.actor_id, entry.commitment, entry.detail_count,
    entry.recorded_at"""
SEAL_COLUMNS = """number, first_position, size, root, previous, frontier, horizon::text::bigint AS horizon,
    cluster, sealed_at, key_id, signature"""

LAST_SEAL = f"""
    SELECT (pg_control_system()).system_identifier::text AS cluster_now,
           pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest_open, last.*
    FROM (VALUES (1)) AS always LEFT JOIN LATERAL (
        SELECT {SEAL_COLUMNS} FROM ledger_seal ORDER BY number DESC LIMIT 1) AS last ON true
"""  # noqa: S608 column names of our own

# The look-up of a leaf is written so that it can only be an index probe per row: a plan that reads all leaves
# would suit the planner's estimate now and then, and be ruinous for a ledger of a hundred million entries.
SINCE_HORIZON = """
    SELECT id, sequence, xid FROM ledger_entry AS entry
    WHERE xid >= $1::text::xid8 AND xid < pg_snapshot_xmax(pg_current_snapshot())
      AND (SELECT position FROM ledger_leaf WHERE entry_id = entry.id) IS NULL
    ORDER BY xid, sequence LIMIT $2
"""
AFTER_RESTORE = """
    SELECT id, sequence, xid FROM ledger_entry AS entry
    WHERE $1::text IS NOT NULL AND $2::bigint IS NOT NULL
      AND NOT EXISTS (SELECT FROM ledger_leaf WHERE entry_id = entry.id)
"""
BATCH = f"""
    WITH ready AS MATERIALIZED ({{ready}}),
    batch AS MATERIALIZED (SELECT id, sequence FROM ready ORDER BY sequence LIMIT $3)
    SELECT {ENTRY_COLUMNS},
           pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest_open,
           (SELECT count(*) FROM ready) AS ready_count,
           (SELECT xid::text::bigint FROM ready ORDER BY xid DESC LIMIT 1) AS newest_ready,
           (SELECT xid::text::bigint FROM ready WHERE id NOT IN (SELECT id FROM batch)
            ORDER BY xid LIMIT 1) AS oldest_left
    FROM batch JOIN ledger_entry AS entry ON entry.id = batch.id ORDER BY entry.sequence
"""  # noqa: S608 column names of our own
INSERT_SEAL = """
    INSERT INTO ledger_seal (number, first_position, size, root, previous, frontier, horizon, cluster,
                             sealed_at, key_id, signature)
    VALUES ($1, $2, $3, $4, $5, $6, $7::text::xid8, $8, $9, $10, $11)
"""
# The database's instant, or the last seal's where its clock went back.
SEALED_AT = "SELECT greatest(clock_timestamp(), $1::timestamptz)"
BACKLOG = """
    SELECT count(*) AS unsealed,
           coalesce(extract(epoch FROM now() - min(recorded_at)), 0)::float AS oldest_seconds
    FROM ledger_entry AS entry
    WHERE xid >= coalesce((SELECT horizon FROM ledger_seal ORDER BY number DESC LIMIT 1), '0'::xid8)
      AND (SELECT position FROM ledger_leaf WHERE entry_id = entry.id) IS NULL
"""

Rows: TypeAlias = list[tuple[object, ...]]

log = structlog.get_logger(__name__)


class LedgerBroken(Exception):
    """The last seal is not one this deployment made: sealing stops rather than build on it."""


@dataclass(frozen=True, slots=True)
class Seal:
    """A signed root. `size` counts all entries up to and with this batch, which began at `first_position`."""

    number: int
    first_position: int
    size: int
    root: bytes
    sealed_at: datetime
    statement: dict[str, Any]
    signature: bytes
    more: bool


@dataclass(frozen=True, slots=True)
class Backlog:
    """Entries that wait for a seal, and for how long the oldest has."""

    unsealed: int
    oldest_seconds: float


async def seal_once(
    connection: asyncpg.Connection, keyring: Keyring, batch_entries: int = BATCH_ENTRIES
) -> Seal | None:
    """Seal one batch of what is ready; None if nothing is, or if another sealer is at it.

    connection: as role hub_sealer, outside any transaction. LedgerBroken if the last seal is not ours.
    """
    async with connection.transaction(isolation="read_committed"):
        # The lock comes before the first look: a snapshot taken earlier would not show what the other just
        # sealed.
        if not await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", LOCK):
            return None
        [last] = await connection.fetch(LAST_SEAL)
        entries = await _ready(connection, last, batch_entries)
        if not entries:
            return None
        return await _seal(connection, keyring, last, entries, batch_entries)


async def run_sealer(hub: Hub, stop: asyncio.Event) -> None:
    """Seal until stopped: every half second, at once while there is more, and again after trouble."""
    while not stop.is_set():
        try:
            async with hub.database.sealer() as connection:
                await _seal_until(stop, connection, hub)
        except Exception as trouble:  # noqa: BLE001 drivers fail in many ways, and a sealer that ends seals nothing
            ours = isinstance(trouble, LedgerBroken | Unready)
            log.warning("sealing_waits", error=type(trouble).__name__, reason=str(trouble) if ours else None)
            await _pause(stop, PAUSE_AFTER_TROUBLE_SECONDS)


async def backlog(ask: Ask) -> Backlog:
    """Count what waits for a seal."""
    row = await ask.row(BACKLOG)
    return Backlog(row["unsealed"], row["oldest_seconds"]) if row else Backlog(0, 0.0)


async def _seal_until(stop: asyncio.Event, connection: asyncpg.Connection, hub: Hub) -> None:
    while not stop.is_set():
        seal = await seal_once(connection, hub.vault.keyring)
        if seal is not None:
            anchors.append(hub.settings.anchors, seal.statement, seal.signature)
        if seal is None or not seal.more:
            await _pause(stop, PAUSE_SECONDS)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


async def _ready(
    connection: asyncpg.Connection, last: asyncpg.Record, batch_entries: int
) -> list[asyncpg.Record]:
    if was_restored(last):
        await connection.execute("SET LOCAL statement_timeout = 0")
        return await connection.fetch(BATCH.format(ready=AFTER_RESTORE), "", 0, batch_entries)
    window, horizon = batch_entries * WINDOWS_PER_BATCH, str(last["horizon"] or 0)
    return await connection.fetch(BATCH.format(ready=SINCE_HORIZON), horizon, window, batch_entries)


def was_restored(last: asyncpg.Record) -> bool:
    """Whether the last horizon means nothing here: its transaction ids are another cluster's or went back."""
    return last["number"] is not None and (
        last["cluster"] != last["cluster_now"] or last["oldest_open"] < last["horizon"]
    )


async def _seal(
    connection: asyncpg.Connection,
    keyring: Keyring,
    last: asyncpg.Record,
    entries: list[asyncpg.Record],
    batch_entries: int,
) -> Seal:
    tree, number = _continue(keyring, last), (last["number"] or 0) + 1
    first_position = tree.size
    leaves, nodes = _grow(tree, entries, number)
    sealed_at = await connection.fetchval(SEALED_AT, last["sealed_at"])
    row: dict[str, Any] = {
        "number": number,
        "first_position": first_position,
        "size": tree.size,
        "root": tree.root(),
        "previous": _previous(keyring, last),
        "sealed_at": sealed_at,
        "key_id": keyring.current(Use.SEAL).id,
        **_reach(last, entries, batch_entries),
    }
    statement = statements.seal_statement(row, keyring.origin)
    signature = keyring.sign(statements.canonical(statement))
    await _store(connection, {**row, "frontier": tree.peaks, "signature": signature}, leaves, nodes)
    more = entries[0]["ready_count"] > len(entries)
    return Seal(number, first_position, tree.size, tree.root(), sealed_at, statement, signature, more)


def _grow(tree: Frontier, entries: list[asyncpg.Record], number: int) -> tuple[Rows, Rows]:
    """Append the entries to the tree; returns the rows of leaves and of the nodes that are kept."""
    leaves: Rows = []
    nodes: Rows = []
    for entry in entries:
        leaf = statements.entry_leaf(entry)
        leaves.append((tree.size, entry["id"], leaf, number))
        nodes += [node for node in tree.add(leaf) if node[0] % NODE_LEVELS == 0]
    return leaves, nodes


def _continue(keyring: Keyring, last: asyncpg.Record) -> Frontier:
    """Resume the tree where the last seal left it, once that seal has been checked."""
    if last["number"] is None:
        return Frontier()
    statement = statements.canonical(statements.seal_statement(last, keyring.origin))
    key = keyring.seal_keys.get(last["key_id"], b"")
    if not is_signed(statement, last["signature"], key):
        message = f"seal {last['number']} is not signed by this keyring: run `hub ledger verify`"
        raise LedgerBroken(message)
    try:
        tree = Frontier(last["size"], last["frontier"])
    except ValueError:
        tree = Frontier()
    if tree.root() != last["root"]:
        message = f"the frontier of seal {last['number']} does not give its root: run `hub ledger verify`"
        raise LedgerBroken(message)
    return tree


def _previous(keyring: Keyring, last: asyncpg.Record) -> bytes:
    if last["number"] is None:
        return statements.FIRST_PREVIOUS
    return statements.seal_hash(statements.seal_statement(last, keyring.origin))


def _reach(last: asyncpg.Record, entries: list[asyncpg.Record], batch: int) -> dict[str, Any]:
    """Say how far this seal reaches: below its horizon nothing is left to seal."""
    facts = entries[0]
    if was_restored(last):
        if facts["oldest_left"] is not None:
            return {"horizon": last["horizon"], "cluster": last["cluster"]}
        return {"horizon": facts["oldest_open"], "cluster": last["cluster_now"]}
    limits = [facts["oldest_open"]]
    if facts["oldest_left"] is not None:
        limits.append(facts["oldest_left"])
    if facts["ready_count"] == batch * WINDOWS_PER_BATCH:
        limits.append(facts["newest_ready"])  # beyond the window there may be more of that transaction
    return {"horizon": min(limits), "cluster": last["cluster_now"]}


async def _store(connection: asyncpg.Connection, row: dict[str, Any], leaves: Rows, nodes: Rows) -> None:
    names = ("number", "first_position", "size", "root", "previous", "frontier")
    await connection.execute(
        INSERT_SEAL,
        *(row[name] for name in names),
        str(row["horizon"]),
        *(row[name] for name in ("cluster", "sealed_at", "key_id", "signature")),
    )
    columns = ["position", "entry_id", "leaf_hash", "seal_number"]
    await connection.copy_records_to_table("ledger_leaf", columns=columns, records=leaves)
    await connection.copy_records_to_table("ledger_node", columns=["level", "index", "hash"], records=nodes)
    await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, json.dumps({"number": str(row["number"])}))
