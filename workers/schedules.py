"""What comes up by itself: forgetting what has had its time."""

from typing import Final

import structlog

from hub import idempotency, jobs, storage
from hub.act import Act, Hub
from hub.actors import WORKER, Operation
from hub.auth import tokens
from hub.rights import attachments
from workers.door import task

FAILED_JOBS_DAYS: Final = 30

log = structlog.get_logger(__name__)


@task("hub.sweep", cron="17 * * * *")
async def sweep(hub: Hub) -> None:
    """Forget tokens and idempotent answers that have expired, files never sent, and jobs that ended long ago."""
    tokens_gone = await hub.perform(WORKER, Operation.HUB_MAINTAIN, tokens.forget_expired)
    answers_gone = await hub.perform(WORKER, Operation.HUB_MAINTAIN, _forget_answers)
    files_gone = await _discard_unsent(hub)
    async with hub.database.writing() as session:
        jobs_gone = await jobs.forget_ended(session, FAILED_JOBS_DAYS)
    log.info("hub.swept", amount=tokens_gone + answers_gone + files_gone + jobs_gone)


@task("storage.sweep", cron="47 * * * *")
async def sweep_storage(hub: Hub) -> None:
    """Remove files that a crash left behind, and those that nobody needs any more."""
    log.info("storage.swept", amount=await storage.sweep(hub))


async def _discard_unsent(hub: Hub) -> int:
    """Remove all files never sent, so many at a time; returns how many they were."""
    gone = 0
    while several := await hub.perform(WORKER, Operation.HUB_MAINTAIN, attachments.discard_unsent):
        await attachments.drop(hub, several)
        gone += len(several)
    return gone


async def _forget_answers(act: Act) -> int:
    return await idempotency.forget_expired(act)
