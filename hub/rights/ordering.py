"""The order in which systems that refer to each other are asked: a worker finds it, here it is added to the plan.

Whoever holds what others know the person by is asked for it first, so that it is known, and sealed with the request,
before anything is erased: an erasure takes away what leads on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from hub.act import Act, Ask
from hub.rights import steps, trying
from hub.rights.outcomes import BY_PEOPLE, ENDED, Operation, Settled, Step, StepKind, StepState
from hub.rights.requests import Request
from hub.rights.steps import Planned

Rounds = tuple[tuple[UUID, ...], ...]
_DESCRIBED: Final = """
    SELECT c.id, c.dataset FROM connected_system c JOIN rights_step s ON s.system_id = c.id
    WHERE s.request_id = $1 AND s.ended_at IS NULL AND c.dataset IS NOT NULL ORDER BY c.key
"""
_MOVE: Final = """
    UPDATE rights_step s SET stage = m.stage FROM unnest($1::uuid[], $2::int[]) AS m (id, stage) WHERE s.id = m.id
"""


@dataclass(frozen=True, slots=True)
class Order:
    """Systems by id. first: rounds of those that are asked for keys; then: in which order they erase."""

    first: Rounds
    then: Rounds


async def described(ask: Ask, request_id: UUID) -> dict[UUID, str]:
    """The dataset files of the systems that a request is still to be done in. Whoever calls has seen the request."""
    return {row["id"]: row["dataset"] for row in await ask.rows(_DESCRIBED, request_id)}


async def arrange(act: Act, found: Step, order: Order) -> Request:
    """Add what is asked first to a request, move the rest behind it, and settle the step that found the order.

    Where the request has ended, or another attempt has overtaken this one, nothing changes.
    """
    request, step = await steps.hold(act, found.id)
    if request.is_over or step.state is not StepState.RUNNING or step.attempts != found.attempts:
        return request
    waiting = {
        each.system_id: each
        for each in await steps.of(act, request.id)
        if each.state not in ENDED and each.system_id
    }
    first = [tuple(each for each in stage if each in waiting) for stage in order.first]
    await steps.add(act, request, [_prelude(waiting[each], stage) for stage, each in _numbered(first)])
    own = [each for each in await steps.of(act, request.id) if each.kind is StepKind.HUB]
    stages = _stages([*waiting.values(), *own], len(first), order.then)
    await act.execute(_MOVE, list(stages), list(stages.values()))
    evidence = {"first": _named(waiting, first), "then": _named(waiting, order.then)}
    return await trying.note(act, request, [(step, Settled(StepState.DONE, evidence))])


def _numbered(rounds: Sequence[Sequence[UUID]]) -> list[tuple[int, UUID]]:
    return [(stage, each) for stage, several in enumerate(rounds, 1) for each in several]


def _prelude(step: Step, stage: int) -> Planned:
    return Planned(step.name, step.kind, Operation.FIND, step.system_id, stage)


def _stages(waiting: Sequence[Step], after: int, then: Rounds) -> dict[UUID, int]:
    """The stage of each step: connectors in their order, people while the last of them are asked, the hub as ever."""
    turn = {each: after + place for place, each in _numbered(then)}
    last = max([after + 1, *turn.values()])
    stages: dict[UUID, int] = {}
    for each in waiting:
        is_erased = each.operation is Operation.ERASE
        if each.kind is StepKind.HUB:
            stages[each.id] = last + 1 if is_erased else 1
        elif each.kind in BY_PEOPLE:
            stages[each.id] = last if is_erased else after + 1
        else:
            stages[each.id] = turn.get(each.system_id or each.id, after + 1) if is_erased else after + 1
    return stages


def _named(known: Mapping[UUID, Step], rounds: Rounds | list[tuple[UUID, ...]]) -> list[list[str]]:
    return [[known[each].name for each in several if each in known] for several in rounds]
