"""Running an import from beginning to end: chunk by chunk, each an act, taken up where it stopped."""

import gc
import resource
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar
from uuid import UUID

import asyncpg

from hub.act import Act, Hub
from hub.actors import Actor, Operation
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.imports import batches, landing, preparing, rejects, writing
from hub.imports.additions import Refused
from hub.imports.batches import Batch
from hub.imports.chunks import Chunk, Chunks, Progress
from hub.imports.landing import Landing, Memory
from hub.imports.mapping import Column
from hub.imports.preparing import Job
from hub.imports.rejects import Rejects
from hub.imports.rows import Reader
from hub.imports.terms import Options

CHUNK_ROWS: Final = 500
ATTEMPTS: Final = 4
GARBAGE: Final = (100_000, 20, 50)
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file.

    rows: done in this run and before. rejects: where those that did not land are.
    """

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


@dataclass(slots=True)
class _Run:
    hub: Hub
    actor: Actor
    job: Job
    batch: Batch
    rejects: Rejects
    progress: Progress | None
    counts: Counter[str]

    def chunks(self) -> Chunks:
        """The chunks that are not done yet."""
        table = self.job.table
        reader = Reader(self.hub.vault, self.job.terms, table.columns, self.batch.started_at)
        chunks = Chunks(table, reader, self.batch, self.rejects, CHUNK_ROWS)
        chunks.progress = self.progress
        return chunks


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

    progress: told the line reached and the number of lines. Refusals: INVALID for a file or an option that
    cannot be used, CONFLICT while another process imports the same file. Whatever stops it, run it again:
    it goes on.
    """
    began = time.perf_counter()
    with _seldom_collecting():
        return await _import(hub, actor, path, options, progress, began, is_trial=is_trial)


async def _import(  # noqa: PLR0913 - as above
    hub: Hub,
    actor: Actor,
    path: Path,
    options: Options,
    progress: Progress | None,
    began: float,
    *,
    is_trial: bool,
) -> Outcome:
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
        run = _Run(hub, actor, job, batch, rejected, progress, Counter(batch.counts))
        done = await (_rehearse if is_trial else _land)(run)
    return Outcome(
        import_id=None if is_trial and batch.finished_at is None else batch.id,
        rows=done,
        rows_before=batch.rows_done,
        counts={name: run.counts[name] for name in batches.COUNTS},
        columns=job.table.columns,
        encoding=job.table.survey.encoding.removesuffix("-sig"),
        delimiter=job.table.delimiter,
        rejects=rejected.path,
        seconds=time.perf_counter() - began,
        peak_memory_bytes=peak_memory_bytes(),
        was_finished=batch.finished_at is not None,
    )


@contextmanager
def _seldom_collecting() -> Generator[None]:
    """Look for cycles seldom: a chunk makes many objects and no cycle, and looking took a quarter."""
    before = gc.get_threshold()
    gc.set_threshold(*GARBAGE)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def peak_memory_bytes() -> int:
    """The most memory that this process has held."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


async def _start(hub: Hub, actor: Actor, job: Job) -> Batch:
    async def body(act: Act) -> Batch:
        return await batches.start(act, job.terms.organisation_id, job.fingerprint)

    return await _perform(hub, actor, body)


async def _land(run: _Run) -> int:
    async with run.chunks() as chunks:
        async for chunk in chunks:
            landed = await _land_chunk(run, chunk)
            chunk.reject(run.rejects, landed.refused)
    if run.batch.finished_at is None:
        await run.hub.perform(
            run.actor, Operation.CUSTOMER_IMPORT, lambda act: batches.finish(act, run.batch)
        )
    return run.batch.rows_done


async def _rehearse(run: _Run) -> int:
    memory, rows = Memory(), run.batch.rows_done
    async with run.chunks() as chunks:
        async for chunk in chunks:
            async with run.hub.ask(run.actor, Operation.CUSTOMER_IMPORT) as ask:
                planned = await landing.rehearse(ask, run.batch.id, run.job.terms, chunk.rows, memory)
            planned.counts["rejected"] += len(chunk.bad)
            run.counts += planned.counts
            rows += chunk.size
            chunk.reject(run.rejects, planned.refused)
    return rows


async def _land_chunk(run: _Run, chunk: Chunk) -> Landing:
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
