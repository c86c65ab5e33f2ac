"""Requests from a file: a row is taken in once, however often the file is run, and whatever killed it in between.

Each row bears a mark, a keyed hash of its own reference or of all that stands in it, which is kept by the act that
takes the request in. Rows that cannot be used go to a file with their reasons; the others land.
"""

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final, TextIO
from uuid import UUID

import asyncpg

from hub import finding
from hub.act import Act, Ask, Hub
from hub.actors import Actor, Operation
from hub.errors import Code, Refusal, invalid
from hub.imports import reading, rejects
from hub.imports.reading import Record, Records, Survey
from hub.imports.rejects import Rejects
from hub.rights import intake
from hub.rights.rows import COLUMNS, NAMING, NEEDED, Reader, Row
from hub.scope import organisation

CHUNK_ROWS: Final = 50
ATTEMPTS: Final = 4
ROWS_MOST: Final = 100_000
Progress = Callable[[int, int], None]
_KNOWN: Final = "SELECT mark FROM rights_intake WHERE organisation_id = $1 AND mark = ANY ($2)"
_KEEP: Final = "INSERT INTO rights_intake (organisation_id, mark, request_id) VALUES ($1, $2, $3)"
GONE: Final = "names nobody whom we know: look at it, or take the request in at the portal"


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is read. system: whose numbers customers have. dates: day-first or month-first, where that is open."""

    organisation_id: UUID | None = None
    system: str | None = None
    dates: str | None = None
    encoding: str | None = None
    rejects: Path | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file. opened: requests made; known: those that an earlier run had made."""

    rows: int
    opened: int
    known: int
    rejected: int
    rejects: Path | None


@dataclass(slots=True)
class _Run:
    hub: Hub
    actor: Actor
    towards: UUID
    rejects: Rejects
    counts: Counter[str] = field(default_factory=Counter[str])

    def reject(self, record: Record, reasons: Sequence[str]) -> None:
        """Put a row aside."""
        self.counts["rejected"] += 1
        self.rejects.add(record.line, reasons, record.cells)


async def import_requests(
    hub: Hub, actor: Actor, path: Path, options: Options, progress: Progress | None = None
) -> Outcome:
    """Take in the requests of a file. Refusals: INVALID for a file or an option that cannot be used."""
    surveyed = reading.survey(path, options.encoding)
    if surveyed.lines > ROWS_MOST:
        raise invalid(f"The file has more than {ROWS_MOST:,} lines: split it.", "file")
    delimiter = reading.sniff(surveyed, lambda header: _name(header) in COLUMNS)
    columns, header = _columns(surveyed, delimiter)
    async with hub.ask(actor, Operation.REQUEST_READ) as ask:
        towards, now = organisation(ask, options.organisation_id, "organisation"), ask.at
    reader = Reader(hub.vault, columns, options.system, options.dates, now)
    with (
        Rejects(options.rejects or rejects.beside(path), path, header) as rejected,
        reading.opened(surveyed) as file,
    ):
        run = _Run(hub, actor, towards, rejected)
        for chunk in _chunks(file, delimiter, len(columns)):
            await _land(run, chunk, reader)
            if progress:
                progress(chunk[-1].line, surveyed.lines)
    counts = run.counts
    return Outcome(sum(counts.values()), counts["opened"], counts["known"], counts["rejected"], rejected.path)


def _columns(surveyed: Survey, delimiter: str) -> tuple[list[str], list[str]]:
    with reading.opened(surveyed) as file:
        header = reading.read_header(iter(Records(file, delimiter))).cells
    names = [_name(each) for each in header]
    unknown = [each for each, name in zip(header, names, strict=True) if name not in COLUMNS]
    if unknown:
        raise invalid(
            f"There is a column that means nothing here. The columns are {', '.join(COLUMNS)}.", "file"
        )
    if len(set(names)) < len(names):
        raise invalid("A column stands twice in the header.", "file")
    if NEEDED not in names or not set(NAMING) & set(names):
        raise invalid(f"The file needs a column {NEEDED}, and one of {', '.join(NAMING)}.", "file")
    return names, header


def _name(header: str) -> str:
    return "_".join(header.strip().lower().replace("-", " ").replace("_", " ").split())


def _chunks(file: TextIO, delimiter: str, width: int) -> Iterator[list[Record]]:
    records = Records(file, delimiter)
    records.width = width
    rows = iter(records)
    next(rows, None)
    while chunk := list(islice(rows, CHUNK_ROWS)):
        yield chunk


async def _land(run: _Run, chunk: Sequence[Record], reader: Reader) -> None:
    records = {record.line: record for record in chunk}
    rows: list[Row] = []
    for record in chunk:
        read = reader.read(record)
        if isinstance(read, Row):
            rows.append(read)
        else:
            run.reject(record, read)
    for _ in range(ATTEMPTS):
        try:
            await _land_rows(run, rows, records)
        except asyncpg.UniqueViolationError:  # somebody else has just taken one of them in
            continue
        return
    raise Refusal(Code.CONFLICT, "Others are taking the same requests in: run this again.", ("file",))


async def _land_rows(run: _Run, rows: Sequence[Row], records: dict[int, Record]) -> None:
    """Take rows in by one act; one that is refused is put aside, and the act begun again without it."""
    async with run.hub.ask(run.actor, Operation.REQUEST_READ) as ask:
        left = await _fresh(run, ask, rows)
        found = await _found(run, ask, left)
    refused: dict[int, str] = {}
    ready: list[tuple[Row, UUID]] = []
    for row, who in zip(left, found, strict=True):
        if isinstance(who, UUID):
            ready.append((row, who))
        else:
            refused[row.line] = who
    while ready:
        try:
            await run.hub.perform(run.actor, Operation.REQUEST_OPEN, partial(_take, run=run, ready=ready))
            break
        except _Refused as why:
            refused[why.line] = why.reason
            ready = [each for each in ready if each[0].line != why.line]
    run.counts["opened"] += len(ready)
    run.counts["known"] += len(rows) - len(left)
    for line in sorted(refused):
        run.reject(records[line], [refused[line]])


class _Refused(Exception):
    """A row that the hub did not take."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__("refused")
        self.line, self.reason = line, reason


async def _take(act: Act, run: _Run, ready: Sequence[tuple[Row, UUID]]) -> None:
    """Take rows in, and keep the mark of each; _Refused names the first that cannot be."""
    for row, customer_id in ready:
        try:
            request = await intake.receive(
                act, dataclasses.replace(row.new, customer_id=customer_id), run.towards
            )
        except Refusal as refusal:
            if refusal.code is Code.UNAVAILABLE:
                raise
            raise _Refused(row.line, refusal.message) from None
        await act.execute(_KEEP, run.towards, row.mark.digest, request.id)


async def _fresh(run: _Run, ask: Ask, rows: Sequence[Row]) -> list[Row]:
    """The rows that no run has taken in, each once."""
    marks = [mark for row in rows for mark in row.mark.candidates]
    known = {row["mark"] for row in await ask.rows(_KNOWN, run.towards, marks)}
    fresh: dict[bytes, Row] = {}
    for row in rows:
        if not known & set(row.mark.candidates):
            fresh.setdefault(row.mark.digest, row)
    return list(fresh.values())


async def _found(run: _Run, ask: Ask, rows: Sequence[Row]) -> list[UUID | str]:
    """Whose request each row is, or why that is not known; all by one statement."""
    faults = [_fault(ask, row) for row in rows]
    good = [row.who for row, fault in zip(rows, faults, strict=True) if fault is None]
    several = iter(await finding.find_many(ask, run.towards, good) if good else [])
    return [fault or _one(next(several)) for fault in faults]


def _fault(ask: Ask, row: Row) -> str | None:
    if row.who.kind == finding.ReferenceKind.ID:
        try:
            UUID(row.who.value)
        except ValueError:
            return "customer: This is not a customer's id: it is a UUID."
        return None
    refusal = finding.fault(ask, row.who)
    return None if refusal is None else refusal.message


def _one(ids: tuple[UUID, ...]) -> UUID | str:
    if not ids:
        return GONE
    return ids[0] if len(ids) == 1 else f"names {len(ids)} customers: name one by customer or customer_number"
