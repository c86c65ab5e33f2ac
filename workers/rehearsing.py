"""Rehearses an erasure in all connected systems: what would be touched of somebody, with nothing changed or kept."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Final
from uuid import UUID

from hub.act import Ask, Hub
from hub.actors import OPERATOR, Operation
from hub.db import new_id
from hub.rights import outcomes, systems
from hub.rights.outcomes import ASKED, Step, StepState
from hub.rights.systems import About, System, Work
from workers.connectors.connector import Call, Later, Outcome, Refused, Subject
from workers.holdings import open_or_say, subject_of
from workers.opening import Opened

SECONDS: Final = 30.0
OFF: Final = Refused("It is switched off: a request would skip it.")
BY_HAND: Final = "A person looks there: nothing can be rehearsed."


async def everywhere(
    hub: Hub, organisation_id: UUID, identities: Mapping[str, tuple[str, ...]]
) -> list[tuple[System, Outcome]]:
    """What an erasure would do in each system, in which keys of others lead on as they would for a request."""
    async with hub.ask(OPERATOR, Operation.SYSTEM_CONNECT) as ask:
        every = await systems.all_of(ask, organisation_id)
        works = await _works(ask, organisation_id, identities, every)
    async with AsyncExitStack() as keep:
        opened = {work.step.id: await open_or_say(keep, hub, work) for work in works}
        subject = await subject_of(works, opened)
        said = await asyncio.gather(*(_erase(work, opened[work.step.id], subject) for work in works))
    came = {work.step.system_id: outcome for work, outcome in zip(works, said, strict=True)}
    return [(each, came.get(each.id) or _unasked(each)) for each in every]


async def _works(
    ask: Ask, organisation_id: UUID, identities: Mapping[str, tuple[str, ...]], every: list[System]
) -> list[Work]:
    """A step for each system that a connector asks, kept nowhere."""
    steps = [
        Step(
            new_id(), each.id, each.id, each.name, each.kind, outcomes.Operation.ERASE, 1, StepState.RUNNING, 1,
            None, None, None, None, ask.at, None,
        )
        for each in every if each.kind in ASKED and each.disabled_at is None
    ]  # fmt: skip
    return await systems.works_about(ask, About(organisation_id, None, identities, {}), steps)


async def _erase(work: Work, opened: Opened | str, subject: Subject) -> Outcome:
    if isinstance(opened, str):
        return Refused(opened)
    call = Call(work.step.id, subject, seconds=SECONDS, is_dry_run=True)
    outcome = await opened.connector.erase(call)
    if isinstance(outcome, Later):
        minutes = max(1, round((outcome.when - call.at) / timedelta(minutes=1)))
        return Refused(f"It asks to come back in {minutes} minutes.")
    return outcome


def _unasked(system: System) -> Refused:
    return OFF if system.disabled_at is not None else Refused(BY_HAND)
