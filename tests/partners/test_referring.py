"""A customer is referred by one act: decided, then released, asked, or told what is missing."""

import asyncio
from typing import Any

import asyncpg
import pytest

from hub import questions
from hub.act import Act
from hub.actors import WORKER, Operation
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.partners import referrals, settling
from hub.partners.states import FOLLOWS, State, Why
from hub.policy.rule import Outcome
from hub.questions import Showing
from tests.domain.firm import everything
from tests.partners.referred import LATER, NEED, House, lapse
from tests.world import build_world


async def test_what_is_allowed_is_offered_with_its_disclosure_in_one_act(house: House) -> None:
    customer = await house.customer()
    done = await house.refer(customer, fields=["contact.email"])
    assert done.answer.decision.outcome is Outcome.ALLOW
    assert done.referral
    assert (done.referral.state, done.referral.fields) == (State.OFFERED, ("contact.email",))
    assert done.referral.decision_id == done.answer.id
    assert done.referral.categories == (house.world.categories["contact"].id,)
    assert (await house.events(customer))[-3:] == ["decision.made", "disclosure.recorded", "referral.offered"]
    async with house.hub.ask(house.world.app(), Operation.REFERRAL_READ) as ask:
        assert await referrals.needs(ask, [done.referral.id]) == {done.referral.id: NEED}


async def test_where_consent_is_missing_the_customer_is_asked_by_portal_and_mail(
    house: House, superuser: asyncpg.Connection
) -> None:
    customer = await house.customer(**LATER)
    done = await house.refer(customer, recipient="bluegum-mortgages", purpose="referral-mortgage")
    assert done.answer.decision.outcome is Outcome.CONSENT_NEEDED
    assert done.referral
    assert done.referral.state is State.ASKING
    events = ["decision.made", "choice.asked", "question.put", "referral.asking", "letter.queued"]
    assert (await house.events(customer))[-5:] == events
    assert await superuser.fetchval("SELECT count(*) FROM disclosure WHERE customer_id = $1", customer) == 0
    assert await superuser.fetchval("SELECT link IS NOT NULL FROM referral WHERE id = $1", done.referral.id)


@pytest.mark.parametrize(("is_yes", "state"), [(True, State.OFFERED), (False, State.CLOSED)])
async def test_the_answer_decides_again_and_releases_or_closes_it(
    house: House, *, is_yes: bool, state: State
) -> None:
    customer = await house.customer(**LATER)
    done = await house.refer(customer, recipient="bluegum-mortgages", purpose="referral-mortgage")
    assert done.referral
    question_id = done.referral.question_id
    assert question_id
    await house.do(
        Operation.QUESTION_ANSWER,
        lambda act: questions.answer(act, question_id, Showing("PHONE"), is_yes=is_yes),
    )
    now = await house.read(done.referral)
    assert (now.state, now.disclosure_id is not None) == (state, is_yes)
    last = (
        ["decision.made", "disclosure.recorded", "referral.offered"]
        if is_yes
        else ["question.answered", "referral.closed"]
    )
    assert (await house.events(customer))[-len(last) :] == last


async def test_a_yes_that_is_not_allowed_any_more_releases_nothing(house: House) -> None:
    customer = await house.customer(**LATER)
    done = await house.refer(customer, recipient="bluegum-mortgages", purpose="referral-mortgage")
    assert done.referral
    question_id = done.referral.question_id
    assert question_id
    await house.do(Operation.QUESTION_ANSWER, lambda act: questions.show(act, question_id, Showing("PORTAL")))
    await house.world.choose(
        house.hub, customer, objects_to="referral-mortgage", stops_sharing=True, on="2026-02-01"
    )
    await house.do(
        Operation.QUESTION_ANSWER,
        lambda act: questions.answer(act, question_id, Showing("PORTAL"), is_yes=True),
    )
    now = await house.read(done.referral)
    if now.state is State.CLOSED:
        assert now.disclosure_id is None
    else:  # a later consent to just this is stronger than the opt-out before it
        assert now.disclosure_id


async def test_nobody_is_referred_twice_for_the_same_at_a_time(
    house: House, superuser: asyncpg.Connection
) -> None:
    customer = await house.customer()
    first = await house.refer(customer)
    before = await everything(superuser)
    with pytest.raises(Refusal) as caught:
        await house.refer(customer)
    assert (caught.value.code, caught.value.path) == (Code.CONFLICT, ("customer",))
    assert await everything(superuser) == before
    assert first.referral
    await lapse(superuser, first.referral)
    second = await house.refer(customer)
    assert second.referral
    assert (await house.read(first.referral)).state is State.EXPIRED


@pytest.mark.parametrize(
    ("given", "code", "place"),
    [
        ({"recipient": "post-cloud"}, Code.CONFLICT, ("arrangement",)),
        ({"arrangement": "mortgage-alliance"}, Code.CONFLICT, ("arrangement",)),
        ({"recipient": "made-up"}, Code.NOT_FOUND, ("recipient",)),
        ({"purpose": "made-up"}, Code.NOT_FOUND, ("purpose",)),
        ({"fields": ["health.weight"]}, Code.NOT_FOUND, ("fields", 0)),
        ({"fields": ["contact"]}, Code.INVALID, ("fields", 0)),
        ({"need": " "}, Code.INVALID, ("need",)),
        ({"need": "x" * 501}, Code.INVALID, ("need",)),
    ],
)
async def test_what_makes_no_sense_is_refused_and_changes_nothing(
    house: House, superuser: asyncpg.Connection, given: dict[str, Any], code: Code, place: tuple[Any, ...]
) -> None:
    customer = await house.customer()
    before = await everything(superuser)
    with pytest.raises(Refusal) as caught:
        await house.refer(customer, **given)
    assert (caught.value.code, caught.value.path) == (code, place)
    assert await everything(superuser) == before


async def test_another_houses_customer_is_as_absent_as_one_who_never_was(house: House) -> None:
    others = House(house.hub, await build_world(house.hub))
    said: list[tuple[Code, str]] = []
    for customer in (await others.customer(), new_id()):
        with pytest.raises(Refusal) as caught:
            await house.refer(customer)
        said.append((caught.value.code, caught.value.message))
    assert said[0] == said[1]
    assert said[0][0] is Code.NOT_FOUND


async def test_whoever_may_not_be_asked_is_left_alone_and_the_decision_says_why(house: House) -> None:
    customer = await house.customer(**LATER, refuses="referral-mortgage", recipient="bluegum-mortgages")
    done = await house.refer(customer, recipient="bluegum-mortgages", purpose="referral-mortgage")
    assert done.referral is None
    assert done.bar or done.answer.decision.outcome is Outcome.DENY
    assert (await house.events(customer))[-1] == "decision.made"


async def test_an_offer_that_is_taken_back_before_it_was_accepted_is_withdrawn(house: House) -> None:
    customer = await house.customer()
    done = await house.refer(customer)
    assert done.referral
    await house.world.choose(house.hub, customer, stops_sharing=True, on="2026-02-01")
    await house.hub.perform(WORKER, Operation.HUB_MAINTAIN, settling.settle)
    now = await house.read(done.referral)
    async with house.hub.ask(house.world.app(), Operation.REFERRAL_READ) as ask:
        events = (await referrals.events_of(ask, [now.id]))[now.id]
    assert (now.state, events[-1].why) == (State.WITHDRAWN, Why.NOT_ALLOWED)


async def test_a_question_that_lapses_closes_it(house: House, superuser: asyncpg.Connection) -> None:
    customer = await house.customer(**LATER)
    done = await house.refer(customer, recipient="bluegum-mortgages", purpose="referral-mortgage")
    assert done.referral
    await lapse(superuser, done.referral)
    assert (await house.read(done.referral)).state is State.CLOSED
    await house.hub.perform(WORKER, Operation.HUB_MAINTAIN, settling.settle)
    stands = "SELECT state, (SELECT why FROM referral_event e WHERE e.referral_id = r.id ORDER BY e.id DESC LIMIT 1)"
    row = await superuser.fetchrow(f"{stands} FROM referral r WHERE id = $1", done.referral.id)
    assert tuple(row or ()) == ("CLOSED", "LAPSED")


async def test_two_who_refer_at_once_make_one_referral(house: House) -> None:
    customer = await house.customer()
    done = await asyncio.gather(*(house.refer(customer) for _ in range(4)), return_exceptions=True)
    assert sum(not isinstance(each, BaseException) for each in done) == 1
    assert all(isinstance(each, Refusal) for each in done if isinstance(each, BaseException))


async def test_a_release_and_an_opt_out_at_the_same_moment_follow_one_another(
    house: House, superuser: asyncpg.Connection
) -> None:
    people = [await house.customer() for _ in range(8)]

    async def either(customer: Any) -> None:
        await asyncio.gather(
            house.refer(customer),
            house.world.choose(house.hub, customer, stops_sharing=True, on="2026-01-15"),
        )

    await asyncio.gather(*(either(each) for each in people))
    late = await superuser.fetch(
        "SELECT 1 FROM ledger_entry x JOIN ledger_entry c ON c.subject = x.subject AND c.sequence < x.sequence"
        " WHERE x.event = 'referral.offered' AND c.event = 'choice.opted_out' AND x.subject = ANY ($1)",
        people,
    )
    assert late == []


async def test_the_database_has_the_same_table_of_moves(superuser: asyncpg.Connection) -> None:
    rows = await superuser.fetch("SELECT was, becomes FROM referral_transition")
    ours = {(was.value, each.value) for was, following in FOLLOWS.items() for each in following}
    assert {(row["was"], row["becomes"]) for row in rows} == ours


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE referral SET state = 'ASKING', disclosure_id = NULL WHERE id = $1",
        "UPDATE referral SET state = 'DONE' WHERE id = $1",
        "UPDATE referral SET disclosure_id = NULL WHERE id = $1",
        "UPDATE referral SET disclosure_id = gen_random_uuid() WHERE id = $1",
        "DELETE FROM referral WHERE id = $1",
        (
            'INSERT INTO referral SELECT (jsonb_populate_record(r, \'{"id": "01890000-0000-7000-8000-000000000001",'
            ' "customer_id": null}\')).* FROM referral r WHERE id = $1'
        ),
        "INSERT INTO referral_event SELECT * FROM referral_event WHERE referral_id = $1",
    ],
)
async def test_the_database_refuses_a_referral_without_a_decision_or_a_disclosure(
    house: House, change: str
) -> None:
    done = await house.refer(await house.customer())
    assert done.referral
    referral_id = done.referral.id

    async def write(act: Act) -> None:
        await act.execute(change, referral_id)
        await act.record("referral.offered")

    with pytest.raises(asyncpg.PostgresError):
        await house.do(Operation.REFERRAL_MAKE, write)
    assert await house.read(referral_id) == done.referral
