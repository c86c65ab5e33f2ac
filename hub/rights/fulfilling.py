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
from hub.rights import (
    correcting,
    effects,
    feeding,
    handling,
    lifting,
    ordering,
    own,
    packages,
    steps,
    tasks,
    telling,
    trying,
    untouched,
    writing,
)
from hub.rights.ordering import Order
from hub.rights.outcomes import ENDED, LEFT_OUT, Operation, Settled, Step, StepKind
from hub.rights.requests import Move, Request, hold_request, move, read
from hub.rights.states import State
from hub.rights.tasks import Said
from hub.rights.trying import Live
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
    """Begin what an open request needs first: gathering what is held, doing it, or somebody who decides."""
    if request.kind in FOUND_FIRST:
        return await steps.plan(
            act, await move(act, request, Move("GATHERING", State.GATHERING)), Operation.EXPORT
        )
    if request.kind is Kind.RESTRICTION:
        return await _restrict(act, request)
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
        await correcting.keep(act, request)
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


async def _restrict(act: Act, request: Request) -> Request:
    """Have it restricted everywhere; what was about to lift an older restriction does not any more."""
    restricting = await _fulfil(act, request, Operation.RESTRICT)
    for each in await lifting.overtake(act, request):
        await _move_on(act, each)
    return restricting


async def lift(act: Act) -> int:
    """Set off the lifting of the restrictions whose customers were told long enough ago; returns how many."""
    held = await lifting.due(act)
    for each in held:
        await lifting.begin(act, each)
    return len(held)


async def _fulfil(act: Act, request: Request, operation: Operation) -> Request:
    fulfilling = await move(act, request, Move("FULFILLING", State.FULFILLING))
    await telling.plan(act, fulfilling, operation)
    return await steps.plan(act, fulfilling, operation)


async def claim(act: Act, step_id: UUID) -> Step | None:
    """Take a step for an attempt; the hub's own is done by the same act. None where there is nothing to do.

    An export is long and goes to the storage: it is the worker's, the hub's own too.
    """
    step = await trying.claim(act, step_id)
    if step is None or step.kind is not StepKind.HUB or step.operation is Operation.EXPORT:
        return step
    request = await read(act, step.request_id)
    settled = await own.do(act, request, step.operation)
    if step.operation is Operation.CORRECT:
        await telling.corrected(act, request)
    await settle(act, step.id, step.attempts, settled)
    return None


async def settle(act: Act, step_id: UUID, attempt: int, settled: Settled) -> Request:
    """Note what came of an attempt; with the last step the request moves on."""
    return await _move_on(act, await trying.settle(act, step_id, attempt, settled))


async def settle_live(act: Act, live: Live, *, has_builder: bool = False) -> Request:
    """Note what came of attempts at steps of a held request; with the last step it moves on.

    has_builder: whoever calls builds the package that is begun by this, if one is.
    """
    planned = await trying.note_live(act, live)
    return await _move_on(act, live.request, planned, has_builder=has_builder)


async def arrange(act: Act, found: Step, order: Order) -> Request:
    """Add the order in which systems are asked to the steps of a request; it moves on where there is no other step."""
    return await _move_on(act, await ordering.arrange(act, found, order))


async def answer(act: Act, step_id: UUID, attempt: int, settled: Settled) -> bool:
    """Note what a system said later; with the last step the request moves on. False where it comes too late."""
    is_noted = await trying.answer(act, step_id, attempt, settled)
    if is_noted:
        request, _ = await steps.hold(act, step_id)
        await _move_on(act, request)
    return is_noted


async def answer_task(act: Act, token: str, said: Said) -> Request:
    """Note what somebody says by their link; with the last step the request moves on."""
    return await _move_on(act, await tasks.answer(act, token, said))


async def settle_by_hand(
    act: Act, step_id: UUID, state: str, rows: int | None = None, why: str = "", files: int = 0
) -> Request:
    """A person says what they found or did, and how many files go with it; with the last step the request moves on."""
    return await _move_on(act, await handling.settle_by_hand(act, step_id, state, rows, why, files))


async def skip(act: Act, step_id: UUID, why: str, ground: str = "") -> Request:
    """Leave a system out, on a ground of the law if that is why; with the last step the request moves on."""
    return await _move_on(act, await handling.skip(act, step_id, why, ground))


async def excuse(act: Act, step_id: UUID, code: str, why: str) -> Request:
    """Leave a past recipient untold, for a reason that the law accepts; with the last step the request moves on."""
    given = await handling.excuse(act, step_id, code, why)
    return await _move_on(act, given)


async def hear(act: Act, step_id: UUID) -> Request:
    """Note what a recipient said in its feed; with the last step the request moves on."""
    return await _move_on(act, await feeding.settle(act, step_id))


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
    if request.kind in FOUND_FIRST:
        await packages.require_built(act, request)
    else:
        raise Refusal(Code.CONFLICT, "This is answered by what is done: approve or refuse it.", ("request",))


async def require_unbegun(act: Act, request: Request) -> None:
    """Refuse CONFLICT to take back or refuse a restriction that is carried out already: it is lifted afterwards."""
    if request.kind is Kind.RESTRICTION and any(each.attempts for each in await steps.of(act, request.id)):
        message = "Systems restrict it already: let it go on, and have the restriction lifted then."
        raise Refusal(Code.CONFLICT, message, ("request",))


async def _move_on(
    act: Act, request: Request, planned: Sequence[Step] | None = None, *, has_builder: bool = False
) -> Request:
    """When all steps have ended, what was gathered is decided on, and what was to be done is done, or a part of it."""
    planned = await steps.of(act, request.id) if planned is None else planned
    if any(each.state not in ENDED for each in planned):
        return request
    if request.state is State.GATHERING:
        await packages.begin(act, request, has_builder=has_builder)
        return await move(act, request, Move("GATHERED", State.DECIDING))
    if request.state is State.LIFTING and planned and request.cools_until is None:
        return await move(act, request, Move("LIFTED", State.LIFTED))
    if request.state is not State.FULFILLING:
        return request
    done = await move(act, request, Move("FULFILLED", _outcome(planned)))
    await effects.lift(act, done)
    await writing.tell_answered(act, done)
    return done


def _outcome(planned: Sequence[Step]) -> State:
    """A recipient who need not be told leaves nothing out; values that were put right nowhere are no whole answer."""
    is_part = any(each.state in LEFT_OUT and "excuse" not in (each.evidence or {}) for each in planned)
    is_part = is_part or untouched.is_uncorrected(planned)
    return State.PARTLY_ANSWERED if is_part else State.ANSWERED
