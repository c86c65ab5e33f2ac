"""The connector to a SQL database: reads in snapshots and batches, writes in one transaction with its evidence."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection

from workers.connectors.connector import (
    Broken,
    Call,
    Change,
    Done,
    Evidence,
    Export,
    Nothing,
    Operation,
    Outcome,
    Place,
    Refused,
    Row,
    Stopped,
    Value,
)
from workers.connectors.datasets import Dataset, Unusable
from workers.connectors.following import Ways
from workers.connectors.plain import digest, plain
from workers.connectors.planning import plan
from workers.connectors.sql import changing, journal
from workers.connectors.sql.engines import SqlSystem, hurry, open_engine
from workers.connectors.sql.failing import FAILURES, told
from workers.connectors.sql.few import Rows
from workers.connectors.sql.fields import Table
from workers.connectors.sql.meeting import Meeting, place
from workers.connectors.sql.schema import look
from workers.connectors.sql.statements import KEYS_MOST, Look

LOOK_SECONDS: Final = 300.0
"""How long a look at the catalogue is good: tables change, and what was kept may be kept no longer."""
Body: TypeAlias = Callable[[Meeting], Awaitable[Outcome]]
Pages: TypeAlias = AsyncGenerator[Rows]


class SqlConnector:
    """A database, described by datasets. datasets: those of all connected systems, as references cross them.

    key: 32 bytes of the hub's, for digests and hashes.
    """

    def __init__(self, system: SqlSystem, datasets: Iterable[Dataset], key: bytes) -> None:
        self._system, self._key = system, key
        self._datasets = tuple(datasets)
        self._own = tuple(each for each in self._datasets if each.key in system.datasets)
        if len(self._own) < len(system.datasets):
            raise Unusable(["The system names a dataset that is not given."])
        self._engine = open_engine(system)
        self._reading = open_engine(system, is_reading=True)
        self._ways = Ways(self._datasets)
        self._seen: Look | None = None
        self._looked_at = 0.0
        self._looking = asyncio.Lock()

    async def check(self) -> tuple[str, ...]:
        """Everything that stands in the way, read from the database anew; empty where nothing does."""
        self._seen = None
        try:
            plan(self._datasets)
            async with self._opened() as connection:
                schema = (await self._look(connection)).schema
        except Unusable as error:
            return error.problems
        except Stopped as stopped:
            return (_why(stopped.outcome),)
        found = (*schema.problems, *schema.erasing)
        return found if schema.journal is not None else (*found, journal.missing(schema.dialect))

    async def find(self, call: Call) -> Outcome:
        """Count rows, and return the values by which other systems know the person."""
        return await self._meet(call, _find(self._key))

    async def export(self, call: Call) -> Export:
        """Yield rows in the order of the traversal, a batch at a time from one snapshot."""
        try:
            async with self._opened(call, is_reading=True) as connection:
                meeting = await self._prepare(connection, call)
                places, seen = list[Place](), ""
                async for table, count, pages in _read(meeting):
                    async for page in pages:
                        for values in page:
                            row = _row(table, values)
                            seen = digest(self._key, seen, dict(row.values))
                            yield row
                    places.append(place(table, count, dict.fromkeys(table.made.fields, "exported")))
                evidence = Evidence(tuple(places), unreached=meeting.unreached, digest=seen)
                outcome: Outcome = Done(evidence) if places else meeting.nothing()
        except Stopped as stopped:
            outcome = stopped.outcome
        yield outcome

    async def correct(self, call: Call, changes: Sequence[Change]) -> Outcome:
        """Put values in place wherever the person's rows have the fields; REFUSED before anything else is."""
        said = [[plain(each) for each in change.told] for change in changes]

        async def body(meeting: Meeting) -> Outcome:
            return await changing.correct(meeting, changes, self._key)

        return await self._write(call, Operation.CORRECT, digest(self._key, said), body)

    async def erase(self, call: Call) -> Outcome:
        """Erase by the strategy of each field, in one transaction."""

        async def body(meeting: Meeting) -> Outcome:
            return await changing.erase(meeting, self._key)

        return await self._write(call, Operation.ERASE, digest(self._key, "erase"), body)

    async def restrict(self, call: Call, *, is_restricted: bool = True) -> Outcome:
        """Set the marks that the datasets name, or lift them."""
        marks = {name: mark for each in self._own for name, mark in each.marks.items()}
        if not marks:
            return Refused(
                "No dataset of this system names a field for restriction, under meta.privacy_hub.restrict."
            )

        async def body(meeting: Meeting) -> Outcome:
            return await changing.restrict(meeting, marks, is_restricted=is_restricted, key=self._key)

        return await self._write(call, Operation.RESTRICT, digest(self._key, is_restricted), body)

    async def close(self) -> None:
        """Let all connections go."""
        await self._engine.dispose()
        await self._reading.dispose()

    async def _meet(self, call: Call, body: Body) -> Outcome:
        try:
            async with self._opened(call, is_reading=True) as connection:
                return await body(await self._prepare(connection, call))
        except Stopped as stopped:
            return stopped.outcome

    async def _write(self, call: Call, operation: Operation, fingerprint: str, body: Body) -> Outcome:
        try:
            async with self._opened(call) as connection, connection.begin():
                meeting = await self._prepare(connection, call, is_erasing=operation is Operation.ERASE)
                if call.is_dry_run:
                    return await body(meeting)
                if meeting.schema.journal is None:
                    return Refused(journal.missing(meeting.schema.dialect))
                return await _once(meeting, operation, fingerprint, body)
        except Stopped as stopped:
            return stopped.outcome

    async def _prepare(self, connection: AsyncConnection, call: Call, *, is_erasing: bool = False) -> Meeting:
        way = self._ways.of(call.subject)
        seen = await self._look(connection)
        problems = (*seen.schema.problems, *(seen.schema.erasing if is_erasing else ()))
        if problems:
            self._seen = None
            raise Stopped(Refused(" ".join(problems)))
        return Meeting(connection, seen, way, call, self._system)

    async def _look(self, connection: AsyncConnection) -> Look:
        """Look at the catalogue, once for all calls that come meanwhile: it takes far longer than they do."""
        async with self._looking:
            if self._seen is None or time.monotonic() - self._looked_at > LOOK_SECONDS:
                self._looked_at = time.monotonic()
                schema = await connection.run_sync(look, self._own, datetime.now(UTC).date())
                self._seen = Look(schema, self._system)
            return self._seen

    @asynccontextmanager
    async def _opened(
        self, call: Call | None = None, *, is_reading: bool = False
    ) -> AsyncGenerator[AsyncConnection]:
        """Open a connection; what goes wrong ends the call with an outcome that repeats nothing of the database's."""
        engine = self._reading if is_reading else self._engine
        try:
            async with engine.connect() as connection:
                if call is not None and connection.sync_connection is not None:
                    hurry(connection.sync_connection.info, call.seconds)
                if is_reading:
                    await _begin(connection)
                yield connection
        except FAILURES as error:
            self._seen = None
            raise Stopped(told(error)) from None


async def _read(meeting: Meeting) -> AsyncGenerator[tuple[Table, int, Pages]]:
    """The tables in which rows are the person's, how many, and these."""
    found = await meeting.few()
    for table, rows in found or ():
        yield table, len(rows), _whole(rows)
    if found is None:
        for table, count in await meeting.counted():
            yield table, count, meeting.statements.whole(table).read(meeting.connection, meeting.values)


async def _whole(rows: Rows) -> Pages:
    yield rows


async def _begin(connection: AsyncConnection) -> None:
    """Let all reads see one state; the others do so by themselves, PostgreSQL by the settings of its session."""
    if connection.dialect.name == "sqlite":
        await connection.exec_driver_sql("BEGIN")


async def _once(meeting: Meeting, operation: Operation, fingerprint: str, body: Body) -> Outcome:
    """Do it and note it in the same transaction, unless the step did it before."""
    connection, call = meeting.connection, meeting.call
    before = await journal.recall(connection, call, operation, fingerprint)
    if before is not None:
        return before
    outcome = await body(meeting)
    if isinstance(outcome, Nothing):  # or another worker did it, since we looked
        return await journal.recall(connection, call, operation, fingerprint) or outcome
    if isinstance(outcome, Done):
        await journal.note(connection, call, operation, fingerprint, outcome.evidence)
    return outcome


def _find(key: bytes) -> Body:
    async def body(meeting: Meeting) -> Outcome:
        counted = await meeting.counted()
        places = [place(table, rows, dict.fromkeys(table.made.fields, "found")) for table, rows in counted]
        if not places:
            return meeting.nothing()
        seen = digest(key, [[place.collection, place.rows] for place in places])
        return Done(Evidence(tuple(places), unreached=meeting.unreached, digest=seen), await _keys(meeting))

    return body


async def _keys(meeting: Meeting) -> dict[str, tuple[Value, ...]]:
    """The values by which other systems know the person, each once."""
    found: dict[str, tuple[Value, ...]] = {}
    for name, statement in meeting.statements.lent.items():
        values = (await meeting.connection.scalars(statement, meeting.values)).all()
        if len(values) > KEYS_MOST:
            raise Stopped(
                Refused(f"`{name}` leads to more than {KEYS_MOST:,} keys: a reference leads too far.")
            )
        found[str(name)] = tuple(plain(value) for value in values)
    return found


def _row(table: Table, values: Any) -> Row:
    named = {name: plain(value) for name, value in zip(table.made.fields, values, strict=True)}
    return Row(*table.made.name, named, table.made.categories)


def _why(outcome: Outcome) -> str:
    return outcome.why if isinstance(outcome, Refused | Broken) else ""
