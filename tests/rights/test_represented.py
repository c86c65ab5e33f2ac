"""Guests who ask for somebody else: a code proves their own address, and nothing of whom they ask for."""

import pytest

from hub import appointing
from hub.actors import Operation
from hub.errors import Code
from hub.rights import proving, representing
from hub.rights.asked import Asked, Represented
from hub.rights.proving import Guest, Tried
from hub.rights.sealed import contents
from hub.rights.states import State
from tests.domain.firm import email
from tests.rights.acting import AGENT, ANN, appoint, guest, propose
from tests.rights.desk import Desk


@pytest.mark.parametrize("for_whom", [ANN, "nobody@example.org"])
async def test_a_code_proves_an_address_and_not_that_one_may_ask_for_another(
    desk: Desk, for_whom: str
) -> None:
    await desk.firm.customer(identifiers=[email(ANN)])
    tried, request = await desk.try_code(await guest(desk, for_whom))
    assert tried is Tried.RIGHT
    assert (request.state, request.waiting_for, request.customer_id) == ("PAUSED", "AUTHORITY", None)


@pytest.mark.parametrize(
    ("kind", "state", "waits"), [("STOP_MARKETING", "ANSWERED", None), ("ACCESS", "PAUSED", "IDENTITY")]
)
async def test_a_guests_request_goes_on_by_its_link_as_far_as_a_code_reaches(
    desk: Desk, kind: str, state: str, waits: str | None
) -> None:
    customer_id = await desk.firm.customer(identifiers=[email(ANN)])
    _, request = await desk.try_code(await guest(desk, kind=kind))
    link = await propose(desk, customer_id, contact=None, request_id=request.id)
    await desk.do(representing.confirm, link.id, "SIGNED_PERMISSION")
    done = await desk.read(request)
    assert (done.state, done.waiting_for, done.customer_id) == (state, waits, customer_id)
    async with desk.firm.hub.act(desk.staff, Operation.REPRESENTATIVE_CHECK) as act:
        assert (await appointing.reveal(act, link.id, "HANDLING"))[1:] == ("Noor Agent", AGENT)


async def test_a_known_representative_is_known_again_by_their_own_address_only(desk: Desk) -> None:
    customer_id = await desk.firm.customer(identifiers=[email(ANN)])
    await appoint(desk, customer_id)
    _, request = await desk.try_code(await guest(desk))
    assert (request.state, request.customer_id) == (State.ANSWERED, customer_id)
    _, other = await desk.try_code(await guest(desk, contact="stranger@example.org"))
    assert (other.waiting_for, other.customer_id) == ("AUTHORITY", None)


async def test_who_does_not_say_for_whom_waits_all_the_same(desk: Desk) -> None:
    given = Guest("STOP_MARKETING", "AU", AGENT, asker="AGENT")
    sent = await desk.do(proving.receive_guest, given, organisation_id=desk.firm.id)
    tried, request = await desk.try_code(sent)
    assert (tried, request.waiting_for) == (Tried.RIGHT, "AUTHORITY")


async def test_staff_cannot_confirm_past_a_missing_link(desk: Desk) -> None:
    customer_id = await desk.firm.customer(identifiers=[email(ANN)])
    _, request = await desk.try_code(await guest(desk, kind="ACCESS"))
    confirm = (proving.confirm, request.id, customer_id, "DOCUMENT")
    await desk.refused(Code.CONFLICT, ("customer",), lambda: desk.do(*confirm))
    await appoint(desk, customer_id)
    assert (await desk.do(*confirm)).state is State.GATHERING


async def test_what_somebody_says_of_whom_they_ask_for_is_checked_and_sealed(desk: Desk) -> None:
    for named, place in ((Represented("Ann", "nobody"), "email"), (Represented(" ", ANN), "name")):
        given = Guest("ACCESS", "AU", AGENT, Asked(represented=named), "AGENT")
        await desk.refused(
            Code.INVALID,
            ("asked", "represented", place),
            lambda given=given: desk.do(proving.receive_guest, given, organisation_id=desk.firm.id),
        )
    request = (await guest(desk)).request
    async with desk.firm.hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        content, _ = await contents(ask, request.id)
        row = await ask.row("SELECT * FROM rights_request WHERE id = $1", request.id)
    assert content["represented"] == {"name": "Ann", "email": ANN}
    assert ANN not in str(dict(row or {}))
