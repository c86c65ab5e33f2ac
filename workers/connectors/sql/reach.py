"""Which rows of which tables are a person's, as conditions for statements: the traversal, done by the database.

A table that is found through another one is compared with a common table expression over that one, so that a
person's keys do not travel within a database. Keys of other systems are bound, some hundreds at a time.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import sqlalchemy as sa

from workers.connectors.connector import Refused, Stopped, Subject
from workers.connectors.datasets import CollectionName
from workers.connectors.planning import Edge, Node
from workers.connectors.sql.fields import Table
from workers.connectors.sql.paging import Condition, among
from workers.connectors.sql.values import Family, Unfit, family, fit

BOUND_AT_ONCE: Final = 500
BOUND_MOST: Final = 20_000
"""Fewer than any of the databases takes with one statement."""


class Reach:
    """The conditions for one person."""

    def __init__(
        self,
        tables: Mapping[CollectionName, Table],
        nodes: Iterable[Node],
        subject: Subject,
        exact: frozenset[str],
    ) -> None:
        self._tables, self._subject, self._exact = tables, subject, exact
        self._bound = 0
        self._found: dict[CollectionName, sa.CTE] = {}
        self.rows: dict[CollectionName, Condition] = {}
        """For each table that something leads to, which rows are the person's."""
        for node in nodes:
            ways = [way for way in self._ways(node) if way is not None]
            if ways:
                self.rows[node.name] = sa.or_(*ways)

    def _ways(self, node: Node) -> Iterable[Condition | None]:
        table = self._tables[node.name]
        for name, kind in node.identities:
            yield self._identity(table.reflected.columns[name], kind)
        for edge in node.edges:
            column = table.reflected.columns[edge.target.field]
            yield (
                self._joined(column, edge) if edge.source.owner in self._tables else self._lent(column, edge)
            )

    def _identity(self, column: sa.Column[Any], kind: str) -> Condition | None:
        values = self._fitting(column, self._subject.identities.get(kind, ()))
        if kind == "email" and kind not in self._exact and family(column) is Family.TEXT:
            both = dict.fromkeys(each for value in values for each in (value.lower(), value))
            return self._among(
                sa.func.lower(column), list(both)
            )  # SQLite knows the case of ASCII letters only
        return self._among(column, values)

    def _lent(self, column: sa.Column[Any], edge: Edge) -> Condition | None:
        return self._among(column, self._fitting(column, self._subject.keys.get(str(edge.source), ())))

    def _joined(self, column: sa.Column[Any], edge: Edge) -> Condition | None:
        """Compare with rows found before; nothing where nothing leads to them."""
        owner = edge.source.owner
        if owner not in self.rows:
            return None
        if owner not in self._found:
            table = self._tables[owner].reflected
            self._found[owner] = sa.select(table).where(self.rows[owner]).cte(f"found_{len(self._found)}")
        return column.in_(sa.select(self._found[owner].columns[edge.source.field]))

    def _fitting(self, column: sa.Column[Any], values: Iterable[Any]) -> list[Any]:
        """The values that may stand in a column; an empty one would meet everybody who has none."""
        found: list[Any] = []
        for value in values:
            try:
                made = fit(column, value)
            except Unfit:
                continue
            if made not in {None, ""}:
                found.append(made)
        return found

    def _among(self, what: sa.ColumnElement[Any], values: list[Any]) -> Condition | None:
        self._bound += len(values)
        if self._bound > BOUND_MOST:
            raise Stopped(
                Refused(f"More than {BOUND_MOST:,} keys of other systems lead here: narrow a reference.")
            )
        parts = [values[at : at + BOUND_AT_ONCE] for at in range(0, len(values), BOUND_AT_ONCE)]
        return sa.or_(*(among(what, part) for part in parts)) if parts else None
