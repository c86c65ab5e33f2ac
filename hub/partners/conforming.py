"""Trying a partner out before it goes live: what its program has to do, step by step, and how it did.

A run sends messages to the partner's endpoint in the sandbox: a right one, a forged one, an old one, the right one
again. Then somebody who does not exist takes their word back, and the partner has to say that it forgot them; that step
is read from what it says in the feed. Nothing of a run concerns anybody real.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

import orjson

from hub import customers, signatures
from hub.act import Act, Ask, Hub
from hub.actors import Role
from hub.customers import NewCustomer
from hub.db import Record, new_id
from hub.errors import Code, Refusal, invalid, not_found
from hub.keyring import Secret
from hub.partners import withdrawals
from hub.partners.withdrawals import Kind, NewWithdrawal, Use
from hub.webhooks import endpoints
from hub.webhooks.types import Type

TASK: Final = "conformance.run"
MINUTES_MOST: Final = 24 * 60
HOURLY_MOST: Final = 20
OLD: Final = timedelta(hours=1)
REASON: Final = "CONFORMANCE"


class Step(StrEnum):
    """What a partner has to show, in this order."""

    LISTENS = "LISTENS"
    ANSWERS = "ANSWERS"
    REFUSES_FORGED = "REFUSES_FORGED"
    REFUSES_OLD = "REFUSES_OLD"
    TAKES_AGAIN = "TAKES_AGAIN"
    ACKNOWLEDGES = "ACKNOWLEDGES"


class How(StrEnum):
    """How a step went. SKIPPED: one before it failed, so that it was not tried."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"
    WAITING = "WAITING"


ADVICE: Final[Mapping[Step, str]] = {
    Step.LISTENS: "Register an endpoint for `withdrawals.available` by `webhookAdd`, and echo its token.",
    Step.ANSWERS: "Answer a message that is signed right with any 2xx, within 15 seconds.",
    Step.REFUSES_FORGED: "Check the signature over `id.timestamp.body`, and answer a wrong one with 400 or 401.",
    Step.REFUSES_OLD: "Answer a `webhook-timestamp` that is more than five minutes off with 400 or 401.",
    Step.TAKES_AGAIN: "Answer a message that came before, by its `webhook-id`, with any 2xx: the first was not heard.",
    Step.ACKNOWLEDGES: "When told of `withdrawals.available`, read `withdrawals` on and `acknowledge` each in time.",
}
"""What to do where a step failed."""


@dataclass(frozen=True, slots=True)
class Result:
    """How one step went. status: of the answer; None for none. took_ms: how long it took."""

    step: Step
    how: How
    status: int | None = None
    took_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One run. until: by when the withdrawal is to be acknowledged; None before it is made."""

    id: UUID
    client_id: UUID
    client: str
    started_at: datetime
    until: datetime | None
    results: tuple[Result, ...]

    @property
    def is_over(self) -> bool:
        """Whether nothing is waited for any more."""
        return bool(self.results) and all(each.how is not How.WAITING for each in self.results)

    @property
    def has_passed(self) -> bool:
        """Whether every step went well."""
        return bool(self.results) and all(each.how is How.PASSED for each in self.results)


@dataclass(frozen=True, slots=True)
class Probe:
    """A message that is sent, and with which statuses the step passes."""

    step: Step
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    wanted: range


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run sends, and where to; nothing where nobody listens."""

    url: str
    probes: tuple[Probe, ...] = ()


_CLIENT: Final = """
    SELECT c.organisation_id, c.recipient_id, o.sandbox_of_id
    FROM client c JOIN organisation o ON o.id = c.organisation_id
    WHERE c.id = $1 AND c.recipient_id IS NOT NULL AND c.revoked_at IS NULL FOR NO KEY UPDATE OF c
"""
_MANY: Final = "SELECT count(*) FROM conformance_run WHERE client_id = $1 AND started_at > $2"
_ADD: Final = """
    INSERT INTO conformance_run (id, organisation_id, recipient_id, client_id, minutes, started_at)
    VALUES ($1, $2, $3, $4, $5, $6)
"""
_PLAN: Final = """
    SELECT e.id AS endpoint_id, e.url, e.secrets, now() AS now,
        CASE WHEN e.previous_until > now() THEN e.previous END AS previous
    FROM conformance_run r LEFT JOIN webhook_endpoint e ON e.client_id = r.client_id AND e.disabled_at IS NULL
        AND e.verified_at IS NOT NULL AND 'withdrawals.available' = ANY (e.types)
    WHERE r.id = $1 AND r.tested_at IS NULL ORDER BY e.id DESC LIMIT 1
"""
_HOLD: Final = """
    SELECT r.organisation_id, r.recipient_id, r.minutes, c.scopes, c.arrangements FROM conformance_run r
    JOIN client c ON c.id = r.client_id WHERE r.id = $1 AND r.tested_at IS NULL FOR NO KEY UPDATE OF r
"""
_AGREED: Final = """
    SELECT a.id, a.purposes[1] AS purpose, a.categories FROM arrangement a
    WHERE a.recipient_id = $1 AND a.state <> 'DRAFT' AND ($2::uuid[] IS NULL OR a.id = ANY ($2))
      AND a.starts_on <= $3 AND (a.ends_on IS NULL OR a.ends_on >= $3) AND cardinality(a.purposes) > 0
    ORDER BY a.id LIMIT 1
"""
_SETTLE: Final = """
    UPDATE conformance_run SET tested_at = $2, results = $3::jsonb, withdrawal_id = $4, until = $5 WHERE id = $1
"""
_READ: Final = """
    SELECT r.id, r.client_id, c.name AS client, r.started_at, r.until, r.results::text AS results, r.withdrawal_id,
        w.answered_at, now() AS now
    FROM conformance_run r JOIN client c ON c.id = r.client_id LEFT JOIN withdrawal w ON w.id = r.withdrawal_id
"""
_PAGE: Final = f"{_READ} WHERE r.client_id = $1 ORDER BY r.id DESC LIMIT $2"
_ONE: Final = f"{_READ} WHERE r.id = $1 AND ($2::uuid IS NULL OR r.client_id = $2)"
# The recipient of the sandbox is a copy of the organisation's own: see sandbox.py.
_OF_RECIPIENT: Final = f"""
    {_READ} JOIN organisation o ON o.id = r.organisation_id
    WHERE r.recipient_id = md5(o.id::text || $1::uuid::text)::uuid AND ($2::uuid IS NULL OR o.sandbox_of_id = $2)
    ORDER BY r.id DESC LIMIT $3
"""


async def start(act: Act, minutes: int, client_id: UUID | None = None) -> Run:
    """Have a partner's client of the sandbox tried out: the one that asks, or the one that an operator names.

    minutes: in which the withdrawal is to be acknowledged. Refusals: NOT_FOUND, INVALID, LIMIT; CONFLICT for a client
    that meets real customers.
    """
    which = client_id or act.actor.id
    client = await act.row(_CLIENT, which)
    if client is None or which is None:
        raise not_found("partner client", "client")
    if client["sandbox_of_id"] is None:
        raise Refusal(
            Code.CONFLICT, "Partners are tried out in the sandbox: with a client of it.", ("client",)
        )
    if not 1 <= minutes <= MINUTES_MOST:
        raise invalid(f"Give 1 to {MINUTES_MOST} minutes.", "minutes")
    if await act.value(_MANY, which, act.at - timedelta(hours=1)) >= HOURLY_MOST:
        raise Refusal(Code.LIMIT, f"A client is tried out {HOURLY_MOST} times an hour at most: wait.")
    run_id = new_id()
    await act.execute(_ADD, run_id, client["organisation_id"], client["recipient_id"], which, minutes, act.at)
    await act.record(
        "partner.conformance_started", run=run_id, client=which, recipient=client["recipient_id"]
    )
    await act.defer(TASK, run_id=run_id)
    return await read(act, run_id)


async def plan(hub: Hub, run_id: UUID) -> Plan | None:
    """What is to be sent; None where that was done."""
    row = await hub.database.single_write().row(_PLAN, run_id)
    if row is None:
        return None
    return Plan(row["url"], _probes(hub, row)) if row["endpoint_id"] else Plan("")


async def settle(act: Act, run_id: UUID, results: Sequence[Result]) -> None:
    """Keep how the messages were answered, once; and let somebody made up take their word back."""
    held = await act.row(_HOLD, run_id)
    if held is None:
        return
    made = None
    if results[0].how is How.PASSED and Role.PARTNER_WITHDRAWALS in held["scopes"]:
        made = await _take_back(act, held)
    kept = orjson.dumps([asdict(each) for each in results]).decode()
    until = act.at + timedelta(minutes=held["minutes"]) if made else None
    await act.execute(_SETTLE, run_id, act.at, kept, made, until)
    await act.record(
        "partner.conformance_tested", run=run_id, withdrawal=made,
        failed=[each.step for each in results if each.how is not How.PASSED],
    )  # fmt: skip


async def read(ask: Ask, run_id: UUID) -> Run:
    """Read one: a client its own, an operator any. Refusal: NOT_FOUND."""
    row = await ask.row(_ONE, run_id, ask.actor.id if ask.actor.kind == "partner" else None)
    if row is None:
        raise not_found("conformance run", "run")
    return _run(row)


async def page(ask: Ask, most: int) -> list[Run]:
    """The latest of the client that asks."""
    return [_run(row) for row in await ask.rows(_PAGE, ask.actor.id, most)]


async def of_recipient(ask: Ask, recipient_id: UUID, most: int) -> list[Run]:
    """The latest of a recipient of the actor's organisation, by its clients of the sandbox."""
    rows = await ask.rows(_OF_RECIPIENT, recipient_id, ask.actor.organisation_id, most)
    return [_run(row) for row in rows]


def _probes(hub: Hub, row: Record) -> tuple[Probe, ...]:
    ours = endpoints.signing(hub, row["endpoint_id"], (row["secrets"], row["previous"]))
    forged = ([Secret(secrets.token_bytes(32))], [Secret(secrets.token_bytes(32))])
    now: datetime = row["now"]
    body = orjson.dumps({
        "type": Type.ENDPOINT_TEST, "timestamp": now.astimezone(UTC).isoformat().replace("+00:00", "Z"), "data": {},
    })  # fmt: skip
    right = f"msg_{new_id().hex}"
    fine, refused = range(200, 300), range(400, 500)
    sent = (
        (Step.ANSWERS, right, now, ours, fine), (Step.REFUSES_FORGED, f"msg_{new_id().hex}", now, forged, refused),
        (Step.REFUSES_OLD, f"msg_{new_id().hex}", now - OLD, ours, refused), (Step.TAKES_AGAIN, right, now, ours, fine),
    )  # fmt: skip
    return tuple(
        Probe(
            step, {**signatures.sign(name, at, body, *by), "content-type": "application/json"}, body, wanted
        )
        for step, name, at, by, wanted in sent
    )


async def _take_back(act: Act, held: Record) -> UUID | None:
    """Make somebody up of whom the partner is to forget everything; None where nothing is agreed with it."""
    agreed = await act.row(_AGREED, held["recipient_id"], held["arrangements"], act.at.date())
    if agreed is None:
        return None
    customer_id = await customers.create(act, NewCustomer(held["organisation_id"], "en", ["UK"]))
    categories = frozenset[UUID](agreed["categories"])
    use = Use(
        customer_id, held["organisation_id"], held["recipient_id"], agreed["id"], agreed["purpose"], "{}", categories,
        is_stopped=False,
    )  # fmt: skip
    [made] = await withdrawals.tell(act, [NewWithdrawal(use, Kind.FORGET, categories, REASON)])
    return made


def _run(row: Record) -> Run:
    results = tuple(
        Result(Step(each["step"]), How(each["how"]), each["status"], each["took_ms"])
        for each in orjson.loads(row["results"])
    )
    last = (Result(Step.ACKNOWLEDGES, _acknowledged(row, results)),) if results else ()
    return Run(row["id"], row["client_id"], row["client"], row["started_at"], row["until"], (*results, *last))


def _acknowledged(row: Record, results: Sequence[Result]) -> How:
    if row["withdrawal_id"] is None:
        return How.FAILED if results[0].how is How.PASSED else How.SKIPPED
    if row["answered_at"] is not None:
        return How.PASSED if row["answered_at"] <= row["until"] else How.FAILED
    return How.WAITING if row["now"] <= row["until"] else How.FAILED
