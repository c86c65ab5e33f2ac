"""Web servers and workers whose clocks are wrong: days, limits and the order of things are the database's."""

import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa

from hub.act import Hub
from hub.rights import fulfilling
from hub.settings import load
from tests.domain.firm import Firm, email, found
from tests.portal.test_visits import move_back
from tests.portal.visitor import HOME, KNOWN, STOP, Visitor, code_of
from tests.rights.copies import anna, connect, shop_at
from tests.rights.desk import Desk
from tests.rights.test_fulfilling import planned
from tests.run.conftest import Place, Process, Start
from tests.run.test_workers import until
from workers.connectors.sql import journal

SHIFTED = str(Path(__file__).with_name("shifted.py"))
HOURS = [
    pytest.param(24, -24, id="a day ahead and a day behind"),
    *[pytest.param(*each, marks=pytest.mark.chaos) for each in ((-24, 24), (1, -1), (-1, 1))],
]
# Instants that are to come: limits, and when something is tried again.
AHEAD = "(until|next_at|expires|due|cools|ends)"
PASTS = f"""
    SELECT table_name, column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND data_type = 'timestamp with time zone' AND column_name !~ '{AHEAD}'
      AND (table_name ~ '^(act|rights_|letter|package|ledger_entry|ledger_seal|portal_visit)'
           OR table_name = 'stored_object')
"""


IN_SYDNEY = """
    SELECT bool_and(received_on = (now() AT TIME ZONE 'Australia/Sydney')::date) FROM rights_request
    WHERE jurisdictions = '{AU}'
"""


@pytest_asyncio.fixture
async def firm(place: Place) -> AsyncIterator[Firm]:
    """A firm whose customer lives in Australia."""
    hub = await Hub.open(load(mode="run", data_dir=place.folder, keyring=place.keyring), place.url)
    made = await found(hub)
    await made.customer(identifiers=[email(KNOWN)])
    yield made
    await hub.close()


def begin(start: Start, place: Place, hours: int, command: str) -> Process:
    """Start a command on a machine whose clock is wrong by so much."""
    return start(place, SHIFTED, str(hours * 3600), command, program=sys.executable, HUB_PUBLIC_URL=HOME)


async def outside(connection: asyncpg.Connection, since: datetime) -> list[str]:
    """Every instant of what happened in this test that lies before it, or after now."""
    odd: list[str] = []
    for table, column in await connection.fetch(PASTS):
        is_new = table != "rights_code" and table.startswith(("rights_", "letter", "package"))
        sql = f'SELECT count(*) FROM "{table}" WHERE "{column}" > now() OR "{column}" < $1'
        if await connection.fetchval(sql, since if is_new else datetime.min.replace(tzinfo=UTC)):
            odd.append(f"{table}.{column}")
    return odd


def journal_of(url: str) -> list[datetime]:
    """When a system was told that its steps were done."""
    engine = sa.create_engine(url)
    with engine.begin() as opened:
        found = opened.execute(sa.select(journal.TABLE.c.done_at)).scalars().all()
    engine.dispose()
    return [datetime.fromisoformat(each) for each in found]


async def prove_codes(visitor: Visitor, connection: asyncpg.Connection) -> None:
    """A code of this minute is good, one of eleven minutes ago is none."""
    first = await visitor.ask("stop", STOP)
    await visitor.prove(first)
    assert (await visitor.state(first))[0] == "ANSWERED"
    late = await visitor.ask("stop", STOP)
    digits = await code_of(visitor.firm, late)
    await move_back(connection, "rights_code", ("sent_at", "expires_at"), timedelta(minutes=11))
    await visitor.send({"code": digits})
    assert (await visitor.state(late))[0] == "VERIFYING"


async def have_worked(firm: Firm, shop: str, connection: asyncpg.Connection) -> None:
    """Wait until a worker has built a copy and marked a record in the shop."""
    desk = Desk(firm)
    await connect(desk, shop)
    stopped = await desk.receive(await anna(desk), "RESTRICTION")
    copy = await desk.receive(firm.people[0], "ACCESS")
    for each in await planned(desk, copy):
        if each.kind == "MANUAL":
            await desk.do(fulfilling.settle_by_hand, each.id, "NOTHING")

    async def is_done() -> bool:
        sql = "SELECT EXISTS (SELECT FROM package WHERE request_id = $1 AND state = 'BUILT')"
        is_built = await connection.fetchval(sql, copy.id)
        return is_built and all(each.ended_at for each in await planned(desk, stopped))

    await until(is_done)


@pytest.mark.slow
@pytest.mark.parametrize(("web_hours", "worker_hours"), HOURS)
async def test_clocks_that_are_wrong_change_no_day_no_limit_and_no_order(
    place: Place, start: Start, firm: Firm, web_hours: int, worker_hours: int
) -> None:
    connection, shop = await asyncpg.connect(place.url), shop_at(place.folder)
    since: datetime = await connection.fetchval("SELECT now()")
    web, worker = begin(start, place, web_hours, "serve"), begin(start, place, worker_hours, "work")
    headers = {"host": HOME.partition("//")[2]}
    async with httpx.AsyncClient(
        base_url=web.url, headers=headers, follow_redirects=True, timeout=60
    ) as http:
        await prove_codes(Visitor(http, firm, f"/o/firm-{firm.id}/en"), connection)
    await have_worked(firm, shop, connection)
    [noted], now = journal_of(shop), await connection.fetchval("SELECT now()")
    assert since - timedelta(seconds=1) <= noted <= now, (
        "what is kept until a day is so by the database's day"
    )
    assert await outside(connection, since) == []
    assert await connection.fetchval(IN_SYDNEY)
    assert worker.popen.poll() is None
    await connection.close()
