"""Representatives: who may act for a customer."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

import strawberry

from hub import representatives
from hub.act import Ask
from hub.actors import Operation
from hub.representatives import State
from hub.rights.acting import Proof, Role
from schema.call import Info
from schema.door import asks
from schema.internal.customers import Customer, customers_by_id
from schema.internal.links import link, one
from schema.internal.meanings import _told
from schema.internal.people import CustomerRef, find_customer
from schema.internal.request_meanings import Kind
from schema.relay import Node, global_id
from schema.weights import Weight

_told(
    Role, "RepresentativeRole", "As what somebody acts for a customer.",
    AGENT="With the customer's permission.", GUARDIAN="As a parent or guardian.", HEIR="As an heir.",
)  # fmt: skip
_told(
    Proof, "RepresentativeProof", "What shows that somebody may act for a customer.",
    SIGNED_PERMISSION="A permission that the customer signed.",
    POWER_OF_ATTORNEY="A power of attorney.",
    BIRTH_RECORD="A record of the child's birth.",
    COURT_ORDER="An order of a court.",
    PROBATE="What a court or a notary gives to heirs.",
)  # fmt: skip
_told(
    State, "RepresentativeState", "How a representative stands.",
    PROPOSED="Nobody has seen the proof yet.",
    CONFIRMED="The proof was seen.",
    REJECTED="The proof shows no such thing.",
    ENDED="It is over.",
)  # fmt: skip


@strawberry.type(description="Somebody who acts for a customer, from a day, until another.")
class Representative(Node):
    """Without name and address: `revealRepresentative` opens them."""

    row: strawberry.Private[representatives.Representative]
    customer_id: strawberry.ID = strawberry.field(description="For whom.")
    role: Role = strawberry.field(description="As what.")
    kinds: list[Kind] = strawberry.field(description="For which rights requests; none: for all.")
    starts_on: date = strawberry.field(description="From which day.")
    ends_on: date | None = strawberry.field(description="Until which day; null: it is open.")
    state: State = strawberry.field(description="How it stands.")
    proof: Proof | None = strawberry.field(description="What was seen; null: nothing yet.")
    attachment_id: strawberry.ID | None = strawberry.field(
        description="The file that shows it, if there is one."
    )
    reason: str | None = strawberry.field(description="Why it was rejected or ended, coded.")
    proposed_at: datetime = strawberry.field(description="When the hub was told.")
    checked_at: datetime | None = strawberry.field(description="When somebody looked at the proof.")
    ended_at: datetime | None = strawberry.field(description="When it was rejected or ended.")

    @classmethod
    def of(cls, row: representatives.Representative) -> Self:
        """As the API shows it."""
        return cls(
            uuid=row.id,
            row=row,
            customer_id=global_id("Customer", row.customer_id),
            role=row.role,
            kinds=list(row.kinds),
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            state=row.state,
            proof=row.proof,
            attachment_id=global_id("Attachment", row.attachment_id) if row.attachment_id else None,
            reason=row.reason,
            proposed_at=row.proposed_at,
            checked_at=row.checked_at,
            ended_at=row.ended_at,
        )

    @link(Operation.CUSTOMER_READ, "For whom; null if you may not read customers.")
    async def customer(self, info: Info) -> Customer | None:
        """Loaded with the others'."""
        return await one(info, Operation.CUSTOMER_READ, customers_by_id, self.row.customer_id)


async def representatives_by_id(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Representative]:
    """Many at once."""
    found = await representatives.by_ids(ask, ids)
    return {key: Representative.of(row) for key, row in found.items()}


_Ref = Annotated[CustomerRef, strawberry.argument(description="Whose.")]


@strawberry.type
class RepresentativeQueries:
    """Who may act for whom."""

    @asks(Operation.REPRESENTATIVE_READ, weight=Weight(items=3))
    async def representatives(self, ask: Ask, customer: _Ref) -> list[Representative]:
        """Who may act for a customer, or might, or could: all there ever were, the oldest first."""
        customer_id = await find_customer(ask, customer, "customer")
        found = await representatives.of_customers(ask, [customer_id])
        return [Representative.of(each) for each in found[customer_id]]
