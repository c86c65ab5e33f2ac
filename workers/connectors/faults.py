"""How a system in memory misbehaves when it is told to: as real systems do."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from workers.connectors.connector import Broken, Call, Later, Outcome, Stopped


@dataclass(slots=True)
class Faults:
    """How the system misbehaves; none by default.

    hang_seconds: before it begins. late_seconds: after it is done, before it answers. failures: how many calls it
    still breaks. lost_answers: how many times it still does as asked, and then says that it broke. away_until: it
    breaks every call before. later_until: it asks to come back then. is_garbage: its answer means nothing.
    is_twice: it does everything a second time, as if asked twice.
    """

    hang_seconds: float = 0.0
    late_seconds: float = 0.0
    failures: int = 0
    lost_answers: int = 0
    away_until: datetime | None = None
    later_until: datetime | None = None
    is_garbage: bool = False
    is_twice: bool = False


async def answer(faults: Faults, call: Call, work: Callable[[], Outcome]) -> Outcome:
    """Do the work as a system with these faults would, and answer as it would."""
    await asyncio.sleep(faults.hang_seconds)
    if faults.later_until is not None and call.at < faults.later_until:
        return Later(faults.later_until)
    if faults.failures or (faults.away_until is not None and call.at < faults.away_until):
        faults.failures = max(0, faults.failures - 1)
        return Broken("The system does not answer.")
    try:
        outcome = [work() for _ in range(1 + faults.is_twice)][-1]
    except Stopped as stopped:
        outcome = stopped.outcome
    await asyncio.sleep(faults.late_seconds)
    if faults.lost_answers:
        faults.lost_answers -= 1
        return Broken("The system broke off before it answered.")
    return cast("Outcome", {"status": "OK"}) if faults.is_garbage else outcome
