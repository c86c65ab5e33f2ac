"""Taking rights requests in."""

from datetime import date
from typing import Annotated
from uuid import UUID

import strawberry

from hub import purposes, recipients
from hub.act import Act
from hub.actors import Operation
from hub.policy.values import Channel
from hub.rights import intake, requests
from hub.rights.asked import Asked
from hub.rights.intake import Identified, NewRequest
from hub.rights.values import Kind
from schema.door import acts
from schema.internal.people import CustomerRef, find_customer
from schema.internal.places import within
from schema.internal.references import Reference, optional_id, row_id
from schema.internal.rights import RightsRequest
from schema.problems import Payload


@strawberry.input(description="A field and the value it should have.")
class FieldChangeInput:
    """Of a rectification."""

    field: str = strawberry.field(description="The field's name, such as `given_name`.")
    value: str = strawberry.field(description="The value that is right. Sealed.")


@strawberry.input(description="A request that a customer made.")
class OpenRightsRequestInput:
    """What, by whom, when and how."""

    customer: CustomerRef = strawberry.field(description="Whose request it is.")
    kind: Kind = strawberry.field(description="What is asked for.")
    channel: requests.Channel = strawberry.field(description="How it reached you.")
    asker: requests.Asker = strawberry.field(default=requests.Asker.SELF, description="Who asks.")
    received_on: date | None = strawberry.field(
        default=None, description="The day on which it came, where the customer lives; by default today."
    )
    identified_by: Identified | None = strawberry.field(
        default=None, description="How you made sure who asks; null: nobody has yet."
    )
    evidence: str = strawberry.field(default="", description="Where the proof of that is kept. Sealed.")
    representative: strawberry.ID | None = strawberry.field(
        default=None,
        description="Who asks, where that is not the customer; null: whoever is confirmed as this.",
    )
    contact: str | None = strawberry.field(
        default=None, description="The email address to answer to, if not the one on record. Sealed."
    )
    text: str = strawberry.field(default="", description="In the customer's words. Sealed.")
    topics: list[str] = strawberry.field(
        default_factory=list[str], description="Of an access request: keys of categories; none: everything."
    )
    changes: list[FieldChangeInput] = strawberry.field(
        default_factory=list[FieldChangeInput], description="Of a rectification: what should be what."
    )
    purpose: Reference | None = strawberry.field(
        default=None,
        description="Of a withdrawal or an objection: which use; null: all, where that is possible.",
    )
    channels: list[Channel] = strawberry.field(
        default_factory=list[Channel], description="Of stopping marketing: on which channels; none: on all."
    )
    recipient: Reference | None = strawberry.field(
        default=None, description="Of stopping sharing: with whom; null: with anybody."
    )

    tells_recipients: bool = strawberry.field(
        default=False,
        description="Whether whoever received the data shall hear of it, also where that has to be asked for.",
    )

    async def new(self, act: Act, customer_id: UUID) -> NewRequest:
        """As the hub takes it."""
        asked = Asked(
            text=self.text,
            topics=self.topics,
            changes={each.field: each.value for each in self.changes},
            purpose_id=await row_id(purposes.read, act, self.purpose, "Purpose", "purpose"),
            channels=self.channels,
            recipient_id=await row_id(recipients.read, act, self.recipient, "Recipient", "recipient"),
            tells_recipients=self.tells_recipients,
        )
        return NewRequest(
            self.kind, customer_id, self.channel, asked, self.asker, self.received_on, self.contact,
            self.identified_by, self.evidence,
            optional_id(self.representative, "Representative", "representative"),
        )  # fmt: skip


@strawberry.type(description="The request, after the act.")
class RightsRequestPayload(Payload):
    """Of every mutation about one request."""

    request: RightsRequest | None = strawberry.field(default=None, description="The request.")


def payload_of(request: requests.Request) -> RightsRequestPayload:
    """The request, as every mutation gives it back."""
    return RightsRequestPayload(request=RightsRequest.of(request))


_Open = Annotated[OpenRightsRequestInput, strawberry.argument(description="What, by whom, when and how.")]


@strawberry.type
class OpeningMutations:
    """From whoever hears of one."""

    @acts(Operation.REQUEST_OPEN)
    async def open_rights_request(self, act: Act, input: _Open) -> RightsRequestPayload:
        """Take a request in for a customer. What it changes at once, such as an opt-out, is changed by the same act."""
        customer_id = await find_customer(act, input.customer, "input", "customer")
        with within(input, "input", moved={"asked": (), "identified": ("identified_by",)}):
            return payload_of(await intake.receive(act, await input.new(act, customer_id)))
