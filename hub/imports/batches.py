"""Imports as the database knows them: which file, how far, what became of its rows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from hub.act import Act, Ask
from hub.db import Record, new_id
from hub.errors import Code, Refusal, not_found
from hub.imports.additions import Refused
from hub.ledger import Detail

COUNTS: Final = (
    "created", "updated", "unchanged", "rejected", "duplicates",
    "proposed", "opted_out", "passed_on", "consented", "kept", "shared", "suppressed",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Batch:
    """An import.

    rows_done: rows whose chunk has committed. refused: by line, what the file alone does not tell.
    """

    id: UUID
    organisation_id: UUID
    fingerprint: str
    rows_done: int
    counts: Mapping[str, int]
    refused: Mapping[int, Refused]
    started_at: datetime
    finished_at: datetime | None
    reversed_at: datetime | None


_COLUMNS = "id, organisation_id, fingerprint, rows_done, counts, started_at, finished_at, reversed_at"
_SAME = f"""
    SELECT {_COLUMNS} FROM import_batch
    WHERE organisation_id = $1 AND fingerprint = $2 AND reversed_at IS NULL
"""  # noqa: S608 - joined from constants
_BY_ID = f"""
    SELECT {_COLUMNS} FROM import_batch WHERE id = $1 AND ($2::uuid IS NULL OR organisation_id = $2)
"""  # noqa: S608
_START = f"""
    INSERT INTO import_batch (id, organisation_id, fingerprint, rows_done, counts, started_at)
    VALUES ($1, $2, $3, 0, '{{}}', $4) RETURNING {_COLUMNS}
"""  # noqa: S608
_ADVANCE = """
    UPDATE import_batch SET rows_done = $3, counts = $4
    WHERE id = $1 AND rows_done = $2 AND finished_at IS NULL AND reversed_at IS NULL RETURNING id
"""
_FINISH = "UPDATE import_batch SET finished_at = $2 WHERE id = $1 AND finished_at IS NULL RETURNING id"


async def start(act: Act, organisation_id: UUID, fingerprint: str) -> Batch:
    """The import of a file: the one that was begun before, or a new one."""
    row = await act.row(_SAME, organisation_id, fingerprint)
    if row is None:
        row = await act.row(_START, new_id(), organisation_id, fingerprint, act.at)
        if row is None:
            raise AssertionError("an insert returns its row")
        await act.record("import.started", import_id=row["id"], fingerprint=fingerprint)
    return _batch(row)


async def same(ask: Ask, organisation_id: UUID, fingerprint: str) -> Batch | None:
    """The import of a file, if it was begun before."""
    row = await ask.row(_SAME, organisation_id, fingerprint)
    return _batch(row) if row else None


async def read(ask: Ask, import_id: UUID) -> Batch:
    """Read one import; Refusal NOT_FOUND for an id that is unknown or another organisation's."""
    row = await ask.row(_BY_ID, import_id, ask.actor.organisation_id)
    if row is None:
        raise not_found("import", "import")
    return _batch(row)


async def advance(
    act: Act, batch: Batch, rows: int, counts: Mapping[str, int], refused: Mapping[int, Refused]
) -> None:
    """Note that `rows` more are done; Refusal CONFLICT where somebody else is importing the same file."""
    kept = {**counts, "refused": _folded(refused)}
    done = await act.value(
        _ADVANCE, batch.id, batch.rows_done, batch.rows_done + rows, orjson.dumps(kept).decode()
    )
    if done is None:
        raise Refusal(
            Code.CONFLICT,
            "Another process imports this file, or took it back: let it finish, then run this again.",
            ("file",),
        )  # fmt: skip


async def finish(act: Act, batch: Batch) -> None:
    """Note that every row is done."""
    if await act.value(_FINISH, batch.id, act.at) is not None:
        counts: dict[str, Any] = {name: batch.counts.get(name, 0) for name in COUNTS}
        await act.record("import.finished", import_id=batch.id, rows=batch.rows_done, **counts)


async def record_chunk(
    act: Act, batch: Batch, rows: int, counts: Counter[str], people: Sequence[Detail]
) -> None:
    """Write the ledger entry of a chunk: a line about the chunk, and one about each customer."""
    body: dict[str, Any] = {"import_id": batch.id, "first_row": batch.rows_done + 1, "rows": rows}
    body |= {name: counts[name] for name in COUNTS}
    await act.record_crowd("customers.imported", [Detail(None, body), *people])


def _folded(refused: Mapping[int, Refused]) -> dict[str, list[int]]:
    return {code.value: [line for line, why in refused.items() if why is code] for code in Refused}


def _batch(row: Record) -> Batch:
    values: dict[str, Any] = dict(row)
    counts = orjson.loads(values.pop("counts"))
    refused = {line: Refused(code) for code, lines in counts.pop("refused", {}).items() for line in lines}
    return Batch(counts=counts, refused=refused, **values)
