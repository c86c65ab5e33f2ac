"""Looks at a database through its own catalogue, and compares it with what datasets say of it.

Only names that the database itself knows become part of a statement, and SQLAlchemy quotes them. Everything that
would fail or surprise later is said here, before anything is touched.
"""

import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine.reflection import Inspector
from sqlalchemy.exc import SAWarning

from workers.connectors.datasets import Collection, CollectionName, Dataset
from workers.connectors.sql import erasing, fields, journal
from workers.connectors.sql.fields import Link, Table

_PASSED_OVER: Final = "Skipped unsupported reflection of expression-based index"
"""What is said of an index on `lower(email)` in SQLite: its columns are known all the same."""
_AUTOMATIC: Final[dict[str, Any]] = {"sqlite": {"include_auto_indexes": True}}
"""SQLite tells of a UNIQUE within a column only by the index that it made for it."""


@dataclass(frozen=True)
class Schema:
    """The tables of one system.

    problems: what stands in the way of any call. erasing: what stands in the way of an erasure alone, as somebody's
    right to see their data does not wait for it. journal: None where it is missing.
    """

    dialect: str
    tables: Mapping[CollectionName, Table]
    problems: tuple[str, ...]
    erasing: tuple[str, ...]
    journal: sa.Table | None = field(default=None)

    @cached_property
    def erase_order(self) -> tuple[CollectionName, ...]:
        """Tables in an order in which rows may be changed or deleted: what refers goes before what it refers to."""
        return tuple(TopologicalSorter(_before(self.tables)).static_order())


def look(connection: sa.Connection, datasets: Iterable[Dataset], today: date) -> Schema:
    """Read the catalogue; never raises for what it finds, but says so."""
    inspector: Inspector = sa.inspect(connection)
    given, metadata = tuple(datasets), sa.MetaData()
    tables, problems = dict[CollectionName, Table](), list[str]()
    for dataset, made in ((each, made) for each in given for made in each.collections.values()):
        if made.is_skipped:
            continue
        if not inspector.has_table(made.name.collection, schema=dataset.namespace):
            problems.append(f"{made.name}: the database has no such table, or shows it to others only.")
            continue
        try:
            tables[made.name] = _table(connection, inspector, metadata, made, dataset.namespace)
        except SAWarning:
            problems.append(f"{made.name}: the names of its columns cannot be read from the catalogue.")
    problems += [each for table in tables.values() for each in fields.problems(table)]
    problems += [each for table in tables.values() for each in _references(table, tables)]
    against = [*_order_problems(tables), *erasing.problems(inspector, tables.values(), today)]
    return Schema(
        connection.dialect.name,
        tables,
        tuple(problems),
        tuple(dict.fromkeys(against)),
        journal.find(inspector),
    )


def _table(
    connection: sa.Connection,
    inspector: Inspector,
    metadata: sa.MetaData,
    made: Collection,
    namespace: str | None,
) -> Table:
    name = sa.sql.quoted_name(made.name.collection, quote=True)
    with warnings.catch_warnings(action="error", category=SAWarning):
        warnings.filterwarnings("ignore", _PASSED_OVER, SAWarning)
        reflected = sa.Table(name, metadata, schema=namespace, autoload_with=connection, resolve_fks=False)
        unique = _unique(inspector, connection.dialect.name, name, namespace)
    reflected.info["dialect"] = connection.dialect.name
    links = [Link.of(each) for each in inspector.get_foreign_keys(name, schema=namespace)]
    return Table(made, reflected, namespace, unique, tuple(links))


def _unique(
    inspector: Inspector, dialect: str, name: str, namespace: str | None
) -> tuple[tuple[str, ...], ...]:
    """The sets of columns that are unique among all rows; an index over some rows tells nothing about the others."""
    constraints = [
        tuple(each["column_names"]) for each in inspector.get_unique_constraints(name, schema=namespace)
    ]
    indexes = [
        tuple(str(column) for column in each["column_names"])
        for each in inspector.get_indexes(name, schema=namespace, **_AUTOMATIC.get(dialect, {}))
        if each["unique"] and not any(key.endswith("_where") for key in each.get("dialect_options", {}))
    ]
    return (*constraints, *indexes)


def _before(tables: Mapping[CollectionName, Table]) -> dict[CollectionName, set[CollectionName]]:
    """For each table those to be erased before it."""
    before = {name: set(table.made.erase_after) & tables.keys() for name, table in tables.items()}
    names = {table.place: name for name, table in tables.items()}
    for name, table in tables.items():
        for link in table.links:
            target = names.get(link.place(table))
            if target is not None and target != name:
                before[target].add(name)
    return before


def _order_problems(tables: Mapping[CollectionName, Table]) -> Iterator[str]:
    try:
        TopologicalSorter(_before(tables)).prepare()
    except CycleError as error:
        circle = " -> ".join(str(name) for name in error.args[1])
        yield f"Foreign keys and `erase_after` run in a circle: {circle}: nothing of it can be erased first."


def _references(table: Table, tables: Mapping[CollectionName, Table]) -> Iterator[str]:
    """References are followed by comparing columns, which must be of types that compare."""
    for name, of in table.made.fields.items():
        for reference in of.references:
            other = tables.get(reference.target.owner)
            here, there = table.column(name), other.column(reference.target.field) if other else None
            if here is not None and there is not None and not fields.compare(here, there):
                yield (
                    f"{table.made.name}.{name}: refers to `{reference.target}`, which is of another type "
                    f"({fields.family(there)}, not {fields.family(here)})."
                )
