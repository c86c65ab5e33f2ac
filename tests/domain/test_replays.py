"""A decision is found again from what it kept; what was told late, or reads otherwise today, is said."""

from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from hub import decisions, organisations, replays
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.db import new_id
from hub.decisions import Answer
from hub.errors import Code, Refusal
from hub.policy.values import Act
from hub.questioned import Question
from tests.world import World, build_world


@pytest_asyncio.fixture(scope="module")
async def world(hub: Hub) -> AsyncIterator[World]:
    yield await build_world(hub)


async def decided(hub: Hub, world: World, customer: UUID) -> UUID:
    question = Question(customer, Act.DISCLOSE, "referral-mortgage", recipient="bluegum-mortgages")
    [answer] = await decisions.decide(hub, world.app(), [question])
    assert isinstance(answer, Answer)
    assert answer.id is not None
    return answer.id


async def replayed(hub: Hub, world: World, decision: UUID) -> replays.Replay:
    async with hub.ask(world.app(), Operation.DECISION_READ) as ask:
        return await replays.replay(ask, decision)


async def test_recorded_facts_give_the_recorded_answer_again(hub: Hub, world: World) -> None:
    decision = await decided(hub, world, await world.customer(hub, joined="2024-03-01", shown="v2"))
    found = await replayed(hub, world, decision)
    assert (found.same, found.changes) == (True, ())
    assert (found.outcome, found.rule) == ("CONSENT_NEEDED", "au.alliance-later")
    assert found.regathered is not None
    assert found.regathered.rule == found.today.rule == found.replayed.rule == "au.alliance-later"


async def test_what_was_told_late_shows_as_a_change_of_facts(hub: Hub, world: World) -> None:
    customer = await world.customer(hub, joined="2024-03-01", shown="v2")
    decision = await decided(hub, world, customer)
    await world.choose(hub, customer, on="2026-01-15", stops_sharing=True)
    found = await replayed(hub, world, decision)
    assert found.same, "what was kept is not touched"
    assert found.regathered is not None
    assert found.regathered.rule == "hub.sharing-opt-out"
    assert [(one.jurisdiction, one.fact, one.recorded, one.gathered) for one in found.changes] == [
        ("AU", "sharing_choice", "NONE", "OPTED_OUT")
    ]


async def test_whose_department_replays_a_decision_is_no_change(hub: Hub, world: World) -> None:
    customer = await world.customer(hub, joined="2025-08-01", shown="v3")
    asker, other = world.app(None), world.app("conveyancing")
    [answer] = await decisions.decide(hub, asker, [Question(customer, Act.USE, "conveyancing")])
    assert isinstance(answer, Answer)
    assert answer.id is not None
    assert answer.decision.rule == "hub.department"
    async with hub.ask(other, Operation.DECISION_READ) as ask:
        found = await replays.replay(ask, answer.id)
    assert (found.changes, found.regathered and found.regathered.rule) == ((), "hub.department")


async def test_an_operator_of_no_organisation_replays_the_decisions_of_all(hub: Hub, world: World) -> None:
    decision = await decided(hub, world, await world.customer(hub, joined="2024-03-01", shown="v2"))
    async with hub.ask(OPERATOR, Operation.DECISION_READ) as ask:
        found = await replays.replay(ask, decision)
    assert (found.same, found.changes) == (True, ())
    assert found.regathered is not None


async def test_a_catalogue_that_changed_since_does_not_change_the_past(hub: Hub) -> None:
    own = await build_world(hub)
    decision = await decided(hub, own, await own.customer(hub, joined="2025-08-01", shown="v3"))
    async with hub.act(OPERATOR, Operation.CATALOGUE_WRITE) as act:
        await organisations.change(act, own.organisation.id, organisations.Changes(strict_sharing=True))
    found = await replayed(hub, own, decision)
    assert (found.outcome, found.changes) == ("ALLOW", ())
    assert (await replayed(hub, own, await decided(hub, own, await own.customer(hub)))).outcome != "ALLOW"


async def test_decisions_whose_answer_would_change_are_listed(
    hub: Hub, superuser: asyncpg.Connection
) -> None:
    world = await build_world(hub)
    kept = [
        await decided(hub, world, await world.customer(hub, joined="2024-03-01", shown="v2"))
        for _ in range(3)
    ]
    async with hub.ask(world.app(), Operation.DECISION_READ) as ask:
        assert await replays.differences(ask, 100) == (3, [])
    await superuser.execute("ALTER TABLE decision DISABLE TRIGGER USER")
    await superuser.execute(
        """UPDATE decision SET outcome = 'ALLOW', rule = 'au.repealed', rules_version = '2020.01'
           WHERE id = (SELECT decision_id FROM decision_subject WHERE id = $1)""",
        kept[1],
    )
    await superuser.execute("ALTER TABLE decision ENABLE TRIGGER USER")
    async with hub.ask(world.app(), Operation.DECISION_READ) as ask:
        count, [changed] = await replays.differences(ask, 100)
    assert count == 3
    assert (changed.rule, changed.rules_version, changed.today.rule) == (
        "au.repealed",
        "2020.01",
        "au.alliance-later",
    )
    assert not (await replayed(hub, world, kept[1])).same


@pytest.mark.parametrize("sample", [0, replays.SAMPLE_AT_MOST + 1])
async def test_a_sample_has_bounds(hub: Hub, world: World, sample: int) -> None:
    async with hub.ask(world.app(), Operation.DECISION_READ) as ask:
        with pytest.raises(Refusal) as refused:
            await replays.differences(ask, sample)
    assert refused.value.path == ("sample",)


async def test_another_organisations_decision_looks_absent(hub: Hub, world: World) -> None:
    other = await build_world(hub)
    decision = await decided(hub, other, await other.customer(hub))
    for unknown in (decision, new_id()):
        with pytest.raises(Refusal) as refused:
            await replayed(hub, world, unknown)
        assert refused.value.code is Code.NOT_FOUND
