"""Reading the register, and what it still lacks."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

import strawberry

from hub import purposes, register, reviews
from hub.act import Ask
from hub.actors import Operation
from hub.linter import Level
from hub.policy.values import Jurisdiction
from schema.call import Info
from schema.door import asks, lists
from schema.internal.links import link, one
from schema.internal.paging import counted, page_of
from schema.internal.places import within
from schema.internal.purposes import Purpose, purposes_by_id
from schema.internal.references import Reference, optional, reference, row_id
from schema.internal.register import READ, Activity, activities_by_id
from schema.relay import CountedConnection, Window
from schema.weights import Weight

MANY = Weight(items=1_000)


@strawberry.type(description="One thing that the register lacks.")
class RegisterGap:
    """As it was found."""

    activity_uuid: strawberry.Private[UUID | None]
    purpose_uuid: strawberry.Private[UUID | None]
    code: str = strawberry.field(description="For programs, e.g. `field.retention` or `expiring`.")
    level: Level = strawberry.field(description="ERROR: the law asks for it. WARNING: advice.")
    jurisdiction: Jurisdiction = strawberry.field(description="Whose law.")
    message: str = strawberry.field(description="What to do, and which law asks for it.")
    cites: str = strawberry.field(description="The provision.")
    due_on: date | None = strawberry.field(description="The day it is about; null for none.")

    @classmethod
    def of(cls, gap: reviews.Gap) -> Self:
        """As the API shows it."""
        return cls(
            activity_uuid=gap.activity_id,
            purpose_uuid=gap.purpose_id,
            code=gap.code,
            level=gap.level,
            jurisdiction=gap.jurisdiction,
            message=gap.message,
            cites=gap.cites,
            due_on=gap.due_on,
        )

    @link(READ, "The activity; null for a purpose that none has.")
    async def activity(self, info: Info) -> Activity | None:
        """Loaded with the others'."""
        return await one(info, READ, activities_by_id, self.activity_uuid)

    @link(Operation.CATALOGUE_READ, "The purpose; null where the gap is not about one.")
    async def purpose(self, info: Info) -> Purpose | None:
        """Loaded with the others'."""
        return await one(info, Operation.CATALOGUE_READ, purposes_by_id, self.purpose_uuid)


@strawberry.type(description="What the register lacks.")
class RegisterReview:
    """On a day."""

    checked_on: date = strawberry.field(description="The day of asking.")
    gaps: list[RegisterGap] = strawberry.field(
        description="At most a thousand: errors first, then by age of the activity.",
        metadata={"weight": MANY},
    )
    further_gaps: int = strawberry.field(description="How many more there are.")

    @classmethod
    def of(cls, found: reviews.Review) -> Self:
        """As the API shows it."""
        made = [RegisterGap.of(each) for each in found.gaps]
        return cls(checked_on=found.checked_on, gaps=made, further_gaps=found.further)


@strawberry.input(description="Which activities.")
class ActivityFilter:
    """All that is given must hold."""

    jurisdiction: Jurisdiction | None = strawberry.field(default=None, description="Under this law.")
    purpose: Reference | None = strawberry.field(default=None, description="With this purpose: key or id.")
    is_archived: bool | None = strawberry.field(
        default=None, description="Archived, or counting; by default both."
    )

    async def such(self, ask: Ask) -> register.Such:
        """As the hub takes it."""
        return register.Such(
            jurisdiction=self.jurisdiction,
            purpose=await row_id(purposes.read, ask, self.purpose, "Purpose", "purpose"),
            archived=self.is_archived,
        )


@strawberry.input(description="What to review.")
class RegisterReviewFilter:
    """All that is given must hold."""

    activity: Reference | None = strawberry.field(default=None, description="This activity only: key or id.")
    jurisdiction: Jurisdiction | None = strawberry.field(default=None, description="Under this law only.")

    def such(self) -> reviews.Such:
        """As the hub takes it."""
        return reviews.Such(
            activity=optional(self.activity, "Activity", "activity"), jurisdiction=self.jurisdiction
        )


_Filter = Annotated[ActivityFilter | None, strawberry.argument(description="Which; by default all.")]
_Review = Annotated[RegisterReviewFilter | None, strawberry.argument(description="What; by default all.")]
_Ref = Annotated[Reference, strawberry.argument(description="Its key or id.")]


@strawberry.type
class RegisterQueries:
    """Reading the register."""

    @asks(READ)
    async def activity(self, ask: Ask, ref: _Ref) -> Activity:
        """One entry of the processing register."""
        return Activity.of(await register.read(ask, reference(ref, "Activity", "ref"), "ref"))

    @lists(READ, UUID)
    async def activities(
        self, ask: Ask, window: Window, filter: _Filter = None
    ) -> CountedConnection[Activity]:
        """The entries of the processing register, oldest first."""
        with within(filter, "filter"):
            such = await (filter or ActivityFilter()).such(ask)
            rows = await register.page(ask, page_of(window), such)

        async def count(again: Ask) -> int:
            return await register.count(again, such)

        return counted(window, rows, Activity.of, count)

    @asks(READ)
    async def register_review(self, ask: Ask, filter: _Review = None) -> RegisterReview:
        """What the register lacks: statements, formalities, and purposes that no activity has."""
        with within(filter, "filter"):
            found = await reviews.review(ask, (filter or RegisterReviewFilter()).such())
        return RegisterReview.of(found)
