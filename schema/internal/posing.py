"""Putting consent questions to customers, showing them, and recording what is answered."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from hub import catalogue, purposes, questions, recipients
from hub.act import Act
from hub.actors import Operation
from hub.errors import Code, Refusal, invalid
from hub.policy.values import Channel
from hub.posing import CUSTOMERS_MOST
from hub.questions import Bar, NewQuestion, Outcome, Showing, Where
from hub.said import Grade, Method
from schema.door import Once, acts
from schema.internal.people import CustomerRef, find_customer, find_customers
from schema.internal.places import within
from schema.internal.questions import ConsentQuestion, questions_by_id
from schema.internal.references import Reference, optional_id, reference, row_id
from schema.internal.texts import LocalTextInput, by_locale
from schema.problems import Payload, Problem
from schema.relay import uuid_of
from schema.weights import Weight

REFERENCE = {"evidence": ("reference",)}
"""Where the reference of a proof stands in an input."""


@strawberry.input(description="What is asked, and where it may be.")
class _Posed:
    """What one question and a batch have in common."""

    purpose: Reference = strawberry.field(description="For which purpose: key or id.")
    wording: list[LocalTextInput] = strawberry.field(
        description="The question, without personal data: in the customer's language or in English at least."
    )
    benefit: list[LocalTextInput] = strawberry.field(
        description="What the customer has from a yes, in the same languages; nothing beyond what the notice states."
    )
    places: list[Where] = strawberry.field(description="Where it may be put, the usual place first.")
    expires_at: datetime = strawberry.field(description="From when on it has lapsed; in two years at most.")
    channels: list[Channel] = strawberry.field(
        default_factory=list[Channel], description="On which channels a yes would count; none: on all."
    )
    recipient: Reference | None = strawberry.field(
        default=None, description="Towards which recipient: key or id; null: towards all."
    )
    grade: Grade = strawberry.field(default=Grade.GIVEN, description="What a yes would be worth.")
    notice_version: strawberry.ID | None = strawberry.field(
        default=None, description="The id of the notice version shown with it."
    )
    consent_ends_at: datetime | None = strawberry.field(
        default=None, description="When the wording itself ends the consent."
    )
    campaign: str | None = strawberry.field(
        default=None, description="A key for the batch it belongs to, such as `spring-referrals`."
    )

    async def new(self, act: Act) -> NewQuestion:
        """As the hub takes it."""
        return NewQuestion(
            purpose_id=(
                await purposes.read(act, reference(self.purpose, "Purpose", "purpose"), "purpose")
            ).id,
            wording=by_locale(self.wording, "wording"),
            benefit=by_locale(self.benefit, "benefit"),
            places=self.places,
            expires_at=self.expires_at,
            channels=self.channels,
            recipient_id=await row_id(recipients.read, act, self.recipient, "Recipient", "recipient"),
            grade=self.grade,
            notice_version_id=optional_id(self.notice_version, "NoticeVersion", "notice_version"),
            consent_ends_at=self.consent_ends_at,
            campaign=self.campaign,
        )


@strawberry.input(description="A consent question for one customer.")
class PutConsentQuestionInput(_Posed):
    """To whom, and what."""

    customer: CustomerRef = strawberry.field(description="Who is asked.")


@strawberry.input(description="The same consent question for many customers.")
class PutConsentQuestionsInput(_Posed):
    """To whom, and what."""

    customers: list[CustomerRef] = strawberry.field(description="Who is asked: 1 to 1,000 customers.")


@strawberry.input(description="Where and how a question was shown.")
class _Shown:
    """What a showing and an answer have in common."""

    question: strawberry.ID = strawberry.field(description="The question's id.")
    place: Where = strawberry.field(description="Where: one of the question's places.")
    method: Method | None = strawberry.field(default=None, description="How; by default as is usual there.")
    locale: str | None = strawberry.field(
        default=None, description="In which language; by default the one it was shown in, or the customer's."
    )
    happened_at: datetime | None = strawberry.field(default=None, description="When; by default now.")

    def showing(self, reference: str = "") -> Showing:
        """As the hub takes it."""
        return Showing(self.place, self.method, self.locale, self.happened_at, reference)


@strawberry.input(description="A question was shown to its customer.")
class ShowConsentQuestionInput(_Shown):
    """Where, how and when."""


@strawberry.input(description="The customer answered.")
class AnswerConsentQuestionInput(_Shown):
    """What, where, how and when."""

    is_yes: bool = strawberry.field(description="Whether the customer agreed.")
    reference: str = strawberry.field(
        default="", description="Where the proof is kept: a recording, a form. Sealed."
    )


@strawberry.input(description="A question is taken back.")
class CancelConsentQuestionInput:
    """Which, and why."""

    question: strawberry.ID = strawberry.field(description="The question's id.")
    reason: str = strawberry.field(default="", description="A code such as WRONG_WORDING.")


@strawberry.type(description="The question, after the act.")
class ConsentQuestionPayload(Payload):
    """Of every mutation about one question."""

    question: ConsentQuestion | None = strawberry.field(default=None, description="The question.")


@strawberry.type(description="What became of one customer's question within a batch.")
class ConsentQuestionResult:
    """Either a question or problems."""

    question: ConsentQuestion | None = strawberry.field(
        default=None, description="The question; null if it was not put."
    )
    bar: Bar | None = strawberry.field(
        default=None,
        description="Why this customer is not asked; null if they are, or if they were not found.",
    )
    problems: list[Problem] = strawberry.field(
        default_factory=list[Problem],
        description="The same for people. Nothing was kept of it.",
        metadata={"weight": Weight(items=1)},
    )


@strawberry.type(description="What became of each customer's, in the order in which they were named.")
class ConsentQuestionsPayload(Payload):
    """Of a batch."""

    results: list[ConsentQuestionResult] = strawberry.field(
        default_factory=list[ConsentQuestionResult],
        description="One per customer.",
        metadata={"weight": Weight(items=1)},
    )


_Put = Annotated[PutConsentQuestionInput, strawberry.argument(description="What, and to whom.")]
_PutMany = Annotated[PutConsentQuestionsInput, strawberry.argument(description="What, and to whom.")]
_Show = Annotated[ShowConsentQuestionInput, strawberry.argument(description="Which, and where.")]
_Answer = Annotated[AnswerConsentQuestionInput, strawberry.argument(description="Which, and what.")]
_Cancel = Annotated[CancelConsentQuestionInput, strawberry.argument(description="Which, and why.")]
Kept = dict[str, Any]
Made = tuple[ConsentQuestion | None, Bar | None, Refusal | None]
"""One customer's: the question, or why there is none."""


@strawberry.type
class ConsentQuestionMutations:
    """Asking customers for consent."""

    @acts(Operation.QUESTION_PUT)
    async def put_consent_question(self, act: Act, input: _Put) -> ConsentQuestionPayload:
        """Put a question to one customer, unless what they said or were asked before forbids to ask them."""
        customer_id = await find_customer(act, input.customer, "input", "customer")
        with within(input, "input"):
            question = await questions.put(act, await input.new(act), customer_id, catalogue.owner(act, None))
        return ConsentQuestionPayload(question=ConsentQuestion.of(question))

    @acts(Operation.QUESTION_PUT, weight=Weight(sized_by="input.customers"))
    async def put_consent_questions(
        self, act: Act, once: Once | None, input: _PutMany
    ) -> ConsentQuestionsPayload:
        """Put one question to many customers; one who may not be asked does not stop the others."""
        made: list[Made] = []

        async def make() -> Kept:
            made.extend(await _put_many(act, input))
            return {"results": [_kept(each) for each in made]}

        kept = await act.answer_once(once.key, once.fingerprint, make) if once else await make()
        results = made or await _again(act, kept or {"results": []})
        return ConsentQuestionsPayload(results=[_result(each) for each in results])

    @acts(Operation.QUESTION_ANSWER)
    async def show_consent_question(self, act: Act, input: _Show) -> ConsentQuestionPayload:
        """Record that a question was shown; refused once the customer may not be asked any more."""
        with within(input, "input"):
            named = uuid_of(input.question, "ConsentQuestion", "question")
            question = await questions.show(act, named, input.showing())
        return ConsentQuestionPayload(question=ConsentQuestion.of(question))

    @acts(Operation.QUESTION_ANSWER)
    async def answer_consent_question(self, act: Act, input: _Answer) -> ConsentQuestionPayload:
        """Record the customer's answer, and with it the consent or its refusal, with its evidence."""
        with within(input, "input", moved=REFERENCE):
            named = uuid_of(input.question, "ConsentQuestion", "question")
            showing = input.showing(input.reference)
            question = await questions.answer(act, named, showing, is_yes=input.is_yes)
        return ConsentQuestionPayload(question=ConsentQuestion.of(question))

    @acts(Operation.QUESTION_PUT)
    async def cancel_consent_question(self, act: Act, input: _Cancel) -> ConsentQuestionPayload:
        """Take a question back that has not ended; one that nobody was shown counts as never asked."""
        with within(input, "input"):
            named = uuid_of(input.question, "ConsentQuestion", "question")
            question = await questions.cancel(act, named, input.reason)
        return ConsentQuestionPayload(question=ConsentQuestion.of(question))


async def _put_many(act: Act, given: PutConsentQuestionsInput) -> list[Made]:
    """Put it to everybody who is found, and say where in the input the others stand."""
    if not 1 <= len(given.customers) <= CUSTOMERS_MOST:
        raise invalid(f"Name 1 to {CUSTOMERS_MOST} customers in one call.", "input", "customers")
    people = await find_customers(act, given.customers)
    known = [each for each in people if isinstance(each, UUID)]
    with within(given, "input"):
        new = await given.new(act)
        outcomes = iter(
            await questions.put_many(act, new, known, catalogue.owner(act, None)) if known else ()
        )
    return [
        _made(next(outcomes) if isinstance(each, UUID) else each, place) for place, each in enumerate(people)
    ]


def _made(found: Outcome | Refusal, place: int) -> Made:
    if isinstance(found, Outcome):
        question = ConsentQuestion.of(found.question) if found.question else None
        return question, found.bar, _at(found.refusal, place) if found.refusal else None
    return None, None, _at(found, place, *found.path)


def _at(refusal: Refusal, place: int, *path: str | int) -> Refusal:
    return Refusal(refusal.code, refusal.message, ("input", "customers", place, *path))


def _result(made: Made) -> ConsentQuestionResult:
    question, bar, refusal = made
    problems = [Problem.of(refusal)] if refusal else []
    return ConsentQuestionResult(question=question, bar=bar, problems=problems)


def _kept(made: Made) -> Kept:
    """What is remembered of one customer's, so that the same key gets the same answer."""
    question, bar, refusal = made
    said = {"code": refusal.code, "message": refusal.message, "path": refusal.path} if refusal else None
    return {"question": str(question.uuid) if question else None, "bar": bar, "refusal": said}


async def _again(act: Act, kept: Kept) -> list[Made]:
    """The results of a batch a second time; the questions as they stand now."""
    results: list[Kept] = kept["results"]
    found = await questions_by_id(act, [UUID(each["question"]) for each in results if each["question"]])
    return [_remembered(each, found) for each in results]


def _remembered(kept: Kept, found: Mapping[UUID, ConsentQuestion]) -> Made:
    question = found.get(UUID(kept["question"])) if kept["question"] else None
    said = kept["refusal"]
    refusal = Refusal(Code(said["code"]), said["message"], tuple(said["path"])) if said else None
    return question, Bar(kept["bar"]) if kept["bar"] else None, refusal
