"""Deliveries: what is sent to whom next, how often it is tried, and what became of it.

A worker claims one delivery of an endpoint at a time, for a minute; if it dies, the claim lapses and another goes on,
with the same id in the message. An endpoint that hangs or fails holds up nothing but its own messages.
"""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson

from hub import signatures
from hub.act import Act, Hub
from hub.actors import WORKER, Operation
from hub.db import Record
from hub.keyring import Use
from hub.webhooks import endpoints
from hub.webhooks.endpoints import Why
from hub.webhooks.types import HINTS, Type

PAUSES: Final = tuple(
    timedelta(seconds=each)
    for each in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)  # fmt: skip
"""Between one attempt and the next: 5 s, 5 min, 30 min, 2, 5, 10, 14, 20, 24 hours; the first is at once."""
JITTER: Final = 0.1
LONGEST_PAUSE: Final = timedelta(hours=24)
FAILING_MOST: Final = timedelta(days=5)
CLAIM_SECONDS: Final = 60
VERIFYING_MOST: Final = 3
TOKEN_CHARACTERS: Final = 43

# Sealed: the ledger has given the act of the message its place, so that feeds show what it is about.
_READY: Final = """
    d.state = 'WAITING' AND d.due_at <= now() AND (d.claimed_until IS NULL OR d.claimed_until <= now())
    AND EXISTS (SELECT FROM webhook_message m JOIN ledger_entry n ON n.act_id = m.act_id
        JOIN ledger_leaf l ON l.entry_id = n.id WHERE m.id = d.message_id)
"""
_TAKEN: Final = """
    RETURNING d.id, d.endpoint_id, d.message_id, d.attempts, d.claimed_until
"""
_CLAIM: Final = f"""
    WITH chosen AS MATERIALIZED (
        SELECT e.id FROM webhook_endpoint e JOIN client c ON c.id = e.client_id
        WHERE e.disabled_at IS NULL AND c.revoked_at IS NULL AND (e.failing_since IS NOT NULL) = $2
          AND EXISTS (SELECT FROM webhook_delivery d WHERE d.endpoint_id = e.id AND {_READY})
          AND NOT EXISTS (SELECT FROM webhook_delivery d WHERE d.endpoint_id = e.id AND d.claimed_until > now())
        ORDER BY e.id LIMIT $1 FOR NO KEY UPDATE OF e SKIP LOCKED
    )
    UPDATE webhook_delivery d SET claimed_until = now() + make_interval(secs => {CLAIM_SECONDS}),
        attempts = d.attempts + 1, tried_at = now()
    FROM chosen, LATERAL (
        SELECT d.id FROM webhook_delivery d WHERE d.endpoint_id = chosen.id AND {_READY}
        ORDER BY d.due_at, d.message_id LIMIT 1) first
    WHERE d.id = first.id AND (d.claimed_until IS NULL OR d.claimed_until <= now()) {_TAKEN}
"""  # noqa: S608 - joined from constants
_CLAIM_ONE: Final = f"""
    UPDATE webhook_delivery d SET claimed_until = now() + make_interval(secs => {CLAIM_SECONDS}),
        attempts = d.attempts + 1, tried_at = now()
    WHERE d.id = $1 AND d.state = 'WAITING' AND (d.claimed_until IS NULL OR d.claimed_until <= now()) {_TAKEN}
"""  # noqa: S608
_SENT: Final = """
    SELECT now() AS now, e.url, e.secrets, e.verified_at, e.failing_since,
        CASE WHEN e.previous_until > now() THEN e.previous END AS previous, m.type, m.data, m.at
    FROM webhook_endpoint e, webhook_message m WHERE e.id = $1 AND m.id = $2
"""
_MERGE: Final = """
    UPDATE webhook_delivery d SET state = 'MERGED', due_at = NULL, claimed_until = NULL, ended_at = now()
    FROM webhook_message m
    WHERE m.id = d.message_id AND d.endpoint_id = $1 AND d.id <> $2 AND m.type = $3 AND d.state = 'WAITING'
      AND EXISTS (SELECT FROM ledger_entry n JOIN ledger_leaf l ON l.entry_id = n.id WHERE n.act_id = m.act_id)
"""
_OWN: Final = "WHERE id = $1 AND state = 'WAITING' AND claimed_until = $2"
_DONE: Final = f"""
    UPDATE webhook_delivery SET state = 'DELIVERED', due_at = NULL, claimed_until = NULL, ended_at = now(), status = $3,
        problem = NULL {_OWN} RETURNING id
"""  # noqa: S608
_LATER: Final = f"""
    UPDATE webhook_delivery SET due_at = now() + $5::interval, claimed_until = NULL, status = $3, problem = $4 {_OWN}
    RETURNING id
"""  # noqa: S608
_OVER: Final = f"""
    UPDATE webhook_delivery SET state = 'FAILED', due_at = NULL, claimed_until = NULL, ended_at = now(), status = $3,
        problem = $4 {_OWN} RETURNING id
"""  # noqa: S608
_FAILING: Final = "UPDATE webhook_endpoint SET failing_since = $2 WHERE id = $1"
_WELL: Final = "UPDATE webhook_endpoint SET failing_since = NULL WHERE id = $1"
_VERIFIED: Final = "UPDATE webhook_endpoint SET verified_at = $2 WHERE id = $1"
_FORGET: Final = "DELETE FROM webhook_message WHERE at < $1 RETURNING id"


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that is this worker's for a minute, and what is to be sent."""

    id: UUID
    endpoint_id: UUID
    attempt: int
    until: datetime
    kind: str
    url: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    token: str = field(repr=False)
    failing_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an attempt. is_gone: it wants to hear nothing more. wait: at least so long, as it asked."""

    is_done: bool
    status: int | None = None
    problem: str | None = None
    is_gone: bool = False
    wait: timedelta | None = None


async def claim(hub: Hub, most: int, *, failing: bool) -> list[Claim]:
    """Take what is due, one of each endpoint at most; failing: of those that fail, or of those that are well."""
    rows = await hub.database.single_write().rows(_CLAIM, most, failing)
    return [await _claimed(hub, row) for row in rows]


async def claim_one(hub: Hub, delivery_id: UUID) -> Claim | None:
    """Take this one, due or not; None where it has ended, or is being sent."""
    row = await hub.database.single_write().row(_CLAIM_ONE, delivery_id)
    return await _claimed(hub, row) if row else None


async def settle(hub: Hub, claimed: Claim, result: Result) -> None:
    """Write what came of an attempt, unless the claim has lapsed meanwhile."""
    session, own = hub.database.single_write(), (claimed.id, claimed.until, result.status)
    if result.is_done:
        if await session.rows(_DONE, *own):
            await _well(hub, claimed)
        return
    pause = _pause(claimed, result)
    sql, after = (_OVER, ()) if pause is None else (_LATER, (pause,))
    if await session.rows(sql, *own, result.problem, *after):
        await _failed(hub, claimed, result)


async def forget(act: Act, days: int) -> int:
    """Forget messages of so many days ago, with their deliveries; returns how many."""
    before = act.at - timedelta(days=days)
    if not await act.value("SELECT EXISTS (SELECT FROM webhook_message WHERE at < $1)", before):
        return 0
    gone = await act.rows(_FORGET, before)
    await act.record("webhook.forgotten", messages=len(gone))
    return len(gone)


async def _claimed(hub: Hub, row: Record) -> Claim:
    sent = await hub.database.single_write().row(_SENT, row["endpoint_id"], row["message_id"])
    assert sent is not None  # noqa: S101 - a delivery refers to both
    if sent["type"] in HINTS:
        await hub.database.single_write().execute(_MERGE, row["endpoint_id"], row["id"], sent["type"])
    token = _token(hub, row["endpoint_id"], row["message_id"])
    body = _body(sent, token)
    secrets, seeds = endpoints.signing(hub, row["endpoint_id"], (sent["secrets"], sent["previous"]))
    headers = signatures.sign(f"msg_{row['message_id'].hex}", sent["now"], body, secrets, seeds)
    return Claim(
        row["id"], row["endpoint_id"], row["attempts"], row["claimed_until"], sent["type"], sent["url"],
        {**headers, "content-type": "application/json"}, body, token, sent["failing_since"],
    )  # fmt: skip


def _token(hub: Hub, endpoint_id: UUID, message_id: UUID) -> str:
    """What an endpoint is to echo; it is made anew at each attempt and kept nowhere."""
    digest = hub.vault.mac(Use.CURSOR, "webhook.verify", endpoint_id.bytes, message_id.bytes)
    return digest.hex()[:TOKEN_CHARACTERS]


def _body(sent: Record, token: str) -> bytes:
    data: dict[str, Any] = orjson.loads(sent["data"])
    if sent["type"] == Type.ENDPOINT_VERIFY:
        data["token"] = token
    at = sent["at"].astimezone(UTC).isoformat().replace("+00:00", "Z")
    return orjson.dumps({"type": sent["type"], "timestamp": at, "data": data})


def _pause(claimed: Claim, result: Result) -> timedelta | None:
    """How long to wait before the next attempt, never in step with others; None: there is none."""
    most = VERIFYING_MOST if claimed.kind == Type.ENDPOINT_VERIFY else len(PAUSES) + 1
    if result.is_gone or claimed.attempt >= most or claimed.kind == Type.ENDPOINT_TEST:
        return None
    planned = PAUSES[claimed.attempt - 1] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads load
    return max(planned, min(result.wait or timedelta(), LONGEST_PAUSE))


async def _well(hub: Hub, claimed: Claim) -> None:
    async def note(act: Act) -> None:
        held = await endpoints.hold(act, claimed.endpoint_id)
        if held is None:
            return
        if claimed.kind == Type.ENDPOINT_VERIFY and held["verified_at"] is None:
            await act.execute(_VERIFIED, claimed.endpoint_id, act.at)
            await act.record("webhook.verified", endpoint=claimed.endpoint_id)
        if held["failing_since"] is not None:
            await act.execute(_WELL, claimed.endpoint_id)
            await act.record("webhook.recovered", endpoint=claimed.endpoint_id)

    if claimed.failing_since is not None or claimed.kind == Type.ENDPOINT_VERIFY:
        await hub.perform(WORKER, Operation.WEBHOOK_DELIVER, note)


async def _failed(hub: Hub, claimed: Claim, result: Result) -> None:
    async def note(act: Act) -> None:
        since = claimed.failing_since
        if result.is_gone:
            await endpoints.disable(act, claimed.endpoint_id, Why.GONE)
        elif since is not None and act.at - since > FAILING_MOST:
            await endpoints.disable(act, claimed.endpoint_id, Why.FAILING)
        elif since is None:
            await _fails(act, claimed.endpoint_id, result.problem)

    await hub.perform(WORKER, Operation.WEBHOOK_DELIVER, note)


async def _fails(act: Act, endpoint_id: UUID, problem: str | None) -> None:
    """Note since when an endpoint fails, unless that stands already."""
    held = await endpoints.hold(act, endpoint_id)
    if held is not None and held["failing_since"] is None:
        await act.execute(_FAILING, endpoint_id, act.at)
        await act.record("webhook.failing", endpoint=endpoint_id, problem=problem)
