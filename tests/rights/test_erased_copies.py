"""An erasure takes the copies with it that lie under the keys of the person's other requests."""

import asyncpg

from hub.errors import Code
from hub.rights import conduct, fulfilling, packages
from hub.rights.packages import Access
from hub.rights.requests import Request
from hub.rights.states import State
from tests.domain.firm import email
from tests.rights.copies import anna, copied, package_of, parts_of
from tests.rights.desk import Desk
from tests.rights.test_fulfilling import by_hand, cooled, work

_NOTED = "SELECT count(*) FROM stored_object WHERE place LIKE 'requests/' || $1::uuid || '/%'"


async def erased(desk: Desk, superuser: asyncpg.Connection, request: Request) -> None:
    """Have the person of a request deleted, to the end."""
    assert request.customer_id is not None
    deletion = await desk.receive(request.customer_id, "DELETION")
    await desk.do(fulfilling.approve, deletion.id)
    await cooled(desk, superuser, deletion)
    await by_hand(desk, deletion)
    await work(desk, deletion)
    assert (await desk.read(deletion)).state is State.ANSWERED


async def test_a_copy_that_waits_goes_and_its_request_can_end_without_it(
    desk: Desk, superuser: asyncpg.Connection
) -> None:
    request, other = [
        await desk.receive(each, "ACCESS")
        for each in (await anna(desk), await desk.firm.customer(identifiers=[email("bert@example.com")]))
    ]
    for each in (request, other):
        assert (await copied(desk, each)).state is Access.BUILT
    await erased(desk, superuser, request)
    assert (await package_of(desk, request)).state is Access.EXPIRED
    assert await parts_of(desk, request) == []
    assert await superuser.fetchval(_NOTED, request.id) == 0
    await desk.refused(
        Code.NOT_FOUND, ("request",), lambda: desk.do(packages.opened, request.id, (Access.BUILT,))
    )
    assert ((await package_of(desk, other)).state, len(await parts_of(desk, other))) == (Access.BUILT, 1)
    assert (await desk.do(conduct.answer, request.id, "It was deleted.")).state is State.ANSWERED
    assert (await package_of(desk, request)).state is Access.EXPIRED
    last = "SELECT template FROM letter WHERE request_id = $1 ORDER BY id DESC LIMIT 1"
    assert await superuser.fetchval(last, request.id) == "rights_answered"


async def test_a_copy_that_was_released_goes_too(desk: Desk, superuser: asyncpg.Connection) -> None:
    request = await desk.receive(await anna(desk), "ACCESS")
    await copied(desk, request)
    await desk.do(conduct.answer, request.id, "Here it is.")
    assert (await package_of(desk, request)).state is Access.RELEASED
    await erased(desk, superuser, request)
    assert (await package_of(desk, request)).state is Access.EXPIRED
    assert await superuser.fetchval(_NOTED, request.id) == 0
    await desk.refused(Code.NOT_FOUND, ("request",), lambda: desk.do(packages.opened, request.id))
