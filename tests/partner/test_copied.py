"""What the guides for partners show is copied from there, sent as it stands, and does what they say."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest_asyncio
from graphql import OperationDefinitionNode, parse, print_ast
from starlette.applications import Starlette

from hub import identities
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.identities import NewIdentifier
from hub.partners import placing, rechecking
from schema.relay import global_id
from tests.internal.door import Door
from tests.partner.partner import Partner, invite
from tests.partner.telling import seal
from tests.partners.referred import LATER, House
from tests.world import World
from workers import partner_exports

DOCS = Path(__file__).parents[2] / "docs"
FENCE = re.compile(r"^```graphql\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXPORT = "SELECT id FROM partner_export WHERE client_id = $1 ORDER BY id DESC LIMIT 1"


def calls(page: str) -> Iterator[str]:
    """Each operation that a page shows, as it is written there."""
    for fence in FENCE.findall((DOCS / page).read_text(encoding="utf-8")):
        for each in parse(fence).definitions:
            assert isinstance(each, OperationDefinitionNode)
            yield print_ast(each)


@dataclass
class Reader:
    """A partner who copies, and what they have in hand for the variables."""

    partner: Partner
    hand: dict[str, Any] = field(default_factory=lambda: {"after": None})

    async def copy(self, call: str) -> Any:
        """Send a call as it stands; nothing is wrong with it."""
        variables = {name: value for name, value in self.hand.items() if f"${name}" in call}
        [said] = (await self.partner.ask(call, **variables)).values()
        assert "problems" not in said or said["problems"] == []
        return said


@pytest_asyncio.fixture
async def reader(hub: Hub, site: Starlette, world: World) -> Reader:
    """The inspectors' programmer."""
    return Reader(await invite(hub, site, world, method="client_secret"))


async def test_what_partners_receive_is_had_and_forgotten_by_the_calls_of_the_guides(
    hub: Hub, world: World, reader: Reader
) -> None:
    customer = await world.customer(hub, jurisdiction="UK", email="copied@example.org")
    entitlements, page, keep, begin, export = calls("receiving.md")
    assert "referral-inspection" in {each["purpose"] for each in await reader.copy(entitlements)}
    found = [each["node"] for each in (await reader.copy(page))["edges"]]
    [own] = [each["id"] for each in found if each["emails"] == ["copied@example.org"]]
    reader.hand["ids"] = [own]
    assert [(each["id"], each["may"]) for each in await reader.copy(keep)] == [(own, True)]
    reader.hand["id"] = (await reader.copy(begin))["export"]["id"]
    await partner_exports.run(hub, await hub.database.single().value(EXPORT, reader.partner.client_id))
    assert (await reader.copy(export))["state"] == "READY"
    await world.choose(hub, customer, stops_sharing=True)
    while await rechecking.recheck(hub):
        pass
    await seal(hub)
    while await placing.place(hub):
        pass
    feed, acknowledge = calls("withdrawals.md")
    told = [each["node"] for each in (await reader.copy(feed))["edges"]]
    reader.hand["entries"] = [
        {"id": each["id"], "evidence": "DONE"} for each in told if each["customer"] == own
    ]
    assert (await reader.copy(acknowledge))["count"] == 1


async def test_a_referral_is_made_and_taken_by_the_calls_of_the_guide(
    hub: Hub, site: Starlette, world: World, reader: Reader
) -> None:
    refer, listing, *taking = calls("referrals.md")
    customer = await world.customer(hub, **LATER)
    new = NewIdentifier("EXTERNAL", "HV-77", "crm")
    async with hub.act(OPERATOR, Operation.CUSTOMER_CHANGE) as act:
        await identities.add_identifier(act, customer, new, world.organisation.id)
    door = Door(hub, site)
    made = await door.one(await door.token(world), refer)
    assert made["decision"]["outcome"] == "CONSENT_NEEDED"
    assert made["referral"]["state"] == "ASKING"
    first, second = [await offered(House(hub, world)) for _ in range(2)]
    shown = [each["node"]["id"] for each in (await reader.copy(listing))["edges"]]
    assert {first, second} <= set(shown)
    states = [
        (await reader.copy(call.replace('"..."', f'"{which}"')))["referral"]["state"]
        for call, which in zip(taking, (first, second, first), strict=True)
    ]
    assert states == ["ACCEPTED", "DECLINED", "DONE"]


async def offered(house: House) -> str:
    """The id of a referral to the inspectors."""
    done = await house.refer(await house.customer(), recipient="quay-inspections")
    assert done.referral
    return global_id("Referral", done.referral.id)


async def test_an_endpoint_is_registered_by_the_call_of_the_guide(reader: Reader) -> None:
    [add] = calls("partners.md")
    made = await reader.copy(add)
    assert (made["endpoint"]["verifiedAt"], made["secret"][:6]) == (None, "whsec_")
