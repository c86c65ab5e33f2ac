"""Several categories: the worst value of each fact; sensitive data: directly related before named."""

from dataclasses import replace

import pytest

from hub import arrangements, purposes
from hub.arrangements import NewArrangement
from hub.errors import Code, Refusal
from hub.notices import NewNotice, create
from hub.purposes import Ground, NewPurpose
from hub.questioned import Question
from tests.resolver.land import Land, clause, content, publish
from tests.resolver.life import instant
from tests.resolver.questions import refer, use

LATER = "2026-02-01"
ALL = {"categories": "contact identity health"}


def about(land: Land, question: Question, *keys: str) -> Question:
    return replace(question, categories=tuple(land.categories[key] for key in keys))


@pytest.mark.parametrize(
    ("keys", "fit"),
    [(("contact",), "NAMED"), (("health",), "DIRECTLY_RELATED"), (("contact", "health"), "DIRECTLY_RELATED")],
)
async def test_sensitive_data_is_tested_for_directly_related_before_named(
    land: Land, keys: tuple[str, ...], fit: str
) -> None:
    async with land.life("AU", **ALL) as anna:
        pass
    facts = await land.facts(anna, about(land, use("upkeep"), *keys), LATER)
    assert (facts.purpose_fit, facts.data) == (fit, "SENSITIVE" if "health" in keys else "ORDINARY")


@pytest.mark.parametrize(
    ("keys", "data"),
    [
        (("contact",), "ORDINARY"),
        (("contact", "national-id"), "NATIONAL_ID"),
        (("national-id", "health"), "SENSITIVE"),
        (("health", "biometric"), "BIOMETRIC"),
        (("biometric", "criminal", "contact"), "CRIMINAL"),
    ],
)
async def test_the_riskiest_category_counts(land: Land, keys: tuple[str, ...], data: str) -> None:
    async with land.life("UK", categories=" ".join(keys)) as anna:
        pass
    assert await land.course(anna, about(land, use(), *keys), "data", LATER) == [data]


@pytest.mark.parametrize(
    ("key", "place", "data"),
    [
        ("correspondence", "US_CA", "SENSITIVE"),
        ("correspondence", "EU", "ORDINARY"),
        ("criminal", "US_CA", "ORDINARY"),
        ("criminal", "AU", "CRIMINAL"),
        ("sex-life", "MA", "ORDINARY"),
        ("sex-life", "ZA", "SENSITIVE"),
    ],
)
async def test_what_is_sensitive_differs_by_jurisdiction(land: Land, key: str, place: str, data: str) -> None:
    async with land.life(place, categories=key) as anna:
        pass
    assert await land.course(anna, about(land, use(), key), "data", LATER) == [data]


async def test_a_category_that_never_came_in_takes_the_restrictive_values(land: Land) -> None:
    async with land.life("UK") as anna:
        pass
    facts = await land.facts(anna, about(land, refer(), "contact", "transaction"), LATER)
    assert (facts.purpose_fit, facts.recipient, facts.notice, facts.source, facts.optout_at_collection) == (
        "NEW", "UNCOVERED", "MISSING", "THIRD_PARTY", False
    )  # fmt: skip


async def test_unless_named_only_those_of_the_purpose_that_are_held_count(land: Land) -> None:
    async with land.life("UK", categories="contact") as anna:
        await anna.gives("2024-07-01", "criminal", source="THIRD_PARTY", offered=False)
    facts = await land.facts(anna, use(), LATER)
    assert (facts.purpose_fit, facts.data, facts.source) == ("PRIMARY", "ORDINARY", "CUSTOMER")


async def test_who_holds_none_of_the_purposes_categories_takes_the_restrictive_values(land: Land) -> None:
    async with land.life("UK", categories="criminal") as anna:
        pass
    facts = await land.facts(anna, use(), LATER)
    assert (facts.purpose_fit, facts.notice, facts.data) == ("NEW", "MISSING", "SENSITIVE")


async def test_the_latest_collection_of_a_category_counts_for_its_source_and_its_opt_out(land: Land) -> None:
    async with land.life("UK") as anna:
        await anna.gives("2025-01-10", "identity", source="PUBLIC", offered=False)
        await anna.gives("2025-02-10", "contact", source="THIRD_PARTY", offered=True)
        await anna.gives("2025-03-10", "contact", shown="second")
        await anna.gives("2025-04-10", "identity", shown="second")
    days = ("2025-01-09", "2025-01-10", "2025-02-10", "2025-03-10", "2025-04-10")
    question = use("letters")
    assert await land.course(anna, question, "source", *days) == [
        "CUSTOMER", "PUBLIC", "THIRD_PARTY", "PUBLIC", "CUSTOMER",
    ]  # fmt: skip
    found = await land.course(anna, question, "optout_at_collection", *days)
    assert found == [True, False, False, False, True]


@pytest.mark.parametrize("first", ["THIRD_PARTY", "CUSTOMER"])
async def test_of_two_collections_of_one_instant_the_restrictive_one_counts(land: Land, first: str) -> None:
    second = {"THIRD_PARTY": "CUSTOMER", "CUSTOMER": "THIRD_PARTY"}[first]
    async with land.life("UK", categories="") as anna:
        await anna.gives("2025-01-10", source=first, shown="second")
        await anna.gives("2025-01-10", source=second, shown="second")
    assert await land.course(anna, use("letters"), "source", LATER) == ["THIRD_PARTY"]


async def test_an_arrangement_that_does_not_cover_a_category_named_reaches_nobody_with_it(
    land: Land,
) -> None:
    async with land.life("UK", categories="contact identity transaction", shown="second") as anna:
        pass
    assert await land.course(anna, about(land, refer(), "contact"), "recipient", LATER) == ["NAMED"]
    assert await land.course(anna, about(land, refer(), "contact", "transaction"), "recipient", LATER) == [
        "UNCOVERED"
    ]


async def test_an_arrangement_about_none_of_the_purposes_categories_covers_nothing(own_land: Land) -> None:
    async with own_land.acting() as act:
        await arrangements.agree(
            act,
            NewArrangement(
                "beside", "REFERRAL", "stranger", ["referral"], ["transaction"], instant("2023-01-01").date(),
                "AU", organisation=own_land.organisation,
            ),
        )  # fmt: skip
    async with own_land.life("UK", categories="contact identity transaction") as anna:
        pass
    assert await own_land.course(anna, refer("stranger"), "recipient", "2025-01-01") == ["UNCOVERED"]


async def test_a_purpose_named_for_sensitive_data_and_related_for_the_rest_is_neither_of_both(
    own_land: Land,
) -> None:
    """For health it is only named, for the address only directly related: together it is expected as related."""
    async with own_land.acting() as act:
        grounds = [Ground(place, "LEGITIMATE_INTEREST") for place in ("AU", "UK")]
        await purposes.define(
            act,
            NewPurpose(
                "recall", "OTHER", {"en": "Recall"}, ["contact", "health"], bases=grounds,
                departments=["office"], relations=[purposes.Relation("care", "DIRECTLY")],
                organisation=own_land.organisation,
            ),
        )  # fmt: skip
        told = await create(act, NewNotice("odd", "Odd", own_land.organisation))
        said = [
            clause("care", "care", "contact", is_primary=True),
            clause("recall", "recall", "health"),
        ]
        own_land.versions["odd"] = await publish(act, told.id, content(said), instant("2023-01-01"))  # type: ignore[index]
    rules = {"AU": "au.sensitive", "UK": "uk.art9-special"}
    for place, rule in rules.items():
        async with own_land.life(place, categories="contact health", shown="odd") as anna:
            pass
        answer = await own_land.answer(anna, use("recall"), LATER)
        assert (answer.facts.purpose_fit, answer.facts.data) == ("RELATED", "SENSITIVE")
        assert answer.decision.rule == rule


async def test_a_question_about_an_unknown_category_is_refused(land: Land) -> None:
    async with land.life("UK") as anna:
        pass
    with pytest.raises(Refusal) as refused:
        await land.facts(anna, replace(use(), categories=(anna.id,)))
    assert (refused.value.code, refused.value.path) == (Code.NOT_FOUND, ("categories",))
