"""When a consent is over: its stated end; 24 months without contact; in Australia calls after three months."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from hub.errors import Refusal
from hub.merges import merge
from hub.policy import parameters
from hub.policy.values import Jurisdiction
from tests.resolver.land import Land
from tests.resolver.life import Life
from tests.resolver.questions import letter, refer, use

MORE: dict[str, Any] = {"joined": "2022-06-01", "shown": None}


async def test_a_stated_end_is_the_first_instant_at_which_it_is_over(land: Land) -> None:
    async with land.life("UK") as anna:
        await anna.consents("2025-01-10", "letters", channel="EMAIL", ends="2025-06-30T23:59:59")
    around = ("2025-06-30T23:59:58.999999", "2025-06-30T23:59:59", "2025-07-01")
    assert await land.course(anna, letter(), "consent", *around) == ["EXPLICIT", "EXPIRED", "EXPIRED"]


async def test_a_stated_end_beyond_24_months_counts_without_any_contact(land: Land) -> None:
    async with land.life("UK", **MORE) as anna:
        await anna.consents("2022-07-01", "letters", channel="EMAIL", ends="2026-07-01")
    assert await land.course(anna, letter(), "consent", "2026-06-30", "2026-07-01") == ["EXPLICIT", "EXPIRED"]


async def test_without_a_stated_end_it_is_over_on_the_day_that_is_24_months_after_the_last_contact(
    land: Land,
) -> None:
    async with land.life("UK", **MORE) as anna:
        await anna.consents("2023-03-31", "letters", channel="EMAIL")
    around = ("2025-03-30T23:59:59", "2025-03-31T00:00", "2025-04-01")
    assert await land.course(anna, letter(), "consent", *around) == ["EXPLICIT", "EXPIRED", "EXPIRED"]


async def test_at_the_end_of_a_shorter_month_it_is_over_on_its_last_day(land: Land) -> None:
    async with land.life("UK", **MORE) as anna:
        await anna.consents("2024-02-29", "letters", channel="EMAIL")
    assert await land.course(anna, letter(), "consent", "2026-02-27", "2026-02-28") == ["EXPLICIT", "EXPIRED"]


async def _nothing(life: Life) -> None:
    await life.act.record("nothing.happened")


CONTACTS: dict[str, Callable[[Life], Awaitable[object]]] = {
    "a call": lambda life: life.gets_in_touch("2024-01-01"),
    "data given": lambda life: life.gives("2024-01-01"),
    "another choice": lambda life: life.consents("2024-01-01", "referral", recipient="near"),
    "an objection": lambda life: life.objects("2024-01-01", "survey"),
    "an opt-out": lambda life: life.opts_out("2024-01-01", "SHARING"),
}
SILENCE: dict[str, Callable[[Life], Awaitable[object]]] = {
    "a notice sent": lambda life: life.told("2024-01-01", "second"),
    "a broker's data": lambda life: life.gives("2024-01-01", source="THIRD_PARTY"),
    "being asked": lambda life: life.asked("2024-01-01", "letters", channel="EMAIL"),
    "a browser's signal": lambda life: life.opts_out("2024-01-01", "SIGNAL"),
    "a number looked up": lambda life: life.checked("2024-01-01", "UK"),
    "nothing": _nothing,
}


@pytest.mark.parametrize("contact", CONTACTS)
async def test_every_own_contact_prolongs_it(land: Land, contact: str) -> None:
    async with land.life("UK", **MORE) as anna:
        await anna.consents("2022-07-01", "letters", channel="EMAIL")
        await CONTACTS[contact](anna)
    around = ("2024-07-01", "2025-12-31", "2026-01-01")
    assert await land.course(anna, letter(), "consent", *around) == ["EXPLICIT", "EXPLICIT", "EXPIRED"]


@pytest.mark.parametrize("silence", SILENCE)
async def test_what_others_do_is_no_contact(land: Land, silence: str) -> None:
    async with land.life("UK", **MORE) as anna:
        await anna.consents("2022-07-01", "letters", channel="EMAIL")
        await SILENCE[silence](anna)
    assert await land.course(anna, letter(), "consent", "2024-06-30", "2024-07-01") == ["EXPLICIT", "EXPIRED"]


async def test_contact_after_the_24_months_revives_nothing(land: Land) -> None:
    async with land.life("UK", **MORE) as anna:
        await anna.consents("2022-07-01", "letters", channel="EMAIL")
        await anna.gets_in_touch("2024-08-01")
    around = ("2024-06-30", "2024-07-01", "2024-07-31", "2024-08-01", "2025-01-01")
    assert await land.course(anna, letter(), "consent", *around) == ["EXPLICIT", *["EXPIRED"] * 4]


async def test_settling_an_objection_is_not_the_customers_contact(land: Land) -> None:
    async with land.life("UK", **MORE) as anna:
        objection = await anna.objects("2022-07-01", "survey")
        await anna.consents("2022-07-01", "letters", channel="EMAIL")
        await anna.settled("2024-01-01", objection, is_upheld=True)
    assert await land.course(anna, letter(), "consent", "2024-06-30", "2024-07-01") == ["EXPLICIT", "EXPIRED"]


@pytest.mark.parametrize("channel", ["PHONE", "AUTO_CALL"])
async def test_in_australia_a_consent_to_calls_without_a_stated_end_is_over_after_three_months(
    land: Land, channel: str
) -> None:
    async with land.life("AU") as anna:
        await anna.consents("2025-01-15", "letters", channel=channel)
        await anna.gets_in_touch("2025-04-01")
    around = ("2025-04-14T23:59:59", "2025-04-15T00:00", "2025-05-01")
    assert await land.course(anna, letter(channel), "consent", *around) == ["EXPLICIT", "EXPIRED", "EXPIRED"]


async def test_in_australia_a_stated_end_of_a_consent_to_calls_counts_instead(land: Land) -> None:
    async with land.life("AU") as anna:
        await anna.consents("2025-01-15", "letters", channel="PHONE", ends="2025-12-31")
    around = ("2025-04-15", "2025-12-30", "2025-12-31")
    assert await land.course(anna, letter("PHONE"), "consent", *around) == ["EXPLICIT", "EXPLICIT", "EXPIRED"]


@pytest.mark.parametrize("place", ["UK", "ZA", "EU", "US_CA"])
async def test_elsewhere_a_consent_to_calls_lasts_as_any_other(land: Land, place: str) -> None:
    async with land.life(place) as anna:
        await anna.consents("2025-01-15", "letters", channel="PHONE")
    assert await land.course(anna, letter("PHONE"), "consent", "2025-04-15", "2026-12-31") == ["EXPLICIT"] * 2


async def test_in_australia_a_consent_to_emails_lasts_as_any_other(land: Land) -> None:
    async with land.life("AU") as anna:
        await anna.consents("2025-01-15", "letters", channel="EMAIL")
    assert await land.course(anna, letter(), "consent", "2025-04-15", "2026-12-31") == ["EXPLICIT"] * 2


async def test_several_timed_consents_to_one_purpose_end_each_at_its_own_time(land: Land) -> None:
    async with land.life("AU") as anna:
        await anna.consents("2025-01-15", "letters", channel="EMAIL", ends="2025-03-01")
        await anna.consents("2025-01-15", "letters", channel="SMS", ends="2025-09-01")
        await anna.consents("2025-02-15", "letters", channel="PHONE")
        await anna.consents("2025-01-20", "letters", channel="POST")
    days = ("2025-02-28", "2025-03-01", "2025-05-14", "2025-05-15", "2025-08-31", "2025-09-01")
    ends = {"EMAIL": 1, "PHONE": 3, "SMS": 5, "POST": 6}
    for channel, day in ends.items():
        found = await land.course(anna, letter(channel), "consent", *days)
        assert found == [*["EXPLICIT"] * day, *["EXPIRED"] * (6 - day)], channel


async def test_more_timed_consents_than_a_key_counts_end_each_at_its_own_time(land: Land) -> None:
    channels = ("EMAIL", "SMS", "PHONE", "POST", "IN_APP", "AUTO_CALL")
    async with land.life("UK") as anna:
        for month, channel in enumerate(channels, 2):
            await anna.consents("2025-01-15", "letters", channel=channel, ends=f"2025-{month:02}-01")
        await anna.consents("2025-01-15", "letters", ends="2025-08-01")
        await anna.consents("2025-01-15", "letters", recipient="near", ends="2025-09-01")
    days = [f"2025-{month:02}-01" for month in range(1, 9)]
    for month, channel in enumerate(channels, 2):
        found = await land.course(anna, letter(channel), "consent", *days[1:])
        assert found == [*["EXPLICIT"] * (month - 2), *["EXPIRED"] * (9 - month)], channel


async def test_a_consent_to_transfer_and_one_to_disclose_end_each_at_its_own_time(land: Land) -> None:
    async with land.life("UK") as anna:
        await anna.consents("2025-01-15", "referral", recipient="guild", ends="2025-03-01")
        await anna.lets_abroad("2025-01-15", "guild", ends="2025-09-01")
    days = ("2025-02-28", "2025-03-01", "2025-08-31", "2025-09-01")
    assert await land.course(anna, refer("guild"), "consent", *days) == ["EXPLICIT", *["EXPIRED"] * 3]
    assert await land.course(anna, refer("guild"), "destination", *days) == [*["CONSENTED"] * 3, "UNSAFE"]


async def test_the_timed_consents_of_two_merged_records_end_each_at_its_own_time(land: Land) -> None:
    async with land.life("UK") as anna:
        await anna.consents("2025-01-15", "letters", channel="EMAIL", ends="2025-03-01")
        await anna.consents("2025-01-15", "letters", channel="SMS", ends="2025-10-01")
    async with land.life("UK") as ann:
        await ann.consents("2025-01-15", "letters", channel="EMAIL", ends="2025-09-01")
        await ann.consents("2025-01-15", "letters", channel="SMS", ends="2025-02-01")
    async with land.acting() as act:
        await merge(act, anna.id, ann.id, land.organisation)
    for whose in (anna, ann):
        found = [
            sorted(str(one.consent) for one in (await land.answer(whose, letter(), day)).all_facts)
            for day in ("2025-02-28", "2025-03-01", "2025-09-01")
        ]
        assert found == [["EXPLICIT"] * 2, ["EXPIRED", "EXPLICIT"], ["EXPIRED"] * 2]


async def test_a_consent_to_use_is_over_too(land: Land) -> None:
    async with land.life("EU") as anna:
        await anna.consents("2025-01-15", "introduction", ends="2025-03-01")
    question = use("introduction")
    assert await land.course(anna, question, "consent", "2025-02-28", "2025-03-01") == ["EXPLICIT", "EXPIRED"]
    assert await land.rules(anna, question, "2025-02-28", "2025-03-01") == ["eu.consent", "eu.new-purpose"]


@pytest.mark.parametrize("ends", ["2025-01-15", "2025-01-14"])
async def test_a_consent_cannot_end_before_it_was_given(land: Land, ends: str) -> None:
    with pytest.raises(Refusal, match="A consent ends after it was given"):
        async with land.life("UK") as anna:
            await anna.consents("2025-01-15", "letters", channel="EMAIL", ends=ends)


@pytest.mark.parametrize("place", list(Jurisdiction))
def test_the_projection_reckons_with_the_house_period_of_the_parameters(place: Jurisdiction) -> None:
    """`is_silence` of the database knows 24 months too: who changes the one changes both."""
    assert parameters.consent_months(place) == 24
