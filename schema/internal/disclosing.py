"""What was passed on of a customer's data: to whom, and under which decision."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import strawberry

from hub import catalogue, disclosures, disputes
from hub.act import Act, Ask
from hub.actors import Operation
from hub.categories import Category as CategoryRow
from schema.call import Info
from schema.door import acts, lists
from schema.internal.categories import Category, categories_by_id
from schema.internal.customers import DisputedNote
from schema.internal.decisions import Decision, decisions_by_id
from schema.internal.links import link, one, several
from schema.internal.paging import paged, start_of, stretch
from schema.internal.people import CustomerRef, find_customer
from schema.internal.places import within
from schema.internal.recipients import Recipient, recipients_by_id
from schema.internal.references import Reference, references
from schema.problems import Payload
from schema.relay import Connection, Node, Window, global_id, uuid_of


@strawberry.type(description="Data of one customer went to one recipient, under one decision.")
class Disclosure(Node):
    """Recorded before it happened."""

    row: strawberry.Private[disclosures.Disclosure]
    customer_id: strawberry.ID = strawberry.field(description="Whose data.")
    recipient_id: strawberry.ID = strawberry.field(description="Who received it.")
    decision_id: strawberry.ID = strawberry.field(description="The decision that allowed it.")
    recorded_at: datetime = strawberry.field(description="When it was recorded.")

    @classmethod
    def of(cls, row: disclosures.Disclosure) -> Self:
        """As the API shows it."""
        return cls(
            uuid=row.id,
            row=row,
            customer_id=global_id("Customer", row.customer_id),
            recipient_id=global_id("Recipient", row.recipient_id),
            decision_id=global_id("Decision", row.decision_id),
            recorded_at=row.recorded_at,
        )

    @link(Operation.CATALOGUE_READ, "Who received it; null if you may not read the catalogue.")
    async def recipient(self, info: Info) -> Recipient | None:
        """Loaded with the others'."""
        return await one(info, Operation.CATALOGUE_READ, recipients_by_id, self.row.recipient_id)

    @link(Operation.CATALOGUE_READ, "What was passed on; null if you may not read the catalogue.")
    async def categories(self, info: Info) -> list[Category] | None:
        """Loaded with the others'."""
        return await several(info, Operation.CATALOGUE_READ, categories_by_id, self.row.categories)

    @link(Operation.DECISION_READ, "The decision that allowed it; null if you may not read decisions.")
    async def decision(self, info: Info) -> Decision | None:
        """Loaded with the others'."""
        return await one(info, Operation.DECISION_READ, decisions_by_id, self.row.decision_id)


async def disclosures_by_id(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Disclosure]:
    """Many at once."""
    return {key: Disclosure.of(row) for key, row in (await disclosures.by_ids(ask, ids)).items()}


@strawberry.input(description="Data that is about to be passed on.")
class RecordDisclosureInput:
    """Under which decision."""

    decision: strawberry.ID = strawberry.field(description="The id of the decision that allows it.")
    categories: list[Reference] | None = strawberry.field(
        default=None,
        description="What is passed on: keys or ids of categories; by default all that the decision is about.",
    )


@strawberry.type(description="What was recorded; only now may the data be passed on.")
class RecordDisclosurePayload(Payload):
    """Of `recordDisclosure`."""

    disclosure: Disclosure | None = strawberry.field(default=None, description="The disclosure.")
    disputed_notes: list[DisputedNote] = strawberry.field(
        default_factory=list[DisputedNote],
        description="What the customer notes about values that were not corrected: pass it on with them.",
    )


_Ref = Annotated[CustomerRef, strawberry.argument(description="Whose.")]
_Record = Annotated[RecordDisclosureInput, strawberry.argument(description="Under which decision.")]


@strawberry.type
class DisclosureQueries:
    """What was passed on."""

    @lists(Operation.DISCLOSURE_READ, UUID)
    async def disclosures(self, ask: Ask, window: Window, customer: _Ref) -> Connection[Disclosure]:
        """What was passed on of a customer's data, in the order in which it was recorded."""
        customer_id = await find_customer(ask, customer, "customer")
        page = await disclosures.history(
            ask, customer_id, start_of(window), window.limit, backwards=window.backwards
        )
        return paged(window, stretch(page.items, window), Disclosure.of)


@strawberry.type
class DisclosureMutations:
    """Recording what is passed on."""

    @acts(Operation.DISCLOSURE_RECORD)
    async def record_disclosure(self, act: Act, input: _Record) -> RecordDisclosurePayload:
        """Record, before it happens, that data is passed on. The decision is asked again: a withdrawal wins."""
        with within(input, "input"):
            decision_id = uuid_of(input.decision, "Decision", "decision")
            row = await disclosures.record(act, decision_id, await _categories(act, input.categories))
        notes = await disputes.of_person(act, row.customer_id, row.organisation_id)
        return RecordDisclosurePayload(
            disclosure=Disclosure.of(row),
            disputed_notes=[
                DisputedNote(fields=list(each.fields), text=each.text, noted_at=each.noted_at)
                for each in notes
            ],
        )


async def _categories(ask: Ask, given: Sequence[str] | None) -> list[UUID] | None:
    if given is None:
        return None
    named = references(given, "Category", "categories")
    return [row.id for row in await catalogue.resolve(ask, CategoryRow, named, "categories")]
