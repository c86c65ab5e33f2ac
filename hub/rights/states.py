"""How a rights request moves: its states, and from which each may be reached.

The database holds the same table (`rights_transition`) and refuses every other move; a test compares the two, and
`docs/requests.md` draws it.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """How a request stands."""

    RECEIVED = "RECEIVED"
    VERIFYING = "VERIFYING"
    OPEN = "OPEN"
    GATHERING = "GATHERING"
    DECIDING = "DECIDING"
    COOLING_OFF = "COOLING_OFF"
    FULFILLING = "FULFILLING"
    PAUSED = "PAUSED"
    HELD = "HELD"
    ANSWERED = "ANSWERED"
    PARTLY_ANSWERED = "PARTLY_ANSWERED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"
    LIFTING = "LIFTING"
    LIFTED = "LIFTED"


AFTERWARDS: Final = frozenset({State.LIFTING, State.LIFTED})
"""A restriction that was granted ends: the request was answered before, and stays so."""
GRANTED: Final = frozenset({State.ANSWERED, State.PARTLY_ANSWERED})
ENDS: Final = frozenset({*GRANTED, State.REFUSED, State.WITHDRAWN, State.EXPIRED, *AFTERWARDS})


class Waiting(StrEnum):
    """What a paused request waits for. By some laws a clarification stops a clock; a fee or proof begins it."""

    CLARIFICATION = "CLARIFICATION"
    IDENTITY = "IDENTITY"
    AUTHORITY = "AUTHORITY"
    OTHER_DETAILS = "OTHER_DETAILS"
    FEE = "FEE"
    STAFF_MATCH = "STAFF_MATCH"
    SYSTEM = "SYSTEM"


RESTING: Final = frozenset({State.PAUSED, State.HELD})
"""A request rests here and goes on where it was; the row says where."""

_WORKING: Final = frozenset(
    {State.OPEN, State.GATHERING, State.DECIDING, State.COOLING_OFF, State.FULFILLING}
)

FOLLOWS: Final[Mapping[State, frozenset[State]]] = {
    State.RECEIVED: frozenset({State.VERIFYING, State.OPEN, State.WITHDRAWN}),
    State.VERIFYING: frozenset({State.OPEN, State.PAUSED, State.REFUSED, State.WITHDRAWN, State.EXPIRED}),
    State.OPEN: frozenset(
        {State.GATHERING, State.DECIDING, State.COOLING_OFF, State.FULFILLING, State.ANSWERED}
        | RESTING
        | {State.REFUSED, State.WITHDRAWN}
    ),
    State.GATHERING: frozenset({State.DECIDING, State.FULFILLING, State.REFUSED, State.WITHDRAWN} | RESTING),
    State.DECIDING: frozenset(
        {
            State.COOLING_OFF,
            State.FULFILLING,
            State.ANSWERED,
            State.PARTLY_ANSWERED,
            State.REFUSED,
            State.WITHDRAWN,
        }
        | RESTING
    ),
    State.COOLING_OFF: frozenset({State.FULFILLING, State.WITHDRAWN} | RESTING),
    State.FULFILLING: frozenset({State.ANSWERED, State.PARTLY_ANSWERED} | RESTING),
    State.PAUSED: frozenset(_WORKING | {State.VERIFYING, State.REFUSED, State.WITHDRAWN, State.EXPIRED}),
    State.HELD: frozenset(_WORKING | {State.REFUSED, State.WITHDRAWN}),
    **{end: frozenset[State]() for end in ENDS},
    **{granted: frozenset({State.LIFTING}) for granted in GRANTED},
    State.LIFTING: frozenset({*GRANTED, State.LIFTED}),
}
"""What a request may become in each state."""


def transitions() -> Iterator[tuple[State, State]]:
    """Every legal move, in the order of the states."""
    for was in State:
        for state in State:
            if state in FOLLOWS[was]:
                yield was, state


def drawing() -> str:
    """Draw the states as a Mermaid diagram, for the documentation."""
    lines = ["stateDiagram-v2", "    [*] --> RECEIVED"]
    lines += [f"    {was} --> {state}" for was, state in transitions()]
    lines += [f"    {end} --> [*]" for end in State if end in ENDS and end is not State.LIFTING]
    return "\n".join(lines)
