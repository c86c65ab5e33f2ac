"""Consent questions: what was asked of whom, where, and what became of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import strawberry

from hub import askable, posed, purposes
from hub.act import Ask
from hub.actors import Operation
from hub.policy.values import Channel
from hub.said import Grade, Method
from schema.call import Info
from schema.door import lists
from schema.internal.choices import Choice, choices_by_id
from schema.internal.customers import Customer, customers_by_id
from schema.internal.links import children, link, one, several
from schema.internal.meanings import _told
from schema.internal.notices import NoticeVersion, versions_by_id
from schema.internal.paging import paged, start_of, stretch
from schema.internal.people import CustomerRef, find_customer
from schema.internal.places import within
from schema.internal.purposes import Purpose, purposes_by_id
from schema.internal.recipients import Recipient, recipients_by_id
from schema.internal.references import Reference, row_id
from schema.internal.texts import LocalText, in_locale
from schema.relay import Connection, Node, Window, global_id
from schema.weights import Weight

_told(
    posed.State, "ConsentQuestionState", "How a consent question stands; its events bear the same names.",
    PUT="Put, and not shown yet.",
    SHOWN="Shown to the customer, who has not answered yet.",
    ANSWERED_YES="The customer agreed.",
    ANSWERED_NO="The customer refused.",
    LAPSED="Its time was up before an answer.",
    CANCELLED="Taken back.",
)  # fmt: skip
_told(
    posed.Where, "ConsentQuestionPlace", "Where a question may be put; a promotional message is none of these.",
    PORTAL="In the customers' portal.",
    PAPER="On paper.",
    SERVICE_FLOW="Within something the customer came to do.",
    BRANCH="In a branch, face to face.",
    PHONE="In a conversation by telephone.",
)  # fmt: skip
_told(
    askable.Bar, "ConsentQuestionBar", "Why a question is not put to a customer.",
    ERASED="The customer is erased.",
    ADULT="A guardian's consent is wanted, and the customer is an adult.",
    NO_WORDING="The wording or the benefit is given neither in the customer's language nor in English.",
    OPEN="A question for this scope waits for the customer's answer.",
    ASKED_BEFORE="The customer was asked before, and in South Africa is asked once only.",
    REFUSED_BEFORE="The customer refused before, and in South Africa is not asked again.",
    OPTED_OUT_OF_SHARING="In California: the customer opted out of sale or sharing within the last 12 months.",
    OPTED_OUT_OF_MARKETING="The customer opted out of marketing, and this asks for consent to marketing.",
    SPARED="The customer said no or objected, or the record is closed to it: `asking` on a preview says which.",
)  # fmt: skip


@strawberry.type(description="Something that became of a consent question; it never changes.")
class ConsentQuestionEvent:
    """One step of its life."""

    row: strawberry.Private[posed.Event]
    kind: posed.State = strawberry.field(description="What.")
    place: posed.Where | None = strawberry.field(description="Of a showing and an answer: where.")
    method: Method | None = strawberry.field(description="Of a showing and an answer: how.")
    locale: str | None = strawberry.field(description="Of a showing and an answer: in which language.")
    happened_at: datetime = strawberry.field(description="When.")
    recorded_at: datetime = strawberry.field(description="When the hub was told.")

    @classmethod
    def of(cls, row: posed.Event) -> Self:
        """As the API shows it."""
        return cls(
            row=row,
            kind=row.kind,
            place=row.place,
            method=row.method,
            locale=row.locale,
            happened_at=row.happened_at,
            recorded_at=row.recorded_at,
        )

    @link(Operation.CUSTOMER_READ, "The customer's words recorded with it.", Weight(items=2))
    async def choices(self, info: Info) -> list[Choice]:
        """Loaded with the others'."""
        return await several(info, Operation.CUSTOMER_READ, choices_by_id, self.row.choices) or []


@strawberry.type(
    description="A question put to one customer: may we? It never changes; events tell what became of it."
)
class ConsentQuestion(Node):
    """With its benefit, its expiry and its answer."""

    row: strawberry.Private[posed.Question]
    state: posed.State = strawberry.field(description="How it stands now.")
    customer_id: strawberry.ID = strawberry.field(description="Who is asked.")
    purpose_id: strawberry.ID = strawberry.field(description="For this purpose.")
    channels: list[Channel] = strawberry.field(description="On these channels; none: on all.")
    recipient_id: strawberry.ID | None = strawberry.field(
        description="Towards this recipient; null: towards all."
    )
    grade: Grade = strawberry.field(description="What a yes would be worth.")
    wordings: list[LocalText] = strawberry.field(description="The question, in every language it is put in.")
    benefits: list[LocalText] = strawberry.field(
        description="What the customer has from a yes, in every language."
    )
    places: list[posed.Where] = strawberry.field(description="Where it may be put.")
    campaign: str | None = strawberry.field(description="The batch it belongs to.")
    put_at: datetime = strawberry.field(description="When it was put.")
    expires_at: datetime = strawberry.field(
        description="From when on it has lapsed, unless it has ended before."
    )
    consent_ends_at: datetime | None = strawberry.field(
        description="When its wording ends the consent it asks for."
    )
    ended_at: datetime | None = strawberry.field(
        description="When it was answered, cancelled or lapsed; null while it is open."
    )

    @classmethod
    def of(cls, row: posed.Question) -> Self:
        """As the API shows it."""
        return cls(
            uuid=row.id,
            row=row,
            state=row.state,
            customer_id=global_id("Customer", row.customer_id),
            purpose_id=global_id("Purpose", row.purpose_id),
            channels=[Channel(each) for each in row.channels],
            recipient_id=global_id("Recipient", row.recipient_id) if row.recipient_id else None,
            grade=row.grade,
            wordings=LocalText.all_of(row.wording),
            benefits=LocalText.all_of(row.benefit),
            places=list(row.places),
            campaign=row.campaign,
            put_at=row.put_at,
            expires_at=row.expires_at,
            consent_ends_at=row.consent_ends_at,
            ended_at=row.ended_at,
        )

    @strawberry.field(description="The question in your language, else in English, else in any.")
    def wording(self, info: Info) -> str:
        """One of the wordings."""
        return in_locale(self.row.wording, info)

    @strawberry.field(description="The benefit in your language, else in English, else in any.")
    def benefit(self, info: Info) -> str:
        """One of the benefits."""
        return in_locale(self.row.benefit, info)

    @link(Operation.CUSTOMER_READ, "Who is asked.")
    async def customer(self, info: Info) -> Customer | None:
        """Loaded with the others'."""
        return await one(info, Operation.CUSTOMER_READ, customers_by_id, self.row.customer_id)

    @link(Operation.CATALOGUE_READ, "The purpose; null if you may not read the catalogue.")
    async def purpose(self, info: Info) -> Purpose | None:
        """Loaded with the others'."""
        return await one(info, Operation.CATALOGUE_READ, purposes_by_id, self.row.purpose_id)

    @link(Operation.CATALOGUE_READ, "The recipient; null for all, or if you may not read the catalogue.")
    async def recipient(self, info: Info) -> Recipient | None:
        """Loaded with the others'."""
        return await one(info, Operation.CATALOGUE_READ, recipients_by_id, self.row.recipient_id)

    @link(Operation.NOTICE_READ, "The notice shown with it; null for none, or if you may not read notices.")
    async def notice_version(self, info: Info) -> NoticeVersion | None:
        """Loaded with the others'."""
        return await one(info, Operation.NOTICE_READ, versions_by_id, self.row.notice_version_id)

    @link(Operation.QUESTION_READ, "What became of it, in order.", Weight(items=3))
    async def events(self, info: Info) -> list[ConsentQuestionEvent]:
        """Loaded with the others'."""
        found = await children(info, Operation.QUESTION_READ, posed.events_of, self.uuid)
        return [ConsentQuestionEvent.of(each) for each in found or ()]


async def questions_by_id(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, ConsentQuestion]:
    """Many at once."""
    return {key: ConsentQuestion.of(row) for key, row in (await posed.by_ids(ask, ids)).items()}


@strawberry.input(description="Which consent questions.")
class ConsentQuestionFilter:
    """All that is given must hold."""

    customer: CustomerRef | None = strawberry.field(default=None, description="Put to this customer.")
    state: posed.State | None = strawberry.field(default=None, description="That stand like this now.")
    campaign: str | None = strawberry.field(default=None, description="Of this batch.")
    purpose: Reference | None = strawberry.field(default=None, description="For this purpose: key or id.")


_Filter = Annotated[ConsentQuestionFilter | None, strawberry.argument(description="Which; by default all.")]


@strawberry.type
class ConsentQuestionQueries:
    """What was asked."""

    @lists(Operation.QUESTION_READ, UUID)
    async def consent_questions(
        self, ask: Ask, window: Window, filter: _Filter = None
    ) -> Connection[ConsentQuestion]:
        """Questions put to customers, those put first first."""
        chosen = filter or ConsentQuestionFilter()
        about = await find_customer(ask, chosen.customer, "filter", "customer") if chosen.customer else None
        with within(chosen, "filter"):
            wanted = posed.Filter(
                customer_id=about,
                state=chosen.state,
                campaign=chosen.campaign,
                purpose_id=await row_id(purposes.read, ask, chosen.purpose, "Purpose", "purpose"),
            )
            page = await posed.page(ask, wanted, start_of(window), window.limit, backwards=window.backwards)
        return paged(window, stretch(page.items, window), ConsentQuestion.of)
