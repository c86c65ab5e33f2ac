"""Nobody goes on for another by a link that is not theirs, is over or has not begun, or by an unproved address."""

from datetime import timedelta

import asyncpg

from hub import customers
from hub.actors import OPERATOR, Operation
from hub.errors import Code
from hub.rights import conduct, proving, representing
from tests.domain.firm import email
from tests.rights.acting import ANN, appoint, contact, guest, propose, today
from tests.rights.desk import Desk
from workers import rights


async def test_anothers_link_lets_nobody_ask(desk: Desk) -> None:
    customer_id = await desk.firm.customer(identifiers=[email(ANN)])
    await appoint(desk, customer_id)
    _, request = await desk.try_code(await guest(desk, kind="ACCESS", contact="stranger@example.org"))
    confirm = (proving.confirm, request.id, customer_id, "DOCUMENT")
    await desk.refused(Code.CONFLICT, ("customer",), lambda: desk.do(*confirm))
    assert (await desk.read(request)).customer_id is None


async def test_an_address_that_no_code_proved_opens_nothing(desk: Desk) -> None:
    customer_id = await desk.firm.customer(identifiers=[email(ANN)])
    sent = await guest(desk, kind="ACCESS")
    await desk.do(conduct.pause, sent.request.id, "AUTHORITY", "Who are you?")
    link = await propose(desk, customer_id, contact=None, request_id=sent.request.id)
    await desk.do(representing.confirm, link.id, "SIGNED_PERMISSION")
    waiting = await desk.read(sent.request)
    assert (waiting.state, waiting.verified_at) == ("VERIFYING", None)
    _, request = await desk.try_code(sent)
    assert (request.waiting_for, request.customer_id) == ("IDENTITY", customer_id)


async def test_what_was_held_does_not_go_on_under_a_link_that_has_ended(desk: Desk) -> None:
    customer_id = await desk.firm.customer()
    link = await appoint(desk, customer_id)
    request = await desk.receive(customer_id, "DELETION", asker="AGENT", representative_id=link.id)
    await desk.do(conduct.hold, request.id, "LEGAL_CLAIM")
    await desk.do(representing.end, link.id, "PERMISSION_EXPIRED")
    await desk.refused(Code.CONFLICT, ("customer",), lambda: desk.do(conduct.resume, request.id))
    assert (await desk.read(request)).state == "HELD"
    other = await appoint(desk, customer_id, contact="other@example.org")
    resumed = await desk.do(conduct.resume, request.id)
    assert (resumed.state, resumed.representative_id) == ("DECIDING", other.id)
    assert await contact(desk, request) == "other@example.org"


async def test_of_two_agents_whoever_is_not_named_waits(desk: Desk) -> None:
    customer_id = await desk.firm.customer()
    for each in ("one@example.org", "two@example.org"):
        await appoint(desk, customer_id, contact=each)
    unnamed = await desk.receive(customer_id, "ACCESS", asker="AGENT")
    assert (unnamed.state, unnamed.waiting_for) == ("PAUSED", "AUTHORITY")
    named = await desk.receive(customer_id, "ACCESS", asker="AGENT", contact="two@example.org")
    assert named.state == "GATHERING"
    stranger = await desk.receive(customer_id, "ACCESS", asker="AGENT", contact="three@example.org")
    assert (stranger.state, stranger.waiting_for) == ("PAUSED", "AUTHORITY")


async def test_what_waits_for_a_link_goes_on_on_its_first_day(
    desk: Desk, superuser: asyncpg.Connection
) -> None:
    customer_id = await desk.firm.customer()
    link = await appoint(desk, customer_id, starts_on=today() + timedelta(days=1))
    request = await desk.receive(customer_id, "ACCESS", asker="AGENT", representative_id=link.id)
    await rights.lapse(desk.firm.hub)
    assert (await desk.read(request)).waiting_for == "AUTHORITY"
    async with superuser.transaction():
        await superuser.execute("SET LOCAL session_replication_role = replica")
        await superuser.execute("UPDATE representative SET starts_on = $2 WHERE id = $1", link.id, today())
    await rights.lapse(desk.firm.hub)
    assert (await desk.read(request)).waiting_for is None


async def test_of_the_erased_no_link_lives_on_with_anybodys_address(
    desk: Desk, superuser: asyncpg.Connection
) -> None:
    customer_id = await desk.firm.customer()
    link = await appoint(desk, customer_id)
    async with desk.firm.hub.act(OPERATOR, Operation.CUSTOMER_ERASE) as act:
        await customers.erase(act, customer_id)
    kept = "SELECT state, reason, contact, contact_blind FROM representative WHERE id = $1"
    row = await superuser.fetchrow(kept, link.id)
    assert tuple(row or ()) == ("ENDED", "ERASED", None, None)
