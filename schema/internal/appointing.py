"""Representatives are proposed, confirmed, rejected, ended, and looked at."""

from datetime import date
from typing import Annotated
from uuid import UUID

import strawberry

from hub import appointing
from hub.act import Act
from hub.actors import Operation
from hub.appointing import NewRepresentative
from hub.representatives import Representative as Row
from hub.rights import representing
from hub.rights.acting import Proof, Role
from hub.rights.values import Kind
from schema.door import acts
from schema.internal.people import CustomerRef, find_customer
from schema.internal.places import within
from schema.internal.references import optional_id
from schema.internal.representatives import Representative
from schema.problems import Payload
from schema.relay import uuid_of
from schema.weights import Weight


@strawberry.input(description="Somebody says that they may act for a customer.")
class ProposeRepresentativeInput:
    """Who, for whom, as what."""

    customer: CustomerRef = strawberry.field(description="For whom.")
    role: Role = strawberry.field(description="As what.")
    name: str = strawberry.field(description="Who it is. Sealed.")
    contact: str | None = strawberry.field(
        default=None,
        description="The email address that letters go to; by default that of the request. Sealed.",
    )
    kinds: list[Kind] = strawberry.field(
        default_factory=list[Kind], description="For which rights requests; none: for all."
    )
    starts_on: date | None = strawberry.field(default=None, description="From which day; by default today.")
    ends_on: date | None = strawberry.field(default=None, description="Until which day; null: it is open.")
    attachment: strawberry.ID | None = strawberry.field(
        default=None, description="A file of a request that shows it."
    )
    request: strawberry.ID | None = strawberry.field(
        default=None, description="The rights request that waits for it, and goes on once it is confirmed."
    )

    def new(self, customer_id: UUID) -> NewRepresentative:
        """As the hub takes it."""
        file = optional_id(self.attachment, "Attachment", "attachment")
        return NewRepresentative(
            customer_id, self.role, self.name, self.contact, self.kinds, self.starts_on, self.ends_on, file
        )


@strawberry.input(description="A representative.")
class _One:
    """What every act on one has in common."""

    representative: strawberry.ID = strawberry.field(description="The representative's id.")

    @property
    def uuid(self) -> UUID:
        """As the hub knows it."""
        return uuid_of(self.representative, "Representative", "representative")


@strawberry.input(description="The proof was seen.")
class ConfirmRepresentativeInput(_One):
    """What it is."""

    proof: Proof = strawberry.field(description="What you have seen.")


@strawberry.input(description="A representative: which, and why.")
class RepresentativeReasonInput(_One):
    """Why."""

    reason: str = strawberry.field(description="A code such as PERMISSION_WITHDRAWN.")


@strawberry.type(description="The representative, after the act.")
class RepresentativePayload(Payload):
    """Of every mutation about one."""

    representative: Representative | None = strawberry.field(default=None, description="The representative.")


@strawberry.type(description="Who a representative is.")
class RevealRepresentativePayload(Payload):
    """In clear."""

    name: str | None = strawberry.field(default=None, description="The name.")
    contact: str | None = strawberry.field(default=None, description="Where letters go, if anywhere.")


_Propose = Annotated[ProposeRepresentativeInput, strawberry.argument(description="Who, for whom, as what.")]
_Confirm = Annotated[ConfirmRepresentativeInput, strawberry.argument(description="Which, by what proof.")]
_Reason = Annotated[RepresentativeReasonInput, strawberry.argument(description="Which, and why.")]


def _payload(row: Row) -> RepresentativePayload:
    return RepresentativePayload(representative=Representative.of(row))


@strawberry.type
class AppointingMutations:
    """From proposal to end."""

    @acts(Operation.REPRESENTATIVE_PROPOSE)
    async def propose_representative(self, act: Act, input: _Propose) -> RepresentativePayload:
        """Note that somebody may act for a customer; it counts once the proof was seen."""
        customer_id = await find_customer(act, input.customer, "input", "customer")
        with within(input, "input"):
            request = optional_id(input.request, "RightsRequest", "request")
            return _payload(await representing.propose(act, input.new(customer_id), request))

    @acts(Operation.REPRESENTATIVE_CHECK)
    async def confirm_representative(self, act: Act, input: _Confirm) -> RepresentativePayload:
        """Say that you have seen the proof; rights requests that waited for it go on."""
        with within(input, "input"):
            return _payload(await representing.confirm(act, input.uuid, input.proof))

    @acts(Operation.REPRESENTATIVE_CHECK)
    async def reject_representative(self, act: Act, input: _Reason) -> RepresentativePayload:
        """Say that the proof shows no such thing; rights requests that wait for it go on waiting."""
        with within(input, "input"):
            return _payload(await representing.reject(act, input.uuid, input.reason))

    @acts(Operation.REPRESENTATIVE_CHECK)
    async def end_representative(self, act: Act, input: _Reason) -> RepresentativePayload:
        """End it: rights requests made under it stop, and are absent for whoever made them."""
        with within(input, "input"):
            return _payload(await representing.end(act, input.uuid, input.reason))

    @acts(Operation.REPRESENTATIVE_CHECK, weight=Weight(points=50))
    async def reveal_representative(self, act: Act, input: _Reason) -> RevealRepresentativePayload:
        """Open who it is. Who looks, when and why is recorded before anything is shown."""
        with within(input, "input"):
            _, name, contact = await appointing.reveal(act, input.uuid, input.reason)
        return RevealRepresentativePayload(name=name, contact=contact)
