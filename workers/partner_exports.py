"""What workers do for partners' exports: make them, take up what a killed worker left, let old files go."""

from functools import partial
from uuid import UUID

from hub import storage
from hub.act import Hub
from hub.actors import WORKER, Operation
from hub.errors import Refusal
from hub.partners import exports, producing
from workers.door import PASSING, task


@task("partner_exports.run")
async def run(hub: Hub, export_id: UUID) -> None:
    """Make an export, or what is missing of it; what is refused for good ends it, with the reason."""
    async with hub.ask(WORKER, Operation.EXPORT_MAKE) as ask:
        export = await exports.found(ask, export_id)
    if export is None:
        return
    try:
        await _make(hub, export)
    except Refusal as refusal:
        if refusal.code in PASSING:
            raise
        failing = partial(producing.fail, export_id=export_id, code=refusal.code)
        await _drop(hub, await hub.perform(WORKER, Operation.EXPORT_MAKE, failing))


@task("partner_exports.resume", cron="*/5 * * * *")
async def resume(hub: Hub) -> None:
    """Have those made whose job was lost."""
    while await hub.perform(WORKER, Operation.EXPORT_MAKE, exports.set_off_left) == exports.GONE_AT_A_TIME:
        pass


@task("partner_exports.expire", cron="47 * * * *")
async def expire(hub: Hub) -> None:
    """Delete the files that have had their time."""
    while places := await hub.perform(WORKER, Operation.EXPORT_MAKE, exports.expire):
        await _drop(hub, places)


async def _make(hub: Hub, export: exports.Export) -> None:
    job = await hub.perform(
        export.on_behalf, Operation.EXPORT_MAKE, partial(producing.begin, export_id=export.id)
    )
    if job is not None:
        await producing.produce(hub, job)
        await producing.finish(hub, job)


async def _drop(hub: Hub, places: list[str]) -> None:
    for place in places:
        await storage.drop(hub, place)
