"""Jobs: put into Procrastinate's queue by the very transaction that needs them.

Arguments are ids and small numbers only: finished jobs keep them, and anybody who may read the queue sees them.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from hub.db import Session

_DEFER = """
    SELECT procrastinate_defer_jobs_v1(ARRAY[
        ROW($1, $2, 0, $3, $4, $5::jsonb, $6)::procrastinate_job_to_defer_v1])
"""


async def defer(  # noqa: PLR0913 - the queue's own options, by name
    session: Session,
    task: str,
    ids: dict[str, UUID | int],
    *,
    queue: str = "default",
    lock: str | None = None,
    once: str | None = None,
    at: datetime | None = None,
) -> None:
    """Enqueue a job that exists if, and only if, the session's transaction commits.

    lock: jobs with the same lock run one after the other. once: while such a job waits, no second one is queued
    (raises asyncpg.UniqueViolationError; ask with ``is_waiting`` first where that is expected).
    """
    arguments: dict[str, Any] = {
        name: str(value) if isinstance(value, UUID) else value for name, value in ids.items()
    }
    await session.execute(_DEFER, queue, task, lock, once, orjson.dumps(arguments).decode(), at)


async def is_waiting(session: Session, once: str) -> bool:
    """Whether a job with this `once` is waiting already."""
    sql = "SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE queueing_lock = $1 AND status = 'todo')"
    return bool(await session.value(sql, once))
