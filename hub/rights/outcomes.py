"""What a step is, what is asked by it, and what it may come to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple
from uuid import UUID


class Operation(StrEnum):
    """What is asked of a system."""

    FIND = "FIND"
    EXPORT = "EXPORT"
    CORRECT = "CORRECT"
    ERASE = "ERASE"
    RESTRICT = "RESTRICT"
    LIFT = "LIFT"


class StepKind(StrEnum):
    """Who does it: the hub itself, a person here or at a processor's, or a connector. WAY: in which order, first.

    MEMORY: a made-up system, which the worker holds in memory.
    """

    HUB = "HUB"
    WAY = "WAY"
    MANUAL = "MANUAL"
    EMAIL = "EMAIL"
    SQL = "SQL"
    HTTP = "HTTP"
    MEMORY = "MEMORY"


class StepState(StrEnum):
    """How a step stands."""

    WAITING = "WAITING"
    RUNNING = "RUNNING"
    WAITING_ON_OTHERS = "WAITING_ON_OTHERS"
    FAILED = "FAILED"
    DONE = "DONE"
    NOTHING = "NOTHING"
    REFUSED = "REFUSED"
    SKIPPED = "SKIPPED"


ENDED: Final = frozenset({StepState.DONE, StepState.NOTHING, StepState.REFUSED, StepState.SKIPPED})
ASKED: Final = frozenset({StepKind.SQL, StepKind.HTTP, StepKind.MEMORY})
"""Whoever a connector asks."""
BY_PEOPLE: Final = frozenset({StepKind.MANUAL, StepKind.EMAIL})
"""Whoever looks, here or at a processor's."""
LEFT_OUT: Final = frozenset({StepState.REFUSED, StepState.SKIPPED})


@dataclass(frozen=True, slots=True)
class Step:
    """A stored step. evidence: counts, names of fields, digests. why: in plain words, without a value of anybody's.

    asked_at: when somebody was first written to; opened_at: when they opened the link.
    """

    id: UUID
    request_id: UUID
    system_id: UUID | None
    name: str
    kind: StepKind
    operation: Operation
    stage: int
    state: StepState
    attempts: int
    evidence: Mapping[str, Any] | None
    why: str | None
    next_at: datetime | None
    lease_until: datetime | None
    planned_at: datetime
    ended_at: datetime | None
    asked_at: datetime | None = None
    opened_at: datetime | None = None

    @property
    def is_asked(self) -> bool:
        """Whether a worker asks for it, and is given what is there: a connector, or the hub itself for its own part."""
        return self.kind in ASKED or (self.kind is StepKind.HUB and self.operation is Operation.EXPORT)

    def tried(self, lease_until: datetime) -> "Step":
        """As it stands when an attempt has begun."""
        return replace(
            self, state=StepState.RUNNING, attempts=self.attempts + 1, lease_until=lease_until, next_at=None
        )

    def after(self, settled: "Settled", at: datetime) -> "Step":
        """As it stands with what came of an attempt."""
        return replace(
            self, state=settled.state, evidence=settled.evidence, why=settled.why, next_at=settled.next_at,
            lease_until=None, ended_at=at if settled.state in ENDED else None,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of an attempt. next_at: of a failure when to try again, of waiting when to ask again.

    keys: by field, by what other systems know the person; they are sealed with the step.
    """

    state: StepState
    evidence: Mapping[str, Any] | None = None
    why: str | None = None
    next_at: datetime | None = None
    keys: Mapping[str, Sequence[Any]] = field(default_factory=dict[str, Sequence[Any]], repr=False)


class Ended(NamedTuple):
    """An attempt at a step that has come to something."""

    step_id: UUID
    attempt: int
    settled: Settled
