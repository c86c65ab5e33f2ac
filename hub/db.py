"""The database: pools per role, one connection in one transaction, and the configuration migrations use.

The one module that touches connections. Three pools share a database: ``app`` writes as role ``hub_app``; ``read`` and
``quick`` read as ``hub_read`` in read-only snapshots, ``quick`` one statement at a time. Models run on the same
connection: ``.using_db(session.db)``.
"""

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Self, cast
from uuid import UUID

import asyncpg
import uuid_utils.compat
from asyncpg.pgproto import pgproto
from tortoise import BaseDBAsyncClient, Tortoise
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper

from hub.errors import Unready

MODELS = ["hub.models"]
LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what the driver says when the server dies in the middle of an answer
    ConnectionError,
    OSError,
)
SERVER_SETTINGS = {
    "jit": "off",  # plans here are short; compiling them costs more than it saves
    "timezone": "UTC",
    "lock_timeout": "5s",
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "60s",
}
READ_ONLY = {"default_transaction_read_only": "on", "default_transaction_isolation": "repeatable read"}

# A crowd of a million falls into some ten thousand groups, which are counted in memory.
COUNTING = {"work_mem": "16MB"}
# A plan stays with its connection, also one made while a table was nearly empty and reading all of it looked cheap.
INDEXED = {"enable_seqscan": "off"}
PLANNED_ONCE = {
    "plan_cache_mode": "force_generic_plan"
}  # gather is long: planning it anew costs more than running it
STATEMENT_BYTES = 65_536  # the longest statement a connection keeps prepared

Record = asyncpg.Record


def new_id() -> UUID:
    """A UUID version 7 (RFC 9562): ordered by time, made here so that any PostgreSQL serves."""
    return uuid_utils.compat.uuid7()


def new_ids(many: int) -> list[str]:
    """As many new ones, as text."""
    return [str(uuid_utils.uuid7()) for _ in range(many)]


def listed(several: Iterable[object]) -> str:
    """Ids or numbers as PostgreSQL spells an array of them: the driver takes ten times as long for ids one by one."""
    return "{" + ",".join(["NULL" if each is None else str(each) for each in several]) + "}"


def uuid_of(octets: bytes) -> UUID:
    """A UUID as the driver makes them, at a tenth of what Python's own costs."""
    return pgproto.UUID(octets)


class Session:
    """One connection inside one transaction (or, ``single``, one statement at a time outside any)."""

    def __init__(self, db: BaseDBAsyncClient) -> None:
        self.db = db

    def _acquire(self) -> Any:
        return cast("Any", self.db).acquire_connection()

    async def rows(self, sql: str, *args: Any) -> list[Record]:
        """All rows of a statement with ``$1`` placeholders."""
        async with self._acquire() as connection:
            return await connection.fetch(sql, *args)

    async def row(self, sql: str, *args: Any) -> Record | None:
        """The first row, or None."""
        async with self._acquire() as connection:
            return await connection.fetchrow(sql, *args)

    async def value(self, sql: str, *args: Any) -> Any:
        """The first column of the first row, or None."""
        async with self._acquire() as connection:
            return await connection.fetchval(sql, *args)

    async def execute(self, sql: str, *args: Any) -> None:
        """Run a statement for its effect."""
        async with self._acquire() as connection:
            await connection.execute(sql, *args)

    async def copy_in(self, table: str, columns: Sequence[str], records: Sequence[Sequence[Any]]) -> None:
        """Bulk insert by COPY."""
        async with self._acquire() as connection:
            await connection.copy_records_to_table(table, columns=list(columns), records=records)

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[asyncpg.Connection]:
        """The raw connection, locked against the siblings that share it."""
        async with self._acquire() as connection:
            yield connection


class Database:
    """The pools of one database. Open one per process; close it before the loop ends."""

    def __init__(self, url: str, app: AsyncpgDBClient, read: AsyncpgDBClient, quick: AsyncpgDBClient) -> None:
        self.url = url
        self._app = app
        self._read = read
        self._quick = quick

    @classmethod
    async def open(cls, url: str, pool_size: int = 10, *, name: str = "hub") -> Self:
        """Open the pools; Unready says why the database cannot be reached or does not fit."""
        await ready_models()
        app = await _client(url, pool_size, name, {"role": "hub_app", **INDEXED})
        read = await _client(url, pool_size, name, {"role": "hub_read", **READ_ONLY, **COUNTING})
        quick = await _client(url, pool_size, name, {"role": "hub_read", **READ_ONLY, **PLANNED_ONCE})
        return cls(url, app, read, quick)

    async def close(self) -> None:
        """Close all pools, waiting for their connections; where one was lost, the others are closed all the same.

        A pool that is left open makes connections anew, and its tasks outlive the loop.
        """
        for client in (self._app, self._read, self._quick):
            pool = client._pool  # noqa: SLF001 - see _client
            try:
                await client.close()
            except (*LOST, asyncpg.PostgresError):
                if pool is not None:
                    pool.terminate()

    @asynccontextmanager
    async def writing(self) -> AsyncGenerator[Session]:
        """A transaction as the application: commits on return, rolls back on any exception."""
        async with _transaction(self._app, isolation="read_committed") as session:
            yield session

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[Session]:
        """A read-only snapshot."""
        async with _transaction(self._read, isolation="repeatable_read", readonly=True) as session:
            yield session

    def single(self) -> Session:
        """Reads one statement at a time: each its own snapshot, no round trip for BEGIN and COMMIT."""
        return Session(self._quick)

    def single_write(self) -> Session:
        """Writes by one statement that is a whole act in itself (a database function that opens one)."""
        return Session(self._app)

    @asynccontextmanager
    async def sealer(self) -> AsyncGenerator[asyncpg.Connection]:
        """A connection of its own as role ``hub_sealer``, outside any transaction."""
        connection = await connect(self.url, {"role": "hub_sealer", "application_name": "hub sealer"})
        try:
            yield connection
        finally:
            await connection.close(timeout=5)


async def connect(url: str, server_settings: dict[str, str] | None = None) -> asyncpg.Connection:
    """One connection outside the pools; Unready where the server does not let us in."""
    try:
        return await asyncpg.connect(
            url, server_settings={**SERVER_SETTINGS, **(server_settings or {})}, timeout=10
        )
    except (*LOST, asyncpg.PostgresError, TimeoutError) as error:
        raise Unready(explain(error)) from None


def explain(error: BaseException) -> str:
    """What a connection failure means, without the URL."""
    if isinstance(error, asyncpg.InvalidParameterValueError | asyncpg.UndefinedObjectError):
        return "database: the roles of the hub are missing; run `hub migrate`"
    if isinstance(error, asyncpg.InsufficientPrivilegeError):
        return "database: this user may not act as hub_app; run `hub migrate` as the owner, or GRANT it the hub roles"
    if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError):
        return "database: user or password refused; check HUB_DATABASE_URL"
    if isinstance(error, asyncpg.InvalidCatalogNameError):
        return "database: it does not exist; create it or correct HUB_DATABASE_URL"
    return (
        f"database: cannot connect ({type(error).__name__}); check that the server runs and HUB_DATABASE_URL"
    )


async def ready_models() -> None:
    """Bind the models to PostgreSQL's dialect once per process; they get their connection with every query."""
    await Tortoise.init(config=TORTOISE_ORM)


async def _client(url: str, size: int, name: str, server_settings: dict[str, str]) -> AsyncpgDBClient:
    client = AsyncpgDBClient(connection_name="default")
    try:
        client._pool = await asyncpg.create_pool(  # noqa: SLF001 - our pool, so that one URL format serves everywhere
            url,
            min_size=1,
            max_size=size,
            timeout=10,
            max_inactive_connection_lifetime=300,
            max_cacheable_statement_size=STATEMENT_BYTES,
            reset=_leave_as_is,
            server_settings={**SERVER_SETTINGS, **server_settings, "application_name": name},
        )
    except (*LOST, asyncpg.PostgresError, TimeoutError) as error:
        raise Unready(explain(error)) from None
    return client


async def _leave_as_is(_: asyncpg.Connection) -> None:
    """Spare the round trip: whatever we set is local to a transaction, and nobody listens on a pooled connection."""


@asynccontextmanager
async def _transaction(client: AsyncpgDBClient, **options: Any) -> AsyncGenerator[Session]:
    pool = client._pool  # noqa: SLF001 - see _client
    if pool is None:
        raise Unready("database: the pool is closed")
    async with pool.acquire() as connection:
        wrapper = TransactionWrapper(client)
        cast("Any", wrapper)._connection = connection  # noqa: SLF001 - models and plain SQL share one transaction
        transaction = connection.transaction(**options)
        await transaction.start()
        try:
            yield Session(wrapper)
        except BaseException:
            await _roll_back(transaction)
            raise
        await transaction.commit()


async def _roll_back(transaction: Any) -> None:
    try:
        await transaction.rollback()
    except LOST:
        return  # the server rolls back what a lost connection had begun


# For `tortoise -c hub.db.TORTOISE_ORM makemigrations`, which compares models and migrations without a server.
MIGRATIONS = {"models": MODELS, "default_connection": "default", "migrations": "migrations"}
TORTOISE_ORM: dict[str, Any] = {
    "connections": {"default": {"engine": "tortoise.backends.asyncpg", "credentials": {"database": "hub"}}},
    "apps": {"hub": MIGRATIONS},
}


def utc(moment: datetime) -> str:
    """An instant as text with microseconds, always UTC: ``2026-11-22T09:00:00.000000Z``."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
