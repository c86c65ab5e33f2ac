"""Sends what was announced: many endpoints at once, one message to each at a time, whatever any of them does.

Woken when the ledger has given entries their places, and every second. What fails often has places of its own, so that
dead endpoints, however many, hold up no living one.
"""

import asyncio
import contextlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any, Final

import orjson
import structlog

from hub import metrics
from hub.act import Act, Hub
from hub.actors import WORKER, Operation
from hub.db import LOST
from hub.errors import Refusal, Unready
from hub.listening import SEALED
from hub.outbound import Answer, Outbound, Unreached, Unwanted
from hub.partners import addresses
from hub.webhooks import deliveries
from hub.webhooks.deliveries import Claim, Result
from hub.webhooks.types import Type
from workers.door import task

AT_ONCE: Final = 100
FAILING_AT_ONCE: Final = 30
SECONDS: Final = 15.0
POLL_SECONDS: Final = 1.0
ECHO_BYTES: Final = 4_096
KEPT_DAYS: Final = 30
FINE: Final = range(200, 300)
ELSEWHERE: Final = range(300, 400)
GONE: Final = 410

log = structlog.get_logger(__name__)


async def deliver(hub: Hub, stop: asyncio.Event) -> None:
    """Send what is due until told to stop; what is being sent then is finished, or its claim lapses."""
    sending: dict[asyncio.Task[None], bool] = {}
    outbound = Outbound(addresses.rules(hub.settings), connections=AT_ONCE + FAILING_AT_ONCE)
    try:
        with hub.listening.bell(SEALED) as rung:
            while not stop.is_set():
                rung.clear()
                try:
                    await _start(hub, outbound, sending)
                except (*LOST, Refusal, Unready) as error:
                    log.warning("webhooks.wait", error=type(error).__name__)
                await _pause(stop, rung, sending)
        await asyncio.gather(*sending, return_exceptions=True)
    finally:
        await outbound.close()


async def send_one(hub: Hub, claimed: Claim) -> Result:
    """Send one message now, and note what came of it."""
    outbound = Outbound(addresses.rules(hub.settings))
    try:
        return await _send(hub, outbound, claimed)
    finally:
        await outbound.close()


@task("webhooks.forget", cron="37 3 * * *")
async def forget(hub: Hub) -> None:
    """Forget messages that are a month old."""

    async def old(act: Act) -> int:
        return await deliveries.forget(act, KEPT_DAYS)

    log.info("webhooks.forgotten", amount=await hub.perform(WORKER, Operation.WEBHOOK_DELIVER, old))


async def _start(hub: Hub, outbound: Outbound, sending: dict[asyncio.Task[None], bool]) -> None:
    for failing, most in ((False, AT_ONCE), (True, FAILING_AT_ONCE)):
        free = most - sum(each is failing for each in sending.values())
        for claimed in await deliveries.claim(hub, free, failing=failing) if free > 0 else ():
            running = asyncio.get_running_loop().create_task(_quietly(hub, outbound, claimed))
            sending[running] = failing
            running.add_done_callback(partial(_done, sending))


def _done(sending: dict[asyncio.Task[None], bool], task: asyncio.Task[None]) -> None:
    sending.pop(task, None)


async def _pause(
    stop: asyncio.Event, rung: asyncio.Event, sending: Mapping[asyncio.Task[None], bool]
) -> None:
    """Until something may be due: entries were sealed, an endpoint is free again, or a second has passed."""
    waits = [asyncio.ensure_future(each.wait()) for each in (stop, rung)]
    await asyncio.wait([*waits, *sending], timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    for each in waits:
        each.cancel()
    await asyncio.gather(*waits, return_exceptions=True)


async def _quietly(hub: Hub, outbound: Outbound, claimed: Claim) -> None:
    try:
        await _send(hub, outbound, claimed)
    except (*LOST, Refusal) as error:  # the claim lapses, and it is sent again
        log.warning("webhook.unsettled", error=type(error).__name__)
    except Exception:  # one endpoint's fault stops no other
        log.exception("webhook.broke")


async def _send(hub: Hub, outbound: Outbound, claimed: Claim) -> Result:
    result = await _attempt(outbound, claimed)
    metrics.WEBHOOKS.labels("delivered" if result.is_done else "failed").inc()
    await deliveries.settle(hub, claimed, result)
    return result


async def _attempt(outbound: Outbound, claimed: Claim) -> Result:
    try:
        async with (
            asyncio.timeout(SECONDS),
            outbound.open(
                "POST", claimed.url, headers=claimed.headers, body=claimed.body, seconds=SECONDS
            ) as answer,
        ):
            return await _judged(answer, claimed)
    except Unwanted:
        return Result(is_done=False, problem="ADDRESS_NOT_OF_THE_OPEN_INTERNET")
    except (Unreached, TimeoutError):
        return Result(is_done=False, problem="NO_ANSWER")


async def _judged(answer: Answer, claimed: Claim) -> Result:
    status = answer.status
    if status in FINE and claimed.kind == Type.ENDPOINT_VERIFY and not await _echoes(answer, claimed.token):
        return Result(is_done=False, status=status, problem="TOKEN_NOT_ECHOED")
    if status in FINE:
        return Result(is_done=True, status=status)
    problem = "REDIRECTED" if status in ELSEWHERE else "NOT_ANSWERED_WITH_2XX"
    wait = _retry_after(answer.headers.get("retry-after", ""))
    return Result(is_done=False, status=status, problem=problem, is_gone=status == GONE, wait=wait)


async def _echoes(answer: Answer, token: str) -> bool:
    """Whether the answer is the token, itself or as `token` of a JSON object."""
    body = (await answer.read(ECHO_BYTES)).strip()
    said: Any = None
    with contextlib.suppress(orjson.JSONDecodeError):
        said = orjson.loads(body)
    found = said.get("token") if isinstance(said, dict) else said  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType] -- whatever came
    text = found.encode() if isinstance(found, str) else body
    return hmac.compare_digest(text, token.encode())


def _retry_after(said: str) -> timedelta | None:
    """How long an answer asks to wait (RFC 9110 section 10.2.3): seconds, or until an instant."""
    if said.isascii() and said.isdecimal() and len(said) <= len("999999"):
        return timedelta(seconds=int(said))
    try:
        return max(parsedate_to_datetime(said) - datetime.now(UTC), timedelta())
    except (ValueError, TypeError, OverflowError):
        return None
