"""Two records that are one person: proposed, merged, and taken apart again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import strawberry

from hub import merges
from hub.act import Act, Ask
from hub.actors import Operation
from schema.call import Info
from schema.door import acts, lists
from schema.internal.customers import Customer, customer_of, customers_by_id
from schema.internal.links import link, one
from schema.internal.paging import paged, start_of, stretch
from schema.internal.people import CustomerRef, find_customer
from schema.internal.places import within
from schema.problems import Payload
from schema.relay import Connection, Node, Window, uuid_of


@strawberry.type(description="Two customers who may be one person.")
class MergeProposal(Node):
    """It waits for somebody to say."""

    row: strawberry.Private[merges.Proposal]
    reason: str = strawberry.field(
        description="Why: EMAIL or PHONE, where they share one; ASKED by a person."
    )
    found_at: datetime = strawberry.field(description="When it was found.")
    settled_at: datetime | None = strawberry.field(description="When it was settled; null while it waits.")
    verdict: merges.Verdict | None = strawberry.field(description="What became of it; null while it waits.")

    @classmethod
    def of(cls, row: merges.Proposal) -> Self:
        """As the API shows it."""
        return cls(
            uuid=row.id,
            row=row,
            reason=row.reason,
            found_at=row.found_at,
            settled_at=row.settled_at,
            verdict=merges.Verdict(row.verdict) if row.verdict else None,
        )

    @link(Operation.CUSTOMER_READ, "The one who was known first, and would survive.")
    async def older(self, info: Info) -> Customer | None:
        """Loaded with the others'."""
        return await one(info, Operation.CUSTOMER_READ, customers_by_id, self.row.older_id)

    @link(Operation.CUSTOMER_READ, "The one who was known later.")
    async def newer(self, info: Info) -> Customer | None:
        """Loaded with the others'."""
        return await one(info, Operation.CUSTOMER_READ, customers_by_id, self.row.newer_id)


async def proposals_by_id(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, MergeProposal]:
    """Many at once."""
    return {key: MergeProposal.of(row) for key, row in (await merges.by_ids(ask, ids)).items()}


@strawberry.input(description="Two records of one person.")
class CustomerMergeInput:
    """Nothing is copied or lost."""

    older: CustomerRef = strawberry.field(description="The record that survives.")
    newer: CustomerRef = strawberry.field(description="The record that points to it from then on.")


@strawberry.input(description="A record that was merged by mistake.")
class CustomerUnmergeInput:
    """With those merged into it."""

    customer: CustomerRef = strawberry.field(description="Which.")


@strawberry.input(description="What became of a proposal.")
class MergeSettleInput:
    """Once."""

    proposal: strawberry.ID = strawberry.field(description="The proposal's id.")
    is_same: bool = strawberry.field(description="Whether they are one person; if so they are merged.")


@strawberry.type(description="The record that stands for the person, after the act.")
class MergePayload(Payload):
    """Of `customerMerge` and `customerUnmerge`."""

    customer: Customer | None = strawberry.field(
        default=None, description="The survivor; or who was taken apart."
    )


@strawberry.type(description="The proposal, after the act.")
class MergeSettlePayload(Payload):
    """Of `mergeSettle`."""

    proposal: MergeProposal | None = strawberry.field(default=None, description="The proposal.")


_Merge = Annotated[CustomerMergeInput, strawberry.argument(description="Who is whom.")]
_Unmerge = Annotated[CustomerUnmergeInput, strawberry.argument(description="Who.")]
_Settle = Annotated[MergeSettleInput, strawberry.argument(description="Which, and how.")]


@strawberry.type
class MergeQueries:
    """Whom an import may have brought twice."""

    @lists(Operation.CUSTOMER_READ, UUID)
    async def merge_proposals(self, ask: Ask, window: Window) -> Connection[MergeProposal]:
        """Customers who may be one person and wait for somebody to say, those found first first."""
        page = await merges.open_proposals(ask, start_of(window), window.limit, backwards=window.backwards)
        return paged(window, stretch(page.items, window), MergeProposal.of)


@strawberry.type
class MergeMutations:
    """Saying who is whom."""

    @acts(Operation.CUSTOMER_MERGE)
    async def customer_merge(self, act: Act, input: _Merge) -> MergePayload:
        """Make two records one person: decisions look at both and keep the strictest answer."""
        older = await find_customer(act, input.older, "input", "older")
        newer = await find_customer(act, input.newer, "input", "newer")
        with within(input, "input"):
            survivor = await merges.merge(act, older, newer)
        return MergePayload(customer=await customer_of(act, survivor))

    @acts(Operation.CUSTOMER_MERGE)
    async def customer_unmerge(self, act: Act, input: _Unmerge) -> MergePayload:
        """Take a record out of its person again. Where it stands alone, nothing changes."""
        customer_id = await find_customer(act, input.customer, "input", "customer")
        with within(input, "input"):
            await merges.unmerge(act, customer_id)
        return MergePayload(customer=await customer_of(act, customer_id))

    @acts(Operation.CUSTOMER_MERGE)
    async def merge_settle(self, act: Act, input: _Settle) -> MergeSettlePayload:
        """Say whether two proposed customers are one person, and merge them if so."""
        with within(input, "input"):
            named = uuid_of(input.proposal, "MergeProposal", "proposal")
            row = await merges.settle_merge(act, named, is_same=input.is_same)
        return MergeSettlePayload(proposal=MergeProposal.of(row))
