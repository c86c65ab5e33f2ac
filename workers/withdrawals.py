"""Telling recipients what to forget: asking again as soon as something may have changed, and giving it its place.

Both go on all the time, beside the jobs: what waits is in the database, and is looked for many times a second, so that
a recipient can read within a second of a customer's word that it does not count any more.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import asyncpg
import structlog

from hub.act import FAILURES, Hub
from hub.actors import WORKER, Operation
from hub.db import LOST
from hub.errors import Refusal, Unready
from hub.listening import SEALED
from hub.partners import placing, rechecking, reminding, sweeping
from workers.door import task

LOOK_SECONDS: Final = 0.1
SWEEP_SECONDS: Final = 1.0
TROUBLE_SECONDS: Final = 2.0

log = structlog.get_logger(__name__)


@task("withdrawals.sweep", cron="7 0 * * *")
async def sweep_all(hub: Hub) -> None:
    """Have everybody looked through, once a day: consents, terms and periods end by themselves."""
    await sweeping.begin(hub)


@task("withdrawals.remind", cron="27 * * * *")
async def remind(hub: Hub) -> None:
    """Remind partners of what they have not acknowledged, each by an act of its own."""
    async with hub.ask(WORKER, Operation.WITHDRAWAL_MAKE) as ask:
        several = await reminding.late(ask)
    for recipient_id in several:
        act = partial(reminding.remind, recipient_id=recipient_id)
        await hub.perform(WORKER, Operation.WITHDRAWAL_MAKE, act)


async def watch(hub: Hub, stop: asyncio.Event) -> None:
    """Ask again, look through and give places, until told to stop; what one of them does delays no other."""
    with hub.listening.bell(SEALED) as sealed:
        async with asyncio.TaskGroup() as group:
            group.create_task(_keep(hub, stop, rechecking.recheck, LOOK_SECONDS))
            group.create_task(_keep(hub, stop, sweeping.sweep, SWEEP_SECONDS))
            group.create_task(_keep(hub, stop, placing.place, SWEEP_SECONDS, sealed))


async def _keep(
    hub: Hub,
    stop: asyncio.Event,
    do: Callable[[Hub], Awaitable[int]],
    seconds: float,
    rung: asyncio.Event | None = None,
) -> None:
    """Do it again and again; at once while there is more, and when it rings."""
    while not stop.is_set():
        if rung is not None:
            rung.clear()
        try:
            pause = 0.0 if await do(hub) else seconds
        except (*FAILURES, *LOST, asyncpg.PostgresError, Refusal, Unready) as trouble:
            log.warning("withdrawals.wait", error=type(trouble).__name__)
            pause = TROUBLE_SECONDS
        except Exception:  # what cannot be done now must not end what else goes on here
            log.exception("withdrawals.failed")
            pause = TROUBLE_SECONDS
        if pause:
            await _wait(stop, rung, pause)


async def _wait(stop: asyncio.Event, rung: asyncio.Event | None, seconds: float) -> None:
    waited = [asyncio.ensure_future(each.wait()) for each in (stop, rung) if each is not None]
    await asyncio.wait(waited, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for each in waited:
        each.cancel()
