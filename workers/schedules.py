"""What comes up by itself: forgetting what has had its time."""

from typing import Final

import structlog

from hub import idempotency, jobs
from hub.act import Act, Hub
from hub.actors import WORKER, Operation
from hub.auth import tokens
from workers.door import task

FAILED_JOBS_DAYS: Final = 30

log = structlog.get_logger(__name__)


@task("hub.sweep", cron="17 * * * *")
async def sweep(hub: Hub) -> None:
    """Forget tokens and idempotent answers that have expired, and jobs that ended long ago."""
    tokens_gone = await hub.perform(WORKER, Operation.HUB_MAINTAIN, tokens.forget_expired)
    answers_gone = await hub.perform(WORKER, Operation.HUB_MAINTAIN, _forget_answers)
    async with hub.database.writing() as session:
        jobs_gone = await jobs.forget_ended(session, FAILED_JOBS_DAYS)
    log.info("hub.swept", amount=tokens_gone + answers_gone + jobs_gone)


async def _forget_answers(act: Act) -> int:
    return await idempotency.forget_expired(act)
