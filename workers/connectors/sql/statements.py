"""The statements by which people are met in a database, made once for all of whom as much is known.

To make a statement takes longer than the database takes to answer it; what differs from person to person is bound.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final

import sqlalchemy as sa

from workers.connectors.datasets import FieldName
from workers.connectors.planning import Plan
from workers.connectors.sql.engines import SqlSystem
from workers.connectors.sql.few import Few, few
from workers.connectors.sql.fields import Table
from workers.connectors.sql.paging import Condition, Pages
from workers.connectors.sql.reach import Reach, Shape
from workers.connectors.sql.schema import Schema

KEYS_MOST: Final = 10_000
KEYS_AT_A_TIME: Final = 5_000
SHAPES_KEPT: Final = 100


class Statements:
    """The statements for one way through the tables of a system, and one shape of what is known."""

    def __init__(self, schema: Schema, way: Plan, system: SqlSystem, shape: Shape) -> None:
        nodes, self._dialect = way.nodes(system.datasets), schema.dialect
        reach = Reach(schema.tables, nodes, system.exact, shape)
        self.rows: Sequence[tuple[Table, Condition]] = [
            (schema.tables[node.name], reach.rows[node.name]) for node in nodes if node.name in reach.rows
        ]
        self.unreached = way.unreached_in(system.datasets)
        self._lending = way.lent(system.datasets)
        self._batch_rows = system.batch_rows
        self._whole: dict[Table, Pages] = {}
        self._keys: dict[Table, Pages] = {}

    @cached_property
    def counting(self) -> sa.Select[Any]:
        """How many rows of each table are the person's, in one row."""
        counts = (
            sa.select(sa.func.count()).select_from(table.reflected).where(condition).scalar_subquery()
            for table, condition in self.rows
        )
        return sa.select(*(each.label(None) for each in counts))

    def whole(self, table: Table) -> Pages:
        """What reads the person's rows of a table, with all fields that are described."""
        if table not in self._whole:
            columns = [table.reflected.columns[name] for name in table.made.fields]
            self._whole[table] = Pages(table, columns, self._condition(table), self._batch_rows)
        return self._whole[table]

    def keys(self, table: Table) -> Pages:
        """What reads their keys alone."""
        if table not in self._keys:
            self._keys[table] = Pages(table, table.key, self._condition(table), KEYS_AT_A_TIME)
        return self._keys[table]

    def _condition(self, table: Table) -> Condition:
        return next(condition for each, condition in self.rows if each is table)

    @cached_property
    def few(self) -> Few | None:
        """What reads the person's rows of all tables at once, where the database is one that takes such a statement."""
        return few(self.rows, self._batch_rows) if self._dialect == "postgresql" else None

    @cached_property
    def lent(self) -> dict[FieldName, sa.Select[Any]]:
        """What reads the values by which other systems know the person, each once; one more than is taken."""
        tables = {table.made.name: table for table, _ in self.rows}
        return {
            name: self._lent(tables[name.owner], name.field) for name in self._lending if name.owner in tables
        }

    def _lent(self, table: Table, name: str) -> sa.Select[Any]:
        column = table.reflected.columns[name]
        found = sa.select(column).where(self._condition(table), column.is_not(None))
        return found.distinct().limit(KEYS_MOST + 1)


class Look:
    """A look at a database: its tables, and the statements that were made for them since."""

    def __init__(self, schema: Schema, system: SqlSystem) -> None:
        self.schema, self._system = schema, system
        self._made: dict[tuple[Plan, Shape], Statements] = {}

    def statements(self, way: Plan, shape: Shape) -> Statements:
        """The statements for one way and one shape."""
        made = self._made.get((way, shape))
        if made is None:
            if len(self._made) >= SHAPES_KEPT:
                self._made.clear()
            made = self._made[way, shape] = Statements(self.schema, way, self._system, shape)
        return made
