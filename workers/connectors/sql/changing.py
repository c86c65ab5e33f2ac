"""Correction, erasure and restriction: first the keys of all rows that are concerned, then the changes by key.

The keys come first because a change may take away what led to the next table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.connectors.connector import (
    Change,
    Corrected,
    Done,
    Evidence,
    Kept,
    Outcome,
    Place,
    Refused,
    Stopped,
)
from workers.connectors.datasets import FieldName, How, Mark, Strategy
from workers.connectors.plain import digest, plain
from workers.connectors.sql.fields import Table
from workers.connectors.sql.meeting import Meeting, place
from workers.connectors.sql.paging import Condition, chunks
from workers.connectors.sql.values import Unfit, erased, fit

Keys = list[tuple[Any, ...]]


@dataclass(slots=True)
class _Report:
    """What becomes evidence."""

    meeting: Meeting
    key: bytes
    places: list[Place] = field(default_factory=list[Place])
    kept: list[Kept] = field(default_factory=list[Kept])
    seen: str = ""

    def add(self, table: Table, found: Keys, rows: int, fields: dict[str, str]) -> None:
        self.seen = digest(self.key, self.seen, table.made.name, [plain(key) for key in found])
        self.places.append(place(table, rows, fields))

    def done(self) -> Done:
        evidence = Evidence(
            tuple(self.places),
            tuple(self.kept),
            self.meeting.unreached,
            self.seen,
            is_dry_run=self.meeting.call.is_dry_run,
        )
        return Done(evidence)


async def erase(meeting: Meeting, key: bytes) -> Outcome:
    """Erase what is the person's; in a dry run only say what would be."""
    found = await _keys(meeting)
    if not found:
        return meeting.nothing()
    report, on = _Report(meeting, key), meeting.call.at.date()
    for table in (meeting.schema.tables[name] for name in meeting.schema.erase_order):
        rows, strategies = found.get(table, []), table.made.erasure(on)
        if not rows:
            continue
        report.kept += table.made.keeping(on, len(rows))
        changed = {name: each for name, each in strategies.items() if each.how is not How.KEEP}
        if changed:
            count = (
                len(rows)
                if meeting.call.is_dry_run
                else await _erase(meeting.connection, table, rows, changed, key)
            )
            report.add(table, rows, count, {name: each.how.value for name, each in changed.items()})
    return report.done()


async def correct(meeting: Meeting, changes: Sequence[Change], key: bytes) -> Outcome:
    """Correct the fields that each change names; nothing at all where one of them cannot be."""
    wanted = [(table, name, change) for change in changes for table, name in _targets(meeting, change)]
    found = await _keys(meeting)
    if not found or not wanted:
        return meeting.nothing()
    report = _Report(meeting, key)
    for table in dict.fromkeys(table for table, _, _ in wanted if table in found):
        said = Corrected()
        for name, change in [(name, change) for owner, name, change in wanted if owner is table]:
            count, others = await _correct(meeting, table, found[table], name, change)
            said.note(name, count, differs=others > 0)
        report.add(table, found[table], said.rows, said.fields)
    return report.done() if report.places else meeting.nothing()


async def restrict(
    meeting: Meeting, marks: Mapping[FieldName, Mark], *, is_restricted: bool, key: bytes
) -> Outcome:
    """Set or lift the marks on the person's rows."""
    found = await _keys(meeting)
    report, said = _Report(meeting, key), "restricted" if is_restricted else "released"
    for name, mark in marks.items():
        table = meeting.schema.tables.get(name.owner)
        if table is None or not found.get(table):
            continue
        column = table.reflected.columns[name.field]
        value = _fitted(column, str(name), mark.set if is_restricted else mark.lift)
        if not meeting.call.is_dry_run:
            await _update(meeting.connection, table, found[table], {str(column.name): value})
        report.add(table, found[table], len(found[table]), {name.field: said})
    return report.done() if report.places else meeting.nothing()


async def _keys(meeting: Meeting) -> dict[Table, Keys]:
    """The keys of the person's rows, of every table that has some."""
    return {table: await meeting.keys(table) for table, _ in await meeting.counted()}


async def _erase(
    connection: AsyncConnection, table: Table, rows: Keys, strategies: Mapping[str, Strategy], key: bytes
) -> int:
    if table.made.is_deleted:
        done = [
            await connection.execute(sa.delete(table.reflected).where(part)) for part in chunks(table, rows)
        ]
        return sum(each.rowcount for each in done)
    alike = {
        name: erased(each, table.made.fields[name], table.reflected.columns[name], None, key)
        for name, each in strategies.items()
        if each.how in {How.NULL, How.REPLACE}
    }
    if alike:
        await _update(connection, table, rows, alike)
    await _mask(connection, table, rows, {n: each for n, each in strategies.items() if n not in alike}, key)
    return len(rows)


async def _mask(
    connection: AsyncConnection, table: Table, rows: Keys, strategies: Mapping[str, Strategy], key: bytes
) -> None:
    """Put into each row what its own value becomes."""
    columns = [table.reflected.columns[name] for name in strategies]
    if not columns:
        return
    for part in chunks(table, rows):
        for row in (await connection.execute(sa.select(*columns, *table.key).where(part))).all():
            values = {
                str(column.name): erased(strategy, table.made.fields[name], column, value, key)
                for (name, strategy), column, value in zip(strategies.items(), columns, row, strict=False)
            }
            await _update(connection, table, [tuple(row)[len(columns) :]], values)


async def _update(connection: AsyncConnection, table: Table, rows: Keys, values: Mapping[str, Any]) -> None:
    for part in chunks(table, rows):
        await connection.execute(sa.update(table.reflected).where(part).values(_named(table, values)))


def _named(table: Table, values: Mapping[str, Any]) -> dict[Any, Any]:
    return {table.reflected.columns[name]: value for name, value in values.items()}


def _targets(meeting: Meeting, change: Change) -> list[tuple[Table, str]]:
    """The fields that a change reaches; Stopped REFUSED where one of them cannot hold the value."""
    names = meeting.plan.targets(meeting.system.datasets, change.target)
    found = [(meeting.schema.tables[name.owner], name.field) for name in names]
    for table, name in found:
        column = table.reflected.columns[name]
        if column in set(table.key):
            raise Stopped(Refused(f"`{table.made.name}.{name}` is a key: it cannot be corrected."))
        _fitted(column, f"{table.made.name}.{name}", change.value)
    return found


def _fitted(column: sa.Column[Any], where: str, value: Any) -> Any:
    """Bring a value to its column; Stopped REFUSED, without the value, where it cannot be there."""
    try:
        made = fit(column, value)
    except Unfit as error:
        raise Stopped(Refused(f"The new value of `{where}` {error}.")) from None
    if made is None and not column.nullable:
        raise Stopped(Refused(f"`{where}` cannot be empty."))
    return made


async def _correct(meeting: Meeting, table: Table, rows: Keys, name: str, change: Change) -> tuple[int, int]:
    """Change one field where it differs; return in how many rows, and in how many another value stands still."""
    column = table.reflected.columns[name]
    value = _fitted(column, f"{table.made.name}.{name}", change.value)
    meant, others = await _differing(meeting, table, rows, column, value, change)
    if meant and not meeting.call.is_dry_run:
        await _update(meeting.connection, table, meant, {name: value})
    return len(meant), others


async def _differing(
    meeting: Meeting, table: Table, rows: Keys, column: sa.Column[Any], value: Any, change: Change
) -> tuple[Keys, int]:
    """The keys of the rows where a change is meant, and how many hold neither what is right nor what was."""
    meant: Keys = []
    others = 0
    for part in chunks(table, rows):
        condition: Condition = column.is_distinct_from(value)
        found = await meeting.connection.execute(
            sa.select(_is_meant(column, change.before(len(rows))), *table.key).where(part, condition)
        )
        for is_meant, *key in found.all():
            if is_meant:
                meant.append(tuple(key))
            else:
                others += 1
    return meant, others


def _is_meant(column: sa.Column[Any], was: Any) -> sa.ColumnElement[bool]:
    """Whether a row holds what was wrong; what its column cannot hold stands in none."""
    if was is None:
        return sa.true()
    try:
        return sa.func.coalesce(column == fit(column, was), sa.false())
    except Unfit:
        return sa.false()
