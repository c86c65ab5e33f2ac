"""The list of addresses that get no marketing: added to, and never shown."""

from typing import Annotated

import strawberry

from hub import suppression
from hub.act import Act
from hub.actors import Operation
from hub.errors import invalid
from schema.door import acts
from schema.internal.meanings import _told
from schema.internal.places import within
from schema.internal.upkeep import IdentifierInput
from schema.problems import Payload

_told(
    suppression.Reason, "SuppressionReason", "Why an address gets no marketing.",
    ERASURE="Whoever had it was erased: the hub lists it by itself.",
    ASKED="Whoever has it asked us never to send any.",
    COMPLAINT="Somebody complained about what was sent to it.",
)  # fmt: skip


@strawberry.input(description="An address that gets no marketing from now on, whoever has it.")
class SuppressAddressInput:
    """Which, and why."""

    address: IdentifierInput | None = strawberry.field(
        default=None, description="An email or a phone number; either this or `postalAddress`."
    )
    postal_address: str | None = strawberry.field(
        default=None,
        description="Where somebody lives: the whole address, its lines and words in any order.",
    )
    reason: suppression.Reason = strawberry.field(description="Why.")


@strawberry.type(description="What came of it.")
class SuppressAddressPayload(Payload):
    """Of `suppressAddress`."""

    customers_opted_out: int | None = strawberry.field(
        default=None,
        description="How many customers have the address now; each was opted out. Null of a postal address: nobody is"
        " found by where they live, so those are opted out who are met with it from now on.",
    )


_Suppress = Annotated[SuppressAddressInput, strawberry.argument(description="Which, and why.")]


@strawberry.type
class SuppressionMutations:
    """Listing addresses."""

    @acts(Operation.SUPPRESSION_ADD)
    async def suppress_address(self, act: Act, input: _Suppress) -> SuppressAddressPayload:
        """List an address, as a keyed hash. A consent that comes later reverses it for the customer who gives it."""
        with within(input, "input"):
            return SuppressAddressPayload(customers_opted_out=await _listed(act, input))


async def _listed(act: Act, given: SuppressAddressInput) -> int | None:
    if given.address is not None and given.postal_address is None:
        return await suppression.suppress(act, given.address.new(), given.reason)
    if given.postal_address is not None and given.address is None:
        return await suppression.suppress_home(act, given.postal_address, given.reason)
    raise invalid("Give either `address` or `postalAddress`.", "address")
