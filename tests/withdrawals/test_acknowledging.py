"""What a recipient says it did is kept, once; what it leaves unsaid past its clock blocks it by itself."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from hub.actors import OPERATOR, Actor, Operation
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.partners import blocks, clocks
from hub.partners.acknowledging import ANSWERS_MOST, Answer
from hub.partners.blocks import Standing
from tests.withdrawals.yard import SURVEYOR, Yard

ANSWERED = "SELECT count(*) FROM withdrawal WHERE answered_at IS NOT NULL"
ENTRIES = "SELECT count(*) FROM ledger_entry WHERE event = 'withdrawal.acknowledged'"
CLIENT = """
    INSERT INTO client (id, organisation_id, kind, name, secret_hash, scopes, created_at, recipient_id)
    VALUES ($1, $2, 'PARTNER', 'Surveyor', 'x', ARRAY['partner:withdrawals'], now(), $3)
"""


async def signs_in(yard: Yard) -> None:
    """Let the surveyor be one that signs in."""
    async with yard.hub.act(OPERATOR, Operation.CLIENT_CREATE) as act:
        await act.execute(CLIENT, yard.partner.id, yard.world.organisation.id, yard.partner.recipient_id)
        await act.record("client.created")


async def refused(
    yard: Yard,
    superuser: asyncpg.Connection,
    code: Code,
    path: tuple[str | int, ...],
    *answers: Answer,
    **more: Any,
) -> None:
    """Assert that these answers are refused at this place, and change nothing."""
    before = [await superuser.fetchval(each) for each in (ANSWERED, ENTRIES)]
    with pytest.raises(Refusal) as caught:
        await yard.acknowledge(*answers, **more)
    assert (caught.value.code, caught.value.path) == (code, path)
    assert [await superuser.fetchval(each) for each in (ANSWERED, ENTRIES)] == before


async def forgotten(yard: Yard) -> Any:
    """The id of something the surveyor has to forget."""
    customer_id = await yard.sent()
    await yard.choose(customer_id, stops_sharing=True)
    [entry] = await yard.about(customer_id)
    return entry.withdrawal.id


async def late(yard: Yard, superuser: asyncpg.Connection) -> Any:
    """As `forgotten`, and past its clock."""
    made = await forgotten(yard)
    await superuser.execute("ALTER TABLE withdrawal DISABLE TRIGGER guard_act")
    await superuser.execute("UPDATE withdrawal SET due_at = now() - interval '1 minute' WHERE id = $1", made)
    await superuser.execute("ALTER TABLE withdrawal ENABLE TRIGGER guard_act")
    return made


async def standing(yard: Yard) -> Standing:
    """How the surveyor stands."""
    assert yard.partner.recipient_id is not None
    async with yard.hub.ask(yard.staff, Operation.PARTNER_LOOK) as ask:
        return (await blocks.standings(ask, [yard.partner.recipient_id]))[yard.partner.recipient_id]


async def test_an_answer_is_kept_and_saying_it_again_changes_nothing(
    yard: Yard, superuser: asyncpg.Connection
) -> None:
    made = await forgotten(yard)
    [first] = await yard.acknowledge(Answer(made, "DONE"))
    assert (first.answer, first.answered_at is not None) == ("DONE", True)
    entries = await superuser.fetchval(ENTRIES)
    [again] = await yard.acknowledge(Answer(made, "DONE"))
    assert again == first
    assert await superuser.fetchval(ENTRIES) == entries
    await refused(yard, superuser, Code.CONFLICT, ("entries", 0, "evidence"), Answer(made, "NOT_HELD"))


async def test_what_is_kept_has_a_ground_and_a_day_and_may_be_gone_later(
    yard: Yard, superuser: asyncpg.Connection
) -> None:
    made, day = await forgotten(yard), datetime.now(UTC).date() + timedelta(days=400)
    for path, answer in (
        ("ground", Answer(made, "KEPT", until=day)),
        ("until", Answer(made, "KEPT", "LEGAL_DUTY")),
        ("until", Answer(made, "KEPT", "LEGAL_DUTY", date(2020, 1, 1))),
        ("until", Answer(made, "KEPT", "LEGAL_DUTY", date(2999, 1, 1))),
        ("ground", Answer(made, "KEPT", "WE_LIKE_IT", day)),
        ("ground", Answer(made, "DONE", "LEGAL_DUTY")),
        ("evidence", Answer(made, "PERHAPS")),
    ):
        await refused(yard, superuser, Code.INVALID, ("entries", 0, path), answer)
    [kept] = await yard.acknowledge(Answer(made, "KEPT", "LEGAL_DUTY", day))
    assert (kept.answer, kept.ground, kept.kept_until) == ("KEPT", "LEGAL_DUTY", day)
    [gone] = await yard.acknowledge(Answer(made, "DONE"))
    assert (gone.answer, gone.ground, gone.kept_until) == ("DONE", None, None)


async def test_what_others_were_told_is_as_absent_as_what_never_was(
    yard: Yard, superuser: asyncpg.Connection
) -> None:
    made = await forgotten(yard)
    other = yard.as_partner("quay-inspections")
    blind = yard.as_partner(SURVEYOR, arrangements=frozenset({yard.world.arrangements["mailing"].id}))
    said: set[str] = set()
    for actor, which in ((other, made), (other, new_id()), (blind, made)):
        with pytest.raises(Refusal) as caught:
            await yard.acknowledge(Answer(which, "DONE"), by=actor)
        said.add(f"{caught.value.code} {caught.value.path} {caught.value.message}")
    assert len(said) == 1
    await refused(
        yard, superuser, Code.NOT_FOUND, ("entries", 1, "id"), Answer(made, "DONE"), Answer(new_id(), "DONE")
    )


async def test_one_call_takes_so_many_answers_and_each_once(
    yard: Yard, superuser: asyncpg.Connection
) -> None:
    made = await forgotten(yard)
    await refused(yard, superuser, Code.LIMIT, ("entries",))
    many = [Answer(new_id(), "DONE") for _ in range(ANSWERS_MOST + 1)]
    await refused(yard, superuser, Code.LIMIT, ("entries",), *many)
    await refused(yard, superuser, Code.NOT_FOUND, ("entries", 0, "id"), *many[1:])
    twice = (Answer(made, "DONE"), Answer(made, "DONE"))
    await refused(yard, superuser, Code.INVALID, ("entries", 1, "id"), *twice)


async def test_an_arrangement_has_a_clock_of_its_own(yard: Yard) -> None:
    agreed = yard.world.arrangements["moor-referrals"].id
    for days in (0, 91):
        with pytest.raises(Refusal) as caught:
            await yard.do(clocks.put, agreed, days, by=OPERATOR, may=Operation.CATALOGUE_WRITE)
        assert (caught.value.code, caught.value.path) == (Code.INVALID, ("days",))
    await yard.do(clocks.put, agreed, 3, by=OPERATOR, may=Operation.CATALOGUE_WRITE)
    customer_id = await yard.sent()
    await yard.choose(customer_id, stops_sharing=True)
    [entry] = await yard.about(customer_id)
    assert (entry.withdrawal.due_at - entry.withdrawal.made_at).days == 3


async def test_a_partner_that_does_not_say_what_it_forgot_gets_nothing_more_until_it_does(
    yard: Yard, superuser: asyncpg.Connection
) -> None:
    made = await late(yard, superuser)
    assert not (await standing(yard)).is_blocked, (
        "nobody could have acknowledged it: the surveyor does not sign in"
    )
    await signs_in(yard)
    stands = await standing(yard)
    assert (stands.is_blocked, stands.late, stands.open) == (True, 1, 1)
    customer_id = await yard.customer()
    with pytest.raises(Refusal) as caught:
        await yard.disclose(customer_id)
    assert (caught.value.code, caught.value.path) == (Code.CONFLICT, ("decision",))
    assert (
        await superuser.fetchval("SELECT count(*) FROM disclosure WHERE customer_id = $1", customer_id) == 0
    )
    await yard.disclose(await yard.customer(), "quay-inspections")
    await yard.acknowledge(Answer(made, "DONE"))
    assert not (await standing(yard)).is_blocked
    await yard.disclose(customer_id)


async def test_somebody_blocks_a_recipient_and_two_let_it_receive_again(yard: Yard) -> None:
    one, other = yard.staff, yard.staff
    whom = yard.partner.recipient_id

    async def staff(verb: Any, *given: Any, by: Actor) -> Standing:
        return await yard.do(verb, *given, by=by, may=Operation.PARTNER_BLOCK)

    with pytest.raises(Refusal) as caught:
        await staff(blocks.ask_release, whom, "All is well.", by=one)
    assert caught.value.code is Code.CONFLICT, "it is not blocked"
    stands = await staff(blocks.block, whom, "They sold a list.", by=one)
    assert (stands.is_blocked, stands.reason) == (True, "They sold a list.")
    assert await staff(blocks.block, whom, "Again.", by=other) == stands
    with pytest.raises(Refusal):
        await yard.disclose(await yard.customer())
    asked = await staff(blocks.ask_release, whom, "It was somebody else.", by=one)
    assert asked.is_blocked
    with pytest.raises(Refusal) as caught:
        await staff(blocks.release, asked.release_id, by=one)
    assert (caught.value.code, (await standing(yard)).is_blocked) == (Code.FORBIDDEN, True)
    assert not (await staff(blocks.release, asked.release_id, by=other)).is_blocked
    await yard.disclose(await yard.customer())


async def test_two_people_give_a_late_partner_a_week(yard: Yard, superuser: asyncpg.Connection) -> None:
    await signs_in(yard)
    await late(yard, superuser)
    one, other = yard.staff, yard.staff
    asked = await yard.do(
        blocks.ask_release, SURVEYOR, "They move house.", by=one, may=Operation.PARTNER_BLOCK
    )
    stands = await yard.do(blocks.release, asked.release_id, by=other, may=Operation.PARTNER_BLOCK)
    assert (stands.is_blocked, stands.open, stands.late) == (False, 1, 0)


async def test_what_was_asked_about_a_block_that_has_ended_lets_nobody_receive_after_the_next(
    yard: Yard, superuser: asyncpg.Connection
) -> None:
    await signs_in(yard)
    await late(yard, superuser)
    one, other, whom = yard.staff, yard.staff, yard.partner.recipient_id

    async def staff(verb: Any, *given: Any, by: Actor) -> Standing:
        return await yard.do(verb, *given, by=by, may=Operation.PARTNER_BLOCK)

    asked = await staff(blocks.ask_release, whom, "They move house.", by=one)
    assert asked.release_id
    await yard.acknowledge(*[Answer(each.withdrawal.id, "DONE") for each in await yard.feed()])
    stands = await standing(yard)
    assert (stands.is_blocked, stands.release_id) == (False, None)
    blocked = await staff(blocks.block, whom, "They sold a list.", by=other)
    assert (blocked.is_blocked, blocked.release_id) == (True, None)
    with pytest.raises(Refusal) as caught:
        await staff(blocks.release, asked.release_id, by=other)
    assert (caught.value.code, (await standing(yard)).is_blocked) == (Code.CONFLICT, True)
    anew = await staff(blocks.ask_release, whom, "It was somebody else.", by=one)
    assert (anew.release_reason, anew.release_id != asked.release_id) == ("It was somebody else.", True)
    assert not (await staff(blocks.release, anew.release_id, by=other)).is_blocked
