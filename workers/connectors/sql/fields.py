"""A table beside the collection that describes it: what is missing, or of another type."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import sqlalchemy as sa

from workers.connectors.datasets import Collection, Field
from workers.connectors.sql.values import DECLARED, Family, family

Place: TypeAlias = tuple[str | None, str]


@dataclass(frozen=True, slots=True)
class Link:
    """A foreign key: its columns, the table it refers to, and what it does when that row goes."""

    columns: tuple[str, ...]
    target: Place
    on_delete: str

    @classmethod
    def of(cls, key: Any) -> "Link":
        """A foreign key, from what SQLAlchemy says of it."""
        options: Any = key.get("options") or {}
        target = (key.get("referred_schema"), key["referred_table"])
        return cls(tuple(key["constrained_columns"]), target, str(options.get("ondelete") or "").upper())

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
        columns = tuple(self.reflected.columns[name] for name in said)
        return () if any(column.nullable for column in columns) else columns


def compare(here: sa.Column[Any], there: sa.Column[Any]) -> bool:
    """Whether two columns can be compared."""
    return family(here) is family(there) or Family.OTHER in {family(here), family(there)}


def problems(table: Table) -> Iterator[str]:
    """Everything that would make reading fail."""
    if not table.key:
        yield (
            f"{table.made.name}: nothing tells its rows apart: it needs a primary key, or `primary_key` on columns "
            "that are unique and never empty."
        )
    for name, of in table.made.fields.items():
        for what in _of_field(table, of):
            yield f"{table.made.name}.{name}: {what}."


def _of_field(table: Table, of: Field) -> Iterator[str]:
    column, expected = table.column(of.name), DECLARED.get(of.data_type or "")
    if of.is_nested or (of.data_type or "").endswith("[]"):
        yield "nested fields and arrays belong to documents, and this is a table"
    elif column is None:
        yield "the table has no such column"
    elif expected is not None and family(column) not in {*expected, Family.OTHER}:
        yield f"the dataset says {of.data_type}, and the column is {family(column)}"
