"""sharing_choice: the last word wins; a later express consent for one recipient clears it for that recipient only."""

import pytest

from tests.resolver.land import EVERYWHERE, Land
from tests.resolver.questions import refer, trade, use

DAYS = ("2026-01-10", "2026-01-11", "2026-01-12", "2026-01-13")
LATER = "2026-02-01"


async def test_the_last_word_wins(land: Land) -> None:
    async with land.life("UK") as anna:
        await anna.opts_out("2026-01-10", "SHARING")
        await anna.opts_in("2026-01-11", "SHARING")
        await anna.opts_out("2026-01-12", "SHARING")
    found = await land.course(anna, refer(), "sharing_choice", "2026-01-09", *DAYS)
    assert found == ["NONE", "OPTED_OUT", "NONE", "OPTED_OUT", "OPTED_OUT"]
    assert await land.rules(anna, refer(), DAYS[2]) == ["hub.sharing-opt-out"]


async def test_of_one_instant_the_opt_out_wins(land: Land) -> None:
    async with land.life("UK") as anna:
        await anna.opts_in("2026-01-10", "SHARING")
        await anna.opts_out("2026-01-10", "SHARING")
        await anna.opts_in("2026-01-10", "SHARING")
    assert await land.course(anna, refer(), "sharing_choice", LATER) == ["OPTED_OUT"]


async def test_an_opt_out_towards_one_recipient_leaves_the_others_open(land: Land) -> None:
    async with land.life("UK") as anna:
        await anna.opts_out("2026-01-10", "SHARING", recipient="guild")
    assert await land.course(anna, refer("guild"), "sharing_choice", LATER) == ["OPTED_OUT"]
    assert await land.course(anna, refer("near"), "sharing_choice", LATER) == ["NONE"]


async def test_an_opt_out_about_one_purpose_leaves_the_others_open(land: Land) -> None:
    async with land.life("UK") as anna:
        await anna.opts_out("2026-01-10", "SHARING", "introduction")
    assert await land.course(anna, refer(purpose="introduction"), "sharing_choice", LATER) == ["OPTED_OUT"]
    assert await land.course(anna, refer(), "sharing_choice", LATER) == ["NONE"]


@pytest.mark.parametrize("place", EVERYWHERE)
async def test_a_later_express_consent_clears_it_for_this_recipient_and_purpose_only(
    land: Land, place: str
) -> None:
    async with land.life(place) as anna:
        await anna.opts_out("2026-01-10", "SHARING")
        await anna.consents("2026-01-11", "referral", recipient="near")
    assert await land.course(anna, refer(), "sharing_choice", *DAYS[:2]) == ["OPTED_OUT", "NONE"]
    for question in (refer("guild"), refer("near", "introduction"), trade()):
        assert await land.course(anna, question, "sharing_choice", LATER) == ["OPTED_OUT"]
        assert await land.rules(anna, question, LATER) == ["hub.sharing-opt-out"]


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"on": "2026-01-11", "grade": "GIVEN"}, "OPTED_OUT"),
        ({"on": "2026-01-09"}, "OPTED_OUT"),
        ({"on": "2026-01-10"}, "OPTED_OUT"),
        ({"on": "2026-01-10T12:00:00.000001"}, "NONE"),
        ({"on": "2026-01-11", "ends": "2026-01-20"}, "OPTED_OUT"),
    ],
    ids=["not express", "earlier", "the same instant", "an instant later", "over by now"],
)
async def test_only_an_express_consent_that_is_later_and_holds_clears_it(
    land: Land, how: dict[str, str], expected: str
) -> None:
    async with land.life("UK") as anna:
        await anna.opts_out("2026-01-10", "SHARING")
        await anna.consents(purpose="referral", recipient="near", **how)  # type: ignore[arg-type]
    assert await land.course(anna, refer(), "sharing_choice", LATER) == [expected]


async def test_a_guardians_consent_is_express(land: Land) -> None:
    async with land.life("UK", age="UNDER_13") as anna:
        await anna.opts_out("2026-01-10", "SHARING")
        await anna.consents("2026-01-11", "referral", recipient="near", grade="GUARDIAN")
        await anna.becomes("2026-01-13", age="ADULT")
    found = await land.course(anna, refer(), "sharing_choice", *DAYS)
    assert found == ["OPTED_OUT", "NONE", "NONE", "OPTED_OUT"]


async def test_who_opts_out_again_after_that_consent_is_opted_out(land: Land) -> None:
    async with land.life("EU") as anna:
        await anna.opts_out("2026-01-10", "SHARING")
        await anna.consents("2026-01-11", "referral", recipient="near")
        await anna.opts_out("2026-01-12", "SHARING", recipient="near")
    assert await land.course(anna, refer(), "sharing_choice", *DAYS[:3]) == ["OPTED_OUT", "NONE", "OPTED_OUT"]


async def test_a_withdrawn_consent_clears_nothing(land: Land) -> None:
    async with land.life("EU") as anna:
        await anna.opts_out("2026-01-10", "SHARING")
        await anna.consents("2026-01-11", "referral", recipient="near")
        await anna.withdraws("2026-01-12", "referral")
    facts = await land.facts(anna, refer(), LATER)
    assert (facts.sharing_choice, facts.consent) == ("OPTED_OUT", "WITHDRAWN")


@pytest.mark.parametrize("place", EVERYWHERE)
async def test_a_browsers_signal_is_an_opt_out_of_every_outflow_and_in_california_a_signal_of_trade(
    land: Land, place: str
) -> None:
    async with land.life(place) as anna:
        await anna.opts_out("2026-01-10", "SIGNAL")
    traded = "SIGNAL" if place == "US_CA" else "OPTED_OUT"
    found = [
        (await land.facts(anna, each, LATER)).value("sharing_choice")
        for each in (refer(), trade("SELL"), trade("POOL"))
    ]
    assert found == ["OPTED_OUT", traded, traded]
    deciding = [(await land.rules(anna, each, LATER))[0] for each in (refer(), trade("SELL"), trade("POOL"))]
    by_signal = "ca.120-signal" if place == "US_CA" else "hub.sharing-opt-out"
    assert deciding == ["hub.sharing-opt-out", by_signal, by_signal]


async def test_a_signal_stops_no_use_inside(land: Land) -> None:
    async with land.life("US_CA") as anna:
        await anna.opts_out("2026-01-10", "SIGNAL")
    assert await land.rules(anna, use(), LATER) == ["ca.default"]


async def test_a_signal_that_is_sent_no_more_stops_nothing(land: Land) -> None:
    async with land.life("US_CA") as anna:
        await anna.opts_out("2026-01-10", "SIGNAL")
        await anna.opts_in("2026-01-11", "SIGNAL")
        await anna.opts_out("2026-01-12", "SIGNAL")
    assert await land.course(anna, trade(), "sharing_choice", *DAYS[:3]) == ["SIGNAL", "NONE", "SIGNAL"]


async def test_a_signal_that_ends_takes_no_opt_out_back_nor_an_opt_in_a_signal(land: Land) -> None:
    async with land.life("US_CA") as anna:
        await anna.opts_out("2026-01-10", "SHARING")
        await anna.opts_out("2026-01-10", "SIGNAL")
        await anna.opts_in("2026-01-11", "SIGNAL")
        await anna.opts_out("2026-01-12", "SIGNAL")
        await anna.opts_in("2026-01-13", "SHARING")
    found = await land.course(anna, trade(), "sharing_choice", *DAYS[1:])
    assert found == ["OPTED_OUT", "OPTED_OUT", "SIGNAL"]


async def test_an_express_consent_after_the_signal_clears_it_for_this_recipient_only(land: Land) -> None:
    async with land.life("US_CA") as anna:
        await anna.opts_out("2026-01-10", "SIGNAL")
        await anna.consents("2026-01-11", "sale", recipient="near")
    assert await land.course(anna, trade(), "sharing_choice", *DAYS[:2]) == ["SIGNAL", "NONE"]
    assert await land.course(anna, refer(), "sharing_choice", LATER) == ["OPTED_OUT"]


async def test_limiting_sensitive_data_is_in_force_until_it_is_taken_back(land: Land) -> None:
    async with land.life("US_CA", categories="contact identity health") as anna:
        await anna.opts_out("2026-01-10", "LIMIT")
        await anna.opts_in("2026-01-12", "LIMIT")
    found = await land.course(anna, use("upkeep"), "limit_sensitive", "2026-01-09", *DAYS[:3])
    assert found == [False, True, True, False]
    assert await land.rules(anna, use("upkeep"), *DAYS[1:3]) == ["ca.121-limit", "ca.default"]
