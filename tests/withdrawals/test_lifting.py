"""What was only to be stopped may be used again once the reason is over; a correction comes with the new values."""

from dataclasses import replace
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from hub import pairwise, profiles
from hub.act import Hub
from hub.actors import OPERATOR, Operation, Role
from hub.db import new_id
from hub.partners import retaining
from hub.rights.states import State
from tests.domain.firm import Firm
from tests.rights.desk import Desk
from tests.rights.test_disclosures import fulfilled
from tests.rights.test_fulfilling import work
from tests.withdrawals.test_acknowledging import signs_in
from tests.withdrawals.yard import SURVEY, Yard, partner_of
from tests.world import build_world


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


LIFTED = """
    SELECT count(*) FROM ledger_entry e JOIN ledger_detail d ON d.entry_id = e.id
    WHERE e.event = 'withdrawal.lifted' AND d.subject = $1
"""


async def may(yard: Yard, customer_id: UUID) -> tuple[str, ...]:
    """For which purposes the surveyor may use what it holds of a customer."""
    assert yard.partner.recipient_id
    named = pairwise.shown(yard.hub, yard.partner.recipient_id, customer_id)
    reader = replace(yard.partner, roles=yard.partner.roles | {Role("partner:read")})
    async with yard.hub.ask(reader, Operation.PARTNER_READ) as ask:
        [found] = await retaining.may_keep(ask, [named])
    return found.purposes


async def test_when_a_restriction_ends_it_may_be_used_and_the_next_one_is_told_again(
    yard: Yard, superuser: asyncpg.Connection
) -> None:
    customer_id = await yard.sent()
    assert await may(yard, customer_id) == (SURVEY,)
    await yard.restrict(customer_id)
    assert (await yard.told(customer_id), await may(yard, customer_id)) == (["STOP"], ())
    await yard.restrict(customer_id, is_restricted=False)
    assert (await yard.told(customer_id), await may(yard, customer_id)) == (["STOP"], (SURVEY,))
    assert await superuser.fetchval(LIFTED, customer_id) == 1
    await yard.settle()
    assert await superuser.fetchval(LIFTED, customer_id) == 1
    await yard.restrict(customer_id)
    assert (await yard.told(customer_id), await may(yard, customer_id)) == (["STOP", "STOP"], ())
    await yard.choose(customer_id, stops_sharing=True)
    await yard.restrict(customer_id, is_restricted=False)
    assert (await yard.told(customer_id), await may(yard, customer_id)) == (["STOP", "STOP", "FORGET"], ())


async def test_what_was_to_be_forgotten_cannot_be_lifted(yard: Yard, superuser: asyncpg.Connection) -> None:
    customer_id = await yard.sent()
    await yard.choose(customer_id, stops_sharing=True)
    assert await yard.told(customer_id) == ["FORGET"]
    with pytest.raises(asyncpg.PostgresError, match="stays forgotten"):
        async with yard.hub.act(OPERATOR, Operation.HUB_MAINTAIN) as act:
            await act.execute("DELETE FROM disclosure_end")
    assert await superuser.fetchval("SELECT count(*) FROM disclosure_end") >= 1


async def test_what_a_request_stops_is_not_lifted_before_the_record_has_followed(
    yard: Yard, desk: Desk, superuser: asyncpg.Connection
) -> None:
    customer_id = await yard.sent()
    request = await fulfilled(desk, superuser, customer_id, "RESTRICTION", tells_recipients=True)
    await yard.know(
        customer_id, "1 Mill Lane"
    )  # everything is asked again, and the record is not restricted yet
    assert (await yard.told(customer_id), await may(yard, customer_id)) == (["STOP"], ())
    await work(desk, request)
    assert (await yard.told(customer_id), await may(yard, customer_id)) == (["STOP"], ())


async def test_a_correction_is_told_once_and_by_the_act_that_wrote_the_new_value(
    yard: Yard, desk: Desk, superuser: asyncpg.Connection
) -> None:
    customer_id = await yard.customer()
    await yard.know(customer_id, "1 Mill Lane")
    await yard.disclose(customer_id)
    asked = {"changes": {"address": "2 Mill Lane"}, "tells_recipients": True}
    request = await fulfilled(desk, superuser, customer_id, "RECTIFICATION", **asked)
    assert "CORRECT" not in await yard.told(customer_id)
    await work(desk, request)
    assert (await yard.told(customer_id)).count("CORRECT") == 1
    last = "SELECT act_id FROM ledger_entry WHERE event = $1 ORDER BY sequence DESC LIMIT 1"
    made, changed = [
        await superuser.fetchval(last, event) for event in ("withdrawal.made", "profile.changed")
    ]
    assert made == changed
    async with yard.hub.ask(OPERATOR, Operation.REQUEST_READ) as ask:
        shown = await profiles.opened(ask, customer_id, yard.firm)
    assert [each.value for each in shown.profile if each.field == "address"] == ["2 Mill Lane"]
    assert (await desk.read(request)).state is State.FULFILLING
