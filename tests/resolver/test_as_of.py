"""As of an instant: what was so then; what the catalogue became later does not change the past."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from hub import arrangements, organisations, purposes, recipients
from hub.act import Act
from hub.arrangements import NewArrangement
from hub.organisations import Changes
from hub.purposes import Ground
from hub.questioned import Question
from tests.resolver.land import Land
from tests.resolver.life import instant
from tests.resolver.questions import letter, profile, refer, use

LIFE = {
    "letters": (
        letter(),
        {
            "2024-05-31": None, "2024-06-01": "uk.reg22-soft-opt-in", "2024-09-01": "uk.art21-marketing",
            "2024-10-01": "uk.consent", "2025-01-01": "uk.art21-marketing", "2025-03-01": "hub.restricted",
            "2025-04-01": "uk.art21-marketing", "2025-06-01": "uk.art21-marketing",
        },
    ),
    "referral": (
        refer(),
        {
            "2024-06-01": "uk.art6-basis", "2024-08-01": "hub.sharing-opt-out", "2024-09-15": "uk.consent",
            "2025-03-01": "uk.consent", "2025-04-15": "hub.sharing-opt-out",
        },
    ),
    "scoring": (
        profile(),
        {
            "2024-06-01": "uk.art6-basis", "2024-11-01": "uk.art21-objection", "2024-12-01": "uk.art6-basis",
            "2025-03-01": "hub.restricted",
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("topic", LIFE)
@pytest.mark.parametrize("order", ["in order", "backwards"])
async def test_a_life_is_answered_at_every_instant_as_it_was_however_late_it_was_told(
    land: Land, topic: str, order: str
) -> None:
    async with land.life("UK", joined="2024-06-01") as anna:
        pass
    telling: list[Callable[[], Awaitable[object]]] = [
        lambda: anna.opts_out("2024-08-01", "SHARING"),
        lambda: anna.stops_marketing("2024-09-01"),
        lambda: anna.consents("2024-09-15", "referral", recipient="near", ends="2025-04-10"),
        lambda: anna.consents("2024-10-01", "letters", channel="EMAIL", ends="2025-01-01"),
        lambda: anna.objects("2024-11-01", "scoring"),
        lambda: anna.becomes("2025-03-01", is_restricted=True),
    ]
    ends: list[Callable[[], Awaitable[object]]] = [  # only what has begun can be ended
        lambda: anna.drops_objection("2024-12-01", "scoring"),
        lambda: anna.becomes("2025-04-01", is_restricted=False),
    ]
    for tell in [*(telling if order == "in order" else reversed(telling)), *ends]:
        async with land.later(anna):
            await tell()
    question, expected = LIFE[topic]
    for day, rule in expected.items():
        if rule is not None:
            assert await land.rules(anna, question, day) == [rule], day


async def test_now_is_as_of_now(land: Land) -> None:
    async with land.life("AU", "UK") as anna:
        await anna.stops_marketing("2026-01-10")
    for question in (letter(), refer(), use(), profile()):
        now = await land.answer(anna, question)
        then = await land.answer(anna, question, datetime.now(UTC).replace(tzinfo=None).isoformat())
        assert now.all_facts == then.all_facts
        assert now.decision == then.decision


async def _change_basis(act: Act, land: Land) -> None:
    grounds = [Ground("UK", "CONSENT")]
    await purposes.change(act, land.purposes["referral"], purposes.Changes(bases=grounds))


async def _share_strictly(act: Act, land: Land) -> None:
    await organisations.change(act, land.organisation, Changes(strict_sharing=True))


async def _take_department_away(act: Act, land: Land) -> None:
    await purposes.change(act, land.purposes["scoring"], purposes.Changes(departments=["annex"]))


async def _forget_relation(act: Act, land: Land) -> None:
    await purposes.change(act, land.purposes["survey"], purposes.Changes(relations=[]))


async def _keep_shorter(act: Act, land: Land) -> None:
    await purposes.change(act, land.purposes["care"], purposes.Changes(retention_months=1))


async def _make_delicate(act: Act, land: Land) -> None:
    """No verb changes a category; whoever maintains the hub may."""
    await act.execute(
        "UPDATE category SET sensitivity = 'SENSITIVE' WHERE id = $1", land.categories["education"]
    )
    await act.record("category.changed", category=land.categories["education"])


async def _make_plain(act: Act, land: Land) -> None:
    await act.execute(
        "UPDATE category SET sensitivity = 'ORDINARY' WHERE id = $1", land.categories["education"]
    )
    await act.record("category.changed", category=land.categories["education"])


EDITS: dict[str, tuple[Callable[[Act, Land], Awaitable[None]], Question, str, str]] = {
    "a basis": (_change_basis, refer(), "uk.art6-basis", "uk.default"),
    "strict sharing": (_share_strictly, refer(), "uk.art6-basis", "hub.strict-sharing"),
    "a department": (_take_department_away, profile(), "uk.art6-basis", "hub.department"),
    "a relation": (_forget_relation, use("survey"), "uk.further-notice", "uk.new-purpose"),
    "retention": (_keep_shorter, use(), "uk.art6-basis", "hub.expired"),
}


@pytest.mark.parametrize("edit", EDITS)
async def test_a_change_of_the_catalogue_counts_from_its_act_on_and_not_before(
    own_land: Land, edit: str
) -> None:
    change, question, before, after = EDITS[edit]
    async with own_land.life("UK", joined="2024-06-01") as anna:
        await anna.becomes("2026-01-01" if edit == "retention" else "2024-06-02", relationship="ACTIVE")
        if edit == "retention":
            await anna.becomes("2026-02-01", relationship="CLOSED")
    async with own_land.acting() as act:
        await change(act, own_land)
        changed_at = act.at
    just_before = (changed_at - timedelta(microseconds=1)).replace(tzinfo=None).isoformat()
    at_once = changed_at.replace(tzinfo=None).isoformat()
    assert await own_land.rules(anna, question, "2026-02-15", just_before, at_once) == [before, before, after]
    assert (await own_land.answer(anna, question)).decision.rule == after


async def test_several_changes_are_each_in_force_between_their_acts(own_land: Land) -> None:
    async with own_land.life("UK", joined="2024-06-01") as anna:
        pass
    moments: list[datetime] = []
    for basis in ("CONSENT", "CONTRACT", "NONE"):
        async with own_land.acting() as act:
            bases = [Ground("UK", basis)]
            await purposes.change(act, own_land.purposes["referral"], purposes.Changes(bases=bases))
            moments.append(act.at)
    found = [
        (await own_land.facts(anna, refer(), at.replace(tzinfo=None).isoformat())).value("basis")
        for at in [moments[0] - timedelta(seconds=1), *moments]
    ]
    assert found == ["LEGITIMATE_INTEREST", "CONSENT", "CONTRACT", "NONE"]


async def test_a_category_that_became_delicate_was_not_before(own_land: Land) -> None:
    async with own_land.life("UK", joined="2024-06-01", categories="contact identity education") as anna:
        pass
    question = Question(anna.id, use().act, "care", categories=(own_land.categories["education"],))
    async with own_land.acting() as act:
        await _make_delicate(act, own_land)
    try:
        assert (await own_land.facts(anna, question)).data == "SENSITIVE"
        assert (await own_land.facts(anna, question, "2025-01-01")).data == "ORDINARY"
    finally:
        async with own_land.acting() as act:
            await _make_plain(act, own_land)


async def test_an_arrangement_made_today_that_began_long_ago_was_in_force_then(own_land: Land) -> None:
    async with own_land.life("UK", joined="2024-06-01") as anna:
        pass
    async with own_land.acting() as act:
        agreed = NewArrangement(
            "late", "REFERRAL", "stranger", ["referral"], ["contact", "identity"], date(2024, 9, 1), "GB",
            organisation=own_land.organisation,
        )  # fmt: skip
        await arrangements.agree(act, agreed)
    found = await own_land.course(
        anna, refer("stranger"), "recipient", "2024-08-31", "2024-09-01", "2026-01-01"
    )
    assert found == ["UNCOVERED", "CLASS", "CLASS"]


async def test_an_arrangement_found_to_have_ended_was_over_from_the_day_after(own_land: Land) -> None:
    """Its days are when it was so, whenever they are told."""
    async with own_land.life("UK", joined="2024-06-01") as anna:
        pass
    async with own_land.acting() as act:
        found = await arrangements.read(act, "near-referral", organisation=own_land.organisation)
        await arrangements.end(act, found.id, date(2025, 3, 31))
    days = ("2025-03-31", "2025-04-01", "2026-01-01")
    assert await own_land.course(anna, refer(), "recipient", *days) == ["NAMED", "UNCOVERED", "UNCOVERED"]


async def test_a_recipient_found_to_have_left_its_class_was_outside_from_the_day_after(
    own_land: Land,
) -> None:
    async with own_land.life("UK", joined="2024-06-01") as anna:
        pass
    async with own_land.acting() as act:
        await recipients.leave_class(
            act, own_land.recipients["newcomer"], own_land.classes["surveyors"], date(2025, 9, 30)
        )
    days = ("2025-09-30", "2025-10-01")
    assert await own_land.course(anna, refer("newcomer"), "recipient", *days) == ["CLASS", "UNCOVERED"]


async def test_a_retired_purpose_could_be_asked_about_while_it_was_in_use(own_land: Land) -> None:
    async with own_land.life("UK", joined="2024-06-01") as anna:
        pass
    async with own_land.acting() as act:
        await purposes.retire(act, own_land.purposes["survey"])
    assert await own_land.rules(anna, use("survey"), "2026-01-01") == ["uk.further-notice"]


def test_noon_is_noon() -> None:
    assert instant("2025-01-10") == datetime(2025, 1, 10, 12, tzinfo=UTC)
    assert instant("2025-01-10T08:30") == datetime(2025, 1, 10, 8, 30, tzinfo=UTC)
