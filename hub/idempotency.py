"""One key, one effect, one answer: the answer is kept by the act that did the work."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg
import orjson

from hub.db import Record, Session, new_id
from hub.errors import Code, Refusal

if TYPE_CHECKING:
    from hub.act import Act

NOBODY = UUID(int=0)
_CLAIM = """
    INSERT INTO idempotent_answer (id, actor_id, key, operation, fingerprint, created_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, now(), now() + interval '1 day')
    ON CONFLICT (actor_id, key) DO NOTHING RETURNING id
"""
_FIND = "SELECT fingerprint, answer FROM idempotent_answer WHERE actor_id = $1 AND key = $2"
_EXPIRED = "SELECT id FROM idempotent_answer WHERE expires_at < now() LIMIT 10000"
_FORGET = "DELETE FROM idempotent_answer WHERE id = ANY ($1)"
_KEEP = """
    UPDATE idempotent_answer SET answer = $2 WHERE id = $1
    RETURNING EXISTS (SELECT FROM ledger_entry WHERE act_id = $3)
"""


async def answer_once(
    act: "Act", key: str, fingerprint: bytes, make: Callable[[], Awaitable[dict[str, Any]]]
) -> dict[str, Any] | None:
    """Run make and keep its answer with this act, unless the key has one: then that is returned, None otherwise.

    A second call with the key waits for the first. Refusals: IDEMPOTENCY_MISMATCH when the key was used for something
    else, IN_PROGRESS when the first is still running after the wait.
    """
    actor_id = act.actor.id or NOBODY
    if (before := await find(act, actor_id, key, fingerprint)) is not None:
        return before
    try:
        claimed = await act.value(_CLAIM, new_id(), actor_id, key, act.operation.value, fingerprint)
    except asyncpg.LockNotAvailableError as error:
        raise Refusal(
            Code.IN_PROGRESS, "A call with this idempotency key is still running. Try again in a moment."
        ) from error
    if claimed is None:
        # The attempt to claim counts as a write, and an act that wrote must record: begin again, and only read.
        raise asyncpg.SerializationError("this key was answered meanwhile")
    answer = await make()
    if not await act.value(_KEEP, claimed, orjson.dumps(answer).decode(), act.id):
        # Nothing was changed, but the answer is kept: that is a write too, and every act that wrote records.
        await act.record("answer.kept", operation=act.operation)
    return None


async def find(session: Session, actor_id: UUID, key: str, fingerprint: bytes) -> dict[str, Any] | None:
    """Return the answer kept under a key, None if there is none; Refusal IDEMPOTENCY_MISMATCH for another question."""
    row = await session.row(_FIND, actor_id, key)
    return None if row is None else kept(row, fingerprint)


def kept(row: Record, fingerprint: bytes) -> dict[str, Any] | None:
    """Read the answer in a row; None where it has none. Refusal as `find`."""
    if row["fingerprint"] is None:
        return None
    if row["fingerprint"] != fingerprint:
        raise Refusal(
            Code.IDEMPOTENCY_MISMATCH,
            "This idempotency key was used for something else. Use a new key for each intention.",
        )
    return orjson.loads(row["answer"])


async def forget_expired(act: "Act") -> int:
    """Delete answers whose day is over, ten thousand at most; returns how many."""
    gone = [row["id"] for row in await act.rows(_EXPIRED)]
    if gone:
        await act.execute(_FORGET, gone)
        await act.record("answer.forgotten", answers=len(gone))
    return len(gone)
