"""Lifting a granted restriction: the customer is told before, then everybody who carried it out, each by a step."""

import json
from datetime import timedelta

import asyncpg

from hub.actors import WORKER, Operation
from hub.errors import Code
from hub.rights import conduct, fulfilling, lifting, sealed, systems
from hub.rights.outcomes import Step, StepState
from hub.rights.requests import Request
from hub.rights.states import State
from tests.connectors.shop import FILE
from tests.connectors.test_http import PLACE, Answers
from tests.rights.desk import Desk
from tests.rights.test_fulfilling import by_hand, customer, planned, work
from tests.rights.test_fulfilling import connect as add
from tests.rights.test_http_systems import DONE, server
from tests.rights.test_http_systems import connect as connect_service
from tests.rights.test_workers import anna, connect, database, fulfilling_claim, look, worked
from workers import asking, rights

__all__ = ["database", "server"]
MARKS = "SELECT is_restricted FROM customers ORDER BY id"
WHY = "Your records are right now."


async def granted(desk: Desk) -> Request:
    """A restriction of Anna's that is carried out."""
    request = await desk.receive(await anna(desk), "RESTRICTION")
    await worked(desk, request)
    return await desk.read(request)


async def days_later(desk: Desk, superuser: asyncpg.Connection, request: Request) -> None:
    """Let the days pass that the customer has, and do the job."""
    await superuser.execute("SET session_replication_role = replica")
    sql = "UPDATE rights_request SET cools_until = cools_until - $2::interval WHERE id = $1"
    await superuser.execute(sql, request.id, lifting.NOTICE + timedelta(minutes=1))
    await superuser.execute("SET session_replication_role = origin")
    await rights.lift(desk.firm.hub)


async def lifts(desk: Desk, request: Request) -> dict[str, Step]:
    """The steps that lift it, by name."""
    return {each.name: each for each in await planned(desk, request) if each.operation == "LIFT"}


async def said(desk: Desk, request: Request) -> list[str]:
    """What was written to the customer."""
    async with desk.firm.hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        ids = [each.id for each in await desk.events(request) if each.has_message]
        return list((await sealed.messages(ask, request.id, ids)).values())


async def test_the_customer_is_told_and_days_later_everybody_who_restricted_it_lifts_it(
    desk: Desk, database: str, superuser: asyncpg.Connection
) -> None:
    await connect(desk, database)
    request = await granted(desk)
    assert request.customer_id is not None
    told = await desk.do(lifting.announce, request.id, WHY)
    assert await desk.do(lifting.announce, request.id, "Once more.") == told
    assert (told.state, told.closed_at) == (State.LIFTING, request.closed_at)
    [words] = await said(desk, request)
    assert words.endswith(WHY)
    assert told.cools_until is not None
    assert str(told.cools_until.year) in words
    await rights.lift(desk.firm.hub)
    assert await lifts(desk, request) == {}
    assert look(database, MARKS) == [(1,), (0,)]
    await days_later(desk, superuser, request)
    assert (set(await lifts(desk, request)), await desk.is_restricted(request.customer_id)) == (
        {"Shop", "Privacy Hub"}, True,
    )  # fmt: skip
    await rights.all_steps(desk.firm.hub, request.id)
    await work(desk, request)
    done = await lifts(desk, request)
    assert {each.state for each in done.values()} == {StepState.DONE}
    assert done["Shop"].evidence is not None
    assert done["Shop"].evidence["places"][0]["fields"] == {"is_restricted": "released"}
    assert look(database, MARKS) == [(0,), (0,)]
    lifted = await desk.read(request)
    assert (lifted.state, lifted.closed_at, await desk.is_restricted(request.customer_id)) == (
        State.LIFTED, request.closed_at, False,
    )  # fmt: skip
    await rights.lift(desk.firm.hub)
    assert len(await lifts(desk, request)) == 2
    assert (await desk.kinds(request)).count("LIFTED") == 1


async def test_whoever_disagrees_in_time_keeps_it_and_it_can_be_lifted_another_day(
    desk: Desk, database: str, superuser: asyncpg.Connection
) -> None:
    await connect(desk, database)
    request = await granted(desk)
    await desk.do(lifting.announce, request.id, WHY)
    kept = await desk.do(lifting.keep, request.id)
    assert await desk.do(lifting.keep, request.id) == kept
    assert (kept.state, kept.cools_until, kept.closed_at) == (State.ANSWERED, None, request.closed_at)
    assert len(await said(desk, request)) == 2
    await rights.lift(desk.firm.hub)
    assert await lifts(desk, request) == {}
    await desk.do(lifting.announce, request.id, WHY)
    await days_later(desk, superuser, request)
    await desk.refused(Code.CONFLICT, ("request",), lambda: desk.do(lifting.keep, request.id))


async def test_only_what_was_granted_is_lifted_and_not_without_a_reason(desk: Desk) -> None:
    await add(desk, "archive")
    copy = await desk.receive(await customer(desk), "ACCESS")
    open_one = await desk.receive(await customer(desk), "RESTRICTION")
    for each in (copy, open_one):
        await desk.refused(Code.CONFLICT, ("request",), lambda: desk.do(lifting.announce, each.id, WHY))  # noqa: B023 - done at once
        await desk.refused(Code.CONFLICT, ("request",), lambda: desk.do(lifting.keep, each.id))  # noqa: B023
    await desk.refused(Code.INVALID, ("message",), lambda: desk.do(lifting.announce, open_one.id, " "))


async def test_nobody_lifts_by_hand_what_was_granted(desk: Desk) -> None:
    await add(desk, "archive")
    request = await desk.receive(await customer(desk), "RESTRICTION")
    await desk.do(lifting.require_none, request.customer_id)
    await by_hand(desk, request)
    await work(desk, request)
    doing = lambda: desk.do(lifting.require_none, request.customer_id)  # noqa: E731
    assert request.reference in await desk.refused(Code.CONFLICT, ("is_restricted",), doing)


async def test_people_are_told_who_did_it_and_not_who_held_nothing(
    desk: Desk, superuser: asyncpg.Connection
) -> None:
    await add(desk, "archive")
    await add(desk, "cellar")
    request = await desk.receive(await customer(desk), "RESTRICTION")
    archive, cellar = [each for each in await planned(desk, request) if each.kind == "MANUAL"]
    await desk.do(fulfilling.settle_by_hand, archive.id, "DONE", rows=2)
    await desk.do(fulfilling.settle_by_hand, cellar.id, "NOTHING")
    await work(desk, request)
    await desk.do(lifting.announce, request.id, WHY)
    await days_later(desk, superuser, request)
    assert {(each.name, each.kind) for each in (await lifts(desk, request)).values()} == {
        ("archive", "MANUAL"), ("Privacy Hub", "HUB"),
    }  # fmt: skip
    await work(desk, request)
    assert (await desk.read(request)).state is State.LIFTING
    await by_hand(desk, request)
    assert (await desk.read(request)).state is State.LIFTED


async def test_a_system_that_was_switched_off_since_is_left_out_and_it_is_said_so(
    desk: Desk, database: str, superuser: asyncpg.Connection
) -> None:
    await connect(desk, database)
    request = await granted(desk)
    await desk.do(systems.switch, "shop", is_on=False)
    await desk.do(lifting.announce, request.id, WHY)
    await days_later(desk, superuser, request)
    shop = (await lifts(desk, request))["Shop"]
    assert (shop.state, bool(shop.why)) == (StepState.SKIPPED, True)
    await work(desk, request)
    assert (await desk.read(request)).state is State.LIFTED


async def test_a_worker_that_dies_before_it_settles_is_followed_by_one_that_finds_it_lifted(
    desk: Desk, database: str, superuser: asyncpg.Connection
) -> None:
    await connect(desk, database)
    request = await granted(desk)
    await desk.do(lifting.announce, request.id, WHY)
    await days_later(desk, superuser, request)
    claimed = await fulfilling_claim(desk, (await lifts(desk, request))["Shop"].id)
    assert claimed is not None
    async with desk.firm.hub.ask(WORKER, Operation.REQUEST_FULFIL) as ask:
        [prepared] = await systems.prepare(ask, [claimed])
    await asking.ask_system(desk.firm.hub, prepared)
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute(
        "UPDATE rights_step SET lease_until = now() - interval '1 second' WHERE id = $1", claimed.id
    )
    await superuser.execute("SET session_replication_role = origin")
    await rights.resume(desk.firm.hub)
    await worked(desk, request)
    done = (await lifts(desk, request))["Shop"]
    assert done.evidence is not None
    assert (done.state, done.attempts, done.evidence["is_repeated"]) == (StepState.DONE, 2, True)
    assert (await desk.read(request)).state is State.LIFTED


async def test_a_new_restriction_goes_before_what_was_not_lifted_yet(
    desk: Desk, database: str, superuser: asyncpg.Connection
) -> None:
    await connect(desk, database)
    request = await granted(desk)
    assert request.customer_id is not None
    await desk.do(lifting.announce, request.id, WHY)
    await days_later(desk, superuser, request)
    claimed = await fulfilling_claim(desk, (await lifts(desk, request))["Shop"].id)
    assert claimed is not None
    again = await desk.receive(request.customer_id, "RESTRICTION")
    assert {each.state for each in (await lifts(desk, request)).values()} == {StepState.SKIPPED}
    assert (await desk.read(request)).state is State.LIFTED
    [shop] = [each for each in await planned(desk, again) if each.name == "Shop"]
    assert shop.next_at == claimed.lease_until
    assert await fulfilling_claim(desk, shop.id) is None
    await work(desk, again)
    assert await desk.is_restricted(request.customer_id)


async def test_of_two_restrictions_the_last_that_is_lifted_lifts_it(
    desk: Desk, database: str, superuser: asyncpg.Connection
) -> None:
    await connect(desk, database)
    first = await granted(desk)
    assert first.customer_id is not None
    second = await desk.receive(first.customer_id, "RESTRICTION")
    await worked(desk, second)
    for each in (first, second):
        await desk.do(lifting.announce, each.id, WHY)
    await days_later(desk, superuser, first)
    await worked(desk, first)
    assert set(await lifts(desk, first)) == {"Privacy Hub"}
    assert (look(database, MARKS)[0], await desk.is_restricted(first.customer_id)) == ((1,), True)
    await days_later(desk, superuser, second)
    await worked(desk, second)
    assert (look(database, MARKS)[0], await desk.is_restricted(first.customer_id)) == ((0,), False)


async def test_what_ends_meanwhile_does_not_lift_what_was_granted(desk: Desk) -> None:
    await add(desk, "archive")
    customer_id = await customer(desk)
    contested = await desk.receive(customer_id, "RECTIFICATION", changes={"full_name": "Anna"})
    request = await desk.receive(customer_id, "RESTRICTION")
    await by_hand(desk, request)
    await work(desk, request)
    assert (await desk.read(request)).state is State.ANSWERED
    await desk.do(conduct.withdraw, contested.id)
    assert await desk.is_restricted(customer_id)


async def test_what_systems_restrict_already_is_neither_refused_nor_taken_back(
    desk: Desk, database: str
) -> None:
    await connect(desk, database, FILE.read_text(encoding="utf-8"))
    await add(desk, "archive")
    request = await desk.receive(await anna(desk), "RESTRICTION")
    await worked(desk, request)
    await desk.do(conduct.hold, request.id, "LEGAL_CLAIM")
    await desk.refused(Code.CONFLICT, ("request",), lambda: desk.do(conduct.withdraw, request.id))
    doing = lambda: desk.do(conduct.refuse, request.id, "LEGAL_CLAIMS", "No.")  # noqa: E731
    await desk.refused(Code.CONFLICT, ("request",), doing)


async def test_a_service_is_told_to_lift_what_it_restricted_by_a_step_of_its_own(
    desk: Desk, server: Answers, superuser: asyncpg.Connection
) -> None:
    await connect_service(desk, server.port)
    server.says(json.dumps(DONE))
    request = await desk.receive(await anna(desk), "RESTRICTION")
    await worked(desk, request)
    await desk.do(lifting.announce, request.id, "It is right now.")
    await days_later(desk, superuser, request)
    server.says(json.dumps({"outcome": "done", "places": [PLACE | {"fields": {"is_muted": "released"}}]}))
    await worked(desk, request)
    first, then = (json.loads(body)["data"] for _, body in server.asked)
    assert (first["is_restricted"], then["is_restricted"], first["step_id"] == then["step_id"]) == (
        True,
        False,
        False,
    )
    assert (await desk.read(request)).state is State.LIFTED
