"""Which days are holidays where rights requests are answered, from the ``holidays`` library.

A year that the library does not know is refused: a calendar that silently had no holidays would be a wrong one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

import holidays

from hub.errors import invalid
from hub.policy import parameters
from hub.policy.values import Jurisdiction
from hub.rights.law import CALENDARS, PLACES

SATURDAY: Final = 5
SUNDAY: Final = 6
DAY: Final = timedelta(days=1)
LANGUAGE: Final = "en_US"


@dataclass(frozen=True, slots=True)
class Calendar:
    """The holidays of one jurisdiction, or of one region of it: a state, a part of the kingdom, a Member State.

    Without a region only what is sure: a day off that may not be one would put a last day too late.
    """

    jurisdiction: Jurisdiction
    region: str | None = None

    @property
    def cites(self) -> str:
        """Where it is laid down which days are holidays."""
        return CALENDARS[self.jurisdiction]["cites"]

    @property
    def assumed(self) -> str | None:
        """What has to be said about it where no region was named."""
        raw = CALENDARS[self.jurisdiction]
        return raw.get("assumed") if self.region is None else None

    def why_free(self, day: date) -> str | None:
        """Name the holiday, or the Saturday or Sunday, that a day is; None for a working day."""
        holiday = self.holiday(day)
        if holiday:
            return holiday
        return f"{day:%A}" if day.weekday() >= SATURDAY else None

    def holiday(self, day: date) -> str | None:
        """Name the holiday that a day is; Refusal INVALID for a year that the calendar does not know."""
        return _holidays(self.jurisdiction, self.region, day.year).get(day)

    def is_working(self, day: date) -> bool:
        """Whether a day is neither a holiday nor of a weekend."""
        return self.why_free(day) is None

    def working_day_from(self, day: date, step: timedelta = DAY) -> date:
        """Find the first working day from a day on, or back with a negative step."""
        while not self.is_working(day):
            day += step
        return day


def calendar_of(jurisdiction: Jurisdiction, region: str | None = None) -> Calendar:
    """The calendar of a jurisdiction, of one of its regions if that is known; Refusal INVALID for another region."""
    known = regions(jurisdiction)
    if region is not None and region not in known:
        place = PLACES[jurisdiction].name
        listed = f"Name one of {', '.join(known)}." if known else "Leave the region out."
        raise invalid(f"{place} has no calendar of its own for this region. {listed}", "region")
    return Calendar(jurisdiction, region)


def regions(jurisdiction: Jurisdiction) -> tuple[str, ...]:
    """List the regions that have a calendar of their own; in the EU the countries, as ISO codes."""
    raw = CALENDARS[jurisdiction]
    members = parameters.home_countries(jurisdiction) if raw.get("members") else frozenset[str]()
    return (*raw.get("regions", ()), *sorted(members))


@lru_cache(512)
def _holidays(jurisdiction: Jurisdiction, region: str | None, year: int) -> Mapping[date, str]:
    """Name the holidays of one year, by day."""
    raw = CALENDARS[jurisdiction]
    always = [date(year, *map(int, each.split("-"))) for each in raw.get("always", ())]
    found = {} if region and raw.get("members") else dict.fromkeys(always, "a holiday in every Member State")
    for country, part in _parts(jurisdiction, region or raw.get("default")):
        found |= _listed(jurisdiction, country, part, year)
    without = set(raw.get("without", ()))
    return {day: name for day, name in found.items() if not without & set(name.split("; "))}


def _parts(jurisdiction: Jurisdiction, region: str | None) -> list[tuple[str, str | None]]:
    """Split what to ask the library into country and subdivision."""
    raw = CALENDARS[jurisdiction]
    if raw.get("members"):
        return [(region, None)] if region else []
    split = [each.partition("-") for each in raw["countries"]]
    return [(country, part or region) for country, _, part in split]


def _listed(jurisdiction: Jurisdiction, country: str, part: str | None, year: int) -> dict[date, str]:
    known = holidays.country_holidays(country, subdiv=part, language=LANGUAGE)
    if not known.start_year <= year <= known.end_year:
        raise invalid(
            f"The holidays of {PLACES[jurisdiction].name} are known from {known.start_year} to {known.end_year},"
            f" not in {year}. Choose days within these years.",
            "received",
        )
    known = holidays.country_holidays(country, subdiv=part, language=LANGUAGE, years=year)
    return {day: name for day, name in known.items() if day.year == year}
