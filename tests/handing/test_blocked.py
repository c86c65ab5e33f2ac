"""A partner that is blocked gets nothing more, by no way; nor does one whose arrangement has ended."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import asyncpg
import pytest_asyncio

from hub import arrangements, asgi
from hub.actors import Actor, Operation
from hub.partners import blocks
from hub.partners.exports import State
from hub.readiness import Readiness
from tests.handing.conftest import Firm
from tests.handing.test_exports import read, start
from tests.handing.test_over_http import KEEP, OFFER, ONE, PAGE, START, ready
from tests.partner.partner import Partner, invite
from workers import partner_exports

SIGNED = Callable[[Firm, str], Any]
TRACES = """
    SELECT (SELECT count(*) FROM disclosure WHERE recipient_id = $1), (SELECT count(*) FROM decision d
        WHERE d.question ->> 'recipient' = $1::text), (SELECT count(*) FROM partner_export WHERE recipient_id = $1)
"""


async def block(firm: Firm, recipient: str = "quay-inspections") -> None:
    async with firm.hub.act(firm.world.app(), Operation.PARTNER_BLOCK) as act:
        await blocks.block(act, firm.world.recipients[recipient].id, "It lost a laptop.")


@pytest_asyncio.fixture
async def partner(firm: Firm) -> AsyncIterator[Partner]:
    """The inspectors' system, and a few whom it may receive."""
    await firm.customers(3)
    yield await invite(firm.hub, asgi.create_app(firm.hub, Readiness(firm.hub, [])), firm.world)


async def codes(partner: Partner, query: str, **given: Any) -> list[str]:
    answer = (await partner.post(await partner.token(), query, given)).json()
    return [each["extensions"]["code"] for each in answer.get("errors", ())]


async def test_a_blocked_partner_gets_no_page_no_customer_and_no_export_and_leaves_no_trace(
    firm: Firm, partner: Partner, superuser: asyncpg.Connection
) -> None:
    [someone, *_] = (await partner.ask(PAGE, **OFFER, first=1))["customers"]["edges"]
    own_id = someone["node"]["id"]
    await block(firm)
    before = await superuser.fetchrow(TRACES, partner.recipient_id)
    assert await codes(partner, PAGE, **OFFER, first=10) == ["CONFLICT"]
    assert await codes(partner, ONE, **OFFER, id=own_id) == ["CONFLICT"]
    started = (await partner.ask(START, form="NDJSON", key="once"))["startExport"]
    assert started["export"] is None
    assert [(each["code"], each["path"]) for each in started["problems"]] == [("CONFLICT", ["arrangement"])]
    assert await superuser.fetchrow(TRACES, partner.recipient_id) == before
    kept = (await partner.ask(KEEP, ids=[own_id]))["mayKeep"]  # what it has is asked about as ever
    assert [each["may"] for each in kept] == [True]


async def test_another_partner_of_the_same_firm_goes_on(firm: Firm) -> None:
    people = await firm.customers(2)
    await block(firm)
    other = await firm.every(firm.partner("moor-surveys"), arrangement="moor-referrals")
    assert sorted(each.customer_id for each in other) == sorted(people)


async def test_an_export_that_is_being_made_ends_with_the_reason(
    firm: Firm, signed_for: SIGNED, superuser: asyncpg.Connection
) -> None:
    await firm.customers(2)
    client: Actor = await signed_for(firm, "quay-inspections")
    export = await start(firm, client)
    await block(firm)
    await partner_exports.run(firm.hub, export.id)
    ended = await read(firm, client, export)
    assert (ended.state, ended.reason, ended.rows) == (State.FAILED, "CONFLICT", 0)
    assert await superuser.fetchval(TRACES, client.recipient_id) == 0


async def test_a_file_that_is_ready_cannot_be_had_while_its_partner_is_blocked(
    firm: Firm, partner: Partner
) -> None:
    token = await partner.token()
    export = await ready(firm, partner, token)
    sent = {"Authorization": f"Bearer {token}"}
    async with partner.http() as http:
        assert (await http.get(export["path"], headers=sent)).status_code == 200
        await block(firm)
        refused = await http.get(export["path"], headers=sent)
    assert (refused.status_code, "Jo" in refused.text) == (409, False)


async def test_a_file_that_is_ready_cannot_be_had_once_the_arrangement_has_ended(
    firm: Firm, partner: Partner
) -> None:
    token = await partner.token()
    export = await ready(firm, partner, token)
    async with firm.hub.act(firm.world.app(), Operation.CATALOGUE_WRITE) as act:
        await arrangements.end(act, "quay-referrals", arrangements.date(2024, 12, 31))
    async with partner.http() as http:
        refused = await http.get(export["path"], headers={"Authorization": f"Bearer {token}"})
    assert (refused.status_code, "Jo" in refused.text) == (404, False)
