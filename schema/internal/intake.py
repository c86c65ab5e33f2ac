"""How data and notices came to each other: collections, and notices delivered."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import strawberry

from hub import collections
from hub.act import Act, Ask
from hub.actors import Operation
from hub.errors import not_found
from hub.gather import category_ids
from hub.policy.values import Source as PolicySource
from schema.door import acts, asks
from schema.internal.people import CustomerRef, find_customer
from schema.internal.references import Reference, category_names
from schema.problems import Payload
from schema.relay import Node, global_id, uuid_of

Source = strawberry.enum(PolicySource, name="Source", description="From whom data came; a broker is a THIRD_PARTY.")
How = strawberry.enum(collections.How, name="ShownHow", description="How a notice was shown.")


@strawberry.type(description="Categories of a customer's data came in, under a notice or none.")
class Collection(Node):
    """One intake."""

    row: strawberry.Private[collections.Collection]
    source: Annotated[PolicySource, Source] = strawberry.field(description="From whom.")
    optout_offered: bool = strawberry.field(description="Whether an opt-out from marketing was offered.")
    shown_how: str | None = strawberry.field(description="How the notice was shown.")
    shown_at: datetime | None = strawberry.field(description="When the notice was shown.")
    happened_at: datetime = strawberry.field(description="When the data came in.")
    recorded_at: datetime = strawberry.field(description="When the hub was told.")

    @classmethod
    def of(cls, row: collections.Collection) -> Self:
        """As the API shows it."""
        return cls(
            uuid=row.id,
            row=row,
            source=PolicySource(row.source),
            optout_offered=row.optout_offered,
            shown_how=row.shown_how,
            shown_at=row.shown_at,
            happened_at=row.happened_at,
            recorded_at=row.recorded_at,
        )

    @strawberry.field(description="The categories, by id.")
    def category_ids(self) -> list[strawberry.ID]:
        """What came in."""
        return [global_id("Category", each) for each in self.row.categories]

    @strawberry.field(description="The notice version that was shown, by id; null for none.")
    def notice_version_id(self) -> strawberry.ID | None:
        """Under which notice."""
        return global_id("NoticeVersion", self.row.notice_version_id) if self.row.notice_version_id else None


@strawberry.type(description="A notice version reached a customer.")
class Delivery(Node):
    """Separate from any collection."""

    notice_version_id: strawberry.ID = strawberry.field(description="Which version.")
    how: str = strawberry.field(description="How it was shown.")
    locale: str = strawberry.field(description="In which language.")
    happened_at: datetime = strawberry.field(description="When it was shown.")
    recorded_at: datetime = strawberry.field(description="When the hub was told.")

    @classmethod
    def of(cls, row: collections.Delivery) -> Self:
        """As the API shows it."""
        return cls(
            uuid=row.id,
            notice_version_id=global_id("NoticeVersion", row.notice_version_id),
            how=row.how,
            locale=row.locale,
            happened_at=row.happened_at,
            recorded_at=row.recorded_at,
        )


@strawberry.input(description="An intake to record.")
class CollectionInput:
    """From whom, what, when, and what the customer was shown."""

    customer: CustomerRef = strawberry.field(description="Whose data.")
    source: Annotated[PolicySource, Source] = strawberry.field(description="From whom it came.")
    categories: list[Reference] = strawberry.field(description="What came in: keys or ids of categories.")
    optout_offered: bool = strawberry.field(description="Whether an opt-out from marketing was offered then.")
    notice_version_id: strawberry.ID | None = strawberry.field(
        default=None, description="The published version that was shown; null if none was."
    )
    shown_how: Annotated[collections.How, How] | None = strawberry.field(default=None, description="How it was shown.")
    shown_at: datetime | None = strawberry.field(default=None, description="When it was shown; by default at once.")
    locale: str | None = strawberry.field(default=None, description="In which language it was shown.")
    proof: str = strawberry.field(default="", description="Where the proof is kept. Sealed.")
    happened_at: datetime | None = strawberry.field(default=None, description="When the data came in; by default now.")


@strawberry.input(description="A notice delivered, at collection or later.")
class DeliveryInput:
    """Which version reached whom, how and when."""

    customer: CustomerRef = strawberry.field(description="Whom it reached.")
    notice_version_id: strawberry.ID = strawberry.field(description="The published version.")
    how: Annotated[collections.How, How] = strawberry.field(description="How it was shown.")
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


_Collection = Annotated[CollectionInput, strawberry.argument(description="The intake.")]
_Delivery = Annotated[DeliveryInput, strawberry.argument(description="The delivery.")]
_Ref = Annotated[CustomerRef, strawberry.argument(description="Whose.")]


@strawberry.type
class IntakeQueries:
    """What came in, and what was shown."""

    @asks(Operation.CUSTOMER_READ)
    async def collections(self, ask: Ask, customer: _Ref) -> list[Collection]:
        """The latest 100 intakes of a customer, newest first."""
        customer_id = await find_customer(ask, customer, "customer")
        found = await collections.of_customers(ask, [customer_id], limit=100)
        return [Collection.of(each) for each in found[customer_id]]

    @asks(Operation.CUSTOMER_READ)
    async def deliveries(self, ask: Ask, customer: _Ref) -> list[Delivery]:
        """The latest 100 notices delivered to a customer, newest first."""
        customer_id = await find_customer(ask, customer, "customer")
        found = await collections.deliveries_of(ask, [customer_id], limit=100)
        return [Delivery.of(each) for each in found[customer_id]]


@strawberry.type
class IntakeMutations:
    """Recording what came in, and what was shown."""

    @acts(Operation.COLLECTION_RECORD)
    async def collection_record(self, act: Act, input: _Collection) -> CollectionPayload:
        """Record that categories of a customer's data came in, and which notice they were shown."""
        new = collections.NewCollection(
            customer_id=await find_customer(act, input.customer, "input", "customer"),
            organisation_id=act.actor.organisation_id,  # type: ignore[arg-type]
            source=input.source.value,
            categories=await _categories(act, input.categories),
            optout_offered=input.optout_offered,
            notice_version_id=_version(input.notice_version_id) if input.notice_version_id else None,
            shown_how=input.shown_how.value if input.shown_how else None,
            shown_at=input.shown_at,
            locale=input.locale,
            proof=input.proof,
            happened_at=input.happened_at,
        )
        return CollectionPayload(collection=Collection.of(await collections.record(act, new)))

    @acts(Operation.DELIVERY_RECORD)
    async def notice_deliver(self, act: Act, input: _Delivery) -> DeliveryPayload:
        """Record that a notice version reached a customer."""
        new = collections.NewDelivery(
            customer_id=await find_customer(act, input.customer, "input", "customer"),
            organisation_id=act.actor.organisation_id,  # type: ignore[arg-type]
            notice_version_id=_version(input.notice_version_id),
            how=input.how.value,
            locale=input.locale,
            proof=input.proof,
            happened_at=input.happened_at,
        )
        return DeliveryPayload(delivery=Delivery.of(await collections.deliver(act, new)))


def _version(given: str) -> UUID:
    return uuid_of(given, "NoticeVersion", "input", "notice_version_id")


async def _categories(act: Act, given: Sequence[str]) -> list[UUID]:
    ids = await category_ids(act, category_names(given))
    for place, name in enumerate(given):
        if name not in ids:
            raise not_found("category", "input", "categories", place)
    return [ids[name] for name in given]
