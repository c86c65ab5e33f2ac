"""Three days in one number: one subtraction says of each what a comparison would."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from hub.times import thresholds

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
MIDNIGHT = datetime(2024, 2, 29, tzinfo=UTC)
NEAR = [
    None,
    *(MIDNIGHT + each for each in (-DAY, -SECOND, 0 * DAY, SECOND, DAY)),
    datetime(9999, 1, 1, tzinfo=UTC),
]
OLD = datetime(1850, 1, 1, tzinfo=UTC)
WASHES = (MIDNIGHT - DAY, MIDNIGHT, MIDNIGHT + DAY)
COMPARED = """
    SELECT ((t - $4) & $7) >> 62 & 1 AS heard, ((t - $4) & $7) >> 45 & 1 AS kept, ((t - $5) & $7) >> 45 & 1 AS prospect,
        (((t - $4) & $7) >> 28 & 1) + (((t - $5) & $7) >> 28 & 1) + ((t - $6) >> 28 & 1) AS reached
    FROM times_of($1, $2, $3) t
"""


@pytest.mark.parametrize("at", [*NEAR, OLD], ids=str)
async def test_days_near_the_one_asked_about_are_told_apart(
    superuser: asyncpg.Connection, at: datetime | None
) -> None:
    limits = thresholds(MIDNIGHT, (MIDNIGHT, MIDNIGHT + DAY), WASHES)
    row = await superuser.fetchrow(COMPARED, at, at, at, *limits)
    assert row is not None
    said = {
        "heard": at is None or at >= MIDNIGHT,
        "kept": at is None or at >= MIDNIGHT,
        "prospect": at is None or at >= MIDNIGHT + DAY,
        "reached": sum(at is not None and at >= wash for wash in WASHES),
    }
    assert dict(row) == said


async def test_without_a_period_nothing_is_past_it_and_without_registers_no_check_counts(
    superuser: asyncpg.Connection,
) -> None:
    limits = thresholds(MIDNIGHT, (None, MIDNIGHT), ())
    row = await superuser.fetchrow(COMPARED, OLD, OLD, MIDNIGHT, *limits)
    assert row is not None
    assert (row["heard"], row["kept"], row["prospect"]) == (0, 1, 0)
    assert limits[3] & 1 << 28 == 0
