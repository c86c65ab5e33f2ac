"""Time, rights and secrets on every engine: slow statements end, a least role is enough, and nothing is logged."""

import asyncio
import logging
import time
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from hub.logs import TAMED
from tests.connectors.shop import ANNA, DATASETS, KEY, MOVED
from tests.connectors.test_sql_changes import execute, held
from workers.connectors.connector import Broken, Call, Done, Refused
from workers.connectors.guarding import Guarded
from workers.connectors.sql import SqlConnector, SqlSystem
from workers.connectors.sql.journal import NAME

SLOW = {
    "sqlite": [
        "CREATE VIEW numbers AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
        "CREATE TRIGGER slow BEFORE DELETE ON parcels BEGIN SELECT count(*) FROM numbers; END",
    ],
    "postgresql": [
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN OLD; END'",
        "CREATE TRIGGER slow BEFORE DELETE ON parcels FOR EACH ROW EXECUTE FUNCTION slow()",
    ],
    "mariadb": ["CREATE TRIGGER slow BEFORE DELETE ON parcels FOR EACH ROW DO SLEEP(60)"],
}


async def slow_down(database: str, engine_name: str) -> None:
    for each in SLOW[engine_name]:
        await execute(database, sa.text(each))


async def test_a_statement_that_takes_too_long_ends_and_nothing_is_changed(
    database: str, engine_name: str
) -> None:
    await slow_down(database, engine_name)
    before, began = await held(database), time.monotonic()
    hasty = SqlConnector(SqlSystem(database, ("shop",), statement_seconds=0.5), DATASETS, KEY)
    outcome = await hasty.erase(Call(uuid4(), ANNA))
    assert isinstance(outcome, Broken)
    assert outcome.why.startswith("The database took too long (")
    assert time.monotonic() - began < 50
    assert await held(database) == before
    await hasty.close()


async def test_a_call_that_takes_too_long_ends_and_nothing_is_changed(
    sql: SqlConnector, database: str, engine_name: str
) -> None:
    await slow_down(database, engine_name)
    await sql.check()
    before, began = await held(database), time.monotonic()
    outcome = await Guarded(sql).erase(Call(uuid4(), ANNA, seconds=1.5))
    assert isinstance(outcome, Broken)
    assert time.monotonic() - began < 50
    assert await held(database) == before
    assert await execute(database, sa.text(f"SELECT count(*) FROM {NAME}")) == [(0,)]
    assert isinstance(await sql.find(Call(uuid4(), ANNA)), Done)


DELETED_FROM = ("addresses", "parcels", "invoices")
ROLE = {
    "postgresql": [
        "CREATE ROLE {name} LOGIN PASSWORD 'word'",
        "GRANT SELECT, UPDATE ON customers, orders TO {name}",
        "GRANT SELECT, UPDATE, DELETE ON addresses, parcels, invoices TO {name}",
        f"GRANT SELECT, INSERT ON {NAME} TO {{name}}",
    ],
    "mariadb": [
        "CREATE USER {name}@localhost IDENTIFIED BY 'word'",
        *(f"GRANT SELECT, UPDATE ON {table} TO {{name}}@localhost" for table in ("customers", "orders")),
        *(f"GRANT SELECT, UPDATE, DELETE ON {table} TO {{name}}@localhost" for table in DELETED_FROM),
        f"GRANT SELECT, INSERT ON {NAME} TO {{name}}@localhost",
    ],
}  # fmt: skip


@pytest.mark.parametrize("engine_name", ["postgresql", "mariadb"], indirect=True)
async def test_the_role_of_the_guide_is_enough_and_a_lesser_one_is_told(
    database: str, engine_name: str
) -> None:
    name = f"role_{uuid4().hex[:12]}"
    for each in ROLE[engine_name]:
        await execute(database, sa.text(each.format(name=name)))
    url = sa.make_url(database).set(username=name, password="word").render_as_string(hide_password=False)
    least = SqlConnector(SqlSystem(url, ("shop",)), DATASETS, KEY)
    assert await least.check() == ()
    assert isinstance(await least.find(Call(uuid4(), ANNA)), Done)
    assert isinstance(await least.correct(Call(uuid4(), ANNA), [MOVED]), Done)
    assert isinstance(await least.restrict(Call(uuid4(), ANNA)), Done)
    grantee = name if engine_name == "postgresql" else f"{name}@localhost"
    await execute(database, sa.text(f"REVOKE DELETE ON addresses FROM {grantee}"))
    before = await held(database)
    outcome = await least.erase(Call(uuid4(), ANNA))
    assert isinstance(outcome, Refused)
    assert outcome.why.startswith("The database does not let its role do this (")
    assert await held(database) == before
    await execute(database, sa.text(f"GRANT DELETE ON addresses TO {grantee}"))
    assert isinstance(await least.erase(Call(uuid4(), ANNA)), Done)
    await least.close()
    if engine_name == "postgresql":
        await execute(database, sa.text(f"DROP OWNED BY {name}"), sa.text(f"DROP ROLE {name}"))


CANARIES = ("lindqvist", "Elm Row", "ring twice", "Mrs Berg", "+46700000001", "New Harbour", "1980")


async def test_nothing_of_anybody_is_logged_or_shown(
    sql: SqlConnector, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    for name, level in TAMED.items():
        caplog.set_level(level, name)
    guarded, one = Guarded(sql), Call(uuid4(), ANNA)
    rows: list[Any] = [item async for item in guarded.export(one)]
    outcomes = [
        await guarded.find(one),
        await guarded.correct(one, [MOVED]),
        await guarded.correct(Call(uuid4(), ANNA), [MOVED, MOVED]),
        await guarded.restrict(one),
        await guarded.erase(one),
    ]
    heard = "\n".join(f"{record.getMessage()} {record.exc_text}" for record in caplog.records)
    shown = f"{heard}{capfd.readouterr()}{rows!r}{outcomes!r}{one!r}{MOVED!r}{sql!r}"
    for outcome in outcomes:
        assert isinstance(outcome, Done)
        shown += outcome.evidence.text()
    assert [each for each in CANARIES if each in shown] == []


async def test_what_a_database_says_of_values_is_not_repeated(database: str, sql: SqlConnector) -> None:
    """A unique rule against the new value: databases quote it in their message."""
    taken = [MOVED.__class__("shop.customers.email", "bert.okafor@example.com")]
    before = await held(database)
    outcome = await sql.correct(Call(uuid4(), ANNA), taken)
    assert isinstance(outcome, Refused)
    assert "okafor" not in repr(outcome)
    assert await held(database) == before


async def test_a_locked_row_is_waited_for_and_no_longer_than_allowed(database: str, engine_name: str) -> None:
    if engine_name == "sqlite":
        lock = "UPDATE customers SET phone = '1' WHERE id = 1"
    else:
        lock = "SELECT id FROM customers WHERE id = 1 FOR UPDATE"
    from workers.connectors.sql.engines import open_engine  # noqa: PLC0415 - needed here only

    engine = open_engine(SqlSystem(database, ()))
    waiting = SqlConnector(SqlSystem(database, ("shop",)), DATASETS, KEY)
    async with engine.connect() as connection:
        await connection.execute(sa.text(lock))
        async with asyncio.timeout(120):
            outcome = await waiting.erase(Call(uuid4(), ANNA))
        assert isinstance(outcome, Broken)
        assert outcome.why.startswith("The database took too long (")
        await connection.rollback()
    assert isinstance(await waiting.erase(Call(uuid4(), ANNA)), Done)
    await waiting.close()
    await engine.dispose()
