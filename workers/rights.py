"""What workers do for rights requests: steps, deletions that have cooled, and what nobody proved in time."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from hub.act import Act, Hub
from hub.actors import WORKER, Operation
from hub.errors import Refusal
from hub.rights import fulfilling, proving, steps, systems
from hub.rights.outcomes import Operation as Asked
from hub.rights.outcomes import Settled, Step, StepState
from hub.rights.systems import Work
from workers.connectors import dataset_files
from workers.connectors.connector import Broken, Call, Change, Done, Later, Nothing, Outcome, Refused, Subject
from workers.connectors.datasets import Dataset, Unusable
from workers.connectors.guarding import Guarded
from workers.connectors.sql import SqlConnector, SqlSystem
from workers.door import task


@task("rights.step")
async def step(hub: Hub, step_id: UUID) -> None:
    """Do one step: the hub's own by one act, a system's between two short ones, in which nothing is locked."""
    claimed = await hub.perform(WORKER, Operation.REQUEST_FULFIL, partial(fulfilling.claim, step_id=step_id))
    if claimed is None:
        return
    outcome = await _ask_system(hub, claimed)

    async def settle(act: Act) -> None:
        await fulfilling.settle(act, claimed.id, claimed.attempts, _settled(act, claimed, outcome))

    await hub.perform(WORKER, Operation.REQUEST_FULFIL, settle)


@task("rights.resume", cron="* * * * *")
async def resume(hub: Hub) -> None:
    """Have the steps done whose time has come again, or whose worker was killed."""
    while await hub.perform(WORKER, Operation.REQUEST_FULFIL, steps.set_off_due) == steps.DUE_AT_A_TIME:
        pass


@task("rights.cool", cron="*/10 * * * *")
async def cool(hub: Hub) -> None:
    """Set off the deletions whose days to think again are over."""
    while await hub.perform(WORKER, Operation.REQUEST_FULFIL, fulfilling.cool) == fulfilling.COOLED_AT_A_TIME:
        pass


@task("rights.expire", cron="23 * * * *")
async def expire(hub: Hub) -> None:
    """Let end what nobody proved in thirty days."""
    while await hub.perform(WORKER, Operation.REQUEST_FULFIL, proving.expire) == proving.EXPIRED_AT_A_TIME:
        pass


async def _ask_system(hub: Hub, claimed: Step) -> Outcome:
    """Ask a database; whatever is wrong with it, or with its description, is an outcome too."""
    async with hub.ask(WORKER, Operation.REQUEST_FULFIL) as ask:
        work = await systems.prepare(ask, claimed)
    try:
        own = dataset_files.read(work.own.encode())
        others = [each for text in work.datasets for each in dataset_files.read(text.encode())]
        system = SqlSystem(work.address, tuple(each.key for each in own))
        connector = SqlConnector(system, {each.key: each for each in others}.values(), work.key)
    except Unusable as error:
        return Refused(" ".join(error.problems))
    except Refusal as refusal:
        return Refused(refusal.message)
    try:
        return await _call(Guarded(connector), work, own)
    finally:
        with suppress(Exception):
            await connector.close()


async def _call(connector: Guarded, work: Work, own: Sequence[Dataset]) -> Outcome:
    call = Call(work.step.id, Subject(work.identities), attempt=work.step.attempts)
    match work.step.operation:
        case Asked.ERASE:
            return await connector.erase(call)
        case Asked.RESTRICT:
            return await connector.restrict(call)
        case Asked.CORRECT:
            changes = list(_changes(work.changes, own))
            return await connector.correct(call, changes) if changes else Nothing()
        case _:
            return await connector.find(call)


def _changes(wanted: Mapping[str, str], own: Sequence[Dataset]) -> Sequence[Change]:
    """A field of the request is corrected wherever a field of this name is described."""
    return [
        Change(f"{collection}.{name}", wanted[name])
        for each in own
        for collection, made in ((str(made.name), made) for made in each.collections.values())
        for name in made.fields
        if name in wanted
    ]


def _settled(act: Act, claimed: Step, outcome: Outcome) -> Settled:
    match outcome:
        case Done(evidence=evidence):
            return Settled(StepState.DONE, _plain(evidence))
        case Nothing(unreached=unreached):
            return Settled(StepState.NOTHING, {"unreached": list(unreached)})
        case Later(when=when):
            return Settled(StepState.WAITING_ON_OTHERS, next_at=max(when, act.at))
        case Refused(why=why):
            return Settled(StepState.REFUSED, why=why)
        case Broken(why=why):
            return Settled(StepState.FAILED, why=why, next_at=steps.next_try(act, claimed.attempts))


def _plain(evidence: Any) -> dict[str, Any]:
    return msgspec.to_builtins(evidence)
