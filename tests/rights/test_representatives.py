"""Whoever asks for somebody else: waits until staff have seen that they may, and no longer may when that has ended."""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from hub import appointing, customers, representatives, standings
from hub.actors import OPERATOR, Operation
from hub.errors import Code, Refusal
from hub.representatives import State as Link
from hub.rights import conduct, representing
from hub.rights.states import State
from hub.standings import Change
from tests.domain.firm import email
from tests.rights.acting import AGENT, ANN, appoint, contact, guest, letters, propose, seen_by_asker, today
from tests.rights.desk import Desk
from workers import rights


async def test_without_a_link_a_request_for_somebody_else_waits_and_changes_nothing(desk: Desk) -> None:
    customer_id = await desk.firm.customer()
    request = await desk.receive(customer_id, "STOP_MARKETING", asker="AGENT")
    assert (request.state, request.waiting_for, request.resumes_to) == ("PAUSED", "AUTHORITY", "VERIFYING")
    assert await desk.choices(customer_id) == []
    assert await letters(desk, request) == []


async def test_what_waited_goes_on_when_the_proof_was_seen(desk: Desk) -> None:
    customer_id = await desk.firm.customer()
    request = await desk.receive(customer_id, "STOP_MARKETING", asker="AGENT")
    link = await propose(desk, customer_id, request_id=request.id)
    assert (await desk.read(request)).state is State.PAUSED
    confirmed = await desk.do(representing.confirm, link.id, "SIGNED_PERMISSION")
    assert (confirmed.state, confirmed.proof) == (Link.CONFIRMED, "SIGNED_PERMISSION")
    done = await desk.read(request)
    assert (done.state, done.representative_id) == (State.ANSWERED, link.id)
    assert await desk.choices(customer_id) == [("MARKETING", "OPTED_OUT", None)]


async def test_under_a_link_in_force_letters_go_to_the_representative(desk: Desk) -> None:
    customer_id = await desk.firm.customer(identifiers=[email(ANN)])
    link = await appoint(desk, customer_id)
    request = await desk.receive(customer_id, "ACCESS", asker="AGENT")
    assert (request.state, request.representative_id) == (State.GATHERING, link.id)
    assert await contact(desk, request) == AGENT
    assert await letters(desk, request) == ["rights_received"]


@pytest.mark.parametrize(
    ("place", "proof", "told"),
    [
        ("US_CA", "SIGNED_PERMISSION", True), ("US_CA", "POWER_OF_ATTORNEY", False),
        ("AU", "SIGNED_PERMISSION", False), ("UK", "COURT_ORDER", False),
    ],
)  # fmt: skip
async def test_the_customer_is_told_where_the_law_lets_them_be_asked(
    desk: Desk, place: str, proof: str, *, told: bool
) -> None:
    customer_id = await desk.firm.customer(jurisdictions=[place], identifiers=[email(ANN)])
    await appoint(desk, customer_id, proof=proof)
    request = await desk.receive(customer_id, "DELETION", asker="AGENT")
    assert ("rights_represented" in await letters(desk, request)) is told


async def test_without_an_address_of_the_representatives_own_nobody_is_written_to(desk: Desk) -> None:
    customer_id = await desk.firm.customer(identifiers=[email(ANN)])
    await appoint(desk, customer_id, contact=None)
    request = await desk.receive(customer_id, "ACCESS", asker="AGENT")
    assert await contact(desk, request) is None
    assert await letters(desk, request) == []
    assert "UNWRITTEN" in await desk.kinds(request)


@pytest.mark.parametrize(
    ("changes", "kind", "counts"),
    [
        ({}, "ACCESS", True), ({"kinds": ["DELETION"]}, "ACCESS", False), ({"kinds": ["ACCESS"]}, "ACCESS", True),
        ({"starts_on": 2}, "ACCESS", False), ({"ends_on": 0}, "ACCESS", True),
        ({"starts_on": -9, "ends_on": -2}, "ACCESS", False),
    ],
)  # fmt: skip
async def test_a_link_counts_for_its_kinds_and_between_its_days(
    desk: Desk, changes: dict[str, Any], kind: str, *, counts: bool
) -> None:
    customer_id, days = await desk.firm.customer(), {"starts_on", "ends_on"}.intersection(changes)
    changed: dict[str, Any] = changes | {name: today() + timedelta(days=changes[name]) for name in days}
    await appoint(desk, customer_id, **changed)
    request = await desk.receive(customer_id, kind, asker="AGENT")
    assert (request.waiting_for is None) is counts


@pytest.mark.parametrize("case", ["unknown", "of another customer", "of another role", "of another firm"])
async def test_a_link_that_is_not_theirs_is_absent(desk: Desk, other_desk: Desk, case: str) -> None:
    customer_id = await desk.firm.customer()
    other = await desk.firm.customer()
    link_id = {
        "unknown": customer_id,
        "of another customer": (await appoint(desk, other)).id,
        "of another role": (await appoint(desk, customer_id, "HEIR", "PROBATE")).id,
        "of another firm": (await appoint(other_desk, await other_desk.firm.customer())).id,
    }[case]
    await desk.refused(
        Code.NOT_FOUND,
        ("representative",),
        lambda: desk.receive(customer_id, "ACCESS", asker="AGENT", representative_id=link_id),
    )


async def test_a_link_that_is_over_is_refused(desk: Desk) -> None:
    customer_id = await desk.firm.customer()
    link = await appoint(desk, customer_id)
    await desk.do(representing.end, link.id, "PERMISSION_WITHDRAWN")
    await desk.refused(
        Code.CONFLICT,
        ("representative",),
        lambda: desk.receive(customer_id, "ACCESS", asker="AGENT", representative_id=link.id),
    )


@pytest.mark.parametrize(
    ("role", "proof", "age", "code"),
    [
        ("AGENT", "BIRTH_RECORD", "ADULT", Code.INVALID), ("AGENT", "HUNCH", "ADULT", Code.INVALID),
        ("HEIR", "SIGNED_PERMISSION", "ADULT", Code.INVALID), ("GUARDIAN", "BIRTH_RECORD", "ADULT", Code.CONFLICT),
        ("GUARDIAN", "SIGNED_PERMISSION", "UNDER_13", Code.INVALID), ("GUARDIAN", "BIRTH_RECORD", "AGE_14", None),
        ("GUARDIAN", "COURT_ORDER", "ADULT", None), ("HEIR", "PROBATE", "ADULT", None),
    ],
)  # fmt: skip
async def test_a_proof_must_show_what_the_role_is(
    desk: Desk, role: str, proof: str, age: str, code: Code | None
) -> None:
    link = await propose(desk, await desk.firm.customer(age=age), role)
    if code:
        await desk.refused(code, ("proof",), lambda: desk.do(representing.confirm, link.id, proof))
    else:
        assert (await desk.do(representing.confirm, link.id, proof)).state is Link.CONFIRMED


async def test_a_guardian_asks_for_a_child_until_it_comes_of_age(desk: Desk) -> None:
    customer_id = await desk.firm.customer(age="AGE_16_17", jurisdictions=["UK"])
    link = await appoint(desk, customer_id, "GUARDIAN", "BIRTH_RECORD")
    request = await desk.receive(customer_id, "ACCESS", asker="GUARDIAN")
    assert request.state is State.GATHERING
    async with desk.firm.hub.act(desk.firm.app, Operation.CUSTOMER_CHANGE) as act:
        await standings.change(act, customer_id, Change(age="ADULT"))
    await rights.lapse(desk.firm.hub)
    assert await seen_by_asker(desk, [request]) == []
    async with desk.firm.hub.ask(desk.staff, Operation.REPRESENTATIVE_READ) as ask:
        ended = await representatives.read(ask, link.id)
    assert (ended.state, ended.reason) == (Link.ENDED, "LAPSED")
    assert (await desk.read(request)).waiting_for == "AUTHORITY"


async def test_a_link_ends_by_itself_after_its_last_day(desk: Desk, superuser: asyncpg.Connection) -> None:
    link = await appoint(desk, await desk.firm.customer())
    yesterday = today() - timedelta(days=2)
    async with superuser.transaction():
        await superuser.execute("SET LOCAL session_replication_role = replica")
        sql = "UPDATE representative SET starts_on = $2, ends_on = $2 WHERE id = $1"
        await superuser.execute(sql, link.id, yesterday)
    await rights.lapse(desk.firm.hub)
    async with desk.firm.hub.ask(desk.staff, Operation.REPRESENTATIVE_READ) as ask:
        assert (await representatives.read(ask, link.id)).state is Link.ENDED


async def test_when_a_link_ends_what_was_asked_stops_and_is_absent_and_nobody_is_written_to(
    desk: Desk,
) -> None:
    customer_id = await desk.firm.customer(identifiers=[email(ANN)])
    link = await appoint(desk, customer_id)
    request = await desk.receive(customer_id, "ACCESS", asker="AGENT")
    own = await desk.receive(customer_id, "ACCESS")
    assert len(await seen_by_asker(desk, [request, own])) == 2
    await desk.do(representing.end, link.id, "PERMISSION_WITHDRAWN")
    stopped = await desk.read(request)
    assert (stopped.state, stopped.waiting_for, stopped.resumes_to) == ("PAUSED", "AUTHORITY", "GATHERING")
    assert await seen_by_asker(desk, [request, own]) == [own.id]
    assert await contact(desk, request) is None
    before = await letters(desk, request)
    await desk.do(conduct.say, request.id, "Hello.", is_private=False)
    assert await letters(desk, request) == before
    await desk.refused(Code.CONFLICT, ("customer",), lambda: desk.do(conduct.resume, request.id))


async def test_another_link_lets_it_go_on_for_the_new_representative_alone(desk: Desk) -> None:
    customer_id = await desk.firm.customer(identifiers=[email(ANN)])
    first = await appoint(desk, customer_id)
    request = await desk.receive(customer_id, "ACCESS", asker="AGENT")
    await desk.do(representing.end, first.id, "REPLACED")
    second = await propose(desk, customer_id, contact="new@example.org", request_id=request.id)
    await desk.do(representing.confirm, second.id, "POWER_OF_ATTORNEY")
    going = await desk.read(request)
    assert (going.state, going.representative_id) == (State.GATHERING, second.id)
    assert await contact(desk, request) == "new@example.org"
    assert await seen_by_asker(desk, [request]) == []


async def test_name_and_address_are_sealed_and_opened_for_a_reason_that_is_recorded_first(desk: Desk) -> None:
    link = await appoint(desk, await desk.firm.customer())
    async with desk.firm.hub.ask(OPERATOR, Operation.REPRESENTATIVE_READ) as ask:
        row = await ask.row("SELECT * FROM representative WHERE id = $1", link.id)
    assert not [secret for secret in ("Noor", AGENT) if secret in str(dict(row or {}))]
    await desk.refused(Code.INVALID, ("reason",), lambda: desk.do(appointing.reveal, link.id, ""))
    await desk.do(appointing.reveal, link.id, "HANDLING")
    async with desk.firm.hub.ask(OPERATOR, Operation.LEDGER_READ) as ask:
        assert await ask.value("SELECT event FROM ledger_entry ORDER BY sequence DESC LIMIT 1") == (
            "representative.revealed"
        )


async def test_of_two_who_settle_a_link_at_once_one_does(desk: Desk) -> None:
    link = await propose(desk, await desk.firm.customer())
    done = await asyncio.gather(
        desk.do(representing.confirm, link.id, "COURT_ORDER"), desk.do(representing.reject, link.id, "FORGED"),
        return_exceptions=True,
    )  # fmt: skip
    refused = [each for each in done if isinstance(each, Refusal)]
    assert [each.code for each in refused] == [Code.CONFLICT]


async def test_the_erased_have_no_representatives(desk: Desk) -> None:
    customer_id = await desk.firm.customer(identifiers=[email(ANN)])
    link = await appoint(desk, customer_id)
    async with desk.firm.hub.act(OPERATOR, Operation.CUSTOMER_ERASE) as act:
        await customers.erase(act, customer_id)
    await desk.refused(
        Code.CONFLICT, ("representative",), lambda: desk.do(appointing.reveal, link.id, "HANDLING")
    )
    _, request = await desk.try_code(await guest(desk))
    assert request.waiting_for == "AUTHORITY"


async def test_the_database_keeps_what_is_over_over(desk: Desk) -> None:
    link = await appoint(desk, await desk.firm.customer())
    await desk.do(representing.end, link.id, "REPLACED")
    with pytest.raises(asyncpg.PostgresError, match="stays so"):
        async with desk.firm.hub.act(desk.staff, Operation.REPRESENTATIVE_CHECK) as act:
            await act.execute(
                "UPDATE representative SET state = 'CONFIRMED', ended_at = NULL WHERE id = $1", link.id
            )
