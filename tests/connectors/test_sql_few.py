"""Rows that are few come by one statement: the same rows, of whatever types, as those that are many."""

import asyncio
from typing import Any

import asyncpg
import pytest
from sqlalchemy import event

from tests.connectors.shop import ANNA, DATASETS, KEY
from tests.connectors.test_sql_people import BOTH, PEOPLE, exported
from workers.connectors import dataset_files
from workers.connectors.connector import Done
from workers.connectors.sql import SqlConnector, SqlSystem

pytestmark = pytest.mark.parametrize("engine_name", ["postgresql"])
ODD = """
    CREATE TYPE mood AS ENUM ('calm', 'cross');
    CREATE DOMAIN short AS varchar(20) CHECK (value <> '');
    CREATE TABLE people (id bigint PRIMARY KEY, email varchar(80) NOT NULL, mood mood, nick short, born date,
        seen timestamptz, at time, worth numeric(12, 4), ratio real, exact double precision, is_in boolean, file bytea,
        said jsonb, tags text[], token uuid, waits interval);
    CREATE TABLE visits (person bigint REFERENCES people, number smallint, mood mood, note text, paid numeric,
        PRIMARY KEY (person, number));
    INSERT INTO people VALUES (1, 'a@example.org', 'cross', 'Al', '1980-02-29', '2026-01-02 03:04:05.678+02',
        '23:59:59', '12345678.9000', 0.1, 0.1, true, '\\x00ff', '{"a": [1, null, "x"]}', '{x,NULL,"y z"}',
        '6f1c1f5e-8f0f-4f9e-9a44-0c3f5f0f9a11', '1 day 2 hours');
    INSERT INTO people VALUES (2, 'b@example.org');
    INSERT INTO visits VALUES (1, 2, 'calm', 'late', 1.10), (1, 1, NULL, NULL, 'NaN'), (2, 1, 'cross', 'early', 0);
"""
PEOPLE_FIELDS = (
    "id", "email", "mood", "nick", "born", "seen", "at", "worth", "ratio", "exact", "is_in", "file", "said", "tags",
    "token", "waits",
)  # fmt: skip
FIELDS = {"people": PEOPLE_FIELDS, "visits": ("person", "number", "mood", "note", "paid")}
REFERS = {
    "email": "fides_meta: {identity: email}",
    "person": "fides_meta: {references: [{dataset: odd, field: people.id, direction: from}]}",
}


def odd() -> Any:
    """A dataset of two tables with columns of many types."""
    lines = ["dataset:", "- {fides_key: odd, name: odd, collections: ["]
    for name, fields in FIELDS.items():
        said = ", ".join(
            f"{{name: {each}, data_categories: [user], {REFERS.get(each, '')}}}" for each in fields
        )
        lines.append(f"  {{name: {name}, fields: [{said}]}},")
    return dataset_files.read("\n".join([*lines, "]}"]).encode())


async def said(address: str, datasets: Any, subject: Any, batch_rows: int) -> Any:
    keys = tuple(each.key for each in datasets)
    connector = SqlConnector(SqlSystem(address, keys, batch_rows=batch_rows), datasets, KEY)
    try:
        return await exported(connector, subject)
    finally:
        await connector.close()


async def test_values_of_all_types_are_those_that_a_long_export_gives(empty_database: str) -> None:
    connection = await asyncpg.connect(empty_database)
    await connection.execute(ODD)
    await connection.close()
    subject = type(ANNA)({"email": ("a@example.org", "b@example.org")})
    few = await said(empty_database, odd(), subject, 200)
    assert few == await said(empty_database, odd(), subject, 1)
    assert [(row.collection, row.values.get("mood")) for row in few[0]] == [
        ("people", "cross"), ("people", None), ("visits", None), ("visits", "calm"), ("visits", "cross")
    ]  # fmt: skip
    assert few[0][0].values["worth"] == "12345678.9000"


async def test_people_of_the_shop_get_the_same_by_one_statement_and_by_many(database: str) -> None:
    for subject in PEOPLE:
        assert await said(database, DATASETS, subject, 200) == await said(database, DATASETS, subject, 1)


async def test_what_is_read_is_read_by_sessions_that_cannot_write(sql: SqlConnector) -> None:
    await exported(sql, ANNA)
    async with sql._opened(is_reading=True) as connection:  # pyright: ignore[reportPrivateUsage]
        settings = [
            (await connection.exec_driver_sql(f"SHOW {name}")).scalar()
            for name in ("transaction_read_only", "transaction_isolation")
        ]
    assert settings == ["on", "repeatable read"]


async def test_connections_that_were_ended_meanwhile_are_replaced_unnoticed(
    sql: SqlConnector, database: str
) -> None:
    before = await exported(sql, BOTH)
    connection = await asyncpg.connect(database)
    await connection.execute(
        "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity"
        " WHERE application_name = 'privacy hub' AND datname = current_database()"
    )
    await connection.close()
    assert await exported(sql, BOTH) == before


async def looking(address: str, calls: int) -> int:
    """How many statements a connector that was just opened puts to the catalogue for so many calls at once."""
    connector, asked = SqlConnector(SqlSystem(address, ("shop",)), DATASETS, KEY), list[str]()
    engine: Any = connector._reading.sync_engine  # pyright: ignore[reportPrivateUsage]

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    listen: Any = event.listen
    listen(engine, "before_cursor_execute", note)
    said_of = await asyncio.gather(*(exported(connector, ANNA) for _ in range(calls)))
    await connector.close()
    assert all(isinstance(outcome, Done) for _, outcome in said_of)
    return len([each for each in asked if "pg_catalog.pg_class" in each])


async def test_calls_that_come_at_once_look_at_the_catalogue_once(database: str) -> None:
    assert await looking(database, 8) == await looking(database, 1) > 0
