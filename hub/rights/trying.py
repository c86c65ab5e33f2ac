"""Attempts at steps: claimed for a while, kept while they last, settled with evidence.

What can be done of a request is claimed by one act and settled by few, as every act about it waits for its lock.
Whoever works on a step has it for a while; a step that nobody settles in that time is anybody's again, and asks the
system with the same id, by which that knows what it has done already.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple, TypeAlias
from uuid import UUID

import orjson

from hub.act import Act
from hub.db import new_id
from hub.ledger import Detail
from hub.rights import sealed, steps
from hub.rights.outcomes import BY_PEOPLE, ENDED, Ended, Settled, Step, StepState
from hub.rights.requests import Move, Request, hold_request
from hub.rights.states import RESTING

LEASE: Final = timedelta(minutes=5)
FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(hours=6)

Came: TypeAlias = tuple[Step, Settled]
"""A step, and what came of the attempt at it."""


class Live(NamedTuple):
    """A locked request, all of its steps, and what came of those attempts that no other has overtaken."""

    request: Request
    planned: Sequence[Step]
    came: Sequence[Came]


_CLAIM = """
    UPDATE rights_step SET state = 'RUNNING', attempts = attempts + 1, lease_until = $2, next_at = NULL
    WHERE id = ANY ($1)
"""
_KEEP = "UPDATE rights_step SET lease_until = $2 WHERE id = ANY ($1)"
_SETTLE = """
    UPDATE rights_step s SET state = e.state, evidence = e.evidence::jsonb, why = e.why, next_at = e.next_at,
        keys = coalesce(e.keys, s.keys), lease_until = NULL, ended_at = CASE WHEN e.is_ended THEN $8::timestamptz END
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::bytea[], $7::bool[])
        AS e (id, state, evidence, why, next_at, keys, is_ended) WHERE s.id = e.id
"""

_TELL = """
    INSERT INTO rights_event (id, request_id, kind, is_private, body, actor_kind, actor_id, happened_at, act_id)
    SELECT e.id, $1, e.kind, false, e.body::jsonb, $5, $6, $7, $8
    FROM unnest($2::uuid[], $3::text[], $4::text[]) AS e (id, kind, body)
"""


async def claim(act: Act, step_id: UUID) -> Step | None:
    """Take a step for an attempt; None where it has ended, is somebody's, is not due, or waits for others."""
    request, step = await steps.hold(act, step_id)
    claimed = await _claim(act, request, lambda each: each.id == step.id)
    return claimed[0] if claimed else None


async def claim_all(act: Act, request_id: UUID) -> list[Step]:
    """Take every step of a request that a connector can do now, and the hub's own part of a copy."""
    request = await hold_request(act, request_id)
    return await _claim(act, request, lambda each: each.is_asked)


async def _claim(act: Act, request: Request, is_meant: "steps.Wanted") -> list[Step]:
    """Nothing is begun for a request that is paused or held: what it would change may be needed."""
    if request.is_over or request.state in RESTING:
        return []
    open_ones = [each for each in await steps.of(act, request.id) if each.state not in ENDED]
    first = min((each.stage for each in open_ones), default=0)
    meant = [each for each in open_ones if each.stage == first and is_meant(each) and _is_due(act, each)]
    if not meant:
        return []
    ids = [each.id for each in meant]
    await act.execute(_CLAIM, ids, act.at + LEASE)
    await act.record("request.step_tried", request.customer_id, request=request.id, steps=ids)
    return [each.tried(act.at + LEASE) for each in meant]


def _is_due(act: Act, step: Step) -> bool:
    if step.kind in BY_PEOPLE:
        return False
    if step.state is StepState.RUNNING:
        return step.lease_until is not None and step.lease_until <= act.at
    return step.next_at is None or step.next_at <= act.at


def claimed_at(step: Step) -> datetime | None:
    """When a claimed step was taken, by the database: the clock of whoever works on it may be wrong."""
    return step.lease_until and step.lease_until - LEASE


async def keep(act: Act, several: Sequence[Step]) -> frozenset[UUID]:
    """Keep steps of one request that take long for another while; returns those that are still whose who asks."""
    request = await hold_request(act, several[0].request_id)
    stored = {each.id: each for each in await steps.of(act, request.id)}
    ours = [each.id for each in several if _is_under_way(stored[each.id], each.attempts)]
    if ours:
        await act.execute(_KEEP, ours, act.at + LEASE)
        await act.record("request.step_kept", request.customer_id, request=request.id, steps=ours)
    return frozenset(ours)


def _is_under_way(stored: Step, attempt: int) -> bool:
    """Whether an attempt is the one that a step waits for."""
    return stored.state is StepState.RUNNING and stored.attempts == attempt


async def settle(act: Act, step_id: UUID, attempt: int, settled: Settled) -> Request:
    """Note what came of an attempt; one that was overtaken by another is not noted."""
    request, step = await steps.hold(act, step_id)
    is_live = not request.is_over and _is_under_way(step, attempt)
    return await note(act, request, [(step, settled)] if is_live else [])


async def live(act: Act, request_id: UUID, ended: Sequence[Ended]) -> Live:
    """Lock a request, and pick of attempts at its steps those that no other has overtaken; none once it has ended."""
    request = await hold_request(act, request_id)
    planned = await steps.of(act, request.id)
    if request.is_over:  # what its steps knew is forgotten, and stays so
        return Live(request, planned, ())
    stored = {each.id: each for each in planned}
    came = [
        (stored[each.step_id], each.settled)
        for each in ended
        if _is_under_way(stored[each.step_id], each.attempt)
    ]
    return Live(request, planned, came)


async def answer(act: Act, step_id: UUID, attempt: int, settled: Settled) -> bool:
    """Note what a system says later of an attempt; False where that has ended, or was overtaken by another."""
    request, step = await steps.hold(act, step_id)
    if request.is_over or step.state in ENDED or step.attempts != attempt:
        return False
    await note(act, request, [(step, settled)])
    return True


async def note(act: Act, request: Request, came: Sequence[Came]) -> Request:
    """Write what steps of a held request came to, and set off what can be done now."""
    await note_live(act, Live(request, await steps.of(act, request.id), came))
    return request


async def note_live(act: Act, live: Live) -> Sequence[Step]:
    """The same where the steps were read under the lock; returns all of them as they stand then."""
    if not live.came:
        return live.planned
    came = [(step, _short(each)) for step, each in live.came]
    await _write(act, live.request, came)
    await _tell(act, live.request, [_move(step, each) for step, each in came])
    now = {step.id: step.after(each, act.at) for step, each in came}
    planned = [now.get(each.id, each) for each in live.planned]
    if any(each.state in ENDED for each in now.values()):
        await steps.set_off(act, planned)
    return planned


async def _write(act: Act, request: Request, came: Sequence[Came]) -> None:
    """Write how steps stand, by one statement."""
    key = await sealed.open_key(act, request.id) if any(each.keys for _, each in came) else None
    rows = [
        (
            step.id, each.state, _text(each.evidence), each.why, each.next_at,
            key.seal("rights_step", "keys", step.id, orjson.dumps(dict(each.keys))) if key and each.keys else None,
            each.state in ENDED,
        )
        for step, each in came
    ]  # fmt: skip
    await act.execute(_SETTLE, *(list(column) for column in zip(*rows, strict=True)), act.at)


def _short(settled: Settled) -> Settled:
    """A reason of a length that is kept."""
    is_long = settled.why is not None and len(settled.why) > steps.WHY_CHARACTERS
    return replace(settled, why=settled.why[: steps.WHY_CHARACTERS]) if is_long and settled.why else settled


async def _tell(act: Act, request: Request, said: Sequence[Move]) -> None:
    """Write events that move the request nowhere by one statement, and an entry for each kind of them."""
    await act.execute(
        _TELL, request.id, [new_id() for _ in said], [each.kind for each in said],
        [orjson.dumps(dict(each.body)).decode() for each in said], act.actor.kind, act.actor.id, act.at, act.id,
    )  # fmt: skip
    known = {"request": request.id, "state": request.state}
    for kind in dict.fromkeys(each.kind for each in said):
        details = [Detail(request.customer_id, {**known, **each.body}) for each in said if each.kind == kind]
        await act.record_crowd(f"request.{kind.lower()}", details)


def _move(step: Step, settled: Settled) -> Move:
    body = {"step": str(step.id), "system": step.name, "operation": step.operation, "outcome": settled.state}
    return Move("STEP_SETTLED" if settled.state in ENDED else "STEP_WAITS", body=body)


def _text(evidence: object) -> str | None:
    return None if evidence is None else orjson.dumps(evidence, default=dict).decode()


def next_try(at: datetime, attempts: int) -> datetime:
    """When a step that failed is tried again: after twice the time, up to six hours."""
    return at + min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(attempts - 1, 10))
