"""The details behind ledger entries: opened, and compared with what their entries committed to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub import merkle
from hub.findings import Kind
from hub.vault import BY_KEYRING, SealBroken

if TYPE_CHECKING:
    from uuid import UUID

    import asyncpg

    from hub.findings import Report
    from hub.statements import Row
    from hub.vault import Vault

ROWS_AT_A_TIME, ENTRIES_AT_A_TIME = 2_000, 1_000

DETAILS = """
    SELECT detail.entry_id, detail.index, detail.subject, detail.leaf_hash, detail.body, stored.wrapped
    FROM ledger_detail AS detail LEFT JOIN keys.customer_key AS stored ON stored.customer_id = detail.subject
    WHERE detail.entry_id = ANY ($1) ORDER BY detail.entry_id, detail.index
"""

STRAY_DETAILS = """
    SELECT entry_id, index FROM ledger_detail AS detail
    WHERE NOT EXISTS (SELECT FROM ledger_entry WHERE id = detail.entry_id) ORDER BY entry_id, index
"""


def open_detail(vault: Vault, detail: Row) -> bytes | None:
    """Open a row of DETAILS; None where it was removed or its key destroyed, SealBroken if it was changed."""
    body, name = detail["body"], f"{detail['entry_id']}/{detail['index']}"
    if body is None:
        return None
    if body[:1] == BY_KEYRING:  # it is about nobody, or about somebody who was erased already
        return vault.open_own("ledger_detail", "body", name, body)
    if detail["wrapped"] is None:
        return None
    return vault.unwrap(detail["subject"], detail["wrapped"]).open("ledger_detail", "body", name, body)


class Details:
    """Checks the details of the entries it is told of, some at a time, in flat memory."""

    def __init__(self, connection: asyncpg.Connection, vault: Vault, report: Report) -> None:
        """Read from `connection`, inside its transaction, and write into `report`."""
        self._connection = connection
        self._vault = vault
        self._report = report
        self._entries: dict[UUID, Row] = {}
        self._rows = 0

    async def expect(self, entry: Row) -> None:
        """Have the details of this entry checked, now or with the next flush."""
        if entry["id"] is None:
            return
        self._entries[entry["id"]] = entry
        self._rows += entry["detail_count"]
        if self._rows >= ROWS_AT_A_TIME or len(self._entries) >= ENTRIES_AT_A_TIME:
            await self.flush()

    async def flush(self) -> None:
        """Check all that are expected."""
        committed: _Committed | None = None
        async for detail in self._connection.cursor(DETAILS, list(self._entries), prefetch=ROWS_AT_A_TIME):
            if committed is None or committed.entry_id != detail["entry_id"]:
                self._settle(committed)
                committed = _Committed(self._entries.pop(detail["entry_id"]), self._report)
            committed.add(detail)
            self._open(detail)
        self._settle(committed)
        for entry in self._entries.values():
            self._settle(_Committed(entry, self._report))
        self._entries, self._rows = {}, 0

    async def find_strays(self) -> None:
        """Report details whose entry does not exist."""
        async for row in self._connection.cursor(STRAY_DETAILS, prefetch=ROWS_AT_A_TIME):
            text = f"detail {row['index']} belongs to entry {row['entry_id']}, which does not exist"
            self._report.find(Kind.ADDED, text, entry=str(row["entry_id"]))

    def _settle(self, committed: _Committed | None) -> None:
        if committed is not None:
            committed.settle()

    def _open(self, detail: asyncpg.Record) -> None:
        self._report.details += 1
        try:
            content = open_detail(self._vault, detail)
        except SealBroken:
            content = b""
        if content is None and detail["body"] is None:
            self._report.removed += 1
        elif content is None:
            self._report.unreadable += 1
        elif merkle.leaf_hash(content) != detail["leaf_hash"]:
            text = f"detail {detail['index']} of entry {detail['entry_id']} was changed"
            text += ": it does not open to what was recorded"
            self._report.find(Kind.CHANGED, text, entry=str(detail["entry_id"]))


class _Committed:
    """The details of one entry, as they come, against its commitment."""

    def __init__(self, entry: Row, report: Report) -> None:
        self.entry_id = entry["id"]
        self._entry = entry
        self._report = report
        self._tree = merkle.Frontier()
        self._index = 0
        self._whole = True

    def add(self, detail: asyncpg.Record) -> None:
        """Take the next detail in order of index."""
        if detail["index"] >= self._entry["detail_count"] or detail["index"] < 0:
            self._find(Kind.ADDED, f"detail {detail['index']} was added to entry {self.entry_id}")
            return
        self._skip_to(detail["index"])
        self._index = detail["index"] + 1
        self._tree.add(detail["leaf_hash"])

    def settle(self) -> None:
        """Compare with the commitment once all have come."""
        self._skip_to(self._entry["detail_count"])
        if self._whole and self._tree.root() != self._entry["commitment"]:
            self._find(Kind.CHANGED, f"the details of entry {self.entry_id} do not give what it committed to")

    def _skip_to(self, index: int) -> None:
        if index > self._index:
            gone = (
                f"detail {self._index}"
                if index == self._index + 1
                else f"details {self._index} to {index - 1}"
            )
            self._find(Kind.MISSING, f"{gone} of entry {self.entry_id}: missing")

    def _find(self, kind: Kind, text: str) -> None:
        self._whole = False
        self._report.find(kind, text, entry=str(self.entry_id))
