"""Bring a database to this version: Tortoise's own migrations under one advisory lock, then what every hub needs.

Safe to run from many places at once and to kill: each migration is one transaction.
"""

from functools import cached_property
from typing import Any

import asyncpg
from tortoise import Tortoise
from tortoise.backends.asyncpg.client import AsyncpgDBClient
from tortoise.connection import get_connections
from tortoise.exceptions import OperationalError
from tortoise.migrations.executor import MigrationExecutor
from tortoise.migrations.schema_generator.state import ModelState, State
from tortoise.migrations.schema_generator.state_apps import StateApps

from hub.db import MIGRATIONS, TORTOISE_ORM, connect
from hub.errors import Unready

LOCK = 7_226_001  # any number, the same in every hub: the advisory lock of migrating
OLDEST_SERVER = 150_000


async def migrate(url: str) -> list[str]:
    """Apply what is missing; returns the names applied. Unready where the server does not fit or the user may not."""
    guard = await connect(url, {"statement_timeout": "0", "lock_timeout": "0"})
    try:
        await _refuse_what_does_not_fit(guard)
        await guard.execute("SELECT pg_advisory_lock($1)", LOCK)
        before = await applied(guard)
        await _run(url)
        return [name for name in await applied(guard) if name not in before]
    except asyncpg.InsufficientPrivilegeError as error:
        raise Unready(
            f"database: this user may not migrate ({error.sqlstate}); use the owner's URL in "
            "HUB_MIGRATION_DATABASE_URL, and let a superuser run CREATE ROLE for hub_app, hub_read, hub_sealer and "
            "hub_retention"
        ) from None
    finally:
        await guard.close(timeout=5)


async def applied(connection: asyncpg.Connection) -> list[str]:
    """Names of the migrations a database has, oldest first; empty for a fresh one."""
    if await connection.fetchval("SELECT to_regclass('public.tortoise_migrations')") is None:
        return []
    return [row["name"] for row in await connection.fetch("SELECT name FROM tortoise_migrations ORDER BY id")]


async def known() -> list[str]:
    """Names of the migrations this version carries, in their order; those of one number may be applied in any."""
    await Tortoise.init(config=TORTOISE_ORM, init_connections=False)
    executor = MigrationExecutor(None, {"hub": MIGRATIONS})  # type: ignore[arg-type]
    await executor.loader.build_graph()
    return sorted(key.name for key in executor.loader.graph.nodes)


async def _refuse_what_does_not_fit(connection: asyncpg.Connection) -> None:
    version = int(await connection.fetchval("SHOW server_version_num"))
    if version < OLDEST_SERVER:
        raise Unready(f"database: PostgreSQL 15 or newer is needed, this is {version // 10_000}")
    encoding = await connection.fetchval("SHOW server_encoding")
    if encoding != "UTF8":
        raise Unready(
            f"database: its encoding is {encoding}: make it with CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0"
        )


async def _run(url: str) -> None:
    await Tortoise.init(config=TORTOISE_ORM, init_connections=False)
    client = AsyncpgDBClient(connection_name="default")
    client._pool = await asyncpg.create_pool(  # noqa: SLF001 - as in hub.db
        url, min_size=1, max_size=2, server_settings={"lock_timeout": "10s"}
    )
    token = get_connections().set("default", client)  # the executor opens its transactions by this name
    try:
        await _Executor(client, {"hub": MIGRATIONS}).migrate(None)
    except OperationalError as error:
        raise error.args[0] from error  # what the database said, which callers know
    finally:
        get_connections().reset(token)
        await client.close()


class _Apps(StateApps):
    """Models as migrations see them, without what only queries need: making that took most of the time."""

    def _build_initial_querysets(self) -> None:
        return


class _Before(State):
    """How models were before an operation: made into classes only for the few operations that look."""

    def __init__(self, models: dict[tuple[str, str], ModelState], after: StateApps) -> None:
        self.models = models
        self._after = after

    @cached_property
    def apps(self) -> StateApps:  # pyright: ignore[reportIncompatibleVariableOverride] -- worked out when it is asked for
        return self._after.clone(model_states=self.models)


class _State(State):
    """How models are; Tortoise copies all of it before each operation."""

    def clone(self) -> State:
        return _Before({key: model.clone() for key, model in self.models.items()}, self.apps)


class _Executor(MigrationExecutor):
    """Tortoise's, in a fraction of the time: its own makes every model anew, twice for each operation."""

    async def _project_state(self, applied: set[Any], *, upto: Any = None) -> State:
        done = await super()._project_state(applied, upto=upto)
        empty = _Apps(done.apps._default_connections)  # noqa: SLF001 - as Tortoise's own
        return _State(done.models, empty.clone(model_states=done.models))
