"""Letters about tasks: to whoever is asked, again where no answer comes, and to nobody else."""

import re

import asyncpg
import pytest

from hub.actors import OPERATOR, Operation
from hub.errors import Code, Refusal
from hub.rights import conduct, fulfilling, handling, systems
from hub.rights.outcomes import StepState
from hub.rights.reaching import Reach
from hub.rights.requests import Request
from hub.rights.states import State
from hub.rights.systems import NewSystem
from tests.domain.firm import email
from tests.portal.helping import LINK, MINA, Helper, connect, helper, sent
from tests.rights.test_fulfilling import planned
from workers import rights

__all__ = ["helper"]
_BACK = (
    "UPDATE rights_step SET asked_at = asked_at - make_interval(days => $2) WHERE request_id = $1",
    """UPDATE rights_task t SET sent_at = t.sent_at - make_interval(days => $2) FROM rights_step s
    WHERE s.id = t.step_id AND s.request_id = $1""",
)


async def test_whoever_does_not_answer_is_reminded_twice_and_by_hand(
    helper: Helper, superuser: asyncpg.Connection
) -> None:
    request = await helper.asked()
    counts = [len(await helper.letters(request))]
    for days in (2, 2, 0, 4, 0, 9):
        await back(superuser, request, days)
        await rights.remind_helpers(helper.desk.firm.hub)
        counts.append(len(await sent(helper, request)))
    assert counts == [1, 1, 2, 2, 3, 3, 3]
    await helper.desk.do(handling.retry, (await helper.step(request)).id)
    assert len(await sent(helper, request)) == 4
    answer = await helper.send(await helper.link(request), do="answer", outcome="NOTHING")
    assert answer.status_code == 303


async def back(superuser: asyncpg.Connection, request: Request, days: int) -> None:
    """Let some days go by since letters were written about a request."""
    await superuser.execute("SET session_replication_role = replica")
    for statement in _BACK:
        await superuser.execute(statement, request.id, days)
    await superuser.execute("SET session_replication_role = origin")


async def test_who_is_asked_for_several_things_is_reminded_of_all_by_one_letter(
    helper: Helper, superuser: asyncpg.Connection
) -> None:
    requests = [
        await helper.asked("RESTRICTION"),
        *[await helper.asked_again("RESTRICTION") for _ in range(2)],
    ]
    await back(superuser, requests[0], 4)
    await rights.remind_helpers(helper.desk.firm.hub)
    await rights.remind_helpers(helper.desk.firm.hub)
    [letter] = await helper.reminders()
    assert "Tasks that wait for you: 3." in letter.text
    found = LINK.search(letter.text)
    assert found
    page = await helper.http.get(found[1])
    assert MINA not in page.text
    links = re.findall(r'href="(/task/[A-Za-z0-9_-]{43})\?lang=en"', page.text.partition("<main")[2])
    assert len(set(links)) == 3
    for one, left in zip(links, (2, 1, 0), strict=True):
        assert MINA in (await helper.open(one)).text
        assert (await helper.send(one, do="answer", outcome="NOTHING")).status_code == 303
        page = await helper.http.get(found[1])
        assert page.text.partition("<main")[2].count("/task/") == left
    assert "All of this was answered" in page.text
    assert {(await helper.desk.read(each)).state for each in requests} == {State.ANSWERED}


async def test_a_list_is_only_looked_at_and_leads_to_nobody_elses_task(
    helper: Helper, superuser: asyncpg.Connection
) -> None:
    requests = [await helper.asked(), await helper.asked_again()]
    await back(superuser, requests[0], 4)
    await rights.remind_helpers(helper.desk.firm.hub)
    found = LINK.search((await helper.reminders())[0].text)
    assert found
    for fields in ({"do": "open"}, {"do": "answer", "outcome": "NOTHING"}):
        assert (await helper.send(found[1], **fields)).status_code == 404
    assert (await helper.http.get(found[1][:-1] + "x")).status_code == 404
    kept = await superuser.fetch("SELECT digest, of_list FROM rights_task")
    token = found[1].rpartition("/")[2]
    assert not any(token.encode() in (each["digest"], each["of_list"]) for each in kept)


async def test_a_processor_who_cannot_is_named_in_the_end(helper: Helper) -> None:
    request = await helper.asked("RESTRICTION")
    await helper.send(
        await helper.link(request), do="answer", outcome="REFUSED", why="We closed the books in 2019."
    )
    step = await helper.step(request)
    assert (step.state, step.why) == (StepState.REFUSED, "We closed the books in 2019.")
    assert (await helper.desk.read(request)).state is State.PARTLY_ANSWERED


async def test_staff_can_settle_what_a_processor_said_on_the_phone(helper: Helper) -> None:
    request = await helper.asked("RESTRICTION")
    await helper.desk.do(fulfilling.settle_by_hand, (await helper.step(request)).id, "NOTHING")
    assert (await helper.desk.read(request)).state is State.ANSWERED


async def test_nobody_is_written_to_while_a_request_rests(helper: Helper) -> None:
    await connect(helper.desk)
    customer_id = await helper.desk.firm.customer(jurisdictions=["UK"], identifiers=[email(MINA)])
    request = await helper.desk.receive(customer_id, "ACCESS")
    await helper.desk.do(conduct.hold, request.id, "LEGAL_CLAIM")
    await helper.set_off(request)
    assert await sent(helper, request) == []
    await helper.desk.do(conduct.resume, request.id)
    await helper.set_off(request)
    assert len(await sent(helper, request)) == 1


async def test_a_person_without_an_address_is_not_written_to(helper: Helper) -> None:
    async with helper.desk.firm.hub.act(OPERATOR, Operation.SYSTEM_CONNECT) as act:
        await systems.connect(act, NewSystem("payroll", "Payroll", "MANUAL"), helper.desk.firm.id)
    customer_id = await helper.desk.firm.customer(jurisdictions=["UK"], identifiers=[email(MINA)])
    request = await helper.desk.receive(customer_id, "ACCESS")
    await helper.set_off(request)
    step = await helper.step(request)
    assert (step.state, await sent(helper, request)) == (StepState.WAITING, [])
    message = await helper.desk.refused(
        Code.CONFLICT, ("step",), lambda: helper.desk.do(handling.retry, step.id)
    )
    assert "by hand" in message


async def lost(helper: Helper, superuser: asyncpg.Connection, kind: str, reach: Reach | None) -> Request:
    """A request whose job to write was lost an hour ago."""
    async with helper.desk.firm.hub.act(OPERATOR, Operation.SYSTEM_CONNECT) as act:
        await systems.connect(act, NewSystem("payroll", "Payroll", kind, reach), helper.desk.firm.id)
    customer_id = await helper.desk.firm.customer(jurisdictions=["UK"], identifiers=[email(MINA)])
    request = await helper.desk.receive(customer_id, "ACCESS")
    await superuser.execute(
        "DELETE FROM procrastinate_jobs WHERE args ->> 'request_id' = $1", str(request.id)
    )
    await superuser.execute("SET session_replication_role = replica")
    back = "UPDATE rights_step SET planned_at = planned_at - interval '1 hour' WHERE request_id = $1"
    await superuser.execute(back, request.id)
    await superuser.execute("SET session_replication_role = origin")
    return request


BECOME = """
    UPDATE procrastinate_jobs SET status = $2::text::procrastinate_job_status
    WHERE status::text = $1 AND task_name = 'rights.write_to'
"""


async def queued(superuser: asyncpg.Connection, request: Request) -> int:
    """How many jobs there are to write about a request."""
    sql = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'rights.write_to' AND args ->> 'request_id' = $1"
    return await superuser.fetchval(sql, str(request.id))


async def test_a_letter_whose_job_was_lost_is_written_all_the_same_and_once(
    helper: Helper, superuser: asyncpg.Connection
) -> None:
    request = await lost(helper, superuser, "EMAIL", Reach("helper@bureau.example"))
    for _ in range(3):
        await rights.resume(helper.desk.firm.hub)
        assert await queued(superuser, request) == 1
    await rights.write_to(helper.desk.firm.hub, request.id)
    await superuser.execute(
        "DELETE FROM procrastinate_jobs WHERE args ->> 'request_id' = $1", str(request.id)
    )
    await rights.resume(helper.desk.firm.hub)
    assert (await queued(superuser, request), len(await sent(helper, request))) == (0, 1)
    assert (await helper.step(request)).state is StepState.WAITING_ON_OTHERS


async def test_nothing_is_queued_for_a_person_without_an_address(
    helper: Helper, superuser: asyncpg.Connection
) -> None:
    request = await lost(helper, superuser, "MANUAL", None)
    await rights.resume(helper.desk.firm.hub)
    assert await queued(superuser, request) == 0


async def test_a_letter_that_is_refused_stops_no_other_and_is_not_tried_every_minute(
    helper: Helper, superuser: asyncpg.Connection
) -> None:
    hub = helper.desk.firm.hub
    async with hub.act(OPERATOR, Operation.SYSTEM_CONNECT) as act:
        new = NewSystem("archive", "Archive", "EMAIL", Reach("archive@bureau.example"))
        first = await systems.connect(act, new, helper.desk.firm.id)
    sealed = hub.vault.seal_own("connected_system", "settings", first.id, b"nobody")
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute("UPDATE connected_system SET settings = $2 WHERE id = $1", first.id, sealed)
    await superuser.execute("SET session_replication_role = origin")
    request = await lost(helper, superuser, "EMAIL", Reach("helper@bureau.example"))
    with pytest.raises(Refusal):
        await rights.write_to(hub, request.id)
    states = {each.name: each.state for each in await planned(helper.desk, request)}
    assert (states["Archive"], states["Payroll"]) == (StepState.WAITING, StepState.WAITING_ON_OTHERS)
    assert len(await sent(helper, request)) == 1
    await rights.resume(hub)
    for was, becomes in (("todo", "doing"), ("doing", "failed")):
        await superuser.execute(BECOME, was, becomes)
    await rights.resume(hub)
    assert await queued(superuser, request) == 1
    await superuser.execute("UPDATE procrastinate_events SET at = at - interval '7 hours'")
    await rights.resume(hub)
    assert await queued(superuser, request) == 2


@pytest.mark.parametrize(
    "reach", [Reach("nobody"), Reach("a@b.example\nBcc: c@d.example"), Reach("a@b.example", language="de")]
)
async def test_an_address_that_is_none_is_refused(helper: Helper, reach: Reach) -> None:
    path = ("language",) if reach.language == "de" else ("address",)
    new = NewSystem("payroll", "Payroll", "EMAIL", reach)
    await helper.desk.refused(Code.INVALID, path, lambda: helper.desk.do(systems.connect, new))
