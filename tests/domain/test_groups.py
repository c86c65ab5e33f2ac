"""Groups of an audience: the same whichever customer is counted first, and cited by every law that decides in them."""

from collections.abc import AsyncIterator, Mapping
from random import Random

import pytest
import pytest_asyncio

from hub import crowds
from hub.act import Hub
from hub.actors import Operation
from hub.crowds import Audience, Heap, summed
from hub.groups import Group
from hub.policy.decision import TABLES
from hub.policy.values import Act, Jurisdiction
from hub.questioned import Question
from tests.world import World, build_world

REFERRAL = Question(crowds.ANYBODY, Act.DISCLOSE, "referral-mortgage", recipient="bluegum-mortgages")
CITED: Mapping[str, str] = {
    place.value: next(rule.citation for rule in table if rule.id == "hub.sharing-opt-out")
    for place, table in TABLES.items()
}


@pytest_asyncio.fixture(scope="module")
async def world(hub: Hub) -> AsyncIterator[World]:
    """Customers under four laws who let nothing leave, two of them in the UK; and three in Australia who do."""
    built = await build_world(hub)
    for place in ("ZA", "UK", "MA", "UK", "AU"):
        customer = await built.customer(hub, jurisdiction=place, joined="2024-03-01", shown="v2")
        await built.choose(hub, customer, stops_sharing=True)
    for shown in ("v1", "v2", None):
        await built.customer(hub, joined="2024-03-01", shown=shown)
    yield built


async def heaps_of(hub: Hub, world: World) -> tuple[crowds.Crowd, list[Heap]]:
    async with hub.ask(world.app(), Operation.DECISION_PREVIEW) as ask:
        crowd = await crowds.Crowd.of(ask, REFERRAL)
        return crowd, await crowd.heaps()


def refused(audience: Audience) -> Group:
    [group] = [each for each in audience.groups if each.decision.rule == "hub.sharing-opt-out"]
    return group


@pytest.mark.parametrize("seed", range(10))
async def test_an_audience_does_not_turn_on_the_order_of_rows(hub: Hub, world: World, seed: int) -> None:
    crowd, heaps = await heaps_of(hub, world)
    shuffled = list(heaps)
    Random(seed).shuffle(shuffled)  # noqa: S311 - an order, no secret
    assert len(heaps) > 6
    assert summed(crowd, shuffled) == summed(crowd, heaps)


async def test_a_rule_that_each_law_has_is_cited_by_all_of_them_that_of_most_customers_first(
    hub: Hub, world: World
) -> None:
    crowd, heaps = await heaps_of(hub, world)
    group = refused(summed(crowd, heaps))
    assert group.customers == 5
    assert group.citations == tuple(CITED[place] for place in ("UK", "AU", "MA", "ZA"))
    assert (group.decision.citation, group.citation) == (CITED["UK"], "; ".join(group.citations))


async def test_a_law_alone_is_cited_alone(hub: Hub, world: World) -> None:
    crowd, heaps = await heaps_of(hub, world)
    moroccan = [heap for heap in heaps if heap.standing.jurisdictions == (Jurisdiction.MA,)]
    group = refused(summed(crowd, moroccan))
    assert (group.customers, group.citation, group.decision.citation) == (1, CITED["MA"], CITED["MA"])


async def test_what_would_move_most_comes_first_and_equals_by_name(hub: Hub, world: World) -> None:
    crowd, heaps = await heaps_of(hub, world)
    for group in summed(crowd, heaps).groups:
        order = [(-move.customers, move.remedy.code, move.remedy.rule) for move in group.moves]
        assert order == sorted(order)
