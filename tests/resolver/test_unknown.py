"""What nobody knows takes the restrictive value."""

from dataclasses import replace

import pytest

from hub import purposes
from hub.errors import Code, Refusal
from hub.policy.values import Footer
from hub.purposes import NewPurpose
from hub.questioned import Question
from tests.resolver.land import EVERYWHERE, Land
from tests.resolver.questions import letter, news, profile, refer, trade, use

LATER = "2026-02-01"
NOTHING: dict[str, object] = {
    "purpose_fit": "NEW", "source": "THIRD_PARTY", "notice": "MISSING", "consent": "NEVER_ASKED",
    "marketing_choice": "NONE", "sharing_choice": "NONE", "objection": "NONE", "limit_sensitive": False,
    "optout_at_collection": False, "relationship": "NONE", "age": "ADULT", "formality": "NONE",
    "record_state": "LIVE", "special_condition": False,
}  # fmt: skip


@pytest.mark.parametrize("place", EVERYWHERE)
async def test_who_is_known_by_name_only_takes_the_restrictive_values(land: Land, place: str) -> None:
    async with land.life(place, categories="", relationship="NONE") as anna:
        pass
    facts = await land.facts(anna, letter("PHONE"), "2025-01-01")
    assert {name: facts.value(name) for name in NOTHING} == NOTHING
    assert facts.registry_block is (place not in {"MA", "EU"})
    assert facts.data == "ORDINARY"


@pytest.mark.parametrize("question", [use(), letter(), news(), refer(), trade(), profile()])
@pytest.mark.parametrize("place", EVERYWHERE)
async def test_about_whom_nothing_is_known_nothing_is_allowed_and_nothing_is_said_to_be(
    land: Land, place: str, question: Question
) -> None:
    async with land.life(place, categories="", relationship="NONE") as anna:
        pass
    assert (await land.answer(anna, question, "2025-01-01")).decision.outcome != "ALLOW"


async def test_data_of_which_nobody_knows_what_was_collected_counts_as_sensitive_as_the_purposes(
    land: Land,
) -> None:
    async with land.life("UK", categories="", relationship="ACTIVE") as anna:
        pass
    assert await land.course(anna, use(), "data", LATER) == ["SENSITIVE"]


@pytest.mark.parametrize("place", EVERYWHERE)
async def test_a_purpose_without_a_basis_and_departments_has_none(own_land: Land, place: str) -> None:
    async with own_land.acting() as act:
        new = NewPurpose("bare", "OTHER", {"en": "Bare"}, ["contact"], organisation=own_land.organisation)
        await purposes.define(act, new)
    async with own_land.life(place) as anna:
        pass
    facts = await own_land.facts(anna, use("bare"), LATER)
    assert (facts.basis, facts.special_condition, facts.need_to_know, facts.purpose_fit) == (
        "NONE", False, False, "NEW",
    )  # fmt: skip


async def test_a_recipient_nobody_agreed_anything_with_is_uncovered_and_unsafe_abroad(land: Land) -> None:
    async with land.life("UK") as anna:
        pass
    facts = await land.facts(anna, refer("stranger"), LATER)
    assert (facts.recipient, facts.destination) == ("UNCOVERED", "UNSAFE")


async def test_an_arrangement_about_another_act_covers_nothing(land: Land) -> None:
    async with land.life("UK") as anna:
        pass
    assert await land.course(anna, refer("near", "sale"), "recipient", LATER) == ["UNCOVERED"]
    assert await land.course(anna, trade("SELL"), "recipient", LATER) == ["NAMED"]
    assert await land.course(anna, replace(trade(), purpose="referral"), "recipient", LATER) == ["UNCOVERED"]


async def test_a_footer_that_nobody_declared_has_no_opt_out(land: Land) -> None:
    async with land.life("UK") as anna:
        pass
    silent = Question(anna.id, letter().act, "letters", channel=letter().channel, offer=letter().offer)
    answer = await land.answer(anna, silent, LATER)
    assert (answer.facts.footer, answer.decision.rule) == (Footer.NO_OPTOUT, "uk.reg23-footer")


async def test_without_a_jurisdiction_nobody_can_say(land: Land) -> None:
    async with land.life("UK") as anna:
        await anna.act.execute(
            """INSERT INTO customer_event (id, customer_id, aspect, value, reason, happened_at, recorded_at, act_id)
               VALUES (gen_random_uuid(), $1, 'JURISDICTION_ENDED', 'UK', '', '2025-01-10', $2, $3)""",
            anna.id, anna.act.at, anna.act.id,
        )  # fmt: skip
    with pytest.raises(Refusal, match="no jurisdiction on record") as refused:
        await land.answer(anna, use(), LATER)
    assert (refused.value.code, refused.value.path) == (Code.INVALID, ("customer",))
    assert await land.rules(anna, use(), "2025-01-09") == ["uk.art6-basis"]
