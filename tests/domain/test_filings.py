"""The state machine of formalities, without a database: what follows what, what expires, what covers a purpose."""

from datetime import UTC, date, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest

from hub import filings
from hub.filings import Belonging, Event, Step
from hub.policy.values import Formality, Jurisdiction

MA, ZA = Jurisdiction.MA, Jurisdiction.ZA
NONE, PENDING, DECLARED, AUTHORISED, REFUSED = Formality
DAY = timedelta(days=1)
START = datetime(2025, 3, 1, 9, tzinfo=UTC)
ONE, OTHER = UUID(int=1), UUID(int=2)
# The law's own machine, spelt out: steps in both, in Morocco, in South Africa.
LEGAL = {
    MA: {
        (NONE, Step.FILED): PENDING,
        (NONE, Step.APPLIED): PENDING,
        (REFUSED, Step.FILED): PENDING,
        (REFUSED, Step.APPLIED): PENDING,
        (PENDING, Step.RECEIVED): DECLARED,
        (PENDING, Step.AUTHORISED): AUTHORISED,
        (PENDING, Step.REFUSED): REFUSED,
        (PENDING, Step.ENDED): NONE,
        (DECLARED, Step.DEMANDED): PENDING,
        (DECLARED, Step.AMENDED): DECLARED,
        (DECLARED, Step.WITHDRAWN): REFUSED,
        (DECLARED, Step.ENDED): NONE,
        (AUTHORISED, Step.AMENDED): AUTHORISED,
        (AUTHORISED, Step.WITHDRAWN): REFUSED,
        (AUTHORISED, Step.ENDED): NONE,
    },
    ZA: {
        (NONE, Step.APPLIED): PENDING,
        (REFUSED, Step.APPLIED): PENDING,
        (PENDING, Step.INVESTIGATED): PENDING,
        (PENDING, Step.AUTHORISED): AUTHORISED,
        (PENDING, Step.PRESUMED): AUTHORISED,
        (PENDING, Step.REFUSED): REFUSED,
        (PENDING, Step.ENDED): NONE,
        (AUTHORISED, Step.AMENDED): AUTHORISED,
        (AUTHORISED, Step.WITHDRAWN): REFUSED,
        (AUTHORISED, Step.ENDED): NONE,
    },
}
STATES = {Step.FILED: PENDING, Step.APPLIED: PENDING, Step.RECEIVED: DECLARED, Step.DEMANDED: PENDING,
          Step.INVESTIGATED: PENDING, Step.AUTHORISED: AUTHORISED, Step.PRESUMED: AUTHORISED,
          Step.REFUSED: REFUSED, Step.WITHDRAWN: REFUSED, Step.ENDED: NONE}  # fmt: skip


def told(*steps: Step, until: date | None = None, recorded: datetime | None = None) -> list[Event]:
    """A step a day; `until` is the last day of the last."""
    made = [
        Event(step, STATES[step], START + number * DAY, recorded or START + number * DAY)
        for number, step in enumerate(steps)
    ]
    if until:
        made[-1] = Event(made[-1].step, made[-1].state, made[-1].happened_at, made[-1].recorded_at, until)
    return made


def leading(where: Jurisdiction, state: Formality) -> list[Event]:
    """A history that leads to a state, by a filing first."""
    first = Step.FILED if where is MA else Step.APPLIED
    return told(*{
        NONE: (),
        PENDING: (first,),
        DECLARED: (Step.FILED, Step.RECEIVED),
        AUTHORISED: (first, Step.AUTHORISED),
        REFUSED: (first, Step.REFUSED),
    }[state])  # fmt: skip


@pytest.mark.parametrize(
    ("where", "state", "step"),
    [each for each in product((MA, ZA), Formality, Step) if each[:2] != (ZA, DECLARED)],
)
def test_a_step_leads_where_the_law_says_and_every_other_pair_is_illegal(
    where: Jurisdiction, state: Formality, step: Step
) -> None:
    found = filings.follows(step, leading(where, state), START + 9 * DAY, where)
    assert found is LEGAL[where].get((state, step))


@pytest.mark.parametrize(
    ("steps", "step", "where", "expected"),
    [
        ((Step.APPLIED,), Step.RECEIVED, MA, None),  # whoever asked for leave waits for leave
        ((Step.FILED, Step.RECEIVED, Step.DEMANDED), Step.RECEIVED, MA, None),
        ((Step.FILED, Step.RECEIVED, Step.DEMANDED), Step.AUTHORISED, MA, AUTHORISED),
        ((Step.FILED, Step.RECEIVED, Step.DEMANDED), Step.REFUSED, MA, REFUSED),
        ((Step.APPLIED, Step.INVESTIGATED), Step.INVESTIGATED, ZA, None),
        ((Step.APPLIED, Step.INVESTIGATED), Step.PRESUMED, ZA, AUTHORISED),
        ((Step.APPLIED, Step.AUTHORISED, Step.WITHDRAWN), Step.APPLIED, ZA, PENDING),
        ((Step.FILED, Step.RECEIVED, Step.ENDED), Step.FILED, MA, PENDING),
    ],
)
def test_some_steps_answer_only_certain_others(
    steps: tuple[Step, ...], step: Step, where: Jurisdiction, expected: Formality | None
) -> None:
    assert filings.follows(step, told(*steps), START + 9 * DAY, where) is expected


def test_what_may_be_done_is_listed() -> None:
    assert filings.possible([], START, MA) == [Step.FILED, Step.APPLIED]
    assert filings.possible(told(Step.FILED, Step.RECEIVED), START + 2 * DAY, MA) == [
        Step.DEMANDED, Step.AMENDED, Step.WITHDRAWN, Step.ENDED,
    ]  # fmt: skip
    assert filings.possible([], START, ZA) == [Step.APPLIED]


def test_what_has_passed_its_last_day_has_stopped_by_itself_and_may_be_filed_again() -> None:
    events = told(Step.FILED, Step.RECEIVED, until=date(2025, 6, 30))
    last_moment, after = datetime(2025, 6, 30, 23, 59, 59, tzinfo=UTC), datetime(2025, 7, 1, tzinfo=UTC)
    assert (filings.state_at(events, last_moment), filings.state_at(events, after)) == (DECLARED, NONE)
    assert filings.follows(Step.FILED, events, last_moment, MA) is None
    assert filings.follows(Step.FILED, events, after, MA) is PENDING
    assert filings.follows(Step.AMENDED, events, after, MA) is None


def test_a_day_is_a_day_of_utc_whatever_the_askers_clock() -> None:
    events = told(Step.FILED, Step.RECEIVED, until=date(2025, 6, 30))
    casablanca = datetime.fromisoformat("2025-07-01T00:30:00+01:00")
    assert filings.state_at(events, casablanca) is DECLARED


def test_the_state_is_that_of_the_last_step_until_an_instant() -> None:
    events = told(Step.FILED, Step.RECEIVED, Step.DEMANDED, Step.REFUSED)
    instants = [START - DAY / 2 + number * DAY for number in range(5)]
    assert [filings.state_at(events, at) for at in instants] == [NONE, PENDING, DECLARED, PENDING, REFUSED]
    assert filings.state_at(reversed(events), START) is PENDING


@pytest.mark.parametrize(("one", "other"), list(product(STATES, repeat=2)))
def test_of_two_steps_at_one_instant_the_restrictive_counts(one: Step, other: Step) -> None:
    events = [Event(step, STATES[step], START, START) for step in (one, other)]
    order = (REFUSED, NONE, PENDING, DECLARED, AUTHORISED)
    expected = min((STATES[one], STATES[other]), key=order.index)
    assert filings.state_at(events, START) is expected


def test_of_two_equal_steps_at_one_instant_the_one_that_ends_first_counts() -> None:
    ends = (None, date(2025, 4, 1), date(2026, 4, 1))
    events = [Event(Step.AUTHORISED, AUTHORISED, START, START, end) for end in ends]
    assert filings.state_at(events, datetime(2025, 4, 2, tzinfo=UTC)) is NONE


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ((), NONE),
        ((AUTHORISED,), AUTHORISED),
        ((AUTHORISED, DECLARED), DECLARED),
        ((DECLARED, PENDING), PENDING),
        ((PENDING, NONE), NONE),
        ((NONE, REFUSED), REFUSED),
        (tuple(Formality), REFUSED),
    ],
)
def test_the_worst_state_is_the_most_restrictive(states: tuple[Formality, ...], expected: Formality) -> None:
    assert filings.worst(states) is expected
    assert filings.worst(reversed(states)) is expected


def test_a_purpose_stands_as_the_worst_of_its_activities_does() -> None:
    declared = Belonging(ONE, START, told(Step.FILED, Step.RECEIVED))
    pending = Belonging(OTHER, START, told(Step.FILED))
    at = START + 5 * DAY
    assert filings.purpose_state([], at) is NONE
    assert filings.purpose_state([declared], at) is DECLARED
    assert filings.purpose_state([declared, pending], at) is PENDING
    left = Belonging(OTHER, START, told(Step.FILED), left_at=START + 4 * DAY)
    assert filings.purpose_state([declared, left], at) is DECLARED
    assert filings.purpose_state([declared, left], START + 3 * DAY) is PENDING


def test_nothing_granted_before_a_purpose_joined_covers_it() -> None:
    at, joined = START + 30 * DAY, START + 10 * DAY
    granted = told(Step.FILED, Step.RECEIVED)
    assert filings.purpose_state([Belonging(ONE, joined, granted)], at) is NONE
    amended = Event(Step.AMENDED, DECLARED, START + 12 * DAY, START + 12 * DAY)
    assert filings.purpose_state([Belonging(ONE, joined, [*granted, amended])], at) is DECLARED
    refused = told(Step.FILED, Step.REFUSED)
    assert filings.purpose_state([Belonging(ONE, joined, refused)], at) is REFUSED


def test_a_grant_that_was_entered_later_covers_the_past_of_a_purpose_that_was_there() -> None:
    entered = START + 400 * DAY
    granted = told(Step.FILED, Step.RECEIVED, recorded=entered)
    belonging = Belonging(ONE, entered - DAY, granted)
    assert filings.purpose_state([belonging], START + 3 * DAY) is DECLARED


def test_a_purpose_that_left_and_came_back_counts_as_it_was_at_the_instant() -> None:
    granted = told(Step.FILED, Step.RECEIVED)
    rows = [
        Belonging(ONE, START, granted, left_at=START + 10 * DAY),
        Belonging(ONE, START + 20 * DAY, granted),
    ]
    assert filings.purpose_state(rows, START + 5 * DAY) is DECLARED
    assert filings.purpose_state(rows, START + 25 * DAY) is NONE


@pytest.mark.parametrize(
    ("where", "steps", "expected"),
    [
        (MA, (Step.FILED,), timedelta(hours=24)),
        (MA, (Step.APPLIED,), timedelta(days=61)),
        (MA, (Step.FILED, Step.RECEIVED, Step.DEMANDED), 2 * DAY + timedelta(days=61)),
        (ZA, (Step.APPLIED,), timedelta(weeks=4)),
        (ZA, (Step.APPLIED, Step.INVESTIGATED), timedelta(weeks=17)),
        (MA, (Step.FILED, Step.RECEIVED), None),
        (ZA, (), None),
    ],
)
def test_an_answer_is_expected_by_a_day(
    where: Jurisdiction, steps: tuple[Step, ...], expected: timedelta | None
) -> None:
    found = filings.expected_by(told(*steps), START + 9 * DAY, where)
    assert found == (None if expected is None else START + expected)


def test_silence_opens_nothing_by_itself() -> None:
    assert filings.state_at(told(Step.APPLIED), START + 3_650 * DAY) is PENDING
