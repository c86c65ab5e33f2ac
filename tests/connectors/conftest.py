"""The shop on every engine that we connect to."""

import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
import sqlalchemy as sa

from tests.conftest import at_database
from tests.connectors import mariadb, shop
from workers.connectors.sql import SqlConnector, SqlSystem
from workers.connectors.sql.engines import open_engine

ENGINES = ("sqlite", "postgresql", "mariadb")


@pytest.fixture(params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[str]:
    """The address of a MariaDB's databases, with `{}` for the name of one."""
    with mariadb.running() as address:
        yield address


@pytest_asyncio.fixture
async def empty_database(
    engine_name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[str]:
    """The address of an empty database of this engine."""
    if engine_name == "sqlite":
        (tmp_path / "shop.db").touch()
        yield f"sqlite:///{tmp_path}/shop.db"
        return
    name = f"shop_{secrets.token_hex(6)}"
    if engine_name == "mariadb":
        address: str = request.getfixturevalue("mariadb_server")
        await _execute(address.format(""), f"CREATE DATABASE {name}")
        yield address.format(name)
        return
    cluster: str = request.getfixturevalue("cluster")
    connection = await asyncpg.connect(cluster)
    await connection.execute(f'CREATE DATABASE "{name}"')
    yield at_database(cluster, name)
    await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await connection.close()


async def _execute(address: str, statement: str) -> None:
    engine = open_engine(SqlSystem(address, ()))
    async with engine.begin() as connection:
        await connection.execute(sa.text(statement))
    await engine.dispose()


@pytest_asyncio.fixture
async def database(empty_database: str) -> str:
    """The address of the shop's database."""
    engine = open_engine(SqlSystem(empty_database, ()))
    async with engine.begin() as connection:
        await connection.run_sync(shop.fill)
    await engine.dispose()
    return empty_database


@pytest_asyncio.fixture
async def sql(database: str) -> AsyncIterator[SqlConnector]:
    """The shop's connector."""
    connector = SqlConnector(SqlSystem(database, ("shop",)), shop.DATASETS, shop.KEY)
    yield connector
    await connector.close()
