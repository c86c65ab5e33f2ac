"""What is next for a request, and what can be done with it at all: pure, from how it stands.

One thing is recommended, the one that lets the request end soonest; the rest stays possible wherever the law and the
table of moves allow it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from hub.rights import appealing
from hub.rights.clocks import Clock
from hub.rights.fulfilling import BY_STEPS, FOUND_FIRST
from hub.rights.outcomes import ENDED, Step, StepKind, StepState
from hub.rights.requests import Asker, Event, Request
from hub.rights.states import FOLLOWS, GRANTED, RESTING, State
from hub.rights.values import Kind

EXTEND_DAYS: Final = 3
"""How many days before the last one more time is advised where a system is still being waited for."""
APPROVED: Final = frozenset({Kind.RECTIFICATION, Kind.DELETION})
VISITORS: Final = frozenset({"portal", "customer"})


class Next(StrEnum):
    """What is recommended."""

    NOTHING = "NOTHING"
    AWAIT_CODE = "AWAIT_CODE"
    AWAIT_PROOF = "AWAIT_PROOF"
    AWAIT_AUTHORITY = "AWAIT_AUTHORITY"
    AWAIT_DETAILS = "AWAIT_DETAILS"
    AWAIT_ANSWER = "AWAIT_ANSWER"
    AWAIT_SYSTEM = "AWAIT_SYSTEM"
    MATCH = "MATCH"
    READ = "READ"
    RELEASE_HOLD = "RELEASE_HOLD"
    COOLS = "COOLS"
    LIFTS = "LIFTS"
    TASK = "TASK"
    RETRY = "RETRY"
    EXTEND = "EXTEND"
    APPROVE = "APPROVE"
    WEIGH = "WEIGH"
    ANSWER = "ANSWER"
    LEAVE_IT = "LEAVE_IT"


class Deed(StrEnum):
    """What can be done with a request."""

    CONFIRM = "confirm"
    APPOINT = "appoint"
    APPROVE = "approve"
    ANSWER = "answer"
    REFUSE = "refuse"
    REFUSE_PART = "refuse-part"
    EXTEND = "extend"
    PAUSE = "pause"
    HOLD = "hold"
    RESUME = "resume"
    WITHDRAW = "withdraw"
    LIFT = "lift"
    KEEP = "keep"
    APPEAL = "appeal"
    SAY = "say"
    NOTE = "note"


DECIDING: Final = frozenset({Deed.APPROVE, Deed.ANSWER, Deed.REFUSE, Deed.REFUSE_PART})


@dataclass(frozen=True, slots=True)
class Advice:
    """What is next. deed: by which this is done; None where one waits. step: which system it is about."""

    next: Next
    deed: Deed | None = None
    step: Step | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a request stands. today: where the customer lives. has_grounds: whether the law knows a ground to refuse.

    is_barred: whether whoever looks decided what this complaint is about, and so may not decide it.
    """

    request: Request
    steps: Sequence[Step]
    events: Sequence[Event]
    clock: Clock
    today: date
    has_grounds: bool = True
    is_barred: bool = False


def advise(standing: Standing) -> Advice:
    """Say what is next."""
    request = standing.request
    match request.state:
        case State.RECEIVED | State.VERIFYING:
            is_known = request.customer_id is not None
            advice = Advice(Next.AWAIT_PROOF, Deed.CONFIRM) if is_known else Advice(Next.AWAIT_CODE)
        case State.PAUSED | State.HELD:
            advice = _rests(standing)
        case State.COOLING_OFF:
            advice = Advice(Next.COOLS)
        case State.LIFTING if request.cools_until is not None:
            advice = Advice(Next.LIFTS, Deed.KEEP)
        case State.GATHERING | State.FULFILLING | State.LIFTING:
            advice = _works(standing)
        case State.OPEN | State.DECIDING:
            advice = Advice(Next.LEAVE_IT) if standing.is_barred else _decides(request)
        case _:
            advice = Advice(Next.NOTHING)
    return advice


def _decides(request: Request) -> Advice:
    if request.kind in APPROVED:
        return Advice(Next.APPROVE, Deed.APPROVE)
    return Advice(Next.WEIGH if request.kind is Kind.OBJECTION else Next.ANSWER, Deed.ANSWER)


_WAITS: Final[Mapping[str, Advice]] = {
    "AUTHORITY": Advice(Next.AWAIT_AUTHORITY, Deed.APPOINT),
    "STAFF_MATCH": Advice(Next.MATCH, Deed.CONFIRM),
    "IDENTITY": Advice(Next.AWAIT_PROOF, Deed.CONFIRM),
    "OTHER_DETAILS": Advice(Next.AWAIT_DETAILS, Deed.CONFIRM),
    "SYSTEM": Advice(Next.AWAIT_SYSTEM, Deed.RESUME),
}


def _rests(standing: Standing) -> Advice:
    request = standing.request
    if request.state is State.HELD:
        return Advice(Next.RELEASE_HOLD, Deed.RESUME)
    advice = _WAITS.get(request.waiting_for or "", Advice(Next.AWAIT_ANSWER, Deed.RESUME))
    if advice.next not in {Next.MATCH, Next.AWAIT_AUTHORITY} and _has_written(standing.events):
        return Advice(Next.READ, advice.deed)
    return advice


def _has_written(events: Sequence[Event]) -> bool:
    """Whether the customer has written since the request was paused."""
    for event in reversed(events):
        if event.kind == "SAID" and event.actor_kind in VISITORS:
            return True
        if event.kind == "PAUSED":
            return False
    return False


def _works(standing: Standing) -> Advice:
    left = [each for each in standing.steps if each.state not in ENDED]
    first = min((each.stage for each in left), default=0)
    now = [each for each in left if each.stage == first]
    by_hand = [each for each in now if each.kind is StepKind.MANUAL and each.state is StepState.WAITING]
    failed = [each for each in now if each.state is StepState.FAILED]
    if by_hand:
        return Advice(Next.TASK, step=by_hand[0])
    if failed:
        return Advice(Next.RETRY, step=failed[0])
    if Deed.EXTEND in possible(standing) and (standing.clock.due or date.max) <= _soon(standing):
        return Advice(Next.EXTEND, Deed.EXTEND)
    return Advice(Next.AWAIT_SYSTEM, step=now[0] if now else None)


def _soon(standing: Standing) -> date:
    return date.fromordinal(standing.today.toordinal() + EXTEND_DAYS)


def possible(standing: Standing) -> frozenset[Deed]:
    """Say all that can be done."""
    request = standing.request
    follows = frozenset[State]() if request.is_ended else FOLLOWS[request.state]
    is_done = all(each.state in ENDED for each in standing.steps)
    is_found_first = request.kind in FOUND_FIRST
    has_begun = request.kind is Kind.RESTRICTION and any(each.attempts for each in standing.steps)
    can = {
        Deed.CONFIRM: request.verified_at is None and request.state in {State.VERIFYING, State.PAUSED},
        Deed.APPOINT: request.asker is not Asker.SELF and not request.is_ended,
        Deed.APPROVE: request.kind in APPROVED and request.state is State.DECIDING,
        Deed.ANSWER: State.ANSWERED in follows
        and (
            request.kind not in BY_STEPS or (is_found_first and is_done and request.state is State.DECIDING)
        ),
        Deed.REFUSE: State.REFUSED in follows and standing.has_grounds and not has_begun,
        Deed.REFUSE_PART: State.PARTLY_ANSWERED in follows
        and standing.has_grounds
        and (request.kind not in BY_STEPS or (is_found_first and is_done)),
        Deed.EXTEND: _may_extend(standing),
        Deed.PAUSE: State.PAUSED in follows,
        Deed.HOLD: State.HELD in follows,
        Deed.RESUME: request.state in RESTING and request.verified_at is not None,
        Deed.WITHDRAW: State.WITHDRAWN in follows and not has_begun,
        Deed.APPEAL: request.customer_id is not None and appealing.has_cause(request, standing.today),
        Deed.SAY: True,
        Deed.NOTE: True,
    }
    barred = DECIDING if standing.is_barred else frozenset[Deed]()
    return frozenset(deed for deed, is_possible in can.items() if is_possible) - barred | _afterwards(request)


def _afterwards(request: Request) -> frozenset[Deed]:
    """What can be done with a restriction that was granted."""
    if request.kind is Kind.RESTRICTION and request.state in GRANTED:
        return frozenset({Deed.LIFT})
    is_announced = request.state is State.LIFTING and request.cools_until is not None
    return frozenset({Deed.KEEP}) if is_announced else frozenset()


def _may_extend(standing: Standing) -> bool:
    clock, request = standing.clock, standing.request
    is_open = not request.is_ended and request.extended_at is None
    return (
        is_open and clock.extended_due is not None and clock.due is not None and standing.today <= clock.due
    )
