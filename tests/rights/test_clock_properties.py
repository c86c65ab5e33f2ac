"""What every clock keeps, whatever the days: tried on hundreds of them, on thousands by `make chaos`."""

from datetime import date, timedelta
from typing import Final

from hypothesis import given
from hypothesis import strategies as some

from hub.policy.values import Jurisdiction
from hub.rights.calendars import SUNDAY, calendar_of
from hub.rights.clocks import Clock, Dates, Pause, clock
from hub.rights.law import RIGHTS
from hub.rights.values import Kind, Rolls, Unit

OFFERED: Final = sorted(key for key, right in RIGHTS.items() if right.is_offered)
RECEIVED: Final = some.dates(date(2018, 5, 25), date(2070, 12, 31))
LATER: Final = some.integers(0, 400).map(lambda days: timedelta(days=days))
WAITS: Final = some.lists(some.tuples(some.integers(0, 120), some.integers(0, 60)), max_size=4)
ANY: Final = some.sampled_from(OFFERED)


def worked(key: tuple[Jurisdiction, Kind], dates: Dates) -> Clock:
    place, kind = key
    return clock([place], kind, dates)


def pauses(received: date, waits: list[tuple[int, int]]) -> tuple[Pause, ...]:
    """Clarifications after receipt: how many days after, and for how many."""
    begun = [(received + timedelta(days=after), length) for after, length in waits]
    return tuple(Pause(day, day + timedelta(days=length)) for day, length in begun)


@given(ANY, RECEIVED, LATER, WAITS, some.sampled_from([0, 1]))
def test_days_come_in_their_order_and_every_step_has_its_provision(
    key: tuple[Jurisdiction, Kind],
    received: date,
    later: timedelta,
    waits: list[tuple[int, int]],
    taken: int,
) -> None:
    found = worked(
        key, Dates(received, received + later, None, pauses(received, waits), is_extended=bool(taken))
    )
    due = found.due or date.max
    assert received <= due
    assert found.acknowledge_by is None or received <= found.acknowledge_by
    assert found.extended_due is None or due < found.extended_due
    assert found.aim_for is None or received <= found.aim_for <= (found.last_day or date.max)
    assert all(step.text.endswith(".") and step.cites for step in found.steps)


@given(ANY, RECEIVED, LATER)
def test_who_asks_later_is_never_answered_earlier(
    key: tuple[Jurisdiction, Kind], received: date, later: timedelta
) -> None:
    first, second = worked(key, Dates(received)), worked(key, Dates(received + later))
    for name in ("acknowledge_by", "due", "extended_due"):
        earlier, after = getattr(first, name), getattr(second, name)
        assert earlier is None or earlier <= after


@given(ANY, RECEIVED, LATER, LATER)
def test_proof_or_a_fee_that_comes_later_never_brings_the_last_day_forward(
    key: tuple[Jurisdiction, Kind], received: date, proof: timedelta, fee: timedelta
) -> None:
    plain = worked(key, Dates(received))
    waited = worked(key, Dates(received, received + proof, received + fee))
    for name in ("due", "extended_due"):
        assert getattr(plain, name) is None or getattr(plain, name) <= getattr(waited, name)
    assert plain.acknowledge_by == waited.acknowledge_by


@given(ANY, RECEIVED, LATER, WAITS, WAITS)
def test_waiting_never_brings_the_last_day_forward(
    key: tuple[Jurisdiction, Kind],
    received: date,
    proof: timedelta,
    some_waits: list[tuple[int, int]],
    more: list[tuple[int, int]],
) -> None:
    came = received + proof
    fewer = worked(key, Dates(received, came, None, pauses(received, some_waits)))
    longer = worked(key, Dates(received, came, None, pauses(received, [*some_waits, *more])))
    for name in ("due", "extended_due"):
        assert getattr(fewer, name) is None or getattr(fewer, name) <= getattr(longer, name)


@given(RECEIVED, some.integers(0, 27), some.integers(0, 60))
def test_in_the_kingdom_nothing_is_due_before_a_clarification_in_time_is_answered(
    received: date, after: int, length: int
) -> None:
    [pause] = pauses(received, [(after, length)])
    found = worked((Jurisdiction.UK, Kind.ACCESS), Dates(received, clarifications=(pause,)))
    assert found.due is not None
    assert pause.ended_on < found.due


@given(ANY, RECEIVED)
def test_a_last_day_that_moves_ends_on_a_day_it_may_stand_on(
    key: tuple[Jurisdiction, Kind], received: date
) -> None:
    found, timing = worked(key, Dates(received)), RIGHTS[key].timing
    assert timing is not None
    days = calendar_of(key[0])
    for day in filter(None, (found.due, found.extended_due)):
        by_business_days = timing.due is not None and timing.due.unit is Unit.BUSINESS_DAYS
        if timing.rolls is Rolls.WEEKENDS_AND_HOLIDAYS or by_business_days:
            assert days.is_working(day)
        elif timing.rolls is Rolls.SUNDAYS_AND_HOLIDAYS:
            assert day.weekday() < SUNDAY
            assert days.holiday(day) is None


@given(some.sets(some.sampled_from(list(Jurisdiction)), min_size=1), some.sampled_from(list(Kind)), RECEIVED)
def test_several_laws_together_are_never_later_than_one_of_them(
    places: set[Jurisdiction], kind: Kind, received: date
) -> None:
    offering = [place for place in places if RIGHTS[place, kind].is_offered]
    if not offering:
        return
    together, alone = (
        clock(places, kind, Dates(received)),
        [worked((each, kind), Dates(received)) for each in offering],
    )
    assert together.due == min((each.due for each in alone if each.due), default=None)
    last = min((day for each in alone if (day := each.extended_due or each.due)), default=None)
    assert (together.extended_due or together.due) == last
    assert set(together.jurisdictions) == set(offering)


@given(ANY, RECEIVED, WAITS)
def test_the_same_days_give_the_same_clock(
    key: tuple[Jurisdiction, Kind], received: date, waits: list[tuple[int, int]]
) -> None:
    several = pauses(received, waits)
    one, other = (
        worked(key, Dates(received, None, None, several)),
        worked(key, Dates(received, None, None, several[::-1])),
    )
    assert one == other
