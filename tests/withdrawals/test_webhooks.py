"""A partner's endpoint is told that there is something to read, once it is there to be read."""

import json

from hub import asgi
from hub.act import Hub
from hub.readiness import Readiness
from tests.partner.partner import invite
from tests.partner.receiver import receiving
from tests.partner.telling import delivering, until, verified
from tests.withdrawals.test_schema import entries
from tests.withdrawals.yard import SURVEYOR, Yard


async def test_an_endpoint_hears_of_new_entries_and_of_nobody_elses(yard: Yard) -> None:
    here = yard.hub.settings.model_copy(update={"partner_own_networks": True})
    yard.hub = Hub(here, yard.hub.database, yard.hub.vault)
    site = asgi.create_app(yard.hub, Readiness(yard.hub, []))
    partner = await invite(yard.hub, site, yard.world, SURVEYOR)
    other = await invite(yard.hub, site, yard.world, "quay-inspections")
    async with receiving() as receiver, receiving() as elsewhere:
        await verified(yard.hub, partner, receiver)
        await verified(yard.hub, other, elsewhere)
        customer_id = await yard.sent()
        await yard.choose(customer_id, stops_sharing=True)
        await yard.settle()
        async with delivering(yard.hub):
            await until(lambda: receiver.of("withdrawals.available"))
        [(_, body)] = receiver.of("withdrawals.available")
        assert str(customer_id) not in body.decode()
        assert json.loads(body)["data"] == {}
        assert len(await entries(partner)) == 1
        assert elsewhere.of("withdrawals.available") == []
