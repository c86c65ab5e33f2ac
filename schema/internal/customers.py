"""Customers: who they are to us (masked), how they stand, and the acts that change it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import strawberry

from hub import choices, collections, customers, inputs, profiles
from hub.act import Ask
from hub.actors import Operation
from hub.errors import not_found
from hub.identities import IdentifierKind
from hub.policy.values import Jurisdiction, Relationship
from hub.standings import AgeBand
from schema.call import Info
from schema.door import asks, lists
from schema.internal.choices import Choice
from schema.internal.intake import Collection, Delivery
from schema.internal.links import link, one
from schema.internal.paging import paged, start_of, stretch
from schema.internal.people import CustomerRef, find_customer
from schema.internal.places import within
from schema.relay import Connection, Node, Window, global_id
from schema.weights import Weight

LATEST = 20
FEW = Weight(items=3)
SOME = Weight(items=LATEST)


@strawberry.type(description="An identifier, masked.")
class Identifier:
    """An email, phone or external id."""

    id: strawberry.ID = strawberry.field(description="Its id, for `identifierVerify` and `identifierEnd`.")
    kind: IdentifierKind = strawberry.field(description="What it is.")
    system: str | None = strawberry.field(description="For external ids: the system it belongs to.")
    value: str = strawberry.field(description="The value: masked, unless it was revealed.")
    verified_at: datetime | None = strawberry.field(description="When the customer showed it to be theirs.")

    @classmethod
    def of(cls, shown: profiles.IdentifierShown) -> Self:
        """As the API shows it."""
        kind = IdentifierKind(shown.kind)
        own = global_id("Identifier", shown.id)
        return cls(id=own, kind=kind, system=shown.system, value=shown.value, verified_at=shown.verified_at)


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


@strawberry.type(
    description="The customer's own words about what was not corrected; they go with the values."
)
class DisputedNote:
    """With the fields it is about."""

    fields: list[str] = strawberry.field(
        description="The fields of the profile it goes with; none: the whole record."
    )
    text: str | None = strawberry.field(description="The words; null unless they were revealed.")
    noted_at: datetime = strawberry.field(description="When.")

    @classmethod
    def of(cls, shown: profiles.NoteShown) -> Self:
        """As the API shows it."""
        return cls(fields=list(shown.fields), text=shown.text, noted_at=shown.noted_at)


@strawberry.type(
    description="A person (or, in South Africa, an organisation) whose data the organisation holds."
)
class Customer(Node):
    """As they stand now."""

    row: strawberry.Private[customers.Customer]

    @classmethod
    def of(cls, row: customers.Customer) -> Self:
        """As the API shows it."""
        return cls(uuid=row.id, row=row)

    @strawberry.field(description="PERSON, or ORGANISATION in South Africa.")
    def kind(self) -> customers.CustomerKind:
        """Who is protected."""
        return customers.CustomerKind(self.row.kind)

    @strawberry.field(description="The language the customer prefers, a tag such as `en-AU`.")
    def locale(self) -> str:
        """A language tag."""
        return self.row.locale

    @strawberry.field(description="Whose laws protect the customer now.")
    def jurisdictions(self) -> list[Jurisdiction]:
        """One or several."""
        return [Jurisdiction(each) for each in self.row.jurisdictions]

    @strawberry.field(description="How the customer stands with the organisation now.")
    def relationship(self) -> Relationship:
        """The account's status."""
        return Relationship(self.row.relationship)

    @strawberry.field(description="Since when.")
    def relationship_since(self) -> datetime | None:
        """Null if it was never recorded."""
        return self.row.relationship_at

    @strawberry.field(description="The age band on record.")
    def age(self) -> AgeBand:
        """Coarse on purpose."""
        return AgeBand(self.row.age)

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

    @link(Operation.CUSTOMER_READ, "The record this one was merged into; null while it stands alone.")
    async def survivor(self, info: Info) -> "Customer | None":
        """Loaded with the others'."""
        return await one(info, Operation.CUSTOMER_READ, customers_by_id, self.row.survivor_id)

    @link(Operation.CUSTOMER_READ, "The name, masked; null where none is known.")
    async def name(self, info: Info) -> str | None:
        """From the profile."""
        shown = await one(info, Operation.CUSTOMER_READ, profiles.masked, self.uuid)
        return shown.name if shown else None

    @link(Operation.CUSTOMER_READ, "Identifiers in use, masked.", FEW)
    async def identifiers(self, info: Info) -> list[Identifier]:
        """Loaded with the others'."""
        shown = await one(info, Operation.CUSTOMER_READ, profiles.masked, self.uuid)
        return [Identifier.of(each) for each in shown.identifiers] if shown else []

    @link(Operation.CUSTOMER_READ, "The profile, masked.")
    async def profile(self, info: Info) -> list[ProfileValue]:
        """Loaded with the others'."""
        shown = await one(info, Operation.CUSTOMER_READ, profiles.masked, self.uuid)
        return [ProfileValue.of(each) for each in shown.profile] if shown else []

    @link(Operation.CUSTOMER_READ, "What the customer notes about values that were not corrected.")
    async def disputed_notes(self, info: Info) -> list[DisputedNote]:
        """Loaded with the others'."""
        shown = await one(info, Operation.CUSTOMER_READ, profiles.masked, self.uuid)
        return [DisputedNote.of(each) for each in shown.notes] if shown else []

    @link(Operation.CUSTOMER_READ, "The latest 20 words, the last one first; `choices` has them all.", SOME)
    async def choices(self, info: Info) -> list[Choice]:
        """Loaded with the others'."""
        found = await one(info, Operation.CUSTOMER_READ, _choices, self.uuid)
        return [Choice.of(each) for each in found or ()]

    @link(Operation.CUSTOMER_READ, "The latest 20 intakes, newest first; `collections` has them all.", SOME)
    async def collections(self, info: Info) -> list[Collection]:
        """Loaded with the others'."""
        found = await one(info, Operation.CUSTOMER_READ, _collections, self.uuid)
        return [Collection.of(each) for each in found or ()]

    @link(
        Operation.CUSTOMER_READ,
        "The latest 20 notices delivered, newest first; `deliveries` has them all.",
        SOME,
    )
    async def deliveries(self, info: Info) -> list[Delivery]:
        """Loaded with the others'."""
        found = await one(info, Operation.CUSTOMER_READ, _deliveries, self.uuid)
        return [Delivery.of(each) for each in found or ()]


async def _choices(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, tuple[choices.Choice, ...]]:
    return await choices.of_customers(ask, ids, limit=LATEST)


async def _collections(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, tuple[collections.Collection, ...]]:
    return await collections.of_customers(ask, ids, limit=LATEST)


async def _deliveries(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, tuple[collections.Delivery, ...]]:
    return await collections.deliveries_of(ask, ids, limit=LATEST)


async def customers_by_id(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Customer]:
    """Many at once."""
    return {key: Customer.of(row) for key, row in (await customers.read_many(ask, ids)).items()}


@strawberry.input(description="Which customers; all that is given must hold.")
class CustomerFilter:
    """For the list."""

    jurisdiction: Jurisdiction | None = strawberry.field(default=None, description="Protected by this law.")
    relationship: Relationship | None = strawberry.field(default=None, description="Standing so now.")
    created_from: datetime | None = strawberry.field(
        default=None, description="Known since this instant or later."
    )
    created_to: datetime | None = strawberry.field(default=None, description="Known before this instant.")
    identifier_kind: IdentifierKind | None = strawberry.field(
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
            system=self.system and inputs.fold(self.system),
            is_erased=self.is_erased,
        )


_Ref = Annotated[CustomerRef, strawberry.argument(description="Whom.")]
_Filter = Annotated[CustomerFilter | None, strawberry.argument(description="Which; by default all.")]


@strawberry.type
class CustomerQueries:
    """Reading customers."""

    @asks(Operation.CUSTOMER_READ)
    async def customer(self, ask: Ask, ref: _Ref) -> Customer:
        """One customer, named in any of four ways."""
        return await customer_of(ask, await find_customer(ask, ref, "ref"), "ref")

    @lists(Operation.CUSTOMER_READ, UUID)
    async def customers(self, ask: Ask, window: Window, filter: _Filter = None) -> Connection[Customer]:
        """Customers of the organisation, in the order in which the hub came to know them."""
        chosen = (filter or CustomerFilter()).chosen()
        with within(filter, "filter"):
            page = await customers.page(
                ask, chosen, start_of(window), window.limit, backwards=window.backwards
            )
        return paged(window, stretch(page.items, window), Customer.of)


async def customer_of(ask: Ask, customer_id: UUID, *path: str | int) -> Customer:
    """The customer as they stand in this snapshot; Refusal NOT_FOUND with the path."""
    found = await customers.read_many(ask, [customer_id])
    if customer_id not in found:
        raise not_found("customer", *path)
    return Customer.of(found[customer_id])
