"""Conducting a request: every verb, the clock it moves, what it lets go on, and what it is refused."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from hub.act import Act
from hub.actors import Operation
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.rights import conduct, timing
from hub.rights.requests import Request, events_of, require
from hub.rights.states import FOLLOWS, State, drawing, transitions
from tests.rights.desk import Desk

WHY = "Which account do you mean?"


async def opened(desk: Desk, kind: str = "ACCESS", place: str = "UK", **given: object) -> Request:
    """A request that is open."""
    return await desk.receive(await desk.firm.customer(jurisdictions=[place]), kind, **given)


async def test_a_clarification_stops_the_clock_of_the_united_kingdom(
    desk: Desk, superuser: asyncpg.Connection
) -> None:
    request = await opened(desk, received_on=datetime.now(UTC).date() - timedelta(days=12))
    before = request.due_on
    paused = await desk.do(conduct.pause, request.id, "CLARIFICATION", WHY)
    assert (paused.state, paused.waiting_for, paused.resumes_to) == (
        State.PAUSED,
        "CLARIFICATION",
        State.GATHERING,
    )
    await superuser.execute("SET session_replication_role = replica")
    moved = "UPDATE rights_event SET happened_at = happened_at - interval '9 days'"
    sql = f"{moved} WHERE request_id = $1 AND kind = 'PAUSED'"
    await superuser.execute(sql, request.id)
    await superuser.execute("SET session_replication_role = origin")
    resumed = await desk.do(conduct.resume, request.id)
    assert (resumed.state, resumed.waiting_for, resumed.resumes_to) == (State.GATHERING, None, None)
    assert before is not None
    assert resumed.due_on is not None
    assert timedelta(days=9) <= resumed.due_on - before <= timedelta(days=14)


async def test_waiting_for_a_system_stops_no_clock(desk: Desk) -> None:
    request = await opened(desk)
    paused = await desk.do(conduct.pause, request.id, "SYSTEM", "One of our systems is being repaired.")
    assert paused.due_on == request.due_on
    assert await desk.do(conduct.pause, request.id, "SYSTEM", "Again.") == paused


async def test_more_time_is_taken_once_for_a_reason_of_the_law(desk: Desk) -> None:
    request = await opened(desk)
    message = await desk.refused(
        Code.INVALID, ("reason",), lambda: desk.do(conduct.extend, request.id, "HOLIDAYS", WHY)
    )
    reason = message.rstrip(".").split(": ")[1].split(", ")[0]
    extended = await desk.do(conduct.extend, request.id, reason, "Your request covers four systems.")
    assert request.due_on is not None
    assert extended.due_on is not None
    assert timedelta(days=55) < extended.due_on - request.due_on < timedelta(days=66)
    assert await desk.do(conduct.extend, request.id, reason, WHY) == extended


async def test_more_time_is_not_taken_where_the_law_gives_none_or_too_late(desk: Desk) -> None:
    australian = await opened(desk, place="AU")
    await desk.refused(
        Code.CONFLICT, ("request",), lambda: desk.do(conduct.extend, australian.id, "COMPLEXITY", WHY)
    )
    late = await opened(desk, received_on=datetime.now(UTC).date() - timedelta(days=60))
    async with desk.firm.hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        clock = (await timing.clocks_of(ask, [late.id]))[late.id]
    assert clock.extended_due is not None
    reasons = timing.RIGHTS["UK", "ACCESS"].timing.extension.reasons  # type: ignore[index,union-attr]
    await desk.refused(Code.CONFLICT, ("request",), lambda: desk.do(conduct.extend, late.id, reasons[0], WHY))


async def test_withdrawing_lets_go_on_what_stood_still(desk: Desk) -> None:
    request = await opened(desk, "DELETION")
    customer_id = request.customer_id
    assert customer_id is not None
    assert await desk.is_restricted(customer_id)
    withdrawn = await desk.do(conduct.withdraw, request.id)
    assert (withdrawn.state, await desk.is_restricted(customer_id)) == (State.WITHDRAWN, False)
    assert await desk.do(conduct.withdraw, request.id) == withdrawn


async def test_of_two_requests_that_stop_a_use_the_last_one_lets_it_go_on(desk: Desk) -> None:
    customer_id = await desk.firm.customer(jurisdictions=["UK"])
    first, second = [
        await desk.receive(customer_id, "RECTIFICATION", text="My name is wrong."),
        await desk.receive(customer_id, "DELETION"),
    ]
    await desk.do(conduct.withdraw, first.id)
    assert await desk.is_restricted(customer_id)
    await desk.do(conduct.withdraw, second.id)
    assert not await desk.is_restricted(customer_id)


async def test_an_objection_is_upheld_overruled_or_withdrawn_with_its_request(desk: Desk) -> None:
    made = [await opened(desk, "OBJECTION", "EU", purpose_id=desk.firm.purposes[0]) for _ in range(3)]
    await desk.do(conduct.answer, made[0].id, "We have stopped for good.")
    await desk.do(conduct.refuse, made[1].id, "OVERRIDING_GROUNDS", "We need it for a claim.")
    await desk.do(conduct.withdraw, made[2].id)
    said = [(await desk.choices(each.customer_id))[-1][1] for each in made if each.customer_id]
    assert said == ["UPHELD", "OVERRULED", "WITHDRAWN"]
    assert [(await desk.read(each)).state for each in made] == [
        State.ANSWERED,
        State.REFUSED,
        State.WITHDRAWN,
    ]


async def test_an_objection_on_several_channels_is_settled_on_all_of_them(desk: Desk) -> None:
    channels = ["EMAIL", "PHONE"]
    upheld, withdrawn = [await opened(desk, "OBJECTION", "EU", channels=channels) for _ in range(2)]
    await desk.do(conduct.answer, upheld.id, "We have stopped for good.")
    await desk.do(conduct.withdraw, withdrawn.id)
    for request, action in ((upheld, "UPHELD"), (withdrawn, "WITHDRAWN")):
        assert request.customer_id is not None
        said = (await desk.choices(request.customer_id))[-2:]
        assert said == [("OBJECTION", action, channel) for channel in channels]


async def test_a_refusal_needs_a_ground_that_is_one_there(desk: Desk) -> None:
    request = await opened(desk)
    message = await desk.refused(
        Code.INVALID, ("ground",), lambda: desk.do(conduct.refuse, request.id, "TOO_MUCH_WORK", WHY)
    )
    ground = message.rstrip(".").split(": ")[1].split(", ")[0]
    refused = await desk.do(conduct.refuse, request.id, ground, "We may not.")
    assert (refused.state, refused.ground, refused.closed_at is not None) == (State.REFUSED, ground, True)
    [event] = [each for each in await desk.events(request) if each.kind == "REFUSED"]
    assert event.body["citation"]


async def test_a_private_note_is_private_and_a_message_is_not(desk: Desk) -> None:
    request = await opened(desk)
    await desk.do(conduct.say, request.id, "He rang twice.", is_private=True)
    await desk.do(conduct.say, request.id, "We are looking.", is_private=False)
    async with desk.firm.hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        shown = (await events_of(ask, [request.id], with_private=False))[request.id]
    assert [each.kind for each in shown if each.has_message] == ["SAID"]
    assert [each.kind for each in await desk.events(request) if each.has_message] == ["NOTED", "SAID"]


async def test_what_has_ended_stays_ended(desk: Desk) -> None:
    request = await desk.do(conduct.withdraw, (await opened(desk)).id)
    for verb, given in (
        (conduct.pause, ("CLARIFICATION", WHY)),
        (conduct.hold, ("LEGAL_CLAIM",)),
        (conduct.resume, ()),
        (conduct.extend, ("COMPLEXITY", WHY)),
        (conduct.answer, (WHY,)),
    ):
        await desk.refused(Code.CONFLICT, ("request",), lambda v=verb, g=given: desk.do(v, request.id, *g))


async def test_of_two_who_end_a_request_at_once_one_does(desk: Desk) -> None:
    request = await opened(desk, "OBJECTION", "EU", purpose_id=desk.firm.purposes[0])
    doing = [desk.do(conduct.answer, request.id, "Stopped.") for _ in range(8)]
    ended = await asyncio.gather(*doing, return_exceptions=True)
    assert len([each for each in ended if isinstance(each, Request)]) == 1
    assert (await desk.kinds(request)).count("ANSWERED") == 1


async def test_anothers_request_is_absent(desk: Desk, other_desk: Desk) -> None:
    request = await opened(other_desk)
    for verb, given in ((conduct.resume, ()), (conduct.withdraw, ()), (conduct.say, (WHY,))):
        named = {"is_private": True} if verb is conduct.say else {}
        await desk.refused(
            Code.NOT_FOUND, ("request",), lambda v=verb, g=given, n=named: desk.do(v, request.id, *g, **n)
        )


async def test_no_illegal_move_can_be_made_or_written(desk: Desk) -> None:
    request = await opened(desk)
    illegal = [(was, state) for was in State for state in State if state not in FOLLOWS[was]]
    assert len(illegal) > 100
    for was, state in illegal:
        with pytest.raises(Refusal):
            require(replace(request, state=was), state)
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await desk.do(written, request, was, state)


async def written(act: Act, request: Request, was: State, state: State) -> None:
    """Write a move past the verbs."""
    sql = """INSERT INTO rights_event
        (id, request_id, kind, was, state, is_private, body, actor_kind, happened_at, act_id)
        VALUES ($1, $2, 'MOVED', $3, $4, false, '{}', 'app', now(), $5)"""
    await act.execute(sql, new_id(), request.id, was, state, act.id)
    await act.record("request.moved")


async def test_the_database_holds_the_same_moves_and_refuses_all_others(
    desk: Desk, superuser: asyncpg.Connection
) -> None:
    rows = await superuser.fetch("SELECT was, state FROM rights_transition")
    assert {(row["was"], row["state"]) for row in rows} == {
        (str(was), str(state)) for was, state in transitions()
    }
    request = await opened(desk)
    with pytest.raises(asyncpg.PostgresError, match="moves by its events"):
        async with desk.firm.hub.act(desk.staff, Operation.REQUEST_READ) as act:
            sql = "UPDATE rights_request SET state = 'ANSWERED', closed_at = now() WHERE id = $1"
            await act.execute(sql, request.id)
            await act.record("request.answered")
    assert (await desk.read(request)).state is State.GATHERING


def test_the_drawing_has_every_move() -> None:
    drawn = drawing().splitlines()
    assert drawn[0] == "stateDiagram-v2"
    assert len([line for line in drawn if "-->" in line and "[*]" not in line]) == len(list(transitions()))
