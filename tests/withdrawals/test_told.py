"""A partner that listens is told that there is something to forget, once for all that was placed together."""

import orjson
import pytest
from standardwebhooks import Webhook
from starlette.applications import Starlette

from hub import asgi
from hub.act import Act, Hub
from hub.actors import Actor, Operation, Role
from hub.readiness import Readiness
from hub.webhooks import deliveries, endpoints
from hub.webhooks.types import Type
from tests.partner.partner import invite
from tests.partner.receiver import receiving
from tests.partner.telling import silence
from tests.withdrawals.yard import SURVEYOR, Yard
from workers import webhooks


@pytest.fixture
def open_hub(yard: Yard) -> Hub:
    """The hub, where partners' addresses may be of this machine."""
    settings = yard.hub.settings.model_copy(update={"partner_own_networks": True})
    return Hub(settings, yard.hub.database, yard.hub.vault)


async def test_what_is_placed_is_told_to_whom_it_concerns_without_saying_whom_it_is_about(
    yard: Yard, open_hub: Hub
) -> None:
    site: Starlette = asgi.create_app(open_hub, Readiness(open_hub, []))
    partner = await invite(open_hub, site, yard.world, SURVEYOR)
    me = Actor(
        "partner", partner.client_id, yard.world.organisation.id, None, frozenset({Role.PARTNER_WEBHOOKS})
    )
    await silence(open_hub)
    async with receiving() as receiver:

        async def register(act: Act) -> endpoints.Secrets:
            return (await endpoints.add(act, receiver.url, [Type.WITHDRAWALS_AVAILABLE]))[1]

        secrets = await open_hub.perform(me, Operation.WEBHOOK_MANAGE, register)
        await yard.settle()
        [asked] = await deliveries.claim(open_hub, 10, failing=False)
        assert (await webhooks.send_one(open_hub, asked)).is_done
        people = [await yard.sent() for _ in range(3)]
        for each in people:
            await yard.choose(each, stops_sharing=True)
        await yard.settle()
        await yard.settle()
        [told] = await deliveries.claim(open_hub, 10, failing=False)
        assert (await webhooks.send_one(open_hub, told)).is_done
        [(headers, body)] = receiver.of(Type.WITHDRAWALS_AVAILABLE)
    assert Webhook(secrets.hmac).verify(body, headers)["data"] == {}
    assert not any(str(each).encode() in body for each in people)
    assert orjson.loads(body)["type"] == "withdrawals.available"
