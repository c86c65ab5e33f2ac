"""Telling a partner things in tests: register, announce, seal, deliver, and look what came of it."""

import asyncio
import inspect
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from hub.act import Hub
from hub.actors import OPERATOR, WORKER, Operation
from hub.sealing import seal_once
from hub.webhooks import announcing, endpoints
from hub.webhooks.types import Type
from tests.partner.partner import Partner
from tests.partner.receiver import Receiver
from tests.world import World
from workers import webhooks

ADD = """
    mutation ($input: WebhookAddInput!) { webhookAdd(input: $input) {
        endpoint { id verifiedAt } secret publicKey problems { code path message } } }
"""
SEEN = "query ($id: ID!) { webhook(id: $id) { verifiedAt failingSince disabledAt disabledWhy types url } }"
TOLD = """
    query ($id: ID!, $state: WebhookDeliveryState) { webhookDeliveries(endpoint: $id, state: $state) {
        edges { node { deliveryId messageId type state attempts dueAt status problem } } } }
"""
WITHDRAWALS = Type.WITHDRAWALS_AVAILABLE


@asynccontextmanager
async def delivering(hub: Hub) -> AsyncGenerator[None]:
    """Deliver and seal, as processes of the hub do."""
    stop = asyncio.Event()

    async def sealing() -> None:
        while not stop.is_set():
            await seal(hub)
            await asyncio.sleep(0.05)

    running = [asyncio.create_task(webhooks.deliver(hub, stop)), asyncio.create_task(sealing())]
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(asyncio.gather(*running), 60)


async def seal(hub: Hub) -> None:
    async with hub.database.sealer() as connection:
        while await seal_once(connection, hub.vault.keyring):
            pass  # of a database that other tests have filled, one round is not all


async def silence(hub: Hub) -> None:
    """End all that listens, whoever began it: what is due is claimed for whomever it is."""
    async with hub.act(OPERATOR, Operation.WEBHOOK_MANAGE) as act:
        for row in await act.rows("SELECT id FROM webhook_endpoint WHERE disabled_at IS NULL"):
            await endpoints.disable(act, row["id"], endpoints.Why.REMOVED)


async def until(seen: Callable[[], Any], seconds: float = 60.0) -> Any:
    """Wait until something is so."""
    async with asyncio.timeout(seconds):
        while True:
            found: Any = seen()
            if inspect.isawaitable(found):
                found = await found
            if found:
                return found
            await asyncio.sleep(0.05)


async def added(partner: Partner, url: str, *types: str) -> dict[str, Any]:
    """Register an endpoint."""
    given = {"url": url, "types": list(types or (WITHDRAWALS,))}
    made = (await partner.ask(ADD, input=given))["webhookAdd"]
    assert made["problems"] == []
    return made


async def verified(hub: Hub, partner: Partner, receiver: Receiver, *types: str) -> dict[str, Any]:
    """Register an endpoint, and let it show that it is willing."""
    made = await added(partner, receiver.url, *types)
    async with delivering(hub):
        await until(lambda: is_verified(partner, made))
    return made


async def is_verified(partner: Partner, made: Mapping[str, Any]) -> bool:
    return (await partner.ask(SEEN, id=made["endpoint"]["id"]))["webhook"]["verifiedAt"] is not None


async def announce(hub: Hub, world: World, partner: Partner, kind: Type = WITHDRAWALS, **more: Any) -> int:
    async with hub.act(WORKER, Operation.HUB_MAINTAIN) as act:
        told = await announcing.announce(
            act, world.organisation.id, kind, {"n": 1}, recipient_id=partner.recipient_id, **more
        )
        await act.record("test.announced")
    return told


async def told(partner: Partner, made: Mapping[str, Any], state: str | None = None) -> list[dict[str, Any]]:
    page = await partner.ask(TOLD, id=made["endpoint"]["id"], state=state)
    return [each["node"] for each in page["webhookDeliveries"]["edges"]]


async def problem_of(partner: Partner, made: Mapping[str, Any]) -> str | None:
    return (await told(partner, made))[0]["problem"]


async def ended(partner: Partner, made: Mapping[str, Any]) -> bool:
    return not await told(partner, made, "WAITING")


async def disabled(partner: Partner, made: Mapping[str, Any]) -> str | None:
    return (await partner.ask(SEEN, id=made["endpoint"]["id"]))["webhook"]["disabledWhy"]


@asynccontextmanager
async def delivering_without_end(hub: Hub) -> AsyncGenerator[None]:
    """As `delivering`, cut off at the end as by a kill."""
    stop = asyncio.Event()

    async def sealing() -> None:
        while True:
            await seal(hub)
            await asyncio.sleep(0.05)

    running = [asyncio.create_task(webhooks.deliver(hub, stop)), asyncio.create_task(sealing())]
    try:
        yield
    finally:
        for each in running:
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)
