"""What is next for each state, and what is possible in it: pure, one case for each."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from hub.policy.values import Jurisdiction
from hub.rights import advice, clocks
from hub.rights.advice import Deed, Next, Standing
from hub.rights.clocks import Dates
from hub.rights.law import RIGHTS
from hub.rights.outcomes import Operation, Step, StepKind, StepState
from hub.rights.requests import Asker, Channel, Event, Request
from hub.rights.states import GRANTED, State
from hub.rights.values import Kind

DAY = date(2026, 6, 14)
AT = datetime(2026, 6, 14, 9, tzinfo=UTC)
ONE = UUID(int=1)
OFFERED = [kind for kind in Kind if RIGHTS[Jurisdiction.EU, kind].is_offered]


def request(state: State, kind: Kind = Kind.ACCESS, **changes: Any) -> Request:
    made = Request(
        ONE, ONE, "PH-4C7D-29KX", kind, ("EU",), state, ONE, Channel.PORTAL, Asker.SELF, "en", "REASONABLE", DAY, AT,
        None, date(2026, 7, 14), None, None, None, None, None, AT, None, None,
    )  # fmt: skip
    return replace(made, **changes)


def step(state: StepState = StepState.WAITING, kind: StepKind = StepKind.SQL, stage: int = 1) -> Step:
    return Step(
        ONE, ONE, None, "Shop", kind, Operation.FIND, stage, state, 0, None, None, None, None, AT, None
    )  # fmt: skip


def event(kind: str, actor: str = "staff") -> Event:
    return Event(
        ONE, ONE, kind, None, None, None, is_private=False, has_message=False, body={}, actor_kind=actor,
        actor_id=None, happened_at=AT,
    )  # fmt: skip


def standing(
    made: Request, *steps: Step, events: tuple[Event, ...] = (), days: int = 5, **more: Any
) -> Standing:
    clock = clocks.clock([Jurisdiction.EU], made.kind, Dates(DAY))
    return Standing(made, steps, events, clock, DAY + timedelta(days=days), **more)


PAUSED: dict[str, Any] = {"resumes_to": State.DECIDING}
CASES: dict[str, tuple[Standing, Next, Deed | None]] = {
    "ended": (standing(request(State.ANSWERED, closed_at=AT)), Next.NOTHING, None),
    "a guest's code": (standing(request(State.VERIFYING, customer_id=None)), Next.AWAIT_CODE, None),
    "a known customer's proof": (standing(request(State.VERIFYING, verified_at=None)), Next.AWAIT_PROOF, Deed.CONFIRM),
    "several match": (
        standing(request(State.PAUSED, waiting_for="STAFF_MATCH", verified_at=None, **PAUSED)),
        Next.MATCH, Deed.CONFIRM,
    ),
    "nobody matches": (
        standing(request(State.PAUSED, waiting_for="OTHER_DETAILS", verified_at=None, **PAUSED)),
        Next.AWAIT_DETAILS, Deed.CONFIRM,
    ),
    "proof asked for": (
        standing(request(State.PAUSED, waiting_for="IDENTITY", verified_at=None, **PAUSED)),
        Next.AWAIT_PROOF, Deed.CONFIRM,
    ),
    "a representative's proof": (
        standing(request(State.PAUSED, waiting_for="AUTHORITY", verified_at=None, asker=Asker.AGENT, **PAUSED)),
        Next.AWAIT_AUTHORITY, Deed.APPOINT,
    ),
    "asked": (standing(request(State.PAUSED, waiting_for="CLARIFICATION", **PAUSED)), Next.AWAIT_ANSWER, Deed.RESUME),
    "asked and answered": (
        standing(request(State.PAUSED, waiting_for="CLARIFICATION", **PAUSED),
                 events=(event("PAUSED"), event("SAID", "customer"))), Next.READ, Deed.RESUME,
    ),
    "written before it was asked": (
        standing(request(State.PAUSED, waiting_for="CLARIFICATION", **PAUSED),
                 events=(event("SAID", "portal"), event("PAUSED"))), Next.AWAIT_ANSWER, Deed.RESUME,
    ),
    "held": (standing(request(State.HELD, Kind.DELETION, **PAUSED)), Next.RELEASE_HOLD, Deed.RESUME),
    "cooling off": (standing(request(State.COOLING_OFF, Kind.DELETION)), Next.COOLS, None),
    "about to be lifted": (
        standing(request(State.LIFTING, Kind.RESTRICTION, closed_at=AT, cools_until=AT)), Next.LIFTS, Deed.KEEP,
    ),
    "being lifted by hand": (
        standing(request(State.LIFTING, Kind.RESTRICTION, closed_at=AT), step(kind=StepKind.MANUAL)), Next.TASK, None,
    ),
    "by hand": (
        standing(request(State.GATHERING), step(), step(kind=StepKind.MANUAL)), Next.TASK, None,
    ),
    "by hand later": (
        standing(request(State.FULFILLING), step(), step(kind=StepKind.MANUAL, stage=2)), Next.AWAIT_SYSTEM, None,
    ),
    "failed": (standing(request(State.GATHERING), step(StepState.FAILED)), Next.RETRY, None),
    "at work": (standing(request(State.GATHERING), step(StepState.RUNNING)), Next.AWAIT_SYSTEM, None),
    "at work, and late": (
        standing(request(State.GATHERING), step(StepState.RUNNING), days=28), Next.EXTEND, Deed.EXTEND,
    ),
    "late and extended": (
        standing(request(State.GATHERING, extended_at=AT), step(StepState.RUNNING), days=28), Next.AWAIT_SYSTEM, None,
    ),
    "a copy": (standing(request(State.DECIDING), step(StepState.DONE)), Next.ANSWER, Deed.ANSWER),
    "a correction": (standing(request(State.DECIDING, Kind.RECTIFICATION)), Next.APPROVE, Deed.APPROVE),
    "a deletion": (standing(request(State.DECIDING, Kind.DELETION)), Next.APPROVE, Deed.APPROVE),
    "an objection": (standing(request(State.DECIDING, Kind.OBJECTION)), Next.WEIGH, Deed.ANSWER),
    "a complaint": (standing(request(State.DECIDING, Kind.COMPLAINT)), Next.ANSWER, Deed.ANSWER),
    "a complaint about one's own": (
        standing(request(State.DECIDING, Kind.COMPLAINT), is_barred=True), Next.LEAVE_IT, None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_one_thing_is_recommended(case: str) -> None:
    given, expected, deed = CASES[case]
    said = advice.advise(given)
    assert (said.next, said.deed) == (expected, deed)


@pytest.mark.parametrize("case", CASES)
def test_what_is_recommended_is_possible(case: str) -> None:
    said = advice.advise(CASES[case][0])
    assert said.deed is None or said.deed in advice.possible(CASES[case][0])


def test_every_state_and_kind_has_advice_and_what_has_ended_only_takes_words() -> None:
    for state in State:
        for kind in OFFERED:
            given = standing(request(state, kind))
            assert advice.advise(given).next in Next
            if given.request.is_ended:
                is_denied = state in {State.REFUSED, State.PARTLY_ANSWERED}
                words = {Deed.SAY, Deed.NOTE, *({Deed.APPEAL} if is_denied else ())}
                if kind is Kind.RESTRICTION and state in GRANTED:
                    words.add(Deed.LIFT)
                assert advice.possible(given) == words


def test_without_a_ground_of_the_law_nothing_is_refused() -> None:
    given = standing(request(State.DECIDING, Kind.COMPLAINT), has_grounds=False)
    assert not {Deed.REFUSE, Deed.REFUSE_PART} & advice.possible(given)


def test_a_restriction_that_is_begun_is_neither_refused_nor_taken_back() -> None:
    held = request(State.HELD, Kind.RESTRICTION, resumes_to=State.FULFILLING)
    assert {Deed.REFUSE, Deed.WITHDRAW} <= advice.possible(standing(held, step()))
    begun = replace(step(StepState.FAILED), attempts=1)
    assert not {Deed.REFUSE, Deed.WITHDRAW} & advice.possible(standing(held, begun))


def test_more_time_is_taken_within_the_first_only() -> None:
    assert Deed.EXTEND in advice.possible(standing(request(State.DECIDING), days=30))
    assert Deed.EXTEND not in advice.possible(standing(request(State.DECIDING), days=31))


def test_what_is_late_can_be_complained_of_and_whoever_decided_it_decides_nothing_about_that() -> None:
    assert Deed.APPEAL not in advice.possible(standing(request(State.DECIDING), days=30))
    assert Deed.APPEAL in advice.possible(standing(request(State.DECIDING), days=31))
    given = standing(request(State.DECIDING, Kind.COMPLAINT), is_barred=True)
    assert not {Deed.ANSWER, Deed.REFUSE, Deed.REFUSE_PART} & advice.possible(given)
    assert {Deed.PAUSE, Deed.SAY, Deed.NOTE} <= advice.possible(given)
