"""What the database holds of decisions without looking row by row: each is about a customer, who stays."""

import asyncio
from typing import Final
from uuid import UUID

import asyncpg
import pytest

from hub import pairwise
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.db import new_id
from tests.handing.conftest import Firm, found

COPIED: Final = """
    INSERT INTO decision_subject (id, decision_id, customer_id)
    SELECT $1, coalesce($3, s.decision_id), coalesce($4, s.customer_id) FROM decision_subject s WHERE s.customer_id = $2
"""


async def handed(firm: Firm) -> UUID:
    [customer] = await firm.customers(1)
    partner = firm.partner("quay-inspections")
    name = pairwise.shown(firm.hub, firm.world.recipients["quay-inspections"].id, customer)
    assert await firm.one(partner, name)
    return customer


@pytest.mark.parametrize("wrong", ["decision", "customer"])
async def test_a_decision_about_nobody_or_of_none_is_refused(firm: Firm, wrong: str) -> None:
    customer = await handed(firm)
    ids = (new_id() if wrong == "decision" else None, new_id() if wrong == "customer" else None)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        async with firm.hub.act(OPERATOR, Operation.CUSTOMER_CREATE) as act:
            await act.execute(COPIED, new_id(), customer, *ids)


async def test_a_customer_about_whom_something_was_decided_stays(
    firm: Firm, superuser: asyncpg.Connection
) -> None:
    customer = await handed(firm)
    with pytest.raises(asyncpg.PostgresError, match="a row of customer is kept"):
        async with firm.hub.act(OPERATOR, Operation.CUSTOMER_CREATE) as act:
            await act.execute("DELETE FROM customer WHERE id = $1", customer)
    assert await superuser.fetchval("SELECT count(*) FROM customer WHERE id = $1", customer) == 1


READ: Final = "SELECT sum(idx_tup_read)::integer FROM pg_stat_user_indexes WHERE relname = 'decision_subject'"


async def test_what_was_planned_before_anything_was_decided_does_not_read_all_decisions(
    fresh_hub: Hub,
) -> None:
    firm, inspector = await found(fresh_hub), await asyncpg.connect(fresh_hub.database.url)
    partner, many, pages = firm.partner("quay-inspections"), 20, 12
    await firm.customers(many)
    await inspector.execute("VACUUM (ANALYZE) decision_subject, decision")
    for _ in range(pages):
        assert len((await firm.page(partner)).items) == many
    assert await _read(inspector, many * pages) < 3 * many * pages
    await inspector.close()


async def _read(inspector: asyncpg.Connection, least: int) -> int:
    """How many entries of its indexes were read, once the connections have said what they did."""
    for _ in range(1_200):
        if (read := await inspector.fetchval(READ)) >= least:
            return read
        await asyncio.sleep(0.05)
    raise AssertionError("nothing was read")
