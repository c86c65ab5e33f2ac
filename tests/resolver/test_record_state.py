"""relationship and record_state: closed and reopened, kept as long as the purpose says, restricted, held, erased."""

import pytest

from tests.resolver.land import Land
from tests.resolver.questions import letter, refer, use

PROSPECT = {"joined": "2023-06-01", "shown": "first"}


async def test_a_relationship_is_what_it_became_last(land: Land) -> None:
    async with land.life("UK", relationship="NONE", **PROSPECT) as anna:
        await anna.becomes("2023-07-01", relationship="NEGOTIATING")
        await anna.becomes("2023-08-01", relationship="ACTIVE")
        await anna.becomes("2024-08-01", relationship="CLOSED")
        await anna.becomes("2025-08-01", relationship="ACTIVE")
    days = ("2023-06-02", "2023-07-01", "2023-08-01", "2024-07-31", "2024-08-01", "2025-07-31", "2025-08-01")
    assert await land.course(anna, letter(), "relationship", *days) == [
        "NONE", "NEGOTIATING", "ACTIVE", "ACTIVE", "CLOSED", "CLOSED", "ACTIVE",
    ]  # fmt: skip
    assert await land.rules(anna, letter(), *days) == [
        "uk.pecr-consent", *["uk.reg22-soft-opt-in"] * 3, "uk.reg22-inactive", "uk.reg22-inactive",
        "uk.reg22-soft-opt-in",
    ]  # fmt: skip


async def test_closed_and_reopened_within_an_hour_the_last_one_counts_and_within_an_instant_closed(
    land: Land,
) -> None:
    async with land.life("UK") as anna:
        await anna.becomes("2025-08-01T10:00", relationship="CLOSED")
        await anna.becomes("2025-08-01T11:00", relationship="ACTIVE")
    async with land.life("UK", joined="2025-08-01") as ben:
        await ben.becomes("2025-08-01", relationship="CLOSED")
    assert await land.course(anna, letter(), "relationship", "2025-08-01") == ["ACTIVE"]
    assert await land.course(ben, letter(), "relationship", "2025-08-02") == ["CLOSED"]


async def test_a_closed_record_is_kept_for_the_months_of_the_purpose(land: Land) -> None:
    async with land.life("UK") as anna:
        await anna.becomes("2024-08-15", relationship="CLOSED")
        await anna.gets_in_touch("2025-08-15")
    around = ("2024-08-15", "2026-08-14T23:59:59", "2026-08-15T00:00")
    assert await land.course(anna, use(), "record_state", *around) == ["LIVE", "LIVE", "EXPIRED"]
    assert await land.course(anna, use("duty"), "record_state", *around) == ["LIVE"] * 3
    assert await land.course(anna, use("survey"), "record_state", *around) == ["LIVE"] * 3


async def test_a_record_reopened_after_its_time_lives_again_and_its_time_counts_from_the_next_closing(
    land: Land,
) -> None:
    async with land.life("UK", joined="2021-01-01", shown=None) as anna:
        await anna.becomes("2022-01-10", relationship="CLOSED")
        await anna.becomes("2024-02-10", relationship="ACTIVE")
        await anna.becomes("2024-03-10", relationship="CLOSED")
    around = ("2024-01-09", "2024-01-10", "2024-02-10", "2026-03-09", "2026-03-10")
    assert await land.course(anna, use(), "record_state", *around) == [
        "LIVE", "EXPIRED", "LIVE", "LIVE", "EXPIRED",
    ]  # fmt: skip


@pytest.mark.parametrize("relationship", ["NONE", "NEGOTIATING"])
async def test_a_prospect_is_kept_for_24_months_after_the_last_contact(land: Land, relationship: str) -> None:
    async with land.life("UK", relationship=relationship, **PROSPECT) as anna:
        await anna.gets_in_touch("2023-11-30")
        await anna.told("2024-05-01", "second")
    around = ("2025-06-02", "2025-11-29T23:59:59", "2025-11-30T00:00")
    assert await land.course(anna, use("duty"), "record_state", *around) == ["LIVE", "LIVE", "EXPIRED"]


async def test_a_brokers_prospect_who_never_spoke_is_kept_from_the_day_we_got_them(land: Land) -> None:
    async with land.life("UK", relationship="NONE", source="THIRD_PARTY", **PROSPECT) as anna:
        pass
    assert await land.course(anna, use(), "record_state", "2025-05-31", "2025-06-01") == ["LIVE", "EXPIRED"]


async def test_a_prospect_who_becomes_a_customer_is_no_prospect_any_more(land: Land) -> None:
    async with land.life("UK", relationship="NEGOTIATING", **PROSPECT) as anna:
        await anna.becomes("2024-01-10", relationship="ACTIVE")
    assert await land.course(anna, use(), "record_state", "2026-06-01") == ["LIVE"]


@pytest.mark.parametrize(("what", "state"), [("is_restricted", "RESTRICTED"), ("is_held", "HOLD")])
async def test_a_restriction_and_a_hold_last_from_their_instant_to_their_end(
    land: Land, what: str, state: str
) -> None:
    async with land.life("UK") as anna:
        await anna.becomes("2025-01-10", **{what: True})
        await anna.becomes("2025-02-10", **{what: False})
    around = ("2025-01-10T11:59:59", "2025-01-10", "2025-02-10T11:59:59", "2025-02-10")
    assert await land.course(anna, use(), "record_state", *around) == ["LIVE", state, state, "LIVE"]


async def test_of_several_states_erased_comes_before_held_restricted_and_expired(land: Land) -> None:
    async with land.life("UK", joined="2022-01-01", shown=None) as anna:
        await anna.becomes("2022-01-10", relationship="CLOSED")
        await anna.becomes("2025-01-10", is_restricted=True)
        await anna.becomes("2025-02-10", is_held=True)
        await anna.becomes("2025-03-10", is_held=False)
        await anna.becomes("2025-04-10", is_restricted=False)
        await anna.becomes("2025-05-10", is_held=True)
        await anna.erased("2025-06-10")
    days = [f"2025-{month:02}-10" for month in range(1, 7)]
    assert await land.course(anna, use(), "record_state", "2022-02-01", "2024-12-01", *days) == [
        "LIVE", "EXPIRED", "RESTRICTED", "HOLD", "RESTRICTED", "EXPIRED", "HOLD", "ERASED",
    ]  # fmt: skip
    assert await land.rules(anna, use(), "2024-12-01", *days) == [
        "hub.expired", "hub.restricted", "hub.hold", "hub.restricted", "hub.expired", "hub.hold", "hub.erased"
    ]  # fmt: skip


async def test_a_hold_lets_the_legal_duty_itself_through(land: Land) -> None:
    async with land.life("UK") as anna:
        await anna.becomes("2025-01-10", is_held=True)
    assert await land.rules(anna, use("duty"), "2025-01-11") == ["uk.art6-law"]
    assert await land.rules(anna, refer(), "2025-01-11") == ["hub.hold"]


async def test_a_restriction_gives_way_to_the_customers_agreement(land: Land) -> None:
    async with land.life("UK") as anna:
        await anna.becomes("2025-01-10", is_restricted=True)
        await anna.consents("2025-01-12", "referral", recipient="near")
    assert await land.rules(anna, refer(), "2025-01-11", "2025-01-12") == ["hub.restricted", "uk.consent"]


async def test_who_is_erased_now_was_not_erased_before(land: Land) -> None:
    async with land.life("UK") as anna:
        pass
    async with land.later(anna):
        await anna.erased()
    assert (await land.facts(anna, use())).record_state == "ERASED"
    assert await land.rules(anna, use(), "2026-06-01") == ["uk.art6-basis"]


async def test_what_one_organisation_is_told_is_not_so_for_another(land: Land, own_land: Land) -> None:
    from dataclasses import replace  # noqa: PLC0415 - this test only

    async with land.life("UK") as anna:
        await anna.becomes("2025-01-10", relationship="CLOSED", is_restricted=True)
    there = replace(own_land, hub=land.hub)
    async with there.acting() as act:
        anna.act, anna.land = act, there
        await act.execute(
            """INSERT INTO customer_event (id, customer_id, organisation_id, aspect, value, reason, happened_at,
                   recorded_at, act_id)
               VALUES (gen_random_uuid(), $1, $2, 'RELATIONSHIP', 'ACTIVE', '', '2025-01-01', $3, $4)""",
            anna.id, there.organisation, act.at, act.id,
        )  # fmt: skip
        await act.record("customer.met", anna.id)
        await anna.gives("2025-01-05", shown="second")
    facts = await there.facts(anna, use(), "2025-02-01")
    assert (facts.relationship, facts.record_state, facts.jurisdiction) == ("ACTIVE", "LIVE", "UK")
    assert (await land.facts(anna, use(), "2025-02-01")).record_state == "RESTRICTED"
