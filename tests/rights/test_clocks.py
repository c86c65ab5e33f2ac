"""Time limits worked by hand, jurisdiction by jurisdiction; the calendars of 2026 to 2028 were read off the wall."""

from collections.abc import Collection
from datetime import date
from typing import Any

import pytest

from hub.errors import Refusal
from hub.policy.values import Jurisdiction
from hub.rights.clocks import Clock, Dates, Pause, clock
from hub.rights.values import Kind

AU, UK, ZA, MA, EU, US_CA = Jurisdiction
NONE = "-"
Days = tuple[str, str, str]
"""Confirm by, last day, last day if extended."""
Case = tuple[str, dict[str, Any], str, str]
"""Received, what else is known, last day, last day if extended."""


def on(said: str) -> date:
    return date.fromisoformat(said)


def wait(began: str, ended: str) -> Pause:
    return Pause(on(began), on(ended))


def worked(places: Jurisdiction | Collection[Jurisdiction], kind: str, received: str, **known: Any) -> Clock:
    """Work a clock from plain words: identity, fee, waits, region, extended."""
    several = [places] if isinstance(places, Jurisdiction) else places
    dates = Dates(
        on(received),
        on(known["identity"]) if "identity" in known else None,
        on(known["fee"]) if "fee" in known else None,
        tuple(wait(*each) for each in known.get("waits", ())),
        is_extended=known.get("extended", False),
        regions=dict.fromkeys(several, str(known["region"])) if "region" in known else {},
    )
    return clock(several, Kind(kind.upper()), dates)


def days(found: Clock) -> Days:
    listed = (found.acknowledge_by, found.due, found.extended_due)
    first, second, third = (day.isoformat() if day else NONE for day in listed)
    return first, second, third


# What the law's own examples and the guidance come to; each is told in docs/law/requests.md.
VECTORS: list[tuple[Jurisdiction, str, str, dict[str, Any], Days]] = [
    (UK, "access", "2026-01-31", {}, (NONE, "2026-03-02", "2026-04-30")),
    (UK, "access", "2026-01-05", {"identity": "2026-01-12"}, (NONE, "2026-02-12", "2026-04-13")),
    (
        UK,
        "access",
        "2026-03-02",
        {"waits": [("2026-03-05", "2026-03-15")]},
        (NONE, "2026-04-13", "2026-06-15"),
    ),
    (UK, "complaint", "2026-07-01", {}, ("2026-07-30", NONE, NONE)),
    (EU, "access", "2026-08-31", {}, (NONE, "2026-09-30", "2026-11-30")),
    (EU, "deletion", "2026-10-01", {}, (NONE, "2026-11-02", "2027-01-04")),
    (ZA, "rectification", "2026-03-27", {}, (NONE, "2026-04-28", NONE)),
    (ZA, "access", "2026-05-04", {}, (NONE, "2026-06-03", "2026-07-03")),
    (MA, "rectification", "2026-11-02", {}, (NONE, "2026-11-13", NONE)),
    (US_CA, "deletion", "2026-03-02", {}, ("2026-03-16", "2026-04-16", "2026-05-31")),
    (US_CA, "stop_sharing", "2026-03-02", {}, (NONE, "2026-03-23", NONE)),
    (AU, "stop_marketing", "2026-05-01", {}, (NONE, "2026-05-08", NONE)),
    (AU, "access", "2026-05-01", {}, (NONE, "2026-05-31", NONE)),
]

UNITED_KINGDOM: list[Case] = [
    ("2026-01-30", {}, "2026-03-02", "2026-04-30"),  # no 30 February; the 28th is a Saturday
    ("2028-01-31", {}, "2028-02-29", "2028-05-02"),  # a leap year; 30 April is a Sunday, 1 May a bank holiday
    ("2026-03-03", {}, "2026-04-07", "2026-06-03"),  # Good Friday to Easter Monday
    ("2026-11-25", {}, "2026-12-29", "2027-02-25"),  # Christmas on a Friday, Boxing Day given back on Monday
    ("2026-12-01", {}, "2027-01-04", "2027-03-01"),
    ("2026-12-01", {"region": "SCT"}, "2027-01-05", "2027-03-01"),  # 2 January is given back in Scotland
    ("2025-12-31", {}, "2026-02-02", "2026-03-31"),
    ("2026-01-05", {"identity": "2026-01-12", "fee": "2026-01-20"}, "2026-02-20", "2026-04-20"),
    ("2026-01-05", {"identity": "2026-01-20", "fee": "2026-01-12"}, "2026-02-20", "2026-04-20"),
    ("2026-01-05", {"identity": "2026-01-05"}, "2026-02-05", "2026-04-07"),  # 5 April is Easter Sunday
    # all of the waiting, or two of its four days, are before the month begins
    ("2026-01-05", {"identity": "2026-01-12", "waits": [("2026-01-06", "2026-01-08")]}, "2026-02-12", "2026-04-13"),
    ("2026-01-05", {"identity": "2026-01-12", "waits": [("2026-01-10", "2026-01-13")]}, "2026-02-16", "2026-04-14"),
    # one day; two that overlap are 16 days, two that do not are 11 and 2
    ("2026-03-02", {"waits": [("2026-03-05", "2026-03-05")]}, "2026-04-07", "2026-06-03"),
    ("2026-03-02", {"waits": [("2026-03-10", "2026-03-20"), ("2026-03-05", "2026-03-15")]}, "2026-04-20", "2026-06-18"),
    ("2026-03-02", {"waits": [("2026-03-05", "2026-03-15"), ("2026-03-20", "2026-03-21")]}, "2026-04-15", "2026-06-15"),
    # asked too late for the month, in time for the extension; and asked while the last day had moved
    ("2026-03-02", {"waits": [("2026-04-03", "2026-04-10")]}, "2026-04-02", "2026-06-10"),
    ("2026-01-31", {"waits": [("2026-03-02", "2026-03-03")]}, "2026-03-04", "2026-05-05"),
    # the second clarification is in time only because of the first
    ("2026-03-02", {"waits": [("2026-04-01", "2026-04-20"), ("2026-04-21", "2026-04-22")]}, "2026-04-24", "2026-06-24"),
]  # fmt: skip

EUROPEAN_UNION: list[Case] = [
    ("2027-01-31", {}, "2027-03-01", "2027-04-30"),
    ("2026-05-04", {"identity": "2026-05-20"}, "2026-06-22", "2026-08-20"),
    ("2026-05-04", {"fee": "2026-05-20"}, "2026-06-04", "2026-08-04"),  # no law here waits for a fee
    ("2026-05-04", {"waits": [("2026-05-05", "2026-05-20")]}, "2026-06-04", "2026-08-04"),  # nor for this
    ("2026-11-25", {}, "2026-12-28", "2027-02-25"),
    ("2026-03-06", {}, "2026-04-06", "2026-06-08"),  # Easter Monday is no holiday in Portugal, so it may not be one
    ("2026-03-06", {"region": "PT"}, "2026-04-06", "2026-06-08"),
    ("2026-03-06", {"region": "FR"}, "2026-04-07", "2026-06-08"),
    ("2026-04-01", {"region": "FR"}, "2026-05-04", "2026-07-01"),
    ("2026-04-01", {"region": "NL"}, "2026-05-01", "2026-07-01"),
]  # fmt: skip

SOUTH_AFRICA: list[Case] = [
    ("2026-01-01", {}, "2026-01-31", "2026-03-02"),  # a Saturday stays
    ("2026-01-02", {}, "2026-02-02", "2026-03-03"),  # a Sunday does not
    ("2026-02-19", {}, "2026-03-23", "2026-04-20"),  # Human Rights Day on a Saturday, then a Sunday
    ("2026-03-04", {}, "2026-04-04", "2026-05-04"),  # Good Friday moves to the Saturday; 3 May is a Sunday
    ("2026-11-25", {}, "2026-12-28", "2027-01-25"),  # Christmas, Day of Goodwill, Sunday; 24 January is a Sunday
    ("2026-02-26", {}, "2026-03-28", "2026-04-28"),  # 60 days end on Freedom Day
    ("2026-07-10", {}, "2026-08-11", "2026-09-08"),  # Women's Day on a Sunday is given back on the Monday
    ("2026-01-01", {"identity": "2026-01-20", "waits": [("2026-01-02", "2026-01-09")]}, "2026-01-31", "2026-03-02"),
]  # fmt: skip

CALIFORNIA: list[tuple[str, dict[str, Any], Days]] = [
    ("2026-11-20", {}, ("2026-12-08", "2027-01-04", "2027-02-18")),  # Thanksgiving and the day after
    ("2026-03-07", {}, ("2026-03-20", "2026-04-21", "2026-06-05")),  # received on a Saturday
    (
        "2026-03-02",
        {"identity": "2026-03-20"},
        ("2026-03-16", "2026-04-16", "2026-05-31"),
    ),  # includes verification
    (
        "2028-02-10",
        {},
        ("2028-02-25", "2028-03-26", "2028-05-10"),
    ),  # Presidents' Day, but not Susan B. Anthony's
]


@pytest.mark.parametrize(("place", "kind", "received", "known", "expected"), VECTORS)
def test_the_examples_come_out(
    place: Jurisdiction, kind: str, received: str, known: dict[str, Any], expected: Days
) -> None:
    assert days(worked(place, kind, received, **known)) == expected


@pytest.mark.parametrize(("received", "known", "due", "extended"), UNITED_KINGDOM)
@pytest.mark.parametrize("kind", ["access", "deletion"])
def test_the_united_kingdom_counts_a_month_from_the_latest_start_and_stops_while_it_waits(
    kind: str, received: str, known: dict[str, Any], due: str, extended: str
) -> None:
    assert days(worked(UK, kind, received, **known)) == (NONE, due, extended)


@pytest.mark.parametrize(("received", "known", "due", "extended"), EUROPEAN_UNION)
def test_the_union_counts_a_month_by_its_own_rules_on_periods(
    received: str, known: dict[str, Any], due: str, extended: str
) -> None:
    assert days(worked(EU, "rectification", received, **known)) == (NONE, due, extended)


@pytest.mark.parametrize(("received", "known", "due", "extended"), SOUTH_AFRICA)
def test_south_africa_counts_calendar_days_and_moves_sundays_and_holidays(
    received: str, known: dict[str, Any], due: str, extended: str
) -> None:
    assert days(worked(ZA, "access", received, **known)) == (NONE, due, extended)
    assert days(worked(ZA, "deletion", received, **known)) == (NONE, due, NONE)


@pytest.mark.parametrize(("received", "known", "expected"), CALIFORNIA)
@pytest.mark.parametrize("kind", ["access", "portability", "rectification", "deletion"])
def test_california_counts_45_days_whatever_happens(
    kind: str, received: str, known: dict[str, Any], expected: Days
) -> None:
    assert days(worked(US_CA, kind, received, **known)) == expected


OTHER_RIGHTS: list[tuple[Jurisdiction, str, str, dict[str, Any], str, str]] = [
    (US_CA, "stop_sharing", "2026-03-24", {}, "2026-04-15", "2026-03-24"),  # without César Chávez Day
    (US_CA, "limit_sensitive", "2026-09-25", {}, "2026-10-19", "2026-09-25"),  # without Columbus Day
    (US_CA, "stop_marketing", "2026-03-02", {}, "2026-03-16", "2026-03-02"),
    (AU, "stop_marketing", "2026-04-01", {}, "2026-04-10", "2026-04-01"),  # without Good Friday, Easter Monday
    (AU, "stop_marketing", "2026-05-01", {"region": "QLD"}, "2026-05-11", "2026-05-01"),  # Labour Day there
    (AU, "stop_sharing", "2026-05-02", {}, "2026-05-08", "2026-05-02"),  # received on a Saturday
    (AU, "complaint", "2026-05-01", {}, "2026-05-31", "2026-05-29"),
    (AU, "rectification", "2028-02-01", {}, "2028-03-02", "2028-03-02"),
    (AU, "deletion", "2026-05-01", {"identity": "2026-05-20"}, "2026-05-31", "2026-05-29"),
    (UK, "stop_marketing", "2026-01-31", {"identity": "2026-02-10"}, "2026-03-02", "2026-01-31"),
    (EU, "stop_marketing", "2026-10-01", {}, "2026-11-02", "2026-10-01"),
    (ZA, "objection", "2026-04-05", {}, "2026-04-05", "2026-04-05"),  # at once, on a Sunday too
    (ZA, "restriction", "2026-01-01", {}, "2026-01-31", "2026-01-30"),  # aim for the Friday
    (MA, "access", "2026-11-02", {}, "2026-11-12", "2026-11-12"),
    (MA, "deletion", "2026-12-24", {}, "2027-01-04", "2026-12-31"),  # the tenth day is a Sunday after New Year
    (MA, "restriction", "2026-02-20", {}, "2026-03-03", "2026-03-02"),
    (MA, "stop_marketing", "2026-11-02", {}, "2026-11-02", "2026-11-02"),
    (EU, "complaint", "2026-11-02", {}, "2026-12-02", "2026-12-02"),
]  # fmt: skip


@pytest.mark.parametrize(("place", "kind", "received", "known", "due", "aim"), OTHER_RIGHTS)
def test_other_rights_have_their_last_day_and_the_day_we_aim_for(
    place: Jurisdiction, kind: str, received: str, known: dict[str, Any], due: str, aim: str
) -> None:
    found = worked(place, kind, received, **known)
    assert (str(found.due), str(found.aim_for)) == (due, aim)
    assert found.extended_due is None


def test_a_complaint_in_the_kingdom_is_confirmed_within_30_days_the_first_of_which_is_that_of_receipt() -> (
    None
):
    found = worked(UK, "complaint", "2027-02-01")
    assert days(found) == ("2027-03-02", NONE, NONE)
    assert found.aim_for == on("2027-03-03")
    assert found.last_day is None


def test_an_extension_taken_changes_what_is_aimed_for_and_no_day_of_the_law() -> None:
    plain, taken = worked(UK, "access", "2026-01-31"), worked(UK, "access", "2026-01-31", extended=True)
    assert days(plain) == days(taken)
    assert (plain.last_day, taken.last_day) == (on("2026-03-02"), on("2026-04-30"))
    assert (plain.tell_extension_by, taken.aim_for) == (on("2026-03-02"), on("2026-04-30"))
    assert "If extended, the last day is Thursday 30 April 2026." in [step.text for step in plain.steps]
    assert "Extended, the last day is Thursday 30 April 2026." in [step.text for step in taken.steps]


def test_where_there_is_no_extension_none_is_taken_and_that_is_said() -> None:
    found = worked(AU, "access", "2026-05-01", extended=True)
    assert (found.extended_due, found.last_day, found.tell_extension_by) == (None, on("2026-05-31"), None)
    assert any("no extension here" in step.text for step in found.steps)


def test_of_several_laws_the_earliest_day_counts() -> None:
    found = worked([UK, US_CA], "access", "2026-03-02")
    assert days(found) == ("2026-03-16", "2026-04-02", "2026-05-31")
    assert found.jurisdictions == (UK, US_CA)
    assert found.steps[-1].text.endswith("the last day is Thursday 2 April 2026, by that of United Kingdom.")
    assert {step.text.partition(":")[0] for step in found.steps[:-1]} == {"United Kingdom", "California"}


def test_a_law_without_an_extension_ends_that_of_another() -> None:
    assert days(worked([AU, UK], "access", "2026-05-01")) == (NONE, "2026-05-31", NONE)


def test_a_law_without_the_right_or_without_a_last_day_leaves_it_to_the_others() -> None:
    assert worked([AU, UK], "portability", "2026-05-01") == worked(UK, "portability", "2026-05-01")
    assert days(worked([UK, EU], "complaint", "2026-07-01")) == ("2026-07-30", "2026-07-31", NONE)


def test_before_its_day_a_right_is_house_policy() -> None:
    before, after = worked(US_CA, "explanation", "2026-12-31"), worked(US_CA, "explanation", "2027-01-01")
    assert before.due == on("2027-02-14")
    assert "gives this right from Friday 1 January 2027 on" in " ".join(step.text for step in before.steps)
    assert "house policy" not in " ".join(step.text for step in after.steps)


def test_the_steps_tell_the_whole_calculation_with_its_provisions() -> None:
    found = worked(ZA, "rectification", "2026-03-27")
    form = "POPIA Regulation 3 as amended 17 April 2025, counted from receipt"
    moved = "Sunday 26 April 2026 is no working day, Monday 27 April 2026 is Freedom Day"
    assert [str(step) for step in found.steps] == [
        "Received on Friday 27 March 2026. Days are local days in South Africa. [POPIA s 24; Form 2]",
        f"30 calendar days after Friday 27 March 2026 end on Sunday 26 April 2026. [{form}]",
        f"{moved}: the last day moves to Tuesday 28 April 2026. [Interpretation Act 33 of 1957 s 4]",
        f"The last day is Tuesday 28 April 2026. [{form}]",
    ]


REFUSED: list[tuple[Any, str, str, dict[str, Any], str, str]] = [
    (UK, "access", "2026-03-02", {"identity": "2026-03-01"}, "identity_received", "identity cannot"),
    (UK, "access", "2026-03-02", {"fee": "2026-03-01"}, "fee_received", "fee cannot"),
    (UK, "access", "2026-03-02", {"waits": [("2026-03-05", "2026-03-04")]}, "clarification", "answered before"),
    (UK, "access", "2026-03-02", {"waits": [("2026-03-01", "2026-03-04")]}, "clarification", "before the request"),
    (UK, "access", "2100-01-01", {}, "received", "from 1900 to 2099"),
    (UK, "access", "1899-12-31", {}, "received", "from 1900 to 2099"),
    (UK, "access", "2026-03-02", {"identity": "2100-01-01"}, "identity_received", "up to 2099"),
    (UK, "access", "2026-03-02", {"fee": "9999-12-31"}, "fee_received", "up to 2099"),
    (UK, "access", "2026-03-02", {"waits": [("2026-03-05", "9999-12-31")]}, "clarification", "up to 2099"),
    (UK, "access", "2026-03-02", {"region": "FR"}, "region", "one of ENG, WLS, SCT, NIR"),
    (EU, "access", "2026-03-02", {"region": "GB"}, "region", "one of AT, BE"),
    (MA, "access", "2026-03-02", {"region": "MA"}, "region", "Leave the region out"),
    (AU, "portability", "2026-03-02", {}, "kind", "Take it in as access"),
    ([AU, ZA], "portability", "2026-03-02", {}, "kind", "South Africa does not offer portability"),
    (US_CA, "objection", "2026-03-02", {}, "kind", "Take it in as stop_sharing"),
    ([], "access", "2026-03-02", {}, "jurisdiction", "Name a jurisdiction"),
]  # fmt: skip


@pytest.mark.parametrize(("places", "kind", "received", "known", "path", "said"), REFUSED)
def test_what_cannot_be_is_refused_and_its_place_is_named(
    places: Any, kind: str, received: str, known: dict[str, Any], path: str, said: str
) -> None:
    with pytest.raises(Refusal) as refused:
        worked(places, kind, received, **known)
    assert refused.value.path == (path,)
    assert said in refused.value.message
