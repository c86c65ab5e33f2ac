"""The worker: takes jobs from the queue until told to stop, whatever happens to PostgreSQL meanwhile."""

import asyncio
import contextlib
import time
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from weakref import WeakKeyDictionary

import structlog
from procrastinate import App, JobContext, PsycopgConnector
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import AsyncConnectionPool

from hub import jobs
from hub.act import Hub
from hub.db import LOST
from hub.errors import Refusal, Unready
from workers import (
    conformance,
    customers,
    holdings,
    letters,
    opening,
    packages,
    partner_exports,
    partners,
    questions,
    referrals,
    rights,
    schedules,
    webhooks,
    withdrawals,
)
from workers.door import TASKS, Backoff, Task, do


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a worker goes. silent_seconds: when one not heard of is given up, above a heartbeat."""

    at_once: int = 4
    poll_seconds: float = 1.0
    heartbeat_seconds: float = 10.0
    silent_seconds: float = 60.0
    rescue_seconds: float = 15.0
    pause_seconds: float = 2.0


DECLARING: Final = (
    conformance,
    customers,
    holdings,
    letters,
    packages,
    partner_exports,
    partners,
    questions,
    referrals,
    rights,
    schedules,
    withdrawals,
    webhooks,
)
"""The modules that declare our tasks, by being imported."""
PACE: Final = Pace()
SEEN_SECONDS: Final = 1.0
"""How long a connection of the queue's that was looked at is taken for one that lives."""
OPTIONS: Final = "-c role=hub_app -c timezone=UTC -c lock_timeout=5s -c statement_timeout=30s"
log = structlog.get_logger(__name__)


async def run_worker(hub: Hub, stop: asyncio.Event, pace: Pace = PACE) -> None:
    """Work until told to stop; then finish what runs within HUB_SHUTDOWN_SECONDS, and hand the rest back."""
    try:
        async with opening.keeping_open(hub), asyncio.TaskGroup() as group:
            group.create_task(_work(hub, stop, pace))
            group.create_task(_rescue(hub, stop, pace))
            group.create_task(withdrawals.watch(hub, stop))
            group.create_task(webhooks.deliver(hub, stop))
    finally:
        await letters.hang_up(hub)


def make_app(hub: Hub, pace: Pace = PACE) -> App:
    """Make Procrastinate's application over this hub's database, with all of our tasks."""
    asked = str(conninfo_to_dict(hub.database.url).get("options") or "")
    conninfo = make_conninfo(
        hub.database.url,
        application_name="hub worker",
        connect_timeout=10,
        options=f"{asked} {OPTIONS}".strip(),
    )
    connector = PsycopgConnector(
        conninfo=conninfo, min_size=1, max_size=pace.at_once + 2, timeout=10, pool_factory=_pool
    )
    app = App(connector=connector)
    for each in TASKS.values():
        _declare(app, hub, each)
    return app


def _pool(**given: Any) -> AsyncConnectionPool:
    """A pool that looks whether a connection lives, but not again within a second: jobs come one upon the other."""
    seen_at: WeakKeyDictionary[Any, float] = WeakKeyDictionary()
    look: Any = given.pop("check")

    async def check(connection: Any) -> None:
        if time.monotonic() - seen_at.get(connection, 0.0) > SEEN_SECONDS:
            await look(connection)
        seen_at[connection] = time.monotonic()

    return AsyncConnectionPool(**given, check=check)


def _declare(app: App, hub: Hub, what: Task) -> None:
    async def run(context: JobContext, **arguments: Any) -> None:
        await do(hub, what, context.job, arguments)

    declared: Any = app.task(name=what.name, retry=Backoff(), pass_context=True, queue="default")(run)
    if what.cron:
        app.periodic(cron=what.cron)(declared)


async def _work(hub: Hub, stop: asyncio.Event, pace: Pace) -> None:
    """Keep a worker running: it ends by itself when PostgreSQL restarts."""
    while not stop.is_set():
        try:
            async with make_app(hub, pace).open_async() as app:
                await _until(stop, partial(_run, app, hub, pace))
        except Exception as error:  # noqa: BLE001 - drivers have many ways to say that the database went
            log.warning("worker.waits", error=type(error).__name__)
        await _pause(stop, pace.pause_seconds)


async def _run(app: App, hub: Hub, pace: Pace) -> None:
    await app.run_worker_async(
        name="hub",
        concurrency=pace.at_once,
        fetch_job_polling_interval=pace.poll_seconds,
        update_heartbeat_interval=pace.heartbeat_seconds,
        stalled_worker_timeout=pace.silent_seconds,
        shutdown_graceful_timeout=hub.settings.shutdown_seconds,
        delete_jobs="successful",
        install_signal_handlers=False,
    )


async def _until(stop: asyncio.Event, run: Any) -> None:
    """Run until it ends or we are told to stop; cancelling it lets its jobs end first."""
    running = asyncio.ensure_future(run())
    told = asyncio.ensure_future(stop.wait())
    await asyncio.wait((running, told), return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if not running.done():
        running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def _rescue(hub: Hub, stop: asyncio.Event, pace: Pace) -> None:
    """Give back, again and again, what killed workers have left behind."""
    while not stop.is_set():
        try:
            async with hub.database.writing() as session:
                rescued = await jobs.rescue(session, pace.silent_seconds)
            for each in rescued:
                log.warning(
                    "job.rescued", task=each.task, job=each.id, reason="failed" if each.failed else None
                )
        except (*LOST, Refusal, Unready) as error:
            log.warning("rescue.waits", error=type(error).__name__)
        except Exception:  # a rescue that stops for good would go unnoticed
            log.exception("rescue.failed")
        await _pause(stop, pace.rescue_seconds)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
