"""marketing_choice: the last opt-out that covers the channel against a later consent to this purpose and channel."""

import pytest

from tests.resolver.land import Land
from tests.resolver.questions import letter, use

DAYS = ("2026-01-10", "2026-01-11", "2026-01-12", "2026-01-13", "2026-01-14")


async def test_without_an_opt_out_there_is_none_whatever_else_was_said(land: Land) -> None:
    async with land.life("UK") as anna:
        await anna.consents("2026-01-10", "letters", channel="EMAIL")
        await anna.opts_out("2026-01-11", "SHARING")
        await anna.objects("2026-01-12")
    assert await land.course(anna, letter(), "marketing_choice", *DAYS) == ["NONE"] * 5


async def test_an_opt_out_of_all_channels_covers_each_from_its_instant_on(land: Land) -> None:
    async with land.life("UK") as anna:
        await anna.stops_marketing("2026-01-12")
    for channel in ("EMAIL", "SMS", "IN_APP", "PHONE", "AUTO_CALL", "POST"):
        found = await land.course(anna, letter(channel), "marketing_choice", "2026-01-12T11:59:59", DAYS[2])
        assert found == ["NONE", "OPTED_OUT"], channel
    assert (await land.facts(anna, use("letters"), DAYS[2])).value("marketing_choice") == "OPTED_OUT"


async def test_an_opt_out_of_one_channel_leaves_the_others_open(land: Land) -> None:
    async with land.life("UK") as anna:
        await anna.stops_marketing("2026-01-12", "SMS")
    found = {
        channel: (await land.facts(anna, letter(channel), DAYS[2])).value("marketing_choice")
        for channel in ("SMS", "EMAIL", "POST")
    }
    assert found == {"SMS": "OPTED_OUT", "EMAIL": "NONE", "POST": "NONE"}
    assert (await land.facts(anna, use("letters"), DAYS[2])).value("marketing_choice") == "NONE"


async def test_an_opt_out_of_marketing_stops_no_message_about_the_customers_own_matter(land: Land) -> None:
    from tests.resolver.questions import news  # noqa: PLC0415 - this test only

    async with land.life("UK") as anna:
        await anna.stops_marketing("2026-01-12")
    answer = await land.answer(anna, news(), DAYS[2])
    assert (answer.facts.marketing_choice, answer.decision.rule) == ("NONE", "uk.service-message")


@pytest.mark.parametrize(
    ("consented", "expected"),
    [
        ("2026-01-11", "OPTED_OUT"),
        ("2026-01-12T11:59:59.999999", "OPTED_OUT"),
        ("2026-01-12", "OPTED_OUT"),
        ("2026-01-12T12:00:00.000001", "REVERSED"),
        ("2026-01-13", "REVERSED"),
    ],
)
async def test_only_a_consent_later_than_the_opt_out_reverses_it(
    land: Land, consented: str, expected: str
) -> None:
    async with land.life("UK") as anna:
        await anna.stops_marketing("2026-01-12")
        await anna.consents(consented, "letters", channel="EMAIL")
    facts = await land.facts(anna, letter(), DAYS[4])
    assert (facts.marketing_choice, facts.consent) == (expected, "EXPLICIT")


async def test_of_an_opt_out_and_a_consent_of_one_instant_it_does_not_matter_which_was_told_first(
    land: Land,
) -> None:
    async with land.life("UK") as anna:
        await anna.consents("2026-01-12", "letters", channel="EMAIL")
    async with land.later(anna):
        await anna.stops_marketing("2026-01-12")
    assert await land.rules(anna, letter(), DAYS[2]) == ["uk.art21-marketing"]


async def test_who_opts_out_again_after_reversing_is_opted_out(land: Land) -> None:
    async with land.life("EU") as anna:
        await anna.stops_marketing("2026-01-10")
        await anna.consents("2026-01-11", "letters", channel="EMAIL")
        await anna.stops_marketing("2026-01-12", "EMAIL")
        await anna.consents("2026-01-13", "letters", channel="EMAIL")
        await anna.stops_marketing("2026-01-14")
    assert await land.course(anna, letter(), "marketing_choice", *DAYS) == [
        "OPTED_OUT", "REVERSED", "OPTED_OUT", "REVERSED", "OPTED_OUT"
    ]  # fmt: skip


@pytest.mark.parametrize("scope", [{"channel": "SMS"}, {}, {"channel": "EMAIL", "recipient": "near"}])
async def test_a_consent_to_another_scope_does_not_reverse(land: Land, scope: dict[str, str]) -> None:
    async with land.life("EU") as anna:
        await anna.stops_marketing("2026-01-10")
        await anna.consents("2026-01-11", "letters", **scope)
    facts = await land.facts(anna, letter(), DAYS[2])
    assert (facts.marketing_choice, facts.consent) == ("OPTED_OUT", "NEVER_ASKED")


async def test_a_consent_to_another_purpose_does_not_reverse(land: Land) -> None:
    async with land.life("EU") as anna:
        await anna.stops_marketing("2026-01-10")
        await anna.consents("2026-01-11", "referral", channel="EMAIL")
    assert await land.course(anna, letter(), "marketing_choice", DAYS[2]) == ["OPTED_OUT"]


async def test_an_opt_out_about_one_purpose_leaves_the_others_open(land: Land) -> None:
    async with land.life("EU") as anna:
        await anna.stops_marketing("2026-01-10", purpose="letters")
        await anna.stops_marketing("2026-01-11", purpose="referral")
    assert await land.course(anna, letter(), "marketing_choice", "2026-01-09", *DAYS[:2]) == [
        "NONE", "OPTED_OUT", "OPTED_OUT",
    ]  # fmt: skip
    async with land.life("EU") as ben:
        await ben.stops_marketing("2026-01-10", purpose="referral")
    assert await land.course(ben, letter(), "marketing_choice", DAYS[1]) == ["NONE"]


async def test_a_reversal_lasts_as_long_as_its_consent_and_then_the_opt_out_counts_again(land: Land) -> None:
    async with land.life("UK") as anna:
        await anna.stops_marketing("2025-01-10")
        await anna.consents("2025-02-10", "letters", channel="EMAIL", ends="2025-03-10")
    around = ("2025-03-10T11:59:59.999999", "2025-03-10T12:00", "2025-03-11")
    assert await land.course(anna, letter(), "marketing_choice", *around) == ["REVERSED"] * 3
    assert await land.course(anna, letter(), "consent", *around) == ["EXPLICIT", "EXPIRED", "EXPIRED"]
    assert await land.rules(anna, letter(), *around) == [
        "uk.consent", "uk.art21-marketing", "uk.art21-marketing"
    ]  # fmt: skip


async def test_a_reversal_ends_when_there_was_no_contact_for_24_months(land: Land) -> None:
    async with land.life("UK", joined="2023-06-01", shown="first") as anna:
        await anna.stops_marketing("2023-07-10")
        await anna.consents("2023-08-10", "letters", channel="EMAIL")
    around = ("2025-08-09", "2025-08-10")
    assert await land.rules(anna, letter(), *around) == ["uk.consent", "uk.art21-marketing"]


async def test_a_reversal_is_over_when_its_consent_is_withdrawn(land: Land) -> None:
    async with land.life("UK") as anna:
        await anna.stops_marketing("2026-01-10")
        await anna.consents("2026-01-11", "letters", channel="EMAIL")
        await anna.withdraws("2026-01-12", "letters")
    facts = await land.facts(anna, letter(), DAYS[3])
    assert (facts.marketing_choice, facts.consent) == ("OPTED_OUT", "WITHDRAWN")
    assert await land.rules(anna, letter(), *DAYS[:3]) == [
        "uk.art21-marketing", "uk.consent", "uk.art21-marketing"
    ]  # fmt: skip
