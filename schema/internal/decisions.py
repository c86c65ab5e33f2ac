"""May we? `decide` (recorded), `decisions` (many at once), `preview` (not recorded), and what was decided."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self, TypeVar
from uuid import UUID

import strawberry

from hub import decisions
from hub.act import Ask
from hub.actors import Operation
from hub.errors import Refusal, invalid, not_found
from hub.gather import category_ids
from hub.policy.rule import Outcome
from hub.policy.values import Act, Channel, Footer, Offer, ProfileEffect
from hub.questioned import Question
from schema.call import Call
from schema.door import Once, acts, asks, lists
from schema.internal.answers import Answer
from schema.internal.paging import start_of
from schema.internal.people import CustomerRef, find_customer, find_customers
from schema.internal.places import within
from schema.internal.references import Reference, category_names, optional, reference
from schema.problems import Payload, Problem
from schema.relay import Connection, Node, Window, uuid_of
from schema.weights import Weight

T = TypeVar("T")


@strawberry.input(description="May we? One act, for one purpose, about one customer.")
class QuestionInput:
    """A question as an app asks it."""

    customer: CustomerRef = strawberry.field(description="About whom.")
    act: Act = strawberry.field(description="What would be done.")
    purpose: Reference = strawberry.field(
        description="For which purpose: its key, such as `referral`, or its id."
    )
    recipient: Reference | None = strawberry.field(
        default=None, description="Who would receive: key or id. Needed for DISCLOSE, SELL and POOL."
    )
    arrangement: Reference | None = strawberry.field(
        default=None,
        description="Under which arrangement; by default the one in force that covers the question.",
    )
    channel: Channel = strawberry.field(
        default=Channel.NONE, description="For MESSAGE: how it would be sent."
    )
    categories: list[Reference] | None = strawberry.field(
        default=None,
        description="Which categories are touched; by default those of the purpose that are held, "
        "and of the arrangement where data goes outside.",
    )
    offer: Offer = strawberry.field(
        default=Offer.NONE, description="For a marketing MESSAGE: what it promotes."
    )
    footer: Footer = strawberry.field(
        default=Footer.NO_OPTOUT,
        description="For a marketing MESSAGE: what its footer carries. Undeclared: no opt-out.",
    )
    department: Reference | None = strawberry.field(
        default=None, description="Whose people would see the data; by default the asking app's department."
    )
    profile_effect: ProfileEffect = strawberry.field(
        default=ProfileEffect.NONE, description="For PROFILE: what it would do to the person."
    )


@strawberry.type(description="An answer that was only looked at: not recorded, no evidence.")
class Preview(Answer):
    """Not kept."""


@strawberry.type(description="A recorded answer: evidence, with a ledger entry.")
class Decision(Answer, Node):
    """Kept."""

    @classmethod
    def of(cls, answer: decisions.Answer) -> Self:
        """As the API shows it."""
        if answer.id is None:
            raise AssertionError("a preview is no decision")
        return cls(uuid=answer.id, answer=answer)


async def decisions_by_id(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Decision]:
    """Many at once."""
    return {key: Decision.of(each) for key, each in (await decisions.read(ask, ids)).items()}


@strawberry.type(description="One question's answer within a batch.")
class DecisionResult:
    """Either a decision or problems."""

    decision: Decision | None = strawberry.field(
        default=None, description="The answer; null if the question made no sense."
    )
    problems: list[Problem] = strawberry.field(
        default_factory=list[Problem],
        description="What was wrong with this question. Nothing was kept of it.",
        metadata={"weight": Weight(items=1)},
    )


@strawberry.type(description="A recorded answer.")
class DecidePayload(Payload):
    """Of one question."""

    decision: Decision | None = strawberry.field(default=None, description="The answer.")


@strawberry.type(description="Recorded answers, in the order of the questions.")
class DecisionsPayload(Payload):
    """Of many questions."""

    results: list[DecisionResult] = strawberry.field(
        default_factory=list[DecisionResult],
        description="One per question.",
        metadata={"weight": Weight(items=1)},
    )


@strawberry.input(description="Which decisions.")
class DecisionFilter:
    """All that is given must hold."""

    customer: CustomerRef | None = strawberry.field(default=None, description="About this customer.")
    outcome: Outcome | None = strawberry.field(default=None, description="With this outcome.")
    rule: str | None = strawberry.field(default=None, description="By this rule.")
    decided_from: datetime | None = strawberry.field(
        default=None, description="Decided at this instant or later."
    )
    decided_to: datetime | None = strawberry.field(default=None, description="Decided before this instant.")


_Input = Annotated[QuestionInput, strawberry.argument(description="The question.")]
_Inputs = Annotated[list[QuestionInput], strawberry.argument(description="1 to 1,000 questions.")]
_Filter = Annotated[DecisionFilter | None, strawberry.argument(description="Which; by default all.")]
_Id = Annotated[strawberry.ID, strawberry.argument(description="Its id.")]


@strawberry.type
class DecisionQueries:
    """Reading decisions, and asking without recording."""

    @asks(Operation.DECISION_PREVIEW, single=True)
    async def preview(self, ask: Ask, input: _Input) -> Preview:
        """May we? Answered but not recorded: for looking ahead, not as evidence."""
        with within(input, "input"):
            (question,) = await _questions(ask, [input])
            (answer,) = await decisions.preview(ask, [_good(question)])
            return Preview(answer=_good(answer))

    @asks(Operation.DECISION_READ)
    async def decision(self, ask: Ask, id: _Id) -> Decision:
        """One recorded decision."""
        return Decision.of(await decisions.read_one(ask, uuid_of(id, "Decision", "id")))

    @lists(Operation.DECISION_READ, UUID)
    async def decisions(self, ask: Ask, window: Window, filter: _Filter = None) -> Connection[Decision]:
        """Recorded decisions, newest first."""
        chosen = filter or DecisionFilter()
        about = await find_customer(ask, chosen.customer, "filter", "customer") if chosen.customer else None
        rows = await decisions.page(
            ask,
            customer_id=about,
            outcome=chosen.outcome,
            rule=chosen.rule,
            since=chosen.decided_from,
            before=chosen.decided_to,
            start=start_of(window),
            size=window.size,
            backwards=window.backwards,
        )
        return window.page(rows, Decision.of, lambda answer: (answer.id,))


@strawberry.type
class DecisionMutations:
    """Asking for the record."""

    @acts(Operation.DECISION_DECIDE, whole=True)
    async def decide(self, call: Call, once: Once | None, input: _Input) -> DecidePayload:
        """May we? Answered and recorded as evidence, with a ledger entry."""
        (answer,) = await _decide(call, [input], once)
        with within(input, "input"):
            return DecidePayload(decision=Decision.of(_good(answer)))

    @acts(Operation.DECISION_DECIDE, whole=True, weight=Weight(sized_by="input"))
    async def decisions(self, call: Call, once: Once | None, input: _Inputs) -> DecisionsPayload:
        """Many questions, one snapshot, one transaction; one with a problem does not stop the others."""
        if not 1 <= len(input) <= decisions.QUESTIONS_AT_MOST:
            raise invalid(f"Ask 1 to {decisions.QUESTIONS_AT_MOST} questions in one call.", "input")
        answers = await _decide(call, input, once)
        return DecisionsPayload(results=[_result(each, place) for place, each in enumerate(answers)])


def _good(given: T | Refusal) -> T:
    if isinstance(given, Refusal):
        raise given
    return given


def _result(answer: decisions.Outcome, place: int) -> DecisionResult:
    if isinstance(answer, Refusal):
        told = Refusal(answer.code, answer.message, ("input", place, *answer.path))
        return DecisionResult(problems=[Problem.of(told)])
    return DecisionResult(decision=Decision.of(answer))


async def _decide(call: Call, inputs: Sequence[QuestionInput], once: Once | None) -> list[decisions.Outcome]:
    questions = await _questions(call.ask_once(Operation.DECISION_DECIDE), inputs)
    key = (once.key, once.fingerprint) if once else None
    return await decisions.decide(call.hub, call.actor, questions, key, locale=call.locale)


async def _questions(ask: Ask, inputs: Sequence[QuestionInput]) -> list[Question | Refusal]:
    """Read the inputs; customers named by id cost no statement, the others one for all."""
    people = await find_customers(ask, [each.customer for each in inputs])
    wanted = category_names(name for each in inputs for name in each.categories or ())
    ids = await category_ids(ask, wanted) if wanted else {}
    return [_question(each, person, ids) for each, person in zip(inputs, people, strict=True)]


def _question(given: QuestionInput, person: UUID | Refusal, ids: dict[str, UUID]) -> Question | Refusal:
    try:
        with within(None, "customer"):
            customer_id = _good(person)
        return Question(
            customer_id=customer_id,
            act=given.act,
            purpose=reference(given.purpose, "Purpose", "purpose"),
            recipient=optional(given.recipient, "Recipient", "recipient"),
            arrangement=optional(given.arrangement, "Arrangement", "arrangement"),
            channel=given.channel,
            categories=_categories(given.categories, ids),
            offer=given.offer,
            footer=given.footer,
            department=optional(given.department, "Department", "department"),
            profile_effect=given.profile_effect,
        )
    except Refusal as refusal:
        return refusal


def _categories(named: Sequence[str] | None, ids: dict[str, UUID]) -> tuple[UUID, ...] | None:
    if named is None:
        return None
    if not named:
        raise invalid("Name at least one category, or leave this out.", "categories")
    for place, name in enumerate(named):
        if name not in ids:
            raise not_found("category", "categories", place)
    return tuple(ids[name] for name in named)
