"""One database for many ledgers, one after another: emptied for each test, and filled again with rows put by.

Making a database takes longer than most of these tests; what a test may leave behind here is rows alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import asyncpg

# A table that nothing was ever written to has no pages: no other needs to be looked at.
_WRITTEN = """
    SELECT format('%I.%I', nspname, relname) AS name
    FROM pg_class JOIN pg_namespace AS space ON space.oid = relnamespace
    WHERE relkind = 'r' AND nspname IN ('public', 'keys') AND pg_relation_size(pg_class.oid) > 0
"""
_SHELF = "put_by"


async def written(superuser: asyncpg.Connection) -> set[str]:
    """Name the tables that have been written to."""
    return {row["name"] for row in await superuser.fetch(_WRITTEN)}


@dataclass
class PutBy:
    """Rows of some tables, kept in the database itself, and the text of the anchor file that belongs to them."""

    tables: list[str]
    anchors: str

    async def put_back(self, superuser: asyncpg.Connection) -> None:
        """Write them again, as they were."""
        await _do(superuser, [_COPY.format(table, _shelved(table)) for table in self.tables])


_COPY = "INSERT INTO {} OVERRIDING SYSTEM VALUE SELECT * FROM {}"


async def put_by(superuser: asyncpg.Connection, tables: Iterable[str], anchors: str) -> PutBy:
    """Keep what stands in these tables now."""
    named = sorted(tables)
    shelves = [f"CREATE TABLE {_shelved(table)} AS SELECT * FROM {table}" for table in named]
    await _do(superuser, [f"CREATE SCHEMA {_SHELF}", *shelves])
    return PutBy(named, anchors)


async def emptied(superuser: asyncpg.Connection, tables: Iterable[str]) -> None:
    """Delete every row of these tables, as only a superuser can who switches off all triggers."""
    await _do(superuser, [f"DELETE FROM {table}" for table in sorted(tables)])


async def _do(superuser: asyncpg.Connection, statements: list[str]) -> None:
    async with superuser.transaction():
        await superuser.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            await superuser.execute(statement)


def _shelved(table: str) -> str:
    return f"{_SHELF}.{table.replace('.', '_')}"
