"""Age, department, basis, special condition, the opt-out offered, and customers of several jurisdictions."""

from dataclasses import replace

import pytest

from hub import decisions, merges, purposes
from hub.actors import Operation
from hub.errors import Code, Refusal
from hub.purposes import Ground, NewPurpose
from tests.resolver.land import Land
from tests.resolver.questions import letter, news, profile, refer, use

LATER = "2026-02-01"
BANDS = ("UNDER_13", "AGE_13", "AGE_14", "AGE_15", "AGE_16_17", "ADULT")


@pytest.mark.parametrize(
    ("place", "ages"),
    [
        ("AU", "CHILD CHILD CHILD TEEN TEEN ADULT"),
        ("UK", "CHILD TEEN TEEN TEEN TEEN ADULT"),
        ("EU", "CHILD CHILD CHILD CHILD TEEN ADULT"),
        ("ZA", "CHILD CHILD CHILD CHILD CHILD ADULT"),
        ("MA", "CHILD CHILD CHILD CHILD CHILD ADULT"),
        ("US_CA", "CHILD TEEN TEEN TEEN ADULT ADULT"),
    ],
)
async def test_an_age_is_what_the_jurisdiction_makes_of_it(land: Land, place: str, ages: str) -> None:
    found: list[str] = []
    for band in BANDS:
        async with land.life(place, age=band) as anna:
            pass
        found += await land.course(anna, letter(), "age", LATER)
    assert found == ages.split()


async def test_a_child_grows_up(land: Land) -> None:
    async with land.life("UK", age="UNDER_13") as anna:
        await anna.becomes("2025-01-10", age="AGE_13")
        await anna.becomes("2026-01-10", age="ADULT")
    days = ("2025-01-09", "2025-01-10", "2026-01-09", "2026-01-10")
    assert await land.course(anna, letter(), "age", *days) == ["CHILD", "TEEN", "TEEN", "ADULT"]
    assert await land.rules(anna, letter(), *days[:2]) == ["uk.child", "uk.reg22-soft-opt-in"]


async def test_of_two_ages_told_of_one_instant_the_younger_counts(land: Land) -> None:
    async with land.life("UK", age="ADULT") as anna:
        await anna.becomes("2025-01-10", age="UNDER_13")
        await anna.becomes("2025-01-10", age="AGE_15")
    assert await land.course(anna, letter(), "age", LATER) == ["CHILD"]


@pytest.mark.parametrize(
    ("asker", "named", "knows"),
    [
        ("office", None, True),
        ("annex", None, False),
        (None, None, False),
        ("annex", "office", True),
        ("office", "annex", False),
    ],
)
async def test_only_a_department_on_the_list_of_the_purpose_needs_to_know(
    land: Land, asker: str | None, named: str | None, *, knows: bool
) -> None:
    async with land.life("UK") as anna:
        pass
    question = replace(use(), customer_id=anna.id, department=named)
    async with land.hub.ask(land.app(asker), Operation.DECISION_PREVIEW) as ask:
        (answer,) = await decisions.preview(ask, [question])
    assert not isinstance(answer, Refusal)
    assert answer.facts.need_to_know is knows
    assert (answer.decision.rule == "hub.department") is not knows


async def test_whom_the_department_passes_data_to_decides_not_the_department(land: Land) -> None:
    async with land.life("UK") as anna:
        pass
    assert await land.rules(anna, replace(refer(), department="annex"), LATER) == ["uk.art6-basis"]


@pytest.mark.parametrize(
    ("offered", "rule"), [(True, "eu.eprivacy-soft-opt-in"), (False, "eu.eprivacy-consent")]
)
async def test_a_soft_opt_in_needs_the_opt_out_offered_when_the_data_came_in(
    land: Land, rule: str, *, offered: bool
) -> None:
    async with land.life("EU", offered=offered) as anna:
        pass
    answer = await land.answer(anna, letter(), LATER)
    assert (answer.facts.optout_at_collection, answer.decision.rule) == (offered, rule)


async def test_an_opt_out_not_offered_with_one_of_the_categories_was_not_offered(land: Land) -> None:
    async with land.life("EU", categories="contact") as anna:
        await anna.gives("2025-01-10", "identity", shown="second", offered=False)
        await anna.gives("2025-03-10", "identity", shown="second", offered=True)
    found = await land.course(
        anna, letter(), "optout_at_collection", "2025-01-09", "2025-01-10", "2025-03-10"
    )
    assert found == [True, False, True]


async def test_a_basis_and_a_special_condition_hold_where_they_are_recorded(own_land: Land) -> None:
    async with own_land.acting() as act:
        grounds = [
            Ground("UK", "PUBLIC_TASK", "DPA 2018 Sch 1 para 2"), Ground("EU", "LEGITIMATE_INTEREST"),
        ]  # fmt: skip
        new = NewPurpose(
            "clinic", "OTHER", {"en": "Clinic"}, ["health"], departments=["office"], bases=grounds,
            organisation=own_land.organisation,
        )  # fmt: skip
        await purposes.define(act, new)
    async with own_land.life("UK", "EU", "ZA", categories="contact identity health") as anna:
        pass
    facts = {one.jurisdiction: one for one in (await own_land.answer(anna, use("clinic"), LATER)).all_facts}
    assert {str(place): (str(one.basis), one.special_condition) for place, one in facts.items()} == {
        "UK": ("PUBLIC_TASK", True), "EU": ("LEGITIMATE_INTEREST", False), "ZA": ("NONE", False),
    }  # fmt: skip


async def test_several_jurisdictions_are_each_decided_and_the_strictest_answer_is_kept(land: Land) -> None:
    async with land.life("AU", "EU", "US_CA") as anna:
        await anna.checked("2025-12-15", "AU")
        await anna.checked("2025-12-15", "US_CA")
    answer = await land.answer(anna, letter("PHONE"), "2026-01-01")
    assert {str(one.jurisdiction) for one in answer.all_facts} == {"AU", "EU", "US_CA"}
    assert (answer.decision.outcome, answer.decision.rule) == ("CONSENT_NEEDED", "eu.eprivacy-consent")
    answer = await land.answer(anna, letter("PHONE"), "2026-01-20")
    assert (answer.decision.outcome, answer.decision.rule) == ("DENY", "au.dncr")


async def test_a_jurisdiction_counts_from_the_day_it_begins_to_the_day_it_ends(land: Land) -> None:
    async with land.life("AU") as anna:
        await anna.becomes("2025-01-10", jurisdictions=["AU", "UK"])
        await anna.becomes("2025-03-10", jurisdictions=["UK"])
        await anna.becomes("2025-05-10", jurisdictions=["AU"])

    async def places(day: str) -> list[str]:
        return [str(one.jurisdiction) for one in (await land.answer(anna, use(), day)).all_facts]

    days = ("2025-01-09", "2025-01-10", "2025-03-09", "2025-03-10", "2025-05-10")
    assert [await places(day) for day in days] == [["AU"], ["AU", "UK"], ["AU", "UK"], ["UK"], ["AU"]]


async def test_where_a_beginning_and_an_end_of_one_instant_contradict_the_law_applies(land: Land) -> None:
    async with land.life("AU") as anna:
        await anna.becomes("2025-01-10", jurisdictions=["AU", "UK"])
        await anna.becomes("2025-01-10", jurisdictions=["AU"])
    assert len((await land.answer(anna, use(), LATER)).all_facts) == 2


async def test_merged_records_are_each_decided_and_the_strictest_answer_is_kept(land: Land) -> None:
    async with land.life("UK") as anna:
        await anna.consents("2025-01-10", "referral", recipient="near")
    async with land.life("UK") as ann:
        await ann.opts_out("2025-02-10", "SHARING")
    assert await land.rules(anna, refer(), LATER) == ["uk.consent"]
    async with land.acting() as act:
        await merges.merge(act, anna.id, ann.id, land.organisation)
    for whose in (anna, ann):
        answer = await land.answer(whose, refer(), LATER)
        assert (len(answer.all_facts), answer.decision.rule) == (2, "hub.sharing-opt-out")
        assert answer.record_id == ann.id
        assert await land.rules(whose, refer(), "2025-02-09") == ["uk.consent"]
    async with land.acting() as act:
        await merges.unmerge(act, ann.id, land.organisation)
    assert await land.rules(anna, refer(), LATER) == ["uk.consent"]


async def test_before_somebody_was_known_they_are_nobody(land: Land) -> None:
    async with land.life("UK", joined="2024-06-01") as anna:
        pass
    with pytest.raises(Refusal) as refused:
        await land.answer(anna, use(), "2024-05-31")
    assert refused.value.code is Code.NOT_FOUND


async def test_what_is_asked_stands_in_the_facts(land: Land) -> None:
    async with land.life("UK") as anna:
        pass
    facts = await land.facts(anna, letter("SMS"), LATER)
    assert (facts.act, facts.channel, facts.offer, facts.footer) == (
        "MESSAGE", "SMS", "OWN_SIMILAR", "COMPLETE",
    )  # fmt: skip
    assert (await land.facts(anna, profile("EXCLUSION_RISK"), LATER)).profile_effect == "EXCLUSION_RISK"
    assert [str((await land.facts(anna, each, LATER)).purpose_kind) for each in (news(), letter(), refer())] == [
        "SERVICE", "MARKETING", "OTHER",
    ]  # fmt: skip
