"""What tests of referrals stand on: a firm, its app, and somebody who may be referred."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from uuid import UUID

import asyncpg

from hub.act import Act, Hub
from hub.actors import OPERATOR, Operation, Role
from hub.partners import referrals, referring
from hub.partners.referrals import Referral
from hub.partners.referring import NewReferral, Referred
from tests.world import World

Result = TypeVar("Result")
NEED = "Buying a terrace in Leeds, and worried about the damp."
LATER = {"jurisdiction": "AU", "joined": "2024-03-01", "shown": "v2"}
"""Who joined before the alliance with a mortgage broker began, and was shown a notice that names none."""


async def lapse(superuser: asyncpg.Connection, referral: Referral) -> None:
    """Let the time of a referral be over."""
    async with superuser.transaction():
        await superuser.execute("SET LOCAL session_replication_role = replica")
        over = "UPDATE referral SET expires_at = made_at + interval '1 microsecond' WHERE id = $1"
        await superuser.execute(over, referral.id)


@dataclass
class House:
    """A firm and its app."""

    hub: Hub
    world: World

    async def customer(self, **given: Any) -> UUID:
        """Somebody who may be referred to a surveyor unless told otherwise."""
        return await self.world.customer(self.hub, **{"jurisdiction": "UK", **given})

    async def refer(self, customer_id: UUID, **given: Any) -> Referred:
        """Refer somebody to a surveyor unless told otherwise."""
        about: dict[str, Any] = {"recipient": "moor-surveys", "purpose": "referral-inspection", "need": NEED}
        new = NewReferral(customer_id, **{**about, **given})
        return await self.do(Operation.REFERRAL_MAKE, lambda act: referring.refer(act, new))

    async def do(self, operation: Operation, verb: Callable[[Act], Awaitable[Result]]) -> Result:
        """Act as the firm's app."""
        app = replace(
            self.world.app(), roles=frozenset({Role.DECIDE, Role.CUSTOMERS_WRITE, Role.CATALOGUE_WRITE})
        )
        return await self.hub.perform(app, operation, verb)

    async def read(self, referral: Referral | UUID) -> Referral:
        """As it stands now."""
        which = referral if isinstance(referral, UUID) else referral.id
        async with self.hub.ask(self.world.app(), Operation.REFERRAL_READ) as ask:
            return await referrals.read(ask, which)

    async def events(self, customer_id: UUID) -> list[str]:
        """The ledger about a customer, without what made them."""
        async with self.hub.ask(OPERATOR, Operation.LEDGER_READ) as ask:
            rows = await ask.rows(
                "SELECT e.event FROM ledger_entry e JOIN ledger_detail d ON d.entry_id = e.id WHERE d.subject = $1"
                " ORDER BY e.sequence",
                customer_id,
            )
        made = {"customer.created", "collection.recorded", "collection.kept"}
        return [row["event"] for row in rows if row["event"] not in made]
