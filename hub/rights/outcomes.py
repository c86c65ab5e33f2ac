"""What a step is, what is asked by it, and what it may come to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID


class Operation(StrEnum):
    """What is asked of a system."""

    FIND = "FIND"
    EXPORT = "EXPORT"
    CORRECT = "CORRECT"
    ERASE = "ERASE"
    RESTRICT = "RESTRICT"


class StepKind(StrEnum):
    """Who does it: the hub itself, a person, or a connector."""

    HUB = "HUB"
    MANUAL = "MANUAL"
    SQL = "SQL"


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
LEFT_OUT: Final = frozenset({StepState.REFUSED, StepState.SKIPPED})


@dataclass(frozen=True, slots=True)
class Step:
    """A stored step. evidence: counts, names of fields, digests. why: in plain words, without a value of anybody's."""

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


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of an attempt. next_at: of a failure when to try again, of waiting when to ask again."""

    state: StepState
    evidence: Mapping[str, Any] | None = None
    why: str | None = None
    next_at: datetime | None = None
