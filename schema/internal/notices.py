"""Notices: what customers are told. Versions, their texts and clauses, and what the laws find in them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

import strawberry

from hub import catalogue, clauses, inputs, notices, recipients, versions
from hub.act import Ask
from hub.actors import Operation
from hub.linter import Circumstance, NotApplicable
from hub.linter import Finding as DomainFinding
from hub.linter import complete as is_complete
from hub.policy.values import Channel, Jurisdiction
from schema.call import Info
from schema.door import asks, lists
from schema.internal.categories import Category, categories_by_id
from schema.internal.findings import Finding
from schema.internal.links import children, link, one, several
from schema.internal.paging import page_of, paged
from schema.internal.places import within
from schema.internal.purposes import Purpose, purposes_by_id
from schema.internal.recipients import Recipient, RecipientClass, classes_by_id, recipients_by_id
from schema.internal.references import Reference, reference, references, row_id
from schema.internal.texts import LocalText, in_locale
from schema.limits import LARGEST_PAGE
from schema.relay import Connection, Node, Window, uuid_of
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


@strawberry.type(description="A notice version as it is shown in one language.")
class NoticeText:
    """Title and body."""

    locale: str = strawberry.field(description="The language.")
    title: str = strawberry.field(description="The title.")
    body: str = strawberry.field(description="Everything it says.")

    @classmethod
    def of(cls, row: notices.NoticeText) -> Self:
        """As the API shows it."""
        return cls(locale=row.locale, title=row.title, body=row.body)


@strawberry.type(description="What a version says about one thing a notice may have to say.")
class NoticeStatement:
    """Either a text, or the reason why it does not apply."""

    field: str = strawberry.field(description="What it is about; `noticeFields` lists them.")
    text: str | None = strawberry.field(description="What the version says; null if it does not apply.")
    not_applicable: str | None = strawberry.field(description="Why it does not apply; null if it does.")

    @classmethod
    def of(cls, name: str, said: str | NotApplicable) -> Self:
        """As the API shows it."""
        if isinstance(said, NotApplicable):
            return cls(field=name, text=None, not_applicable=said.reason)
        return cls(field=name, text=said, not_applicable=None)


@strawberry.type(description="Whether something is so about the collection a notice is for.")
class NoticeCircumstance:
    """One that was stated; what is not stated is taken as given."""

    circumstance: Circumstance = strawberry.field(description="What.")
    is_so: bool = strawberry.field(description="Whether it is so.")


@strawberry.type(description="What one law finds in a version.")
class NoticeVerdict:
    """Complete or not, and why."""

    jurisdiction: Jurisdiction = strawberry.field(description="Whose law.")
    is_complete: bool = strawberry.field(description="Whether there is no error: it may be published and serves.")
    findings: list[Finding] = strawberry.field(description="What to mend, and advice.", metadata=FEW)
    checked_at: datetime = strawberry.field(description="As of when.")

    @classmethod
    def of(cls, row: notices.NoticeVerdict) -> Self:
        """As the API shows it."""
        return cls(
            jurisdiction=Jurisdiction(row.jurisdiction),
            is_complete=row.complete,
            findings=[Finding.kept(each) for each in row.findings],
            checked_at=row.checked_at,
        )

    @classmethod
    def now(cls, place: Jurisdiction, found: Sequence[DomainFinding], at: datetime) -> Self:
        """One that is not kept."""
        findings = [Finding.of(each) for each in found]
        return cls(jurisdiction=place, is_complete=is_complete(found), findings=findings, checked_at=at)


@strawberry.type(description="What a version promises about one purpose: which data, to whom, how, in which words.")
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


@strawberry.type(description="One version of a notice: a draft until it is published, and from then on never changed.")
class NoticeVersion(Node):
    """What it says."""

    row: strawberry.Private[notices.NoticeVersion]
    number: int = strawberry.field(description="Its number in the notice, from 1.")
    jurisdictions: list[Jurisdiction] = strawberry.field(description="Under whose laws it is meant to serve.")
    created_at: datetime = strawberry.field(description="When it was drafted.")
    published_at: datetime | None = strawberry.field(description="When it was published; null: it is a draft.")
    sha256: str | None = strawberry.field(description="The fingerprint of everything it says; null for a draft.")

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

    @link(Operation.NOTICE_READ, "As it is shown, by language; null if you may not read notices.", Weight(items=3))
    async def texts(self, info: Info) -> list[NoticeText] | None:
        """Loaded with the others'."""
        found = await children(info, Operation.NOTICE_READ, notices.texts_of, self.uuid)
        return None if found is None else [NoticeText.of(each) for each in found]

    @link(Operation.NOTICE_READ, "Its clauses, in the order in which they were written; null if you may not read notices.")
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


@strawberry.input(description="Which notice versions.")
class NoticeVersionFilter:
    """All that is given must hold."""

    notice: Reference | None = strawberry.field(default=None, description="Of this notice: key or id.")
    is_published: bool | None = strawberry.field(default=None, description="Published, or drafts; by default both.")
    jurisdiction: Jurisdiction | None = strawberry.field(default=None, description="Meant to serve under this law.")

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
_Older = Annotated[strawberry.ID, strawberry.argument(description="The older version's id.")]
_Newer = Annotated[strawberry.ID, strawberry.argument(description="The newer version's id.")]
_Recipients = Annotated[list[Reference], strawberry.argument(description="At most 100 recipients: keys or ids.")]
_On = Annotated[date | None, strawberry.argument(description="On which day; by default today.")]


@strawberry.type
class NoticeQueries:
    """Reading notices."""

    @asks(Operation.NOTICE_READ)
    async def notice(self, ask: Ask, ref: _Ref) -> Notice:
        """One notice."""
        return Notice.of(await notices.read(ask, reference(ref, "Notice", "ref"), "ref"))

    @lists(Operation.NOTICE_READ, UUID)
    async def notices(self, ask: Ask, window: Window) -> Connection[Notice]:
        """The notices of the organisation, oldest first."""

        async def count(again: Ask) -> int:
            return await notices.count(again)

        return paged(window, await notices.page(ask, page_of(window)), Notice.of, count)

    @asks(Operation.NOTICE_READ)
    async def notice_version(self, ask: Ask, id: _Id) -> NoticeVersion:
        """One version of a notice."""
        return NoticeVersion.of(await notices.read_version(ask, uuid_of(id, "NoticeVersion", "id"), "id"))

    @lists(Operation.NOTICE_READ, UUID)
    async def notice_versions(self, ask: Ask, window: Window, filter: _Filter = None) -> Connection[NoticeVersion]:
        """Versions of notices, oldest first."""
        with within(filter, "filter"):
            such = await (filter or NoticeVersionFilter()).such(ask)
            rows = await notices.page_versions(ask, page_of(window), such)

        async def count(again: Ask) -> int:
            return await notices.count_versions(again, such)

        return paged(window, rows, NoticeVersion.of, count)

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
