"""May we? `decide` (recorded), `decisions` (many at once), `preview` (not recorded), and what was decided."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self, TypeVar
from uuid import UUID

import strawberry

from hub import decisions
from hub.act import Ask
from hub.actors import Operation
from hub.errors import Refusal, invalid
from hub.policy.rule import Outcome
from schema.call import Call
from schema.door import Once, acts, asks, lists
from schema.internal.answers import Answer
from schema.internal.instants import AsOf, as_of_instant
from schema.internal.paging import start_of
from schema.internal.people import CustomerRef, find_customer
from schema.internal.places import within
from schema.internal.questioning import QuestionInput, questions_of
from schema.problems import Payload, Problem
from schema.relay import Connection, Node, Window, uuid_of
from schema.weights import Weight

T = TypeVar("T")


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

    @asks(Operation.DECISION_PREVIEW, whole=True)
    async def preview(self, call: Call, input: _Input, as_of: AsOf = None) -> Preview:
        """May we? Answered but not recorded: for looking ahead, or back to a past instant, not as evidence."""
        ask = await _asking(call, as_of)
        with within(input, "input"):
            (question,) = await questions_of(ask, [input])
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


async def _asking(call: Call, as_of: datetime | None) -> Ask:
    """For now one statement is enough, for a past instant it takes a snapshot."""
    if as_of is None:
        return call.ask_once(Operation.DECISION_PREVIEW)
    return as_of_instant(await call.ask(Operation.DECISION_PREVIEW), as_of)


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
    questions = await questions_of(call.ask_once(Operation.DECISION_DECIDE), inputs)
    key = (once.key, once.fingerprint) if once else None
    return await decisions.decide(call.hub, call.actor, questions, key, locale=call.locale)
