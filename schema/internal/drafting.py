"""Writing notices: created, drafted, revised, published."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from hub import notices
from hub.act import Act
from hub.actors import Operation
from hub.errors import invalid
from hub.linter import Circumstance, NotApplicable, Statement
from hub.policy.values import Channel, Jurisdiction
from schema.door import acts
from schema.internal.notices import Notice, NoticeVersion
from schema.internal.places import within
from schema.internal.references import Reference, reference, references
from schema.internal.texts import LocalTextInput, by_locale
from schema.problems import Payload
from schema.relay import uuid_of

CONTENT = {
    name: ("content", name) for name in ("jurisdictions", "statements", "circumstances", "texts", "clauses")
}


@strawberry.input(description="A notice to create, still without a version.")
class NoticeCreateInput:
    """A collection statement."""

    key: str = strawberry.field(description="Its key, e.g. `customers`.")
    name: str = strawberry.field(description="Its name, for staff.")


@strawberry.input(description="What a version says about one thing: either `text` or `notApplicable`.")
class NoticeStatementInput:
    """One field of the linter's table."""

    field: str = strawberry.field(description="What it is about; `noticeFields` lists them.")
    text: str | None = strawberry.field(default=None, description="What the version says.")
    not_applicable: str | None = strawberry.field(default=None, description="Why it does not apply.")

    def said(self, place: int) -> Statement:
        """As the hub takes it."""
        if self.text is not None and self.not_applicable is None:
            return self.text
        if self.not_applicable is not None and self.text is None:
            return NotApplicable(self.not_applicable)
        raise invalid("Give either `text` or `notApplicable`.", "statements", place)


@strawberry.input(description="Whether something is so about the collection a notice is for.")
class NoticeCircumstanceInput:
    """One statement."""

    circumstance: Circumstance = strawberry.field(description="What.")
    is_so: bool = strawberry.field(description="Whether it is so.")


@strawberry.input(description="A version as it is shown in one language.")
class NoticeTextInput:
    """Title and body."""

    locale: str = strawberry.field(description="The language: en, fr or ar.")
    title: str = strawberry.field(description="The title.")
    body: str = strawberry.field(description="Everything it says.")


@strawberry.input(description="What a version promises about one purpose.")
class ClauseInput:
    """Which data, to whom, on which channels, in which words."""

    key: str = strawberry.field(description="Its key, stable across versions.")
    purpose: Reference = strawberry.field(description="The purpose it is about: key or id.")
    categories: list[Reference] = strawberry.field(description="The data it is about: keys or ids.")
    texts: list[LocalTextInput] = strawberry.field(description="Its words, in every language of the version.")
    is_primary: bool = strawberry.field(
        default=False, description="Whether its purpose is the reason for the collection."
    )
    recipients: list[Reference] = strawberry.field(
        default_factory=list[Reference], description="The recipients it names: keys or ids."
    )
    classes: list[Reference] = strawberry.field(
        default_factory=list[Reference], description="The classes of recipients it describes: keys or ids."
    )
    channels: list[Channel] = strawberry.field(
        default_factory=list[Channel], description="On which channels; none: on any."
    )

    def promise(self, *path: str | int) -> notices.NewClause:
        """As the hub takes it."""
        return notices.NewClause(
            key=self.key,
            purpose=reference(self.purpose, "Purpose", *path, "purpose"),
            categories=references(self.categories, "Category", *path, "categories"),
            texts=by_locale(self.texts, *path, "texts"),
            is_primary=self.is_primary,
            recipients=references(self.recipients, "Recipient", *path, "recipients"),
            classes=references(self.classes, "RecipientClass", *path, "classes"),
            channels=self.channels,
        )


@strawberry.input(description="Everything a version says.")
class NoticeContentInput:
    """Its fields, texts and clauses."""

    jurisdictions: list[Jurisdiction] = strawberry.field(description="Under whose laws it is meant to serve.")
    statements: list[NoticeStatementInput] = strawberry.field(description="What it says, field by field.")
    texts: list[NoticeTextInput] = strawberry.field(description="As it is shown, in one language at least.")
    clauses: list[ClauseInput] = strawberry.field(description="What it promises, purpose by purpose.")
    circumstances: list[NoticeCircumstanceInput] = strawberry.field(
        default_factory=list[NoticeCircumstanceInput],
        description="What is so about the collection; what is not stated is taken as given.",
    )

    def said(self) -> notices.Content:
        """As the hub takes it."""
        _unlike([each.field for each in self.statements], "statements", "field")
        _unlike([each.locale for each in self.texts], "texts", "locale")
        return notices.Content(
            jurisdictions=self.jurisdictions,
            statements={each.field: each.said(place) for place, each in enumerate(self.statements)},
            texts={each.locale: notices.Text(each.title, each.body) for each in self.texts},
            clauses=[each.promise("clauses", place) for place, each in enumerate(self.clauses)],
            circumstances={each.circumstance.value: each.is_so for each in self.circumstances},
        )


def _unlike(marks: Sequence[str], *path: str) -> None:
    seen: set[str] = set()
    for place, mark in enumerate(marks):
        if mark in seen:
            raise invalid("This stands here twice.", path[0], place, path[1])
        seen.add(mark)


@strawberry.input(description="The next version of a notice.")
class NoticeDraftInput:
    """A draft."""

    notice: Reference = strawberry.field(description="Of which notice: key or id.")
    content: NoticeContentInput = strawberry.field(description="What it says.")


@strawberry.input(description="What a draft says from now on.")
class NoticeReviseInput:
    """All of it."""

    version: strawberry.ID = strawberry.field(description="The draft's id.")
    content: NoticeContentInput = strawberry.field(description="What it says, all of it.")


@strawberry.input(description="A draft to publish.")
class NoticePublishInput:
    """For good."""

    version: strawberry.ID = strawberry.field(description="The draft's id.")


@strawberry.type(description="The notice, as it stands after the act.")
class NoticePayload(Payload):
    """Of `noticeCreate`."""

    notice: Notice | None = strawberry.field(default=None, description="The notice.")


@strawberry.type(description="The version, as it stands after the act.")
class NoticeVersionPayload(Payload):
    """Of a mutation on one version."""

    version: NoticeVersion | None = strawberry.field(default=None, description="The version.")


_Create = Annotated[NoticeCreateInput, strawberry.argument(description="The notice.")]
_Draft = Annotated[NoticeDraftInput, strawberry.argument(description="The draft.")]
_Revise = Annotated[NoticeReviseInput, strawberry.argument(description="The new words.")]
_Publish = Annotated[NoticePublishInput, strawberry.argument(description="Which.")]


@strawberry.type
class NoticeMutations:
    """Writing notices."""

    @acts(Operation.NOTICE_DRAFT)
    async def notice_create(self, act: Act, input: _Create) -> NoticePayload:
        """Create a notice, still without a version."""
        with within(input, "input"):
            row = await notices.create(act, notices.NewNotice(input.key, input.name))
        return NoticePayload(notice=Notice.of(row))

    @acts(Operation.NOTICE_DRAFT)
    async def notice_draft(self, act: Act, input: _Draft) -> NoticeVersionPayload:
        """Draft the next version of a notice."""
        with within(input, "input", moved=CONTENT):
            named = reference(input.notice, "Notice", "notice")
            row = await notices.draft(act, named, input.content.said())
        return NoticeVersionPayload(version=NoticeVersion.of(row))

    @acts(Operation.NOTICE_DRAFT)
    async def notice_revise(self, act: Act, input: _Revise) -> NoticeVersionPayload:
        """Replace what a draft says. A published version never changes: draft the next one."""
        with within(input, "input", moved=CONTENT):
            version = uuid_of(input.version, "NoticeVersion", "version")
            row = await notices.revise(act, version, input.content.said())
        return NoticeVersionPayload(version=NoticeVersion.of(row))

    @acts(Operation.NOTICE_PUBLISH)
    async def notice_publish(self, act: Act, input: _Publish) -> NoticeVersionPayload:
        """Publish a draft: check it under every law, keep the verdicts, freeze it."""
        with within(input, "input"):
            row = await notices.publish(act, uuid_of(input.version, "NoticeVersion", "version"))
        return NoticeVersionPayload(version=NoticeVersion.of(row))
