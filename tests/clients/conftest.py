"""What programs of partners meet: a hub as it is served, and customers whom the inspectors may receive."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest_asyncio

from hub import asgi
from hub.act import Hub
from hub.readiness import Readiness
from tests.handing.conftest import Firm, found
from tests.live.conftest import serving
from tests.partner.partner import ADDRESS, Partner, invite
from tests.withdrawals.yard import Yard, partner_of

OFFER = {"arrangement": "quay-referrals", "purpose": "referral-inspection"}
PAGE = """
    query Page($arrangement: ID!, $purpose: String!, $first: Int!, $after: String) {
      customers(arrangement: $arrangement, purpose: $purpose, first: $first, after: $after) {
        edges { cursor node { id emails name: value(name: "identity.given_name") } }
        pageInfo { hasNextPage endCursor } } }
"""
ONE = """
    query One($arrangement: ID!, $purpose: String!, $id: ID!) {
      customer(arrangement: $arrangement, purpose: $purpose, id: $id) { id emails } }
"""
SAY = """
    mutation Say($entries: [AcknowledgementInput!]!, $key: String) {
      acknowledge(entries: $entries, idempotencyKey: $key) { count problems { code message path } } }
"""
FOLLOW = (
    "subscription Follow($after: String) { withdrawalAdded(after: $after) { id cursor kind customer dueOn } }"
)
CUSTOMERS = 7


@dataclass
class Served:
    """A partner, and the server that it reaches."""

    firm: Firm
    yard: Yard
    partner: Partner
    port: int
    customers: list[UUID]

    @property
    def url(self) -> str:
        """Where it asks."""
        return f"http://localhost:{self.port}{ADDRESS}"

    @property
    def socket_url(self) -> str:
        """Where it follows."""
        return f"ws://localhost:{self.port}{ADDRESS}"

    async def withdraw(self, *numbers: int) -> None:
        """Let some customers say no, and let it come to the partner's feed."""
        for each in numbers:
            await self.firm.world.choose(self.firm.hub, self.customers[each], stops_sharing=True)
        await self.yard.settle()


@pytest_asyncio.fixture
async def served(hub: Hub) -> AsyncIterator[Served]:
    """A firm of its own with its inspectors."""
    firm = await found(hub)
    customers = await firm.customers(CUSTOMERS)
    partner = await invite(hub, asgi.create_app(hub, Readiness(hub, [])), firm.world)
    yard = Yard(hub, firm.world, partner_of(firm.world, "quay-inspections"))
    async with serving(hub) as site:
        yield Served(firm, yard, partner, site.port, customers)


def entry(said: dict[str, Any]) -> dict[str, Any]:
    """How an entry is acknowledged that was done."""
    return {"id": said["id"], "evidence": "DONE"}
