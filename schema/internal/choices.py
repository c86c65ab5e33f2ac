"""What customers chose: consents, objections, opt-outs, each with its evidence."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import strawberry

from hub import choices, said
from hub.act import Ask
from hub.actors import Operation
from hub.policy.values import Channel
from schema.call import Info
from schema.door import lists
from schema.internal.links import link, one
from schema.internal.notices import NoticeVersion, versions_by_id
from schema.internal.paging import paged, start_of, stretch
from schema.internal.people import CustomerRef, find_customer
from schema.internal.purposes import Purpose, purposes_by_id
from schema.internal.recipients import Recipient, recipients_by_id
from schema.relay import Connection, Node, Window, global_id


@strawberry.type(description="One word of a customer, never changed; the next word is a new one.")
class Choice(Node):
    """With its scope and its evidence."""

    row: strawberry.Private[said.Choice]
    kind: said.Kind = strawberry.field(description="What it is about.")
    action: said.Action = strawberry.field(description="What was said.")
    customer_id: strawberry.ID = strawberry.field(description="Whose word it is.")
    purpose_id: strawberry.ID | None = strawberry.field(description="For this purpose; null: for all.")
    channel: Channel | None = strawberry.field(description="On this channel; null: on all.")
    recipient_id: strawberry.ID | None = strawberry.field(
        description="Towards this recipient; null: towards all."
    )
    grade: said.Grade | None = strawberry.field(description="Of a consent: what it is worth.")
    ends_at: datetime | None = strawberry.field(description="Of a consent: when its own text ends it.")
    wording: str = strawberry.field(description="The words the customer was shown.")
    wording_sha256: str = strawberry.field(description="Their SHA-256.")
    method: said.Method = strawberry.field(description="How it was said.")
    happened_at: datetime = strawberry.field(description="When it was said.")
    recorded_at: datetime = strawberry.field(description="When the hub was told.")

    @classmethod
    def of(cls, row: said.Choice) -> Self:
        """As the API shows it."""
        return cls(
            uuid=row.id,
            row=row,
            kind=said.Kind(row.kind),
            action=said.Action(row.action),
            customer_id=global_id("Customer", row.customer_id),
            purpose_id=global_id("Purpose", row.purpose_id) if row.purpose_id else None,
            channel=Channel(row.channel) if row.channel else None,
            recipient_id=global_id("Recipient", row.recipient_id) if row.recipient_id else None,
            grade=said.Grade(row.grade) if row.grade else None,
            ends_at=row.ends_at,
            wording=row.wording,
            wording_sha256=row.wording_sha256,
            method=said.Method(row.method),
            happened_at=row.happened_at,
            recorded_at=row.recorded_at,
        )

    @link(Operation.CATALOGUE_READ, "The purpose; null for all, or if you may not read the catalogue.")
    async def purpose(self, info: Info) -> Purpose | None:
        """Loaded with the others'."""
        return await one(info, Operation.CATALOGUE_READ, purposes_by_id, self.row.purpose_id)

    @link(Operation.CATALOGUE_READ, "The recipient; null for all, or if you may not read the catalogue.")
    async def recipient(self, info: Info) -> Recipient | None:
        """Loaded with the others'."""
        return await one(info, Operation.CATALOGUE_READ, recipients_by_id, self.row.recipient_id)

    @link(Operation.NOTICE_READ, "The notice shown with it; null for none, or if you may not read notices.")
    async def notice_version(self, info: Info) -> NoticeVersion | None:
        """Loaded with the others'."""
        return await one(info, Operation.NOTICE_READ, versions_by_id, self.row.notice_version_id)


async def choices_by_id(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Choice]:
    """Many at once."""
    return {key: Choice.of(row) for key, row in (await choices.by_ids(ask, ids)).items()}


_Ref = Annotated[CustomerRef, strawberry.argument(description="Whose.")]


@strawberry.type
class ChoiceQueries:
    """What was chosen."""

    @lists(Operation.CUSTOMER_READ, UUID)
    async def choices(self, ask: Ask, window: Window, customer: _Ref) -> Connection[Choice]:
        """A customer's words, in the order in which they were recorded."""
        customer_id = await find_customer(ask, customer, "customer")
        page = await choices.history(
            ask, customer_id, start_of(window), window.limit, backwards=window.backwards
        )
        return paged(window, stretch(page.items, window), Choice.of)
