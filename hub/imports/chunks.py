"""A file chunk by chunk: a thread reads and understands the next one while the database lands the one before.

Only two chunks are ever held, however long the file is.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Self

from hub.imports import reading
from hub.imports.additions import Refused
from hub.imports.batches import Batch
from hub.imports.preparing import Table
from hub.imports.reading import Record
from hub.imports.rejects import Rejects
from hub.imports.rows import Reader, Row

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows, and beside them the records that cannot be used with their reasons. line: the last one read."""

    rows: list[Row]
    bad: list[tuple[Record, list[str]]]
    records: dict[int, Record]
    line: int

    @property
    def size(self) -> int:
        """How many records these are."""
        return len(self.rows) + len(self.bad)

    def reject(self, rejects: Rejects, refused: Mapping[int, Refused]) -> None:
        """Write the records that did not land, in the order of the file."""
        more = [(self.records[line], [why.sentence]) for line, why in refused.items()]
        for record, reasons in sorted([*self.bad, *more], key=lambda one: one[0].line):
            rejects.add(record.line, reasons, record.cells)


class Chunks:
    """The chunks of a table that a batch has not done yet."""

    def __init__(self, table: Table, reader: Reader, batch: Batch, rejects: Rejects, size: int) -> None:
        self.progress: Progress | None = None
        self._reader, self._batch, self._rejects, self._size = reader, batch, rejects, size
        self._file = reading.opened(table.survey)
        self._records = table.records(self._file)
        self._lines = table.survey.lines
        self._line = 0
        self._next = self._begin(self._skip_and_read)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.wait([self._next])
        if not self._next.cancelled():
            self._next.exception()
        self._file.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Chunk:
        if self._line and self.progress:
            self.progress(self._line, self._lines)
        chunk = await asyncio.shield(self._next)
        if not chunk.size:
            raise StopAsyncIteration
        self._line = chunk.line
        self._next = self._begin(self._read)
        return chunk

    def _begin(self, work: Callable[[], Chunk]) -> "asyncio.Future[Chunk]":
        return asyncio.ensure_future(asyncio.to_thread(work))

    def _skip_and_read(self) -> Chunk:
        """Pass over the rows that are done, writing their rejects again: a killed run may have lost them."""
        for record in islice(self._records, self._batch.rows_done):
            if record.line in self._batch.refused:
                self._rejects.add(record.line, [self._batch.refused[record.line].sentence], record.cells)
            elif self._batch.counts.get("rejected", 0):
                read = self._reader.read(record)
                if not isinstance(read, Row):
                    self._rejects.add(record.line, read, record.cells)
        return self._read()

    def _read(self) -> Chunk:
        chunk = Chunk([], [], {}, 0)
        line = 0
        for record in islice(self._records, self._size):
            line = record.line
            read = self._reader.read(record)
            if isinstance(read, Row):
                chunk.rows.append(read)
                chunk.records[line] = record
            else:
                chunk.bad.append((record, read))
        return Chunk(chunk.rows, chunk.bad, chunk.records, line)
