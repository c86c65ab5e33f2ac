"""A Recording: an act that only adds what happened to one customer. It reads first, and is kept by one statement.

The verbs that add (`hub.choices`, `hub.collections`, a look in `hub.profiles`) take an Act or a Recording alike. An Act
has the customer locked and writes at once. A Recording locks nothing while it reads: it collects rows, maybe none, and
its one ledger entry, and the statement that keeps them (`keep_events`, `keep_entries`) holds the customer and looks
again whether they may be written about.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import fields
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from hub import idempotency, ledger
from hub.act import FAILURES, Act, Ask, Hub, Rows, refusal
from hub.actors import Actor, Operation
from hub.db import new_id
from hub.errors import Code, Refusal, not_found
from hub.vault import DataKey
from hub.whole import Once, Row, Whole, opening

SET_BACK = "The clock of the database was set back meanwhile. Nothing changed; try again."
ERASED = "This customer is erased: nothing more is kept about them."
# Few in one statement, and several statements abreast: projecting what happened takes the database as long as all else
# here takes the hub, so neither should wait for the other to be through with twenty.
EVENTS = Whole("SELECT keep_events($1::kept_events[])", most=8, crowded=4)
# An entry alone projects nothing: what it takes is the statement more than its rows, so more of them share one.
ENTRIES = Whole(
    "SELECT keep_entries($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
    most=10,
    runners=2,
    crowded=0,
    by_column=True,
)
_BEGIN = """
    SELECT now() AS at, kept.fingerprint, kept.answer FROM (VALUES (1)) AS one
    LEFT JOIN idempotent_answer kept ON kept.actor_id = $1 AND kept.key = $2
"""
_IS_OF_TIME = """
    SELECT pg_get_constraintdef(oid) LIKE '%_at <= recorded_at%' FROM pg_constraint
    WHERE conname = $1 AND conrelid = to_regclass($2)
"""
_NOT_OURS, _ERASED = "HB008", "HB009"
Answer = dict[str, Any]


class Recording(Ask):
    """What is to be added, while it is collected. `recorded_at`: when it was kept; until then None."""

    def __init__(self, ask: Ask, operation: Operation, at: datetime, once: Once | None = None) -> None:
        """Begin at an instant, the default of when things happened; `ask` runs statement by statement."""
        super().__init__(ask.hub, ask.db, ask.actor, at, ask.locale)
        self.operation = operation
        self.id = new_id()
        self.recorded_at: datetime | None = None
        self._once = once
        self._about: tuple[UUID, UUID] | None = None
        self._key: DataKey | None = None
        self._rows: tuple[list[Row], list[Row], list[Row]] = ([], [], [])
        self._entry: tuple[str, UUID | None, ledger.Sealed] | None = None

    def hold(self, customer_id: UUID, organisation_id: UUID, wrapped: bytes | None) -> None:
        """Have this customer held when it is kept; one recording is about one."""
        if self._about not in {None, (customer_id, organisation_id)}:
            raise ValueError("a recording is about one customer of one organisation")
        self._about = (customer_id, organisation_id)
        self._key = self.hub.vault.unwrap(customer_id, wrapped) if wrapped else None

    def key(self, customer_id: UUID) -> DataKey | None:
        """The data key of the customer held; None for all others."""
        return self._key if self._about and self._about[0] == customer_id else None

    async def add(self, *, choices: Rows = (), collections: Rows = (), deliveries: Rows = ()) -> None:
        """Collect rows; see ``Act.add``."""
        for rows, more in zip(self._rows, (choices, collections, deliveries), strict=True):
            rows.extend(more)

    async def record(self, event: str, subject: UUID | None = None, **body: Any) -> UUID:
        """Prepare the ledger entry, the only one; see ``Act.record``."""
        if self._entry is not None:
            raise ValueError("a recording has one ledger entry")
        keys = {subject: key} if subject and (key := self.key(subject)) else {}
        sealed = ledger.prepare(self.hub.vault, event, [ledger.Detail(subject, body)], keys)
        self._entry = (event, subject, sealed)
        return sealed.id

    async def keep(self, answer: Mapping[str, Any] | None = None, *path: str | int) -> Answer | None:
        """Write it all, unless another call with the same key has meanwhile: then nothing; returns what that answered.

        Refusals: NOT_FOUND and CONFLICT, with `path`, for a customer who is gone or erased by now; UNAVAILABLE where
        by the database's clock it has not happened yet; and those of ``Whole.keep``.
        """
        try:
            self.recorded_at = await self._keep(answer)
        except asyncpg.UniqueViolationError:
            kept = await idempotency.find(self, self._actor_id, *self._once) if self._once else None
            if kept is None:
                raise
            return kept
        except asyncpg.CheckViolationError as error:
            if await self.value(_IS_OF_TIME, error.constraint_name, error.table_name):
                raise Refusal(Code.UNAVAILABLE, SET_BACK) from error
            raise
        except asyncpg.PostgresError as error:
            raise _refused(error, path) from error
        return None

    async def _keep(self, answer: Mapping[str, Any] | None) -> datetime:
        if any(self._rows):
            return await EVENTS.keep(self.hub, self.as_row(answer))
        return await ENTRIES.keep(self.hub, self._as_entry(answer))

    def as_row(self, answer: Mapping[str, Any] | None = None) -> Row:
        """The act as the database takes it: its type kept_events."""
        if self._entry is None:
            raise ValueError("a recording without a ledger entry")
        event, subject, sealed = self._entry
        once = self._once
        act = opening(self.id, self.operation, self.actor, event, subject, sealed, once, dict(answer or {}))
        return (act, *(self._about or (None, None)), *self._rows)

    def _as_entry(self, answer: Mapping[str, Any] | None) -> Row:
        """The act as `keep_entries` takes it: one that adds nothing but an entry about whom it holds."""
        if self._entry is None or self._about is None or self._entry[1] != self._about[0]:
            raise ValueError("a recording without a ledger entry about its customer")
        event, _, sealed = self._entry
        actor, once = self.actor, self._once
        return (
            self.id, self.operation.value, actor.kind, actor.id, actor.organisation_id,
            sealed.id, event, *self._about, sealed.commitment, *sealed.leaves, *sealed.bodies,
            *(once or (None, None)), orjson.dumps(answer or {}).decode() if once else None,
        )  # fmt: skip

    @property
    def _actor_id(self) -> UUID:
        return self.actor.id or idempotency.NOBODY


Adding = Act | Recording
"""What a verb that only adds may be given."""


def columns(kind: type[Any]) -> Callable[[Any], Row]:
    """What reads the row of a stored thing, as its dataclass orders it, without what the database adds."""
    names = [each.name for each in fields(kind) if each.name != "recorded_at"]
    return attrgetter(*names)


async def perform(  # noqa: PLR0913 - as ``Hub.perform``, and the key
    hub: Hub,
    actor: Actor,
    operation: Operation,
    make: Callable[[Recording], Awaitable[Mapping[str, Any]]],
    once: Once | None = None,
    *,
    locale: str = "en",
    path: tuple[str | int, ...] = (),
) -> tuple[Recording, Answer | None]:
    """Run make in a Recording and keep it, with what make returns as the answer under the key.

    Returns the answer kept before under this key, or by another call meanwhile; None where it was kept now.
    path: where the customer stands in what was asked.
    """
    ask = hub.ask_once(actor, operation, locale=locale)
    key, fingerprint = once or (None, b"")
    row = await ask.row(_BEGIN, actor.id or idempotency.NOBODY, key)
    if row is None:
        raise AssertionError("unreachable")
    recording = Recording(ask, operation, row["at"], once)
    kept = idempotency.kept(row, fingerprint)
    if kept is None:
        kept = await recording.keep(await _made(recording, make), *path)
    return recording, kept


async def _made(
    recording: Recording, make: Callable[[Recording], Awaitable[Mapping[str, Any]]]
) -> Mapping[str, Any]:
    """What is to be kept; Refusal UNAVAILABLE where what it reads, models included, cannot be read."""
    try:
        return await make(recording)
    except FAILURES as error:
        raise refusal(error) from error


def _refused(error: asyncpg.PostgresError, path: tuple[str | int, ...]) -> Exception:
    if error.sqlstate == _NOT_OURS:
        return not_found("customer", *path)
    return Refusal(Code.CONFLICT, ERASED, path) if error.sqlstate == _ERASED else error
