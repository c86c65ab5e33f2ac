"""What a process holds of the catalogue is never older than what it answers: another process may change it any time."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from hub import decisions, organisations
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.db import new_id
from hub.decisions import Answer
from hub.organisations import Changes, NewDepartment
from hub.policy.values import Act
from hub.questioned import Question
from hub.settings import Settings
from tests.world import World, build_world


@pytest_asyncio.fixture
async def other_process(settings: Settings, database_url: str) -> AsyncIterator[Hub]:
    opened = await Hub.open(settings, database_url)
    yield opened
    await opened.close()


async def rule(hub: Hub, world: World, question: Question) -> str:
    ask = hub.ask_once(world.app(), Operation.DECISION_PREVIEW)
    [answer] = await decisions.preview(ask, [question])
    assert isinstance(answer, Answer)
    return answer.decision.rule


async def be_strict(hub: Hub, world: World, *, is_strict: bool) -> None:
    async with hub.act(OPERATOR, Operation.CATALOGUE_WRITE) as act:
        await organisations.change(act, world.organisation.id, Changes(strict_sharing=is_strict))


async def test_a_change_of_the_catalogue_counts_at_once_in_every_process(
    hub: Hub, other_process: Hub
) -> None:
    world = await build_world(hub)
    customer = await world.customer(hub, joined="2025-08-01", shown="v3")
    question = Question(customer, Act.DISCLOSE, "referral-mortgage", recipient="bluegum-mortgages")
    assert {await rule(each, world, question) for each in (hub, other_process)} == {"au.app6-expected"}
    await be_strict(hub, world, is_strict=True)
    assert {await rule(each, world, question) for each in (hub, other_process)} == {"hub.strict-sharing"}
    await be_strict(other_process, world, is_strict=False)
    assert {await rule(each, world, question) for each in (hub, other_process)} == {"au.app6-expected"}


async def test_an_act_that_is_rolled_back_moves_no_clock(hub: Hub) -> None:
    world = await build_world(hub)
    async with hub.ask(OPERATOR, Operation.CATALOGUE_READ) as ask:
        before = await ask.value("SELECT number FROM catalogue_clock")
    with pytest.raises(LookupError):
        async with hub.act(OPERATOR, Operation.CATALOGUE_WRITE) as act:
            await organisations.change(act, world.organisation.id, Changes(strict_sharing=True))
            raise LookupError
    async with hub.ask(OPERATOR, Operation.CATALOGUE_READ) as ask:
        assert await ask.value("SELECT number FROM catalogue_clock") == before
        assert (
            await ask.value("SELECT count(*) FROM catalogue_past WHERE id = $1", world.organisation.id) == 0
        )


async def test_a_catalogue_that_never_rests_is_asked_about_all_the_same(hub: Hub, other_process: Hub) -> None:
    world = await build_world(hub)
    customer = await world.customer(hub, joined="2025-08-01", shown="v3")
    question = Question(customer, Act.DISCLOSE, "referral-mortgage", recipient="bluegum-mortgages")
    is_over, changed, answers = asyncio.Event(), list[str](), list[str]()

    async def keep_changing() -> None:
        while not is_over.is_set():
            async with other_process.act(OPERATOR, Operation.CATALOGUE_WRITE) as act:
                team = NewDepartment(f"d-{new_id().hex}", "A team", world.organisation.id)
                await organisations.add_department(act, team)
            changed.append(team.key)

    changing = asyncio.create_task(keep_changing())
    async with asyncio.timeout(300):
        while len(changed) <= 10 or len(answers) < 10:
            answers.append(await rule(hub, world, question))
    is_over.set()
    await changing
    assert set(answers) == {"au.app6-expected"}
