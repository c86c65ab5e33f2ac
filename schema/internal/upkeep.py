"""Keeping customers true: met, changed, found by other identifiers, their values written and opened."""

from datetime import datetime
from typing import Annotated

import strawberry

from hub import catalogue, customers, identities, profiles, standings, suppression
from hub.act import Act
from hub.actors import Operation
from hub.identities import IdentifierKind
from hub.policy.values import Channel, Jurisdiction, Relationship
from hub.recording import Adding
from hub.rights import lifting
from hub.standings import AgeBand
from schema.door import acts
from schema.internal.customers import Customer, DisputedNote, Identifier, ProfileValue, customer_of
from schema.internal.people import CustomerRef, find_customer
from schema.internal.places import within
from schema.problems import Payload
from schema.relay import uuid_of
from schema.weights import Weight


@strawberry.input(description="An identifier to add.")
class IdentifierInput:
    """As it is given."""

    kind: IdentifierKind = strawberry.field(description="What it is.")
    value: str = strawberry.field(description="The email, number or id.")
    system: str | None = strawberry.field(
        default=None,
        description="For EXTERNAL: the system, e.g. `crm`: letters, digits and . _ -, kept in lower case.",
    )
    region: str | None = strawberry.field(
        default=None, description="For PHONE without a +: the country, e.g. `AU`."
    )
    is_verified: bool = strawberry.field(
        default=False, description="Whether the customer showed it to be theirs."
    )

    def new(self) -> identities.NewIdentifier:
        """As the hub takes it."""
        return identities.NewIdentifier(
            self.kind.value, self.value, self.system, self.region, self.is_verified
        )


@strawberry.input(description="A profile value to write; null removes it.")
class ProfileValueInput:
    """A field under a category."""

    category: str = strawberry.field(description="The category's key, e.g. `identity`.")
    field: str = strawberry.field(description="The field, e.g. `given_name`.")
    value: str | None = strawberry.field(default=None, description="The value; null removes it.")

    def new(self) -> profiles.NewValue:
        """As the hub takes it."""
        return profiles.NewValue(self.category, self.field, self.value)


@strawberry.input(description="A customer to create.")
class CustomerCreateInput:
    """As first met."""

    locale: str = strawberry.field(description="The language they prefer, e.g. `en`.")
    jurisdictions: list[Jurisdiction] = strawberry.field(
        description="Whose laws protect them: where they live."
    )
    relationship: Relationship = strawberry.field(
        default=Relationship.NONE, description="How they stand with the organisation."
    )
    age: AgeBand = strawberry.field(default=AgeBand.ADULT, description="Their age band.")
    kind: customers.CustomerKind = strawberry.field(
        default=customers.CustomerKind.PERSON, description="PERSON, or ORGANISATION in South Africa."
    )
    identifiers: list[IdentifierInput] = strawberry.field(
        default_factory=list[IdentifierInput], description="How they can be found and reached."
    )
    profile: list[ProfileValueInput] = strawberry.field(
        default_factory=list[ProfileValueInput], description="What is known of them."
    )
    happened_at: datetime | None = strawberry.field(default=None, description="Since when; by default now.")


@strawberry.input(description="What became so for a customer; what is left out stays.")
class CustomerChangeInput:
    """A change, dated."""

    customer: CustomerRef = strawberry.field(description="Whom.")
    relationship: Relationship | None = strawberry.field(default=None, description="How they stand now.")
    jurisdictions: list[Jurisdiction] | None = strawberry.field(
        default=None, description="All the laws that protect them now."
    )
    age: AgeBand | None = strawberry.field(default=None, description="Their age band now.")
    is_restricted: bool | None = strawberry.field(
        default=None,
        description="Restrict, or lift the restriction; of one that a request was granted see `liftRestriction`.",
    )
    is_held: bool | None = strawberry.field(default=None, description="Hold, or release.")
    locale: str | None = strawberry.field(default=None, description="The language they prefer.")
    reason: str = strawberry.field(default="", description="A code such as MOVED_HOUSE; never personal data.")
    happened_at: datetime | None = strawberry.field(default=None, description="Since when; by default now.")


@strawberry.input(description="Values to write, overwrite or remove.")
class ProfileSetInput:
    """Of one customer."""

    customer: CustomerRef = strawberry.field(description="Whose.")
    values: list[ProfileValueInput] = strawberry.field(description="At most 100 values.")


@strawberry.input(description="One more identifier for a customer.")
class IdentifierAddInput:
    """Of one customer."""

    customer: CustomerRef = strawberry.field(description="Whose.")
    identifier: IdentifierInput = strawberry.field(description="The identifier.")


@strawberry.input(description="An identifier.")
class IdentifierRefInput:
    """By its id."""

    identifier: strawberry.ID = strawberry.field(description="Its id, as a customer's `identifiers` show it.")


@strawberry.input(description="That the customer was in contact.")
class CustomerContactInput:
    """Now."""

    customer: CustomerRef = strawberry.field(description="Who.")
    channel: Channel = strawberry.field(description="How.")


@strawberry.input(description="Whose values are to be opened, and why.")
class CustomerRevealInput:
    """Recorded before anything is shown."""

    customer: CustomerRef = strawberry.field(description="Whose.")
    reason: profiles.RevealReason = strawberry.field(description="Why the values are needed.")
    explanation: str = strawberry.field(description="In a sentence, e.g. a ticket's number.")


@strawberry.type(description="The customer, as they stand after the act.")
class CustomerPayload(Payload):
    """Of a mutation on one customer."""

    customer: Customer | None = strawberry.field(default=None, description="The customer.")


@strawberry.type(description="A customer's values, open. Who opened them, when and why is on record.")
class RevealPayload(Payload):
    """Shown once."""

    name: str | None = strawberry.field(default=None, description="The name.")
    identifiers: list[Identifier] = strawberry.field(default_factory=list[Identifier], description="Open.")
    profile: list[ProfileValue] = strawberry.field(default_factory=list[ProfileValue], description="Open.")
    disputed_notes: list[DisputedNote] = strawberry.field(
        default_factory=list[DisputedNote], description="Open: what goes with the values they name."
    )


_Create = Annotated[CustomerCreateInput, strawberry.argument(description="The customer.")]
_Change = Annotated[CustomerChangeInput, strawberry.argument(description="The change.")]
_Set = Annotated[ProfileSetInput, strawberry.argument(description="What to write.")]
_Add = Annotated[IdentifierAddInput, strawberry.argument(description="The identifier, and whose it is.")]
_Identifier = Annotated[IdentifierRefInput, strawberry.argument(description="Which.")]
_Contact = Annotated[CustomerContactInput, strawberry.argument(description="Who, and how.")]
_Reveal = Annotated[CustomerRevealInput, strawberry.argument(description="Whose, and why.")]


@strawberry.type
class CustomerMutations:
    """Changing customers."""

    @acts(Operation.CUSTOMER_CREATE)
    async def customer_create(self, act: Act, input: _Create) -> CustomerPayload:
        """Create a customer with a data key of their own."""
        with within(input, "input"):
            customer_id = await customers.create(act, _new(act, input))
        return CustomerPayload(customer=await customer_of(act, customer_id))

    @acts(Operation.CUSTOMER_CHANGE)
    async def customer_change(self, act: Act, input: _Change) -> CustomerPayload:
        """Record what became so: relationship, jurisdictions, age, restriction, hold, language."""
        customer_id = await find_customer(act, input.customer, "input", "customer")
        with within(input, "input"):
            if input.is_restricted is False:
                await lifting.require_none(act, customer_id)
            await standings.change(act, customer_id, _change(input))
        return CustomerPayload(customer=await customer_of(act, customer_id))

    @acts(Operation.CUSTOMER_CHANGE)
    async def customer_contact(self, act: Act, input: _Contact) -> CustomerPayload:
        """Record that the customer was in contact now; what counts months since the last contact reads it."""
        customer_id = await find_customer(act, input.customer, "input", "customer")
        with within(input, "input"):
            await standings.touch(act, customer_id, input.channel)
        return CustomerPayload(customer=await customer_of(act, customer_id))

    @acts(Operation.CUSTOMER_CHANGE)
    async def profile_set(self, act: Act, input: _Set) -> CustomerPayload:
        """Write, overwrite or remove values of the profile."""
        customer_id = await find_customer(act, input.customer, "input", "customer")
        with within(input, "input"):
            await profiles.set_profile(act, customer_id, [each.new() for each in input.values])
        return CustomerPayload(customer=await customer_of(act, customer_id))

    @acts(Operation.CUSTOMER_CHANGE)
    async def identifier_add(self, act: Act, input: _Add) -> CustomerPayload:
        """Give a customer one more identifier."""
        customer_id = await find_customer(act, input.customer, "input", "customer")
        with within(input, "input"):
            await suppression.add_identifier(act, customer_id, input.identifier.new())
        return CustomerPayload(customer=await customer_of(act, customer_id))

    @acts(Operation.CUSTOMER_CHANGE)
    async def identifier_verify(self, act: Act, input: _Identifier) -> CustomerPayload:
        """Note that the customer showed an identifier to be theirs. A second time changes nothing."""
        with within(input, "input"):
            named = uuid_of(input.identifier, "Identifier", "identifier")
            changed = await identities.verify_identifier(act, named)
        return CustomerPayload(customer=await customer_of(act, changed.customer_id))

    @acts(Operation.CUSTOMER_CHANGE)
    async def identifier_end(self, act: Act, input: _Identifier) -> CustomerPayload:
        """Stop finding and contacting the customer by an identifier. A second time changes nothing."""
        with within(input, "input"):
            changed = await identities.end_identifier(
                act, uuid_of(input.identifier, "Identifier", "identifier")
            )
        return CustomerPayload(customer=await customer_of(act, changed.customer_id))

    @acts(Operation.CUSTOMER_REVEAL, weight=Weight(points=50), adds=True)
    async def customer_reveal(self, act: Adding, input: _Reveal) -> RevealPayload:
        """Open a customer's values. Who, when and why is recorded before anything is shown."""
        customer_id = await find_customer(act, input.customer, "input", "customer")
        with within(input, "input"):
            shown = await profiles.reveal(act, customer_id, input.reason, input.explanation)
        return RevealPayload(
            name=shown.name,
            identifiers=[Identifier.of(each) for each in shown.identifiers],
            profile=[ProfileValue.of(each) for each in shown.profile],
            disputed_notes=[DisputedNote.of(each) for each in shown.notes],
        )


def _new(act: Act, given: CustomerCreateInput) -> customers.NewCustomer:
    return customers.NewCustomer(
        organisation_id=catalogue.owner(act, None),
        locale=given.locale,
        jurisdictions=given.jurisdictions,
        relationship=given.relationship,
        age=given.age,
        kind=given.kind,
        identifiers=[each.new() for each in given.identifiers],
        profile=[each.new() for each in given.profile],
        happened_at=given.happened_at,
    )


def _change(given: CustomerChangeInput) -> standings.Change:
    return standings.Change(
        relationship=given.relationship,
        jurisdictions=given.jurisdictions,
        age=given.age,
        is_restricted=given.is_restricted,
        is_held=given.is_held,
        locale=given.locale,
        reason=given.reason,
        happened_at=given.happened_at,
    )
