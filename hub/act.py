"""Ask and Act: the power to read and the power to write, each one transaction with an actor and an instant.

An **Ask** is a read-only snapshot. An **Act** is all or nothing: returning commits, raising rolls back, and the
database itself refuses a write outside an act, and an act that wrote and recorded nothing.
"""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Self, TypeVar
from uuid import UUID

import asyncpg
from tortoise import BaseDBAsyncClient

from hub import idempotency, ledger, metrics, queue
from hub.actors import Actor, Operation, authorise
from hub.db import LOST, Database, Record, Session, new_id
from hub.errors import Code, Refusal
from hub.listening import Listening
from hub.settings import Settings
from hub.vault import Vault, open_vault

Result = TypeVar("Result")
Kinds = tuple[type[Exception], ...]
RETRIED: Kinds = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError)
_REASONS: tuple[tuple[Kinds, str], ...] = (
    (RETRIED, "Others are changing the same records."),
    ((asyncpg.DiskFullError,), "The disk of the database is full: free some space."),
    ((asyncpg.InsufficientResourcesError,), "The database is out of resources."),
    ((asyncpg.ReadOnlySQLTransactionError,), "The database is read-only now."),
    ((asyncpg.QueryCanceledError,), "The database took too long."),
    (LOST, "The connection to the database was lost."),
)
FAILURES: Kinds = tuple(kind for kinds, _ in _REASONS for kind in kinds)
_FINAL: Kinds = tuple(kind for kind in FAILURES if kind not in RETRIED)
ATTEMPTS = 4
_NOW = "SELECT now()"
# A plan that is kept has to serve when tables have grown, and so reads none of them in sequence.
_NOW_PLANNED_ONCE = """
    SELECT now()
    FROM set_config('plan_cache_mode', 'force_generic_plan', true) AS once,
        set_config('enable_seqscan', 'off', true) AS indexed
"""
_OPEN = "SELECT open_act($1, $2, $3, $4, $5)"
_ADD = "SELECT add_events($1, $2::new_choice[], $3::new_collection[], $4::new_delivery[])"
Rows = Sequence[tuple[Any, ...]]


class Ask(Session):
    """A read-only snapshot with the actor, the instant and the locale of the asker. is_past: the instant was chosen."""

    is_past = False

    def __init__(self, hub: "Hub", db: BaseDBAsyncClient, actor: Actor, at: datetime, locale: str) -> None:
        super().__init__(db)
        self.hub = hub
        self.actor = actor
        self.at = at
        self.locale = locale
        self.wrapped: dict[UUID, bytes] = {}
        """Data keys, as they are stored, of those who are held: read once for all that is written about them."""

    def as_of(self, at: datetime) -> "Ask":
        """The same snapshot, asked about a past instant, on the same connection: waiting for a second may never end."""
        past = Ask(self.hub, self.db, self.actor, at, self.locale)
        past.is_past = True
        return past

    def beside(self) -> "Ask":
        """What is committed, a statement at a time, whose plan is made once; for what may be stale by its answer.

        Each statement has a connection of another pool, of which nobody holds one while waiting for anything else.
        """
        return Ask(self.hub, self.hub.database.single().db, self.actor, self.at, self.locale)

    async def rows(self, sql: str, *args: Any) -> list[Record]:
        """All rows of a statement; Refusal UNAVAILABLE where the database does not answer."""
        try:
            return await super().rows(sql, *args)
        except _FINAL as error:
            raise refusal(error) from error

    async def row(self, sql: str, *args: Any) -> Record | None:
        """The first row, or None; as `rows`."""
        try:
            return await super().row(sql, *args)
        except _FINAL as error:
            raise refusal(error) from error

    async def value(self, sql: str, *args: Any) -> Any:
        """The first column of the first row, or None; as `rows`."""
        try:
            return await super().value(sql, *args)
        except _FINAL as error:
            raise refusal(error) from error


class Act(Ask):
    """One transaction that writes. ``at`` is the database's instant; every row of the act carries it."""

    def __init__(  # noqa: PLR0913, PLR0917 - an act is its actor, instant, locale, operation and connection, no less
        self,
        hub: "Hub",
        db: BaseDBAsyncClient,
        actor: Actor,
        at: datetime,
        locale: str,
        operation: Operation,
        act_id: UUID,
    ) -> None:
        super().__init__(hub, db, actor, at, locale)
        self.operation = operation
        self.id = act_id
        self.listeners: dict[tuple[object, ...], list[UUID]] = {}
        """Which endpoints are told of what, read once for all that the act announces: see ``hub.webhooks``."""
        self.told: set[tuple[object, ...]] = set()
        """What it has announced: said again, it is told once."""

    async def add(self, *, choices: Rows = (), collections: Rows = (), deliveries: Rows = ()) -> None:
        """Write what happened to customers: rows as the database's types new_choice, new_collection, new_delivery.

        The database adds the act and the instant of recording.
        """
        await self.execute(_ADD, self.id, choices, collections, deliveries)

    async def record(self, event: str, subject: UUID | None = None, **body: Any) -> UUID:
        """Write what happened into the ledger; body holds ids, keys and small facts, never personal data."""
        return await ledger.record(self, event, [ledger.Detail(subject, body)])

    async def record_crowd(self, event: str, details: list[ledger.Detail]) -> UUID:
        """Write one entry about many customers; each can still be given a receipt of their own line."""
        return await ledger.record(self, event, details)

    async def defer(self, task: str, **ids: UUID | int) -> None:
        """Enqueue a job that exists only if this act commits."""
        await queue.defer(self, task, ids)

    async def answer_once(
        self, key: str, fingerprint: bytes, make: Callable[[], Awaitable[dict[str, Any]]]
    ) -> dict[str, Any] | None:
        """Do something once per key of this actor; see ``hub.idempotency``."""
        return await idempotency.answer_once(self, key, fingerprint, make)

    async def announce(self, topic: str, **ids: UUID | int) -> None:
        """Tell listeners at commit; ids only. Anything heard is a hint to look, never the news itself."""
        payload = json.dumps({name: str(value) for name, value in ids.items()})
        await self.execute("SELECT pg_notify($1, $2)", f"hub_{topic}", payload)


class Hub:
    """What one process holds open: settings, database, vault, and its ears."""

    def __init__(self, settings: Settings, database: Database, vault: Vault) -> None:
        self.settings = settings
        self.database = database
        self.vault = vault
        self.listening = Listening(database.url)

    @classmethod
    async def open(cls, settings: Settings, url: str) -> Self:
        """Open the pools and the keyring; Unready says what is missing."""
        return cls(settings, await Database.open(url, settings.pool_size), open_vault(settings))

    async def close(self) -> None:
        """Let everything go."""
        self.listening.close()
        await self.database.close()

    @asynccontextmanager
    async def ask(
        self,
        actor: Actor,
        operation: Operation,
        *,
        at: datetime | None = None,
        locale: str = "en",
        is_planned_once: bool = False,
    ) -> AsyncGenerator[Ask]:
        """Open a snapshot; ``at`` defaults to the database's now, earlier instants ask about the past.

        is_planned_once: statements are planned once per connection, where planning takes longer than reading.
        """
        authorise(actor, operation)
        try:
            async with self.database.reading() as session:
                now: datetime = await session.value(_NOW_PLANNED_ONCE if is_planned_once else _NOW)
                ask = Ask(self, session.db, actor, at or now, locale)
                ask.is_past = at is not None
                yield ask
        except _FINAL as error:
            raise refusal(error) from error

    def ask_once(self, actor: Actor, operation: Operation, *, locale: str = "en") -> Ask:
        """An Ask for exactly one statement that finds its own instant: no round trips for BEGIN and COMMIT.

        Its ``at`` is the year 1: statements compare with ``now()`` themselves.
        """
        authorise(actor, operation)
        return Ask(self, self.database.single().db, actor, datetime.min, locale)  # noqa: DTZ901 - a mark, no instant

    @asynccontextmanager
    async def act(self, actor: Actor, operation: Operation, *, locale: str = "en") -> AsyncGenerator[Act]:
        """Open a transaction that writes. Refusals: FORBIDDEN; OUTCOME_UNKNOWN when the connection dies at commit."""
        authorise(actor, operation)
        act_id, settled = new_id(), False
        try:
            async with self.database.writing() as session:
                at: datetime = await session.value(
                    _OPEN, act_id, operation.value, actor.kind, actor.id, actor.organisation_id
                )
                yield Act(self, session.db, actor, at, locale, operation, act_id)
                settled = True
        except _FINAL as error:
            raise refusal(error, is_committing=settled) from error

    async def perform(
        self,
        actor: Actor,
        operation: Operation,
        body: Callable[[Act], Awaitable[Result]],
        *,
        locale: str = "en",
    ) -> Result:
        """Run body in an Act, and again from the start when the database asks for it (deadlock, serialization)."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with self.act(actor, operation, locale=locale) as act:
                    return await body(act)
            except RETRIED as error:
                metrics.RETRIES.labels(getattr(error, "sqlstate", "")).inc()
                if attempt == ATTEMPTS:
                    raise refusal(error) from error
        raise AssertionError("unreachable")


def refusal(error: Exception, *, is_committing: bool = False) -> Refusal:
    """What a failure of the database (one of FAILURES) means to who asked: UNAVAILABLE, or OUTCOME_UNKNOWN."""
    if is_committing and isinstance(error, LOST):
        metrics.UNKNOWN.inc()
        return Refusal(
            Code.OUTCOME_UNKNOWN,
            "The connection to the database was lost while saving, so the outcome is not known. "
            "Repeat the call with the same idempotency key to find out.",
        )
    reason = next(said for kinds, said in _REASONS if isinstance(error, kinds))
    return Refusal(Code.UNAVAILABLE, f"{reason} Nothing changed; try again.")
