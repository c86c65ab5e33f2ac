"""Finds the order in which systems that refer to each other are asked about one person."""

from collections.abc import Iterable
from functools import partial
from uuid import UUID

from hub.act import Hub
from hub.actors import WORKER, Operation
from hub.rights import fulfilling, ordering, systems
from hub.rights.ordering import Order, Rounds
from hub.rights.outcomes import Settled, Step, StepState
from workers import opening
from workers.connectors.datasets import Unusable
from workers.connectors.planning import plan


async def find_order(hub: Hub, step: Step) -> None:
    """Find it by what is known of the person, and add it; descriptions that nobody can follow refuse the step."""
    async with hub.ask(WORKER, Operation.REQUEST_FULFIL) as ask:
        [work] = await systems.prepare(ask, [step])
        described = await ordering.described(ask, step.request_id)
    try:
        places = {each.key: system for system, text in described.items() for each in opening.read(text)}
        way = plan(opening.all_datasets(work), frozenset(work.identities))
    except Unusable as error:
        refused = Settled(StepState.REFUSED, why=" ".join(error.problems))
        settle = partial(fulfilling.settle, step_id=step.id, attempt=step.attempts, settled=refused)
        await hub.perform(WORKER, Operation.REQUEST_FULFIL, settle)
        return
    order = Order(_systems(way.find_rounds, places), _last(_systems(way.erase_rounds, places)))
    await hub.perform(WORKER, Operation.REQUEST_FULFIL, partial(fulfilling.arrange, found=step, order=order))


def _systems(rounds: Iterable[Iterable[str]], places: dict[str, UUID]) -> Rounds:
    """The systems in which the datasets of each round lie."""
    found = (tuple(dict.fromkeys(places[key] for key in each if key in places)) for each in rounds)
    return tuple(each for each in found if each)


def _last(rounds: Rounds) -> Rounds:
    """Each system once, when the last of its datasets has its turn."""
    turn = {system: number for number, each in enumerate(rounds) for system in each}
    kept = (tuple(system for system in each if turn[system] == number) for number, each in enumerate(rounds))
    return tuple(each for each in kept if each)
