"""Customers: who they are to us (masked), how they stand, and the acts that change it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import strawberry

from hub import customers, identities, profiles, standings
from hub.act import Act, Ask
from hub.actors import Operation
from hub.errors import not_found
from hub.identities import IdentifierKind as DomainIdentifierKind
from hub.policy.parameters import AgeBand as PolicyAgeBand
from hub.policy.values import Jurisdiction as PolicyJurisdiction
from hub.policy.values import Relationship as PolicyRelationship
from schema.call import Info
from schema.counting import Weight
from schema.door import acts, asks, lists
from schema.internal.paging import stretch
from schema.internal.people import CustomerRef, find_customer
from schema.problems import Payload
from schema.relay import Connection, Node, Window, uuid_of

Jurisdiction = strawberry.enum(PolicyJurisdiction, name="Jurisdiction", description="Whose law is asked.")
Relationship = strawberry.enum(
    PolicyRelationship, name="Relationship", description="How the customer stands with the organisation."
)
AgeBand = strawberry.enum(PolicyAgeBand, name="AgeBand", description="As much of an age as the law asks for.")
IdentifierKind = strawberry.enum(DomainIdentifierKind, name="IdentifierKind", description="What an identifier is.")
CustomerKind = strawberry.enum(customers.CustomerKind, name="CustomerKind", description="Who is protected.")
RevealReason = strawberry.enum(profiles.RevealReason, name="RevealReason", description="Why values are opened.")


@strawberry.type(description="An identifier, masked.")
class Identifier(Node):
    """An email, phone or external id."""

    kind: Annotated[DomainIdentifierKind, IdentifierKind] = strawberry.field(description="What it is.")
    system: str | None = strawberry.field(description="For external ids: the system it belongs to.")
    value: str = strawberry.field(description="The value: masked, unless it was revealed.")
    verified_at: datetime | None = strawberry.field(description="When the customer showed it to be theirs.")

    @classmethod
    def of(cls, shown: profiles.IdentifierShown) -> Self:
        """As the API shows it."""
        kind = DomainIdentifierKind(shown.kind)
        return cls(uuid=shown.id, kind=kind, system=shown.system, value=shown.value, verified_at=shown.verified_at)


@strawberry.type(description="One value of a profile, masked.")
class ProfileValue:
    """A field under a category."""

    category: str = strawberry.field(description="The category's key.")
    field: str = strawberry.field(description="The field, e.g. `given_name`.")
    value: str = strawberry.field(description="The value: masked, unless it was revealed.")
    updated_at: datetime = strawberry.field(description="When it was last written.")

    @classmethod
    def of(cls, shown: profiles.ValueShown) -> Self:
        """As the API shows it."""
        return cls(category=shown.category, field=shown.field, value=shown.value, updated_at=shown.updated_at)


@strawberry.type(description="A person (or, in South Africa, an organisation) whose data the organisation holds.")
class Customer(Node):
    """As they stand now."""

    row: strawberry.Private[customers.Customer]

    @classmethod
    def of(cls, row: customers.Customer) -> Self:
        """As the API shows it."""
        return cls(uuid=row.id, row=row)

    @classmethod
    async def load(cls, info: Info, customer_id: UUID) -> Self | None:
        """One of many; null for an asker who may not read customers."""
        if not info.context.may(Operation.CUSTOMER_READ):
            return None
        row = await info.context.load(_rows, Operation.CUSTOMER_READ, customer_id)
        return None if row is None else cls.of(row)

    @strawberry.field(description="PERSON, or ORGANISATION in South Africa.")
    def kind(self) -> Annotated[customers.CustomerKind, CustomerKind]:
        """Who is protected."""
        return customers.CustomerKind(self.row.kind)

    @strawberry.field(description="The language the customer prefers.")
    def locale(self) -> str:
        """A language tag."""
        return self.row.locale

    @strawberry.field(description="Whose laws protect the customer now.")
    def jurisdictions(self) -> list[Annotated[PolicyJurisdiction, Jurisdiction]]:
        """One or several."""
        return [PolicyJurisdiction(each) for each in self.row.jurisdictions]

    @strawberry.field(description="How the customer stands with the organisation now.")
    def relationship(self) -> Annotated[PolicyRelationship, Relationship]:
        """The account's status."""
        return PolicyRelationship(self.row.relationship)

    @strawberry.field(description="Since when.")
    def relationship_since(self) -> datetime | None:
        """Null if it was never recorded."""
        return self.row.relationship_at

    @strawberry.field(description="The age band on record.")
    def age(self) -> Annotated[PolicyAgeBand, AgeBand]:
        """Coarse on purpose."""
        return PolicyAgeBand(self.row.age)

    @strawberry.field(description="Whether processing is restricted while a dispute is open.")
    def is_restricted(self) -> bool:
        """Store only."""
        return self.row.is_restricted

    @strawberry.field(description="Whether the record is kept for a legal duty or a claim only.")
    def is_held(self) -> bool:
        """A legal hold."""
        return self.row.is_held

    @strawberry.field(description="When the hub first knew the customer.")
    def created_at(self) -> datetime:
        """The database's instant."""
        return self.row.created_at

    @strawberry.field(description="When the customer was erased.")
    def erased_at(self) -> datetime | None:
        """Null while they are not."""
        return self.row.erased_at

    @strawberry.field(description="The name, masked.")
    async def name(self, info: Info) -> str | None:
        """From the profile."""
        shown = await info.context.load(_shown, Operation.CUSTOMER_READ, self.uuid)
        return shown.name if shown else None

    @strawberry.field(description="Identifiers in use, masked.")
    async def identifiers(self, info: Info) -> list[Identifier]:
        """Loaded with those of the page."""
        shown = await info.context.load(_shown, Operation.CUSTOMER_READ, self.uuid)
        return [Identifier.of(each) for each in shown.identifiers] if shown else []

    @strawberry.field(description="The profile, masked.")
    async def profile(self, info: Info) -> list[ProfileValue]:
        """Loaded with those of the page."""
        shown = await info.context.load(_shown, Operation.CUSTOMER_READ, self.uuid)
        return [ProfileValue.of(each) for each in shown.profile] if shown else []


async def _rows(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, customers.Customer]:
    return await customers.read_many(ask, ids)


async def _shown(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, profiles.Shown]:
    return await profiles.masked(ask, ids)


async def load_customers(ask: Ask, ids: Sequence[UUID]) -> list[Customer]:
    """For the node table."""
    return [Customer.of(each) for each in (await customers.read_many(ask, ids)).values()]


@strawberry.input(description="An identifier to add.")
class IdentifierInput:
    """As it is given."""

    kind: Annotated[DomainIdentifierKind, IdentifierKind] = strawberry.field(description="What it is.")
    value: str = strawberry.field(description="The email, number or id.")
    system: str | None = strawberry.field(default=None, description="For EXTERNAL: the system it belongs to.")
    region: str | None = strawberry.field(default=None, description="For PHONE without a +: the country, e.g. `AU`.")
    is_verified: bool = strawberry.field(default=False, description="Whether the customer showed it to be theirs.")

    def new(self) -> identities.NewIdentifier:
        """As the hub takes it."""
        return identities.NewIdentifier(self.kind.value, self.value, self.system, self.region, self.is_verified)


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
    jurisdictions: list[Annotated[PolicyJurisdiction, Jurisdiction]] = strawberry.field(
        description="Whose laws protect them: where they live."
    )
    relationship: Annotated[PolicyRelationship, Relationship] = strawberry.field(
        default=PolicyRelationship.NONE, description="How they stand with the organisation."
    )
    age: Annotated[PolicyAgeBand, AgeBand] = strawberry.field(default=PolicyAgeBand.ADULT, description="Their age band.")
    kind: Annotated[customers.CustomerKind, CustomerKind] = strawberry.field(
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
    relationship: Annotated[PolicyRelationship, Relationship] | None = strawberry.field(
        default=None, description="How they stand now."
    )
    jurisdictions: list[Annotated[PolicyJurisdiction, Jurisdiction]] | None = strawberry.field(
        default=None, description="All the laws that protect them now."
    )
    age: Annotated[PolicyAgeBand, AgeBand] | None = strawberry.field(default=None, description="Their age band now.")
    is_restricted: bool | None = strawberry.field(default=None, description="Restrict, or lift the restriction.")
    is_held: bool | None = strawberry.field(default=None, description="Hold, or release.")
    locale: str | None = strawberry.field(default=None, description="The language they prefer.")
    reason: str = strawberry.field(default="", description="A code such as MOVED_HOUSE; never personal data.")
    happened_at: datetime | None = strawberry.field(default=None, description="Since when; by default now.")


@strawberry.input(description="Which customers; all that is given must hold.")
class CustomerFilter:
    """For the list."""

    jurisdiction: Annotated[PolicyJurisdiction, Jurisdiction] | None = strawberry.field(
        default=None, description="Protected by this law."
    )
    relationship: Annotated[PolicyRelationship, Relationship] | None = strawberry.field(
        default=None, description="Standing so now."
    )
    created_from: datetime | None = strawberry.field(default=None, description="Known since this instant or later.")
    created_to: datetime | None = strawberry.field(default=None, description="Known before this instant.")
    identifier_kind: Annotated[DomainIdentifierKind, IdentifierKind] | None = strawberry.field(
        default=None, description="Having such an identifier."
    )
    system: str | None = strawberry.field(default=None, description="Known to this system.")
    is_erased: bool | None = strawberry.field(default=None, description="Erased, or not.")

    def chosen(self) -> customers.Filter:
        """As the hub takes it."""
        return customers.Filter(
            jurisdiction=self.jurisdiction,
            relationship=self.relationship,
            created_from=self.created_from,
            created_to=self.created_to,
            identifier_kind=self.identifier_kind,
            system=self.system,
            is_erased=self.is_erased,
        )


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


_Ref = Annotated[CustomerRef, strawberry.argument(description="Whom.")]
_Filter = Annotated[CustomerFilter | None, strawberry.argument(description="Which.")]
_Create = Annotated[CustomerCreateInput, strawberry.argument(description="The customer.")]
_Change = Annotated[CustomerChangeInput, strawberry.argument(description="The change.")]
_Id = Annotated[strawberry.ID, strawberry.argument(description="Its id.")]
_Values = Annotated[list[ProfileValueInput], strawberry.argument(description="What to write.")]
_Added = Annotated[IdentifierInput, strawberry.argument(description="The identifier.")]


@strawberry.type
class CustomerQueries:
    """Reading customers."""

    @asks(Operation.CUSTOMER_READ)
    async def customer(self, ask: Ask, ref: _Ref) -> Customer:
        """One customer, named in any of four ways."""
        return await _customer(ask, await find_customer(ask, ref, "ref"))

    @lists(Operation.CUSTOMER_READ, UUID)
    async def customers(self, ask: Ask, window: Window, filter: _Filter = None) -> Connection[Customer]:
        """Customers of the organisation, in the order in which the hub came to know them."""
        chosen = (filter or CustomerFilter()).chosen()
        start = window.start[0] if window.start else None
        page = await customers.page(ask, chosen, start, window.limit, backwards=window.backwards)
        return window.page(stretch(page.items, window), Customer.of, lambda row: (row.id,))


async def _customer(ask: Ask, customer_id: UUID) -> Customer:
    found = await customers.read_many(ask, [customer_id])
    if customer_id not in found:
        raise not_found("customer", "customer")
    return Customer.of(found[customer_id])


@strawberry.type
class CustomerMutations:
    """Changing customers."""

    @acts(Operation.CUSTOMER_CREATE)
    async def customer_create(self, act: Act, input: _Create) -> CustomerPayload:
        """Create a customer with a data key of their own."""
        new = customers.NewCustomer(
            organisation_id=act.actor.organisation_id,  # type: ignore[arg-type]
            locale=input.locale,
            jurisdictions=input.jurisdictions,
            relationship=input.relationship,
            age=input.age,
            kind=input.kind,
            identifiers=[each.new() for each in input.identifiers],
            profile=[each.new() for each in input.profile],
            happened_at=input.happened_at,
        )
        return CustomerPayload(customer=await _customer(act, await customers.create(act, new)))

    @acts(Operation.CUSTOMER_CHANGE)
    async def customer_change(self, act: Act, input: _Change) -> CustomerPayload:
        """Record what became so: relationship, jurisdictions, age, restriction, hold, language."""
        customer_id = await find_customer(act, input.customer, "input", "customer")
        change = standings.Change(
            relationship=input.relationship,
            jurisdictions=input.jurisdictions,
            age=input.age,
            is_restricted=input.is_restricted,
            is_held=input.is_held,
            locale=input.locale,
            reason=input.reason,
            happened_at=input.happened_at,
        )
        await standings.change(act, customer_id, change)
        return CustomerPayload(customer=await _customer(act, customer_id))

    @acts(Operation.CUSTOMER_CHANGE)
    async def profile_set(self, act: Act, customer: _Ref, values: _Values) -> CustomerPayload:
        """Write, overwrite or remove values of the profile."""
        customer_id = await find_customer(act, customer, "customer")
        await profiles.set_profile(act, customer_id, [each.new() for each in values])
        return CustomerPayload(customer=await _customer(act, customer_id))

    @acts(Operation.CUSTOMER_CHANGE)
    async def identifier_add(self, act: Act, customer: _Ref, identifier: _Added) -> CustomerPayload:
        """Give a customer one more identifier."""
        customer_id = await find_customer(act, customer, "customer")
        await identities.add_identifier(act, customer_id, identifier.new())
        return CustomerPayload(customer=await _customer(act, customer_id))

    @acts(Operation.CUSTOMER_CHANGE)
    async def identifier_verify(self, act: Act, id: _Id) -> CustomerPayload:
        """Note that the customer showed an identifier to be theirs."""
        changed = await identities.verify_identifier(act, uuid_of(id, "Identifier", "id"))
        return CustomerPayload(customer=await _customer(act, changed.customer_id))

    @acts(Operation.CUSTOMER_CHANGE)
    async def identifier_end(self, act: Act, id: _Id) -> CustomerPayload:
        """Stop finding and contacting the customer by an identifier."""
        changed = await identities.end_identifier(act, uuid_of(id, "Identifier", "id"))
        return CustomerPayload(customer=await _customer(act, changed.customer_id))

    @acts(Operation.CUSTOMER_REVEAL, weight=Weight(points=50))
    async def customer_reveal(
        self,
        act: Act,
        customer: _Ref,
        reason: Annotated[
            Annotated[profiles.RevealReason, RevealReason], strawberry.argument(description="Why the values are needed.")
        ],
        explanation: Annotated[str, strawberry.argument(description="In a sentence, e.g. a ticket's number.")],
    ) -> RevealPayload:
        """Open a customer's values. Recorded, with the reason, before anything is shown."""
        customer_id = await find_customer(act, customer, "customer")
        shown = await profiles.reveal(act, customer_id, reason.value, explanation)
        return RevealPayload(
            name=shown.name,
            identifiers=[Identifier.of(each) for each in shown.identifiers],
            profile=[ProfileValue.of(each) for each in shown.profile],
        )
