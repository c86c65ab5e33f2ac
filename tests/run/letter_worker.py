"""A worker whose claims and pauses are short: a process to be killed while it sends letters.

Run as ``python letter_worker.py LEASE_SECONDS`` in the environment of a command.
"""

import asyncio
import signal
import sys

from hub import logs
from hub.act import Hub
from hub.letters import post, sending
from hub.settings import load
from workers import letters
from workers.main import Pace, run_worker

FAST = Pace(
    at_once=2,
    poll_seconds=0.2,
    heartbeat_seconds=0.3,
    silent_seconds=1.5,
    rescue_seconds=0.3,
    pause_seconds=0.2,
)
SHORT = {
    sending: {"LEASE_SECONDS": float(sys.argv[1]), "FIRST_PAUSE_SECONDS": 0.5},
    post: {"DOWN_SECONDS": 0.2},
    letters: {"AWAY_SECONDS": 0.5},
}


async def main() -> None:
    """Work until SIGTERM."""
    for module, constants in SHORT.items():
        for name, value in constants.items():
            setattr(module, name, value)
    settings = load()
    logs.configure("DEBUG")
    assert settings.database_url is not None
    hub = await Hub.open(settings, settings.database_url.get_secret_value())
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await run_worker(hub, stop, FAST)
    await hub.close()


if __name__ == "__main__":
    asyncio.run(main())
