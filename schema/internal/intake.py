"""How data and notices came to each other: collections, and notices delivered."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import strawberry

from hub import catalogue, collections, intakes
from hub.act import Ask
from hub.actors import Operation
from hub.categories import Category as CategoryRow
from hub.policy.values import Source
from hub.recording import Adding
from schema.call import Info
from schema.door import acts, lists
from schema.internal.categories import Category, categories_by_id
from schema.internal.links import link, one, several
from schema.internal.notices import NoticeVersion, versions_by_id
from schema.internal.paging import page_of, paged
from schema.internal.people import CustomerRef, find_customer
from schema.internal.places import within
from schema.internal.references import Reference, optional_id, references
from schema.problems import Payload
from schema.relay import Connection, Node, Window, global_id, uuid_of


@strawberry.type(description="Categories of a customer's data came in, under a notice or none.")
class Collection(Node):
    """One intake."""

    row: strawberry.Private[collections.Collection]
    customer_id: strawberry.ID = strawberry.field(description="Whose data.")
    source: Source = strawberry.field(description="From whom.")
    optout_offered: bool = strawberry.field(description="Whether an opt-out from marketing was offered.")
    shown_how: collections.How | None = strawberry.field(
        description="How the notice was shown; null: none was."
    )
    shown_at: datetime | None = strawberry.field(description="When the notice was shown; null: none was.")
    happened_at: datetime = strawberry.field(description="When the data came in.")
    recorded_at: datetime = strawberry.field(description="When the hub was told.")

    @classmethod
    def of(cls, row: collections.Collection) -> Self:
        """As the API shows it."""
        return cls(
            uuid=row.id,
            row=row,
            customer_id=global_id("Customer", row.customer_id),
            source=Source(row.source),
            optout_offered=row.optout_offered,
            shown_how=collections.How(row.shown_how) if row.shown_how else None,
            shown_at=row.shown_at,
            happened_at=row.happened_at,
            recorded_at=row.recorded_at,
        )

    @strawberry.field(description="What came in: the categories' ids.")
    def category_ids(self) -> list[strawberry.ID]:
        """Whoever may read customers may read these."""
        return [global_id("Category", each) for each in self.row.categories]

    @link(Operation.CATALOGUE_READ, "What came in; null if you may not read the catalogue.")
    async def categories(self, info: Info) -> list[Category] | None:
        """Loaded with the others'."""
        return await several(info, Operation.CATALOGUE_READ, categories_by_id, self.row.categories)

    @strawberry.field(description="The id of the notice version that was shown; null: none was.")
    def notice_version_id(self) -> strawberry.ID | None:
        """Whoever may read customers may read this."""
        shown = self.row.notice_version_id
        return global_id("NoticeVersion", shown) if shown else None

    @link(
        Operation.NOTICE_READ,
        "The notice version that was shown; null: none was, or you may not read notices.",
    )
    async def notice_version(self, info: Info) -> NoticeVersion | None:
        """Loaded with the others'."""
        return await one(info, Operation.NOTICE_READ, versions_by_id, self.row.notice_version_id)


async def collections_by_id(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Collection]:
    """Many at once."""
    return {key: Collection.of(row) for key, row in (await intakes.collections_by_ids(ask, ids)).items()}


@strawberry.type(description="A notice version reached a customer.")
class Delivery(Node):
    """Separate from any collection."""

    row: strawberry.Private[collections.Delivery]
    customer_id: strawberry.ID = strawberry.field(description="Whom it reached.")
    notice_version_id: strawberry.ID = strawberry.field(description="The id of the version.")
    how: collections.How = strawberry.field(description="How it was shown.")
    locale: str = strawberry.field(description="In which language.")
    happened_at: datetime = strawberry.field(description="When it was shown.")
    recorded_at: datetime = strawberry.field(description="When the hub was told.")

    @classmethod
    def of(cls, row: collections.Delivery) -> Self:
        """As the API shows it."""
        return cls(
            uuid=row.id,
            row=row,
            customer_id=global_id("Customer", row.customer_id),
            notice_version_id=global_id("NoticeVersion", row.notice_version_id),
            how=collections.How(row.how),
            locale=row.locale,
            happened_at=row.happened_at,
            recorded_at=row.recorded_at,
        )

    @link(Operation.NOTICE_READ, "The version; null if you may not read notices.")
    async def notice_version(self, info: Info) -> NoticeVersion | None:
        """Loaded with the others'."""
        return await one(info, Operation.NOTICE_READ, versions_by_id, self.row.notice_version_id)


async def deliveries_by_id(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Delivery]:
    """Many at once."""
    return {key: Delivery.of(row) for key, row in (await intakes.deliveries_by_ids(ask, ids)).items()}


@strawberry.input(description="An intake to record.")
class CollectionRecordInput:
    """From whom, what, when, and what the customer was shown."""

    customer: CustomerRef = strawberry.field(description="Whose data.")
    source: Source = strawberry.field(description="From whom it came.")
    categories: list[Reference] = strawberry.field(description="What came in: keys or ids of categories.")
    optout_offered: bool = strawberry.field(description="Whether an opt-out from marketing was offered then.")
    notice_version: strawberry.ID | None = strawberry.field(
        default=None, description="The id of the published version that was shown; null if none was."
    )
    shown_how: collections.How | None = strawberry.field(default=None, description="How it was shown.")
    shown_at: datetime | None = strawberry.field(
        default=None, description="When it was shown; by default at once."
    )
    locale: str | None = strawberry.field(default=None, description="In which language it was shown.")
    proof: str = strawberry.field(default="", description="Where the proof is kept. Sealed.")
    happened_at: datetime | None = strawberry.field(
        default=None, description="When the data came in; by default now."
    )


@strawberry.input(description="A notice delivered, at collection or later.")
class NoticeDeliverInput:
    """Which version reached whom, how and when."""

    customer: CustomerRef = strawberry.field(description="Whom it reached.")
    notice_version: strawberry.ID = strawberry.field(description="The id of the published version.")
    how: collections.How = strawberry.field(description="How it was shown.")
    locale: str = strawberry.field(description="In which language.")
    proof: str = strawberry.field(default="", description="Where the proof is kept. Sealed.")
    happened_at: datetime | None = strawberry.field(default=None, description="When; by default now.")


@strawberry.type(description="What was recorded.")
class CollectionPayload(Payload):
    """Of `collectionRecord`."""

    collection: Collection | None = strawberry.field(default=None, description="The intake.")


@strawberry.type(description="What was recorded.")
class DeliveryPayload(Payload):
    """Of `noticeDeliver`."""

    delivery: Delivery | None = strawberry.field(default=None, description="The delivery.")


_Collection = Annotated[CollectionRecordInput, strawberry.argument(description="The intake.")]
_Delivery = Annotated[NoticeDeliverInput, strawberry.argument(description="The delivery.")]
_Ref = Annotated[CustomerRef, strawberry.argument(description="Whose.")]


@strawberry.type
class IntakeQueries:
    """What came in, and what was shown."""

    @lists(Operation.CUSTOMER_READ, UUID)
    async def collections(self, ask: Ask, window: Window, customer: _Ref) -> Connection[Collection]:
        """What came in about a customer, in the order in which it was recorded."""
        customer_id = await find_customer(ask, customer, "customer")
        rows = await intakes.page_collections(ask, customer_id, page_of(window))
        return paged(window, rows, Collection.of)

    @lists(Operation.CUSTOMER_READ, UUID)
    async def deliveries(self, ask: Ask, window: Window, customer: _Ref) -> Connection[Delivery]:
        """The notices that reached a customer, in the order in which it was recorded."""
        customer_id = await find_customer(ask, customer, "customer")
        return paged(window, await intakes.page_deliveries(ask, customer_id, page_of(window)), Delivery.of)


@strawberry.type
class IntakeMutations:
    """Recording what came in, and what was shown."""

    @acts(Operation.COLLECTION_RECORD, adds=True)
    async def collection_record(self, act: Adding, input: _Collection) -> CollectionPayload:
        """Record that categories of a customer's data came in, and which notice they were shown."""
        customer_id = await find_customer(act, input.customer, "input", "customer")
        with within(input, "input"):
            new = collections.NewCollection(
                customer_id=customer_id,
                organisation_id=catalogue.owner(act, None),
                source=input.source,
                categories=await _categories(act, input.categories),
                optout_offered=input.optout_offered,
                notice_version_id=optional_id(input.notice_version, "NoticeVersion", "notice_version"),
                shown_how=input.shown_how,
                shown_at=input.shown_at,
                locale=input.locale,
                proof=input.proof,
                happened_at=input.happened_at,
            )
            row = await collections.record(act, new)
        return CollectionPayload(collection=Collection.of(row))

    @acts(Operation.DELIVERY_RECORD, adds=True)
    async def notice_deliver(self, act: Adding, input: _Delivery) -> DeliveryPayload:
        """Record that a notice version reached a customer."""
        customer_id = await find_customer(act, input.customer, "input", "customer")
        with within(input, "input"):
            new = collections.NewDelivery(
                customer_id=customer_id,
                organisation_id=catalogue.owner(act, None),
                notice_version_id=uuid_of(input.notice_version, "NoticeVersion", "notice_version"),
                how=input.how,
                locale=input.locale,
                proof=input.proof,
                happened_at=input.happened_at,
            )
            row = await collections.deliver(act, new)
        return DeliveryPayload(delivery=Delivery.of(row))


async def _categories(ask: Ask, given: Sequence[str]) -> list[UUID]:
    named = references(given, "Category", "categories")
    return [row.id for row in await catalogue.resolve(ask, CategoryRow, named, "categories")]
