"""Running an import from beginning to end: chunk by chunk, each an act, taken up where it stopped.

While the database lands one chunk, a thread reads and understands the next. Only two chunks are ever held.
"""

import asyncio
import resource
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Final, Self, TypeVar
from uuid import UUID

import asyncpg

from hub.act import Act, Hub
from hub.actors import Actor, Operation
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.imports import batches, landing, preparing, reading, rejects, writing
from hub.imports.batches import Batch
from hub.imports.landing import Landing, Memory
from hub.imports.mapping import Column
from hub.imports.people import Refused
from hub.imports.preparing import Job
from hub.imports.reading import Record
from hub.imports.rejects import Rejects
from hub.imports.rows import Reader, Row
from hub.imports.terms import Options

CHUNK_ROWS: Final = 500
ATTEMPTS: Final = 4
Result = TypeVar("Result")
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file. rows: read in this run and before. rejects: where those that did not land are."""

    import_id: UUID | None
    rows: int
    rows_before: int
    counts: dict[str, int]
    columns: list[Column]
    encoding: str
    delimiter: str
    rejects: Path | None
    seconds: float
    peak_memory_bytes: int
    was_finished: bool = False

    @property
    def rows_per_second(self) -> float:
        """How fast the rows of this run were done."""
        return (self.rows - self.rows_before) / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class _Understood:
    """A chunk: its rows, and its records that cannot be used with their reasons. line: the last one read."""

    rows: list[Row]
    bad: list[tuple[Record, list[str]]]
    records: dict[int, Record]
    line: int

    @property
    def size(self) -> int:
        return len(self.rows) + len(self.bad)


@dataclass(slots=True)
class _Run:
    hub: Hub
    actor: Actor
    job: Job
    batch: Batch
    rejects: Rejects
    counts: Counter[str] = field(default_factory=Counter[str])


async def import_customers(
    hub: Hub,
    actor: Actor,
    path: Path,
    options: Options,
    *,
    progress: Progress | None = None,
    is_trial: bool = False,
) -> Outcome:
    """Import a file, or what is left of it; is_trial: only find out what would happen.

    progress: told the line reached and the number of lines. Refusals: INVALID for a file or an option that cannot be
    used, CONFLICT while another process imports the same file. Whatever stops it, run it again: it goes on.
    """
    began = time.perf_counter()
    async with hub.ask(actor, Operation.CUSTOMER_IMPORT) as ask:
        job = await preparing.prepare(ask, path, options)
        before = await batches.same(ask, job.terms.organisation_id, job.fingerprint)
        now = ask.at
    target = options.rejects or rejects.beside(path)
    header = [column.header for column in job.table.columns]
    with Rejects(target, path, header) as rejected:
        if before is None and is_trial:
            before = Batch(new_id(), job.terms.organisation_id, job.fingerprint, 0, {}, {}, now, None, None)
        batch = before or await _start(hub, actor, job)
        run = _Run(hub, actor, job, batch, rejected, Counter(batch.counts))
        done = await (_rehearse if is_trial else _land)(run, progress or _nobody)
    return Outcome(
        import_id=None if is_trial else batch.id,
        rows=done,
        rows_before=batch.rows_done,
        counts={name: run.counts[name] for name in batches.COUNTS},
        columns=job.table.columns,
        encoding=job.table.survey.encoding,
        delimiter=job.table.delimiter,
        rejects=rejected.path,
        seconds=time.perf_counter() - began,
        peak_memory_bytes=peak_memory_bytes(),
        was_finished=batch.finished_at is not None,
    )


def peak_memory_bytes() -> int:
    """The most memory that this process has held."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


async def _start(hub: Hub, actor: Actor, job: Job) -> Batch:
    async def body(act: Act) -> Batch:
        return await batches.start(act, job.terms.organisation_id, job.fingerprint)

    return await _perform(hub, actor, body)


async def _land(run: _Run, progress: Progress) -> int:
    async with _Ahead(run, progress) as chunks:
        async for chunk in chunks:
            landed = await _land_chunk(run, chunk)
            _reject(run, chunk, landed)
    if run.batch.finished_at is None:
        await run.hub.perform(
            run.actor, Operation.CUSTOMER_IMPORT, lambda act: batches.finish(act, run.batch)
        )
    return run.batch.rows_done


async def _rehearse(run: _Run, progress: Progress) -> int:
    memory, rows = Memory(), run.batch.rows_done
    async with _Ahead(run, progress) as chunks:
        async for chunk in chunks:
            async with run.hub.ask(run.actor, Operation.CUSTOMER_IMPORT) as ask:
                planned = await landing.rehearse(ask, run.batch.id, run.job.terms, chunk.rows, memory)
            planned.counts["rejected"] += len(chunk.bad)
            run.counts += planned.counts
            rows += chunk.size
            _reject(run, chunk, planned)
    return rows


async def _land_chunk(run: _Run, chunk: _Understood) -> Landing:
    batch, terms = run.batch, run.job.terms
    fields = {category_id: key for key, category_id in terms.categories.items()}

    async def body(act: Act) -> tuple[Landing, Counter[str], dict[int, Refused]]:
        landed = await landing.land(act, batch.id, terms, chunk.rows)
        landed.counts["rejected"] += len(chunk.bad)
        counts = run.counts + landed.counts
        refused = {**batch.refused, **landed.refused}
        await batches.advance(act, batch, chunk.size, counts, refused)
        people = [
            writing.detail(person, batch.id, fields) for person in landed.people.values() if person.news
        ]
        await batches.record_chunk(act, batch, chunk.size, landed.counts, people)
        return landed, counts, refused

    landed, run.counts, refused = await _perform(run.hub, run.actor, body)
    run.batch = replace(
        batch, rows_done=batch.rows_done + chunk.size, counts=dict(run.counts), refused=refused
    )
    return landed


async def _perform(hub: Hub, actor: Actor, body: Callable[[Act], Awaitable[Result]]) -> Result:
    """Run an act again where somebody else has just made the customer that it was about to make."""
    for _ in range(ATTEMPTS):
        try:
            return await hub.perform(actor, Operation.CUSTOMER_IMPORT, body)
        except asyncpg.UniqueViolationError:
            continue
    raise Refusal(Code.CONFLICT, "Others are adding the same customers now: run this again.")


class _Ahead:
    """The chunks that are not done yet, each read in a thread while the one before it lands."""

    def __init__(self, run: _Run, progress: Progress) -> None:
        self._run, self._progress = run, progress
        self._reader = Reader(run.hub.vault, run.job.terms, run.job.table.columns, run.batch.started_at)
        self._file = reading.opened(run.job.table.survey)
        self._records = run.job.table.records(self._file)
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

    async def __anext__(self) -> _Understood:
        if self._line:
            self._progress(self._line, self._run.job.table.survey.lines)
        chunk = await asyncio.shield(self._next)
        if not chunk.size:
            raise StopAsyncIteration
        self._line = chunk.line
        self._next = self._begin(self._read)
        return chunk

    def _begin(self, work: Callable[[], _Understood]) -> "asyncio.Future[_Understood]":
        return asyncio.ensure_future(asyncio.to_thread(work))

    def _read(self) -> _Understood:
        return _understand(self._reader, self._records)

    def _skip_and_read(self) -> _Understood:
        _skip(self._run, self._reader, self._records)
        return self._read()


def _understand(reader: Reader, records: Iterator[Record]) -> _Understood:
    rows: list[Row] = []
    bad: list[tuple[Record, list[str]]] = []
    kept: dict[int, Record] = {}
    line = 0
    for record in islice(records, CHUNK_ROWS):
        line = record.line
        read = reader.read(record)
        if isinstance(read, Row):
            rows.append(read)
            kept[line] = record
        else:
            bad.append((record, read))
    return _Understood(rows, bad, kept, line)


def _skip(run: _Run, reader: Reader, records: Iterator[Record]) -> None:
    """Pass over the rows that are done, writing their rejects again: a run that was killed may have lost them."""
    for record in islice(records, run.batch.rows_done):
        if record.line in run.batch.refused:
            run.rejects.add(record.line, [run.batch.refused[record.line].sentence], record.cells)
        elif run.batch.counts.get("rejected", 0):
            read = reader.read(record)
            if not isinstance(read, Row):
                run.rejects.add(record.line, read, record.cells)


def _reject(run: _Run, chunk: _Understood, landed: Landing) -> None:
    refused = [(chunk.records[line], [why.sentence]) for line, why in landed.refused.items()]
    for record, reasons in sorted([*chunk.bad, *refused], key=lambda one: one[0].line):
        run.rejects.add(record.line, reasons, record.cells)


def _nobody(_line: int, _lines: int) -> None:
    pass
