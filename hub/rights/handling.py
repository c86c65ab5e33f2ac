"""What people do about a step: say what they found or did, leave it out, have it tried again."""

from typing import Final
from uuid import UUID

from hub import inputs
from hub.act import Act
from hub.errors import Code, Refusal, invalid
from hub.policy.values import Jurisdiction
from hub.rights import reasons, steps, tasks, telling, trying
from hub.rights.outcomes import BY_PEOPLE, ENDED, LEFT_OUT, Operation, Settled, Step, StepState
from hub.rights.requests import Request
from hub.rights.values import Kind

NO_GROUND: Final = "The law knows no ground for that: leave it empty."
_DOES: Final = {
    Kind.DELETION: Operation.ERASE, Kind.RECTIFICATION: Operation.CORRECT, Kind.RESTRICTION: Operation.RESTRICT,
}  # fmt: skip
"""What a step does that can be refused on a ground of the law, system by system."""


async def settle_by_hand(
    act: Act, step_id: UUID, state: str, rows: int | None, why: str, files: int = 0
) -> Request:
    """A person has looked: what was found or done, counted; that there is nothing; or why it cannot be done.

    files: how many they found and hand in, which are in the storage already.
    """
    done = inputs.choice(StepState, state, "state")
    request, step = await steps.hold(act, step_id)
    if step.kind not in BY_PEOPLE:
        raise Refusal(
            Code.CONFLICT, "A connector does this step: only what people do is settled by hand.", ("step",)
        )
    _require_open(request, step)
    if done not in ENDED:
        raise invalid("By hand a step is DONE, NOTHING, REFUSED or SKIPPED.", "state")
    if done is StepState.DONE and (rows is None or rows < 1):
        raise invalid("Say how many records it was: without that, nothing proves it.", "rows")
    if files and done is not StepState.DONE:
        raise invalid("Only what was found is handed in: say DONE, or send no file.", "files")
    said = inputs.text(why, "why", most=steps.WHY_CHARACTERS, empty=done not in LEFT_OUT)
    handed = {"files": files} if files else {}
    evidence = {"by": "HAND", "rows": rows or 0, **handed} if done not in LEFT_OUT else None
    return await trying.note(act, request, [(step, Settled(done, evidence, said or None))])


async def skip(act: Act, step_id: UUID, why: str, ground: str = "") -> Request:
    """Leave a system out, and say why; the request can still end, partly answered.

    ground: by which of the law's own this part is refused: the customer reads it with the reason.
    """
    said = inputs.text(why, "why", most=steps.WHY_CHARACTERS)
    request, step = await steps.hold(act, step_id)
    _require_open(request, step)
    known = grounds(request, step)
    if ground and ground not in known:
        message = f"Here that is refused on one of: {', '.join(known)}." if known else NO_GROUND
        raise invalid(message, "ground")
    evidence = {"ground": ground} if ground else None
    return await trying.note(act, request, [(step, Settled(StepState.SKIPPED, evidence, said))])


def grounds(request: Request, step: Step) -> list[str]:
    """On which grounds, known to each law of the request, a step may stay undone: what is there stays as it is."""
    if step.operation is not _DOES.get(request.kind):
        return []
    if request.kind is not Kind.DELETION:
        return sorted(reasons.common(request.jurisdictions, request.kind))
    laws = [
        {each.code for each in reasons.exceptions(Jurisdiction(place))} for place in request.jurisdictions
    ]
    return sorted(set[str].intersection(*laws))


async def excuse(act: Act, step_id: UUID, code: str, why: str) -> Request:
    """Leave a past recipient untold, for a reason that the law accepts: that leaves nothing of the request undone."""
    said = inputs.text(why, "why", most=steps.WHY_CHARACTERS)
    request, step = await steps.hold(act, step_id)
    _require_open(request, step)
    given = await telling.excuse(act, step.id, code)
    return await trying.note(act, request, [(step, Settled(StepState.SKIPPED, {"excuse": given}, said))])


async def retry(act: Act, step_id: UUID) -> Request:
    """Try a step again now that waits for its next attempt; whoever was written to gets another letter."""
    request, step = await steps.hold(act, step_id)
    _require_open(request, step)
    if step.kind in BY_PEOPLE:
        await tasks.write_again(act, request, step)
        return request
    if step.state is StepState.RUNNING:
        raise Refusal(Code.CONFLICT, "There is nothing to try again: somebody is at it.", ("step",))
    # It is due from now on: where the job finds the request resting, the step is taken when that goes on.
    await act.execute("UPDATE rights_step SET next_at = $2 WHERE id = $1", step.id, act.at)
    await act.defer(steps.TASK, step_id=step.id)
    await act.record("request.step_retried", request.customer_id, request=request.id, step=step.id)
    return request


def _require_open(request: Request, step: Step) -> None:
    if request.is_over or step.state in ENDED:
        raise Refusal(Code.CONFLICT, f"This step has ended ({step.state}).", ("step",))
