"""notice: whether a version that passes the linter of this jurisdiction was delivered; late mends from then on."""

import pytest

from tests.resolver.land import EVERYWHERE, Land
from tests.resolver.questions import letter, news, profile, use

UNNOTIFIED = {
    "AU": "au.app5-notice", "UK": "uk.art13-notice", "EU": "eu.art13-notice", "US_CA": "ca.100-notice",
    "ZA": "za.s18-notice",
}  # fmt: skip
FINE = {
    "AU": "au.app6-expected", "UK": "uk.art6-basis", "EU": "eu.art6-basis", "US_CA": "ca.default",
    "ZA": "za.s11-basis",
}  # fmt: skip


@pytest.mark.parametrize("place", EVERYWHERE)
async def test_without_a_delivery_it_is_missing(land: Land, place: str) -> None:
    async with land.life(place, shown=None) as anna:
        pass
    answer = await land.answer(anna, use(), "2025-01-01")
    assert answer.facts.notice == "MISSING"
    assert answer.decision.rule == UNNOTIFIED.get(place, "ma.art12-other-purpose")


@pytest.mark.parametrize("place", UNNOTIFIED)
async def test_a_week_late_it_is_missing_for_that_week_and_given_from_then_on(land: Land, place: str) -> None:
    async with land.life(place, joined="2024-06-01", shown=None) as anna:
        await anna.told("2024-06-08", "second")
    around = ("2024-06-01", "2024-06-08T11:59:59", "2024-06-08T12:00", "2025-01-01")
    found = await land.course(anna, use("care"), "notice", *around)
    assert found == ["MISSING", "MISSING", "GIVEN", "GIVEN"]
    assert await land.rules(anna, use("care"), *around) == [*[UNNOTIFIED[place]] * 2, *[FINE[place]] * 2]


@pytest.mark.parametrize("place", EVERYWHERE)
async def test_a_version_that_fails_the_linter_is_incomplete_until_one_that_passes_reaches_the_customer(
    land: Land, place: str
) -> None:
    async with land.life(place, joined="2024-06-01", shown="leaflet") as anna:
        await anna.told("2024-09-01", "second")
    before = "GIVEN" if place == "US_CA" else "INCOMPLETE"
    assert await land.course(anna, use(), "notice", "2024-08-31", "2024-09-01") == [before, "GIVEN"]


async def test_an_incomplete_version_after_a_complete_one_takes_nothing_back(land: Land) -> None:
    async with land.life("UK") as anna:
        await anna.told("2025-01-01", "leaflet")
    assert await land.course(anna, use(), "notice", "2025-01-02") == ["GIVEN"]


async def test_a_notice_delivered_before_the_data_came_in_counts(land: Land) -> None:
    async with land.life("UK", joined="2024-06-01", shown=None) as anna:
        await anna.told("2024-05-01", "second")
    assert await land.course(anna, use(), "notice", "2024-06-01") == ["GIVEN"]


@pytest.mark.parametrize("place", ["UK", "EU", "MA", "ZA", "AU"])
@pytest.mark.parametrize("delivered", ["2024-06-20", "2024-07-01", "2024-08-15"])
async def test_a_brokers_data_waits_for_the_notice_however_late_it_comes(
    land: Land, place: str, delivered: str
) -> None:
    """Within a month, on its last day, past it: nothing runs before the customer was told."""
    async with land.life(
        place, joined="2024-06-01", shown=None, source="THIRD_PARTY", relationship="NONE"
    ) as anna:
        await anna.told(delivered, "second")
    around = ("2024-06-02", f"{delivered}T11:59:59", f"{delivered}T12:00", "2025-01-01")
    found = await land.course(anna, profile(), "notice", *around)
    assert found == ["MISSING", "MISSING", "GIVEN", "GIVEN"]
    assert await land.course(anna, profile(), "source", *around) == ["THIRD_PARTY"] * 4
    if place in UNNOTIFIED:
        rules = await land.rules(anna, profile(), *around[:3])
        assert rules[:2] == [UNNOTIFIED[place]] * 2
        assert rules[2] != UNNOTIFIED[place]


async def test_in_australia_late_past_30_days_it_is_given_but_promises_nothing(land: Land) -> None:
    async with land.life("AU", joined="2024-06-01", shown=None, source="THIRD_PARTY") as anna:
        await anna.told("2024-08-15", "second")
    answer = await land.answer(anna, profile(), "2025-01-01")
    assert (answer.facts.notice, answer.facts.purpose_fit, answer.decision.rule) == (
        "GIVEN", "NEW", "au.default"
    )  # fmt: skip


async def test_a_brokers_data_is_marketed_to_in_australia_with_consent_only(land: Land) -> None:
    async with land.life("AU", joined="2024-06-01", shown=None, source="THIRD_PARTY") as anna:
        await anna.told("2024-06-10", "second")
        await anna.consents("2024-07-10", "letters", channel="POST")
    around = ("2024-06-09", "2024-06-10", "2024-07-10")
    assert await land.rules(anna, letter("POST"), *around) == [
        "au.app5-notice", "au.app7.3-ask", "au.consent"
    ]  # fmt: skip


async def test_news_of_the_customers_own_matter_does_not_wait_for_a_notice_that_promises_it(
    land: Land,
) -> None:
    async with land.life("UK", shown="leaflet") as anna:
        pass
    answer = await land.answer(anna, news(), "2025-01-01")
    assert (answer.facts.notice, answer.decision.rule) == ("INCOMPLETE", "uk.service-message")
