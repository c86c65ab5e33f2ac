"""Referrals offered to a partner: read, accepted, declined, and what came of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import strawberry

from hub.act import Act, Ask
from hub.actors import Operation
from hub.partners import offered
from hub.partners.offered import Offered
from hub.partners.passing import Value
from schema.door import acts, asks, lists
from schema.internal.paging import paged, start_of, stretch
from schema.internal.places import within
from schema.internal.referral_meanings import Declined, Outcome, State
from schema.partner.naming import ARRANGEMENT
from schema.problems import Payload
from schema.relay import Connection, Node, Window, global_id, uuid_of
from schema.weights import Weight


@strawberry.type(
    description="One value of a customer that you may use for this referral, and for nothing else."
)
class ReferralValue:
    """Opened for you."""

    category: str = strawberry.field(description="What kind of data, e.g. `contact`.")
    name: str = strawberry.field(description="Which, e.g. `phone`.")
    value: str = strawberry.field(description="The value.")

    @classmethod
    def of(cls, row: Value) -> Self:
        """As the API shows it."""
        return cls(category=row.category, name=row.name, value=row.value)


@strawberry.type(description="Somebody who is offered to you because you may be able to help them.")
class Referral(Node):
    """As it stands now."""

    customer: strawberry.ID = strawberry.field(description="Your own id of the customer.")
    arrangement: strawberry.ID = strawberry.field(description="The id of the arrangement that it is under.")
    purpose: str = strawberry.field(description="The key of what it is for, and for nothing else.")
    keep_days: int | None = strawberry.field(
        description="For how many days you may keep it, as the customer was told; null: until it is taken back."
    )
    state: State = strawberry.field(description="How it stands now.")
    may_use: bool = strawberry.field(
        description="Whether you may use it now. Where not, need and values are empty: forget what you have of them."
    )
    need: str = strawberry.field(
        description="What they need, in their or our words; empty where you may not use it."
    )
    values: list[ReferralValue] = strawberry.field(
        description="Who they are and how to reach them; empty where you may not use it.",
        metadata={"weight": Weight(items=5)},
    )
    made_at: datetime = strawberry.field(description="When it was made.")
    expires_at: datetime = strawberry.field(description="Until when you can accept or decline.")

    @classmethod
    def of(cls, row: Offered) -> Self:
        """As the API shows it."""
        return cls(
            uuid=row.referral.id,
            customer=global_id("Customer", row.own_id),
            arrangement=global_id(ARRANGEMENT, row.referral.arrangement_id),
            purpose=row.purpose,
            keep_days=row.keep_days,
            state=row.state,
            may_use=row.may_use,
            need=row.need,
            values=[ReferralValue.of(each) for each in row.values],
            made_at=row.referral.made_at,
            expires_at=row.referral.expires_at,
        )


async def referrals_by_id(ask: Ask, ids: Sequence[UUID]) -> list[Referral]:
    """Many at once."""
    return [Referral.of(each) for each in await offered.shown(ask, await offered.by_ids(ask, ids))]


@strawberry.input(description="A referral to accept.")
class AcceptReferralInput:
    """Which."""

    referral: strawberry.ID = strawberry.field(description="Its id.")


@strawberry.input(description="A referral to decline.")
class DeclineReferralInput:
    """Which, and why."""

    referral: strawberry.ID = strawberry.field(description="Its id.")
    reason: Declined = strawberry.field(description="Why.")


@strawberry.input(description="What came of an accepted referral.")
class ReportReferralInput:
    """Which, and what."""

    referral: strawberry.ID = strawberry.field(description="Its id.")
    outcome: Outcome = strawberry.field(description="What came of it.")


@strawberry.type(description="The referral, as it stands after the act.")
class ReferralPayload(Payload):
    """Of every mutation about one."""

    referral: Referral | None = strawberry.field(default=None, description="The referral.")


_State = Annotated[State | None, strawberry.argument(description="That stand like this; by default all.")]
_Id = Annotated[strawberry.ID, strawberry.argument(description="Its id.")]
_Accept = Annotated[AcceptReferralInput, strawberry.argument(description="Which.")]
_Decline = Annotated[DeclineReferralInput, strawberry.argument(description="Which, and why.")]
_Report = Annotated[ReportReferralInput, strawberry.argument(description="Which, and what.")]


@strawberry.type
class ReferralQueries:
    """What is offered."""

    @asks(Operation.REFERRAL_TAKE)
    async def referral(self, ask: Ask, id: _Id) -> Referral | None:
        """One referral; null for none that was offered to you."""
        found = await referrals_by_id(ask, [uuid_of(id, "Referral", "id")])
        return found[0] if found else None

    @lists(Operation.REFERRAL_TAKE, UUID)
    async def referrals(self, ask: Ask, window: Window, state: _State = None) -> Connection[Referral]:
        """What was offered to you, in the order in which it was made."""
        page = await offered.page(ask, state, start_of(window), window.limit, backwards=window.backwards)
        items = stretch(page.items, window)
        kept = {each.referral.id: each for each in await offered.shown(ask, items[: window.size])}
        return paged(window, items, lambda row: Referral.of(kept[row.id]))


@strawberry.type
class ReferralMutations:
    """What becomes of it."""

    @acts(Operation.REFERRAL_TAKE)
    async def accept_referral(self, act: Act, input: _Accept) -> ReferralPayload:
        """Take it on. If the customer took it back meanwhile, it comes back WITHDRAWN."""
        with within(input, "input"):
            row = await offered.accept(act, uuid_of(input.referral, "Referral", "referral"))
        return await _payload(act, row.id)

    @acts(Operation.REFERRAL_TAKE)
    async def decline_referral(self, act: Act, input: _Decline) -> ReferralPayload:
        """Leave it; what you have of the customer must be forgotten."""
        with within(input, "input"):
            named = uuid_of(input.referral, "Referral", "referral")
            row = await offered.decline(act, named, input.reason)
        return await _payload(act, row.id)

    @acts(Operation.REFERRAL_TAKE)
    async def report_referral(self, act: Act, input: _Report) -> ReferralPayload:
        """Say what came of it."""
        with within(input, "input"):
            named = uuid_of(input.referral, "Referral", "referral")
            row = await offered.report(act, named, input.outcome)
        return await _payload(act, row.id)


async def _payload(act: Act, referral_id: UUID) -> ReferralPayload:
    [made] = await referrals_by_id(act, [referral_id])
    return ReferralPayload(referral=made)
