"""How a clock's steps are put into words: plain English, one thing a sentence, for staff."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final

from hub.policy.words import ENGLISH
from hub.rights.calendars import DAY, Calendar
from hub.rights.counting import Pause, weekday_holidays
from hub.rights.dates import written
from hub.rights.law import Extension, Period
from hub.rights.reasons import WORDS
from hub.rights.values import RestsOn, Start, Unit

NUMBERS: Final = {1: "One month", 2: "Two months", 3: "Three months"}
DAYS: Final = {Unit.DAYS: "calendar days", Unit.BUSINESS_DAYS: "business days"}
WAITED_FOR: Final = {Start.RECEIPT: "receipt", Start.IDENTITY: "proof of identity", Start.FEE: "the fee"}
WHOSE: Final = {
    RestsOn.LAW: "",
    RestsOn.GUIDANCE: " This is the regulator's reading; the statute names no number.",
    RestsOn.HOUSE: " This is our own rule; the law names no number of days.",
}


def counted(period: Period, start: date, end: date, days: Calendar) -> str:
    """Say how a period was counted from its start to its end, and whose number it is."""
    return _counted(period, start, end) + _left_out(period, start, end, days) + WHOSE[period.rests_on]


def _counted(period: Period, start: date, end: date) -> str:
    match period.unit:
        case Unit.AT_ONCE:
            return f"To be done at once, on {written(end)}."
        case Unit.MONTHS:
            verb = "ends" if period.amount == 1 else "end"
            last = "" if end.day == start.day else ", the last day of that month"
            return f"{_months(period.amount)} from {written(start)} {verb} on {written(end)}{last}."
        case Unit.CLEAR_DAYS:
            return (
                f"{period.amount} clear days follow {written(start)}, up to {written(end - DAY)}; neither the first day"
                f" nor the last one counts, so the last is {written(end)}."
            )
        case Unit.DAYS | Unit.BUSINESS_DAYS:
            begin = (
                f"beginning with {written(start)}" if period.first_day_counts else f"after {written(start)}"
            )
            return f"{period.amount} {DAYS[period.unit]} {begin} end on {written(end)}."


def _months(amount: int) -> str:
    return NUMBERS.get(amount, f"{amount} months")


def _left_out(period: Period, start: date, end: date, days: Calendar) -> str:
    """Name the days that business days leave out."""
    if period.unit is not Unit.BUSINESS_DAYS:
        return ""
    named = [f"{written(day)} ({days.holiday(day)})" for day in weekday_holidays(start, end, days)]
    return f" Left out: {', '.join(['Saturdays', 'Sundays', *named])}."


def latest(came: Collection[Start], which: Start, start: date) -> str:
    """Say which of what a period waits for came last."""
    names = " and ".join(WAITED_FOR[each] for each in Start if each in came)
    return f"The time runs from the latest of {names}: {written(start)} ({WAITED_FOR[which]})."


def not_waited_for(what: Start, day: date) -> str:
    """Say that something came and moves nothing."""
    name = WAITED_FOR[what]
    return f"{name[0].upper()}{name[1:]} came on {written(day)}; the time does not wait for it and runs from receipt."


def waited(pauses: Sequence[Pause], last: date) -> str:
    """Say which days do not count, and where that puts the last day."""
    listed = "; ".join(f"{written(each.began_on)} to {written(each.ended_on)}" for each in pauses)
    total = sum(each.days for each in pauses)
    days = "1 day" if total == 1 else f"{total} days"
    return (
        f"We waited for a clarification: {listed}, both included. These {days} do not count: {written(last)}."
    )


def extended(extension: Extension, due: date, *, taken: bool) -> str:
    """Say why it may take longer, and by when the person must have been told."""
    reasons = [WORDS[ENGLISH].short[code] for code in extension.reasons]
    verb = "is" if taken else "can be"
    return (
        f"It {verb} extended, from the same start, because {' or '.join(reasons)}; say so by {written(due)}."
    )


def free(day: date, days: Calendar) -> str:
    """Say why a day is no working day."""
    holiday = days.holiday(day)
    return f"{written(day)} is {holiday}" if holiday else f"{written(day)} is no working day"
