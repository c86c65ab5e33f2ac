"""Fulfilling a request: begun by its kind, decided on by a person where needed, done step by step, then answered.

A request is never set to done: it is, when its steps are. A deletion that was decided on still waits some days, in
which the customer can keep everything.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from hub.act import Act
from hub.errors import Code, Refusal
from hub.rights import effects, own, steps, writing
from hub.rights.outcomes import ENDED, LEFT_OUT, Operation, Settled, Step, StepKind
from hub.rights.requests import Move, Request, hold_request, move, read
from hub.rights.states import State
from hub.rights.values import Kind

COOLING: Final = timedelta(days=7)
COOLED_AT_A_TIME: Final = 100
FOUND_FIRST: Final = frozenset({Kind.ACCESS, Kind.PORTABILITY})
BY_STEPS: Final = frozenset({*FOUND_FIRST, Kind.RECTIFICATION, Kind.DELETION, Kind.RESTRICTION})
"""What is answered by what its steps have done, and by nothing else."""

_COOLED = """
    SELECT id FROM rights_request WHERE state = 'COOLING_OFF' AND cools_until <= $1 ORDER BY cools_until LIMIT $2
"""


async def begin(act: Act, request: Request) -> Request:
    """Begin what an open request needs first: looking for what is held, doing it, or somebody who decides."""
    if request.kind in FOUND_FIRST:
        return await steps.plan(
            act, await move(act, request, Move("GATHERING", State.GATHERING)), Operation.FIND
        )
    if request.kind is Kind.RESTRICTION:
        return await _fulfil(act, request, Operation.RESTRICT)
    return await move(act, request, Move("DECIDING", State.DECIDING))


async def approve(act: Act, request_id: UUID) -> Request:
    """Decide that a correction or a deletion is to be done; a deletion then waits, and can still be undone."""
    request = await hold_request(act, request_id)
    if request.kind is Kind.DELETION and request.state is State.COOLING_OFF:
        return request
    if request.kind not in {Kind.RECTIFICATION, Kind.DELETION}:
        message = f"A request for {request.kind} is not approved: answer or refuse it."
        raise Refusal(Code.CONFLICT, message, ("request",))
    if request.kind is Kind.RECTIFICATION:
        return await _fulfil(act, request, Operation.CORRECT)
    changes = {"cools_until": act.at + COOLING}
    return await move(act, request, Move("APPROVED", State.COOLING_OFF, changes=changes))


async def cool(act: Act) -> int:
    """Set off the deletions that nobody took back in time; returns how many."""
    rows = await act.rows(_COOLED, act.at, COOLED_AT_A_TIME)
    for row in rows:
        request = await hold_request(act, row["id"])
        if request.state is State.COOLING_OFF:
            await _fulfil(act, request, Operation.ERASE)
    return len(rows)


async def _fulfil(act: Act, request: Request, operation: Operation) -> Request:
    fulfilling = await move(act, request, Move("FULFILLING", State.FULFILLING))
    return await steps.plan(act, fulfilling, operation)


async def claim(act: Act, step_id: UUID) -> Step | None:
    """Take a step for an attempt; the hub's own is done by the same act. None where there is nothing to do."""
    step = await steps.claim(act, step_id)
    if step is None or step.kind is not StepKind.HUB:
        return step
    settled = await own.do(act, await read(act, step.request_id), step.operation)
    await settle(act, step.id, step.attempts, settled)
    return None


async def settle(act: Act, step_id: UUID, attempt: int, settled: Settled) -> Request:
    """Note what came of an attempt; with the last step the request moves on."""
    return await _move_on(act, await steps.settle(act, step_id, attempt, settled))


async def settle_by_hand(
    act: Act, step_id: UUID, state: str, rows: int | None = None, why: str = ""
) -> Request:
    """A person says what they found or did; with the last step the request moves on."""
    return await _move_on(act, await steps.settle_by_hand(act, step_id, state, rows, why))


async def skip(act: Act, step_id: UUID, why: str) -> Request:
    """Leave a system out; with the last step the request moves on."""
    return await _move_on(act, await steps.skip(act, step_id, why))


async def go_on(act: Act, request: Request) -> Request:
    """A request that rested goes on: with the steps that wait, or past them where they ended meanwhile."""
    await steps.set_off(act, await steps.of(act, request.id))
    return await _move_on(act, request)


async def require_done(act: Act, request: Request) -> None:
    """Refuse CONFLICT to answer what its steps have not done."""
    if request.kind not in BY_STEPS:
        return
    planned = await steps.of(act, request.id)
    waiting = [each.name for each in planned if each.state not in ENDED]
    if waiting:
        raise Refusal(Code.CONFLICT, f"Not everything is done yet: {', '.join(waiting)}.", ("request",))
    if request.kind not in FOUND_FIRST:
        raise Refusal(Code.CONFLICT, "This is answered by what is done: approve or refuse it.", ("request",))


async def _move_on(act: Act, request: Request) -> Request:
    """When all steps have ended, what was gathered is decided on, and what was to be done is done, or a part of it."""
    planned = await steps.of(act, request.id)
    if any(each.state not in ENDED for each in planned):
        return request
    if request.state is State.GATHERING:
        return await move(act, request, Move("GATHERED", State.DECIDING))
    if request.state is not State.FULFILLING:
        return request
    done = await move(act, request, Move("FULFILLED", _outcome(planned)))
    await effects.lift(act, done)
    await writing.tell_answered(act, done)
    return done


def _outcome(planned: Sequence[Step]) -> State:
    return State.PARTLY_ANSWERED if any(each.state in LEFT_OUT for each in planned) else State.ANSWERED
