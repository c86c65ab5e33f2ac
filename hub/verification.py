"""`hub ledger verify`: recompute the whole ledger, and name each row that was changed, lost, added or moved.

One read-only snapshot is read as streams in order of position, so memory stays flat as the ledger grows.
What is trusted lies outside the database: the keyring's seal keys, and the anchor file of earlier roots.

A seal whose entries do not give its root is reported once; the check resumes behind it from the signed
state, so that one wrong row does not make every later seal look wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hub import anchors, statements
from hub.evidence import Details
from hub.findings import Kind, Report
from hub.keyring import is_signed
from hub.merkle import Frontier
from hub.sealing import ENTRY_COLUMNS, LAST_SEAL, NODE_LEVELS, SEAL_COLUMNS, was_restored

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    import asyncpg

    from hub.act import Hub
    from hub.anchors import Anchor
    from hub.statements import Row
    from hub.vault import Vault

CHUNK_ROWS = 1_000

SEALS = f"SELECT {SEAL_COLUMNS} FROM ledger_seal ORDER BY number"  # noqa: S608 column names of our own
LEAVES = f"""
    SELECT leaf.position, leaf.entry_id, leaf.leaf_hash, leaf.seal_number, {ENTRY_COLUMNS}
    FROM ledger_leaf AS leaf LEFT JOIN ledger_entry AS entry ON entry.id = leaf.entry_id
    ORDER BY leaf.position
"""  # noqa: S608 column names of our own
UNSEALED = f"""
    SELECT {ENTRY_COLUMNS}, entry.xid >= pg_snapshot_xmax(pg_current_snapshot()) AS is_from_the_future
    FROM ledger_entry AS entry
    WHERE NOT EXISTS (SELECT FROM ledger_leaf WHERE entry_id = entry.id) ORDER BY entry.sequence
"""  # noqa: S608 column names of our own
NODES = """
    SELECT wanted.level, wanted.index, node.hash
    FROM unnest($1::smallint[], $2::bigint[]) AS wanted (level, index)
    LEFT JOIN ledger_node AS node USING (level, index)
"""
STRAY_NODES = """
    SELECT level, index FROM ledger_node
    WHERE level % $1::int <> 0 OR level = 0 OR ((index + 1)::numeric * 2::numeric ^ level) > $2
    ORDER BY level, index
"""


async def verify_ledger(hub: Hub) -> Report:
    """Verify the ledger of this hub against its keyring and its anchor file."""
    known = anchors.read(
        hub.settings.anchors
    )  # before the snapshot: no anchor may be newer than what is read
    async with hub.database.reading() as session, session.connection() as connection:
        return await verify(connection, hub.vault, known)


async def verify(connection: asyncpg.Connection, vault: Vault, known: Sequence[Anchor] = ()) -> Report:
    """Verify what a repeatable-read transaction shows; it must be allowed to read ledger and wrapped keys."""
    await connection.execute("SET LOCAL statement_timeout = 0")
    return await _Verification(connection, vault, known).run()


class _Verification:
    """One run: the streams, the tree as far as it is rebuilt (None where that is unknown), and the report."""

    def __init__(self, connection: asyncpg.Connection, vault: Vault, known: Sequence[Anchor]) -> None:
        self._connection = connection
        self._keyring = vault.keyring
        self._report = Report(anchors=len(known))
        self._find = self._report.find
        self._history = anchors.History(known, vault.keyring.seal_keys, self._report)
        self._details = Details(connection, vault, self._report)
        self._leaves = _Leaves(connection)
        self._tree: Frontier | None = Frontier()
        self._nodes: list[tuple[int, int, bytes]] = []
        self._last: asyncpg.Record | None = None
        self._statement: dict[str, Any] = {}

    async def run(self) -> Report:
        async for seal in _stream(self._connection, SEALS):
            await self._check_seal(seal)
        await self._beyond_the_last_seal()
        await self._compare_nodes()
        await self._stray_rows()
        await self._unsealed()
        self._history.end(self._last["number"] if self._last else 0)
        return self._report

    async def _check_seal(self, seal: asyncpg.Record) -> None:
        self._report.seals += 1
        statement = statements.seal_statement(seal, self._keyring.origin)
        trusted = self._is_signed(seal, statement) & self._has_frontier(seal)
        if seal["number"] == (self._last["number"] + 1 if self._last else 1):
            self._check_chain(seal)
        else:
            await self._missing_seals(seal)
        await self._check_leaves(seal)
        self._check_root(seal, trusted=trusted)
        self._history.compare(seal["number"], statement)
        self._last, self._statement = seal, statement
        self._report.size, self._report.root = seal["size"], seal["root"]

    def _is_signed(self, seal: asyncpg.Record, statement: dict[str, Any]) -> bool:
        number, key = seal["number"], self._keyring.seal_keys.get(seal["key_id"])
        if key is None:
            text = f"seal {number} names the key {seal['key_id']}, which this keyring does not hold"
        elif not is_signed(statements.canonical(statement), seal["signature"], key):
            text = f"seal {number} was changed or forged: its signature does not fit what it says"
        else:
            return True
        self._find(Kind.FORGED, text, seal=number)
        return False

    def _has_frontier(self, seal: asyncpg.Record) -> bool:
        try:
            if Frontier(seal["size"], seal["frontier"]).root() == seal["root"]:
                return True
        except ValueError:
            pass
        self._find(
            Kind.CHANGED, f"the frontier of seal {seal['number']} does not give its root", seal=seal["number"]
        )
        return False

    async def _missing_seals(self, seal: asyncpg.Record) -> None:
        """Name the seals that should come before this one, and go on behind their entries."""
        number, expected = seal["number"], self._last["number"] + 1 if self._last else 1
        gone = f"seal {expected} is" if number == expected + 1 else f"seals {expected} to {number - 1} are"
        self._find(Kind.MISSING, f"{gone} missing before seal {number}", seal=expected)
        self._tree = None
        while (leaf := await self._leaves.below(seal["first_position"])) is not None:
            self._check_entry(leaf)
            await self._details.expect(leaf)

    def _check_chain(self, seal: asyncpg.Record) -> None:
        number, before, wrong = seal["number"], self._last, list[str]()
        previous = statements.seal_hash(self._statement) if before else statements.FIRST_PREVIOUS
        if seal["previous"] != previous:
            wrong.append(f"does not continue seal {number - 1}: the chain is broken")
        if (
            seal["first_position"] != (before["size"] if before else 0)
            or seal["size"] <= seal["first_position"]
        ):
            wrong.append(f"does not begin where seal {number - 1} ends")
        if before and seal["sealed_at"] < before["sealed_at"]:
            wrong.append(f"claims to be older than seal {number - 1}")
        for text in wrong:
            self._find(Kind.CHANGED, f"seal {number} {text}", seal=number)

    async def _check_leaves(self, seal: asyncpg.Record) -> None:
        """Check the entries under a seal, in their order, and that no position is empty."""
        position, sequence = seal["first_position"], -1
        while (leaf := await self._leaves.below(seal["size"])) is not None:
            self._check_position(position, leaf["position"], seal["number"])
            position = leaf["position"] + 1
            self._check_place(leaf, seal["number"], sequence)
            sequence = sequence if leaf["sequence"] is None else leaf["sequence"]
            self._check_entry(leaf)
            self._grow(leaf["leaf_hash"])
            await self._details.expect(leaf)
            if len(self._nodes) >= CHUNK_ROWS:
                await self._compare_nodes()
        self._check_position(position, seal["size"], seal["number"])
        await self._details.flush()

    def _check_position(self, expected: int, found: int, seal: int) -> None:
        if found == expected:
            return
        self._tree = None
        gone = (
            f"position {expected} is" if found == expected + 1 else f"positions {expected} to {found - 1} are"
        )
        if found > expected:
            self._find(Kind.MISSING, f"{gone} missing under seal {seal}", position=expected, seal=seal)

    def _check_place(self, leaf: asyncpg.Record, seal: int, before: int) -> None:
        position, claimed, sequence = leaf["position"], leaf["seal_number"], leaf["sequence"]
        if claimed != seal:
            text = f"position {position} belongs to seal {seal} and claims seal {claimed}"
            self._find(Kind.MOVED, text, position=position, seal=seal)
        if sequence is not None and sequence <= before:
            text = f"{_name(leaf)} is out of order: number {sequence} stands after number {before}"
            self._find(Kind.MOVED, text, **_where(leaf))

    def _check_entry(self, leaf: asyncpg.Record) -> None:
        self._report.entries += 1
        if leaf["id"] is None:
            self._find(Kind.MISSING, f"{_name(leaf)} was deleted", **_where(leaf))
        elif statements.entry_leaf(leaf) != leaf["leaf_hash"]:
            self._find(
                Kind.CHANGED, f"{_name(leaf)} was changed: it does not give its leaf's hash", **_where(leaf)
            )

    def _grow(self, leaf: bytes) -> None:
        if self._tree is not None:
            self._nodes += [node for node in self._tree.add(leaf) if node[0] % NODE_LEVELS == 0]

    def _check_root(self, seal: asyncpg.Record, *, trusted: bool) -> None:
        number, first, last = seal["number"], seal["first_position"], seal["size"] - 1
        if self._tree is not None and self._tree.root() != seal["root"]:
            text = (
                f"the leaves up to position {last} do not give the root of seal {number}:"
                f" among positions {first} to {last} one was changed, or the root was"
            )
            self._find(Kind.CHANGED, text, position=first, seal=number)
            self._tree = None
        if self._tree is None and trusted:
            self._tree = Frontier(seal["size"], seal["frontier"])

    async def _compare_nodes(self) -> None:
        """Compare the inner nodes that are kept with those just computed."""
        computed = {(level, index): node for level, index, node in self._nodes}
        self._nodes = []
        levels, indexes = [level for level, _ in computed], [index for _, index in computed]
        for level, index, stored in await self._connection.fetch(NODES, levels, indexes):
            first, last = index << level, ((index + 1) << level) - 1
            name = f"the node over positions {first} to {last} (level {level}, index {index})"
            if stored is None:
                self._find(Kind.MISSING, f"{name} is missing", position=first)
            elif stored != computed[level, index]:
                text = f"{name} is not what its leaves give: it or one of them was changed"
                self._find(Kind.CHANGED, text, position=first)

    async def _beyond_the_last_seal(self) -> None:
        first = last = None
        while (leaf := await self._leaves.below(None)) is not None:
            first, last = first or leaf, leaf
            self._check_entry(leaf)
            await self._details.expect(leaf)
        await self._details.flush()
        if first and last:
            seal, positions = first["seal_number"], f"positions {first['position']} to {last['position']}"
            text = f"{positions} stand under no seal: seal {seal} is missing"
            self._find(Kind.MISSING, text, position=first["position"], seal=seal)

    async def _stray_rows(self) -> None:
        await self._details.find_strays()
        async for row in _stream(self._connection, STRAY_NODES, NODE_LEVELS, self._report.size):
            text = f"the node of level {row['level']}, index {row['index']} stands over no sealed entries"
            self._find(Kind.ADDED, text)

    async def _unsealed(self) -> None:
        """Check entries without a leaf: new ones wait for a seal, old ones were slipped in or lost theirs."""
        horizon = await self._horizon()
        async for entry in _stream(self._connection, UNSEALED):
            if horizon is None or (entry["xid"] >= horizon and not entry["is_from_the_future"]):
                self._report.waiting += 1
            else:
                text = f"entry {entry['id']} has no leaf, though all entries of its time are sealed:"
                text += " it was added later, or its leaf was deleted"
                self._find(Kind.ADDED, text, entry=str(entry["id"]))
            await self._details.expect(entry)
        await self._details.flush()

    async def _horizon(self) -> int | None:
        """Return the transaction id below which nothing may wait; None after a restore: it means nothing."""
        [last] = await self._connection.fetch(LAST_SEAL)
        return None if was_restored(last) else last["horizon"] or 0


class _Leaves:
    """The stream of leaves with their entries, read up to a position."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._rows = _stream(connection, LEAVES)
        self._next: asyncpg.Record | None = None

    async def below(self, position: int | None) -> asyncpg.Record | None:
        """Return the next leaf before `position`, or None; with None the next of all."""
        row = self._next or await anext(self._rows, None)
        self._next = row
        if row is None or (position is not None and row["position"] >= position):
            return None
        self._next = None
        return row


async def _stream(
    connection: asyncpg.Connection, sql: str, *arguments: object
) -> AsyncGenerator[asyncpg.Record, None]:
    async for row in connection.cursor(sql, *arguments, prefetch=CHUNK_ROWS):
        yield row


def _name(leaf: Row) -> str:
    return f"entry {leaf['entry_id']} at position {leaf['position']}, seal {leaf['seal_number']},"


def _where(leaf: Row) -> dict[str, Any]:
    return {"entry": str(leaf["entry_id"]), "position": leaf["position"], "seal": leaf["seal_number"]}
