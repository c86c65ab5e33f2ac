"""Which rows of which tables are a person's, as conditions for statements: the traversal, done by the database.

A table that is found through another one is compared with a common table expression over that one, so that a
person's keys do not travel within a database. Keys of other systems are bound, some hundreds at a time. Conditions
name what is known of a person and do not hold it, so that they serve everybody of whom as much is known.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import sqlalchemy as sa

from workers.connectors.connector import Refused, Stopped, Subject
from workers.connectors.datasets import CollectionName
from workers.connectors.planning import Edge, Node
from workers.connectors.sql.fields import Table
from workers.connectors.sql.paging import Condition
from workers.connectors.sql.values import Family, Unfit, family, fit

BOUND_AT_ONCE: Final = 500
BOUND_MOST: Final = 20_000
"""Fewer than any of the databases takes with one statement."""
Tables: TypeAlias = Mapping[CollectionName, Table]
Shape: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a person, for each column that is compared with it, in the order of the nodes.

    shape: how many lists of values there are for each. values: the lists, by the names that conditions give them.
    """

    shape: Shape
    values: Mapping[str, list[Any]] = field(repr=False)


def known(tables: Tables, nodes: Iterable[Node], subject: Subject, exact: frozenset[str]) -> Known:
    """Lay out what is known of a person; Stopped REFUSED where it is more than statements take."""
    shape, values, bound = list[int](), dict[str, list[Any]](), 0
    for number, found in enumerate(_compared(tables, nodes, subject, exact)):
        parts = [found[at : at + BOUND_AT_ONCE] for at in range(0, len(found), BOUND_AT_ONCE)]
        values |= {_name(number, part): each for part, each in enumerate(parts)}
        shape.append(len(parts))
        bound += len(found)
        if bound > BOUND_MOST:
            raise Stopped(
                Refused(f"More than {BOUND_MOST:,} keys of other systems lead here: narrow a reference.")
            )
    return Known(tuple(shape), values)


def _compared(
    tables: Tables, nodes: Iterable[Node], subject: Subject, exact: frozenset[str]
) -> Iterator[list[Any]]:
    """The values of each column that is compared with what is known, in the order in which `Reach` comes to them."""
    for node in nodes:
        columns = tables[node.name].reflected.columns
        for name, kind in node.identities:
            found = _fitting(columns[name], subject.identities.get(kind, ()))
            if _is_folded(columns[name], kind, exact):
                # SQLite knows the case of ASCII letters only
                found = list(dict.fromkeys(each for value in found for each in (value.lower(), value)))
            yield found
        for edge in node.edges:
            if edge.source.owner not in tables:
                yield _fitting(columns[edge.target.field], subject.keys.get(str(edge.source), ()))


def _fitting(column: sa.Column[Any], values: Iterable[Any]) -> list[Any]:
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


def _is_folded(column: sa.Column[Any], kind: str, exact: frozenset[str]) -> bool:
    """Whether it is compared without its case."""
    return kind == "email" and kind not in exact and family(column) is Family.TEXT


def _name(number: int, part: int) -> str:
    return f"known_{number}_{part}"


class Reach:
    """The conditions for everybody of whom as much is known."""

    def __init__(self, tables: Tables, nodes: Iterable[Node], exact: frozenset[str], shape: Shape) -> None:
        self._tables, self._exact, self._shape = tables, exact, enumerate(shape)
        nodes = tuple(nodes)
        self._leading = {edge.source for node in nodes for edge in node.edges}
        self._found: dict[CollectionName, sa.CTE] = {}
        self.rows: dict[CollectionName, Condition] = {}
        """For each table that something leads to, which rows are the person's."""
        for node in nodes:
            ways = [way for way in self._ways(node) if way is not None]
            if ways:
                self.rows[node.name] = sa.or_(*ways)

    def _ways(self, node: Node) -> Iterable[Condition | None]:
        columns = self._tables[node.name].reflected.columns
        for name, kind in node.identities:
            column = columns[name]
            yield self._among(sa.func.lower(column) if _is_folded(column, kind, self._exact) else column)
        for edge in node.edges:
            column = columns[edge.target.field]
            yield self._joined(column, edge) if edge.source.owner in self._tables else self._among(column)

    def _joined(self, column: sa.Column[Any], edge: Edge) -> Condition | None:
        """Compare with rows found before; nothing where nothing leads to them."""
        owner = edge.source.owner
        if owner not in self.rows:
            return None
        if owner not in self._found:
            columns = self._tables[owner].reflected.columns
            leading = [columns[each.field] for each in sorted(self._leading) if each.owner == owner]
            self._found[owner] = sa.select(*leading).where(self.rows[owner]).cte(f"found_{len(self._found)}")
        return column.in_(sa.select(self._found[owner].columns[edge.source.field]))

    def _among(self, what: sa.ColumnElement[Any]) -> Condition | None:
        """Compare with the lists of values that are known; nothing where there are none."""
        number, parts = next(self._shape)
        names = [_name(number, part) for part in range(parts)]
        lists = (what.in_(sa.bindparam(name, type_=what.type, expanding=True)) for name in names)
        return sa.or_(*lists) if names else None
