"""A firm whose customers' details went to a surveyor, and the surveyor, who reads what it has to forget."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from uuid import UUID

from hub import customers, decisions, disclosures, profiles, standings
from hub.act import Act, Hub
from hub.actors import OPERATOR, Actor, Operation, Role
from hub.answers import Answer
from hub.db import new_id
from hub.disclosures import Disclosure
from hub.partners import acknowledging, feed, placing, rechecking, sweeping
from hub.partners.feed import Entry
from hub.partners.withdrawals import Withdrawal
from hub.policy.values import Act as Acting
from hub.profiles import NewValue
from hub.questioned import Question
from hub.sealing import seal_once
from tests.world import World

Result = TypeVar("Result")
SURVEYOR = "moor-surveys"
SURVEY = "referral-inspection"


@dataclass
class Yard:
    """One firm's, with the surveyor as it signs in."""

    hub: Hub
    world: World
    partner: Actor

    @property
    def staff(self) -> Actor:
        """Who looks after partners."""
        return Actor("staff", new_id(), self.world.organisation.id, roles=frozenset({Role.STAFF_ADMIN}))

    @property
    def firm(self) -> UUID:
        """Whose it is."""
        return self.world.organisation.id

    async def customer(self, *, place: str = "UK", **given: Any) -> UUID:
        """A customer, by default in Manchester."""
        return await self.world.customer(self.hub, jurisdiction=place, **given)

    async def sent(self, *, to: str = SURVEYOR, purpose: str = SURVEY, **given: Any) -> UUID:
        """A customer whose details went to a surveyor."""
        customer_id = await self.customer(**given)
        await self.disclose(customer_id, to, purpose)
        return customer_id

    async def disclose(
        self, customer_id: UUID, to: str = SURVEYOR, purpose: str = SURVEY, **asked: Any
    ) -> Disclosure:
        """Decide, and record that it is passed on."""
        recipient, about = self.world.recipients[to].id, self.world.purposes[purpose].id
        question = Question(customer_id, Acting.DISCLOSE, about, recipient=recipient, **asked)
        [answer] = await decisions.decide(self.hub, self.world.app(), [question])
        assert isinstance(answer, Answer), answer
        assert answer.id is not None
        return await self.do(
            disclosures.record, answer.id, by=self.world.app(), may=Operation.DISCLOSURE_RECORD
        )

    async def choose(self, customer_id: UUID, **said: Any) -> None:
        """Let a customer say something."""
        await self.world.choose(self.hub, customer_id, **said)

    async def erase(self, customer_id: UUID) -> None:
        """Erase a customer for good."""
        await self.do(customers.erase, customer_id, by=OPERATOR, may=Operation.CUSTOMER_ERASE)

    async def restrict(self, customer_id: UUID, *, is_restricted: bool = True) -> None:
        """Restrict a record, or let it go on."""
        change = standings.Change(is_restricted=is_restricted, reason="TEST")
        await self.do(
            standings.change, customer_id, change, self.firm, by=OPERATOR, may=Operation.CUSTOMER_CHANGE
        )

    async def know(
        self, customer_id: UUID, text: str | None, field: str = "address", category: str = "contact"
    ) -> None:
        """Write a value of the customer's profile."""
        values = [NewValue(category, field, text)]
        await self.do(
            profiles.set_profile, customer_id, values, self.firm, by=OPERATOR, may=Operation.CUSTOMER_CHANGE
        )

    async def do(
        self, verb: Callable[..., Awaitable[Result]], *given: Any, by: Actor, may: Operation, **named: Any
    ) -> Result:
        """Do one thing by one act."""

        async def body(act: Act) -> Result:
            return await verb(act, *given, **named)

        return await self.hub.perform(by, may, body)

    async def settle(self) -> None:
        """Let everything come to rest: looked through, asked again, sealed, placed."""
        while await sweeping.sweep(self.hub):
            pass
        while await rechecking.recheck(self.hub):
            pass
        await self.seal()

    async def seal(self) -> None:
        """Give what was committed its place in the ledger, and in the feeds."""
        async with self.hub.database.sealer() as connection:
            while await seal_once(connection, self.hub.vault.keyring):
                pass
        while await placing.place(self.hub):
            pass

    async def feed(self, after: int = 0, actor: Actor | None = None) -> list[Entry]:
        """Read the surveyor's feed to its end."""
        found: list[Entry] = []
        while part := await feed.after(self.hub.database.single(), actor or self.partner, after):
            found += part
            after = part[-1].place.number
        return found

    async def told(self, customer_id: UUID, actor: Actor | None = None) -> list[str]:
        """What the surveyor was told about one customer, in a word each."""
        return [str(each.withdrawal.kind) for each in await self.about(customer_id, actor)]

    async def about(self, customer_id: UUID, actor: Actor | None = None) -> list[Entry]:
        """What the surveyor was told about one customer."""
        await self.settle()
        return [each for each in await self.feed(actor=actor) if each.withdrawal.customer_id == customer_id]

    async def acknowledge(
        self, *answers: acknowledging.Answer, by: Actor | None = None
    ) -> Sequence[Withdrawal]:
        """Say what was done."""
        actor = by or self.partner
        return await self.do(
            acknowledging.acknowledge, list(answers), by=actor, may=Operation.WITHDRAWAL_ACKNOWLEDGE
        )

    def as_partner(self, recipient: str, **more: Any) -> Actor:
        """Another recipient of the firm as it signs in."""
        return replace(self.partner, id=new_id(), recipient_id=self.world.recipients[recipient].id, **more)


def partner_of(world: World, recipient: str = SURVEYOR) -> Actor:
    """A recipient as it signs in."""
    return Actor(
        "partner", new_id(), world.organisation.id, roles=frozenset({Role.PARTNER_WITHDRAWALS}),
        recipient_id=world.recipients[recipient].id,
    )  # fmt: skip
