"""Steps of requests that rest, that are refused in part, and whose customer is gone meanwhile."""

from datetime import UTC, datetime, timedelta

import asyncpg

from hub import merges
from hub.actors import OPERATOR, Operation
from hub.errors import Code
from hub.rights import conduct, fulfilling, handling
from hub.rights.outcomes import Settled, StepState
from hub.rights.states import State
from tests.rights.desk import Desk
from tests.rights.test_fulfilling import (
    by_hand,
    claim,
    connect,
    cooled,
    counts,
    customer,
    planned,
    settle,
    work,
)
from workers import rights


async def test_nothing_is_done_for_a_request_that_is_held_and_it_goes_on_where_it_was(
    desk: Desk, superuser: asyncpg.Connection
) -> None:
    customer_id = await customer(desk)
    request = await desk.receive(customer_id, "DELETION")
    await desk.do(fulfilling.approve, request.id)
    await cooled(desk, superuser, request)
    await by_hand(desk, request)
    await desk.do(conduct.hold, request.id, "LEGAL_CLAIM")
    await work(desk, request)
    living = "SELECT erased_at IS NULL FROM customer WHERE id = $1"
    assert await superuser.fetchval(living, customer_id)
    assert (await planned(desk, request))[-1].state is StepState.WAITING
    await desk.do(conduct.resume, request.id)
    await work(desk, request)
    assert (await desk.read(request)).state is State.ANSWERED
    assert not await superuser.fetchval(living, customer_id)


async def test_a_step_that_is_tried_again_while_a_request_is_held_is_done_when_it_goes_on(
    desk: Desk, superuser: asyncpg.Connection
) -> None:
    await connect(desk, "shop", "SQL")
    request = await desk.receive(await customer(desk), "RESTRICTION")
    [shop] = [each for each in await planned(desk, request) if each.name == "shop"]
    taken = await claim(desk, shop.id)
    assert taken is not None
    failed = Settled(StepState.FAILED, why="Away.", next_at=datetime.now(UTC) + timedelta(hours=6))
    await settle(desk, taken, failed)
    await desk.do(conduct.hold, request.id, "LEGAL_CLAIM")
    await desk.do(handling.retry, shop.id)
    assert await claim(desk, shop.id) is None
    of_it = "procrastinate_jobs WHERE args ->> 'step_id' = $1"
    await superuser.execute(f"DELETE FROM {of_it}", str(shop.id))
    await rights.resume(desk.firm.hub)
    assert await superuser.fetchval(f"SELECT count(*) FROM {of_it}", str(shop.id)) == 0
    await desk.do(conduct.resume, request.id)
    await rights.resume(desk.firm.hub)
    assert await superuser.fetchval(f"SELECT count(*) FROM {of_it}", str(shop.id)) == 1
    assert await claim(desk, shop.id) is not None


async def test_what_ended_while_a_request_was_paused_moves_it_on_when_it_is_resumed(desk: Desk) -> None:
    request = await desk.receive(await customer(desk), "ACCESS")
    await work(desk, request)
    await desk.do(conduct.pause, request.id, "CLARIFICATION", "Which account do you mean?")
    await by_hand(desk, request)
    assert (await desk.read(request)).state is State.PAUSED
    assert (await desk.do(conduct.resume, request.id)).state is State.DECIDING


async def test_of_a_person_with_two_records_both_are_found_and_erased(
    desk: Desk, superuser: asyncpg.Connection
) -> None:
    one, other = [await customer(desk) for _ in range(2)]
    async with desk.firm.hub.act(OPERATOR, Operation.CUSTOMER_MERGE) as act:
        survivor = await merges.merge(act, one, other, desk.firm.id)
    request = await desk.receive(survivor, "ACCESS")
    await work(desk, request)
    assert {"identifiers": 2, "profile.identity": 2}.items() <= counts(
        (await planned(desk, request))[-1]
    ).items()
    deletion = await desk.receive(survivor, "DELETION")
    await desk.do(fulfilling.approve, deletion.id)
    await cooled(desk, superuser, deletion)
    await by_hand(desk, deletion)
    await work(desk, deletion)
    keys = "SELECT count(*) FROM keys.customer_key WHERE customer_id = ANY ($1)"
    assert await superuser.fetchval(keys, [one, other]) == 0


async def test_a_part_is_not_refused_before_the_rest_is_done(desk: Desk) -> None:
    request = await desk.receive(await customer(desk), "DELETION")
    await desk.refused(
        Code.CONFLICT,
        ("request",),
        lambda: desk.do(conduct.refuse, request.id, "STILL_NEEDED", "We keep your invoices.", is_part=True),
    )


async def test_what_is_still_open_when_a_customer_is_erased_can_end(
    desk: Desk, superuser: asyncpg.Connection
) -> None:
    customer_id = await customer(desk)
    correction = await desk.receive(customer_id, "RECTIFICATION", changes={"name": "Anna"})
    refused = await desk.receive(customer_id, "RESTRICTION")
    deletion = await desk.receive(customer_id, "DELETION")
    await desk.do(fulfilling.approve, correction.id)
    await desk.do(fulfilling.approve, deletion.id)
    await cooled(desk, superuser, deletion)
    await by_hand(desk, deletion)
    await work(desk, deletion)
    assert (await desk.read(deletion)).state is State.ANSWERED
    for each in (correction, refused):
        await by_hand(desk, each, "NOTHING")
        await work(desk, each)
        assert (await desk.read(each)).state is State.ANSWERED
