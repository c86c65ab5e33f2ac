"""Keys that partners publish, fetched every few minutes: one job for each, so that a slow address delays no other."""

import json
from typing import Final
from uuid import UUID

from hub.act import Act, Hub
from hub.actors import WORKER, Operation
from hub.outbound import Outbound, Unreached, Unwanted
from hub.partners import addresses, fetching
from hub.partners.fetching import Unusable
from workers.door import task

AT_ONCE: Final = 500
FINE: Final = 200


@task("partners.keys", cron="*/5 * * * *")
async def fetch_all(hub: Hub) -> None:
    """Let the keys of every client that publishes its own be fetched."""
    after: UUID | None = None
    while True:
        async with hub.ask(WORKER, Operation.HUB_MAINTAIN) as ask:
            found = await fetching.due(ask, after, AT_ONCE)
        for each in found:
            await _defer(hub, each)
        if len(found) < AT_ONCE:
            return
        after = found[-1]


async def _defer(hub: Hub, client_id: UUID) -> None:
    async with hub.database.writing() as session:
        await addresses.fetch_soon(session, client_id)


@task(addresses.FETCH)
async def fetch(hub: Hub, client: UUID) -> None:
    """Fetch the keys of one client, and let them count."""
    async with hub.ask(WORKER, Operation.HUB_MAINTAIN) as ask:
        address = await fetching.address(ask, client)
    if address is None:
        return
    try:
        published = fetching.parse(await _read(hub, address))
    except Unusable as unusable:
        problem = unusable.code

        async def fail(act: Act) -> None:
            await fetching.fail(act, client, problem)

        await hub.perform(WORKER, Operation.HUB_MAINTAIN, fail)
        return
    await hub.perform(WORKER, Operation.HUB_MAINTAIN, lambda act: fetching.settle(act, client, published))


async def _read(hub: Hub, address: str) -> object:
    """What stands there. Raises Unusable."""
    outbound = Outbound(addresses.rules(hub.settings))
    try:
        async with outbound.open(
            "GET", address, headers={"accept": "application/json"}, seconds=fetching.SECONDS
        ) as answer:
            if answer.status != FINE:
                raise Unusable("NOT_ANSWERED_WITH_200")
            return json.loads(await answer.read(fetching.BYTES_MOST))
    except Unwanted:
        raise Unusable("ADDRESS_NOT_OF_THE_OPEN_INTERNET") from None
    except Unreached:
        raise Unusable("NO_ANSWER") from None
    except (ValueError, RecursionError):
        raise Unusable("NOT_JSON") from None
    finally:
        await outbound.close()
