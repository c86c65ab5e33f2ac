"""arrangement: an alliance before, on and after the day on which the customer's data came in (Australia)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from hub import arrangements, categories
from hub.act import Hub
from hub.arrangements import NewArrangement
from hub.categories import NewCategory
from tests.resolver.land import Land, build
from tests.resolver.questions import refer

AGREED = "2024-03-15"  # on this day the alliance with the guild began
LATER = "2025-01-01"


@pytest.mark.parametrize(
    ("joined", "expected"),
    [
        ("2024-03-14", "AFTER_COLLECTION"),
        ("2024-03-14T23:59:59", "AFTER_COLLECTION"),
        ("2024-03-15T00:00", "AT_COLLECTION"),
        ("2024-03-16", "AT_COLLECTION"),
    ],
)
@pytest.mark.parametrize("shown", ["first", "second"])
async def test_it_is_later_when_it_began_on_a_later_day_than_the_data_came_in(
    land: Land, joined: str, expected: str, shown: str
) -> None:
    async with land.life("AU", joined=joined, shown=shown) as anna:
        pass
    answer = await land.answer(anna, refer("guild"), LATER)
    assert answer.facts.arrangement == expected
    assert (
        answer.decision.rule
        == {
            ("first", "AFTER_COLLECTION"): "au.alliance-later",
            ("first", "AT_COLLECTION"): "au.recipient-not-notified",
            ("second", "AFTER_COLLECTION"): "au.alliance-covered",
            ("second", "AT_COLLECTION"): "au.app6-expected",
        }[shown, expected]
    )


async def test_the_category_that_came_in_first_counts(land: Land) -> None:
    async with land.life("AU", joined="2024-03-20", shown="second", categories="contact") as anna:
        await anna.gives("2024-03-10", "identity", shown="second")
    assert await land.course(anna, refer("guild"), "arrangement", LATER) == ["AFTER_COLLECTION"]


async def test_data_that_came_in_again_after_the_alliance_began_is_no_older_than_it(land: Land) -> None:
    async with land.life("AU", joined="2024-02-01", shown="second") as anna:
        await anna.gives("2024-04-01", shown="second")
    around = ("2024-03-31", "2024-04-01")
    assert await land.course(anna, refer("guild"), "arrangement", *around) == [
        "AFTER_COLLECTION", "AT_COLLECTION",
    ]  # fmt: skip


async def test_a_category_that_is_not_passed_on_does_not_count(land: Land) -> None:
    async with land.life("AU", joined="2024-03-20", shown="second") as anna:
        await anna.gives("2024-01-10", "health", shown="second")
    assert await land.course(anna, refer("guild"), "arrangement", LATER) == ["AT_COLLECTION"]


async def test_before_an_alliance_began_nobody_is_reached_and_it_will_be_later(land: Land) -> None:
    async with land.life("AU", joined="2024-02-01", shown="second") as anna:
        pass
    before, on = [await land.facts(anna, refer("guild"), day) for day in ("2024-03-14", AGREED)]
    assert (before.recipient, before.arrangement) == ("UNCOVERED", "AFTER_COLLECTION")
    assert (on.recipient, on.arrangement) == ("CLASS", "AFTER_COLLECTION")


async def test_an_alliance_that_is_over_reaches_nobody_and_is_no_younger_for_it(land: Land) -> None:
    async with land.life("AU", joined="2024-02-01", shown="second") as anna:
        pass
    facts = await land.facts(anna, refer("old"), "2025-07-01")
    assert (facts.recipient, facts.arrangement) == ("UNCOVERED", "AT_COLLECTION")


async def test_with_somebody_with_whom_nothing_is_agreed_it_is_no_alliance(land: Land) -> None:
    async with land.life("AU", joined="2024-02-01", shown="second") as anna:
        pass
    answer = await land.answer(anna, refer("stranger"), LATER)
    assert (answer.facts.recipient, answer.facts.arrangement) == ("UNCOVERED", "AT_COLLECTION")
    assert answer.decision.rule == "au.recipient-not-notified"


async def test_it_is_later_also_for_who_gave_data_on_very_many_days(fresh_hub: Hub) -> None:
    """A key counts 63 days; beyond them an alliance is later, as it is for all before."""
    land = await build(fresh_hub)
    keys = [f"kind-{number}" for number in range(70)]
    async with land.acting() as act:
        iri = "https://w3id.org/dpv/pd#Contact"
        made = [await categories.add(act, NewCategory(key, {"en": key}, "user.contact", iri)) for key in keys]
        agreed = NewArrangement(
            "wide", "ALLIANCE", "stranger", ["referral"], keys, date(2024, 3, 15), "AU",
            organisation=land.organisation,
        )  # fmt: skip
        await arrangements.agree(act, agreed)
    land = replace(land, categories={row.key: row.id for row in made})
    async with land.life("AU", joined="2023-06-01", categories="") as anna:
        for number, key in enumerate(keys):
            await anna.gives((date(2024, 1, 1) + timedelta(days=number)).isoformat(), key, shown="second")
    for key in ("kind-0", "kind-62", "kind-63", "kind-69"):
        question = replace(refer("stranger"), categories=(land.categories[key],))
        assert await land.course(anna, question, "arrangement", LATER) == ["AFTER_COLLECTION"], key
