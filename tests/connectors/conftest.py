"""The shop on every engine that we connect to."""

import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
import sqlalchemy as sa

from tests.conftest import _in_thread, at_database
from tests.connectors import mariadb, shop
from workers.connectors.sql import SqlConnector, SqlSystem
from workers.connectors.sql.engines import open_engine

ENGINES = ("sqlite", "postgresql", "mariadb")
_END = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
_SCHEMAS = (
    "SELECT quote_ident(nspname) AS name FROM pg_namespace WHERE nspname !~ '^pg_|^information_schema$'"
)


@pytest.fixture(params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[str]:
    """The address of a MariaDB's databases, with `{}` for the name of one."""
    with mariadb.running() as address:
        yield address


@pytest.fixture(scope="session")
def postgresql_database(cluster: str) -> Iterator[str]:
    """The address of a database that is emptied for each test: making one takes longer than most of them."""
    name = f"shop_{secrets.token_hex(6)}"
    _in_thread(_say, cluster, f'CREATE DATABASE "{name}"')
    yield at_database(cluster, name)
    _in_thread(_say, cluster, f'DROP DATABASE "{name}" WITH (FORCE)')


async def _say(address: str, statement: str) -> None:
    connection = await asyncpg.connect(address)
    await connection.execute(statement)
    await connection.close()


async def _clear(address: str) -> None:
    """End whoever is still connected, and remove every schema that a test may have made."""
    connection = await asyncpg.connect(address)
    await connection.execute(_END)
    for row in await connection.fetch(_SCHEMAS):
        await connection.execute(f"DROP SCHEMA {row['name']} CASCADE")
    await connection.execute("CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC")
    await connection.close()


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
    address: str = request.getfixturevalue("postgresql_database")
    await _clear(address)
    yield address


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
