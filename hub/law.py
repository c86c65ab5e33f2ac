"""The dated numbers of the law as reading needs them: one table per day (pure, but for the parameters' file)."""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from hub.policy import parameters
from hub.policy.values import Jurisdiction


@dataclass(frozen=True, slots=True)
class Law:
    """What counts on one day. *_before: an instant earlier than that has lapsed. washes: ascending, see `wash_rank`."""

    on: date
    ages: dict[str, dict[str, str]]
    home: dict[str, frozenset[str]]
    adequate: dict[str, frozenset[str]]
    unrestricted: frozenset[str]
    quiet_before: datetime
    prospects_before: datetime
    calls_before: datetime
    washes: tuple[datetime, ...]
    wash_rank: dict[str, int]

    def destination(self, jurisdiction: str, country: str) -> str | None:
        """DOMESTIC, ADEQUATE, or None for a country that needs a safeguard."""
        if country in self.home[jurisdiction]:
            return "DOMESTIC"
        if jurisdiction in self.unrestricted or country in self.adequate[jurisdiction]:
            return "ADEQUATE"
        return None

    def is_washed_out(self, jurisdiction: str, reached: int) -> bool:
        """Whether a check is too old; reached: how many of `washes` the check is not earlier than."""
        rank = self.wash_rank.get(jurisdiction)
        return rank is not None and reached < rank


@lru_cache(64)
def law(on: date) -> Law:
    """Tabulate what counts on a day."""
    each = list(Jurisdiction)
    days = {place.value: found for place in each if (found := parameters.wash_days(place, on)) is not None}
    washes = sorted({_midnight(on - timedelta(days=one - 1)) for one in days.values()})
    return Law(
        on,
        {p.value: {b.value: a.value for b, a in parameters.ages(p, on=on).items()} for p in each},
        {place.value: parameters.home_countries(place, on) for place in each},
        {place.value: parameters.adequate_countries(place, on) for place in each},
        frozenset(place.value for place in each if not parameters.transfers_restricted(place, on)),
        months_before(on, parameters.consent_months(Jurisdiction.AU, on)),
        months_before(on, parameters.prospect_retention_months(Jurisdiction.AU, on)),
        months_before(on, parameters.call_consent_months(Jurisdiction.AU, on) or 0),
        tuple(washes),
        {p: washes.index(_midnight(on - timedelta(days=one - 1))) + 1 for p, one in days.items()},
    )


def months_before(on: date, months: int) -> datetime:
    """The first instant that has not lapsed: what happened on an earlier day is at least so many months old on `on`."""
    day = _months_from(on, -months)
    while _months_from(day + timedelta(days=1), months) <= on:
        day += timedelta(days=1)
    return _midnight(day + timedelta(days=1))


def _months_from(day: date, months: int) -> date:
    """The same day of another month, or its last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
