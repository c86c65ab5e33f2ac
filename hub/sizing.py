"""How much of the machine the embedded PostgreSQL may use: memory to keep pages in, and processors for one question.

A quarter, as PostgreSQL's own documentation advises. A table larger than a quarter of these buffers is read through a
small ring and stays in none of them, so a crowd is only as quick as they are large. Memory is taken as it is used: an
empty database takes next to none.

A question about everybody is counted by several processes, each of which begins, counts on its own and hands over what
it counted: more of them than processors cost more than they help.
"""

from __future__ import annotations

import os
from pathlib import Path

MEGABYTE = 1 << 20
SHARE = 4
HELPERS_AT_MOST = 4
LEAST, MOST = 128 * MEGABYTE, 4096 * MEGABYTE
# Where a control group's limit stands: in bytes, or for none `max` (version 2) or an absurd number (version 1).
LIMITS = {"": ("", "memory.max"), "memory": ("memory", "memory.limit_in_bytes")}


def shared_buffers() -> str:
    """As a setting of PostgreSQL."""
    return f"{min(max(available() // SHARE, LEAST), MOST) // MEGABYTE}MB"


def helpers() -> str:
    """As a setting of PostgreSQL (`max_parallel_workers_per_gather`): a processor is for the one who is helped."""
    return str(min(len(os.sched_getaffinity(0)) - 1, HELPERS_AT_MOST))


def available(root: Path = Path("/")) -> int:
    """Bytes of memory that this process may use: the machine's, or what its control groups leave of them."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min([machine, *_limits(root)])


def _limits(root: Path) -> list[int]:
    """What limits the control groups we are in, and those around them; nothing where none are read."""
    try:
        groups = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return []
    found: list[int] = []
    for _, controllers, path in (group.split(":", 2) for group in groups):
        if controllers in LIMITS:
            below, name = LIMITS[controllers]
            own = Path(below) / path.lstrip("/")
            found += [
                limit
                for each in (own, *own.parents)
                if (limit := _limit(root / "sys/fs/cgroup" / each / name))
            ]
    return found


def _limit(file: Path) -> int | None:
    try:
        said = file.read_text().strip()
    except OSError:
        return None
    return int(said) if said.isdecimal() else None
