"""Steps: what a request needs of every system, planned when it begins and settled one by one with evidence.

Systems are as they were when the steps were planned; one that is disabled is skipped, and it is said so. Whoever works
on a step has it for a while; a step that nobody settles in that time is anybody's again, and asks the system with the
same id, by which that knows what it has done already.
"""

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson

from hub import inputs
from hub.act import Act, Ask
from hub.db import Record, new_id
from hub.errors import Code, Refusal, invalid, not_found
from hub.rights.outcomes import ENDED, LEFT_OUT, Operation, Settled, Step, StepKind, StepState
from hub.rights.requests import Move, Request, hold_request, move
from hub.rights.states import RESTING

TASK: Final = "rights.step"
LEASE: Final = timedelta(minutes=5)
DUE_AT_A_TIME: Final = 500
FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(hours=6)
WHY_CHARACTERS: Final = 500

_COLUMNS = ", ".join(each.name for each in dataclasses.fields(Step))
_OF = f"SELECT {_COLUMNS} FROM rights_step WHERE request_id = ANY ($1) ORDER BY request_id, stage, id"  # noqa: S608
_ONE = f"SELECT {_COLUMNS} FROM rights_step WHERE id = $1"  # noqa: S608
_SYSTEMS = """
    SELECT id, name, kind, disabled_at IS NOT NULL AS is_disabled FROM connected_system WHERE organisation_id = $1
    ORDER BY key
"""
_ADD = """
    INSERT INTO rights_step (id, request_id, system_id, name, kind, operation, stage, state, why, planned_at, ended_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
_CLAIM = """
    UPDATE rights_step SET state = 'RUNNING', attempts = attempts + 1, lease_until = $2, next_at = NULL WHERE id = $1
"""
_SETTLE = """
    UPDATE rights_step SET state = $2, evidence = $3::jsonb, why = $4, next_at = $5, lease_until = NULL,
        ended_at = CASE WHEN $6 THEN $7::timestamptz END WHERE id = $1
"""
# What is due again, or was never begun though nothing stands before it, and has no job that waits.
_DUE = """
    SELECT s.id FROM rights_step s WHERE s.ended_at IS NULL AND s.kind <> 'MANUAL' AND (
        s.next_at <= $1 OR s.lease_until <= $1
        OR (s.attempts = 0 AND s.planned_at < $1 - interval '10 minutes' AND NOT EXISTS (
            SELECT FROM rights_step e WHERE e.request_id = s.request_id AND e.stage < s.stage AND e.ended_at IS NULL)))
      AND NOT EXISTS (SELECT FROM procrastinate_jobs j WHERE j.task_name = 'rights.step' AND j.status = 'todo'
            AND j.args ->> 'step_id' = s.id::text)
      AND EXISTS (SELECT FROM rights_request r WHERE r.id = s.request_id AND r.closed_at IS NULL
            AND r.state NOT IN ('PAUSED', 'HELD'))
    ORDER BY s.id LIMIT $2
"""
DISABLED: Final = "This system was switched off when the request began."


async def plan(act: Act, request: Request, operation: Operation) -> Request:
    """Plan the steps of a held request, and set off those that a worker can do.

    Systems come first and at once; the hub's own comes last in an erasure, as it holds what leads to the others. Where
    no system is connected, a person looks everywhere else.
    """
    systems = await act.rows(_SYSTEMS, request.organisation_id)
    for system in systems:
        state = StepState.SKIPPED if system["is_disabled"] else StepState.WAITING
        await _add(act, request, system["id"], system["name"], StepKind(system["kind"]), operation, 1, state)
    if not systems:
        await _add(act, request, None, "Everywhere else", StepKind.MANUAL, operation, 1, StepState.WAITING)
    stage = 2 if operation is Operation.ERASE else 1
    await _add(act, request, None, "Privacy Hub", StepKind.HUB, operation, stage, StepState.WAITING)
    planned = await move(
        act, request, Move("PLANNED", body={"operation": operation, "steps": len(systems) + 1})
    )
    await set_off(act, await of(act, request.id))
    return planned


async def _add(  # noqa: PLR0913, PLR0917 - a step's columns
    act: Act, request: Request, system_id: UUID | None, name: str, kind: StepKind, operation: Operation, stage: int,
    state: StepState,
) -> None:  # fmt: skip
    is_skipped = state is StepState.SKIPPED
    await act.execute(
        _ADD, new_id(), request.id, system_id, name, kind, operation, stage, state, DISABLED if is_skipped else None,
        act.at, act.at if is_skipped else None,
    )  # fmt: skip


async def of(ask: Ask, request_id: UUID) -> list[Step]:
    """Read the steps of a request, in order. Whoever calls has seen the request."""
    return (await of_many(ask, [request_id]))[request_id]


async def of_many(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, list[Step]]:
    """Read the steps of many requests by one statement."""
    found: dict[UUID, list[Step]] = {request_id: [] for request_id in ids}
    for row in await ask.rows(_OF, list(ids)):
        found[row["request_id"]].append(_step(row))
    return found


async def claim(act: Act, step_id: UUID) -> Step | None:
    """Take a step for an attempt; None where it has ended, is somebody's, is not due, or waits for others.

    Nothing is begun for a request that is paused or held: what it would change may be needed.
    """
    request, step = await _hold(act, step_id)
    if request.is_ended or request.state in RESTING or step.state in ENDED or not _is_due(act, step):
        return None
    if any(each.stage < step.stage and each.state not in ENDED for each in await of(act, request.id)):
        return None
    await act.execute(_CLAIM, step.id, act.at + LEASE)
    await act.record("request.step_tried", request.customer_id, request=request.id, step=step.id)
    return await _read(act, step.id)


def _is_due(act: Act, step: Step) -> bool:
    if step.kind is StepKind.MANUAL:
        return False
    if step.state is StepState.RUNNING:
        return step.lease_until is not None and step.lease_until <= act.at
    return step.next_at is None or step.next_at <= act.at


async def settle(act: Act, step_id: UUID, attempt: int, settled: Settled) -> Request:
    """Note what came of an attempt; one that was overtaken by another is not noted."""
    request, step = await _hold(act, step_id)
    if step.state is not StepState.RUNNING or step.attempts != attempt:
        return request
    return await _settle(act, request, step, settled)


async def settle_by_hand(act: Act, step_id: UUID, state: str, rows: int | None, why: str) -> Request:
    """A person has looked: what was found or done, counted; that there is nothing; or why it cannot be done."""
    done = inputs.choice(StepState, state, "state")
    request, step = await _hold(act, step_id)
    if step.kind is not StepKind.MANUAL:
        raise Refusal(
            Code.CONFLICT, "A connector does this step: only manual ones are settled by hand.", ("step",)
        )
    _require_open(request, step)
    if done not in ENDED:
        raise invalid("By hand a step is DONE, NOTHING, REFUSED or SKIPPED.", "state")
    if done is StepState.DONE and (rows is None or rows < 1):
        raise invalid("Say how many records it was: without that, nothing proves it.", "rows")
    said = inputs.text(why, "why", most=WHY_CHARACTERS, empty=done not in LEFT_OUT)
    evidence = {"by": "HAND", "rows": rows or 0} if done not in LEFT_OUT else None
    return await _settle(act, request, step, Settled(done, evidence, said or None))


async def skip(act: Act, step_id: UUID, why: str) -> Request:
    """Leave a system out, and say why; the request can still end, partly answered."""
    said = inputs.text(why, "why", most=WHY_CHARACTERS)
    request, step = await _hold(act, step_id)
    _require_open(request, step)
    return await _settle(act, request, step, Settled(StepState.SKIPPED, why=said))


async def retry(act: Act, step_id: UUID) -> Request:
    """Try a step again now that waits for its next attempt."""
    request, step = await _hold(act, step_id)
    _require_open(request, step)
    if step.kind is StepKind.MANUAL or step.state is StepState.RUNNING:
        raise Refusal(Code.CONFLICT, "There is nothing to try again: somebody is at it.", ("step",))
    await act.execute("UPDATE rights_step SET next_at = NULL WHERE id = $1", step.id)
    await act.defer(TASK, step_id=step.id)
    await act.record("request.step_retried", request.customer_id, request=request.id, step=step.id)
    return request


def _require_open(request: Request, step: Step) -> None:
    if request.is_ended or step.state in ENDED:
        raise Refusal(Code.CONFLICT, f"This step has ended ({step.state}).", ("step",))


async def _settle(act: Act, request: Request, step: Step, settled: Settled) -> Request:
    is_ended = settled.state in ENDED
    evidence = None if settled.evidence is None else orjson.dumps(dict(settled.evidence)).decode()
    why = settled.why and settled.why[:WHY_CHARACTERS]
    await act.execute(_SETTLE, step.id, settled.state, evidence, why, settled.next_at, is_ended, act.at)
    body = {"step": str(step.id), "system": step.name, "operation": step.operation, "outcome": settled.state}
    request = await move(act, request, Move("STEP_SETTLED" if is_ended else "STEP_WAITS", body=body))
    if is_ended:
        await set_off(act, await of(act, request.id))
    return request


async def set_off(act: Act, steps: Sequence[Step]) -> None:
    """Have workers do what can be done now: the steps of the first stage that is not done."""
    waiting = [each for each in steps if each.state is StepState.WAITING]
    first = min((each.stage for each in steps if each.state not in ENDED), default=0)
    for step in waiting:
        if step.stage == first and step.kind is not StepKind.MANUAL and step.attempts == 0:
            await act.defer(TASK, step_id=step.id)


async def set_off_due(act: Act) -> int:
    """Have workers do what is due again: failures, waiting, and what a killed worker left; returns how many."""
    rows = await act.rows(_DUE, act.at, DUE_AT_A_TIME)
    for row in rows:
        await act.defer(TASK, step_id=row["id"])
    if rows:
        await act.record("request.steps_resumed", steps=[row["id"] for row in rows])
    return len(rows)


async def _hold(act: Act, step_id: UUID) -> tuple[Request, Step]:
    """Lock a step by its request, and read both; NOT_FOUND for any other id."""
    found = await act.value("SELECT request_id FROM rights_step WHERE id = $1", step_id)
    if found is None:
        raise not_found("step", "step")
    try:
        request = await hold_request(act, found)
    except Refusal as refusal:
        if refusal.code is Code.NOT_FOUND:
            raise not_found("step", "step") from None
        raise
    return request, await _read(act, step_id)


async def _read(act: Act, step_id: UUID) -> Step:
    [row] = await act.rows(_ONE, step_id)
    return _step(row)


def _step(row: Record) -> Step:
    values: dict[str, Any] = dict(row)
    values["evidence"] = values["evidence"] and orjson.loads(values["evidence"])
    for name, kind in (("kind", StepKind), ("operation", Operation), ("state", StepState)):
        values[name] = kind(values[name])
    return Step(**values)


def next_try(act: Act, attempts: int) -> datetime:
    """When a step that failed is tried again: after twice the time, up to six hours."""
    return act.at + min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(attempts - 1, 10))
