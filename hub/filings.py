"""The formalities of an activity as a state machine: which step may follow where, and where that leads.

    NONE ──FILED, APPLIED──> PENDING ──RECEIVED──────────────> DECLARED ──┐
      ^                       ^  │  └──AUTHORISED, PRESUMED──> AUTHORISED ┤
      │                       │  └─────REFUSED──> REFUSED <────WITHDRAWN──┤
      │      DEMANDED (from DECLARED), and a new filing after REFUSED     │
      └──ENDED, or the last day has passed────────────────────────────────┘

Pure: no clock, no database. The same reading of the steps in SQL is in ``migrations/sql/register.sql``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from hub.policy.values import Formality, Jurisdiction

MA, ZA = Jurisdiction.MA, Jurisdiction.ZA
PLACES: Final = (MA, ZA)
"""Whose law knows formalities."""

WORST_FIRST: Final = (
    Formality.REFUSED,
    Formality.NONE,
    Formality.PENDING,
    Formality.DECLARED,
    Formality.AUTHORISED,
)
GRANTED: Final = frozenset({Formality.DECLARED, Formality.AUTHORISED})


class Step(StrEnum):
    """What can happen between an organisation and an authority."""

    FILED = "FILED"
    APPLIED = "APPLIED"
    RECEIVED = "RECEIVED"
    DEMANDED = "DEMANDED"
    INVESTIGATED = "INVESTIGATED"
    AUTHORISED = "AUTHORISED"
    PRESUMED = "PRESUMED"
    AMENDED = "AMENDED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True)
class Move:
    """What a step does. after: the last steps it answers (empty: any). to None: the state stays."""

    where: tuple[Jurisdiction, ...]
    begins: frozenset[Formality]
    to: Formality | None
    cites: str
    after: frozenset[Step] = frozenset()


_PENDING: Final = frozenset({Formality.PENDING})
_OPEN: Final = frozenset({Formality.NONE, Formality.REFUSED})
MOVES: Final[Mapping[Step, Move]] = {
    Step.FILED: Move((MA,), _OPEN, Formality.PENDING, "Law 09-08 arts 12(2), 15"),
    Step.APPLIED: Move(PLACES, _OPEN, Formality.PENDING, "Law 09-08 art 12(1); POPIA s 58(1)"),
    Step.RECEIVED: Move(
        (MA,), _PENDING, Formality.DECLARED, "Law 09-08 art 19", after=frozenset({Step.FILED})
    ),
    Step.DEMANDED: Move((MA,), frozenset({Formality.DECLARED}), Formality.PENDING, "Law 09-08 art 20"),
    Step.INVESTIGATED: Move(
        (ZA,), _PENDING, Formality.PENDING, "POPIA s 58", after=frozenset({Step.APPLIED})
    ),
    Step.AUTHORISED: Move(PLACES, _PENDING, Formality.AUTHORISED, "Law 09-08 art 12(1); POPIA s 57"),
    Step.PRESUMED: Move((ZA,), _PENDING, Formality.AUTHORISED, "POPIA s 58"),
    Step.AMENDED: Move(PLACES, GRANTED, None, "Law 09-08 art 15"),
    Step.REFUSED: Move(PLACES, _PENDING, Formality.REFUSED, "Law 09-08 art 12; POPIA s 58"),
    Step.WITHDRAWN: Move(PLACES, GRANTED, Formality.REFUSED, "Law 09-08 art 51"),
    Step.ENDED: Move(PLACES, GRANTED | _PENDING, Formality.NONE, "Law 09-08 art 15"),
}
"""The one table of legal steps: whatever it does not name is refused."""

NUMBERED: Final = frozenset({Step.RECEIVED, Step.AUTHORISED, Step.PRESUMED})
"""Steps that give a number: without one nothing is held."""
DATED: Final = NUMBERED | {Step.AMENDED}
"""Steps that may give a last day."""

# Law 09-08 art 19: a receipt within 24 hours. CNDP practice, no statute: about two months for an authorisation.
# POPIA s 58: four weeks, and up to thirteen more when the Regulator investigates; then silence is consent.
RECEIPT = timedelta(hours=24)
AUTHORISATION = timedelta(days=61)
SILENCE = timedelta(weeks=4)
INVESTIGATION = timedelta(weeks=13)

BORN: Final[Mapping[Jurisdiction, date]] = {MA: date(2009, 3, 5), ZA: date(2013, 11, 26)}
"""When each law was published: nothing was filed under it before."""


@dataclass(frozen=True, slots=True)
class Event:
    """A step that was taken. valid_until: the last day of what it granted, None: open."""

    step: Step
    state: Formality
    happened_at: datetime
    recorded_at: datetime
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Belonging:
    """That a purpose belongs to an activity during [joined_at, left_at), and what was filed about that activity."""

    activity_id: UUID
    joined_at: datetime
    events: Sequence[Event] = ()
    left_at: datetime | None = None


def last(events: Iterable[Event], at: datetime) -> Event | None:
    """Find the step that counts at an instant: the latest; of several at once the most restrictive."""
    until = [event for event in events if event.happened_at <= at]
    return max(until, key=_precedence, default=None)


def _precedence(event: Event) -> tuple[datetime, int, int, timedelta]:
    end = event.valid_until or date.max
    return (
        event.happened_at,
        -WORST_FIRST.index(event.state),
        -end.toordinal(),
        event.happened_at - event.recorded_at,
    )


def state_at(events: Iterable[Event], at: datetime) -> Formality:
    """Tell where an activity stood at an instant; what has passed its last day (UTC) has stopped by itself."""
    found = last(events, at)
    if found is None or expired(found, at):
        return Formality.NONE
    return found.state


def expired(event: Event, at: datetime) -> bool:
    """Tell whether what a step granted has passed its last day."""
    return event.valid_until is not None and event.valid_until < at.astimezone(UTC).date()


def covers(belonging: Belonging, at: datetime) -> Formality:
    """Tell where one activity stood for a purpose of its own: nothing granted before the purpose joined covers it."""
    found, state = last(belonging.events, at), state_at(belonging.events, at)
    if found is not None and state in GRANTED and found.recorded_at < belonging.joined_at:
        return Formality.NONE
    return state


def purpose_state(belongings: Iterable[Belonging], at: datetime) -> Formality:
    """Tell where a purpose stood: the worst of the activities it belonged to at the instant; NONE without any.

    joined_at is no limit to the past: an activity had its purposes before anybody wrote them down.
    """
    counted: dict[UUID, Belonging] = {}
    for each in sorted(belongings, key=lambda one: one.joined_at):
        if each.left_at is None or each.left_at > at:
            counted.setdefault(each.activity_id, each)
    return worst(covers(each, at) for each in counted.values())


def worst(states: Iterable[Formality]) -> Formality:
    """Pick the most restrictive state; NONE for none at all."""
    return min(states, key=WORST_FIRST.index, default=Formality.NONE)


def follows(step: Step, events: Sequence[Event], at: datetime, where: Jurisdiction) -> Formality | None:
    """Tell where a step would lead; None: it may not be taken there and then."""
    move, before, state = MOVES[step], last(events, at), state_at(events, at)
    if where not in move.where or state not in move.begins:
        return None
    if move.after and (before is None or before.step not in move.after):
        return None
    return move.to or state


def possible(events: Sequence[Event], at: datetime, where: Jurisdiction) -> list[Step]:
    """List the steps that may be taken."""
    return [step for step in Step if follows(step, events, at, where) is not None]


def expected_by(events: Iterable[Event], at: datetime, where: Jurisdiction) -> datetime | None:
    """Tell until when the authority's answer is to be expected; None while nothing is pending.

    In South Africa silence until then is consent (s 58), which somebody has to record: nothing happens by itself.
    """
    until = [event for event in events if event.happened_at <= at]
    before = last(until, at)
    if before is None or state_at(until, at) is not Formality.PENDING:
        return None
    if before.step is Step.INVESTIGATED:
        applied = max(event.happened_at for event in until if event.step is Step.APPLIED)
        return applied + SILENCE + INVESTIGATION
    if before.step is Step.FILED:
        return before.happened_at + RECEIPT
    return before.happened_at + (SILENCE if where is ZA else AUTHORISATION)
