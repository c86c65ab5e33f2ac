"""How a consent question ends: once, by an answer, a cancellation or the clock, also when two come at once."""

import asyncio
from uuid import UUID

import asyncpg
import pytest

from hub import questions
from hub.act import Act, Hub
from hub.actors import Operation
from hub.errors import Code, Refusal
from hub.questions import Question, State
from tests.domain.firm import Firm, events_of
from tests.domain.posing import (
    PHONE,
    PUT,
    answer,
    cancel,
    lapse,
    new,
    put,
    put_long_ago,
    read,
    refused,
    show,
    told,
    words,
)

ASKED = ["customer.created", "choice.asked", "question.put"]


async def test_another_answer_is_a_choice_of_its_own(firm: Firm, superuser: asyncpg.Connection) -> None:
    question = await put(firm, await firm.customer())
    await answer(firm, question, PHONE)
    said = await refused(superuser, answer(firm, question, PHONE, is_yes=False), Code.CONFLICT, "question")
    assert "record a withdrawal" in said
    other = await put(firm, await firm.customer())
    await answer(firm, other, PHONE, is_yes=False)
    said = await refused(superuser, answer(firm, other, PHONE), Code.CONFLICT, "question")
    assert "record the consent" in said


async def test_what_has_ended_stays_ended(hub: Hub, firm: Firm, superuser: asyncpg.Connection) -> None:
    customer_id = await firm.customer()
    question = await put(firm, customer_id)
    assert (await cancel(firm, question, "WRONG_WORDING")).state is State.CANCELLED
    assert await events_of(hub, customer_id) == [*ASKED, "question.cancelled"]
    for doing in (show(firm, question), answer(firm, question, PHONE)):
        said = await refused(superuser, doing, Code.CONFLICT, "question")
        assert "was cancelled on" in said
    answered = await put(firm, customer_id)
    await answer(firm, answered, PHONE)
    await refused(superuser, cancel(firm, answered), Code.CONFLICT, "question")
    await refused(superuser, show(firm, answered), Code.CONFLICT, "question")


async def test_past_its_expiry_it_has_lapsed_before_anybody_noted_it(
    firm: Firm, superuser: asyncpg.Connection
) -> None:
    question = await put(firm, await firm.customer())
    await put_long_ago(superuser, question)
    lapsed = await read(firm, question)
    assert (lapsed.state, lapsed.ended_at) == (State.LAPSED, lapsed.expires_at)
    assert [each.kind for each in await told(firm, question)] == ["PUT"]
    for _ in range(2):
        for doing in (show(firm, question), answer(firm, question, PHONE), cancel(firm, question)):
            said = await refused(superuser, doing, Code.CONFLICT, "question")
            assert f"lapsed on {lapsed.expires_at:%Y-%m-%d}" in said
        await lapse(firm)
    assert [each.kind for each in await told(firm, question)] == ["PUT", "LAPSED"]
    assert await read(firm, question) == lapsed


async def test_of_two_answers_at_once_one_has_an_effect(hub: Hub, firm: Firm) -> None:
    for answers in ((True, True, True, True), (True, False, True, False)):
        customer_id = await firm.customer()
        question = await put(firm, customer_id)
        ended = await asyncio.gather(
            *(answer(firm, question, PHONE, is_yes=each) for each in answers), return_exceptions=True
        )
        refusals = [each for each in ended if isinstance(each, BaseException)]
        assert all(isinstance(each, Refusal) and each.code is Code.CONFLICT for each in refusals)
        assert len(refusals) == (0 if all(answers) else 2)
        events = await events_of(hub, customer_id)
        assert events[3:4] + events[5:] == ["question.shown", "question.answered"]
        assert len(await words(firm, customer_id)) == 2


async def test_of_two_puts_at_once_one_is_open(firm: Firm) -> None:
    customer_id = await firm.customer()
    ended = await asyncio.gather(*(put(firm, customer_id) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(each, Refusal) and each.code is Code.CONFLICT for each in ended) == 3


async def test_a_put_that_waited_for_another_sees_what_that_one_wrote(
    firm: Firm, superuser: asyncpg.Connection
) -> None:
    """Its transaction is the older one, and began before the other question was put."""
    customer_id = await firm.customer()
    waits = firm.hub.perform(firm.app, PUT, lambda act: _late(act, customer_id, firm))
    with pytest.raises(Refusal, match="waits for this customer's answer"):
        await waits
    assert (
        await superuser.fetchval("SELECT count(*) FROM consent_question WHERE customer_id = $1", customer_id)
        == 1
    )


async def _late(act: Act, customer_id: UUID, firm: Firm) -> None:
    await put(firm, customer_id)
    await questions.put(act, new(firm), customer_id)


async def test_an_answer_that_waited_for_a_showing_is_recorded(firm: Firm) -> None:
    question = await put(firm, await firm.customer())

    async def late(act: Act) -> Question:
        await show(firm, question)
        return await questions.answer(act, question.id, PHONE, is_yes=True)

    answered = await firm.hub.perform(firm.app, Operation.QUESTION_ANSWER, late)
    assert answered.state is State.ANSWERED_YES
    assert {each.kind for each in await told(firm, question)} == {"PUT", "SHOWN", "ANSWERED_YES"}
