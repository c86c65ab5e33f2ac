"""Guests: a code proves the address, tries are counted whatever happens, and nobody is looked for before."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from hub import collections
from hub.actors import OPERATOR, Operation
from hub.auth.codes import Tried
from hub.collections import NewCollection
from hub.db import new_id
from hub.errors import Code
from hub.models import Category
from hub.rights import proving
from hub.rights.asked import Asked, Represented
from hub.rights.proving import Guest, Sent
from hub.rights.states import State
from tests.domain.firm import email
from tests.rights.desk import Desk
from workers import rights

ADDRESS = "mika@example.org"
CODED = ["OPENED", "VERIFYING", "CODE_SENT"]


def wrong(sent: Sent) -> str:
    """Another code."""
    return f"{(int(sent.digits) + 1) % 1_000_000:06d}"


async def test_a_right_code_opens_an_opt_out_and_does_it(desk: Desk) -> None:
    customer_id = await desk.firm.customer(identifiers=[email(ADDRESS)])
    sent = await desk.guest("STOP_MARKETING", ADDRESS.upper())
    assert (sent.request.state, sent.request.customer_id) == (State.VERIFYING, None)
    assert await desk.choices(customer_id) == []
    tried, request = await desk.try_code(sent, f" {sent.digits[:3]} {sent.digits[3:]} ")
    assert (tried, request.state, request.customer_id) == (Tried.RIGHT, State.ANSWERED, customer_id)
    assert await desk.choices(customer_id) == [("MARKETING", "OPTED_OUT", None)]
    assert await desk.kinds(request) == [*CODED, "CODE_RIGHT", "VERIFIED", "APPLIED", "ANSWERED"]


async def test_nobody_is_looked_for_before_the_code_has_come_back(desk: Desk) -> None:
    await desk.firm.customer(identifiers=[email(ADDRESS)])
    known, unknown = [await desk.guest("ACCESS", address) for address in (ADDRESS, "nobody@example.org")]
    assert [each.request.state for each in (known, unknown)] == [State.VERIFYING, State.VERIFYING]
    assert await desk.kinds(known.request) == await desk.kinds(unknown.request) == CODED
    for sent in (known, unknown):
        tried, request = await desk.try_code(sent, wrong(sent))
        assert (tried, request.state, request.customer_id) == (Tried.WRONG, State.VERIFYING, None)


async def test_an_address_that_nobody_has_waits_for_other_details(desk: Desk) -> None:
    sent = await desk.guest("ACCESS", "nobody@example.org")
    tried, request = await desk.try_code(sent)
    assert (tried, request.state, request.waiting_for) == (Tried.RIGHT, State.PAUSED, "OTHER_DETAILS")
    assert request.customer_id is None


async def test_an_address_that_two_have_waits_for_staff(desk: Desk) -> None:
    one, _ = [await desk.firm.customer(identifiers=[email(ADDRESS)]) for _ in range(2)]
    _, request = await desk.try_code(await desk.guest("STOP_MARKETING", ADDRESS))
    assert (request.state, request.waiting_for, request.customer_id) == (State.PAUSED, "STAFF_MATCH", None)
    confirmed = await desk.do(proving.confirm, request.id, one, "TWO_IDENTIFIERS")
    assert (confirmed.state, confirmed.customer_id) == (State.ANSWERED, one)


async def test_a_copy_needs_more_than_a_code(desk: Desk) -> None:
    customer_id = await desk.firm.customer(identifiers=[email(ADDRESS)], jurisdictions=["EU"])
    _, request = await desk.try_code(await desk.guest("ACCESS", ADDRESS, "EU"))
    assert (request.state, request.waiting_for) == (State.PAUSED, "IDENTITY")
    message = await desk.refused(
        Code.INVALID, ("identified",), lambda: desk.do(proving.confirm, request.id, customer_id, "CODE")
    )
    assert request.proof in message
    confirmed = await desk.do(proving.confirm, request.id, customer_id, "DOCUMENT", "passport seen, branch 4")
    assert (confirmed.state, confirmed.customer_id, confirmed.waiting_for) == (
        State.GATHERING,
        customer_id,
        None,
    )
    assert await desk.do(proving.confirm, request.id, customer_id, "DOCUMENT") == confirmed
    other = await desk.firm.customer()
    await desk.refused(
        Code.CONFLICT, ("customer",), lambda: desk.do(proving.confirm, request.id, other, "DOCUMENT")
    )


async def test_what_is_sensitive_needs_more_once_it_is_known_whose_it_is(desk: Desk) -> None:
    one, _ = [await desk.firm.customer(identifiers=[email(ADDRESS)], jurisdictions=["EU"]) for _ in range(2)]
    _, request = await desk.try_code(await desk.guest("ACCESS", ADDRESS, "EU"))
    assert (request.waiting_for, request.proof) == ("STAFF_MATCH", "REASONABLE")
    await hold_something_sensitive(desk, one)
    message = await desk.refused(
        Code.INVALID, ("identified",), lambda: desk.do(proving.confirm, request.id, one, "TWO_IDENTIFIERS")
    )
    assert "HIGH" in message
    assert (await desk.do(proving.confirm, request.id, one, "IN_PERSON")).state is State.GATHERING


async def hold_something_sensitive(desk: Desk, customer_id: UUID) -> None:
    """Let data of a sensitive category come in."""
    async with desk.firm.hub.act(OPERATOR, Operation.CATALOGUE_WRITE) as act:
        health = await Category.create(
            id=new_id(), key=f"health-{new_id()}", names={"en": "Health"}, sensitivity="SENSITIVE",
            sensitivity_by_jurisdiction={}, fideslang_key="user.health_and_medical", dpv_iri="https://w3id.org/dpv/pd#Health",
            created_at=act.at, using_db=act.db,
        )  # fmt: skip
        await act.record("category.added")
    async with desk.firm.hub.act(OPERATOR, Operation.COLLECTION_RECORD) as act:
        taken = NewCollection(customer_id, desk.firm.id, "CUSTOMER", [health.id], optout_offered=False)
        await collections.record(act, taken)


async def test_where_a_customer_lives_counts_and_not_where_a_guest_says(desk: Desk) -> None:
    await desk.firm.customer(identifiers=[email(ADDRESS)], jurisdictions=["US_CA"])
    _, request = await desk.try_code(await desk.guest("STOP_SHARING", ADDRESS, "AU"))
    assert (request.jurisdictions, request.state) == (("US_CA",), State.ANSWERED)


async def test_fifty_tries_at_once_are_five(desk: Desk) -> None:
    sent = await desk.guest("STOP_MARKETING", ADDRESS)
    tries = await asyncio.gather(*(desk.try_code(sent, wrong(sent)) for _ in range(50)))
    assert [tried for tried, _ in tries].count(Tried.WRONG) == 5
    assert [tried for tried, _ in tries].count(Tried.OVER) == 45
    assert (await desk.try_code(sent))[0] is Tried.OVER
    assert (await desk.kinds(sent.request)).count("CODE_WRONG") == 5


async def test_a_new_code_kills_the_one_before_and_there_are_five_of_them(desk: Desk) -> None:
    first = await desk.guest("STOP_MARKETING", ADDRESS)
    second = await desk.do(proving.send_again, first.request.id)
    if first.digits != second.digits:
        assert (await desk.try_code(first))[0] is Tried.WRONG
    for _ in range(3):
        second = await desk.do(proving.send_again, first.request.id)
    await desk.refused(Code.LIMIT, ("request",), lambda: desk.do(proving.send_again, first.request.id))
    assert (await desk.try_code(second))[0] is Tried.RIGHT
    await desk.refused(Code.CONFLICT, ("request",), lambda: desk.try_code(second))


async def test_a_code_of_one_request_is_worth_nothing_for_another(desk: Desk) -> None:
    mine, other = [await desk.guest("STOP_MARKETING", ADDRESS) for _ in range(2)]
    if mine.digits != other.digits:
        assert (await desk.try_code(mine, other.digits))[0] is Tried.WRONG


async def test_a_code_is_over_after_ten_minutes(desk: Desk, superuser: asyncpg.Connection) -> None:
    sent = await desk.guest("STOP_MARKETING", ADDRESS)
    await past(superuser, "rights_code", "sent_at", "expires_at", sent, timedelta(minutes=10))
    assert (await desk.try_code(sent))[0] is Tried.OVER


async def test_no_code_and_no_address_is_kept_in_clear(desk: Desk, superuser: asyncpg.Connection) -> None:
    sent = await desk.guest("STOP_MARKETING", ADDRESS, text="Kolmogorov street 7")
    tables = ("rights_request", "rights_code", "rights_event", "procrastinate_jobs")
    kept = "".join([
        row["row"] for table in tables for row in await superuser.fetch(f"SELECT t::text AS row FROM {table} t")
    ])  # fmt: skip
    assert not any(
        text in kept for text in (ADDRESS, "Kolmogorov", ADDRESS.encode().hex(), f",{sent.digits},")
    )
    assert repr(sent).count(sent.digits) == 0


async def test_what_nobody_proves_ends_after_thirty_days(desk: Desk, superuser: asyncpg.Connection) -> None:
    old, young = [await desk.guest("ACCESS", ADDRESS) for _ in range(2)]
    await past(superuser, "rights_request", "opened_at", "opened_at", old, timedelta(days=31))
    await rights.expire(desk.firm.hub)
    assert [(await desk.read(each.request)).state for each in (old, young)] == [
        State.EXPIRED,
        State.VERIFYING,
    ]


async def test_a_guest_is_refused_what_cannot_be(desk: Desk) -> None:
    for code, path, given in (
        (Code.INVALID, ("kind",), ("PARDON", ADDRESS, "AU")),
        (Code.INVALID, ("place",), ("ACCESS", ADDRESS, "MARS")),
        (Code.INVALID, ("kind",), ("PORTABILITY", ADDRESS, "AU")),
        (Code.INVALID, ("email",), ("ACCESS", "no address", "AU")),
    ):
        message = await desk.refused(code, path, lambda g=given: desk.guest(*g))
        assert "no address" not in message


async def past(
    superuser: asyncpg.Connection, table: str, first: str, second: str, sent: Sent, ago: timedelta
) -> None:
    """Move something into the past."""
    own = "id" if table == "rights_request" else "request_id"
    columns = ", ".join(f"{column} = {column} - $2::interval" for column in dict.fromkeys((first, second)))
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute(f"UPDATE {table} SET {columns} WHERE {own} = $1", sent.request.id, ago)
    await superuser.execute("SET session_replication_role = origin")


async def stopped(desk: Desk, sent: Sent) -> None:
    """Let the worker stop what a guest opted out of."""
    await rights.stop(desk.firm.hub, sent.request.id)


@pytest.mark.parametrize(
    ("kind", "choice"),
    [("STOP_MARKETING", "MARKETING"), ("STOP_SHARING", "SHARING"), ("LIMIT_SENSITIVE", "LIMIT")],
)
async def test_an_opt_out_holds_before_any_code_for_all_who_have_the_address(
    desk: Desk, superuser: asyncpg.Connection, kind: str, choice: str
) -> None:
    people = [
        await desk.firm.customer(identifiers=[email(ADDRESS)], jurisdictions=["US_CA"]) for _ in range(2)
    ]
    other = await desk.firm.customer(identifiers=[email("other@example.org")], jurisdictions=["US_CA"])
    sent = await desk.guest(kind, ADDRESS, "US_CA")
    job = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'rights.stop' AND args ->> 'request_id' = $1"
    assert await superuser.fetchval(job, str(sent.request.id)) == 1
    for _ in range(2):  # the job comes again
        await stopped(desk, sent)
    for each in people:
        assert await desk.choices(each) == [(choice, "OPTED_OUT", None)]
    assert await desk.choices(other) == []
    assert await desk.kinds(sent.request) == [*CODED, "STOPPED"]
    assert (await desk.read(sent.request)).state is State.VERIFYING
    template = "SELECT template FROM letter WHERE request_id = $1"
    assert await superuser.fetchval(template, sent.request.id) == "rights_stopped"


async def test_an_opt_out_that_held_before_its_code_is_answered_by_it(desk: Desk) -> None:
    customer_id = await desk.firm.customer(identifiers=[email(ADDRESS)])
    sent = await desk.guest("STOP_MARKETING", ADDRESS)
    await stopped(desk, sent)
    _, request = await desk.try_code(sent)
    assert (request.state, request.customer_id) == (State.ANSWERED, customer_id)
    before = await desk.choices(customer_id)
    await stopped(desk, sent)
    assert await desk.choices(customer_id) == before


@pytest.mark.parametrize(
    ("kind", "more"),
    [("WITHDRAW_CONSENT", {}), ("ACCESS", {}), ("STOP_MARKETING", {"asker": "AGENT"}), ("DELETION", {})],
)
async def test_nothing_else_holds_before_it_is_known_who_asks(
    desk: Desk, kind: str, more: dict[str, Any]
) -> None:
    customer_id = await desk.firm.customer(identifiers=[email(ADDRESS)])
    named = Represented("Mika", ADDRESS) if more else None
    purpose_id = desk.firm.purposes[0] if kind == "WITHDRAW_CONSENT" else None
    guest = Guest(kind, "AU", ADDRESS, Asked(represented=named, purpose_id=purpose_id), **more)
    sent = await desk.do(proving.receive_guest, guest, organisation_id=desk.firm.id)
    await stopped(desk, sent)
    assert await desk.choices(customer_id) == []
    assert not await desk.is_restricted(customer_id)
    assert "STOPPED" not in await desk.kinds(sent.request)
