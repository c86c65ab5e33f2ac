"""objection: it stands from its instant until it is overruled or withdrawn, whatever else the customer agrees to."""

import pytest

from tests.resolver.land import EVERYWHERE, Land
from tests.resolver.questions import profile, refer, use

DAYS = ("2026-01-09", "2026-01-10", "2026-01-11", "2026-01-12", "2026-01-13")
LATER = "2026-02-01"


@pytest.mark.parametrize(("is_upheld", "after"), [(True, "UPHELD"), (False, "OVERRULED")])
async def test_it_is_pending_until_it_is_settled(land: Land, after: str, *, is_upheld: bool) -> None:
    async with land.life("UK") as anna:
        objection = await anna.objects("2026-01-10", "scoring")
        await anna.settled("2026-01-12", objection, is_upheld=is_upheld)
    assert await land.course(anna, profile(), "objection", *DAYS) == [
        "NONE", "PENDING", "PENDING", after, after,
    ]  # fmt: skip
    stopped = "uk.art21-objection"
    assert await land.rules(anna, profile(), *DAYS) == [
        "uk.art6-basis", stopped, stopped, *([stopped] * 2 if is_upheld else ["uk.art6-basis"] * 2)
    ]  # fmt: skip


async def test_who_objects_again_after_being_overruled_has_an_objection_pending(land: Land) -> None:
    async with land.life("EU") as anna:
        objection = await anna.objects("2026-01-10", "scoring")
        await anna.settled("2026-01-11", objection, is_upheld=False)
        await anna.objects("2026-01-12", "scoring")
    found = await land.course(anna, profile(), "objection", *DAYS)
    assert found == ["NONE", "PENDING", "OVERRULED", "PENDING", "PENDING"]


async def test_a_withdrawn_objection_is_none(land: Land) -> None:
    async with land.life("EU") as anna:
        objection = await anna.objects("2026-01-10", "scoring")
        await anna.settled("2026-01-11", objection, is_upheld=True)
        await anna.drops_objection("2026-01-12", "scoring")
    assert await land.course(anna, profile(), "objection", *DAYS[2:4]) == ["UPHELD", "NONE"]


async def test_an_objection_to_one_purpose_leaves_the_others_open(land: Land) -> None:
    async with land.life("UK") as anna:
        await anna.objects("2026-01-10", "scoring")
    assert await land.course(anna, refer(), "objection", LATER) == ["NONE"]


async def test_an_objection_to_everything_covers_every_purpose_and_recipient(land: Land) -> None:
    async with land.life("UK") as anna:
        await anna.objects("2026-01-10")
    for question in (profile(), refer(), use("upkeep")):
        assert await land.course(anna, question, "objection", LATER) == ["PENDING"]


async def test_an_objection_about_one_recipient_is_about_that_recipient(land: Land) -> None:
    async with land.life("UK") as anna:
        await anna.objects("2026-01-10", "referral", recipient="guild")
    assert await land.course(anna, refer("guild"), "objection", LATER) == ["PENDING"]
    assert await land.course(anna, refer("near"), "objection", LATER) == ["NONE"]
    assert await land.course(anna, use("referral"), "objection", LATER) == ["NONE"]


async def test_of_objections_in_several_scopes_the_most_restrictive_counts(land: Land) -> None:
    async with land.life("UK") as anna:
        narrow = await anna.objects("2026-01-10", "scoring")
        await anna.settled("2026-01-11", narrow, is_upheld=False)
        wide = await anna.objects("2026-01-12")
        await anna.settled("2026-01-13", wide, is_upheld=True)
    found = await land.course(anna, profile(), "objection", *DAYS)
    assert found == ["NONE", "PENDING", "OVERRULED", "PENDING", "UPHELD"]


async def test_taking_one_purpose_out_of_an_objection_to_everything_does_not_end_it(land: Land) -> None:
    async with land.life("UK") as anna:
        await anna.objects("2026-01-10")
        await anna.drops_objection("2026-01-11", "scoring")
    assert await land.course(anna, profile(), "objection", LATER) == ["PENDING"]
    async with land.later(anna):
        await anna.drops_objection("2026-01-12")
    assert await land.course(anna, profile(), "objection", LATER) == ["NONE"]


async def test_taking_everything_back_ends_the_objections_to_each_purpose(land: Land) -> None:
    async with land.life("UK") as anna:
        await anna.objects("2026-01-10", "scoring")
        await anna.objects("2026-01-11", "referral")
        await anna.drops_objection("2026-01-12")
    assert await land.course(anna, profile(), "objection", *DAYS[2:4]) == ["PENDING", "NONE"]
    assert await land.course(anna, refer(), "objection", *DAYS[2:4]) == ["PENDING", "NONE"]


@pytest.mark.parametrize(
    ("place", "before", "after"),
    [
        ("AU", "au.consent", "au.consent"),
        ("UK", "uk.art21-objection", "uk.consent"),
        ("ZA", "za.s11-3a-objection", "za.consent"),
        ("MA", "ma.art9-objection", "ma.art12-declaration"),
        ("EU", "eu.art21-objection", "eu.consent"),
        ("US_CA", "ca.default", "ca.default"),
    ],
)
async def test_a_consent_after_an_upheld_objection_leaves_it_standing_until_it_is_withdrawn(
    land: Land, place: str, before: str, after: str
) -> None:
    async with land.life(place) as anna:
        objection = await anna.objects("2026-01-10", "referral")
        await anna.settled("2026-01-11", objection, is_upheld=True)
        await anna.consents("2026-01-12", "referral", recipient="near")
        await anna.drops_objection("2026-01-13", "referral")
    facts = [await land.facts(anna, refer(), day) for day in DAYS[3:]]
    assert [(one.objection, one.consent) for one in facts] == [("UPHELD", "EXPLICIT"), ("NONE", "EXPLICIT")]
    assert await land.rules(anna, refer(), *DAYS[3:]) == [before, after]


@pytest.mark.parametrize(
    ("place", "rule"), [("UK", "uk.consent"), ("EU", "eu.consent"), ("ZA", "za.consent")]
)
async def test_where_the_basis_is_consent_an_objection_stops_nothing_a_consent_allows(
    land: Land, place: str, rule: str
) -> None:
    async with land.life(place) as anna:
        objection = await anna.objects("2026-01-10", "introduction")
        await anna.settled("2026-01-11", objection, is_upheld=True)
        await anna.consents("2026-01-12", "introduction", recipient="near")
    assert await land.rules(anna, refer(purpose="introduction"), DAYS[3]) == [rule]


@pytest.mark.parametrize("place", EVERYWHERE)
async def test_an_upheld_objection_stops_what_rests_on_our_interests_where_there_is_that_right(
    land: Land, place: str
) -> None:
    # Australia knows no objection, and California's opt-out of automated decisions binds from 2027 on.
    async with land.life(place) as anna:
        objection = await anna.objects("2026-01-10")
        await anna.settled("2026-01-11", objection, is_upheld=True)
    stopped = {
        "UK": "uk.art21-objection", "ZA": "za.s11-3a-objection", "MA": "ma.art9-objection",
        "EU": "eu.art21-objection", "AU": "au.app6-expected", "US_CA": "ca.default",
    }  # fmt: skip
    assert await land.rules(anna, profile("AUTOMATED_DECISION"), LATER) == [stopped[place]]


async def test_an_objection_is_none_of_marketing(land: Land) -> None:
    from tests.resolver.questions import letter  # noqa: PLC0415 - this test only

    async with land.life("UK") as anna:
        await anna.stops_marketing("2026-01-10")
    facts = await land.facts(anna, letter(), LATER)
    assert (facts.objection, facts.marketing_choice) == ("NONE", "OPTED_OUT")
