"""What the tests of partners stand on: a firm of the world, its partners, and customers with something to hand over."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

import pytest
import pytest_asyncio

from hub import collections, customers
from hub.act import Act, Hub
from hub.actors import OPERATOR, PARTNER_SCOPES, Actor, Operation
from hub.db import new_id
from hub.identities import NewIdentifier
from hub.partners import inviting, offers, pages
from hub.partners.handing import Handed
from hub.partners.inviting import NewPartner
from hub.partners.offers import Offer
from hub.partners.ordering import Place
from hub.partners.pages import Page
from hub.profiles import NewValue
from tests.harbour import INTAKE
from tests.world import World, build_world, midday

HAND_OVER = Operation.DISCLOSURE_HAND_OVER
VALUES = (
    NewValue("identity", "given_name", "Jo"),
    NewValue("contact", "city", "=Sydney"),
    NewValue("transaction", "card", "4111"),
)


@dataclass(frozen=True)
class Firm:
    """The firm, and how its partners page."""

    hub: Hub
    world: World

    def partner(self, recipient: str, *arrangements: str) -> Actor:
        """A client of a partner, for all its arrangements unless some are named."""
        named = frozenset(self.world.arrangements[each].id for each in arrangements) or None
        return Actor(
            "partner", new_id(), self.world.organisation.id, roles=PARTNER_SCOPES,
            recipient_id=self.world.recipients[recipient].id, arrangements=named,
        )  # fmt: skip

    async def customers(
        self, count: int, shown: str | None = "v1", values: Sequence[NewValue] = VALUES
    ) -> list[UUID]:
        """Several with a name, a city and a card number, who came in under a version of the notice, by one act."""
        async with self.hub.act(OPERATOR, Operation.CUSTOMER_CREATE) as act:
            return [await self._customer(act, shown, values) for _ in range(count)]

    async def _customer(self, act: Act, shown: str | None, values: Sequence[NewValue]) -> UUID:
        firm, at = self.world.organisation.id, midday("2024-03-01")
        made = await customers.create(act, customers.NewCustomer(
            firm, "en", ["AU"], relationship="ACTIVE", happened_at=at, profile=values,
            identifiers=[NewIdentifier("EMAIL", f"{new_id()}@example.org")],
        ))  # fmt: skip
        version = self.world.versions[shown].id if shown else None
        await collections.record(act, collections.NewCollection(
            made, firm, "CUSTOMER", [self.world.categories[key].id for key in INTAKE], optout_offered=True,
            notice_version_id=version, shown_how="WEB" if shown else None, happened_at=at,
        ))  # fmt: skip
        return made

    async def hand(
        self,
        partner: Actor,
        verb: Callable[[Act, Offer], Awaitable[object]],
        arrangement: str = "quay-referrals",
        purpose: str = "referral-inspection",
    ) -> object:
        """Run a verb for a partner, in an act of its own."""

        async def body(act: Act) -> object:
            return await verb(act, await offers.find(act, arrangement, purpose))

        return await self.hub.perform(partner, HAND_OVER, body)

    async def page(
        self, partner: Actor, size: int = 100, start: Place | None = None, arrangement: str = "quay-referrals"
    ) -> Page:
        """One page."""
        ask = self.hub.ask_once(partner, HAND_OVER)
        known = await offers.known_now(ask)
        offer = await offers.find(ask, arrangement, "referral-inspection", known)
        return await pages.page(ask, offer, size, start)

    async def every(
        self, partner: Actor, size: int = 100, arrangement: str = "quay-referrals"
    ) -> list[Handed]:
        """All pages, one after the other."""
        found: list[Handed] = []
        place: Place | None = None
        for _ in range(1_000):
            page = await self.page(partner, size, place, arrangement)
            assert len(page.items) <= size
            found += [handed for handed, _ in page.items]
            place = page.following
            if place is None:
                return found
        raise AssertionError("the pages do not end")

    async def one(self, partner: Actor, pairwise_id: UUID) -> Handed | None:
        """One customer by the partner's own id."""
        handed = await self.hand(partner, lambda act, offer: pages.one(act, offer, pairwise_id))
        assert handed is None or isinstance(handed, Handed)
        return handed


async def found(hub: Hub) -> Firm:
    """A firm of its own."""
    return Firm(hub, await build_world(hub))


@pytest_asyncio.fixture
async def firm(hub: Hub) -> Firm:
    """A firm of this test's own."""
    return await found(hub)


@pytest_asyncio.fixture(scope="session")
async def crowded(hub: Hub) -> tuple[Firm, Sequence[UUID], Sequence[UUID]]:
    """A firm that tests share, those whom its inspectors may receive, and those whom they may not."""
    firm = await found(hub)
    allowed = await firm.customers(70)
    silent, untold = await firm.customers(6), await firm.customers(12, None)
    for each in silent:
        await firm.world.choose(hub, each, stops_sharing=True)
    return firm, allowed, [*silent, *untold]


Signed = Callable[[str], Awaitable[Actor]]


async def invited(firm: Firm, recipient: str) -> Actor:
    """A partner with a client that is there."""
    new = NewPartner(
        "Their system", recipient, sorted(PARTNER_SCOPES), None, "client_secret",
        organisation=firm.world.organisation.id,
    )  # fmt: skip
    async with firm.hub.act(OPERATOR, Operation.PARTNER_INVITE) as act:
        client, _ = await inviting.invite(act, new)
    return replace(firm.partner(recipient), id=client.id)


@pytest.fixture(scope="session")
def signed_for() -> Callable[[Firm, str], Awaitable[Actor]]:
    """Let a recipient of a firm sign in."""
    return invited


@pytest.fixture(scope="session")
def signed(crowded: tuple[Firm, Sequence[UUID], Sequence[UUID]]) -> Signed:
    """Let a recipient of the shared firm sign in."""
    return partial(invited, crowded[0])


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many parts of few customers."""
    monkeypatch.setattr("hub.partners.producing.CUSTOMERS_MOST", 2)
