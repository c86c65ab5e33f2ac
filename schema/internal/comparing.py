"""Looking at notice versions: what the laws find, how two differ, whom one reaches."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Self
from uuid import UUID

import strawberry

from hub import catalogue, clauses, inputs, notices, recipients
from hub.act import Ask
from hub.actors import Operation
from schema.call import Info
from schema.door import asks
from schema.internal.links import link, one
from schema.internal.notices import EACH_LAW, Clause
from schema.internal.places import within
from schema.internal.recipients import Recipient, recipients_by_id
from schema.internal.references import Reference, references
from schema.internal.wordings import NoticeVerdict
from schema.limits import LARGEST_PAGE
from schema.relay import uuid_of
from schema.weights import Weight


@strawberry.type(description="A clause that differs between two versions.")
class ClauseDifference:
    """Added, removed or changed."""

    key: str = strawberry.field(description="The clause's key.")
    change: clauses.Change = strawberry.field(description="How it differs.")
    fields: list[str] = strawberry.field(description="What changed, where both versions have it.")
    older: Clause | None = strawberry.field(description="In the older version; null where it is new.")
    newer: Clause | None = strawberry.field(description="In the newer version; null where it is gone.")

    @classmethod
    def of(cls, found: clauses.Difference) -> Self:
        """As the API shows it."""
        return cls(
            key=found.key,
            change=found.change,
            fields=list(found.fields),
            older=Clause.of(found.older) if found.older else None,
            newer=Clause.of(found.newer) if found.newer else None,
        )


@strawberry.type(description="How a version reaches one recipient.")
class RecipientReach:
    """By name, by class, or not at all."""

    recipient_uuid: strawberry.Private[UUID]
    reach: clauses.Reach = strawberry.field(description="How.")

    @link(Operation.CATALOGUE_READ, "The recipient; null if you may not read the catalogue.")
    async def recipient(self, info: Info) -> Recipient | None:
        """Loaded with the others'."""
        return await one(info, Operation.CATALOGUE_READ, recipients_by_id, self.recipient_uuid)


_Id = Annotated[strawberry.ID, strawberry.argument(description="The version's id.")]
_Older = Annotated[strawberry.ID, strawberry.argument(description="The older version's id.")]
_Newer = Annotated[strawberry.ID, strawberry.argument(description="The newer version's id.")]
_Recipients = Annotated[
    list[Reference], strawberry.argument(description="At most 100 recipients: keys or ids.")
]
_On = Annotated[date | None, strawberry.argument(description="On which day; by default today.")]


@strawberry.type
class ComparingQueries:
    """Looking at versions."""

    @asks(Operation.NOTICE_READ, weight=EACH_LAW)
    async def notice_check(self, ask: Ask, id: _Id) -> list[NoticeVerdict]:
        """What each law finds in a version, as if it were published now."""
        with within(None, moved={"version": ("id",)}):
            found = await notices.check(ask, uuid_of(id, "NoticeVersion", "id"))
        return [NoticeVerdict.now(place, each, ask.at) for place, each in found.items()]

    @asks(Operation.NOTICE_READ)
    async def notice_diff(self, ask: Ask, older: _Older, newer: _Newer) -> list[ClauseDifference]:
        """How two versions of one notice differ, clause by clause."""
        first = uuid_of(older, "NoticeVersion", "older")
        found = await notices.diff(ask, first, uuid_of(newer, "NoticeVersion", "newer"))
        return [ClauseDifference.of(each) for each in found]

    @asks(Operation.NOTICE_READ, weight=Weight(sized_by="recipients"))
    async def notice_reach(
        self, ask: Ask, id: _Id, recipients: _Recipients, on: _On = None
    ) -> list[RecipientReach]:
        """How a version reaches recipients on a day."""
        wanted = await _recipients(ask, recipients)
        with within(None, moved={"version": ("id",)}):
            version = uuid_of(id, "NoticeVersion", "id")
            found = await clauses.reach_of(ask, version, wanted, on or ask.at.date())
        return [RecipientReach(recipient_uuid=each, reach=found[each]) for each in wanted]


async def _recipients(ask: Ask, given: Sequence[str]) -> list[UUID]:
    """The ids of recipients that were named in either way."""
    named = references(given, "Recipient", "recipients")
    some = inputs.distinct(named, "recipients", most=LARGEST_PAGE)
    return [row.id for row in await catalogue.resolve(ask, recipients.Recipient, some, "recipients")]
