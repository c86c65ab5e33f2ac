"""Until when a recipient says what it did: in the days of its arrangement, or in ours."""

from typing import Final
from uuid import UUID

from hub import arrangements
from hub.act import Act, Ask
from hub.catalogue import Ref
from hub.errors import invalid
from hub.partners.withdrawals import ACKNOWLEDGE_DAYS

DAYS_MOST: Final = 90

_PUT: Final = """
    INSERT INTO arrangement_clock (arrangement_id, acknowledge_days) VALUES ($1, $2)
    ON CONFLICT (arrangement_id) DO UPDATE SET acknowledge_days = excluded.acknowledge_days
"""
_DAYS: Final = (
    "SELECT arrangement_id, acknowledge_days FROM arrangement_clock WHERE arrangement_id = ANY ($1)"
)


async def put(act: Act, arrangement: Ref, days: int) -> int:
    """Give an arrangement its own number of days; what was told before keeps its day. INVALID beside 1 to 90."""
    if not 1 <= days <= DAYS_MOST:
        raise invalid(f"Give 1 to {DAYS_MOST} days.", "days")
    row = await arrangements.read(act, arrangement, "arrangement")
    await act.execute(_PUT, row.id, days)
    await act.record("arrangement.clock_set", organisation=row.organisation_id, arrangement=row.id, days=days)
    return days


async def days_of(ask: Ask, ids: list[UUID]) -> dict[UUID, int]:
    """Read the days of many arrangements by one statement. Whoever calls has seen them."""
    own = {row["arrangement_id"]: row["acknowledge_days"] for row in await ask.rows(_DAYS, ids)}
    return {each: own.get(each, ACKNOWLEDGE_DAYS) for each in ids}
