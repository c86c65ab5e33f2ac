"""Counting days as time limits do: months, calendar days, clear days, business days; pauses; last days that move.

Days are local days of the jurisdiction. Each count returns a day; what it found on the way is told by ``clocks``.
"""

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from hub.rights.calendars import DAY, SATURDAY, SUNDAY, Calendar
from hub.rights.law import Extension, Period
from hub.rights.values import Rolls, Unit

MONTHS_A_YEAR: Final = 12


@dataclass(frozen=True, slots=True, order=True)
class Pause:
    """Days in which we waited for a clarification, both included; one still open is given up to today."""

    began_on: date
    ended_on: date

    @property
    def days(self) -> int:
        """How many days it lasted."""
        return (self.ended_on - self.began_on).days + 1


def months_after(day: date, months: int) -> date:
    """The same date so many months later, or the last of that month (UK GDPR art 12A; Reg. 1182/71 art 3(2)(c))."""
    year, month = divmod(day.year * MONTHS_A_YEAR + day.month - 1 + months, MONTHS_A_YEAR)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def end_of(period: Period, start: date, days: Calendar) -> date:
    """The last day of a period that begins with `start`, before pauses and before it moves."""
    match period.unit:
        case Unit.AT_ONCE:
            return start
        case Unit.MONTHS:
            return months_after(start, period.amount)
        case Unit.DAYS:
            return start + timedelta(days=period.amount - int(period.first_day_counts))
        case Unit.CLEAR_DAYS:
            return start + timedelta(days=period.amount + 1)
        case Unit.BUSINESS_DAYS:
            return _business_days_after(start, period.amount, days)


def longer(period: Period, extension: Extension) -> Period:
    """The period with its extension, as one: both are counted from the same start, in the same unit."""
    return Period(
        period.amount + extension.amount,
        extension.unit,
        period.rests_on,
        extension.cites,
        period.first_day_counts,
    )


def moved(day: date, rolls: Rolls, days: Calendar) -> date:
    """Where a last day comes to lie; a day that may stand stays."""
    while rolls is not Rolls.NO and moves(day, rolls, days):
        day += DAY
    return day


def moves(day: date, rolls: Rolls, days: Calendar) -> bool:
    """Whether a last day may not stand where it is."""
    if day.weekday() == SATURDAY:
        return rolls is Rolls.WEEKENDS_AND_HOLIDAYS or days.holiday(day) is not None
    return day.weekday() == SUNDAY or days.holiday(day) is not None


def joined(pauses: Iterable[Pause], start: date) -> tuple[Pause, ...]:
    """Pauses in order, days before the start left out, and no day counted twice: what overlaps or touches is one."""
    found: list[Pause] = []
    for each in sorted(pauses):
        if each.ended_on < start:
            continue
        began = max(each.began_on, start)
        if found and began <= found[-1].ended_on + DAY:
            found[-1] = Pause(found[-1].began_on, max(found[-1].ended_on, each.ended_on))
        else:
            found.append(Pause(began, each.ended_on))
    return tuple(found)


def paused(
    end: date, pauses: Sequence[Pause], rolls: Rolls, days: Calendar
) -> tuple[date, tuple[Pause, ...]]:
    """The last day after pauses (joined), before it moves; with the pauses that counted.

    A pause that begins after the last day changes nothing: there is no time left to stop. One that begins in the
    days by which the last day had moved adds to where it had moved to.
    """
    counted: list[Pause] = []
    for each in pauses:
        if each.began_on > end:
            if each.began_on > moved(end, rolls, days):
                break
            end = moved(end, rolls, days)
        end += timedelta(days=each.days)
        counted.append(each)
    return end, tuple(counted)


def weekday_holidays(start: date, end: date, days: Calendar) -> list[date]:
    """The holidays on weekdays after a day, up to another."""
    found: list[date] = []
    day = start
    while day < end:
        day += DAY
        if day.weekday() < SATURDAY and days.holiday(day):
            found.append(day)
    return found


def _business_days_after(day: date, amount: int, days: Calendar) -> date:
    while amount:
        day += DAY
        amount -= days.is_working(day)
    return day
