"""A worker that makes exports in many small parts, and is soon given up for dead: a process to be killed in the middle.

Run as ``python export_worker.py`` in the environment of a command.
"""

import asyncio

from hub.partners import producing
from tests.run.hurried import work

CUSTOMERS_OF_A_PART = 2


async def main() -> None:
    """Work until SIGTERM."""
    setattr(producing, "CUSTOMERS_MOST", CUSTOMERS_OF_A_PART)  # noqa: B010 - it is a constant elsewhere
    await work()


if __name__ == "__main__":
    asyncio.run(main())
