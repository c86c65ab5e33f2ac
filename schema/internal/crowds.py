"""The same question about everybody: how many get which answer, what would move them, and who they are."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final, Self, cast
from uuid import UUID

import strawberry

from hub import crowds, groups
from hub.act import Ask
from hub.actors import Operation
from hub.errors import invalid
from hub.policy import words
from hub.policy.decision import RULES, RULESET
from hub.policy.rule import Outcome
from hub.policy.values import Jurisdiction, Relationship
from schema.call import Info
from schema.door import asks, lists
from schema.internal.customers import Customer, customers_by_id
from schema.internal.instants import AsOf, as_of_instant
from schema.internal.paging import start_of
from schema.internal.questioning import CrowdQuestionInput, about_question, crowd_question
from schema.internal.reasons import Language, Reasons, language_of
from schema.internal.turns import turn
from schema.relay import Connection, Window
from schema.weights import Weight

COUNTING: Final = Weight(points=3_000)
"""What reading every customer's state once costs, however many there are."""
_GROUPS: Final = {"weight": Weight(items=20)}
_MOVES: Final = {"weight": Weight(items=3)}


@strawberry.input(description="Which customers are counted; what is left out or empty does not narrow.")
class SuchInput:
    """All that is given must hold."""

    jurisdictions: list[Jurisdiction] = strawberry.field(
        default_factory=list[Jurisdiction],
        description="Protected by one of these laws, whichever else they are.",
    )
    relationships: list[Relationship] = strawberry.field(
        default_factory=list[Relationship], description="Standing so with the organisation."
    )

    def chosen(self) -> crowds.Such:
        """As the hub takes it."""
        return crowds.Such(frozenset(self.jurisdictions), frozenset(self.relationships))


Such = Annotated[
    SuchInput | None, strawberry.argument(description="Which customers are counted; by default all.")
]
CrowdQuestion = Annotated[
    CrowdQuestionInput, strawberry.argument(description="The question, the same about everybody.")
]


def such_of(given: SuchInput | None) -> crowds.Such:
    """The filter as the hub takes it; everybody where none is given."""
    return given.chosen() if given else crowds.EVERYBODY


@strawberry.type(description="What would turn the answer into ALLOW for how many of a group.")
class AudienceMove:
    """A remedy, and its reach."""

    move: strawberry.Private[groups.Move]
    customers: int = strawberry.field(description="How many it would move.")

    @classmethod
    def of(cls, move: groups.Move) -> Self:
        """As the API shows it."""
        return cls(move=move, customers=move.customers)

    @strawberry.field(
        description="For programs, e.g. `consent.given`; parts joined by `+` are needed together."
    )
    def code(self) -> str:
        """Of the remedy."""
        return self.move.remedy.code

    @strawberry.field(description="The rule that would then allow it.")
    def then_rule(self) -> str:
        """Its id."""
        return self.move.remedy.rule

    @strawberry.field(description="What to do.")
    def reasons(self, info: Info, language: Language = None) -> Reasons:
        """For staff and for the customer."""
        return Reasons.of(words.remedy_in(self.move.remedy, language_of(language, info)))


@strawberry.type(description="All customers who get the same outcome by the same rule.")
class AudienceGroup:
    """An answer, and how many get it."""

    group: strawberry.Private[groups.Group]
    outcome: Outcome = strawberry.field(description="The answer.")
    rule: str = strawberry.field(description="The rule that decided, e.g. `au.alliance-later`.")
    citation: str = strawberry.field(
        description="The provision the rule encodes; of a rule that each law has, those of all, that of most first."
    )
    customers: int = strawberry.field(description="How many get it.")

    @classmethod
    def of(cls, group: groups.Group) -> Self:
        """As the API shows it."""
        decision = group.decision
        return cls(
            group=group,
            outcome=group.outcome,
            rule=decision.rule,
            citation=group.citation,
            customers=group.customers,
        )

    @strawberry.field(description="Why.")
    def reasons(self, info: Info, language: Language = None) -> Reasons:
        """For staff and for the customer."""
        return Reasons.of(words.sentences(self.group.decision.rule, language_of(language, info)))

    @strawberry.field(
        description="What would move how many of them to ALLOW, what moves most first.", metadata=_MOVES
    )
    def moves(self) -> list[AudienceMove]:
        """One customer may be moved in several ways."""
        return [AudienceMove.of(each) for each in self.group.moves]


@strawberry.type(description="How one question is answered about all customers. Nothing of it is recorded.")
class Audience:
    """Counts by outcome and rule."""

    found: strawberry.Private[crowds.Audience]
    customers: int = strawberry.field(description="How many were counted.")
    undecided: int = strawberry.field(
        description="How many of them nobody can answer for: no jurisdiction is on record."
    )
    distinct_facts: int = strawberry.field(
        description="How many different sets of facts they come to: so many times was decided."
    )
    rules_version: str = strawberry.field(description="The version of the rules that were read.")
    decided_at: datetime = strawberry.field(
        description="The instant it is true of: the one that was asked about, else that of the answer."
    )

    @classmethod
    def of(cls, found: crowds.Audience, at: datetime) -> Self:
        """As the API shows it."""
        return cls(
            found=found,
            customers=found.customers,
            undecided=found.undecided,
            distinct_facts=found.distinct_facts,
            rules_version=RULESET,
            decided_at=at,
        )

    @strawberry.field(description="From ALLOW to DENY, the largest of an outcome first.", metadata=_GROUPS)
    def groups(self) -> list[AudienceGroup]:
        """By outcome and rule."""
        return [AudienceGroup.of(each) for each in self.found.groups]


_Outcome = Annotated[
    Outcome | None, strawberry.argument(description="With this answer; by default with any.")
]
_Rule = Annotated[str | None, strawberry.argument(description="By this rule; by default by any.")]


@strawberry.type
class CrowdQueries:
    """Asking about everybody."""

    @asks(Operation.AUDIENCE_READ, weight=COUNTING)
    async def audience(
        self, ask: Ask, question: CrowdQuestion, such: Such = None, as_of: AsOf = None
    ) -> Audience:
        """How a question is answered about all customers, and what would move the rest; now, or at a past instant."""
        then = as_of_instant(ask, as_of)
        with about_question(), turn(ask):
            found = await crowds.audience(then, await crowd_question(ask, question), such_of(such))
        return Audience.of(found, then.at)

    @lists(Operation.CUSTOMER_READ, UUID, forward=True, weight=COUNTING)
    async def audience_members(  # noqa: PLR0913, PLR0917 - each narrows the list
        self,
        ask: Ask,
        window: Window,
        question: CrowdQuestion,
        such: Such = None,
        outcome: _Outcome = None,
        rule: _Rule = None,
        as_of: AsOf = None,
    ) -> Connection[Customer]:
        """Who gets an answer, in the order in which the hub came to know them, each as they stand now."""
        if rule is not None and rule not in RULES:
            raise invalid("No rule has this id: use one that an answer named.", "rule")
        then, narrowed = as_of_instant(ask, as_of), such_of(such)

        def wanted(heap: crowds.Heap) -> bool:
            return narrowed.fits(heap.standing) and _is_answered(heap, outcome, rule)

        with about_question(), turn(ask):
            crowd = await crowds.Crowd.of(then, await crowd_question(ask, question))
            ids = await crowd.members(wanted, start_of(window), window.size)
        return await customers_page(ask, window, ids)


def _is_answered(heap: crowds.Heap, outcome: Outcome | None, rule: str | None) -> bool:
    decision = heap.decision
    return decision is not None and outcome in {None, decision.outcome} and rule in {None, decision.rule}


async def customers_page(ask: Ask, window: Window, ids: Sequence[UUID]) -> Connection[Customer]:
    """The page of these customers, one beyond it included; whoever is out of reach by now is left out."""
    found = await customers_by_id(ask, ids)
    page: Connection[Any] = window.page(ids, found.get, lambda each: (each,))
    reached = [edge for edge in page.edges if edge.node is not None]
    return cast("Connection[Customer]", replace(cast("Any", page), edges=reached))
