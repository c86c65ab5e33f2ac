"""What workers do for packages: build them, take up what a killed worker left, and delete what has had its time."""

from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID

from hub import storage
from hub.act import Act, Ask, Hub
from hub.actors import WORKER, Operation
from hub.db import new_id
from hub.packaging.building import Builder, plan
from hub.rights import packages, requests
from hub.rights.packages import Package
from workers.door import task


@task("packages.build")
async def build(hub: Hub, package_id: UUID) -> None:
    """Build a package, unless another has replaced it."""
    await _build(hub, partial(packages.building, package_id=package_id))


async def build_begun(hub: Hub, request_id: UUID) -> None:
    """Build the package of a request that was begun and has no job of its own, if there is one."""
    await _build(hub, partial(packages.begun, request_id=request_id))


async def _build(hub: Hub, find: Callable[[Ask], Awaitable[Package | None]]) -> None:
    """Build a package into the storage, then let it count; what was overtaken meanwhile is removed."""
    async with hub.ask(WORKER, Operation.REQUEST_FULFIL, is_planned_once=True) as ask:
        package = await find(ask)
        if package is None:
            return
        made = await plan(ask, await requests.read(ask, package.request_id))
    builder = Builder(hub, made)
    place = f"requests/{package.request_id}/packages/{new_id()}"
    stored = await storage.keep(hub, place, made.key, builder.stream())

    async def settle(act: Act) -> bool:
        return await packages.built(act, package, stored, builder.manifest, builder.files)

    if not await hub.perform(WORKER, Operation.REQUEST_FULFIL, settle):
        await storage.drop(hub, stored.place)


@task("packages.resume", cron="*/5 * * * *")
async def resume(hub: Hub) -> None:
    """Have those built whose job was lost."""
    while (
        await hub.perform(WORKER, Operation.REQUEST_FULFIL, packages.set_off_left) == packages.GONE_AT_A_TIME
    ):
        pass


@task("packages.expire", cron="33 * * * *")
async def expire(hub: Hub) -> None:
    """Delete what the customer was told is deleted by now, and what nobody can get any more."""
    while places := await hub.perform(WORKER, Operation.REQUEST_FULFIL, packages.expire):
        for place in places:
            await storage.drop(hub, place)
