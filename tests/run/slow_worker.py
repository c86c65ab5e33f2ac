"""A worker with one more task, which takes its time: a process to be killed in the middle of a job.

Run as ``python slow_worker.py SECONDS`` in the environment of a command.
"""

import asyncio
import os
import signal
import sys

from hub import logs
from hub.act import Hub
from hub.settings import load
from workers.door import task
from workers.main import Pace, run_worker

SECONDS = float(sys.argv[1])
FAST = Pace(
    at_once=2,
    poll_seconds=0.2,
    heartbeat_seconds=0.3,
    silent_seconds=1.5,
    rescue_seconds=0.3,
    pause_seconds=0.2,
)


@task("test.slow")
async def slow(hub: Hub, number: int) -> None:
    """Note that it began, take some time, note that it is done."""
    session = hub.database.single_write()
    await session.execute("INSERT INTO test_effect VALUES ($1, 'begun', $2)", number, os.getpid())
    await asyncio.sleep(SECONDS)
    await session.execute("INSERT INTO test_effect VALUES ($1, 'done', $2)", number, os.getpid())


async def main() -> None:
    """Work until SIGTERM."""
    settings = load()
    logs.configure("INFO")
    assert settings.database_url is not None
    hub = await Hub.open(settings, settings.database_url.get_secret_value())
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await run_worker(hub, stop, FAST)
    await hub.close()


if __name__ == "__main__":
    asyncio.run(main())
