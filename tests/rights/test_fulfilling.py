"""Fulfilling by steps: planned from the systems there are, settled with evidence, ended by the last of them."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from hub.act import Act
from hub.actors import OPERATOR, WORKER, Operation
from hub.db import new_id
from hub.errors import Code
from hub.rights import conduct, fulfilling, handling, steps, trying
from hub.rights.outcomes import Settled, Step, StepState
from hub.rights.requests import Request
from hub.rights.states import State
from tests.domain.firm import email, name
from tests.rights.copies import build
from tests.rights.desk import Desk
from workers import rights as worker

_CONNECT = """
    INSERT INTO connected_system (id, organisation_id, key, name, kind, created_at, disabled_at)
    VALUES ($1, $2, $3, $3, $4, now(), CASE WHEN $5 THEN now() END)
"""


async def connect(desk: Desk, key: str, kind: str = "MANUAL", *, is_disabled: bool = False) -> None:
    """Connect a system."""
    async with desk.firm.hub.act(OPERATOR, Operation.SYSTEM_CONNECT) as act:
        await act.execute(_CONNECT, new_id(), desk.firm.id, key, kind, is_disabled)
        await act.record("system.connected")


async def planned(desk: Desk, request: Request) -> list[Step]:
    """Read its steps."""
    async with desk.firm.hub.ask(desk.staff, Operation.REQUEST_READ) as ask:
        return await steps.of(ask, request.id)


async def work(desk: Desk, request: Request) -> None:
    """Do what a worker does with every step of the hub's own."""
    for each in await planned(desk, request):
        if each.kind == "HUB":
            await worker.step(desk.firm.hub, each.id)


def counts(step: Step) -> dict[str, int]:
    """How many rows a step met, by collection."""
    assert step.evidence is not None
    return {each["collection"]: each["rows"] for each in step.evidence["places"]}


async def claim(desk: Desk, step_id: UUID) -> Step | None:
    """Take a step, as a worker."""

    async def body(act: Act) -> Step | None:
        return await fulfilling.claim(act, step_id)

    return await desk.firm.hub.perform(WORKER, Operation.REQUEST_FULFIL, body)


async def settle(desk: Desk, step: Step, settled: Settled) -> Request:
    """Settle an attempt, as a worker."""

    async def body(act: Act) -> Request:
        return await fulfilling.settle(act, step.id, step.attempts, settled)

    return await desk.firm.hub.perform(WORKER, Operation.REQUEST_FULFIL, body)


async def by_hand(desk: Desk, request: Request, state: str = "DONE", **given: Any) -> None:
    """Settle every manual step."""
    for each in await planned(desk, request):
        if each.kind == "MANUAL" and each.ended_at is None:
            rows = {"rows": 3} if state == "DONE" else {}
            await desk.do(fulfilling.settle_by_hand, each.id, state, **rows, **given)


async def customer(desk: Desk, place: str = "UK", **given: Any) -> UUID:
    """A customer with something to find."""
    return await desk.firm.customer(
        jurisdictions=[place],
        identifiers=[email(f"{new_id()}@example.org")],
        profile=[name("Anne Onyme")],
        **given,
    )


async def cooled(desk: Desk, superuser: asyncpg.Connection, request: Request) -> int:
    """Let the days to think again pass, and do the job."""
    await superuser.execute("SET session_replication_role = replica")
    sql = "UPDATE rights_request SET cools_until = cools_until - $2::interval WHERE id = $1"
    await superuser.execute(sql, request.id, fulfilling.COOLING + timedelta(minutes=1))
    await superuser.execute("SET session_replication_role = origin")
    return await desk.firm.hub.perform(WORKER, Operation.REQUEST_FULFIL, fulfilling.cool)


async def test_without_any_system_a_person_looks_and_the_hub_looks_in_itself(desk: Desk) -> None:
    request = await desk.receive(await customer(desk), "ACCESS")
    assert [(each.name, each.kind, each.operation) for each in await planned(desk, request)] == [
        ("Everywhere else", "MANUAL", "EXPORT"),
        ("Privacy Hub", "HUB", "EXPORT"),
    ]
    await work(desk, request)
    [elsewhere, own] = await planned(desk, request)
    assert own.state is StepState.DONE
    assert {"identifiers": 1, "profile.identity": 1}.items() <= counts(own).items()
    assert (elsewhere.state, (await desk.read(request)).state) == (StepState.WAITING, State.GATHERING)
    await by_hand(desk, request)
    assert (await desk.read(request)).state is State.DECIDING
    await build(desk, request)
    answered = await desk.do(conduct.answer, request.id, "Your copy is in the post.")
    assert answered.state is State.ANSWERED


async def test_nothing_is_answered_before_everybody_has_looked(desk: Desk) -> None:
    await connect(desk, "archive")
    request = await desk.receive(await customer(desk), "ACCESS")
    await work(desk, request)
    message = await desk.refused(
        Code.CONFLICT, ("request",), lambda: desk.do(conduct.answer, request.id, "Here you are.")
    )
    assert "archive" in message


async def test_a_correction_is_decided_on_done_in_its_place_and_told(desk: Desk) -> None:
    customer_id = await customer(desk)
    request = await desk.receive(
        customer_id, "RECTIFICATION", changes={"name": "Anna Onyme", "shoe_size": "39"}
    )
    approved = await desk.do(fulfilling.approve, request.id)
    assert approved.state is State.FULFILLING
    await work(desk, request)
    await by_hand(desk, request, "NOTHING")
    done = await desk.read(request)
    [_, own] = await planned(desk, request)
    said = {"fields": ["identity.name"], "left": {"shoe_size": "unknown"}}
    assert (done.state, own.evidence) == (State.ANSWERED, said)
    assert not await desk.is_restricted(customer_id)
    assert (await desk.kinds(request))[-1] == "FULFILLED"


async def test_a_deletion_waits_can_be_undone_and_destroys_the_key_last(
    desk: Desk, superuser: asyncpg.Connection
) -> None:
    kept, gone = [await desk.receive(await customer(desk), "DELETION") for _ in range(2)]
    for each in (kept, gone):
        assert (await desk.do(fulfilling.approve, each.id)).state is State.COOLING_OFF
    assert (await desk.do(conduct.withdraw, kept.id)).state is State.WITHDRAWN
    assert kept.customer_id is not None
    assert not await desk.is_restricted(kept.customer_id)
    assert await cooled(desk, superuser, gone) >= 1
    assert (await desk.read(gone)).state is State.FULFILLING
    await work(desk, gone)
    [elsewhere, own] = await planned(desk, gone)
    assert (elsewhere.stage, own.stage, own.state) == (1, 2, StepState.WAITING)
    await by_hand(desk, gone)
    await work(desk, gone)
    ended = await desk.read(gone)
    sealed = await superuser.fetchval(
        "SELECT count(*) FROM keys.customer_key WHERE customer_id = $1", gone.customer_id
    )
    assert (ended.state, sealed) == (State.ANSWERED, 0)
    letters = await superuser.fetch(
        "SELECT template, customer_id FROM letter WHERE request_id = $1 ORDER BY id", gone.id
    )
    assert [tuple(row) for row in letters] == [("rights_received", None), ("rights_answered", None)]


async def test_what_is_switched_off_or_left_out_makes_an_answer_a_part(desk: Desk) -> None:
    await connect(desk, "archive")
    await connect(desk, "old-crm", "SQL", is_disabled=True)
    request = await desk.receive(await customer(desk), "RESTRICTION")
    archive, crm, _ = await planned(desk, request)
    assert (crm.state, crm.why) == (StepState.SKIPPED, steps.DISABLED)
    await work(desk, request)
    await desk.do(fulfilling.skip, archive.id, "The archive burnt down.")
    assert (await desk.read(request)).state is State.PARTLY_ANSWERED


async def test_a_step_is_one_workers_at_a_time_and_anybodys_when_its_lease_is_over(
    desk: Desk, superuser: asyncpg.Connection
) -> None:
    await connect(desk, "shop", "SQL")
    request = await desk.receive(await customer(desk), "RESTRICTION")
    [shop] = [each for each in await planned(desk, request) if each.name == "shop"]
    taken = [each for each in await asyncio.gather(*(claim(desk, shop.id) for _ in range(6))) if each]
    assert [each.attempts for each in taken] == [1]
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute(
        "UPDATE rights_step SET lease_until = now() - interval '1 second' WHERE id = $1", shop.id
    )
    await superuser.execute("SET session_replication_role = origin")
    again = await claim(desk, shop.id)
    assert again is not None
    assert again.attempts == 2
    done = Settled(StepState.DONE, {"rows": 2})
    await settle(desk, taken[0], done)
    assert (await planned(desk, request))[0].state is StepState.RUNNING
    await settle(desk, again, done)
    await settle(desk, again, Settled(StepState.REFUSED, why="Too late."))
    assert (await planned(desk, request))[0].evidence == {"rows": 2}


async def test_a_failure_says_why_and_when_and_can_be_tried_at_once(
    desk: Desk, superuser: asyncpg.Connection
) -> None:
    await connect(desk, "shop", "SQL")
    request = await desk.receive(await customer(desk), "RESTRICTION")
    [shop] = [each for each in await planned(desk, request) if each.name == "shop"]
    taken = await claim(desk, shop.id)
    assert taken is not None

    async def fail(act: Act) -> Request:
        failed = Settled(
            StepState.FAILED, why="The shop did not answer.", next_at=trying.next_try(act.at, taken.attempts)
        )
        return await fulfilling.settle(act, taken.id, taken.attempts, failed)

    await desk.firm.hub.perform(WORKER, Operation.REQUEST_FULFIL, fail)
    [failed] = [each for each in await planned(desk, request) if each.name == "shop"]
    assert (failed.state, failed.why) == (StepState.FAILED, "The shop did not answer.")
    assert failed.next_at is not None
    assert await claim(desk, shop.id) is None
    waiting = "SELECT count(*) FROM procrastinate_jobs WHERE args ->> 'step_id' = $1 AND status = 'todo'"
    before = await superuser.fetchval(waiting, str(shop.id))
    await desk.do(handling.retry, shop.id)
    assert await superuser.fetchval(waiting, str(shop.id)) == before + 1
    assert await claim(desk, shop.id) is not None


@pytest.mark.parametrize(
    ("state", "given", "code", "path"),
    [
        ("DONE", {}, Code.INVALID, ("rows",)),
        ("DONE", {"rows": 0}, Code.INVALID, ("rows",)),
        ("FAILED", {}, Code.INVALID, ("state",)),
        ("PERHAPS", {}, Code.INVALID, ("state",)),
        ("REFUSED", {}, Code.INVALID, ("why",)),
    ],
)
async def test_by_hand_nothing_is_done_without_a_proof(
    desk: Desk, state: str, given: dict[str, Any], code: Code, path: tuple[str, ...]
) -> None:
    request = await desk.receive(await customer(desk), "RESTRICTION")
    [elsewhere, own] = await planned(desk, request)
    await desk.refused(code, path, lambda: desk.do(fulfilling.settle_by_hand, elsewhere.id, state, **given))
    await desk.refused(
        Code.CONFLICT, ("step",), lambda: desk.do(fulfilling.settle_by_hand, own.id, "DONE", rows=1)
    )


async def test_a_step_of_another_firm_is_absent(desk: Desk, other_desk: Desk) -> None:
    request = await other_desk.receive(await customer(other_desk), "RESTRICTION")
    [elsewhere, _] = await planned(other_desk, request)
    for step_id in (elsewhere.id, new_id()):
        await desk.refused(
            Code.NOT_FOUND, ("step",), lambda s=step_id: desk.do(fulfilling.settle_by_hand, s, "DONE", rows=1)
        )
