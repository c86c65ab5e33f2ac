"""Holidays: the right ones, those of a region only where it is known, and never silently none."""

from datetime import date, timedelta

import pytest

from hub.errors import Refusal
from hub.policy.values import Jurisdiction
from hub.rights.calendars import calendar_of, regions

AU, UK, ZA, MA, EU, US_CA = Jurisdiction
FEWEST_A_YEAR = {AU: 7, UK: 8, ZA: 12, MA: 12, EU: 2, US_CA: 11}


def off(place: Jurisdiction, said: str, region: str | None = None) -> str | None:
    return calendar_of(place, region).why_free(date.fromisoformat(said))


@pytest.mark.parametrize("place", list(Jurisdiction))
@pytest.mark.parametrize("year", [2024, 2026, 2027, 2040, 2077, 2100])
def test_every_year_has_its_holidays(place: Jurisdiction, year: int) -> None:
    days = [date(year, 1, 1) + timedelta(days=number) for number in range(365)]
    assert sum(calendar_of(place).holiday(day) is not None for day in days) >= FEWEST_A_YEAR[place]


@pytest.mark.parametrize("place", [AU, UK, ZA, MA, US_CA])
def test_a_year_outside_the_calendar_is_refused_and_not_taken_for_one_without_holidays(
    place: Jurisdiction,
) -> None:
    with pytest.raises(Refusal, match="are known from [0-9]+ to 2100, not in 2101") as refused:
        calendar_of(place).why_free(date(2101, 12, 25))
    assert refused.value.path == ("received",)
    with pytest.raises(Refusal):
        calendar_of(EU, "FR").why_free(date(2101, 12, 25))


def test_days_that_are_given_back_count() -> None:
    assert off(UK, "2026-12-28") == "Boxing Day (observed)"
    assert off(ZA, "2026-08-10") == "National Women's Day (observed)"
    assert off(US_CA, "2026-07-03") == "Independence Day (observed)"


def test_california_has_the_holidays_of_the_union_and_its_own_but_no_days_of_observance() -> None:
    assert off(US_CA, "2026-10-12") == "Columbus Day"
    assert off(US_CA, "2026-03-31") == "Cesar Chavez Day"
    assert off(US_CA, "2026-11-27") == "Day After Thanksgiving"
    assert off(US_CA, "2028-02-15") is None
    assert off(US_CA, "2027-10-29") is None


def test_a_region_has_its_own_holidays_and_without_one_only_sure_ones_count() -> None:
    assert (off(UK, "2026-08-03"), off(UK, "2026-08-03", "SCT")) == (None, "Summer Bank Holiday")
    assert (
        off(UK, "2026-04-06")
        == off(UK, "2026-04-06", "ENG")
        == off(UK, "2026-04-06", "WLS")
        == "Easter Monday"
    )
    assert off(UK, "2026-04-06", "SCT") is None
    assert (off(AU, "2026-11-03"), off(AU, "2026-11-03", "VIC")) == (None, "Melbourne Cup Day")
    assert (off(EU, "2026-05-08"), off(EU, "2026-05-08", "FR")) == (None, "Victory Day")


def test_without_a_member_state_exactly_the_holidays_of_all_of_them_count() -> None:
    for year in (2026, 2029, 2031):
        days = [date(year, 1, 1) + timedelta(days=number) for number in range(365)]
        weekdays = [day for day in days if day.weekday() < 5]
        shared = {day for day in weekdays if all(calendar_of(EU, each).holiday(day) for each in regions(EU))}
        assert {day for day in weekdays if calendar_of(EU).holiday(day)} == shared != set()


def test_every_member_state_of_the_area_and_every_listed_region_has_a_calendar() -> None:
    assert len(regions(EU)) == 30
    for place in Jurisdiction:
        for region in regions(place):
            assert off(place, "2026-01-01", region)
            assert calendar_of(place, region).assumed is None


def test_what_is_assumed_without_a_region_is_said() -> None:
    said = {place: calendar_of(place).assumed for place in Jurisdiction}
    assert {place for place, text in said.items() if text} == {AU, UK, EU}
    assert all(calendar_of(place).cites for place in Jurisdiction)


def test_weekends_are_free_and_working_days_are_found_both_ways() -> None:
    days = calendar_of(UK)
    assert (off(UK, "2026-05-30"), off(UK, "2026-05-31"), off(UK, "2026-06-01")) == (
        "Saturday",
        "Sunday",
        None,
    )
    assert days.working_day_from(date(2026, 4, 3)) == date(2026, 4, 7)
    assert days.working_day_from(date(2026, 4, 6), timedelta(days=-1)) == date(2026, 4, 2)
