"""consent: the last event for exactly this purpose, channel and recipient; a no counts on any scope that covers."""

import pytest

from hub.errors import Code, Refusal
from tests.resolver.land import Land
from tests.resolver.questions import letter, refer, use

LATER = "2026-02-01"


@pytest.mark.parametrize("grade", ["GIVEN", "EXPLICIT"])
async def test_a_consent_counts_from_its_instant_on_with_its_grade(land: Land, grade: str) -> None:
    async with land.life("UK") as anna:
        await anna.consents("2026-01-10", "letters", channel="EMAIL", grade=grade)
    around = ("2026-01-10T11:59:59.999999", "2026-01-10T12:00", LATER)
    assert await land.course(anna, letter(), "consent", *around) == ["NEVER_ASKED", grade, grade]


@pytest.mark.parametrize(
    "scope",
    [
        {"purpose": "introduction", "recipient": "near"},
        {"purpose": "referral"},
        {"purpose": "referral", "recipient": "guild"},
        {"purpose": "referral", "recipient": "near", "channel": "EMAIL"},
    ],
    ids=["another purpose", "no recipient", "another recipient", "a channel"],
)
async def test_a_consent_to_anything_else_is_not_this_consent(land: Land, scope: dict[str, str]) -> None:
    async with land.life("UK") as anna:
        await anna.consents("2026-01-10", **scope)
    assert await land.course(anna, refer(), "consent", LATER) == ["NEVER_ASKED"]


async def test_a_consent_to_every_channel_is_not_one_to_this_channel(land: Land) -> None:
    async with land.life("UK") as anna:
        await anna.consents("2026-01-10", "letters")
    assert await land.course(anna, letter(), "consent", LATER) == ["NEVER_ASKED"]
    assert await land.course(anna, use("letters"), "consent", LATER) == ["EXPLICIT"]


async def test_being_asked_is_no_answer_and_takes_none_back(land: Land) -> None:
    async with land.life("UK") as anna:
        await anna.asked("2026-01-09", "letters", channel="EMAIL")
        await anna.consents("2026-01-10", "letters", channel="EMAIL")
        await anna.asked("2026-01-11", "letters", channel="EMAIL")
    assert await land.course(anna, letter(), "consent", "2026-01-09", "2026-01-10", "2026-01-11") == [
        "NEVER_ASKED", "EXPLICIT", "EXPLICIT",
    ]  # fmt: skip


async def test_the_last_word_counts_through_consent_refusal_and_withdrawal(land: Land) -> None:
    async with land.life("UK") as anna:
        await anna.refuses("2026-01-10", "referral", recipient="near")
        await anna.consents("2026-01-11", "referral", recipient="near", grade="GIVEN")
        await anna.withdraws("2026-01-12", "referral", recipient="near")
        await anna.consents("2026-01-13", "referral", recipient="near")
    days = [f"2026-01-{day:02}" for day in range(9, 14)]
    assert await land.course(anna, refer(), "consent", *days) == [
        "NEVER_ASKED", "REFUSED", "GIVEN", "WITHDRAWN", "EXPLICIT"
    ]  # fmt: skip


@pytest.mark.parametrize("word", ["refuses", "withdraws"])
async def test_a_no_of_the_same_instant_as_a_consent_wins_whichever_was_told_first(
    land: Land, word: str
) -> None:
    expected = {"refuses": "REFUSED", "withdraws": "WITHDRAWN"}[word]
    for is_first in (True, False):
        async with land.life("UK") as anna:
            if is_first:
                await getattr(anna, word)("2026-01-10", "letters", channel="EMAIL")
            await anna.consents("2026-01-10", "letters", channel="EMAIL")
            if not is_first:
                await getattr(anna, word)("2026-01-10", "letters", channel="EMAIL")
        assert await land.course(anna, letter(), "consent", LATER) == [expected]


@pytest.mark.parametrize(
    ("weaker", "stronger"), [("GIVEN", "EXPLICIT"), ("EXPLICIT", "GUARDIAN"), ("GIVEN", "GUARDIAN")]
)
async def test_of_consents_of_one_instant_the_weaker_counts_whichever_was_told_first(
    land: Land, weaker: str, stronger: str
) -> None:
    for grades in ((weaker, stronger), (stronger, weaker)):
        async with land.life("UK", age="UNDER_13") as anna:
            for grade in grades:
                await anna.consents("2026-01-10", "letters", channel="EMAIL", grade=grade)
        assert await land.course(anna, letter(), "consent", LATER) == [weaker]


async def test_of_consents_of_one_instant_and_grade_the_one_that_ends_first_counts(land: Land) -> None:
    ends = ("2026-01-20", "2026-01-30", None)
    for told in (ends, ends[::-1]):
        async with land.life("UK") as anna:
            for end in told:
                await anna.consents("2026-01-10", "letters", channel="EMAIL", ends=end)
        assert await land.course(anna, letter(), "consent", "2026-01-19", "2026-01-21") == [
            "EXPLICIT",
            "EXPIRED",
        ]


@pytest.mark.parametrize(
    ("question", "given", "withdrawn"),
    [
        (letter(), {"purpose": "letters", "channel": "EMAIL"}, {"purpose": "letters"}),
        (refer(), {"purpose": "referral", "recipient": "near"}, {"purpose": "referral"}),
        (
            refer(),
            {"purpose": "referral", "recipient": "near"},
            {"purpose": "referral", "recipient": "near"},
        ),
    ],
    ids=["all channels", "all recipients", "exactly this"],
)
async def test_a_withdrawal_reaches_every_consent_that_its_scope_covers(
    land: Land, question: object, given: dict[str, str], withdrawn: dict[str, str]
) -> None:
    async with land.life("UK") as anna:
        await anna.consents("2026-01-10", **given)
        await anna.withdraws("2026-01-11", **withdrawn)
    found = await land.course(anna, question, "consent", "2026-01-10", "2026-01-11")  # type: ignore[arg-type]
    assert found == ["EXPLICIT", "WITHDRAWN"]


@pytest.mark.parametrize(
    "withdrawn",
    [
        {"purpose": "introduction"},
        {"purpose": "referral", "recipient": "guild"},
        {"purpose": "referral", "channel": "EMAIL"},
    ],
    ids=["another purpose", "another recipient", "a channel"],
)
async def test_a_withdrawal_of_something_else_leaves_a_consent_alone(
    land: Land, withdrawn: dict[str, str]
) -> None:
    async with land.life("UK") as anna:
        await anna.consents("2026-01-10", "referral", recipient="near")
        await anna.withdraws("2026-01-11", **withdrawn)
    assert await land.course(anna, refer(), "consent", LATER) == ["EXPLICIT"]


async def test_a_refusal_of_all_channels_is_one_of_this_channel_and_a_later_consent_to_it_counts(
    land: Land,
) -> None:
    async with land.life("ZA") as anna:
        await anna.refuses("2026-01-10", "letters")
        await anna.consents("2026-01-12", "letters", channel="SMS")
    assert await land.course(anna, letter("SMS"), "consent", "2026-01-11", LATER) == ["REFUSED", "EXPLICIT"]
    assert await land.rules(anna, letter("EMAIL"), LATER) == ["za.s69-2-once"]


async def test_a_consent_to_a_processor_needs_not_name_it(land: Land) -> None:
    from dataclasses import replace  # noqa: PLC0415 - this test only

    async with land.life("UK") as anna:
        await anna.consents("2026-01-10", "letters", channel="EMAIL")
    facts = await land.facts(anna, replace(letter(), recipient="cloud"), LATER)
    assert (facts.recipient, facts.consent) == ("PROCESSOR", "EXPLICIT")


async def test_a_guardians_consent_ends_on_the_day_the_child_is_an_adult(land: Land) -> None:
    async with land.life("UK", age="AGE_13") as anna:
        await anna.consents("2025-01-10", "letters", channel="EMAIL", grade="GUARDIAN")
        await anna.becomes("2025-06-01", age="AGE_14")
        await anna.becomes("2026-01-20", age="ADULT")
    around = ("2025-02-01", "2025-12-01", "2026-01-19", "2026-01-20", LATER)
    assert await land.course(anna, letter(), "consent", *around) == [
        *["GUARDIAN"] * 3, "EXPIRED", "EXPIRED",
    ]  # fmt: skip


async def test_an_adults_consent_of_their_own_replaces_their_guardians(land: Land) -> None:
    async with land.life("UK", age="UNDER_13") as anna:
        await anna.consents("2025-01-10", "letters", channel="EMAIL", grade="GUARDIAN")
        await anna.becomes("2026-01-20", age="ADULT")
        await anna.consents("2026-01-25", "letters", channel="EMAIL")
    assert await land.course(anna, letter(), "consent", "2026-01-24", "2026-01-25") == ["EXPIRED", "EXPLICIT"]


async def test_a_guardian_cannot_agree_for_who_was_an_adult_then(land: Land) -> None:
    with pytest.raises(Refusal) as refused:
        async with land.life("UK", age="ADULT") as anna:
            await anna.consents("2025-01-10", "letters", channel="EMAIL", grade="GUARDIAN")
    assert (refused.value.code, refused.value.path) == (Code.INVALID, ("grade",))


@pytest.mark.parametrize(
    ("place", "age", "expected"),
    [
        ("US_CA", "UNDER_13", "GUARDIAN"),
        ("US_CA", "AGE_15", "GUARDIAN"),
        ("US_CA", "AGE_16_17", "EXPIRED"),
        ("UK", "AGE_16_17", "GUARDIAN"),
        ("AU", "AGE_16_17", "GUARDIAN"),
        ("ZA", "AGE_16_17", "GUARDIAN"),
    ],
)
async def test_a_guardian_speaks_for_whom_the_jurisdiction_sees_as_a_minor(
    land: Land, place: str, age: str, expected: str
) -> None:
    async with land.life(place, age="UNDER_13") as anna:
        await anna.consents("2025-01-10", "sale", recipient="near", grade="GUARDIAN")
        await anna.becomes("2025-12-01", age=age)
    from tests.resolver.questions import trade  # noqa: PLC0415 - this test only

    assert await land.course(anna, trade(), "consent", LATER) == [expected]
