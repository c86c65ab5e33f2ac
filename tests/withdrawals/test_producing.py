"""Whoever received a customer's details is told to forget, to correct or to stop, whatever brings it about."""

import asyncio
from datetime import date

import asyncpg

from hub import arrangements, merges, recipients
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.partners import rechecking, sweeping
from hub.partners.withdrawals import ACKNOWLEDGE_DAYS
from tests.withdrawals.yard import SURVEY, SURVEYOR, Yard


async def test_who_opts_out_is_forgotten_by_whoever_received_them(yard: Yard) -> None:
    customer_id = await yard.sent()
    assert await yard.told(customer_id) == [], "nothing has changed"
    await yard.choose(customer_id, stops_sharing=True)
    [entry] = await yard.about(customer_id)
    told = entry.withdrawal
    assert (told.kind, told.reason) == ("FORGET", "hub.sharing-opt-out")
    assert told.arrangement_id == yard.world.arrangements["moor-referrals"].id
    assert told.purpose_id == yard.world.purposes[SURVEY].id
    assert (told.due_at - told.made_at).days == ACKNOWLEDGE_DAYS


async def test_it_is_told_once_and_again_only_when_it_was_disclosed_anew(yard: Yard) -> None:
    customer_id = await yard.sent()
    await yard.choose(customer_id, stops_sharing=True)
    await yard.choose(customer_id, stops_marketing=True)
    await yard.choose(customer_id, stops_sharing=True, on="2026-02-01")
    assert await yard.told(customer_id) == ["FORGET"]
    await yard.choose(customer_id, consents=SURVEY, recipient=SURVEYOR, on="2026-03-01")
    await yard.disclose(customer_id)
    assert await yard.told(customer_id) == ["FORGET"]
    await yard.choose(customer_id, withdraws=SURVEY, on="2026-04-01")
    assert await yard.told(customer_id) == ["FORGET", "FORGET"]


async def test_who_is_restricted_is_kept_and_not_used_and_forgotten_once_erased(yard: Yard) -> None:
    customer_id = await yard.sent()
    await yard.restrict(customer_id)
    assert await yard.told(customer_id) == ["STOP"]
    await yard.erase(customer_id)
    told = [each.withdrawal for each in await yard.about(customer_id)]
    assert [(str(each.kind), each.reason) for each in told] == [
        ("STOP", told[0].reason),
        ("FORGET", "hub.erased"),
    ]


async def test_an_objection_stops_the_use_while_it_is_looked_into(yard: Yard) -> None:
    customer_id = await yard.sent()
    await yard.choose(customer_id, objects_to=SURVEY)
    [entry] = await yard.about(customer_id)
    assert entry.withdrawal.kind == "STOP"


async def test_who_is_erased_while_an_objection_is_looked_into_is_forgotten(yard: Yard) -> None:
    customer_id = await yard.sent()
    await yard.choose(customer_id, objects_to=SURVEY)
    await yard.erase(customer_id)
    assert (await yard.told(customer_id))[-1] == "FORGET"


async def test_what_somebody_erased_received_is_forgotten_by_all_of_them(yard: Yard) -> None:
    customer_id = await yard.sent()
    other = yard.as_partner("quay-inspections")
    await yard.disclose(customer_id, "quay-inspections")
    await yard.erase(customer_id)
    assert await yard.told(customer_id) == ["FORGET"]
    assert await yard.told(customer_id, other) == ["FORGET"]


async def test_a_value_that_changed_is_corrected_where_it_went_and_one_written_again_is_not(
    yard: Yard,
) -> None:
    customer_id = await yard.customer()
    await yard.know(customer_id, "1 Mill Lane")
    await yard.know(customer_id, "Asthma", "state", "health")
    await yard.disclose(customer_id)
    await yard.know(customer_id, "1 Mill Lane")
    await yard.know(customer_id, "None", "state", "health")
    assert await yard.told(customer_id) == []
    await yard.know(customer_id, "2 Mill Lane")
    [entry] = await yard.about(customer_id)
    assert entry.withdrawal.kind == "CORRECT"
    assert entry.withdrawal.categories == (yard.world.categories["contact"].id,)
    await yard.know(customer_id, None)
    assert await yard.told(customer_id) == ["CORRECT", "CORRECT"]


async def test_nothing_is_noted_of_whom_nothing_was_passed_on(
    yard: Yard, superuser: asyncpg.Connection
) -> None:
    customer_id = await yard.customer()
    await yard.know(customer_id, "1 Mill Lane")
    await yard.know(customer_id, "2 Mill Lane")
    await yard.choose(customer_id, stops_sharing=True)
    assert await superuser.fetchval("SELECT count(*) FROM recheck WHERE customer_id = $1", customer_id) == 0


async def test_what_is_said_of_one_record_holds_for_the_others_of_the_same_person(yard: Yard) -> None:
    older, newer = await yard.customer(), await yard.sent()
    towards = yard.world.organisation.id
    await yard.do(merges.merge, older, newer, towards, by=OPERATOR, may=Operation.CUSTOMER_MERGE)
    assert await yard.told(newer) == []
    await yard.choose(older, stops_sharing=True)
    assert await yard.told(newer) == ["FORGET"]


async def test_an_arrangement_that_has_ended_takes_back_what_went_under_it(yard: Yard) -> None:
    people = [await yard.sent() for _ in range(3)]
    agreed = yard.world.arrangements["moor-referrals"].id
    await yard.do(arrangements.end, agreed, date(2026, 1, 31), by=OPERATOR, may=Operation.CATALOGUE_WRITE)
    for each in people:
        [entry] = await yard.about(each)
        assert (entry.withdrawal.kind, entry.withdrawal.reason) == ("FORGET", "ARRANGEMENT_ENDED")


async def test_a_recipient_that_leaves_the_class_it_was_told_of_has_to_forget(yard: Yard) -> None:
    customer_id = await yard.sent(to="southern-inspections", place="AU", joined="2024-03-01", shown="v2")
    partner = yard.as_partner("southern-inspections")
    assert await yard.told(customer_id, partner) == []
    await yard.do(
        recipients.leave_class, partner.recipient_id, "building-inspectors", date(2026, 1, 31),
        by=yard.world.app(), may=Operation.CATALOGUE_WRITE,
    )  # fmt: skip
    assert await yard.told(customer_id, partner) == ["FORGET"]


async def test_what_ends_by_itself_is_found_once_a_day(yard: Yard, superuser: asyncpg.Connection) -> None:
    customer_id = await yard.sent()
    await superuser.execute("ALTER TABLE arrangement DISABLE TRIGGER ALL")
    try:
        await superuser.execute(
            "UPDATE arrangement SET ends_on = '2026-01-31' WHERE id = $1", yard.world.arrangements["moor-referrals"].id
        )  # fmt: skip
        await superuser.execute("UPDATE catalogue_clock SET number = number + 1")
    finally:
        await superuser.execute("ALTER TABLE arrangement ENABLE TRIGGER ALL")
    assert await yard.told(customer_id) == []
    await sweeping.begin(yard.hub)
    assert await yard.told(customer_id) == ["FORGET"]


async def test_a_note_that_cannot_be_done_is_put_off_and_is_in_nobodys_way(
    yard: Yard, superuser: asyncpg.Connection
) -> None:
    await yard.settle()
    broken, fine = await yard.sent(), await yard.sent()
    await superuser.execute(
        "INSERT INTO recheck (customer_id, category_id, value_id, was, became) VALUES ($1, $2, $1, 'what', 'is this')",
        broken, yard.world.categories["contact"].id,
    )  # fmt: skip
    await yard.choose(fine, stops_sharing=True)
    assert await yard.told(fine) == ["FORGET"]
    left = await superuser.fetchval(
        "DELETE FROM recheck WHERE customer_id = $1 RETURNING due_at > now()", broken
    )
    assert left is True


async def test_two_workers_tell_nothing_twice(yard: Yard, hub: Hub) -> None:
    people = [await yard.sent() for _ in range(6)]
    await asyncio.gather(*(yard.choose(each, stops_sharing=True) for each in people))
    await asyncio.gather(*(rechecking.recheck(hub, 2) for _ in range(4)))
    for each in people:
        assert await yard.told(each) == ["FORGET"]
