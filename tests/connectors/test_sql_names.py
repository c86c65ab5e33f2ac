"""Hostile names on every engine: those that the database has are quoted, all others are refused."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.connectors.describing import EMAIL, ID, NAME, dataset, refers
from tests.connectors.shop import KEY
from workers.connectors.connector import Call, Change, Done, Refused, Row, Subject
from workers.connectors.sql import SqlConnector, SqlSystem
from workers.connectors.sql.engines import open_engine
from workers.connectors.sql.journal import TABLE

ANNA = Subject({"email": ("anna@example.com",)})
NAMES = [
    'a"; DROP TABLE canary; --',
    "a'; DROP TABLE canary; --",
    "a`; DROP TABLE canary; --",
    "a]; DROP TABLE canary; --",
    "%s %(x)s %%",
    ":name",
    "select",
    "Mixed Case",
    "tab\tand\nline",
    "back\\slash",
    "été—العربية",
    "{x} {0}",
    "/* x */",
    "$1 ? @p",
]


@pytest_asyncio.fixture
async def engine(empty_database: str) -> AsyncIterator[AsyncEngine]:
    made = open_engine(SqlSystem(empty_database, ()))
    async with made.begin() as connection:
        await connection.exec_driver_sql("CREATE TABLE canary (id INTEGER PRIMARY KEY)")
        await connection.run_sync(TABLE.create)
    yield made
    async with made.begin() as connection:
        assert (await connection.exec_driver_sql("SELECT count(*) FROM canary")).scalar() == 0
    await made.dispose()


@pytest.mark.parametrize("name", NAMES)
async def test_a_name_that_the_database_has_works_whatever_it_is(
    engine: AsyncEngine, empty_database: str, engine_name: str, name: str
) -> None:
    metadata = sa.MetaData()
    people = sa.Table(
        name,
        metadata,
        sa.Column(f"{name} id", sa.Integer, primary_key=True),
        sa.Column(f"{name} mail", sa.String(60)),
        sa.Column(name, sa.String(60)),
    )
    orders = sa.Table(
        f"{name} 2", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column(name, sa.Integer)
    )
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
        await connection.execute(
            sa.insert(people).values([[1, "Anna@example.com", "Anna"], [2, "b@example.com", "B"]])
        )
        await connection.execute(sa.insert(orders).values([[1, 1], [2, 2]]))
    described = dataset(
        "crm",
        {
            name: {f"{name} id": ID, f"{name} mail": EMAIL, name: NAME},
            f"{name} 2": {"id": ID, name: refers(f"crm.{name}.{name} id")},
        },
    )
    connector = SqlConnector(SqlSystem(empty_database, ("crm",)), [described], KEY)
    if engine_name == "mariadb" and set(name) & set(
        "`\n"
    ):  # its catalogue is read as text, which these break
        assert isinstance(await connector.erase(Call(uuid4(), ANNA)), Refused)
        await connector.close()
        return
    assert await connector.check() == ()
    rows = [item async for item in connector.export(Call(uuid4(), ANNA)) if isinstance(item, Row)]
    assert [row.values[name] for row in rows] == ["Anna", 1]
    outcome = await connector.correct(Call(uuid4(), ANNA), [Change(f"crm.{name}.{name}", "Anne")])
    assert isinstance(outcome, Done)
    assert isinstance(await connector.erase(Call(uuid4(), ANNA)), Done)
    async with engine.connect() as connection:
        left = (await connection.execute(sa.select(people).order_by(people.columns[0]))).all()
    assert [tuple(row) for row in left] == [(1, None, None), (2, "b@example.com", "B")]
    await connector.close()


@pytest.mark.parametrize("name", NAMES)
async def test_a_name_that_the_database_does_not_have_is_refused(
    engine: AsyncEngine, empty_database: str, name: str
) -> None:
    assert engine
    described = dataset("crm", {name: {"id": ID, "email": EMAIL}, "canary": {"id": ID, name: EMAIL}})
    connector = SqlConnector(SqlSystem(empty_database, ("crm",)), [described], KEY)
    outcome = await connector.erase(Call(uuid4(), ANNA))
    assert outcome == Refused(
        f"crm.{name}: the database has no such table, or shows it to others only. "
        f"crm.canary.{name}: the table has no such column."
    )
    await connector.close()


@pytest.mark.parametrize("name", NAMES)
async def test_a_schema_that_the_database_does_not_have_is_refused(
    engine: AsyncEngine, empty_database: str, name: str
) -> None:
    assert engine
    described = dataset(
        "crm", {"canary": {"id": ID, "email": EMAIL}}, fides_meta={"namespace": {"schema": name}}
    )
    connector = SqlConnector(SqlSystem(empty_database, ("crm",)), [described], KEY)
    outcome = await connector.erase(Call(uuid4(), ANNA))
    assert type(outcome).__name__ in {"Refused", "Broken"}
    await connector.close()
