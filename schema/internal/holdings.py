"""What connected systems hold about a customer: asked for, and opened with a reason."""

from datetime import datetime
from typing import Annotated, Self

import orjson
import strawberry

from hub import holdings
from hub.act import Act
from hub.actors import Operation
from hub.profiles import RevealReason
from schema.door import acts
from schema.internal.meanings import _told
from schema.internal.people import CustomerRef, find_customer
from schema.internal.places import within
from schema.problems import Payload
from schema.weights import Weight

_told(
    holdings.PartState, "HoldingState", "What came of asking one system.",
    WAITING="It has not answered yet.",
    DONE="It holds what is shown.",
    NOTHING="It holds nothing.",
    FAILED="It could not be asked: `why` says more.",
    SKIPPED="It is switched off.",
    BY_HAND="A person looks there, when a copy is asked for.",
)  # fmt: skip


@strawberry.type(description="One record that a system holds.")
class HoldingLine:
    """As the system said it."""

    collection: str = strawberry.field(description="Where it lies: dataset and collection.")
    values: str = strawberry.field(description="Its fields and their values, as JSON.")
    hidden: list[str] = strawberry.field(description="Fields that are there and never shown on a page.")


@strawberry.type(description="What one system said.")
class HoldingPart:
    """A system that does not answer hinders no other."""

    system: str = strawberry.field(description="The system's name, as it was then.")
    state: holdings.PartState = strawberry.field(description="What came of it.")
    why: str | None = strawberry.field(description="Of FAILED: why, in plain words.")
    as_of: datetime | None = strawberry.field(description="When it said so.")
    is_capped: bool = strawberry.field(description="Whether it holds more than is shown.")
    lines: list[HoldingLine] = strawberry.field(description="What it holds; empty until it is revealed.")


@strawberry.type(description="One look into all systems, kept for a day.")
class Holding:
    """Asked again within ten minutes, the answer is the same look."""

    asked_at: datetime = strawberry.field(description="When it was asked for.")
    expires_at: datetime = strawberry.field(description="When it is forgotten.")
    is_whole: bool = strawberry.field(description="Whether every system has answered, or will not.")
    parts: list[HoldingPart] = strawberry.field(description="What each system said.")

    @classmethod
    def of(cls, row: holdings.Holding, *, is_open: bool) -> Self:
        """As the API shows it; values only once they are revealed."""
        parts = [
            HoldingPart(
                system=each.system, state=each.state, why=each.why, as_of=each.as_of, is_capped=each.is_capped,
                lines=[_line(line) for line in each.lines] if is_open else [],
            )
            for each in row.parts
        ]  # fmt: skip
        return cls(asked_at=row.asked_at, expires_at=row.expires_at, is_whole=row.is_whole, parts=parts)


def _line(row: holdings.Line) -> HoldingLine:
    values = orjson.dumps(dict(row.values)).decode()
    return HoldingLine(collection=row.collection, values=values, hidden=list(row.hidden))


@strawberry.input(description="A customer whose systems are to be asked.")
class AskHoldingsInput:
    """Who."""

    customer: CustomerRef = strawberry.field(description="The customer.")


@strawberry.input(description="A look into the systems is opened.")
class RevealHoldingsInput:
    """Who, and why."""

    customer: CustomerRef = strawberry.field(description="The customer.")
    reason: RevealReason = strawberry.field(description="Why.")
    explanation: str = strawberry.field(description="Why, in your own words; only its hash is kept.")


@strawberry.type(description="The look, after the act.")
class HoldingPayload(Payload):
    """Of both mutations."""

    holding: Holding | None = strawberry.field(default=None, description="The look.")


_Ask = Annotated[AskHoldingsInput, strawberry.argument(description="Who.")]
_Reveal = Annotated[RevealHoldingsInput, strawberry.argument(description="Who, and why.")]


@strawberry.type
class HoldingMutations:
    """Looking into systems."""

    @acts(Operation.CUSTOMER_REVEAL)
    async def ask_holdings(self, act: Act, input: _Ask) -> HoldingPayload:
        """Have all systems asked what they hold about a customer; they answer one by one, without values here."""
        customer_id = await find_customer(act, input.customer, "input", "customer")
        with within(input, "input"):
            asked = await holdings.ask_for(act, customer_id)
        return HoldingPayload(holding=Holding.of(asked, is_open=False))

    @acts(Operation.CUSTOMER_REVEAL, weight=Weight(points=50))
    async def reveal_holdings(self, act: Act, input: _Reveal) -> HoldingPayload:
        """Open the newest look. Who, when and why is recorded before anything is shown."""
        customer_id = await find_customer(act, input.customer, "input", "customer")
        with within(input, "input"):
            shown = await holdings.reveal(act, customer_id, input.reason, input.explanation)
        return HoldingPayload(holding=Holding.of(shown, is_open=True))
