"""Questions whose time is up: the job notes each once, a few at a time, whatever stops it half-way."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from hub import questions
from hub.act import Act, Hub
from hub.actors import OPERATOR, WORKER, Operation
from hub.questions import Question, State
from tests.domain.firm import Firm, found
from tests.domain.posing import PHONE, PUT, answer, bodies, by_app, lapse, new, put_long_ago, read, told
from workers.main import TASKS

MAINTAIN = Operation.HUB_MAINTAIN


@pytest_asyncio.fixture
async def alone(fresh_hub: Hub) -> Firm:
    """A firm alone in its hub: the job is not of one organisation."""
    return await found(fresh_hub)


async def overdue(firm: Firm, many: int) -> list[Question]:
    """So many questions whose time is up."""
    people = [await firm.customer() for _ in range(many)]
    outcomes = await by_app(firm, PUT, questions.put_many, new(firm), people)
    connection = await asyncpg.connect(firm.hub.database.url)
    for each in outcomes:
        await put_long_ago(connection, each.question)
    await connection.close()
    return [each.question for each in outcomes]


async def noted(firm: Firm) -> list[tuple[int, UUID | None]]:
    """The entries of the ledger about lapses: how many each is about."""
    async with firm.hub.ask(OPERATOR, Operation.LEDGER_READ) as ask:
        rows = await ask.rows(
            "SELECT detail_count, subject FROM ledger_entry WHERE event = 'question.lapsed' ORDER BY sequence"
        )
    return [tuple(row) for row in rows]


async def kinds(firm: Firm, asked: list[Question]) -> set[tuple[str, ...]]:
    """What became of these, each way once."""
    return {tuple(event.kind for event in await told(firm, each)) for each in asked}


async def test_the_job_notes_each_lapse_once_and_leaves_the_rest_alone(alone: Firm) -> None:
    asked = await overdue(alone, 5)
    waiting = await by_app(alone, PUT, questions.put, new(alone), await alone.customer())
    answered = await by_app(alone, PUT, questions.put, new(alone), await alone.customer())
    await answer(alone, answered, PHONE)
    for _ in range(2):
        await TASKS["questions.lapse"].run(alone.hub)
    assert await kinds(alone, asked) == {("PUT", "LAPSED")}
    assert await kinds(alone, [waiting]) == {("PUT",)}
    assert await kinds(alone, [answered]) == {("PUT", "SHOWN", "ANSWERED_YES")}
    assert await noted(alone) == [(5, None)]
    [said] = await bodies(alone, "question.lapsed", asked[0].customer_id)
    assert said["question"] == str(asked[0].id)
    lapsed = (await told(alone, asked[0]))[-1]
    assert lapsed.happened_at == (await read(alone, asked[0])).expires_at


async def test_a_job_with_nothing_to_note_leaves_nothing(fresh_hub: Hub) -> None:
    await TASKS["questions.lapse"].run(fresh_hub)
    assert await fresh_hub.database.single().value("SELECT count(*) FROM act") == 0


async def test_it_goes_a_few_at_a_time_the_oldest_first(alone: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = await overdue(alone, 5)
    assert await lapse(alone, 2) == 2
    assert [(await read(alone, each)).state for each in asked] == [State.LAPSED] * 5
    assert await noted(alone) == [(2, None)]
    assert [len(await told(alone, each)) for each in asked] == [2, 2, 1, 1, 1]
    monkeypatch.setattr(questions, "LAPSED_AT_A_TIME", 2)
    monkeypatch.setattr(questions.lapse, "__defaults__", (2,))
    await TASKS["questions.lapse"].run(alone.hub)
    assert await noted(alone) == [(2, None), (2, None), (1, asked[4].customer_id)]
    assert await kinds(alone, asked) == {("PUT", "LAPSED")}


async def test_one_that_dies_half_way_is_begun_again(alone: Firm) -> None:
    asked = await overdue(alone, 3)

    async def die(act: Act) -> None:
        assert await questions.lapse(act) == 3
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await alone.hub.perform(WORKER, MAINTAIN, die)
    assert await kinds(alone, asked) == {("PUT",)}
    assert await noted(alone) == []
    await TASKS["questions.lapse"].run(alone.hub)
    assert await kinds(alone, asked) == {("PUT", "LAPSED")}


async def test_of_many_at_once_each_question_is_noted_by_one(alone: Firm) -> None:
    asked = await overdue(alone, 6)
    run: Any = TASKS["questions.lapse"].run
    await asyncio.gather(*(run(alone.hub) for _ in range(5)))
    await run(alone.hub)
    assert await kinds(alone, asked) == {("PUT", "LAPSED")}
    assert sum(many for many, _ in await noted(alone)) == 6


async def test_a_customer_who_is_being_written_about_is_left_for_the_next_time(alone: Firm) -> None:
    held, free = await overdue(alone, 2)
    connection = await asyncpg.connect(alone.hub.database.url)
    async with connection.transaction():
        await connection.execute("SELECT FROM customer WHERE id = $1 FOR UPDATE", held.customer_id)
        await TASKS["questions.lapse"].run(alone.hub)
    await connection.close()
    assert await noted(alone) == [(1, free.customer_id)]
    assert (await read(alone, held)).state is State.LAPSED
    await TASKS["questions.lapse"].run(alone.hub)
    assert await noted(alone) == [(1, free.customer_id), (1, held.customer_id)]
