"""Compares the fields of one table with its columns: what is missing, of another type, or not erasable as asked."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from workers.connectors.datasets import Collection, Field, How, Strategy
from workers.connectors.sql.values import (
    DECLARED,
    HASH_CHARACTERS_LEAST,
    Family,
    Unfit,
    family,
    fit,
    longest_text,
)

Place = tuple[str | None, str]

__all__ = ["Link", "Table", "compare", "family", "problems"]


@dataclass(frozen=True, slots=True)
class Link:
    """A foreign key: its columns, the table it refers to, and what it does when that row goes."""

    columns: tuple[str, ...]
    target: Place
    on_delete: str

    def place(self, table: "Table") -> Place:
        """The table it refers to; without a database schema it is the one of its own table."""
        return (self.target[0] or table.namespace, self.target[1])


@dataclass(frozen=True, eq=False)
class Table:
    """A collection and the table it stands for. unique: the sets of columns that tell rows apart."""

    made: Collection
    reflected: sa.Table
    namespace: str | None
    unique: tuple[tuple[str, ...], ...]
    links: tuple[Link, ...]

    @property
    def place(self) -> Place:
        """Where the database has it."""
        return (self.namespace, self.made.name.collection)

    def column(self, name: str) -> sa.Column[Any] | None:
        """The column of a field."""
        return self.reflected.columns.get(name)

    @cached_property
    def key(self) -> tuple[sa.Column[Any], ...]:
        """The columns that tell rows apart: the table's primary key, else what the dataset says and is unique."""
        own = tuple(self.reflected.primary_key.columns)
        said = self.made.primary
        if own or not said or not any(set(each) == set(said) for each in self.unique):
            return own
        return tuple(self.reflected.columns[name] for name in said)


def compare(here: sa.Column[Any], there: sa.Column[Any]) -> bool:
    """Whether two columns can be compared."""
    return family(here) is family(there) or Family.OTHER in {family(here), family(there)}


def problems(table: Table, today: date) -> Iterator[str]:
    """Everything about one table that would fail later."""
    for what in _of_table(table):
        yield f"{table.made.name}: {what}."
    for name, of in table.made.fields.items():
        for what in _of_field(table, of, today):
            yield f"{table.made.name}.{name}: {what}."


def _of_table(table: Table) -> Iterator[str]:
    if not table.key:
        yield "nothing tells its rows apart: it needs a primary key, or `primary_key` on columns that are unique"
    if table.made.is_deleted:
        for name in sorted(set(table.reflected.columns.keys()) - table.made.fields.keys()):
            yield f"rows are deleted whole, so column `{name}` must be described: else an export would not show it"
    engine = table.reflected.kwargs.get("mysql_engine") or table.reflected.kwargs.get("mariadb_engine")
    if engine and str(engine).upper() != "INNODB":
        yield f"its engine {engine} knows no transactions: half of an erasure could not be taken back"


def _of_field(table: Table, of: Field, today: date) -> Iterator[str]:
    column = table.column(of.name)
    if of.is_nested or (of.data_type or "").endswith("[]"):
        yield "nested fields and arrays belong to documents, and this is a table"
    elif column is None:
        yield "the table has no such column"
    else:
        yield from _of_type(column, of)
        strategies = [table.made.strategy(of.name, on) for on in (today, date.max)]
        for strategy in dict.fromkeys(each for each in strategies if each):
            yield from _of_strategy(table, column, of, strategy)


def _of_type(column: sa.Column[Any], of: Field) -> Iterator[str]:
    expected = DECLARED.get(of.data_type or "")
    if expected is not None and family(column) not in {*expected, Family.OTHER}:
        yield f"the dataset says {of.data_type}, and the column is {family(column)}"


def _of_strategy(table: Table, column: sa.Column[Any], of: Field, strategy: Strategy) -> Iterator[str]:
    if strategy.how is How.NULL and not column.nullable:
        yield (
            "the column cannot be empty: give the field a `masking_strategy_override` such as string_rewrite, "
            "or delete the rows"
        )
    if strategy.how is How.REPLACE:
        yield from _of_constant(table, column, strategy)
    if strategy.how in {How.HASH, How.RANDOM}:
        if family(column) is not Family.TEXT:
            yield f"{strategy.how} is for text, and the column is {family(column)}"
        elif longest_text(of, column) < HASH_CHARACTERS_LEAST:
            yield f"{strategy.how} needs {HASH_CHARACTERS_LEAST} characters"


def _of_constant(table: Table, column: sa.Column[Any], strategy: Strategy) -> Iterator[str]:
    try:
        fit(column, strategy.value)
    except Unfit as error:
        yield f"its `rewrite_value` {error}"
    if (str(column.name),) in table.unique or [column] == list(table.reflected.primary_key.columns):
        yield "its values must differ from each other: use hmac or random_string_rewrite"
