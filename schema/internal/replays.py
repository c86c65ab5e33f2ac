"""Replay: a recorded decision found again from its own facts, and what changed since."""

from datetime import datetime
from typing import Annotated, Final, Self
from uuid import UUID

import strawberry

from hub import replays
from hub.act import Ask
from hub.actors import Operation
from hub.policy.decision import Decision as Decided
from hub.policy.rule import Outcome
from hub.policy.values import Jurisdiction
from schema.call import Info
from schema.door import asks
from schema.internal.decisions import Decision, decisions_by_id
from schema.internal.links import link, one
from schema.internal.turns import turn
from schema.relay import global_id, uuid_of
from schema.weights import Weight

FINDING: Final = Weight(points=20)
_CHANGES: Final = {"weight": Weight(items=5)}


@strawberry.type(description="An answer, and the rule that gives it.")
class Ruling:
    """Less than a decision: nothing was recorded."""

    outcome: Outcome = strawberry.field(description="The answer.")
    rule: str = strawberry.field(description="The rule that decides.")
    citation: str = strawberry.field(description="The provision it encodes.")

    @classmethod
    def of(cls, decided: Decided) -> Self:
        """As the API shows it."""
        return cls(outcome=decided.outcome, rule=decided.rule, citation=decided.citation)


@strawberry.type(description="A fact that is found otherwise today for the instant of the decision.")
class FactChange:
    """Something was told late, or corrected."""

    jurisdiction: Jurisdiction = strawberry.field(description="Under which law.")
    fact: str = strawberry.field(description="The fact.")
    recorded: str = strawberry.field(description="Its value in the decision; booleans as `true` and `false`.")
    gathered: str = strawberry.field(description="Its value as it is found today.")

    @classmethod
    def of(cls, changed: replays.Changed) -> Self:
        """As the API shows it."""
        return cls(
            jurisdiction=Jurisdiction(changed.jurisdiction),
            fact=changed.fact,
            recorded=_said(changed.recorded),
            gathered=_said(changed.gathered),
        )


def _said(value: str | bool) -> str:  # noqa: FBT001 - a fact's value
    return str(value).lower() if isinstance(value, bool) else str(value)


@strawberry.type(description="A recorded decision, found again. Nothing is recorded of it.")
class Replay:
    """What was answered, what is found again, and what differs."""

    decision_uuid: strawberry.Private[UUID]
    found: strawberry.Private[replays.Replay]
    decision_id: strawberry.ID = strawberry.field(description="The decision's id.")
    decided_at: datetime = strawberry.field(description="When it was decided.")
    rules_version: str = strawberry.field(description="The version of the rules it was decided by.")
    outcome: Outcome = strawberry.field(description="The answer that was recorded.")
    rule: str = strawberry.field(description="The rule that was recorded.")
    same: bool = strawberry.field(
        description="Whether the recorded facts, under the rules of their day, give the recorded answer again."
    )

    @classmethod
    def of(cls, found: replays.Replay) -> Self:
        """As the API shows it."""
        return cls(
            decision_uuid=found.id,
            found=found,
            decision_id=global_id("Decision", found.id),
            decided_at=found.decided_at,
            rules_version=found.rules_version,
            outcome=Outcome(found.outcome),
            rule=found.rule,
            same=found.same,
        )

    @strawberry.field(description="What the recorded facts give under the rules of their day.")
    def replayed(self) -> Ruling:
        """The proof."""
        return Ruling.of(self.found.replayed)

    @strawberry.field(description="What the recorded facts give under the rules of today.")
    def today(self) -> Ruling:
        """Other only where the law changed."""
        return Ruling.of(self.found.today)

    @strawberry.field(
        description="What the facts give that are found today for that instant, under the rules of their day; "
        "null where nobody can say any more."
    )
    def regathered(self) -> Ruling | None:
        """Other where something was told late."""
        return Ruling.of(self.found.regathered) if self.found.regathered else None

    @strawberry.field(description="The facts that are found otherwise today.", metadata=_CHANGES)
    def changes(self) -> list[FactChange]:
        """None where nothing was told late."""
        return [FactChange.of(each) for each in self.found.changes]

    @link(Operation.DECISION_READ, "The decision itself, as it was recorded.")
    async def decision(self, info: Info) -> Decision | None:
        """Loaded with the others'."""
        return await one(info, Operation.DECISION_READ, decisions_by_id, self.decision_uuid)


_Id = Annotated[strawberry.ID, strawberry.argument(description="The decision's id.")]


@strawberry.type
class ReplayQueries:
    """Looking again at what was decided."""

    @asks(Operation.DECISION_READ, weight=FINDING)
    async def replay(self, ask: Ask, id: _Id) -> Replay:
        """Whether a recorded decision's facts still give its answer, and what changed if not."""
        wanted = uuid_of(id, "Decision", "id")
        with turn(ask):
            return Replay.of(await replays.replay(ask, wanted))
