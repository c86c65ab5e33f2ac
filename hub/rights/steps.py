"""Steps: what a request needs of every system, planned when it begins, set off stage by stage.

Systems are as they were when the steps were planned; one that is disabled is skipped, and it is said so.
"""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from uuid import UUID

import orjson

from hub.act import Act, Ask
from hub.db import Record, new_id
from hub.errors import Code, Refusal, not_found
from hub.rights.outcomes import ENDED, Operation, Step, StepKind, StepState
from hub.rights.requests import Move, Request, hold_request, move

TASK: Final = "rights.step"
"""Does one step."""
TASK_WRITE: Final = "rights.write_to"
"""Writes to whoever does a step."""
TASK_ALL: Final = "rights.steps"
"""Does all steps of a request that a connector can do now, and the hub's own part of a copy with them."""
DUE_AT_A_TIME: Final = 500
WHY_CHARACTERS: Final = 500

Wanted: TypeAlias = Callable[[Step], bool]
_COLUMNS = ", ".join(each.name for each in dataclasses.fields(Step))
_OF = f"SELECT {_COLUMNS} FROM rights_step WHERE request_id = ANY ($1) ORDER BY request_id, stage, id"  # noqa: S608
_ONE = f"SELECT {_COLUMNS} FROM rights_step WHERE id = $1"  # noqa: S608
_SYSTEMS = """
    SELECT id, name, kind, disabled_at IS NOT NULL AS is_disabled, dataset IS NOT NULL AS is_described,
        coalesce(cardinality(refers_to) > 0, true) AS refers
    FROM connected_system WHERE organisation_id = $1 AND removed_at IS NULL ORDER BY key
"""
_ADD = """
    INSERT INTO rights_step (id, request_id, system_id, name, kind, operation, stage, state, why, planned_at, ended_at)
    SELECT id, $2, system_id, name, kind, operation, stage, state, why, $10::timestamptz,
        CASE WHEN state = 'SKIPPED' THEN $10::timestamptz END
    FROM unnest($1::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::int[], $8::text[], $9::text[])
        AS n (id, system_id, name, kind, operation, stage, state, why)
"""
# What is due again, or was never begun though nothing stands before it, and has no job that waits.
LIVE: Final = "(r.closed_at IS NULL OR r.state = 'LIFTING')"
"""Of a request r: whether its steps are done, as `Request.is_over` says the other way round."""
_DUE = f"""
    SELECT s.id FROM rights_step s WHERE s.ended_at IS NULL AND s.kind NOT IN ('MANUAL', 'EMAIL') AND (
        s.next_at <= $1 OR s.lease_until <= $1
        OR (s.attempts = 0 AND s.planned_at < $1 - interval '10 minutes' AND NOT EXISTS (
            SELECT FROM rights_step e WHERE e.request_id = s.request_id AND e.stage < s.stage AND e.ended_at IS NULL)))
      AND NOT EXISTS (SELECT FROM procrastinate_jobs j WHERE j.task_name = 'rights.step' AND j.status = 'todo'
            AND j.args ->> 'step_id' = s.id::text)
      AND EXISTS (SELECT FROM rights_request r WHERE r.id = s.request_id AND {LIVE}
            AND r.state NOT IN ('PAUSED', 'HELD'))
    ORDER BY s.id LIMIT $2
"""  # noqa: S608 - joined from constants
# Requests of whose people one has an address and was not written to, though it is their turn and no job sees to it.
_UNWRITTEN = f"""
    SELECT DISTINCT s.request_id FROM rights_step s
    JOIN rights_request r ON r.id = s.request_id AND {LIVE} AND r.state NOT IN ('PAUSED', 'HELD')
    LEFT JOIN connected_system c ON c.id = s.system_id AND c.disabled_at IS NULL
    LEFT JOIN rights_telling t ON t.step_id = s.id LEFT JOIN recipient p ON p.id = t.recipient_id
    WHERE s.ended_at IS NULL AND s.kind IN ('MANUAL', 'EMAIL') AND s.state = 'WAITING' AND s.asked_at IS NULL
      AND (c.settings IS NOT NULL OR (s.kind = 'EMAIL' AND p.contact LIKE '%@%'))
      AND s.planned_at < $1::timestamptz - interval '10 minutes' AND NOT EXISTS (
            SELECT FROM rights_step e WHERE e.request_id = s.request_id AND e.stage < s.stage AND e.ended_at IS NULL)
      AND NOT EXISTS (SELECT FROM procrastinate_jobs j WHERE j.task_name = 'rights.write_to'
            AND j.args ->> 'request_id' = s.request_id::text AND (j.status IN ('todo', 'doing') OR EXISTS (
                SELECT FROM procrastinate_events v WHERE v.job_id = j.id AND v.at > $1 - interval '6 hours')))
    ORDER BY s.request_id LIMIT $2
"""  # noqa: S608
OWN, ELSEWHERE = "Privacy Hub", "Everywhere else"
"""How steps are named that are of no system."""
DISABLED: Final = "This system was switched off when the request began."


@dataclass(frozen=True, slots=True)
class Planned:
    """A step that is to be. why: of one that is skipped from the start."""

    name: str
    kind: StepKind
    operation: Operation
    system_id: UUID | None = None
    stage: int = 1
    why: str | None = None

    @property
    def state(self) -> StepState:
        """How it begins."""
        return StepState.SKIPPED if self.why else StepState.WAITING


async def plan(act: Act, request: Request, operation: Operation) -> Request:
    """Plan the steps of a held request, and set off those that a worker can do.

    Systems come first and at once, unless they refer to each other: then a worker finds the order first, and
    `ordering.arrange` adds it. The hub's own comes last in an erasure, as it holds what leads to the others. Where no
    system is connected, a person looks everywhere else.
    """
    systems = await act.rows(_SYSTEMS, request.organisation_id)
    wanted = [
        Planned(
            each["name"], StepKind(each["kind"]), operation, each["id"],
            why=DISABLED if each["is_disabled"] else None,
        )
        for each in systems
    ] or [Planned(ELSEWHERE, StepKind.MANUAL, operation)]  # fmt: skip
    wanted.append(Planned(OWN, StepKind.HUB, operation, stage=2 if operation is Operation.ERASE else 1))
    return await plan_these(act, request, operation, wanted, refers=refer(systems))


async def plan_these(
    act: Act, request: Request, operation: Operation, wanted: Sequence[Planned], *, refers: bool
) -> Request:
    """Write these steps of a held request, and set them off. refers: their order is to be found first."""
    way = [Planned("Order of the systems", StepKind.WAY, Operation.FIND, stage=0)] if refers else []
    wanted = [*wanted, *way]
    await add(act, request, wanted)
    planned = await move(act, request, Move("PLANNED", body={"operation": operation, "steps": len(wanted)}))
    await set_off(act, await of(act, request.id))
    return planned


def refer(systems: Sequence[Record]) -> bool:
    """Whether some of the systems that are asked may know a person by what others hold."""
    described = [each for each in systems if each["is_described"] and not each["is_disabled"]]
    return len(described) > 1 and any(each["refers"] for each in described)


async def add(act: Act, request: Request, wanted: Sequence[Planned]) -> None:
    """Write steps of a held request, by one statement."""
    if not wanted:
        return
    rows = [
        (new_id(), each.system_id, each.name, each.kind, each.operation, each.stage, each.state, each.why)
        for each in wanted
    ]
    ids, *columns = (list(column) for column in zip(*rows, strict=True))
    await act.execute(_ADD, ids, request.id, *columns, act.at)


async def of(ask: Ask, request_id: UUID) -> list[Step]:
    """Read the steps of a request, in order. Whoever calls has seen the request."""
    return (await of_many(ask, [request_id]))[request_id]


async def of_many(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, list[Step]]:
    """Read the steps of many requests by one statement."""
    found: dict[UUID, list[Step]] = {request_id: [] for request_id in ids}
    for row in await ask.rows(_OF, list(ids)):
        found[row["request_id"]].append(_step(row))
    return found


async def set_off(act: Act, planned: Sequence[Step]) -> None:
    """Have workers do what can be done now: the steps of the first stage that is not done."""
    first = min((each.stage for each in planned if each.state not in ENDED), default=0)
    fresh = [
        each
        for each in planned
        if each.state is StepState.WAITING and each.stage == first and not each.attempts
    ]
    if any(each.is_asked for each in fresh):
        await act.defer(TASK_ALL, request_id=fresh[0].request_id)
    if any(is_written_to(each) for each in fresh):
        await act.defer(TASK_WRITE, request_id=fresh[0].request_id)
    for each in fresh:
        if each.kind in {StepKind.HUB, StepKind.WAY} and not each.is_asked:
            await act.defer(TASK, step_id=each.id)


def is_written_to(step: Step) -> bool:
    """Whether whoever does a step that waits may have an address: of a system, or of who once received the data."""
    has_address = step.kind is StepKind.EMAIL or (step.kind is StepKind.MANUAL and step.system_id is not None)
    return has_address and step.state is StepState.WAITING


async def set_off_due(act: Act) -> int:
    """Have workers do what is due again: failures, waiting, letters, what a killed worker left; returns how many.

    Where writing was refused, it is tried again after hours: what refuses it seldom goes by itself.
    """
    due = [row["id"] for row in await act.rows(_DUE, act.at, DUE_AT_A_TIME)]
    unwritten = [row["request_id"] for row in await act.rows(_UNWRITTEN, act.at, DUE_AT_A_TIME)]
    for step_id in due:
        await act.defer(TASK, step_id=step_id)
    for request_id in unwritten:
        await act.defer(TASK_WRITE, request_id=request_id)
    if due or unwritten:
        await act.record("request.steps_resumed", steps=due, requests=unwritten)
    return len(due) + len(unwritten)


async def hold(act: Act, step_id: UUID) -> tuple[Request, Step]:
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
    return request, await read(act, step_id)


async def read(ask: Ask, step_id: UUID) -> Step:
    """Read a step that is there. Whoever calls may see its request."""
    [row] = await ask.rows(_ONE, step_id)
    return _step(row)


def _step(row: Record) -> Step:
    values: dict[str, Any] = dict(row)
    values["evidence"] = values["evidence"] and orjson.loads(values["evidence"])
    for name, kind in (("kind", StepKind), ("operation", Operation), ("state", StepState)):
        values[name] = kind(values[name])
    return Step(**values)
