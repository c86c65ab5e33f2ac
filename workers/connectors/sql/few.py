"""Reads the rows that a person has in all tables by one statement, as most people have few (PostgreSQL).

To go to a database and back costs more than the rows do. The driver itself runs the statement, with the text that
SQLAlchemy compiled once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import asyncpg as postgresql
from sqlalchemy.exc import CompileError
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.connectors.sql.fields import Table
from workers.connectors.sql.paging import Condition

STATEMENT_CHARACTERS: Final = 60_000
LENGTHS_KEPT: Final = 20
UNMEASURED: Final = ("VARCHAR", "NUMERIC")
"""Types whose columns are read alike, however much they may hold."""
_DIALECT: Final[Any] = postgresql.dialect()
Values: TypeAlias = Mapping[str, Sequence[Any]]
Rows: TypeAlias = list[tuple[Any, ...]]
Slot: TypeAlias = tuple[str, int]


@dataclass(frozen=True, slots=True)
class _Text:
    """The statement for lists of certain lengths. lists: the names of what is bound, by list. fixed: what else is."""

    sql: str
    names: Sequence[str]
    lists: Mapping[str, Sequence[str]]
    fixed: Mapping[str, Any]
    processors: Mapping[str, Any]

    def bound(self, values: Values) -> list[Any]:
        """What is known of a person, in the order of the statement."""
        given = dict(self.fixed)
        for name, bound in self.lists.items():
            given.update(zip(bound, values[name], strict=True))
        return [
            self.processors[name](given[name]) if name in self.processors else given[name]
            for name in self.names
        ]


class Few:
    """What reads the first rows of all tables that meet their conditions. most: so many of each table."""

    def __init__(self, rows: Sequence[tuple[Table, Condition]], most: int) -> None:
        self._tables, self._most = [table for table, _ in rows], most
        slots = [_slots(table) for table in self._tables]
        self._slots: dict[Slot, Any] = {slot: kind for each in slots for slot, kind in each.items()}
        numbers = {slot: number for number, slot in enumerate(self._slots, 1)}
        self._columns: list[list[int]] = [[numbers[slot] for slot in several] for several in slots]
        branches = (self._branch(number, *each) for number, each in enumerate(rows))
        self._compiled: Any = sa.union_all(*branches).compile(dialect=_DIALECT)
        self._texts: dict[tuple[int, ...], _Text] = {}
        self._processors: list[tuple[int, Any]] | None = None

    @property
    def is_short(self) -> bool:
        """Whether the driver keeps the statement prepared."""
        return len(self._compiled.string) < STATEMENT_CHARACTERS

    def _branch(self, number: int, table: Table, condition: Condition) -> sa.Select[Any]:
        """One table's rows: each column in a slot of its type, and nothing in the slots that other tables need."""
        own = dict(zip(_slots(table), table.made.fields, strict=True))
        columns: list[Any] = [
            table.reflected.columns[own[slot]] if slot in own else sa.cast(sa.null(), kind)
            for slot, kind in self._slots.items()
        ]
        labels: list[Any] = [column.label(f"c{place}") for place, column in enumerate(columns, 1)]
        which = sa.literal_column(str(number), sa.Integer).label("c0")
        chosen = sa.select(which, *labels).where(condition)
        return chosen.order_by(*table.key).limit(self._most)

    async def read(self, connection: AsyncConnection, values: Values) -> list[tuple[Table, Rows]] | None:
        """The tables in which rows are the person's, and these; None where there may be more. values: as in `Known`."""
        text = self._text(values)
        driver: Any = (await connection.get_raw_connection()).driver_connection
        try:
            if self._processors is None:
                self._processors = self._reading(await driver.prepare(text.sql))
            found = await driver.fetch(text.sql, *text.bound(values))
        except BaseException:
            await connection.invalidate()  # the pool has not seen what happened to it
            raise
        return self._sorted(found, self._processors)

    def _reading(self, prepared: Any) -> list[tuple[int, Any]]:
        """What brings a slot's values to what SQLAlchemy says its type is; most are that already."""
        said = zip(self._slots.values(), prepared.get_attributes()[1:], strict=True)
        found = (kind.dialect_impl(_DIALECT).result_processor(_DIALECT, each.type.oid) for kind, each in said)
        return [(number, process) for number, process in enumerate(found, 1) if process]

    def _sorted(
        self, found: Iterable[Sequence[Any]], processors: Sequence[tuple[int, Any]]
    ) -> list[tuple[Table, Rows]] | None:
        several: list[Rows] = [[] for _ in self._tables]
        for record in found:
            row: list[Any] = [*record]
            for place, process in processors:
                row[place] = process(row[place])
            number: int = row[0]
            several[number].append(tuple(row[place] for place in self._columns[number]))
        if any(len(rows) >= self._most for rows in several):
            return None
        return [(table, rows) for table, rows in zip(self._tables, several, strict=True) if rows]

    def _text(self, values: Values) -> _Text:
        lengths = tuple(len(each) for each in values.values())
        if lengths not in self._texts:
            if len(self._texts) == LENGTHS_KEPT:
                self._texts.clear()
            self._texts[lengths] = self._expanded(values)
        return self._texts[lengths]

    def _expanded(self, values: Values) -> _Text:
        made = self._compiled.construct_expanded_state({**self._compiled.params, **values})
        lists = {name: bound for name, bound in made.parameter_expansion.items() if name in values}
        person = {name for bound in lists.values() for name in bound} | set(lists)
        fixed = {name: value for name, value in made.parameters.items() if name not in person}
        processors = {name: each for name, each in made.processors.items() if each}
        return _Text(made.statement, tuple(made.positiontup), lists, fixed, processors)


def few(rows: Sequence[tuple[Table, Condition]], most: int) -> Few | None:
    """Make what reads few rows; None where there is no table, a type without a name, or too much to say."""
    try:
        made = Few(rows, most) if rows else None
    except CompileError:
        return None
    return made if made is not None and made.is_short else None


def _slots(table: Table) -> dict[Slot, Any]:
    """A slot for each field of a table, in their order: the name of its type, and the how-manieth of these it is."""
    found, seen = dict[Slot, Any](), dict[str, int]()
    for name in table.made.fields:
        kind: Any = table.reflected.columns[name].type
        text: str = kind.compile(dialect=_DIALECT)
        short = text.partition("(")[0] if text.startswith(UNMEASURED) else text
        seen[short] = seen.get(short, 0) + 1
        found[short, seen[short]] = kind
    return found
