"""How a referral moves: its states, and from which each may be reached.

The database holds the same table (`referral_transition`) and refuses every other move; a test compares the two.

    ASKING --> OFFERED --> ACCEPTED --> DONE
      |           |
      |           +--> DECLINED | EXPIRED | WITHDRAWN
      +--> CLOSED
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """How a referral stands.

    ASKING: the customer is asked first. OFFERED: released, and the partner has not answered. DONE: the partner said
    what came of it. CLOSED: it was never released. WITHDRAWN: the customer took it back before it was accepted.
    """

    ASKING = "ASKING"
    OFFERED = "OFFERED"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    DONE = "DONE"
    EXPIRED = "EXPIRED"
    CLOSED = "CLOSED"
    WITHDRAWN = "WITHDRAWN"


class Why(StrEnum):
    """Why a referral was closed or withdrawn. NOT_ALLOWED: decided again, and the answer was no longer yes."""

    SAID_NO = "SAID_NO"
    LAPSED = "LAPSED"
    CANCELLED = "CANCELLED"
    NOT_ALLOWED = "NOT_ALLOWED"
    ERASED = "ERASED"


class Declined(StrEnum):
    """Why a partner declines."""

    NO_CAPACITY = "NO_CAPACITY"
    NOT_OUR_FIELD = "NOT_OUR_FIELD"
    KNOWN_ALREADY = "KNOWN_ALREADY"
    OTHER = "OTHER"


class Outcome(StrEnum):
    """What came of an accepted referral."""

    BECAME_CLIENT = "BECAME_CLIENT"
    NOT_INTERESTED = "NOT_INTERESTED"
    NOT_REACHED = "NOT_REACHED"
    OTHER = "OTHER"


FOLLOWS: Final[Mapping[State, frozenset[State]]] = {
    State.ASKING: frozenset({State.OFFERED, State.CLOSED}),
    State.OFFERED: frozenset({State.ACCEPTED, State.DECLINED, State.EXPIRED, State.WITHDRAWN}),
    State.ACCEPTED: frozenset({State.DONE}),
    **dict.fromkeys(
        (State.DECLINED, State.DONE, State.EXPIRED, State.CLOSED, State.WITHDRAWN), frozenset[State]()
    ),
}
"""What a referral may become in each state."""
OPEN: Final = (State.ASKING, State.OFFERED)
"""While one of these stands, the same customer is not referred to the same partner for the same purpose again."""
ENDS: Final = frozenset(state for state, following in FOLLOWS.items() if not following)
