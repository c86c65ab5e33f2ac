"""A worker with one more task, which takes its time: a process to be killed in the middle of a job.

Run as ``python slow_worker.py SECONDS`` in the environment of a command.
"""

import asyncio
import os
import sys

from hub.act import Hub
from tests.run.hurried import work
from workers.door import task

SECONDS = float(sys.argv[1])


@task("test.slow")
async def slow(hub: Hub, number: int) -> None:
    """Note that it began, take some time, note that it is done."""
    session = hub.database.single_write()
    await session.execute("INSERT INTO test_effect VALUES ($1, 'begun', $2)", number, os.getpid())
    await asyncio.sleep(SECONDS)
    await session.execute("INSERT INTO test_effect VALUES ($1, 'done', $2)", number, os.getpid())


if __name__ == "__main__":
    asyncio.run(work())
