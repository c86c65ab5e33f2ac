"""What stands in the way of an erasure: strategies that columns cannot follow, and foreign keys that would tear."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine.reflection import Inspector

from workers.connectors.datasets import Field, How, Strategy
from workers.connectors.sql.fields import Link, Place, Table
from workers.connectors.sql.values import HASH_CHARACTERS_LEAST, Family, Unfit, family, fit, longest_text

ACTING: Final = {"CASCADE", "SET NULL", "SET DEFAULT"}
"""What a foreign key may do by itself to rows that refer to a deleted one."""


def problems(inspector: Inspector, tables: Collection[Table], today: date) -> Iterator[str]:
    """Everything that would fail, or touch what no export shows; today and when nothing is kept any longer."""
    for table in tables:
        for what in _of_table(table):
            yield f"{table.made.name}: {what}."
        for name, of in table.made.fields.items():
            for what in _of_field(table, of, today):
                yield f"{table.made.name}.{name}: {what}."
    for on in (today, date.max):
        yield from _links(inspector, tables, on)


def _of_table(table: Table) -> Iterator[str]:
    if table.made.is_deleted:
        for name in sorted(set(table.reflected.columns.keys()) - table.made.fields.keys()):
            yield f"rows are deleted whole, so column `{name}` must be described: else an export would not show it"
    engine = table.reflected.kwargs.get("mysql_engine") or table.reflected.kwargs.get("mariadb_engine")
    if engine and str(engine).upper() != "INNODB":
        yield f"its engine {engine} knows no transactions: half of an erasure could not be taken back"


def _of_field(table: Table, of: Field, today: date) -> Iterator[str]:
    column = table.column(of.name)
    strategies = [table.made.strategy(of.name, on) for on in (today, date.max)] if column is not None else []
    for strategy in dict.fromkeys(each for each in strategies if each):
        if column is not None:
            yield from _of_strategy(table, column, of, strategy)


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


def _links(inspector: Inspector, tables: Collection[Table], on: date) -> Iterator[str]:
    """Foreign keys that deleting rows would break, or that would delete or change what no export showed."""
    emptied = {table.place: table for table in tables if table.made.is_emptied(on)}
    for table in tables:
        for link in table.links:
            if link.place(table) in emptied and not table.made.is_emptied(on):
                yield from _staying(table, link, emptied[link.place(table)], on)
    known = {table.place for table in tables}
    for namespace in sorted({table.namespace or "" for table in emptied.values()}):
        every = inspector.get_multi_foreign_keys(schema=namespace or None)
        for (_, name), keys in every.items():
            here = (namespace or None, str(name))
            if here not in known:
                yield from _unseen(here, [Link.of(key) for key in keys], emptied)


def _staying(table: Table, link: Link, emptied: Table, on: date) -> Iterator[str]:
    """Rows that stay must let go of rows that are deleted."""
    for name in link.columns:
        of = table.made.fields.get(name)
        strategy = table.made.strategy(name, on) if of else None
        if strategy is None or strategy.how is not How.NULL:
            yield (
                f"{table.made.name}.{name}: refers to rows of `{emptied.made.name}`, which are deleted, while these "
                "stay: give it null_rewrite, delete these rows too, or do not delete those."
            )


def _unseen(here: Place, links: Iterable[Link], emptied: Mapping[Place, Table]) -> Iterator[str]:
    for link in links:
        target = emptied.get((link.target[0] or here[0], link.target[1]))
        if target is not None and link.on_delete in ACTING:
            yield (
                f"{target.made.name}: deleting its rows would change `{here[1]}` too (ON DELETE {link.on_delete}): "
                "describe that table, so that an export shows it."
            )
