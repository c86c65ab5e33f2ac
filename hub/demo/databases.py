"""The demo's two databases beside the hub's: Harbour's accounts in PostgreSQL, and its diary in SQLite.

They hold the demo's customers under their email addresses, and are connected as an operator would connect them, by
the dataset files beside this one. Each is made whole before it is connected: one that is not is made anew at the next
start; one that was connected is left alone, whatever became of it.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from hub import organisations
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.db import connect
from hub.demo.firm import FIRMS
from hub.errors import Unready
from hub.rights import systems
from hub.rights.reaching import Reach
from hub.rights.systems import NewSystem

FIRM: Final = FIRMS[0]
OURS: Final = "Made-up accounts of the Privacy Hub demo"
"""What a database of ours says of itself: no other one of its name is ever touched."""
NAME_MOST: Final = 63
_KNOWN: Final = "SELECT name FROM connected_system WHERE organisation_id = $1 AND kind = 'SQL'"
_SAID: Final = "SELECT shobj_description(oid, 'pg_database') AS said FROM pg_database WHERE datname = $1"
Say = Callable[[str], None]


async def enter(hub: Hub, say: Say) -> None:
    """Make and connect what never was; says in one line what cannot be made here, and goes on."""
    async with hub.ask(OPERATOR, Operation.CATALOGUE_READ) as ask:
        firm_id = (await organisations.read(ask, FIRM)).id
        known = {row["name"] for row in await ask.rows(_KNOWN, firm_id)}
    for key, (name, make) in DATABASES.items():
        if name not in known:
            try:
                address = await make(hub)
            except Unready as reason:
                say(f"The demo goes on without its {name.lower()}: {reason}")
                continue
            new = NewSystem(key, name, "SQL", Reach(address), _text(f"{key}.yml"), ())
            connecting = partial(systems.connect, new=new, organisation_id=firm_id)
            await hub.perform(OPERATOR, Operation.SYSTEM_CONNECT, connecting)


async def _accounts(hub: Hub) -> str:
    """A second database on the hub's own server; returns its address."""
    from hub.demo import book  # noqa: PLC0415 - made once, as people are

    try:
        async with _connected(hub.database.url) as connection:
            hubs = await connection.fetchval("SELECT current_database()")
            name = f"{hubs[: NAME_MOST - len('_accounts')]}_accounts"
            await make_anew(connection, name)
        address = beside(hub.database.url, name)
        async with _connected(address) as connection, connection.transaction():
            await connection.execute(_text("accounts.sql"))
            for table, rows in book.accounts(FIRM).items():
                await connection.copy_records_to_table(table, columns=book.COLUMNS[table], records=rows)
    except asyncpg.PostgresError as error:
        raise Unready(f"PostgreSQL does not make it ({type(error).__name__}).") from error
    return address


async def make_anew(connection: asyncpg.Connection, name: str) -> None:
    """Make a database without anything in it. Unready where one of its name is another's, or the role may not."""
    quoted = await connection.fetchval("SELECT quote_ident($1)", name)
    for row in await connection.fetch(_SAID, name):
        if row["said"] != OURS:
            raise Unready(f"there is a database {quoted} that the demo did not make.")
        await connection.execute(f"DROP DATABASE {quoted} WITH (FORCE)")
    try:
        await connection.execute(f"CREATE DATABASE {quoted} TEMPLATE template0 ENCODING 'UTF8'")
    except asyncpg.InsufficientPrivilegeError:
        role = await connection.fetchval("SELECT quote_ident(current_user)")
        raise Unready(
            f"this role may not create a database; let a superuser run ALTER ROLE {role} CREATEDB, and start again."
        ) from None
    await connection.execute(f"COMMENT ON DATABASE {quoted} IS '{OURS}'")


@contextlib.asynccontextmanager
async def _connected(url: str) -> AsyncGenerator[asyncpg.Connection]:
    connection = await connect(url, {"statement_timeout": "2min"})
    try:
        yield connection
    finally:
        await connection.close(timeout=5)


def beside(url: str, name: str) -> str:
    """The address of another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{quote(name)}"))


async def _diary(hub: Hub) -> str:
    """A file in the demo's folder; returns its address."""
    path = await asyncio.to_thread((hub.settings.data_dir / "diary.sqlite").resolve)
    try:
        await asyncio.to_thread(_fill, path)
    except (OSError, sqlite3.Error) as error:
        raise Unready(f"{path} cannot be written ({type(error).__name__}).") from error
    return f"sqlite:///{path}"


def _fill(path: Path) -> None:
    from hub.demo import book  # noqa: PLC0415 - made once, as people are

    path.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        path.chmod(0o600)
        connection.executescript(_text("diary.sql"))
        for table, rows in book.diary(FIRM).items():
            marks = ", ".join("?" * len(book.COLUMNS[table]))
            said = f"INSERT INTO {table} ({', '.join(book.COLUMNS[table])}) VALUES ({marks})"  # noqa: S608 - constants
            connection.executemany(said, rows)
        connection.commit()


def _text(name: str) -> str:
    return (files("hub.demo") / name).read_text(encoding="utf-8")


DATABASES: Final[Mapping[str, tuple[str, Callable[[Hub], Awaitable[str]]]]] = {
    "accounts": ("Accounts", _accounts),
    "diary": ("Diary", _diary),
}
"""By its key: what the system is called, and what makes it."""
