"""A worker whose claims and pauses are short: a process to be killed while it sends letters.

Run as ``python letter_worker.py LEASE_SECONDS`` in the environment of a command.
"""

import asyncio
import sys

from hub.letters import post, sending
from tests.run.hurried import work
from workers import letters

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
    await work()


if __name__ == "__main__":
    asyncio.run(main())
