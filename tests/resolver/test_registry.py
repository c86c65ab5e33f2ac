"""registry_block: listed, or not looked up within the wash period; where there is no register, nothing blocks."""

from datetime import date, timedelta

import pytest

from tests.resolver.land import Land
from tests.resolver.questions import letter, use

CHECKED = date(2026, 5, 10)


def on(days: int) -> str:
    return (CHECKED + timedelta(days=days)).isoformat()


@pytest.mark.parametrize("place", ["AU", "UK", "ZA", "US_CA"])
async def test_an_unchecked_number_counts_as_listed(land: Land, place: str) -> None:
    async with land.life(place) as anna:
        pass
    assert await land.course(anna, letter("PHONE"), "registry_block", on(0)) == [True]


@pytest.mark.parametrize("place", ["MA", "EU"])
async def test_where_there_is_no_register_nothing_blocks(land: Land, place: str) -> None:
    async with land.life(place) as anna:
        pass
    assert await land.course(anna, letter("PHONE"), "registry_block", on(0)) == [False]


@pytest.mark.parametrize(("place", "wash_days"), [("AU", 30), ("UK", 28), ("US_CA", 31), ("ZA", 30)])
async def test_a_free_number_is_free_until_the_last_day_of_the_wash_period(
    land: Land, place: str, wash_days: int
) -> None:
    """The day of the check is the first of the period."""
    async with land.life(place) as anna:
        await anna.checked(on(0), place)
    around = (on(-1), on(0), f"{on(wash_days - 1)}T23:59:59", f"{on(wash_days)}T00:00")
    found = await land.course(anna, letter("PHONE"), "registry_block", *around)
    assert found == [True, False, False, True]


async def test_a_number_checked_late_in_the_day_is_as_free_as_one_checked_early(land: Land) -> None:
    async with land.life("AU") as anna:
        await anna.checked(f"{on(0)}T00:00", "AU")
    async with land.life("AU") as ben:
        await ben.checked(f"{on(0)}T23:59:59", "AU")
    for life in (anna, ben):
        found = await land.course(life, letter("PHONE"), "registry_block", on(29), on(30))
        assert found == [False, True]


async def test_a_listed_number_is_blocked_until_a_later_check_finds_it_free(land: Land) -> None:
    async with land.life("UK") as anna:
        await anna.checked(on(0), "UK", is_listed=True)
        await anna.checked(on(10), "UK")
        await anna.checked(on(20), "UK", is_listed=True)
    found = await land.course(anna, letter("PHONE"), "registry_block", on(5), on(10), on(19), on(20), on(60))
    assert found == [True, False, False, True, True]


@pytest.mark.parametrize("first", [True, False])
async def test_of_two_checks_of_one_instant_the_listing_counts(land: Land, *, first: bool) -> None:
    async with land.life("UK") as anna:
        await anna.checked(on(0), "UK", is_listed=first)
        await anna.checked(on(0), "UK", is_listed=not first)
    assert await land.course(anna, letter("PHONE"), "registry_block", on(1)) == [True]


async def test_the_registers_of_two_countries_are_kept_apart(land: Land) -> None:
    async with land.life("AU", "UK", "ZA", "US_CA") as anna:
        await anna.checked(on(0), "AU", is_listed=True)
        await anna.checked(on(1), "UK")
        await anna.checked(on(2), "ZA")
        await anna.checked(on(3), "US_CA")

    async def blocked(day: str) -> set[str]:
        found = (await land.answer(anna, letter("PHONE"), day)).all_facts
        return {str(one.jurisdiction) for one in found if one.registry_block}

    assert await blocked(on(3)) == {"AU"}
    assert await blocked(on(28)) == {"AU"}
    assert await blocked(on(29)) == {"AU", "UK"}
    assert await blocked(on(31)) == {"AU", "UK"}
    assert await blocked(on(32)) == {"AU", "UK", "ZA"}
    assert await blocked(on(33)) == {"AU", "UK", "ZA"}
    assert await blocked(on(34)) == {"AU", "UK", "ZA", "US_CA"}


async def test_a_register_of_a_country_the_customer_does_not_live_in_says_nothing(land: Land) -> None:
    async with land.life("UK") as anna:
        await anna.checked(on(0), "AU")
    assert await land.course(anna, letter("PHONE"), "registry_block", on(1)) == [True]


async def test_before_south_africas_monthly_cleansing_a_check_did_not_age(land: Land) -> None:
    async with land.life("ZA") as anna:
        await anna.checked("2026-01-10", "ZA")
    around = ("2026-02-09", "2026-04-14", "2026-04-15")
    assert await land.course(anna, letter("PHONE"), "registry_block", *around) == [False, False, True]


@pytest.mark.parametrize(
    ("place", "blocked", "free"),
    [
        ("AU", "au.dncr", "au.app7.2-customer"),
        ("UK", "uk.reg21-tps", "uk.art6-basis"),
        ("ZA", "za.cpa-block", "za.s69-3-customer"),
    ],
)
async def test_a_block_stops_calls_and_is_lifted_by_a_fresh_check(
    land: Land, place: str, blocked: str, free: str
) -> None:
    async with land.life(place) as anna:
        await anna.checked(on(0), place)
    assert await land.rules(anna, letter("PHONE"), on(-1), on(0), on(31)) == [blocked, free, blocked]


async def test_only_marketing_messages_look_at_registers(land: Land) -> None:
    async with land.life("AU") as anna:
        await anna.checked(on(0), "AU", is_listed=True)
    assert not (await land.facts(anna, use("letters"), on(1))).canonical().registry_block
