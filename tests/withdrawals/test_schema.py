"""What a partner's program reads, follows and acknowledges over HTTP and a socket, and what it never sees of others."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from starlette.applications import Starlette

from hub import asgi
from hub.actors import OPERATOR, Operation, Role
from hub.partners import inviting
from hub.readiness import Readiness
from tests.internal.door import Door
from tests.live.client import calling
from tests.live.conftest import Site, serving
from tests.partner.partner import Partner, invite
from tests.withdrawals.yard import SURVEYOR, Yard

READ = """
    query ($first: Int! = 20, $after: String) { withdrawals(first: $first, after: $after) {
        edges { cursor node {
            id cursor kind customer arrangement purpose categories madeOn dueOn evidence ground keptUntil } }
        pageInfo { hasNextPage endCursor } } }
"""
SAY = """
    mutation ($entries: [AcknowledgementInput!]!) { acknowledge(entries: $entries) {
        count problems { code path message } } }
"""
FOLLOW = "subscription ($after: String) { withdrawalAdded(after: $after) { id cursor kind customer } }"


@pytest.fixture
def site(yard: Yard) -> Starlette:
    """The application as it is served."""
    return asgi.create_app(yard.hub, Readiness(yard.hub, []))


@pytest_asyncio.fixture
async def partner(yard: Yard, site: Starlette) -> Partner:
    """The surveyor's program."""
    return await invite(yard.hub, site, yard.world, SURVEYOR)


@pytest_asyncio.fixture
async def served(yard: Yard) -> AsyncIterator[Site]:
    """A server with sockets."""
    async with serving(yard.hub) as opened:
        yield opened


async def entries(partner: Partner, **variables: Any) -> list[dict[str, Any]]:
    """The feed as it is shown."""
    found = (await partner.ask(READ, **variables))["withdrawals"]["edges"]
    assert all(each["cursor"] == each["node"]["cursor"] for each in found)
    return [each["node"] for each in found]


async def refused(partner: Partner, query: str, **variables: Any) -> dict[str, Any]:
    """The error that an operation ends with."""
    answer = (await partner.post(await partner.token(), query, variables)).json()
    [error] = answer["errors"]
    return {"message": error["message"], **error["extensions"]}


async def test_the_feed_is_read_page_by_page_by_ids_that_nobody_else_has(
    yard: Yard, site: Starlette, partner: Partner
) -> None:
    people = [await yard.sent() for _ in range(3)]
    other = await invite(yard.hub, site, yard.world, "quay-inspections")
    await yard.disclose(people[0], "quay-inspections")
    for each in people:
        await yard.choose(each, stops_sharing=True)
    await yard.settle()
    found = await entries(partner)
    assert [each["kind"] for each in found] == ["FORGET"] * 3
    assert (found[0]["purpose"], found[0]["evidence"]) == ("referral-inspection", None)
    assert len({each["customer"] for each in found}) == 3
    first = await partner.ask(READ, first=2)
    assert first["withdrawals"]["pageInfo"]["hasNextPage"]
    assert await entries(partner, after=first["withdrawals"]["pageInfo"]["endCursor"]) == found[2:]
    [theirs] = await entries(other)
    assert {theirs[name] for name in ("id", "customer")}.isdisjoint(
        each[name] for each in found for name in ("id", "customer")
    )
    for each in people:
        assert str(each) not in str(found)


async def test_what_was_done_is_acknowledged_and_shown(yard: Yard, partner: Partner) -> None:
    for each in [await yard.sent() for _ in range(2)]:
        await yard.choose(each, stops_sharing=True)
    await yard.settle()
    one, two = await entries(partner)
    said = [
        {"id": one["id"], "evidence": "DONE"},
        {"id": two["id"], "evidence": "KEPT", "ground": "LEGAL_DUTY", "until": "2031-01-31"},
    ]
    for _ in range(2):
        done = (await partner.ask(SAY, entries=said))["acknowledge"]
        assert done == {"count": 2, "problems": []}
    one, two = await entries(partner)
    assert (one["evidence"], one["ground"]) == ("DONE", None)
    assert (two["evidence"], two["ground"], two["keptUntil"]) == ("KEPT", "LEGAL_DUTY", "2031-01-31")


async def test_others_entries_and_cursors_look_like_none(
    yard: Yard, site: Starlette, partner: Partner
) -> None:
    customer_id = await yard.sent()
    await yard.choose(customer_id, stops_sharing=True)
    await yard.settle()
    [mine] = await entries(partner)
    other = await invite(yard.hub, site, yard.world, "quay-inspections")
    problems: list[Any] = []
    for named in (mine["id"], mine["id"][:-4] + "AAAA"):
        said = [{"id": named, "evidence": "DONE"}]
        answer = (await other.post(await other.token(), SAY, {"entries": said})).json()
        problems.append(answer["data"]["acknowledge"]["problems"][0]["code"])
    assert problems[0] == "NOT_FOUND"
    assert (await refused(other, READ, after=mine["cursor"]))["code"] == "INVALID"
    assert (await refused(partner, READ, first=101))["code"] == "INVALID"
    blind = await invite(yard.hub, site, yard.world, SURVEYOR, Role.PARTNER_READ)
    assert (await refused(blind, READ))["code"] == "FORBIDDEN"


async def test_a_cursor_serves_every_client_of_the_partner(
    yard: Yard, site: Starlette, partner: Partner
) -> None:
    for each in [await yard.sent() for _ in range(2)]:
        await yard.choose(each, stops_sharing=True)
    await yard.settle()
    one, two = await entries(partner)
    renewed = await invite(yard.hub, site, yard.world, SURVEYOR)
    assert await entries(renewed, after=one["cursor"]) == [two]


async def test_a_cursor_from_before_a_restore_says_resync(
    yard: Yard, partner: Partner, superuser: Any
) -> None:
    customer_id = await yard.sent()
    await yard.choose(customer_id, stops_sharing=True)
    await yard.settle()
    [mine] = await entries(partner)
    await superuser.execute("DELETE FROM withdrawal_place WHERE recipient_id = $1", partner.recipient_id)
    error = await refused(partner, READ, after=mine["cursor"])
    assert error["code"] == "CONFLICT"
    assert "resync" in error["message"]


async def test_the_feed_is_followed_over_a_socket_until_the_client_is_revoked(
    yard: Yard, partner: Partner, served: Site
) -> None:
    first, second, third = [await yard.sent() for _ in range(3)]
    await yard.choose(first, stops_sharing=True)
    await yard.settle()
    token = await partner.token()
    async with calling(served.port, token, path="/partner/graphql") as client:
        await client.begin(query=FOLLOW)
        [mine] = await entries(partner)
        heard = (await client.hear())["payload"]["data"]["withdrawalAdded"]
        assert (heard["id"], heard["customer"]) == (mine["id"], mine["customer"])
        await yard.choose(second, stops_sharing=True)
        await yard.settle()
        assert (await client.hear())["payload"]["data"]["withdrawalAdded"]["kind"] == "FORGET"
        await yard.do(inviting.revoke, partner.client_id, by=OPERATOR, may=Operation.PARTNER_INVITE)
        await yard.choose(third, stops_sharing=True)
        await yard.settle()
        assert await client.code() > 4000
        assert [each["type"] for each in client.heard].count("next") == 2


async def test_an_arrangement_is_given_its_days_by_the_firms_own_apps(yard: Yard, site: Starlette) -> None:
    door = Door(yard.hub, site)
    token = await door.token(yard.world)
    query = """
        mutation ($days: Int!) { arrangementClockSet(input: {arrangement: "moor-referrals", days: $days}) {
            arrangement { key } problems { code path } } }
    """
    for days, path in ((0, ["input", "days"]), (7, None)):
        said = (await door.post(token, query, {"days": days})).json()["data"]["arrangementClockSet"]
        assert said["problems"] == ([{"code": "INVALID", "path": path}] if path else [])
    customer_id = await yard.sent()
    await yard.choose(customer_id, stops_sharing=True)
    [entry] = await yard.about(customer_id)
    assert (entry.withdrawal.due_at - entry.withdrawal.made_at).days == 7
