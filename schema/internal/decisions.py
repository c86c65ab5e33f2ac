"""May we? `decide` (recorded), `decisions` (many at once), `preview` (not recorded), and what was decided."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self, cast
from uuid import UUID

import strawberry

from hub import decisions
from hub.act import Ask, Hub
from hub.actors import Operation
from hub.errors import Refusal, invalid
from hub.gather import Question, category_ids
from hub.policy import values
from hub.policy.obligations import Obligation as PolicyObligation
from hub.policy.obligations import obligations
from hub.policy.remedies import Remedy as PolicyRemedy
from hub.policy.rule import Outcome as PolicyOutcome
from hub.policy.rule import Reason as PolicyReason
from schema.call import Call, Info
from schema.counting import Weight
from schema.door import Once, acts, asks, lists
from schema.internal.customers import Customer
from schema.internal.people import CustomerRef, find_customers
from schema.internal.references import Reference, category_names, reference
from schema.problems import Payload, Problem
from schema.relay import Connection, Node, Window, global_id, uuid_of

Outcome = strawberry.enum(
    PolicyOutcome,
    name="Outcome",
    description="The answer; everything but ALLOW means: not like this, not now.",
)
Act = strawberry.enum(values.Act, name="Act", description="What would be done with the data.")
Channel = strawberry.enum(
    values.Channel, name="Channel", description="How a message would reach the customer."
)
Offer = strawberry.enum(values.Offer, name="Offer", description="What a message promotes.")
Footer = strawberry.enum(
    values.Footer,
    name="Footer",
    description="Whether the message names its sender and carries a working, free opt-out.",
)
ProfileEffect = strawberry.enum(
    values.ProfileEffect, name="ProfileEffect", description="What a profile would do to the person."
)


@strawberry.input(description="May we? One act, for one purpose, about one customer.")
class QuestionInput:
    """A question as an app asks it."""

    customer: CustomerRef = strawberry.field(description="About whom.")
    act: Annotated[values.Act, Act] = strawberry.field(description="What would be done.")
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
    channel: Annotated[values.Channel, Channel] = strawberry.field(
        default=values.Channel.NONE, description="For MESSAGE: how it would be sent."
    )
    categories: list[Reference] | None = strawberry.field(
        default=None,
        description="Which categories are touched; by default those of the purpose that are held.",
    )
    offer: Annotated[values.Offer, Offer] = strawberry.field(
        default=values.Offer.NONE, description="For a marketing MESSAGE: what it promotes."
    )
    footer: Annotated[values.Footer, Footer] = strawberry.field(
        default=values.Footer.NO_OPTOUT,
        description="For a marketing MESSAGE: what its footer carries. Undeclared counts as having no opt-out.",
    )
    department: Reference | None = strawberry.field(
        default=None, description="Whose people would see the data; by default the asking app's department."
    )
    profile_effect: Annotated[values.ProfileEffect, ProfileEffect] = strawberry.field(
        default=values.ProfileEffect.NONE, description="For PROFILE: what it would do to the person."
    )


@strawberry.type(
    description="The clause this customer was shown, in the words and on the day they were shown it."
)
class Citation:
    """What the answer rests on."""

    law: str = strawberry.field(description="The provision the rule encodes.")
    clause: str | None = strawberry.field(
        description="The clause's key, stable across versions; null if none covers it."
    )
    text: str | None = strawberry.field(description="The clause as it was shown.")
    locale: str | None = strawberry.field(description="The language it was shown in.")
    notice: str | None = strawberry.field(
        description="The notice's name; null if this customer was never shown one."
    )
    version: int | None = strawberry.field(description="The version of the notice that was shown.")
    version_id: strawberry.ID | None = strawberry.field(description="The id of that version.")
    shown_at: datetime | None = strawberry.field(description="When it was shown to this customer.")
    shown_how: str | None = strawberry.field(description="How it was shown: WEB, PAPER, PHONE_SCRIPT ...")
    collected_at: datetime | None = strawberry.field(
        description="When the data in question was first collected."
    )


@strawberry.type(description="Why, in two voices.")
class Reasons:
    """The same reason for two readers."""

    staff: str = strawberry.field(description="For the people who asked.")
    customer: str = strawberry.field(description="For the customer.")


@strawberry.type(description="Another rule that stands in the way as well.")
class Blocker:
    """A rule further down that would also stop it."""

    rule: str = strawberry.field(description="The rule's id.")
    outcome: Annotated[PolicyOutcome, Outcome] = strawberry.field(description="What it would answer.")
    citation: str = strawberry.field(description="The provision it encodes.")
    reasons: Reasons = strawberry.field(description="Why.")

    @classmethod
    def of(cls, reason: PolicyReason) -> Self:
        """As the API shows it."""
        reasons = Reasons(staff=reason.staff, customer=reason.customer)
        return cls(rule=reason.rule, outcome=reason.outcome, citation=reason.citation, reasons=reasons)


@strawberry.type(
    description="A change that would turn the answer into ALLOW. Never a way round somebody's no."
)
class Remedy:
    """What would move the answer."""

    code: str = strawberry.field(
        description="For programs, e.g. `consent.ask`; parts joined by `+` are needed together."
    )
    reasons: Reasons = strawberry.field(description="What to do.")
    then_rule: str = strawberry.field(description="The rule that would then allow it.")

    @classmethod
    def of(cls, remedy: PolicyRemedy) -> Self:
        """As the API shows it."""
        reasons = Reasons(staff=remedy.staff, customer=remedy.customer)
        return cls(code=remedy.code, reasons=reasons, then_rule=remedy.rule)


@strawberry.type(description="A duty that comes with acting on an ALLOW.")
class Obligation:
    """What the one who acts must do."""

    code: str = strawberry.field(description="For programs.")
    text: str = strawberry.field(description="What to do.")
    citation: str = strawberry.field(description="What it rests on.")

    @classmethod
    def of(cls, obligation: PolicyObligation) -> Self:
        """As the API shows it."""
        return cls(code=obligation.code, text=obligation.text, citation=obligation.citation)


@strawberry.type(description="One of the 29 facts an answer stands on.")
class Fact:
    """A name and a value."""

    name: str = strawberry.field(description="The fact.")
    value: str = strawberry.field(description="Its value; booleans as `true` and `false`.")
    decisive: bool = strawberry.field(description="Whether the deciding rule reads it.")


@strawberry.type(description="An answer to `may we?`.")
class Answered:
    """What a preview and a recorded decision have in common."""

    answer: strawberry.Private[decisions.Answer]

    @strawberry.field(description="The answer.")
    def outcome(self) -> Annotated[PolicyOutcome, Outcome]:
        """Of the deciding rule."""
        return self.answer.decision.outcome

    @strawberry.field(description="The rule that decided, e.g. `au.alliance-later`.")
    def rule(self) -> str:
        """Its id."""
        return self.answer.decision.rule

    @strawberry.field(description="The version of the rules that were read.")
    def rules_version(self) -> str:
        """Of all tables together."""
        return self.answer.decision.ruleset

    @strawberry.field(description="The law, and the clause this customer was shown.")
    def citation(self) -> Citation:
        """What the answer rests on."""
        shown = self.answer.shown
        return Citation(
            law=self.answer.decision.citation,
            clause=shown.clause_key if shown else None,
            text=shown.clause_text if shown else None,
            locale=shown.locale if shown else None,
            notice=shown.notice_name if shown else None,
            version=shown.version if shown else None,
            version_id=global_id("NoticeVersion", shown.version_id) if shown else None,
            shown_at=shown.shown_at if shown else None,
            shown_how=shown.shown_how if shown else None,
            collected_at=self.answer.collected_at,
        )

    @strawberry.field(description="Why.")
    def reasons(self) -> Reasons:
        """For staff and for the customer."""
        return Reasons(staff=self.answer.decision.staff, customer=self.answer.decision.customer)

    @strawberry.field(description="What the one who acts must do; empty unless the answer is ALLOW.")
    def obligations(self) -> list[Obligation]:
        """Duties of the act."""
        allowed = self.answer.decision.outcome is PolicyOutcome.ALLOW
        return [Obligation.of(each) for each in obligations(self.answer.facts)] if allowed else []

    @strawberry.field(description="What else stands in the way, so that the whole cure shows at once.")
    def also_needed(self) -> list[Blocker]:
        """Other blocking rules."""
        return [Blocker.of(each) for each in self.answer.decision.also_needed]

    @strawberry.field(description="What would change the answer to ALLOW.")
    def remedies(self) -> list[Remedy]:
        """The smallest changes."""
        return [Remedy.of(each) for each in self.answer.remedies]

    @strawberry.field(description="The facts the answer stands on.", metadata={"weight": Weight(items=29)})
    def facts(self) -> list[Fact]:
        """All of them, in the order of the law."""
        decisive = {name for name, _ in self.answer.decision.facts}
        return [
            Fact(
                name=name,
                value=str(value).lower() if isinstance(value, bool) else value,
                decisive=name in decisive,
            )
            for name, value in self.answer.facts.to_dict().items()
        ]

    @strawberry.field(description="The jurisdiction whose rules decided: the strictest of the customer's.")
    def jurisdiction(self) -> str:
        """AU, UK, ZA, MA, EU or US_CA."""
        return self.answer.facts.jurisdiction.value

    @strawberry.field(description="The instant of the answer. It holds while its facts hold.")
    def decided_at(self) -> datetime:
        """The database's own."""
        return self.answer.decided_at


@strawberry.type(description="An answer that was only looked at: not recorded, no evidence.")
class Preview(Answered):
    """Not kept."""


@strawberry.type(description="A recorded answer: evidence, with a ledger entry.")
class Decision(Answered, Node):
    """Kept."""

    @classmethod
    def of(cls, answer: decisions.Answer) -> Self:
        """As the API shows it."""
        if answer.id is None:
            raise AssertionError("a preview is no decision")
        return cls(uuid=answer.id, answer=answer)

    @strawberry.field(description="About whom; null if you may not read customers.")
    async def customer(self, info: Info) -> Customer | None:
        """Loaded with the others of the page."""
        return await Customer.load(info, self.answer.question.customer_id)


@strawberry.type(description="One question's answer within a batch.")
class DecisionResult:
    """Either a decision or problems."""

    decision: Decision | None = strawberry.field(
        default=None, description="The answer, if the question made sense."
    )
    problems: list[Problem] = strawberry.field(
        default_factory=list[Problem],
        description="What was wrong with this question.",
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
        default_factory=list[DecisionResult], description="One per question."
    )


@strawberry.input(description="Which decisions.")
class DecisionFilter:
    """All that is given must hold."""

    customer: strawberry.ID | None = strawberry.field(default=None, description="About this customer.")
    outcome: Annotated[PolicyOutcome, Outcome] | None = strawberry.field(
        default=None, description="With this outcome."
    )
    rule: str | None = strawberry.field(default=None, description="By this rule.")


_Input = Annotated[QuestionInput, strawberry.argument(description="The question.")]
_Inputs = Annotated[list[QuestionInput], strawberry.argument(description="At most 1,000 questions.")]
_Filter = Annotated[DecisionFilter | None, strawberry.argument(description="Which.")]
_Id = Annotated[strawberry.ID, strawberry.argument(description="Its id.")]


@strawberry.type
class DecisionQueries:
    """Reading decisions, and asking without recording."""

    @asks(Operation.DECISION_PREVIEW, single=True)
    async def preview(self, ask: Ask, input: _Input) -> Preview:
        """May we? Answered but not recorded: for looking ahead, not as evidence."""
        (question,) = await _questions(ask, [input])
        if isinstance(question, Refusal):
            raise question
        (answer,) = await decisions.preview(ask, [question])
        if isinstance(answer, Refusal):
            raise answer
        return Preview(answer=answer)

    @asks(Operation.DECISION_READ)
    async def decision(self, ask: Ask, id: _Id) -> Decision:
        """One recorded decision."""
        return Decision.of(await decisions.read_one(ask, uuid_of(id, "Decision", "id")))

    @lists(Operation.DECISION_READ, UUID)
    async def decisions(self, ask: Ask, window: Window, filter: _Filter = None) -> Connection[Decision]:
        """Recorded decisions, newest first."""
        chosen = filter or DecisionFilter()
        rows = await decisions.page(
            ask,
            customer_id=uuid_of(chosen.customer, "Customer", "filter", "customer")
            if chosen.customer
            else None,
            outcome=chosen.outcome.value if chosen.outcome else None,
            rule=chosen.rule,
            start=window.start[0] if window.start else None,
            size=window.limit - 1,
            backwards=window.backwards,
        )
        return window.page(rows, Decision.of, lambda answer: (answer.id,))


@strawberry.type
class DecisionMutations:
    """Asking for the record."""

    @acts(Operation.DECISION_DECIDE)
    async def decide(self, call: Call, once: Once | None, input: _Input) -> DecidePayload:
        """May we? Answered and recorded as evidence, with a ledger entry."""
        (answer,) = await _decide(call, [input], once)
        if isinstance(answer, Refusal):
            raise answer
        return DecidePayload(decision=Decision.of(answer))

    @acts(Operation.DECISION_DECIDE, weight=Weight(sized_by="input"))
    async def decisions(self, call: Call, once: Once | None, input: _Inputs) -> DecisionsPayload:
        """Many questions, one snapshot, one transaction; a question with a problem does not stop the others."""
        answers = await _decide(call, input, once)
        return DecisionsPayload(results=[_result(each, place) for place, each in enumerate(answers)])


def _result(answer: decisions.Outcome, place: int) -> DecisionResult:
    if isinstance(answer, Refusal):
        told = Refusal(answer.code, answer.message, ("input", place, *answer.path))
        return DecisionResult(problems=[Problem.of(told)])
    return DecisionResult(decision=Decision.of(answer))


async def _decide(call: Call, inputs: Sequence[QuestionInput], once: Once | None) -> list[decisions.Outcome]:
    if len(inputs) > decisions.QUESTIONS_AT_MOST:
        raise invalid(f"At most {decisions.QUESTIONS_AT_MOST} questions in one call.", "input")
    ask = call.ask_once(Operation.DECISION_DECIDE)
    questions = await _questions(ask, inputs)
    good = [each for each in questions if isinstance(each, Question)]
    key = (once.key, once.fingerprint) if once else None
    answered = iter(
        await decisions.decide(cast("Hub", call.hub), call.actor, good, key, locale=call.locale) if good else []
    )
    return [each if isinstance(each, Refusal) else next(answered) for each in questions]


async def _questions(ask: Ask, inputs: Sequence[QuestionInput]) -> list[Question | Refusal]:
    """Read the inputs; customers named by id cost no statement, the others one for all."""
    people = await find_customers(ask, [each.customer for each in inputs])
    wanted = category_names(name for each in inputs for name in each.categories or ())
    ids = await category_ids(ask, wanted) if wanted else {}
    return [_question(each, person, ids) for each, person in zip(inputs, people, strict=True)]


def _question(given: QuestionInput, person: UUID | Refusal, ids: dict[str, UUID]) -> Question | Refusal:
    try:
        if isinstance(person, Refusal):
            raise person
        unknown = [name for name in given.categories or () if name not in ids]
        if unknown:
            raise invalid(f"No category with the key or id `{unknown[0][:60]}`.", "categories")
        return Question(
            customer_id=person,
            act=given.act,
            purpose=reference(given.purpose, "Purpose", "purpose"),
            recipient=given.recipient and reference(given.recipient, "Recipient", "recipient"),
            arrangement=given.arrangement and reference(given.arrangement, "Arrangement", "arrangement"),
            channel=given.channel,
            categories=tuple(ids[name] for name in given.categories) if given.categories else None,
            offer=given.offer,
            footer=given.footer,
            department=given.department and reference(given.department, "Department", "department"),
            profile_effect=given.profile_effect,
        )
    except Refusal as refusal:
        return refusal


async def load_decisions(ask: Ask, ids: Sequence[UUID]) -> list[Decision]:
    """For the node table."""
    return [Decision.of(each) for each in (await decisions.read(ask, ids)).values()]
