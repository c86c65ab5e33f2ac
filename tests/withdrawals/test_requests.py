"""Past recipients that sign in are told of a request by their feed, and their answer settles its step."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
import pytest_asyncio

from hub.act import Hub
from hub.actors import Operation, Role
from hub.db import new_id
from hub.partners import acknowledging
from hub.partners.acknowledging import Answer
from hub.rights import fulfilling
from hub.rights.outcomes import Step
from hub.rights.requests import Request
from hub.rights.states import State
from tests.domain.firm import Firm
from tests.rights.desk import Desk
from tests.rights.test_disclosures import fulfilled
from tests.rights.test_fulfilling import by_hand, planned, work
from tests.withdrawals.test_acknowledging import signs_in
from tests.withdrawals.yard import Yard, partner_of
from tests.world import build_world
from workers import rights as worker

LATER = datetime.now(UTC).date() + timedelta(days=400)
WAITING = "SELECT args ->> 'step_id' AS id FROM procrastinate_jobs WHERE task_name = 'rights.told' AND status = 'todo'"


@pytest_asyncio.fixture
async def yard(hub: Hub) -> Yard:
    """A firm whose surveyor signs in."""
    world = await build_world(hub)
    made = Yard(hub, world, partner_of(world))
    await signs_in(made)
    return made


@pytest.fixture
def desk(yard: Yard) -> Desk:
    """Its desk."""
    app = replace(yard.world.app(), roles=frozenset({Role.CUSTOMERS_WRITE, Role.DECIDE}))
    return Desk(Firm(yard.hub, yard.firm, app, [], [], {}, new_id(), new_id()))


async def surveyors(desk: Desk, request: Request) -> Step:
    """The surveyor's step."""
    [found] = [each for each in await planned(desk, request) if each.name == "Moor Surveys"]
    return found


async def elsewhere(desk: Desk, request: Request) -> None:
    """Do all other steps."""
    step = await surveyors(desk, request)
    for each in await planned(desk, request):
        if each.kind == "MANUAL" and each.id != step.id and each.ended_at is None:
            await desk.do(fulfilling.settle_by_hand, each.id, "DONE", rows=1)
    await work(desk, request)


async def hear(yard: Yard, superuser: asyncpg.Connection, step: Step) -> None:
    """Do the job that the acknowledgement left."""
    waiting = [row["id"] for row in await superuser.fetch(WAITING)]
    assert str(step.id) in waiting
    await worker.told(yard.hub, step.id)


async def test_a_deletion_waits_for_what_the_partner_acknowledges(
    yard: Yard, desk: Desk, superuser: asyncpg.Connection
) -> None:
    customer_id = await yard.sent()
    request = await fulfilled(desk, superuser, customer_id, "DELETION")
    [entry] = await yard.about(customer_id)
    assert (entry.withdrawal.kind, entry.withdrawal.reason) == ("FORGET", "RIGHTS_REQUEST")
    await elsewhere(desk, request)
    step = await surveyors(desk, request)
    assert (step.kind, step.state, (await desk.read(request)).state) == (
        "MANUAL",
        "WAITING",
        State.FULFILLING,
    )
    await yard.acknowledge(Answer(entry.withdrawal.id, "DONE"))
    await hear(yard, superuser, step)
    settled = await surveyors(desk, request)
    assert (settled.state, settled.evidence) == ("DONE", {"by": "FEED", "rows": 1})
    await work(desk, request)
    assert len(await yard.about(customer_id)) == 1, "erased by now, and told once"
    assert (await desk.read(request)).state is State.ANSWERED


async def test_two_answers_at_once_settle_the_step_that_waits_for_both(
    yard: Yard, desk: Desk, superuser: asyncpg.Connection
) -> None:
    customer_id = await yard.customer()
    await yard.know(customer_id, "1 Mill Lane")
    await yard.disclose(customer_id)
    await yard.know(customer_id, "2 Mill Lane")
    await yard.settle()
    request = await fulfilled(desk, superuser, customer_id, "DELETION")
    one, other = await yard.about(customer_id)
    assert {one.withdrawal.kind, other.withdrawal.kind} == {"CORRECT", "FORGET"}
    async with yard.hub.act(yard.partner, Operation.WITHDRAWAL_ACKNOWLEDGE) as act:
        await acknowledging.acknowledge(act, [Answer(one.withdrawal.id, "DONE")])
        await yard.acknowledge(Answer(other.withdrawal.id, "DONE"))
    await hear(yard, superuser, await surveyors(desk, request))
    assert (await surveyors(desk, request)).state == "DONE"


async def test_what_the_partner_keeps_leaves_the_request_partly_answered(
    yard: Yard, desk: Desk, superuser: asyncpg.Connection
) -> None:
    customer_id = await yard.sent()
    request = await fulfilled(desk, superuser, customer_id, "DELETION")
    await elsewhere(desk, request)
    [entry] = await yard.about(customer_id)
    await yard.acknowledge(Answer(entry.withdrawal.id, "KEPT", "LEGAL_DUTY", LATER))
    await hear(yard, superuser, await surveyors(desk, request))
    await work(desk, request)
    assert (await surveyors(desk, request)).why == f"They keep some of it: LEGAL_DUTY until {LATER}."
    assert (await desk.read(request)).state is State.PARTLY_ANSWERED


async def test_a_correction_is_told_and_whoever_has_forgotten_everything_has_nothing_to_do(
    yard: Yard, desk: Desk, superuser: asyncpg.Connection
) -> None:
    customer_id = await yard.sent()
    asked = {"changes": {"name": "Grace"}, "tells_recipients": True}
    request = await fulfilled(desk, superuser, customer_id, "RECTIFICATION", **asked)
    await work(desk, request)
    told = [each.withdrawal for each in await yard.about(customer_id)]
    assert {str(each.kind) for each in told} == {"STOP", "CORRECT"}, "restricted while it is looked into"
    await yard.acknowledge(*(Answer(each.id, "DONE") for each in told))
    await hear(yard, superuser, await surveyors(desk, request))
    assert (await surveyors(desk, request)).state == "DONE"
    await by_hand(desk, request, "NOTHING")
    await work(desk, request)
    await yard.choose(customer_id, stops_sharing=True)
    entries = [each.withdrawal.id for each in await yard.about(customer_id)]
    await yard.acknowledge(*(Answer(each, "DONE") for each in entries))
    deletion = await fulfilled(desk, superuser, customer_id, "DELETION")
    await hear(yard, superuser, await surveyors(desk, deletion))
    assert (await surveyors(desk, deletion)).state == "NOTHING"
