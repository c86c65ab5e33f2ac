"""Referrals: whom we offered to which partner, for what, and what became of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import strawberry

from hub import recipients
from hub.act import Ask
from hub.actors import Operation
from hub.partners import referrals
from schema.call import Info
from schema.door import asks, lists
from schema.internal.arrangements import Arrangement, arrangements_by_id
from schema.internal.categories import Category, categories_by_id
from schema.internal.customers import Customer, customers_by_id
from schema.internal.decisions import Decision, decisions_by_id
from schema.internal.disclosing import Disclosure, disclosures_by_id
from schema.internal.links import children, link, one, several
from schema.internal.paging import paged, start_of, stretch
from schema.internal.people import CustomerRef, find_customer
from schema.internal.places import within
from schema.internal.purposes import Purpose, purposes_by_id
from schema.internal.questions import ConsentQuestion, questions_by_id
from schema.internal.recipients import Recipient, recipients_by_id
from schema.internal.references import Reference, row_id
from schema.internal.referral_meanings import State
from schema.relay import Connection, Node, Window, global_id, uuid_of
from schema.weights import Weight


@strawberry.type(description="Something that became of a referral; it never changes.")
class ReferralEvent:
    """One step of its life."""

    state: State = strawberry.field(description="What it became.")
    why: str | None = strawberry.field(description="A code such as SAID_NO or NO_CAPACITY; null for none.")
    at: datetime = strawberry.field(description="When.")

    @classmethod
    def of(cls, row: referrals.Event) -> Self:
        """As the API shows it."""
        return cls(state=row.state, why=row.why, at=row.at)


@strawberry.type(
    description="A customer offered to a partner: a disclosure with a need, an offer and an outcome."
)
class Referral(Node):
    """As it stands now."""

    row: strawberry.Private[referrals.Referral]
    state: State = strawberry.field(description="How it stands now.")
    customer_id: strawberry.ID = strawberry.field(description="Who is offered.")
    recipient_id: strawberry.ID = strawberry.field(description="To which partner.")
    fields: list[str] = strawberry.field(
        description="Which values are passed on, as `contact.phone`; none: all of the categories."
    )
    made_at: datetime = strawberry.field(description="When it was made.")
    expires_at: datetime = strawberry.field(
        description="Until when the customer can answer, and from its release on until when the partner can."
    )

    @classmethod
    def of(cls, row: referrals.Referral) -> Self:
        """As the API shows it."""
        return cls(
            uuid=row.id,
            row=row,
            state=row.state,
            customer_id=global_id("Customer", row.customer_id),
            recipient_id=global_id("Recipient", row.recipient_id),
            fields=list(row.fields),
            made_at=row.made_at,
            expires_at=row.expires_at,
        )

    @link(Operation.REFERRAL_READ, "What became of it, in order.", Weight(items=4))
    async def events(self, info: Info) -> list[ReferralEvent]:
        """Loaded with the others'."""
        found = await children(info, Operation.REFERRAL_READ, referrals.events_of, self.uuid)
        return [ReferralEvent.of(each) for each in found or ()]

    @link(Operation.CUSTOMER_READ, "Who is offered.")
    async def customer(self, info: Info) -> Customer | None:
        """Loaded with the others'."""
        return await one(info, Operation.CUSTOMER_READ, customers_by_id, self.row.customer_id)

    @link(Operation.CATALOGUE_READ, "The partner; null if you may not read the catalogue.")
    async def recipient(self, info: Info) -> Recipient | None:
        """Loaded with the others'."""
        return await one(info, Operation.CATALOGUE_READ, recipients_by_id, self.row.recipient_id)

    @link(Operation.CATALOGUE_READ, "The purpose; null if you may not read the catalogue.")
    async def purpose(self, info: Info) -> Purpose | None:
        """Loaded with the others'."""
        return await one(info, Operation.CATALOGUE_READ, purposes_by_id, self.row.purpose_id)

    @link(Operation.CATALOGUE_READ, "Under what it was agreed; null if you may not read the catalogue.")
    async def arrangement(self, info: Info) -> Arrangement | None:
        """Loaded with the others'."""
        return await one(info, Operation.CATALOGUE_READ, arrangements_by_id, self.row.arrangement_id)

    @link(Operation.CATALOGUE_READ, "What is passed on; null if you may not read the catalogue.")
    async def categories(self, info: Info) -> list[Category] | None:
        """Loaded with the others'."""
        return await several(info, Operation.CATALOGUE_READ, categories_by_id, self.row.categories)

    @link(Operation.DECISION_READ, "The decision it began with; null if you may not read decisions.")
    async def decision(self, info: Info) -> Decision | None:
        """Loaded with the others'."""
        return await one(info, Operation.DECISION_READ, decisions_by_id, self.row.decision_id)

    @link(Operation.QUESTION_READ, "What the customer is asked; null for nothing, or if you may not read it.")
    async def question(self, info: Info) -> ConsentQuestion | None:
        """Loaded with the others'."""
        return await one(info, Operation.QUESTION_READ, questions_by_id, self.row.question_id)

    @link(Operation.DISCLOSURE_READ, "By which it was released; null before, or if you may not read it.")
    async def disclosure(self, info: Info) -> Disclosure | None:
        """Loaded with the others'."""
        return await one(info, Operation.DISCLOSURE_READ, disclosures_by_id, self.row.disclosure_id)


async def referrals_by_id(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Referral]:
    """Many at once."""
    return {key: Referral.of(row) for key, row in (await referrals.by_ids(ask, ids)).items()}


@strawberry.input(description="Which referrals.")
class ReferralFilter:
    """All that is given must hold."""

    customer: CustomerRef | None = strawberry.field(default=None, description="Of this customer.")
    recipient: Reference | None = strawberry.field(default=None, description="To this partner: key or id.")
    state: State | None = strawberry.field(default=None, description="That stand like this now.")


_Id = Annotated[strawberry.ID, strawberry.argument(description="Its id.")]
_Filter = Annotated[ReferralFilter | None, strawberry.argument(description="Which; by default all.")]


@strawberry.type
class ReferralQueries:
    """Reading referrals."""

    @asks(Operation.REFERRAL_READ)
    async def referral(self, ask: Ask, id: _Id) -> Referral:
        """One referral."""
        return Referral.of(await referrals.read(ask, uuid_of(id, "Referral", "id"), "id"))

    @lists(Operation.REFERRAL_READ, UUID)
    async def referrals(self, ask: Ask, window: Window, filter: _Filter = None) -> Connection[Referral]:
        """Referrals in the order in which they were made."""
        chosen = filter or ReferralFilter()
        about = await find_customer(ask, chosen.customer, "filter", "customer") if chosen.customer else None
        with within(chosen, "filter"):
            towards = await row_id(recipients.read, ask, chosen.recipient, "Recipient", "recipient")
            such = referrals.Such(customer_id=about, recipient_id=towards, state=chosen.state)
            page = await referrals.page(ask, such, start_of(window), window.limit, backwards=window.backwards)
        return paged(window, stretch(page.items, window), Referral.of)
