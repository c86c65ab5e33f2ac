"""What a clock waits for: a fee and a proof begin it anew, a clarification stops it, and only where the law says so."""

from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest

from hub.rights import conduct
from hub.rights.requests import Request
from hub.rights.states import State
from tests.rights.desk import Desk
from workers import rights

AGO = 12
WAITED = 9


@pytest.fixture
def today() -> date:
    return datetime.now(UTC).date()


async def waiting(
    desk: Desk, superuser: asyncpg.Connection, today: date, place: str, waiting_for: str
) -> tuple[Request, Request]:
    """A copy that was asked for twelve days ago and has waited for nine of them: as it was, and as it waits."""
    customer_id = await desk.firm.customer(jurisdictions=[place])
    request = await desk.receive(customer_id, "ACCESS", received_on=today - timedelta(days=AGO))
    paused = await desk.do(conduct.pause, request.id, waiting_for, "We need something from you.")
    await superuser.execute("SET session_replication_role = replica")
    moved = "UPDATE rights_event SET happened_at = happened_at - make_interval(days => $2)"
    await superuser.execute(f"{moved} WHERE request_id = $1 AND kind = 'PAUSED'", request.id, WAITED)
    await superuser.execute("SET session_replication_role = origin")
    return request, paused


def due(request: Request) -> date:
    assert request.due_on is not None
    return request.due_on


@pytest.mark.parametrize(("place", "waiting_for"), [("UK", "FEE"), ("UK", "IDENTITY"), ("EU", "IDENTITY")])
async def test_the_time_begins_when_what_was_asked_for_is_here(
    desk: Desk, superuser: asyncpg.Connection, today: date, place: str, waiting_for: str
) -> None:
    request, _ = await waiting(desk, superuser, today, place, waiting_for)
    resumed = await desk.do(conduct.resume, request.id)
    assert resumed.state is State.GATHERING
    assert timedelta(days=28) <= due(resumed) - today <= timedelta(days=36)


@pytest.mark.parametrize(
    ("place", "waiting_for"), [("EU", "FEE"), ("EU", "CLARIFICATION"), ("ZA", "IDENTITY"), ("UK", "SYSTEM")]
)
async def test_where_the_law_does_not_wait_neither_does_the_clock(
    desk: Desk, superuser: asyncpg.Connection, today: date, place: str, waiting_for: str
) -> None:
    request, paused = await waiting(desk, superuser, today, place, waiting_for)
    assert due(paused) == due(request)
    await rights.reckon(desk.firm.hub)
    assert due(await desk.read(request)) == due(request)
    assert due(await desk.do(conduct.resume, request.id)) == due(request)


@pytest.mark.parametrize("waiting_for", ["CLARIFICATION", "FEE", "IDENTITY"])
async def test_while_the_law_waits_the_last_day_moves_on_with_the_days(
    desk: Desk, superuser: asyncpg.Connection, today: date, waiting_for: str
) -> None:
    request, _ = await waiting(desk, superuser, today, "UK", waiting_for)
    await rights.reckon(desk.firm.hub)
    moved = await desk.read(request)
    assert timedelta(days=5) <= due(moved) - due(request) <= timedelta(days=18)
    kinds = await desk.kinds(request)
    await rights.reckon(desk.firm.hub)
    assert (await desk.read(request), await desk.kinds(request)) == (moved, kinds)
