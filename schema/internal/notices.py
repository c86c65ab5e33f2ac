"""Notices: what customers are told. Versions, their texts and clauses, and what the laws find in them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import strawberry

from hub import clauses, notices, versions
from hub.act import Ask
from hub.actors import Operation
from hub.linter import Circumstance
from hub.policy.values import Channel, Jurisdiction
from schema.call import Info
from schema.door import asks, lists
from schema.internal.categories import Category, categories_by_id
from schema.internal.links import children, link, one, several
from schema.internal.paging import counted, page_of
from schema.internal.places import within
from schema.internal.purposes import Purpose, purposes_by_id
from schema.internal.recipients import Recipient, RecipientClass, classes_by_id, recipients_by_id
from schema.internal.references import Reference, reference, row_id
from schema.internal.texts import LocalText, in_locale
from schema.internal.wordings import NoticeCircumstance, NoticeStatement, NoticeText, NoticeVerdict
from schema.relay import CountedConnection, Node, Window, uuid_of
from schema.weights import Weight

FEW = {"weight": Weight(items=3)}
EACH_LAW = Weight(items=6)


@strawberry.type(description="A privacy collection statement of the organisation, such as a branch's.")
class Notice(Node):
    """Its versions say what customers are told."""

    key: str = strawberry.field(description="Its key in the organisation, e.g. `customers`.")
    name: str = strawberry.field(description="Its name, for staff.")
    created_at: datetime = strawberry.field(description="When it was created.")

    @classmethod
    def of(cls, row: notices.Notice) -> Self:
        """As the API shows it."""
        return cls(uuid=row.id, key=row.key, name=row.name, created_at=row.created_at)

    @link(Operation.NOTICE_READ, "Its versions, the first one first; null if you may not read notices.")
    async def versions(self, info: Info) -> "list[NoticeVersion] | None":
        """Loaded with the others'."""
        found = await children(info, Operation.NOTICE_READ, notices.versions_of, self.uuid)
        return None if found is None else [NoticeVersion.of(each) for each in found]


async def notices_by_id(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Notice]:
    """Many at once."""
    return {key: Notice.of(row) for key, row in (await notices.by_ids(ask, ids)).items()}


@strawberry.type(
    description="What a version promises about one purpose: which data, to whom, how, in which words."
)
class Clause(Node):
    """Machine-readable; decisions cite it."""

    row: strawberry.Private[notices.Clause]
    key: str = strawberry.field(description="Its key, stable across versions.")
    is_primary: bool = strawberry.field(description="Whether its purpose is the reason for the collection.")
    channels: list[Channel] = strawberry.field(description="On which channels; none: on any.")

    @classmethod
    def of(cls, row: notices.Clause) -> Self:
        """As the API shows it."""
        channels = [Channel(each) for each in row.channels]
        return cls(uuid=row.id, row=row, key=row.key, is_primary=row.is_primary, channels=channels)

    @strawberry.field(description="Its words in your language.")
    def text(self, info: Info) -> str:
        """Chosen by the language of the request."""
        return in_locale(self.row.texts, info)

    @strawberry.field(description="Its words in every language.", metadata=FEW)
    def texts(self) -> list[LocalText]:
        """By language."""
        return LocalText.all_of(self.row.texts)

    @link(Operation.NOTICE_READ, "The version it belongs to; null if you may not read notices.")
    async def version(self, info: Info) -> "NoticeVersion | None":
        """Loaded with the others'."""
        return await one(info, Operation.NOTICE_READ, versions_by_id, self.row.notice_version_id)

    @link(Operation.CATALOGUE_READ, "The purpose it is about; null if you may not read the catalogue.")
    async def purpose(self, info: Info) -> Purpose | None:
        """Loaded with the others'."""
        return await one(info, Operation.CATALOGUE_READ, purposes_by_id, self.row.purpose_id)

    @link(Operation.CATALOGUE_READ, "The data it is about; null if you may not read the catalogue.")
    async def categories(self, info: Info) -> list[Category] | None:
        """Loaded with the others'."""
        return await several(info, Operation.CATALOGUE_READ, categories_by_id, self.row.categories)

    @link(Operation.CATALOGUE_READ, "The recipients it names; null if you may not read the catalogue.")
    async def recipients(self, info: Info) -> list[Recipient] | None:
        """Loaded with the others'."""
        return await several(info, Operation.CATALOGUE_READ, recipients_by_id, self.row.recipients)

    @link(Operation.CATALOGUE_READ, "The classes it describes; null if you may not read the catalogue.")
    async def classes(self, info: Info) -> list[RecipientClass] | None:
        """Loaded with the others'."""
        return await several(info, Operation.CATALOGUE_READ, classes_by_id, self.row.recipient_classes)


async def clauses_by_id(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Clause]:
    """Many at once."""
    return {key: Clause.of(row) for key, row in (await clauses.by_ids(ask, ids)).items()}


@strawberry.type(
    description="One version of a notice: a draft until it is published, and from then on never changed."
)
class NoticeVersion(Node):
    """What it says."""

    row: strawberry.Private[notices.NoticeVersion]
    number: int = strawberry.field(description="Its number in the notice, from 1.")
    jurisdictions: list[Jurisdiction] = strawberry.field(description="Under whose laws it is meant to serve.")
    created_at: datetime = strawberry.field(description="When it was drafted.")
    published_at: datetime | None = strawberry.field(
        description="When it was published; null: it is a draft."
    )
    sha256: str | None = strawberry.field(
        description="The fingerprint of everything it says; null for a draft."
    )

    @classmethod
    def of(cls, row: notices.NoticeVersion) -> Self:
        """As the API shows it."""
        return cls(
            uuid=row.id,
            row=row,
            number=row.number,
            jurisdictions=[Jurisdiction(each) for each in row.jurisdictions],
            created_at=row.created_at,
            published_at=row.published_at,
            sha256=row.sha256,
        )

    @strawberry.field(description="What it says, field by field.")
    def statements(self) -> list[NoticeStatement]:
        """As drafted."""
        said, _ = versions.read_statements(self.row)
        return [NoticeStatement.of(name, each) for name, each in said.items()]

    @strawberry.field(description="What is so about the collection it is for, as stated.")
    def circumstances(self) -> list[NoticeCircumstance]:
        """As drafted."""
        _, stated = versions.read_statements(self.row)
        return [NoticeCircumstance(circumstance=Circumstance(name), is_so=so) for name, so in stated.items()]

    @link(Operation.NOTICE_READ, "The notice it is a version of; null if you may not read notices.")
    async def notice(self, info: Info) -> Notice | None:
        """Loaded with the others'."""
        return await one(info, Operation.NOTICE_READ, notices_by_id, self.row.notice_id)

    @link(
        Operation.NOTICE_READ,
        "As it is shown, by language; null if you may not read notices.",
        Weight(items=3),
    )
    async def texts(self, info: Info) -> list[NoticeText] | None:
        """Loaded with the others'."""
        found = await children(info, Operation.NOTICE_READ, notices.texts_of, self.uuid)
        return None if found is None else [NoticeText.of(each) for each in found]

    @link(
        Operation.NOTICE_READ,
        "Its clauses, in the order in which they were written; null if you may not read notices.",
    )
    async def clauses(self, info: Info) -> list[Clause] | None:
        """Loaded with the others'."""
        found = await children(info, Operation.NOTICE_READ, clauses.of_versions, self.uuid)
        return None if found is None else [Clause.of(each) for each in found]

    @link(
        Operation.NOTICE_READ,
        "What each law found when it was published; none for a draft (ask `noticeCheck`). "
        "Null if you may not read notices.",
        EACH_LAW,
    )
    async def verdicts(self, info: Info) -> list[NoticeVerdict] | None:
        """Loaded with the others'."""
        found = await children(info, Operation.NOTICE_READ, notices.verdicts_of, self.uuid)
        return None if found is None else [NoticeVerdict.of(each) for each in found]


async def versions_by_id(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, NoticeVersion]:
    """Many at once."""
    return {key: NoticeVersion.of(row) for key, row in (await notices.versions_by_ids(ask, ids)).items()}


@strawberry.input(description="Which notice versions.")
class NoticeVersionFilter:
    """All that is given must hold."""

    notice: Reference | None = strawberry.field(default=None, description="Of this notice: key or id.")
    is_published: bool | None = strawberry.field(
        default=None, description="Published, or drafts; by default both."
    )
    jurisdiction: Jurisdiction | None = strawberry.field(
        default=None, description="Meant to serve under this law."
    )

    async def such(self, ask: Ask) -> notices.Such:
        """As the hub takes it."""
        return notices.Such(
            notice=await row_id(notices.read, ask, self.notice, "Notice", "notice"),
            published=self.is_published,
            jurisdiction=self.jurisdiction,
        )


_Filter = Annotated[NoticeVersionFilter | None, strawberry.argument(description="Which; by default all.")]
_Ref = Annotated[Reference, strawberry.argument(description="Its key or id.")]
_Id = Annotated[strawberry.ID, strawberry.argument(description="The version's id.")]


@strawberry.type
class NoticeQueries:
    """Reading notices."""

    @asks(Operation.NOTICE_READ)
    async def notice(self, ask: Ask, ref: _Ref) -> Notice:
        """One notice."""
        return Notice.of(await notices.read(ask, reference(ref, "Notice", "ref"), "ref"))

    @lists(Operation.NOTICE_READ, UUID)
    async def notices(self, ask: Ask, window: Window) -> CountedConnection[Notice]:
        """The notices of the organisation, oldest first."""

        async def count(again: Ask) -> int:
            return await notices.count(again)

        return counted(window, await notices.page(ask, page_of(window)), Notice.of, count)

    @asks(Operation.NOTICE_READ)
    async def notice_version(self, ask: Ask, id: _Id) -> NoticeVersion:
        """One version of a notice."""
        return NoticeVersion.of(await notices.read_version(ask, uuid_of(id, "NoticeVersion", "id"), "id"))

    @lists(Operation.NOTICE_READ, UUID)
    async def notice_versions(
        self, ask: Ask, window: Window, filter: _Filter = None
    ) -> CountedConnection[NoticeVersion]:
        """Versions of notices, oldest first."""
        with within(filter, "filter"):
            such = await (filter or NoticeVersionFilter()).such(ask)
            rows = await notices.page_versions(ask, page_of(window), such)

        async def count(again: Ask) -> int:
            return await notices.count_versions(again, such)

        return counted(window, rows, NoticeVersion.of, count)
