"""Coverage: whom a question reaches by the notices they were shown, why not the others, and who they are."""

from datetime import datetime
from typing import Annotated, Final, Self
from uuid import UUID

import strawberry

from hub import coverage
from hub.act import Ask
from hub.actors import Operation
from schema.call import Info
from schema.door import asks, lists
from schema.internal.crowds import COUNTING, CrowdQuestion, Such, customers_page, such_of
from schema.internal.customers import Customer
from schema.internal.instants import AsOf, as_of_instant
from schema.internal.links import link, one
from schema.internal.notices import NoticeVersion, versions_by_id
from schema.internal.paging import start_of
from schema.internal.questioning import about_question, crowd_question
from schema.internal.turns import turn
from schema.relay import Connection, Window, global_id
from schema.weights import Weight

_SHARES: Final = {"weight": Weight(items=20)}


@strawberry.type(description="How many customers, of those whom one notice version governs, stand where.")
class CoverageShare:
    """One slice of the customer base."""

    share: strawberry.Private[coverage.Share]
    cover: coverage.Cover = strawberry.field(description="Where they stand.")
    customers: int = strawberry.field(description="How many.")
    notice: str | None = strawberry.field(
        description="The name of the notice that governs their data; null where none is known."
    )
    version: int | None = strawberry.field(description="The number of its version.")
    version_id: strawberry.ID | None = strawberry.field(description="The id of its version.")

    @classmethod
    def of(cls, share: coverage.Share) -> Self:
        """As the API shows it."""
        version = share.version
        return cls(
            share=share,
            cover=share.cover,
            customers=share.customers,
            notice=version.notice_name if version else None,
            version=version.number if version else None,
            version_id=global_id("NoticeVersion", UUID(version.id)) if version else None,
        )

    @link(Operation.NOTICE_READ, "The version; null for none, or if you may not read notices.")
    async def notice_version(self, info: Info) -> NoticeVersion | None:
        """Loaded with the others'."""
        version = self.share.version
        return await one(info, Operation.NOTICE_READ, versions_by_id, UUID(version.id) if version else None)


@strawberry.type(
    description="The customer base, split by where it stands on a question. Nothing is recorded."
)
class Coverage:
    """Every customer counts once."""

    found: strawberry.Private[coverage.Coverage]
    customers: int = strawberry.field(description="How many were counted.")
    can_be_asked: int = strawberry.field(
        description="Of those whose consent is missing, how many the law lets us ask."
    )
    undecided: int = strawberry.field(
        description="How many nobody can answer for: no jurisdiction is on record."
    )
    decided_at: datetime = strawberry.field(
        description="The instant it is true of: the one that was asked about, else that of the answer."
    )

    @classmethod
    def of(cls, found: coverage.Coverage, at: datetime) -> Self:
        """As the API shows it."""
        return cls(
            found=found,
            customers=found.customers,
            can_be_asked=found.can_be_asked,
            undecided=found.undecided,
            decided_at=at,
        )

    @strawberry.field(
        description="By where they stand, and the notice version that governs.", metadata=_SHARES
    )
    def shares(self) -> list[CoverageShare]:
        """In the order of the enumeration."""
        return [CoverageShare.of(each) for each in self.found.shares]


_Cover = Annotated[
    coverage.Cover,
    strawberry.argument(
        description="Who stand here; of CONSENT, those who may be asked: the list of a consent campaign."
    ),
]


@strawberry.type
class CoverageQueries:
    """Whom a question reaches."""

    @asks(Operation.AUDIENCE_READ, weight=COUNTING)
    async def coverage(
        self, ask: Ask, question: CrowdQuestion, such: Such = None, as_of: AsOf = None
    ) -> Coverage:
        """Split the customers by what they were told about a question; now, or at a past instant."""
        then = as_of_instant(ask, as_of)
        with about_question(), turn(ask):
            found = await coverage.coverage(then, await crowd_question(ask, question), such_of(such))
        return Coverage.of(found, then.at)

    @lists(Operation.CUSTOMER_READ, UUID, forward=True, weight=COUNTING)
    async def coverage_members(
        self,
        ask: Ask,
        window: Window,
        question: CrowdQuestion,
        cover: _Cover,
        such: Such = None,
        as_of: AsOf = None,
    ) -> Connection[Customer]:
        """Who stand there, in the order in which the hub came to know them, each as they stand now."""
        then = as_of_instant(ask, as_of)
        with about_question(), turn(ask):
            asked, narrowed = await crowd_question(ask, question), such_of(such)
            ids = await coverage.members(then, asked, cover, narrowed, start_of(window), window.size)
        return await customers_page(ask, window, ids)
