"""A worker whose claims and pauses are short: a process to be killed in the middle of a step.

Run as ``python step_worker.py LEASE_SECONDS`` in the environment of a command. It looks for what was left behind all
the time, not once a minute.
"""

import asyncio
import contextlib
import sys
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hub.act import Hub
from hub.errors import Refusal
from hub.letters import post, sending
from hub.rights import trying
from tests.run.hurried import FAST, work
from workers import asking, letters, rights

LEASE_SECONDS = float(sys.argv[1])
SHORT: dict[Any, dict[str, Any]] = {
    trying: {"LEASE": timedelta(seconds=LEASE_SECONDS), "FIRST_PAUSE": timedelta(seconds=0.2)},
    asking: {"KEEP_SECONDS": LEASE_SECONDS / 3},
    sending: {"LEASE_SECONDS": LEASE_SECONDS, "FIRST_PAUSE_SECONDS": 0.5},
    post: {"DOWN_SECONDS": 0.2},
    letters: {"AWAY_SECONDS": 0.5},
}


async def look_out(hub: Hub, stop: asyncio.Event) -> None:
    """Take up what was left behind."""
    while not stop.is_set():
        with contextlib.suppress(Refusal, OSError):
            await rights.resume(hub)
            await letters.resume(hub)
        await asyncio.sleep(0.3)


async def main() -> None:
    """Work until SIGTERM."""
    for module, constants in SHORT.items():
        for name, value in constants.items():
            setattr(module, name, value)
    await work(replace(FAST, at_once=4), look_out)


if __name__ == "__main__":
    asyncio.run(main())
