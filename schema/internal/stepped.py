"""The steps of a rights request: one for every system, each with what proves it."""

from datetime import datetime
from typing import Self

import orjson
import strawberry

from hub.rights import outcomes
from schema.internal.meanings import _told
from schema.relay import global_id

_told(
    outcomes.Operation, "RightsStepOperation", "What is asked of a system.",
    FIND="To say what it holds.",
    EXPORT="To hand over what it holds.",
    CORRECT="To put right what is wrong.",
    ERASE="To erase what need not be kept.",
    RESTRICT="To keep what it holds and not use it.",
    LIFT="To use again what was restricted.",
)  # fmt: skip
_told(
    outcomes.StepKind, "ConnectedSystemKind", "Who works on a system.",
    HUB="The hub itself.",
    WAY="The hub, which finds the order in which systems that refer to each other are asked.",
    MANUAL="A person, who says what they found.",
    EMAIL="A processor who is written to, and answers by a link.",
    SQL="A connector to a database.",
    HTTP="A connector to an HTTP service of the system's owner.",
    MEMORY="A made-up system that a worker holds in memory, for trying out.",
)  # fmt: skip
_told(
    outcomes.StepState, "RightsStepState", "How a step stands.",
    WAITING="It has not begun.",
    RUNNING="Somebody is at it.",
    WAITING_ON_OTHERS="The system takes its time: `nextAt` says when it is asked again.",
    FAILED="It failed and is tried again: `why` and `nextAt` say more.",
    DONE="It is done; the evidence proves it.",
    NOTHING="There was nothing.",
    REFUSED="It cannot be done: `why` says what is in the way.",
    SKIPPED="It was left out: `why` says for what reason.",
)  # fmt: skip


@strawberry.type(description="What a rights request needs of one system.")
class RightsStep:
    """Planned when the request began; a system that comes later is not asked."""

    id: strawberry.ID = strawberry.field(description="To name it in a mutation.")
    system: str = strawberry.field(description="The system's name, as it was then.")
    kind: outcomes.StepKind = strawberry.field(description="Who works on it.")
    operation: outcomes.Operation = strawberry.field(description="What is asked.")
    stage: int = strawberry.field(description="Steps of a lower stage come first.")
    state: outcomes.StepState = strawberry.field(description="How it stands.")
    attempts: int = strawberry.field(description="How often it was tried.")
    evidence: str | None = strawberry.field(
        description="What proves it, as JSON: counts, names of fields, digests; never a value."
    )
    why: str | None = strawberry.field(description="Of a failure, a refusal or a skipped step: why.")
    next_at: datetime | None = strawberry.field(description="When it is tried or asked again.")
    asked_at: datetime | None = strawberry.field(
        description="When somebody was written to, to do it by a link."
    )
    opened_at: datetime | None = strawberry.field(description="When they opened the link.")
    ended_at: datetime | None = strawberry.field(description="When it ended.")

    @classmethod
    def of(cls, row: outcomes.Step) -> Self:
        """As the API shows it."""
        return cls(
            id=global_id("RightsStep", row.id),
            system=row.name,
            kind=row.kind,
            operation=row.operation,
            stage=row.stage,
            state=row.state,
            attempts=row.attempts,
            evidence=None if row.evidence is None else orjson.dumps(dict(row.evidence)).decode(),
            why=row.why,
            next_at=row.next_at,
            asked_at=row.asked_at,
            opened_at=row.opened_at,
            ended_at=row.ended_at,
        )
