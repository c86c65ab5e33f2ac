"""purpose_fit and recipient: what the notice says that reached this customer, not what it says today."""

import pytest

from tests.resolver.land import Land
from tests.resolver.questions import letter, news, refer, use

LATER = "2026-02-01"
BARE = {"shown": None, "joined": "2024-06-01"}


@pytest.mark.parametrize(
    ("purpose", "fit"),
    [
        ("care", "PRIMARY"),
        ("referral", "NAMED"),
        ("care-news", "NAMED"),
        ("upkeep", "DIRECTLY_RELATED"),
        ("survey", "RELATED"),
        ("introduction", "NEW"),
        ("sale", "NEW"),
    ],
)
@pytest.mark.parametrize("place", ["AU", "UK"])
async def test_a_purpose_fits_as_the_version_shown_says_it(
    land: Land, place: str, purpose: str, fit: str
) -> None:
    async with land.life(place, joined="2023-06-01", shown="first") as anna:
        pass
    assert await land.course(anna, use(purpose), "purpose_fit", LATER) == [fit]


async def test_a_version_published_later_says_nothing_to_who_was_not_shown_it(land: Land) -> None:
    async with land.life("UK", joined="2024-06-01", shown="first") as anna:
        pass
    async with land.life("UK", joined="2024-06-01", shown="second") as ben:
        pass
    assert await land.course(anna, refer("guild"), "recipient", LATER) == ["UNCOVERED"]
    assert await land.course(ben, refer("guild"), "recipient", "2025-06-30") == ["CLASS"]


@pytest.mark.parametrize(
    ("recipient", "reach"),
    [("near", "NAMED"), ("newcomer", "CLASS"), ("stranger", "UNCOVERED"), ("old", "UNCOVERED")],
    ids=["named", "in the class described", "without an arrangement", "whose arrangement is over"],
)
async def test_a_recipient_is_reached_by_clause_and_arrangement_together(
    land: Land, recipient: str, reach: str
) -> None:
    async with land.life("UK") as anna:
        pass
    assert await land.course(anna, refer(recipient), "recipient", LATER) == [reach]


async def test_an_arrangement_ends_with_its_last_day(land: Land) -> None:
    async with land.life("UK") as anna:
        pass
    around = ("2025-06-30T23:59:59", "2025-07-01T00:00")
    assert await land.course(anna, refer("old"), "recipient", *around) == ["CLASS", "UNCOVERED"]


async def test_a_class_covers_who_belongs_to_it_on_the_day_of_asking(land: Land) -> None:
    async with land.life("UK") as anna:
        pass
    around = ("2025-06-30T23:59:59", "2025-07-01T00:00")
    assert await land.course(anna, refer("guild"), "recipient", *around) == ["CLASS", "UNCOVERED"]
    assert await land.course(anna, refer("newcomer"), "recipient", *around) == ["UNCOVERED", "CLASS"]


async def test_elsewhere_a_later_delivery_widens_from_its_instant_on(land: Land) -> None:
    for place in ("UK", "EU", "ZA", "MA", "US_CA"):
        async with land.life(place, joined="2023-06-01", shown="first") as anna:
            await anna.told("2024-09-10", "second")
        around = ("2024-09-10T11:59:59", "2024-09-10T12:00")
        assert await land.course(anna, refer("guild"), "recipient", *around) == ["UNCOVERED", "CLASS"], place
        assert await land.course(anna, use("sale"), "purpose_fit", *around) == ["NEW", "NAMED"], place


async def test_in_australia_the_version_shown_at_collection_rules_whatever_is_delivered_later(
    land: Land,
) -> None:
    async with land.life("AU", joined="2024-06-01", shown="first") as anna:
        await anna.told("2024-06-02", "second")
    assert await land.course(anna, refer("guild"), "recipient", LATER) == ["UNCOVERED"]
    assert await land.course(anna, use("sale"), "purpose_fit", LATER) == ["NEW"]


async def test_in_australia_data_collected_again_under_a_better_notice_is_read_under_that(land: Land) -> None:
    async with land.life("AU", joined="2023-06-01", shown="first") as anna:
        await anna.gives("2024-09-10", shown="second")
    around = ("2024-09-09", "2024-09-10")
    assert await land.course(anna, refer("guild"), "recipient", *around) == ["UNCOVERED", "CLASS"]


async def test_in_australia_without_a_version_shown_the_last_one_delivered_before_rules(land: Land) -> None:
    async with land.life("AU", **BARE) as anna:
        await anna.told("2023-02-01", "first")
        await anna.told("2024-05-31", "second")
    async with land.life("AU", **BARE) as ben:
        await ben.told("2023-02-01", "first")
        await ben.told("2024-06-02", "second")
    assert await land.course(anna, refer("guild"), "recipient", "2025-01-01") == ["CLASS"]
    assert await land.course(ben, refer("guild"), "recipient", "2025-01-01") == ["UNCOVERED"]


@pytest.mark.parametrize(
    ("delivered", "fit"),
    [
        ("2024-06-08", "NAMED"),
        ("2024-06-30", "NAMED"),
        ("2024-07-01", "NAMED"),
        ("2024-07-01T12:00:01", "NEW"),
        ("2024-07-02", "NEW"),
    ],
    ids=["a week late", "day 29", "day 30", "a second after", "day 31"],
)
async def test_in_australia_the_first_one_within_30_days_after_collection_still_rules(
    land: Land, delivered: str, fit: str
) -> None:
    async with land.life("AU", **BARE) as anna:
        await anna.told(delivered, "second")
    facts = await land.facts(anna, refer(), LATER)
    assert (facts.purpose_fit, facts.notice) == (fit, "GIVEN")


async def test_in_australia_of_two_within_30_days_the_first_rules(land: Land) -> None:
    async with land.life("AU", **BARE) as anna:
        await anna.told("2024-06-05", "first")
        await anna.told("2024-06-10", "second")
    assert await land.course(anna, refer("guild"), "recipient", "2025-01-01") == ["UNCOVERED"]


@pytest.mark.parametrize(("shown_on", "reach"), [("2024-07-01", "CLASS"), ("2024-07-02", "UNCOVERED")])
async def test_in_australia_a_version_shown_long_after_the_data_came_in_was_not_shown_at_collection(
    land: Land, shown_on: str, reach: str
) -> None:
    async with land.life("AU", joined="2024-06-01", shown="second", shown_on=shown_on) as anna:
        pass
    assert await land.course(anna, refer("guild"), "recipient", "2025-01-01") == [reach]


@pytest.mark.parametrize("place", ["AU", "UK"])
async def test_a_version_promises_nothing_before_it_is_shown(land: Land, place: str) -> None:
    async with land.life(place, joined="2024-06-01", shown="second", shown_on="2024-06-20") as anna:
        pass
    around = ("2024-06-19", "2024-06-20")
    assert await land.course(anna, use("sale"), "purpose_fit", *around) == ["NEW", "NAMED"]
    assert await land.course(anna, use("sale"), "notice", *around) == ["MISSING", "GIVEN"]


async def test_a_clause_of_channels_promises_nothing_on_others(land: Land) -> None:
    async with land.life("AU", joined="2023-06-01", shown="first") as anna:
        pass
    async with land.life("AU") as ben:
        pass
    assert await land.course(anna, letter("EMAIL"), "purpose_fit", LATER) == ["NAMED"]
    assert await land.course(anna, letter("IN_APP"), "purpose_fit", LATER) == ["NEW"]
    assert await land.course(ben, letter("IN_APP"), "purpose_fit", LATER) == ["NAMED"]
    assert await land.course(anna, use("letters"), "purpose_fit", LATER) == ["NAMED"]
    assert await land.course(anna, news(), "purpose_fit", LATER) == ["NAMED"]
