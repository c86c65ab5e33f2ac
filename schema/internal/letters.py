"""Letters: their templates in an organisation's own words, looked at before anybody gets them; what became of each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self

import strawberry

from hub import letters
from hub.act import Act, Ask
from hub.actors import Operation
from hub.letters import SHIPPED, InForce, Wording
from schema.door import acts, asks
from schema.internal.letter_meanings import Template
from schema.internal.places import within
from schema.problems import Payload
from schema.relay import global_id
from schema.weights import Weight


@strawberry.type(description="A value that a letter says.")
class LetterPlaceholder:
    """Written in braces."""

    name: str = strawberry.field(description="Its name: `{name}` in the text.")
    kind: letters.Kind = strawberry.field(description="What stands there.")


@strawberry.type(description="What a template says in one language.")
class LetterWording:
    """One's own words, or those that come with the hub."""

    locale: str = strawberry.field(description="The language: en, fr or ar.")
    subject: str = strawberry.field(description="The subject.")
    body: str = strawberry.field(description="The text, without its foot.")
    is_revised: bool = strawberry.field(description="Whether these are the organisation's own words.")
    number: int | None = strawberry.field(
        description="The number of the last change; null if there was none."
    )

    @classmethod
    def of(cls, row: InForce) -> Self:
        """As the API shows it."""
        said = row.wording
        return cls(
            locale=row.language, subject=said.subject, body=said.body, is_revised=row.is_revised, number=row.number
        )  # fmt: skip


@strawberry.type(description="A letter that the hub writes, as a template.")
class LetterTemplate:
    """Named placeholders, a version, words in three languages."""

    template: Template = strawberry.field(description="What it is about.")
    version: int = strawberry.field(description="The version of the words that come with the hub.")
    reader: letters.Reader = strawberry.field(description="Who gets it.")
    placeholders: list[LetterPlaceholder] = strawberry.field(
        description="What it says of each case; each must stand in the text, and no other may.",
        metadata={"weight": Weight(items=5)},
    )
    wordings: list[LetterWording] = strawberry.field(
        description="What it says now, in each language.", metadata={"weight": Weight(items=3)}
    )

    @classmethod
    def of(cls, key: letters.Key, wordings: Sequence[InForce]) -> Self:
        """As the API shows it."""
        shipped = SHIPPED[key]
        return cls(
            template=key,
            version=shipped.version,
            reader=shipped.reader,
            placeholders=[
                LetterPlaceholder(name=name, kind=kind) for name, kind in shipped.placeholders.items()
            ],
            wordings=[LetterWording.of(each) for each in wordings],
        )


@strawberry.type(description="One change of a template's words.")
class LetterRevision:
    """Each stays."""

    number: int = strawberry.field(description="Its number, in this template and language.")
    subject: str | None = strawberry.field(description="The subject; null: back to the words of the hub.")
    body: str | None = strawberry.field(description="The text; null: back to the words of the hub.")
    created_at: datetime = strawberry.field(description="When it was made.")
    actor_kind: str = strawberry.field(description="Who made it: app, operator ...")

    @classmethod
    def of(cls, row: letters.Revision) -> Self:
        """As the API shows it."""
        said = row.wording
        return cls(
            number=row.number,
            subject=said and said.subject,
            body=said and said.body,
            created_at=row.created_at,
            actor_kind=row.actor_kind,
        )


@strawberry.type(description="A letter as it would go out, with made-up values.")
class LetterPreview:
    """Nobody gets it."""

    subject: str = strawberry.field(description="The subject.")
    text: str = strawberry.field(description="The plain text, with its foot.")
    html: str = strawberry.field(description="The same as HTML.")
    is_revised: bool = strawberry.field(description="Whether it is in the organisation's own words.")


@strawberry.type(description="A letter about a request, and what became of it.")
class Letter:
    """Without its text; the address masked."""

    id: strawberry.ID = strawberry.field(description="To name it.")
    template: Template = strawberry.field(description="What it is about.")
    template_version: int = strawberry.field(description="The version of its template.")
    locale: str = strawberry.field(description="The language it was written in.")
    address: str = strawberry.field(description="Where it went, masked; empty once its reader is erased.")
    state: letters.State = strawberry.field(description="What became of it.")
    reason: str = strawberry.field(description="Why it was not sent or came back, as a code; else empty.")
    queued_at: datetime = strawberry.field(description="When it was written.")
    sent_at: datetime | None = strawberry.field(description="When the mail server took it.")

    @classmethod
    def of(cls, row: letters.Letter) -> Self:
        """As the API shows it."""
        return cls(
            id=global_id("Letter", row.id),
            template=letters.Key(row.template),
            template_version=row.template_version,
            locale=row.locale,
            address=row.address,
            state=row.state,
            reason=row.reason,
            queued_at=row.queued_at,
            sent_at=row.sent_at,
        )


@strawberry.input(description="Words for a template.")
class LetterWordingInput:
    """Subject and text."""

    subject: str = strawberry.field(description="The subject, 150 characters at most.")
    body: str = strawberry.field(description="The text, with every placeholder of the template.")

    def said(self) -> Wording:
        """As the hub takes it."""
        return Wording(self.subject, self.body)


@strawberry.input(description="Words to look at.")
class LetterPreviewInput:
    """Those in force, or others that are tried."""

    template: Template = strawberry.field(description="Of which template.")
    locale: str = strawberry.field(description="In which language, e.g. `fr`, `ar-MA`.")
    wording: LetterWordingInput | None = strawberry.field(
        default=None, description="Words to try; by default those in force."
    )


@strawberry.input(description="New words for a template.")
class LetterTemplateReviseInput:
    """In one language; each change stays."""

    template: Template = strawberry.field(description="Of which template.")
    locale: str = strawberry.field(description="In which language: en, fr or ar.")
    wording: LetterWordingInput | None = strawberry.field(
        default=None, description="The words; null: back to those that come with the hub."
    )


@strawberry.type(description="The template, as it stands after the act.")
class LetterTemplatePayload(Payload):
    """Of `letterTemplateRevise`."""

    letter_template: LetterTemplate | None = strawberry.field(default=None, description="The template.")


_Which = Annotated[Template, strawberry.argument(description="Which template.")]
_Locale = Annotated[str, strawberry.argument(description="In which language: en, fr or ar.")]
_Look = Annotated[LetterPreviewInput, strawberry.argument(description="Which words.")]
_Revise = Annotated[LetterTemplateReviseInput, strawberry.argument(description="The new words.")]


@strawberry.type
class LetterQueries:
    """What letters say."""

    @asks(Operation.CATALOGUE_READ, weight=Weight(items=len(SHIPPED)))
    async def letter_templates(self, ask: Ask) -> list[LetterTemplate]:
        """Every letter that the hub writes, in the organisation's words where it has its own."""
        return [LetterTemplate.of(key, said) for key, said in (await letters.in_force(ask)).items()]

    @asks(Operation.CATALOGUE_READ)
    async def letter_revisions(self, ask: Ask, template: _Which, locale: _Locale) -> list[LetterRevision]:
        """How a template's words were changed in one language, the latest first."""
        return [LetterRevision.of(each) for each in await letters.revisions(ask, template, locale)]

    @asks(Operation.CATALOGUE_READ)
    async def letter_preview(self, ask: Ask, input: _Look) -> LetterPreview:
        """A letter as it would go out, with made-up values; words can be tried before they are put in force."""
        with within(input, "input"):
            words = input.wording and input.wording.said()
            seen = await letters.preview(ask, input.template, input.locale, wording=words)
        return LetterPreview(subject=seen.subject, text=seen.text, html=seen.html, is_revised=seen.is_revised)


@strawberry.type
class LetterMutations:
    """Changing what letters say."""

    @acts(Operation.LETTER_REVISE)
    async def letter_template_revise(self, act: Act, input: _Revise) -> LetterTemplatePayload:
        """Put one's own words in the place of a template's, or go back; letters written from now on say them."""
        with within(input, "input"):
            await letters.revise(act, input.template, input.locale, input.wording and input.wording.said())
        said = (await letters.in_force(act))[input.template]
        return LetterTemplatePayload(letter_template=LetterTemplate.of(input.template, said))
