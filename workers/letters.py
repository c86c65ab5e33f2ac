"""Letters on their way: claimed, handed to the mail server outside any transaction, settled with its reply code.

One connection a process lasts from letter to letter. While the server is away letters wait and nothing is noted of
them; each comes up again by its own job, or by the look-out that finds those without one.
"""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID
from weakref import WeakKeyDictionary

import structlog

from hub import letters, metrics
from hub.act import Hub
from hub.actors import WORKER, Operation
from hub.errors import Refusal
from hub.letters import Outcome, Outgoing, Post, Result, Unreached
from hub.partners import sending
from workers.door import PASSING, task

AWAY_SECONDS: Final = 45.0
SETTLE_PAUSES_SECONDS: Final = (0.5, 2.0, 5.0, 15.0)

log = structlog.get_logger(__name__)
_posts: WeakKeyDictionary[Hub, Post] = WeakKeyDictionary()


@task("letters.deliver")
async def deliver(hub: Hub, letter_id: UUID) -> None:
    """Send one letter, if it is due. Without a mail server it waits for one."""
    if hub.settings.smtp_url is None:
        return
    post = _posts.setdefault(hub, Post(hub.settings))
    try:
        async with post.turn():
            claim = partial(sending.claim, letter_id=letter_id)
            claimed = await hub.perform(WORKER, Operation.LETTER_DELIVER, claim)
            outcome = await _hand_over(hub, post, claimed) if isinstance(claimed, Outgoing) else None
    except Unreached as unreached:
        log.warning("mail.waits", reason=str(unreached))
        await letters.put_off(hub, letter_id, _soon())
        return
    next_at = claimed if isinstance(claimed, datetime) else None
    if isinstance(claimed, Outgoing) and outcome is not None:
        next_at = await _settle(hub, claimed, outcome)
    if next_at is not None:
        await letters.put_off(hub, letter_id, next_at)


@task("letters.resume", cron="*/5 * * * *")
async def resume(hub: Hub) -> None:
    """Take up letters that are due and have no job: killed at the wrong moment, or older than the mail server."""
    if hub.settings.smtp_url is None:
        return
    for letter_id in await letters.overdue(hub):
        await letters.put_off(hub, letter_id, None)


async def hang_up(hub: Hub) -> None:
    """Take leave of the mail server, where this hub's worker ends."""
    post = _posts.pop(hub, None)
    if post is not None:
        await post.close()


async def _hand_over(hub: Hub, post: Post, letter: Outgoing) -> Outcome:
    sender = letters.envelope_sender(hub.settings, hub.vault, letter.id)
    return await post.hand_over(letters.compose(letter, hub.settings), sender, letter.address)


async def _settle(hub: Hub, letter: Outgoing, outcome: Outcome) -> datetime | None:
    """Note the outcome, patiently: what is not noted is sent again."""
    settle = partial(letters.settle, letter=letter, outcome=outcome)
    for pause in (*SETTLE_PAUSES_SECONDS, None):
        try:
            next_at = await hub.perform(WORKER, Operation.LETTER_DELIVER, settle)
        except Refusal as refusal:
            if pause is None or refusal.code not in PASSING:
                raise
            await asyncio.sleep(pause)
        else:
            metrics.MAIL.labels(_word(outcome, next_at)).inc()
            if outcome.result is not Result.SENT:
                log.warning(
                    "letter.not_sent", kind=letter.template, attempt=letter.attempt, reason=outcome.reason
                )
            return next_at
    raise AssertionError("unreachable")


def _word(outcome: Outcome, next_at: datetime | None) -> str:
    if outcome.result is Result.SENT:
        return "sent"
    return "failed" if next_at is None else "deferred"


def _soon() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=AWAY_SECONDS * random.uniform(0.5, 1.0))  # noqa: S311 - spreads load
