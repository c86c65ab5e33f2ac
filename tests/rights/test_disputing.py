"""A refused correction carries the customer's own words; a complaint about a request is decided by somebody else."""

from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from hub import customers, disputes, merges, profiles
from hub.act import Act
from hub.actors import OPERATOR, Operation, member
from hub.db import new_id
from hub.errors import Code
from hub.profiles import Shown
from hub.rights import appealing, conduct, disputing
from hub.rights.appealing import NewAppeal
from hub.rights.requests import Request
from hub.rights.states import State
from tests.domain.firm import email, name
from tests.rights.desk import Desk

WORDS = "I was never called Grace Hooper. My passport says Hopper."


async def refused(desk: Desk, **given: Any) -> Request:
    """A correction that was not made."""
    customer_id = await desk.firm.customer(
        jurisdictions=["UK"], identifiers=[email("grace@example.org")], profile=[name("Grace Hooper")]
    )
    request = await desk.receive(customer_id, "RECTIFICATION", changes={"name": "Grace Hopper"}, **given)
    return await desk.do(conduct.refuse, request.id, "DATA_CORRECT", "We have a deed with this name.")


async def shown(desk: Desk, customer_id: UUID | None) -> tuple[Shown, Shown]:
    """What is shown of a customer: masked, and open."""
    assert customer_id is not None
    async with desk.firm.hub.ask(desk.firm.app, Operation.CUSTOMER_READ) as ask:
        masked = (await profiles.masked(ask, [customer_id]))[customer_id]
    async with desk.firm.hub.act(desk.firm.app, Operation.CUSTOMER_REVEAL) as act:
        return masked, await profiles.reveal(act, customer_id, "SERVICE", "a test")


async def test_the_customers_words_go_with_the_value_wherever_it_is_opened(desk: Desk) -> None:
    request = await refused(desk)
    noted = await desk.do(disputing.dispute, request.id, WORDS)
    assert noted.state is State.REFUSED
    masked, opened = await shown(desk, request.customer_id)
    assert [(each.fields, each.text) for each in masked.notes] == [(("name",), None)]
    assert [(each.fields, each.text) for each in opened.notes] == [(("name",), WORDS)]
    assert request.customer_id is not None
    older = await desk.firm.customer()
    async with desk.firm.hub.act(OPERATOR, Operation.CUSTOMER_MERGE) as act:
        await merges.merge(act, older, request.customer_id, desk.firm.id)
    async with desk.firm.hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        [note] = await disputes.of_person(ask, older, desk.firm.id)
    assert (note.text, note.is_about("name"), note.is_about("city")) == (WORDS, True, False)


async def test_the_words_lie_sealed_and_go_with_the_customer(
    desk: Desk, superuser: asyncpg.Connection
) -> None:
    request = await refused(desk)
    await desk.do(disputing.dispute, request.id, WORDS)
    row = await superuser.fetchval("SELECT n::text FROM disputed_note n WHERE request_id = $1", request.id)
    assert WORDS.encode().hex() not in row
    assert request.customer_id is not None
    async with desk.firm.hub.act(OPERATOR, Operation.CUSTOMER_ERASE) as act:
        await customers.erase(act, request.customer_id)
    assert (
        await superuser.fetchval("SELECT count(*) FROM disputed_note WHERE request_id = $1", request.id) == 0
    )


async def test_only_a_correction_that_was_refused_carries_a_note_and_only_one(
    desk: Desk, other_desk: Desk
) -> None:
    request = await refused(desk)
    for words in ("", "x" * 2_001, "a\x00b"):
        await desk.refused(Code.INVALID, ("text",), partial(desk.do, disputing.dispute, request.id, words))
    await desk.do(disputing.dispute, request.id, WORDS)
    copy = await desk.receive(request.customer_id or new_id(), "ACCESS")
    for each in (request, copy):
        await desk.refused(Code.CONFLICT, ("request",), partial(desk.do, disputing.dispute, each.id, WORDS))
    theirs = await refused(other_desk)
    await desk.refused(Code.NOT_FOUND, ("request",), partial(desk.do, disputing.dispute, theirs.id, WORDS))


# --- complaints -------------------------------------------------------------------------------------------------------


async def by(desk: Desk, staff_id: UUID, verb: Any, *given: Any) -> Request:
    """Let one of the staff do something."""

    async def body(act: Act) -> Request:
        return await verb(act, *given)

    actor = member(staff_id, desk.firm.id, ["staff:conduct"])
    return await desk.firm.hub.perform(actor, Operation.REQUEST_CONDUCT, body)


async def test_whoever_refused_a_request_does_not_decide_the_complaint_about_it(desk: Desk) -> None:
    anna, bert = new_id(), new_id()
    customer_id = await desk.firm.customer(jurisdictions=["UK"], identifiers=[email("grace@example.org")])
    request = await desk.receive(customer_id, "ACCESS")
    await by(desk, anna, conduct.refuse, request.id, "UNFOUNDED_OR_EXCESSIVE", "You asked nine times.")
    complaint = await desk.do(appealing.appeal, request.id, NewAppeal("I asked once.", "PHONE", "IN_PERSON"))
    assert (complaint.kind, complaint.state, complaint.customer_id) == (
        "COMPLAINT",
        State.DECIDING,
        customer_id,
    )
    for verb in (
        lambda: by(desk, anna, conduct.answer, complaint.id, "We were right."),
        lambda: by(desk, anna, conduct.refuse, complaint.id, "UNFOUNDED_OR_EXCESSIVE", "No."),
    ):
        await desk.refused(Code.FORBIDDEN, ("request",), verb)
    async with desk.firm.hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        assert await appealing.barred(ask, [complaint.id]) == {complaint.id: frozenset({anna})}
        assert await appealing.about_of(ask, [complaint.id, request.id]) == {complaint.id: request.id}
    answered = await by(desk, bert, conduct.answer, complaint.id, "You are right: here is your copy.")
    assert answered.state is State.ANSWERED


async def test_a_complaint_is_opened_once_and_only_where_there_is_cause(
    desk: Desk, superuser: asyncpg.Connection
) -> None:
    request = await refused(desk)
    first, again = [
        await desk.do(appealing.appeal, request.id, NewAppeal("This is wrong.", "PHONE", "IN_PERSON"))
        for _ in range(2)
    ]
    assert first.id == again.id
    running = await desk.receive(request.customer_id or new_id(), "ACCESS")
    early = partial(desk.do, appealing.appeal, running.id, NewAppeal("Hurry up.", "PHONE"))
    await desk.refused(Code.CONFLICT, ("request",), early)
    await desk.refused(
        Code.INVALID, ("text",), partial(desk.do, appealing.appeal, request.id, NewAppeal(" ", "PHONE"))
    )
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute("UPDATE rights_request SET due_on = current_date - 2 WHERE id = $1", running.id)
    await superuser.execute("SET session_replication_role = origin")
    late = await early()
    assert late.kind == "COMPLAINT"


# --- objections -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("about", ["all", "purpose", "channel", "recipient"])
async def test_an_objection_stops_its_use_at_once_and_its_end_says_for_good_or_not(
    desk: Desk, about: str
) -> None:
    firm = desk.firm
    given: dict[str, Any] = {
        "all": {}, "purpose": {"purpose_id": firm.purposes[0]},
        "channel": {"purpose_id": firm.purposes[0], "channels": ["EMAIL", "SMS"]},
        "recipient": {"recipient_id": firm.recipients[0]},
    }[about]  # fmt: skip
    rows = 2 if about == "channel" else 1
    for end, word in (("answer", "UPHELD"), ("refuse", "OVERRULED"), ("withdraw", "WITHDRAWN")):
        customer_id = await firm.customer(
            jurisdictions=["UK"], identifiers=[email(f"{new_id()}@example.org")]
        )
        request = await desk.receive(customer_id, "OBJECTION", text="It worries me.", **given)
        assert [action for _, action, _ in await desk.choices(customer_id)] == ["PENDING"] * rows
        if end == "answer":
            await desk.do(conduct.answer, request.id, "We have stopped.")
        elif end == "refuse":
            await desk.do(conduct.refuse, request.id, "OVERRIDING_GROUNDS", "We need it against fraud.")
        else:
            await desk.do(conduct.withdraw, request.id)
        assert [action for _, action, _ in await desk.choices(customer_id)][rows:] == [word] * rows
