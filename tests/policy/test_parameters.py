"""The dated numbers: each with its source, and reduced to facts as the law counts."""

from datetime import date
from typing import cast

import pytest

from hub.policy.parameters import (
    PARAMETERS,
    AgeBand,
    Parameter,
    adequate_countries,
    age_for,
    ages,
    call_consent_months,
    child_under,
    consent_months,
    destination_for,
    home_countries,
    parameter,
    prospect_retention_months,
    wash_days,
)
from hub.policy.values import Age, Destination, Jurisdiction

AU, UK, ZA, MA, EU, US_CA = Jurisdiction
EVERY_ENTRY = [entry for entries in PARAMETERS.values() for entry in entries]


@pytest.mark.parametrize("entry", EVERY_ENTRY, ids=lambda entry: f"{entry.name}.{entry.scope}")
def test_every_value_has_a_source_a_unit_and_the_day_it_was_checked(entry: Parameter) -> None:
    assert entry.reference
    assert entry.unit
    assert date(2026, 1, 1) < entry.checked_on
    assert entry.scope in {"house", *Jurisdiction}


def test_a_number_is_washed_for_as_long_as_its_register_says() -> None:
    assert [wash_days(jurisdiction) for jurisdiction in Jurisdiction] == [30, 28, 30, None, None, 31]


def test_consent_to_calls_ends_after_three_months_in_australia_and_consent_after_24_by_house_rule() -> None:
    assert call_consent_months(AU) == 3
    assert call_consent_months(UK) is None
    assert {consent_months(jurisdiction) for jurisdiction in Jurisdiction} == {24}
    assert prospect_retention_months(ZA) == 24


@pytest.mark.parametrize(
    ("jurisdiction", "expected"),
    [
        (AU, ["CHILD", "CHILD", "CHILD", "TEEN", "TEEN", "ADULT"]),
        (UK, ["CHILD", "TEEN", "TEEN", "TEEN", "TEEN", "ADULT"]),
        (ZA, ["CHILD", "CHILD", "CHILD", "CHILD", "CHILD", "ADULT"]),
        (MA, ["CHILD", "CHILD", "CHILD", "CHILD", "CHILD", "ADULT"]),
        (EU, ["CHILD", "CHILD", "CHILD", "CHILD", "TEEN", "ADULT"]),
        (US_CA, ["CHILD", "TEEN", "TEEN", "TEEN", "ADULT", "ADULT"]),
    ],
)
def test_an_age_band_is_what_each_jurisdiction_makes_of_it(
    jurisdiction: Jurisdiction, expected: list[str]
) -> None:
    assert list(ages(jurisdiction)) == list(AgeBand)
    assert [str(age) for age in ages(jurisdiction).values()] == expected


def test_in_the_union_the_member_state_sets_the_age_and_the_strictest_counts_when_it_is_unknown() -> None:
    assert age_for(AgeBand.AGE_14, EU) is Age.CHILD
    assert age_for(AgeBand.AGE_14, EU, "AT") is Age.TEEN
    assert age_for(AgeBand.AGE_13, EU, "SE") is Age.TEEN
    assert age_for(AgeBand.AGE_15, EU, "XX") is Age.CHILD
    assert child_under(UK, "AT") == 13


def test_every_member_state_has_its_age_and_none_below_13_or_above_16() -> None:
    national = parameter("digital_age", EU)
    assert national is not None
    limits = cast("dict[str, int]", national.value)
    assert set(limits) == home_countries(EU)
    assert set(limits.values()) == {13, 14, 15, 16}


def test_a_country_is_home_adequate_or_unsafe() -> None:
    assert destination_for("AU", AU) is Destination.DOMESTIC
    assert destination_for("NZ", AU) is Destination.UNSAFE
    assert destination_for("FR", UK) is Destination.ADEQUATE
    assert destination_for("US", UK) is Destination.UNSAFE
    assert destination_for("FR", EU) is Destination.DOMESTIC
    assert destination_for("GB", EU) is Destination.ADEQUATE
    assert destination_for("IN", US_CA) is Destination.ADEQUATE


def test_an_adequacy_decision_counts_from_its_day() -> None:
    assert destination_for("BR", EU, date(2026, 1, 25)) is Destination.UNSAFE
    assert destination_for("BR", EU, date(2026, 1, 26)) is Destination.ADEQUATE
    assert adequate_countries(EU, date(2020, 1, 1)) == frozenset()


def test_countries_are_two_capital_letters() -> None:
    for jurisdiction in Jurisdiction:
        for country in home_countries(jurisdiction) | adequate_countries(jurisdiction):
            assert len(country) == 2
            assert country.isascii()
            assert country.isupper()
