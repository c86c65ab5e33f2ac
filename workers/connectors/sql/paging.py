"""Reads rows in batches, each beginning after the key of the one before: bounded memory, and no offset to drift."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.connectors.sql.fields import Table

KEYS_AT_ONCE: Final = 200
Condition: TypeAlias = sa.ColumnElement[bool]


class Pages:
    """What reads the rows of a table that meet a condition, with some columns, in the order of the table's key."""

    def __init__(
        self, table: Table, columns: Sequence[sa.Column[Any]], condition: Condition, rows: int
    ) -> None:
        self._table, self._width, self._rows = table, len(columns), rows
        labels = (column.label(f"key_{number}") for number, column in enumerate(table.key))
        statement = sa.select(*columns, *labels).where(condition)
        self._statement = statement.order_by(*table.key).limit(rows)

    async def read(
        self, connection: AsyncConnection, values: Mapping[str, Any]
    ) -> AsyncGenerator[list[tuple[Any, ...]]]:
        """Yield batches. values: what the condition names."""
        statement = self._statement
        while True:
            page = (await connection.execute(statement, values)).all()
            if page:
                yield [tuple(row)[: self._width] for row in page]
            if len(page) < self._rows:
                return
            statement = self._statement.where(_past(self._table, tuple(page[-1])[self._width :]))


def chunks(table: Table, found: Sequence[tuple[Any, ...]]) -> list[Condition]:
    """The conditions that meet exactly the rows of these keys, some at a time."""
    parts = (found[at : at + KEYS_AT_ONCE] for at in range(0, len(found), KEYS_AT_ONCE))
    return [_are(table, part) for part in parts]


def _past(table: Table, after: tuple[Any, ...]) -> Condition:
    if len(table.key) == 1:
        return table.key[0] > after[0]
    return sa.tuple_(*table.key) > sa.tuple_(*(_bound(c, v) for c, v in zip(table.key, after, strict=True)))


def _are(table: Table, part: Sequence[tuple[Any, ...]]) -> Condition:
    if len(table.key) == 1:
        return among(table.key[0], [key[0] for key in part])
    same = (sa.and_(*(c == v for c, v in zip(table.key, key, strict=True))) for key in part)
    return sa.or_(*same)


def _bound(column: sa.Column[Any], value: Any) -> Any:
    return sa.bindparam(None, value, type_=column.type)


def among(what: sa.ColumnElement[Any], values: Sequence[Any]) -> Condition:
    """Compare with several values; bound under a name of ours, as one made from a column's breaks at odd characters."""
    return what.in_(sa.bindparam("among", values, type_=what.type, expanding=True, unique=True))
