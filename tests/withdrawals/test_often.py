"""What withdrawals have to stand, hundreds of times."""

import asyncpg
import pytest

from tests.withdrawals.test_feed import write_and_resume
from tests.withdrawals.test_racing import die, race
from tests.withdrawals.yard import Yard


@pytest.mark.chaos
async def test_twenty_writers_and_a_thousand_customers_leave_no_gap(
    yard: Yard, superuser: asyncpg.Connection
) -> None:
    await write_and_resume(yard, superuser, writers=20, many=1_000)


@pytest.mark.chaos
async def test_hundreds_of_withdrawals_race_hundreds_of_disclosures(
    yard: Yard, superuser: asyncpg.Connection
) -> None:
    await race(yard, superuser, 400)


@pytest.mark.chaos
async def test_a_worker_dies_hundreds_of_times(yard: Yard) -> None:
    await die(yard, 400)
