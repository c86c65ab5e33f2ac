"""What is passed on rests on a decision, and whoever received it hears of a deletion, a correction, a restriction."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest
import pytest_asyncio

from hub import decisions, disclosures
from hub.act import Act, Hub
from hub.actors import Operation, Role
from hub.answers import Answer
from hub.db import new_id
from hub.disclosures import Disclosure, PastRecipient
from hub.errors import Code, Refusal
from hub.letters.sending import unseal
from hub.policy.values import Act as Acting
from hub.questioned import Question
from hub.rights import fulfilling, lifting, remains, telling
from hub.rights.requests import Request
from hub.rights.states import State
from hub.rights.values import Kind
from tests.domain.firm import Firm
from tests.rights.desk import Desk
from tests.rights.test_fulfilling import by_hand, cooled, planned, work
from tests.rights.test_lifting import days_later
from tests.world import World, build_world


@pytest_asyncio.fixture
async def world(hub: Hub) -> World:
    """A firm that may pass some data on."""
    return await build_world(hub)


@pytest.fixture
def desk(world: World, hub: Hub) -> Desk:
    """Its desk."""
    app = replace(world.app(), roles=frozenset({Role.CUSTOMERS_WRITE, Role.DECIDE}))
    firm = Firm(hub, world.organisation.id, app, [], [], {}, new_id(), new_id())
    return Desk(firm)


async def decided(hub: Hub, world: World, customer_id: UUID, recipient: str, purpose: str) -> Answer:
    """Ask whether a customer's data may go to a recipient, and keep the answer."""
    question = Question(
        customer_id, Acting.DISCLOSE, world.purposes[purpose].id, recipient=world.recipients[recipient].id
    )
    [answer] = await decisions.decide(hub, world.app(), [question])
    assert isinstance(answer, Answer), answer
    return answer


async def passed_on(hub: Hub, world: World, answer: Answer, **given: Any) -> Disclosure:
    """Record that it is passed on."""

    async def body(act: Act) -> Disclosure:
        assert answer.id is not None
        return await disclosures.record(act, answer.id, **given)

    return await hub.perform(world.app(), Operation.DISCLOSURE_RECORD, body)


async def sent(desk: Desk, world: World, **given: Any) -> tuple[UUID, Disclosure]:
    """A customer in Manchester whose details went to a surveyor."""
    hub = desk.firm.hub
    customer_id = await world.customer(hub, jurisdiction="UK", **given)
    answer = await decided(hub, world, customer_id, "moor-surveys", "referral-inspection")
    return customer_id, await passed_on(hub, world, answer)


# Of two entries about one customer the one that was written later has the higher number: their acts shared a lock.
LATE = """
    SELECT x.sequence AS place FROM ledger_entry x
    JOIN ledger_entry c ON c.subject = x.subject AND c.sequence < x.sequence
    WHERE x.event = 'disclosure.recorded' AND c.event = 'choice.opted_out'
      AND x.subject IN (SELECT customer_id FROM disclosure WHERE organisation_id = $1)
"""
COUNT = "SELECT count(*) FROM disclosure WHERE organisation_id = $1"


async def test_what_is_passed_on_is_recorded_with_its_decision(desk: Desk, world: World) -> None:
    customer_id, made = await sent(desk, world)
    assert made.recipient_id == world.recipients["moor-surveys"].id
    assert set(made.categories) <= {each.id for each in world.categories.values()}
    actor = replace(world.app(), roles=frozenset({Role.CUSTOMERS_READ}))
    async with desk.firm.hub.ask(actor, Operation.DISCLOSURE_READ) as ask:
        assert (await disclosures.history(ask, customer_id)).items == (made,)


async def test_a_withdrawal_since_the_decision_wins_and_nothing_is_recorded(
    desk: Desk, world: World, superuser: asyncpg.Connection
) -> None:
    hub = desk.firm.hub
    customer_id = await world.customer(hub, jurisdiction="UK")
    answer = await decided(hub, world, customer_id, "moor-surveys", "referral-inspection")
    await world.choose(hub, customer_id, stops_sharing=True)
    with pytest.raises(Refusal) as caught:
        await passed_on(hub, world, answer)
    assert (caught.value.code, caught.value.path) == (Code.CONFLICT, ("decision",))
    assert "hub.sharing-opt-out" in caught.value.message
    assert await superuser.fetchval(COUNT, world.organisation.id) == 0


async def test_a_withdrawal_at_the_same_moment_is_before_it_or_after_it(
    desk: Desk, world: World, superuser: asyncpg.Connection
) -> None:
    hub = desk.firm.hub
    people = [await world.customer(hub, jurisdiction="UK") for _ in range(6)]
    answers = [await decided(hub, world, each, "moor-surveys", "referral-inspection") for each in people]

    async def either(customer_id: UUID, answer: Answer) -> None:
        done = await asyncio.gather(
            passed_on(hub, world, answer), world.choose(hub, customer_id, stops_sharing=True, on="2026-01-15"),
            return_exceptions=True,
        )  # fmt: skip
        assert done[1] is None

    await asyncio.gather(*(either(*pair) for pair in zip(people, answers, strict=True)))
    rows = await superuser.fetch(LATE, world.organisation.id)
    assert [row["place"] for row in rows] == []


async def test_without_a_decision_that_allows_it_nothing_is_passed_on(
    desk: Desk, world: World, superuser: asyncpg.Connection
) -> None:
    hub = desk.firm.hub
    customer_id = await world.customer(hub, jurisdiction="UK", stops_sharing=True)
    denied = await decided(hub, world, customer_id, "moor-surveys", "referral-inspection")
    inside = Question(customer_id, Acting.USE, world.purposes["conveyancing"].id)
    [other] = await decisions.decide(hub, world.app(), [inside])
    assert isinstance(other, Answer)
    for answer in (denied, other, replace(denied, id=new_id())):
        with pytest.raises(Refusal) as caught:
            await passed_on(hub, world, answer)
        assert caught.value.code in {Code.CONFLICT, Code.NOT_FOUND}
    with pytest.raises(asyncpg.PostgresError):
        await superuser.execute(
            "INSERT INTO disclosure (id, organisation_id, customer_id, recipient_id, decision_subject_id, categories,"
            " recorded_at, act_id) VALUES ($1, $2, $3, $4, $5, $6, now(), $1)",
            new_id(), world.organisation.id, customer_id, world.recipients["moor-surveys"].id, denied.id, [new_id()],
        )  # fmt: skip
    assert await superuser.fetchval(COUNT, world.organisation.id) == 0


async def test_only_what_the_decision_is_about_is_passed_on(desk: Desk, world: World) -> None:
    hub = desk.firm.hub
    customer_id = await world.customer(hub, jurisdiction="UK")
    answer = await decided(hub, world, customer_id, "moor-surveys", "referral-inspection")
    for given in ([], [world.categories["health"].id]):
        with pytest.raises(Refusal) as caught:
            await passed_on(hub, world, answer, categories=given)
        assert (caught.value.code, caught.value.path[0]) == (Code.INVALID, "categories")
    contact = world.categories["contact"].id
    assert (await passed_on(hub, world, answer, categories=[contact, contact])).categories == (contact,)


# --- telling them -----------------------------------------------------------------------------------------------------


async def fulfilled(
    desk: Desk, superuser: asyncpg.Connection, customer_id: UUID, kind: str, **asked: Any
) -> Request:
    """A request whose steps wait."""
    request = await desk.receive(customer_id, kind, **asked)
    if kind != "RESTRICTION":
        await desk.do(fulfilling.approve, request.id)
    if kind == "DELETION":
        await cooled(desk, superuser, request)
    return await desk.read(request)


async def test_whoever_received_it_is_told_of_a_deletion_and_what_they_say_is_in_the_answer(
    desk: Desk, world: World, superuser: asyncpg.Connection
) -> None:
    customer_id, _ = await sent(desk, world)
    request = await fulfilled(desk, superuser, customer_id, "DELETION")
    names = [(each.name, each.kind, each.operation, each.stage) for each in await planned(desk, request)]
    assert ("Moor Surveys", "MANUAL", "ERASE", 1) in names
    await work(desk, request)
    assert (await desk.read(request)).state is State.FULFILLING
    await by_hand(desk, request)
    await work(desk, request)
    ended = await desk.read(request)
    assert ended.state is State.ANSWERED
    said = await answer_letter(desk, superuser, request)
    assert "Moor Surveys confirmed that it is done." in said


async def answer_letter(desk: Desk, superuser: asyncpg.Connection, request: Request) -> str:
    """The words of the answer that was written."""
    row = await superuser.fetchrow(
        "SELECT id, content FROM letter WHERE request_id = $1 AND template = 'rights_answered'", request.id
    )
    assert row is not None
    return str(orjson.loads(unseal(desk.firm.hub, None, row["id"], "content", row["content"]))["body"])


async def test_a_recipient_need_not_be_told_for_a_reason_that_the_law_accepts_and_for_no_other(
    desk: Desk, world: World, superuser: asyncpg.Connection
) -> None:
    customer_id, _ = await sent(desk, world)
    request = await fulfilled(desk, superuser, customer_id, "RESTRICTION")
    [surveyor] = [each for each in await planned(desk, request) if each.name == "Moor Surveys"]
    message = await desk.refused(
        Code.INVALID,
        ("excuse",),
        lambda: desk.do(fulfilling.excuse, surveyor.id, "NO_EFFECT", "They do not care."),
    )
    assert "IMPOSSIBLE, DISPROPORTIONATE" in message
    await desk.do(fulfilling.excuse, surveyor.id, "IMPOSSIBLE", "They have closed.")
    await by_hand(desk, request)
    await work(desk, request)
    assert (await desk.read(request)).state is State.ANSWERED, "nothing was left out"
    [elsewhere] = [each for each in await planned(desk, request) if each.name == "Everywhere else"]
    await desk.refused(
        Code.CONFLICT, ("step",), lambda: desk.do(fulfilling.excuse, elsewhere.id, "IMPOSSIBLE", "No.")
    )


async def test_whoever_was_told_not_to_use_it_is_told_when_they_may_again(
    desk: Desk, world: World, superuser: asyncpg.Connection
) -> None:
    customer_id, _ = await sent(desk, world)
    request = await desk.receive(customer_id, "RESTRICTION")
    await by_hand(desk, request)
    await work(desk, request)
    await desk.do(lifting.announce, request.id, "It is right now.")
    await days_later(desk, superuser, request)
    name = world.recipients["moor-surveys"].name
    [step] = [each for each in await planned(desk, request) if (each.name, each.operation) == (name, "LIFT")]
    async with desk.firm.hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        heard = (await telling.of_many(ask, [request.id]))[request.id]
    assert set(heard[step.id].excuses) == set(telling.Excuse)
    await by_hand(desk, request)
    await work(desk, request)
    assert (await desk.read(request)).state is State.LIFTED


def test_who_hears_of_what_is_the_laws_to_say() -> None:
    surveyor = PastRecipient(new_id(), "Surveyor", frozenset({"DISCLOSE"}), frozenset({"REFERRAL"}))
    printer = PastRecipient(new_id(), "Printer", frozenset({"DISCLOSE"}), frozenset({"PROCESSOR"}))
    buyer = PastRecipient(new_id(), "Buyer", frozenset({"SELL"}), frozenset({"SALE"}))

    def told(place: str, kind: Kind, *, is_wished: bool = False) -> dict[str, list[str]]:
        duties = telling.owed([place], kind, [surveyor, printer, buyer], is_wished=is_wished)
        return {each.recipient.name: [str(code) for code in each.excuses] for each in duties}

    assert told("AU", Kind.RECTIFICATION) == {}
    assert set(told("AU", Kind.RECTIFICATION, is_wished=True)) == {"Surveyor", "Printer", "Buyer"}
    assert told("UK", Kind.RECTIFICATION)["Buyer"] == ["IMPOSSIBLE", "DISPROPORTIONATE"]
    assert told("MA", Kind.DELETION)["Surveyor"] == ["IMPOSSIBLE"]
    assert told("ZA", Kind.RECTIFICATION)["Surveyor"] == ["IMPRACTICABLE", "UNLAWFUL", "NO_EFFECT"]
    assert set(told("US_CA", Kind.DELETION)) == {"Printer", "Buyer"}
    assert set(told("US_CA", Kind.RECTIFICATION)) == {"Printer"}
    assert set(told("AU", Kind.DELETION)) == {"Surveyor", "Printer", "Buyer"}, "our own rule"
    both = telling.owed(["UK", "MA"], Kind.DELETION, [surveyor], is_wished=False)
    assert both[0].excuses == ("IMPOSSIBLE",)


async def test_a_correction_in_australia_is_passed_on_to_them_only_when_that_is_asked_for(
    desk: Desk, world: World, superuser: asyncpg.Connection
) -> None:
    hub = desk.firm.hub
    customer_id = await world.customer(hub)
    answer = await decided(hub, world, customer_id, "quay-inspections", "referral-inspection")
    await passed_on(hub, world, answer)
    found: list[bool] = []
    for wished in (False, True):
        asked = {"changes": {"name": "Grace"}, "tells_recipients": wished}
        request = await fulfilled(desk, superuser, customer_id, "RECTIFICATION", **asked)
        found.append("Quay Inspections" in [each.name for each in await planned(desk, request)])
        await by_hand(desk, request, "NOTHING")
        await work(desk, request)
    assert found == [False, True]


async def test_what_a_law_obliges_us_to_is_said_with_its_purpose_and_its_last_day(
    desk: Desk, world: World, superuser: asyncpg.Connection
) -> None:
    customer_id = await world.customer(desk.firm.hub, relationship="CLOSED", joined="2024-03-01")
    request = await fulfilled(desk, superuser, customer_id, "DELETION")
    await by_hand(desk, request)
    await work(desk, request)
    async with desk.firm.hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        found = (await remains.of_many(ask, [request.id]))[request.id]
    assert [(each.what, each.ground, str(each.until)) for each in found.stays] == [
        ("fraud-checks", "LEGAL_DUTY", "2031-03-01")
    ]
    said = await answer_letter(desk, superuser, request)
    assert "What we need for “Fraud checks”, until March 1, 2031. The law makes us keep this." in said
