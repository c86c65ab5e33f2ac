"""How a job reaches the hub: its name finds the task, ids become ids again, the end is counted and logged.

A task is written as ``async def propose_merges(hub: Hub, organisation: UUID) -> None``. It must be
idempotent: a worker may be killed after the work and before its end is noted, and then the job is done again.
"""

import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from inspect import signature
from typing import Any, Final, TypeVar, get_type_hints
from uuid import UUID

import structlog
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.exceptions import JobAborted
from procrastinate.jobs import Job

from hub import metrics
from hub.act import Hub
from hub.errors import PASSING, Refusal
from hub.jobs import ATTEMPTS_AT_MOST

Run = Callable[..., Awaitable[None]]
Function = TypeVar("Function", bound=Run)

FIRST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 600.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Task:
    """What is done for a job of this name. cron: when it comes up by itself, once for all workers."""

    name: str
    run: Run
    cron: str | None = None


TASKS: dict[str, Task] = {}


def task(name: str, *, cron: str | None = None) -> Callable[[Function], Function]:
    """Let a function do the jobs of this name."""

    def declare(run: Function) -> Function:
        if name in TASKS:
            raise ValueError(f"two tasks are called {name}")
        TASKS[name] = Task(name, run, cron)
        return run

    return declare


class Backoff(BaseRetryStrategy):
    """Waits twice as long each time, never in step with others, and gives up in the end.

    What the hub refuses for good is not tried again. What a stopping worker breaks off is handed back.
    """

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Tell when to try again; None: never."""
        if not isinstance(exception, Exception) or isinstance(exception, JobAborted):
            return RetryDecision(retry_at=datetime.now(UTC))
        if isinstance(exception, Refusal) and exception.code not in PASSING:
            return None
        if job.attempts + 1 >= ATTEMPTS_AT_MOST:
            return None
        return RetryDecision(retry_at=datetime.now(UTC) + timedelta(seconds=pause_seconds(job.attempts)))


def pause_seconds(attempts: int) -> float:
    """How long to wait after so many attempts: at random, between half and all of what doubling gives."""
    longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempts)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing


async def do(hub: Hub, what: Task, job: Job, arguments: dict[str, Any]) -> None:
    """Run one job, and note how it ended; what it raises goes on to whoever decides about trying again."""
    began, outcome = time.perf_counter(), "failed"
    try:
        await what.run(hub, **_typed(what.run, arguments))
        outcome = "done"
    except Exception as error:
        reason = error.code.value if isinstance(error, Refusal) else None
        log.warning(
            "job.failed", task=what.name, job=job.id, attempt=job.attempts + 1, reason=reason, exc_info=error
        )
        raise
    finally:
        metrics.JOBS_DONE.labels(what.name, outcome).inc()
        if outcome == "done":
            ms = round((time.perf_counter() - began) * 1000, 1)
            log.info("job.done", task=what.name, job=job.id, attempt=job.attempts + 1, ms=ms)


def _typed(run: Run, arguments: dict[str, Any]) -> dict[str, Any]:
    """Ids were written as text; give the function what it declares, and only that."""
    hints = get_type_hints(run)
    wanted = list(signature(run).parameters)[1:]
    return {
        name: UUID(arguments[name]) if hints.get(name) is UUID else arguments[name]
        for name in wanted
        if name in arguments
    }
