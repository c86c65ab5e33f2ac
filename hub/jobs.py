"""What became of jobs: those that hang are given back, those that ended long ago forgotten, all are counted.

Procrastinate leaves the job of a killed worker "doing" for ever. Jobs are idempotent, so giving one back is
safe; it happens in one statement that locks what it moves, so that of two rescuers only one does it.
"""

from dataclasses import dataclass
from typing import Final

from hub.db import Session

ATTEMPTS_AT_MOST: Final = 12

# A job that was given back this often takes its workers down with it: it fails instead. So does one whose
# like is waiting anyway (the same queueing lock).
_RESCUE = """
    WITH dead AS MATERIALIZED (
        SELECT id FROM procrastinate_workers WHERE last_heartbeat < now() - make_interval(secs => $1)
    ), hanging AS MATERIALIZED (
        SELECT job.id, job.attempts, job.queueing_lock FROM procrastinate_jobs AS job
        WHERE job.status = 'doing' AND (job.worker_id IS NULL OR job.worker_id IN (SELECT id FROM dead))
          AND NOT EXISTS (
            SELECT FROM procrastinate_events AS event WHERE event.job_id = job.id AND event.type = 'started'
            AND event.at > now() - make_interval(secs => $1))
        FOR UPDATE OF job SKIP LOCKED
    ), kept AS (
        SELECT DISTINCT ON (coalesce(hanging.queueing_lock, hanging.id::text)) hanging.id FROM hanging
        WHERE hanging.attempts < $2 AND NOT EXISTS (
            SELECT FROM procrastinate_jobs AS other
            WHERE other.status = 'todo' AND other.queueing_lock = hanging.queueing_lock)
        ORDER BY coalesce(hanging.queueing_lock, hanging.id::text), hanging.id
    )
    UPDATE procrastinate_jobs AS job SET
        status = (CASE WHEN job.id IN (SELECT id FROM kept) THEN 'todo' ELSE 'failed' END
            )::procrastinate_job_status,
        attempts = job.attempts + 1, worker_id = NULL, abort_requested = false, scheduled_at = NULL
    FROM hanging WHERE job.id = hanging.id
    RETURNING job.id, job.task_name, job.status::text AS status
"""
_BURY = "DELETE FROM procrastinate_workers WHERE last_heartbeat < now() - make_interval(secs => $1)"
_FORGET = """
    WITH old AS MATERIALIZED (
        SELECT job.id FROM procrastinate_jobs AS job
        WHERE job.status IN ('succeeded', 'failed', 'cancelled', 'aborted') AND NOT EXISTS (
            SELECT FROM procrastinate_events AS event
            WHERE event.job_id = job.id AND event.at > now() - make_interval(days => $1))
        LIMIT $2
    )
    DELETE FROM procrastinate_jobs WHERE id IN (SELECT id FROM old) RETURNING id
"""
_COUNT = """
    SELECT queue_name AS queue, status::text AS state, count(*) AS many,
        coalesce(max(extract(epoch FROM now() - coalesce(scheduled_at, (
            SELECT max(at) FROM procrastinate_events WHERE job_id = job.id AND type = 'deferred')))
        ) FILTER (WHERE status = 'todo' AND coalesce(scheduled_at, now()) <= now()), 0
        )::float AS oldest_seconds
    FROM procrastinate_jobs AS job GROUP BY 1, 2
"""
_WORKERS = (
    "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => $1)"
)


@dataclass(frozen=True, slots=True)
class Rescued:
    """A job that hung: given back to be done again, or failed because that has happened too often."""

    id: int
    task: str
    failed: bool


@dataclass(frozen=True, slots=True)
class Count:
    """How many jobs of a queue are in a state, and for how long the oldest one that is due has waited."""

    queue: str
    state: str
    many: int
    oldest_seconds: float


async def rescue(session: Session, silent_seconds: float) -> list[Rescued]:
    """Give back the jobs of workers silent for so long: above the heartbeat, else live jobs run twice."""
    rows = await session.rows(_RESCUE, silent_seconds, ATTEMPTS_AT_MOST)
    await session.execute(_BURY, silent_seconds)
    return [Rescued(row["id"], row["task_name"], row["status"] == "failed") for row in rows]


async def forget_ended(session: Session, days: int, most: int = 10_000) -> int:
    """Delete jobs that ended (mostly failed) days ago; returns how many."""
    return len(await session.rows(_FORGET, days, most))


async def count(session: Session) -> list[Count]:
    """Count the jobs by queue and state."""
    rows = await session.rows(_COUNT)
    return [Count(row["queue"], row["state"], row["many"], max(row["oldest_seconds"], 0.0)) for row in rows]


async def count_workers(session: Session, silent_seconds: float) -> int:
    """Count the workers that were heard of lately."""
    return await session.value(_WORKERS, silent_seconds)
