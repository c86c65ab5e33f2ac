"""Asks systems for what claimed steps want: all at once, nothing locked meanwhile, each noted as it ends."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Final
from uuid import UUID

from hub.act import Hub
from hub.actors import WORKER, Operation
from hub.errors import Refusal
from hub.rights import systems, trying
from hub.rights.outcomes import Operation as Asked
from hub.rights.outcomes import Step, StepKind
from hub.rights.parts import Destination
from hub.rights.systems import Work
from workers import correcting, exporting, opening
from workers.connectors.connector import Call, Done, Nothing, Outcome, Refused, Subject
from workers.connectors.datasets import Unusable
from workers.exporting import Exported
from workers.opening import Opened
from workers.settling import Settling

KEEP_SECONDS: Final = trying.LEASE.total_seconds() / 3


async def ask_all(hub: Hub, claimed: Sequence[Step], *, has_builder: bool = False) -> bool:
    """Ask the systems of claimed steps of one request, and note what came of each.

    has_builder: as `fulfilling.settle_live`. Returns whether a package was begun by it.
    """
    if not claimed:
        return False
    async with hub.ask(WORKER, Operation.REQUEST_FULFIL, is_planned_once=True) as ask:
        works = await systems.prepare(ask, claimed)
    settling = Settling(hub, claimed[0].request_id, len(works), has_builder=has_builder)
    asked = {each.id: each for each in claimed}
    async with _keeping(hub, asked):
        doing = (_do(hub, work, settling, asked) for work in works)
        came = await asyncio.gather(*doing, return_exceptions=True)
    for failure in (each for each in came if isinstance(each, BaseException)):
        raise failure  # after all others were noted
    return settling.has_gathered


async def _do(hub: Hub, work: Work, settling: Settling, asked: dict[UUID, Step]) -> None:
    try:
        outcome = await ask_system(hub, work)
    finally:
        asked.pop(work.step.id, None)
    await settling.note(work.step, outcome)


@asynccontextmanager
async def _keeping(hub: Hub, asked: dict[UUID, Step]) -> AsyncGenerator[None]:
    """Keep the steps that are still asked for, so that no other worker begins them meanwhile."""
    keeping = asyncio.create_task(_keep(hub, asked))
    try:
        yield
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping


async def _keep(hub: Hub, asked: dict[UUID, Step]) -> None:
    """Keep them again and again; a step that is another worker's by now is let go."""
    while True:
        await asyncio.sleep(KEEP_SECONDS)
        several = list(asked.values())
        with suppress(Refusal):  # the database is away: the next time will do, or the lease lapses
            kept = several and await hub.perform(
                WORKER, Operation.REQUEST_FULFIL, partial(trying.keep, several=several)
            )
            for each in several:
                if each.id not in kept:
                    asked.pop(each.id, None)


async def ask_system(hub: Hub, work: Work) -> Outcome | Exported:
    """Ask one system; whatever is wrong with it, or with its description, is an outcome too."""
    if work.step.kind is StepKind.HUB:
        return await exporting.own(hub, work.step)
    try:
        async with opening.opened(hub, work) as system:
            return await _call(hub, system, work)
    except Unusable as error:
        return Refused(" ".join(error.problems))


async def _call(hub: Hub, system: Opened, work: Work) -> Outcome | Exported:
    subject = Subject(work.identities, work.keys)
    at = trying.claimed_at(work.step) or datetime.now(UTC)
    call = Call(work.step.id, subject, at, attempt=work.step.attempts)
    match work.step.operation:
        case Asked.EXPORT:
            return await exporting.take(hub, _towards(work), system.connector.export(call))
        case Asked.ERASE:
            return await system.connector.erase(call)
        case Asked.RESTRICT:
            return await system.connector.restrict(call)
        case Asked.LIFT:
            return await system.connector.restrict(call, is_restricted=False)
        case Asked.CORRECT:
            return await _correct(system, work, call)
        case _:
            return await system.connector.find(call)


def _towards(work: Work) -> Destination:
    """Steps are of requests, and so there is one."""
    if work.destination is None:
        raise AssertionError("unreachable")
    return work.destination


async def _correct(system: Opened, work: Work, call: Call) -> Outcome:
    """Have corrected what the system can hold, and say what was left as it is."""
    reached = correcting.reach(work.wanted, system.own, opening.all_datasets(work))
    if not reached.changes:
        return Nothing(left=reached.left)
    match outcome := await system.connector.correct(call, reached.changes):
        case Done(evidence=evidence):
            return replace(outcome, evidence=replace(evidence, left=reached.left))
        case Nothing():
            return replace(outcome, left=reached.left)
        case _:
            return outcome
