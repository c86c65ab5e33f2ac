"""Rights requests: who asked for what, until when it must be answered, and what became of it."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

import strawberry

from hub import letters
from hub.act import Ask
from hub.actors import Operation
from hub.policy.values import Jurisdiction
from hub.rights import appealing, attachments, conduct, remains, requests, steps, timing
from hub.rights.clocks import Clock
from schema.call import Info
from schema.door import asks, lists
from schema.internal.customers import Customer, customers_by_id
from schema.internal.letters import Letter
from schema.internal.links import children, link, one
from schema.internal.outcome import RightsRequestOutcome
from schema.internal.paging import paged, start_of, stretch
from schema.internal.people import CustomerRef, find_customer
from schema.internal.places import within
from schema.internal.representatives import Representative, representatives_by_id
from schema.internal.request_meanings import Identity, Kind, State
from schema.internal.sent_files import Attachment
from schema.internal.stepped import RightsStep
from schema.relay import Connection, Node, Window, global_id
from schema.weights import Weight


@strawberry.type(description="Until when a rights request must be answered, and how that was worked out.")
class RightsRequestClock:
    """By the law that governs it."""

    acknowledge_by: date | None = strawberry.field(description="The last day to confirm that it came.")
    due_on: date | None = strawberry.field(
        description="The last day to answer, extended if it was; null where the law names none."
    )
    extended_due_on: date | None = strawberry.field(
        description="The last day if it is extended; null where that is not possible."
    )
    aim_for: date | None = strawberry.field(description="The day we aim for ourselves.")
    steps: list[str] = strawberry.field(description="The calculation, step by step, with the provisions.")

    @classmethod
    def of(cls, clock: Clock) -> Self:
        """As the API shows it."""
        return cls(
            acknowledge_by=clock.acknowledge_by, due_on=clock.last_day, extended_due_on=clock.extended_due,
            aim_for=clock.aim_for, steps=[str(each) for each in clock.steps],
        )  # fmt: skip


@strawberry.type(description="Something that became of a rights request; it never changes.")
class RightsRequestEvent:
    """One step of its life."""

    row: strawberry.Private[requests.Event]
    kind: str = strawberry.field(description="What: OPENED, VERIFIED, PAUSED, EXTENDED, SAID, NOTED ...")
    state: State | None = strawberry.field(description="Where the request moved with it; null: it stayed.")
    code: str | None = strawberry.field(description="Why, coded.")
    is_private: bool = strawberry.field(description="Whether it is for the staff alone.")
    has_message: bool = strawberry.field(description="Whether a message goes with it.")
    happened_at: datetime = strawberry.field(description="When.")

    @classmethod
    def of(cls, row: requests.Event) -> Self:
        """As the API shows it."""
        return cls(
            row=row, kind=row.kind, state=row.state, code=row.code, is_private=row.is_private,
            has_message=row.has_message, happened_at=row.happened_at,
        )  # fmt: skip


@strawberry.type(description="A customer's request under privacy law, with its clock and its life.")
class RightsRequest(Node):
    """From intake to answer."""

    row: strawberry.Private[requests.Request]
    reference: str = strawberry.field(description="What a person reads out, such as `PH-4C7D-29KX`.")
    kind: Kind = strawberry.field(description="What is asked for.")
    state: State = strawberry.field(description="How it stands.")
    jurisdictions: list[Jurisdiction] = strawberry.field(
        description="Whose law gives the right, the governing one first."
    )
    customer_id: strawberry.ID | None = strawberry.field(description="Who asks; null until that is known.")
    channel: requests.Channel = strawberry.field(description="How it reached us.")
    asker: requests.Asker = strawberry.field(description="Who asks.")
    proof: Identity = strawberry.field(description="How surely it must be known who asks.")
    received_on: date = strawberry.field(description="The day on which it came, where the customer lives.")
    verified_at: datetime | None = strawberry.field(description="When it was known who asks.")
    due_on: date | None = strawberry.field(
        description="The last day to answer; null where the law names none."
    )
    waiting_for: conduct.Waiting | None = strawberry.field(
        description="What it waits for, while it is paused."
    )
    cools_until: datetime | None = strawberry.field(
        description="Of a deletion: until when it can still be undone."
    )
    ground: str | None = strawberry.field(description="On which ground it was refused, coded.")
    opened_at: datetime = strawberry.field(description="When the hub was told.")
    closed_at: datetime | None = strawberry.field(description="When it ended.")

    @classmethod
    def of(cls, row: requests.Request) -> Self:
        """As the API shows it."""
        return cls(
            uuid=row.id,
            row=row,
            reference=row.reference,
            kind=row.kind,
            state=row.state,
            jurisdictions=[Jurisdiction(each) for each in row.jurisdictions],
            customer_id=global_id("Customer", row.customer_id) if row.customer_id else None,
            channel=row.channel,
            asker=row.asker,
            proof=Identity(row.proof),
            received_on=row.received_on,
            verified_at=row.verified_at,
            due_on=row.due_on,
            waiting_for=conduct.Waiting(row.waiting_for) if row.waiting_for else None,
            cools_until=row.cools_until,
            ground=row.ground,
            opened_at=row.opened_at,
            closed_at=row.closed_at,
        )

    @link(Operation.CUSTOMER_READ, "Who asks; null until that is known, or if you may not read customers.")
    async def customer(self, info: Info) -> Customer | None:
        """Loaded with the others'."""
        return await one(info, Operation.CUSTOMER_READ, customers_by_id, self.row.customer_id)

    @link(Operation.REPRESENTATIVE_READ, "Under which link somebody asks for the customer; null: none yet.")
    async def representative(self, info: Info) -> Representative | None:
        """Loaded with the others'."""
        link_id = self.row.representative_id
        return await one(info, Operation.REPRESENTATIVE_READ, representatives_by_id, link_id)

    @link(Operation.REQUEST_READ, "What became of it, in order.", Weight(items=10))
    async def events(self, info: Info) -> list[RightsRequestEvent]:
        """Loaded with the others'."""
        found = await children(info, Operation.REQUEST_READ, requests.events_of, self.uuid)
        return [RightsRequestEvent.of(each) for each in found or ()]

    @link(Operation.REQUEST_READ, "What it needs of every system, in order.", Weight(items=10))
    async def steps(self, info: Info) -> list[RightsStep]:
        """Loaded with the others'."""
        found = await children(info, Operation.REQUEST_READ, steps.of_many, self.uuid)
        return [RightsStep.of(each) for each in found or ()]

    @link(Operation.REQUEST_READ, "The files that came with it.", Weight(items=5))
    async def attachments(self, info: Info) -> list[Attachment]:
        """Loaded with the others'."""
        found = await children(info, Operation.REQUEST_READ, attachments.of, self.uuid)
        return [Attachment.of(each) for each in found or ()]

    @link(Operation.REQUEST_READ, "The letters about it, and what became of each.", Weight(items=5))
    async def letters(self, info: Info) -> list[Letter]:
        """Loaded with the others'."""
        found = await children(info, Operation.REQUEST_READ, letters.of_requests, self.uuid)
        return [Letter.of(each) for each in found or ()]

    @link(Operation.REQUEST_READ, "What came of it so far: what stays, who was told.")
    async def outcome(self, info: Info) -> RightsRequestOutcome | None:
        """Read from the steps."""
        found = await one(info, Operation.REQUEST_READ, remains.of_many, self.uuid)
        return RightsRequestOutcome.of(found, self.row.locale) if found else None

    @link(Operation.REQUEST_READ, "Of a complaint about another request: that one; null for others.")
    async def appeal_of(self, info: Info) -> "RightsRequest | None":
        """Whoever decided that one does not decide this one."""
        about = await one(info, Operation.REQUEST_READ, appealing.about_of, self.uuid)
        return await one(info, Operation.REQUEST_READ, requests_by_id, about)

    @link(Operation.REQUEST_READ, "Until when it must be answered, and how that was worked out.")
    async def clock(self, info: Info) -> RightsRequestClock | None:
        """Worked out from the events."""
        clock = await one(info, Operation.REQUEST_READ, timing.clocks_of, self.uuid)
        return RightsRequestClock.of(clock) if clock else None


async def requests_by_id(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, RightsRequest]:
    """Many at once."""
    return {key: RightsRequest.of(row) for key, row in (await requests.by_ids(ask, ids)).items()}


@strawberry.input(description="Which rights requests.")
class RightsRequestFilter:
    """All that is given must hold."""

    customer: CustomerRef | None = strawberry.field(default=None, description="Of this customer.")
    kind: Kind | None = strawberry.field(default=None, description="Of this kind.")
    state: State | None = strawberry.field(default=None, description="That stand like this now.")
    due_by: date | None = strawberry.field(
        default=None, description="Open ones whose last day is this one or before."
    )
    is_ended: bool | None = strawberry.field(default=None, description="Ended ones, or open ones.")


_Filter = Annotated[RightsRequestFilter | None, strawberry.argument(description="Which; by default all.")]
_Reference = Annotated[str, strawberry.argument(description="As it is read out, such as `PH-4C7D-29KX`.")]


@strawberry.type
class RightsRequestQueries:
    """What was asked of us."""

    @lists(Operation.REQUEST_READ, UUID)
    async def rights_requests(
        self, ask: Ask, window: Window, filter: _Filter = None
    ) -> Connection[RightsRequest]:
        """Rights requests, those that came first first."""
        chosen = filter or RightsRequestFilter()
        about = await find_customer(ask, chosen.customer, "filter", "customer") if chosen.customer else None
        with within(chosen, "filter"):
            wanted = requests.Filter(chosen.state, chosen.kind, about, chosen.due_by, chosen.is_ended)
            page = await requests.page(
                ask, wanted, start_of(window), window.limit, backwards=window.backwards
            )
        return paged(window, stretch(page.items, window), RightsRequest.of)

    @asks(Operation.REQUEST_READ)
    async def rights_request(self, ask: Ask, reference: _Reference) -> RightsRequest:
        """The request with this reference."""
        return RightsRequest.of(await requests.by_reference(ask, reference))
