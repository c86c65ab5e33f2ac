"""The life of a consent question: put, shown, answered, cancelled or lapsed, each with the ledger it leaves."""

import hashlib
from datetime import timedelta

import asyncpg
import pytest

from hub import choices, merges, questions
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.customers import erase
from hub.errors import Code
from hub.questions import Showing, State
from tests.domain.firm import Firm, events_of, evidence
from tests.domain.posing import (
    BENEFIT,
    PHONE,
    PUT,
    WORDING,
    answer,
    bodies,
    by_app,
    cancel,
    put,
    read,
    refused,
    show,
    soon,
    told,
    words,
)

ASKED = ["customer.created", "choice.asked", "question.put"]
HISTORY = Operation.CUSTOMER_READ


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


async def test_a_whole_life_from_the_portal_to_a_yes(hub: Hub, firm: Firm) -> None:
    customer_id = await firm.customer(locale="fr-MA", jurisdictions=["MA"])
    question = await put(
        firm,
        customer_id,
        channels=["EMAIL", "SMS"],
        grade="EXPLICIT",
        notice_version_id=firm.version,
        campaign="spring",
        consent_ends_at=soon(days=400),
    )
    assert (question.state, question.campaign, question.channels) == (State.PUT, "spring", ("EMAIL", "SMS"))
    assert (question.wording, question.benefit, question.ended_at) == (WORDING, BENEFIT, None)
    assert (await show(firm, question)).state is State.SHOWN
    answered = await answer(firm, question)
    assert answered.state is State.ANSWERED_YES
    assert answered.ended_at is not None
    assert await events_of(hub, customer_id) == [
        *ASKED,
        "question.shown",
        "choice.given",
        "question.answered",
    ]
    assert await words(firm, customer_id) == [
        ("ASKED", "EMAIL", None, "WEB"),
        ("ASKED", "SMS", None, "WEB"),
        ("GIVEN", "EMAIL", "EXPLICIT", "WEB"),
        ("GIVEN", "SMS", "EXPLICIT", "WEB"),
    ]
    events = await told(firm, question)
    assert [(each.kind, each.place, each.method, each.locale, len(each.choices)) for each in events] == [
        ("PUT", None, None, None, 2),
        ("SHOWN", "PORTAL", "WEB", "fr", 0),
        ("ANSWERED_YES", "PORTAL", "WEB", "fr", 2),
    ]


async def test_a_yes_is_a_consent_with_the_words_that_were_shown(firm: Firm) -> None:
    customer_id = await firm.customer(locale="fr")
    question = await put(firm, customer_id, notice_version_id=firm.version, recipient_id=firm.recipients[0])
    await show(firm, question, Showing("SERVICE_FLOW", "APP", "en"))
    await answer(firm, question, Showing("SERVICE_FLOW", reference="session 7"))
    async with firm.hub.ask(firm.app, HISTORY) as ask:
        asked, given = (await choices.history(ask, customer_id)).items
    assert (asked.wording, given.wording) == (WORDING["fr"], WORDING["en"])
    assert given.wording_sha256 == sha256(WORDING["en"])
    assert (given.method, given.notice_version_id, given.recipient_id) == (
        "APP",
        firm.version,
        firm.recipients[0],
    )
    assert (asked.notice_version_id, asked.action) == (firm.version, "ASKED")


async def test_the_ledger_says_what_was_asked_where_and_what_was_answered(firm: Firm) -> None:
    customer_id = await firm.customer()
    question = await put(firm, customer_id, campaign="spring")
    await answer(firm, question, PHONE, is_yes=False)
    [said] = await bodies(firm, "question.put", customer_id)
    assert said == {
        "benefit_sha256": {locale: sha256(text) for locale, text in BENEFIT.items()},
        "campaign": "spring",
        "channels": [],
        "choices": [str(choice) for choice in (await told(firm, question))[0].choices],
        "event": "question.put",
        "expires_at": said["expires_at"],
        "grade": "GIVEN",
        "notice_version": None,
        "places": ["PORTAL", "PAPER", "SERVICE_FLOW", "BRANCH", "PHONE"],
        "purpose": str(firm.purposes[0]),
        "question": str(question.id),
        "recipient": None,
        "state": "PUT",
        "wording_sha256": {locale: sha256(text) for locale, text in WORDING.items()},
    }
    [shown], [answered] = [
        await bodies(firm, f"question.{event}", customer_id) for event in ("shown", "answered")
    ]
    assert (shown["place"], shown["method"], shown["locale"]) == ("PHONE", "PHONE", "en")
    assert (answered["state"], answered["question"]) == ("ANSWERED_NO", str(question.id))


async def test_a_no_is_a_refusal_of_consent(hub: Hub, firm: Firm) -> None:
    customer_id = await firm.customer()
    question = await put(firm, customer_id)
    await show(firm, question)
    assert (await answer(firm, question, is_yes=False)).state is State.ANSWERED_NO
    assert await events_of(hub, customer_id) == [
        *ASKED,
        "question.shown",
        "choice.refused",
        "question.answered",
    ]
    assert [action for action, *_ in await words(firm, customer_id)] == ["ASKED", "REFUSED"]


@pytest.mark.parametrize("place", ["PHONE", "BRANCH", "PAPER"])
async def test_where_asking_and_answering_are_one_the_showing_is_recorded_with_the_answer(
    hub: Hub, firm: Firm, place: str
) -> None:
    customer_id = await firm.customer()
    question = await put(firm, customer_id)
    await answer(firm, question, Showing(place))
    assert await events_of(hub, customer_id) == [
        *ASKED,
        "question.shown",
        "choice.given",
        "question.answered",
    ]
    _, shown, answered = await told(firm, question)
    assert (shown.kind, shown.place, shown.method) == ("SHOWN", place, place)
    assert (shown.recorded_at, shown.happened_at) == (answered.recorded_at, answered.happened_at)


@pytest.mark.parametrize("place", ["PORTAL", "SERVICE_FLOW"])
async def test_elsewhere_nobody_answers_what_they_were_not_shown_there(
    firm: Firm, superuser: asyncpg.Connection, place: str
) -> None:
    question = await put(firm, await firm.customer())
    await refused(superuser, answer(firm, question, Showing(place)), Code.CONFLICT, "question")
    await show(firm, question, Showing("PAPER"))
    said = await refused(superuser, answer(firm, question, Showing(place)), Code.CONFLICT, "question")
    assert "record the showing first" in said


async def test_the_same_again_changes_nothing(firm: Firm) -> None:
    question = await put(firm, await firm.customer())
    await show(firm, question)
    before = await told(firm, question)
    assert await show(firm, question) == await read(firm, question)
    assert await told(firm, question) == before
    answers = [
        await answer(firm, question),
        await answer(firm, question),
        await answer(firm, question, PHONE),
    ]
    assert answers[0] == answers[1] == answers[2]
    cancelled = await put(firm, await firm.customer())
    assert await cancel(firm, cancelled, "WRONG_WORDING") == await cancel(firm, cancelled)
    assert [each.kind for each in await told(firm, question)] == ["PUT", "SHOWN", "ANSWERED_YES"]


async def test_it_may_be_shown_again_elsewhere_and_in_another_language(firm: Firm) -> None:
    question = await put(firm, await firm.customer())
    for showing in (
        Showing("PORTAL"),
        Showing("PORTAL", "APP"),
        Showing("PORTAL", locale="fr"),
        Showing("PAPER"),
    ):
        await show(firm, question, showing)
    assert [(each.place, each.method, each.locale) for each in (await told(firm, question))[1:]] == [
        ("PORTAL", "WEB", "en"),
        ("PORTAL", "APP", "en"),
        ("PORTAL", "WEB", "fr"),
        ("PAPER", "PAPER", "en"),
    ]


async def test_times_are_in_order(firm: Firm, superuser: asyncpg.Connection) -> None:
    question = await put(firm, await firm.customer())
    early = question.put_at - timedelta(hours=1)
    for doing in (
        show(firm, question, Showing("PORTAL", happened_at=early)),
        answer(firm, question, Showing("PAPER", happened_at=early)),
        show(firm, question, Showing("PORTAL", happened_at=soon())),
    ):
        await refused(superuser, doing, Code.INVALID, "happened_at")
    await show(firm, question, Showing("PAPER", happened_at=question.put_at))
    await answer(firm, question, Showing("PAPER", happened_at=question.put_at))
    assert (await read(firm, question)).ended_at == question.put_at


async def test_questions_of_others_and_none_are_alike(
    firm: Firm, other_firm: Firm, superuser: asyncpg.Connection
) -> None:
    theirs = await put(other_firm, await other_firm.customer())
    messages = {
        await refused(superuser, doing, Code.NOT_FOUND, "question")
        for doing in (show(firm, theirs), answer(firm, theirs, PHONE), cancel(firm, theirs))
    }
    assert len(messages) == 1
    await refused(superuser, put(firm, theirs.customer_id), Code.NOT_FOUND, "customer")
    for changes, place in (
        ({"purpose_id": other_firm.purposes[0]}, "purpose"),
        ({"recipient_id": other_firm.recipients[0]}, "recipient"),
        ({"notice_version_id": other_firm.version}, "notice_version"),
    ):
        await refused(superuser, put(firm, await firm.customer(), **changes), Code.NOT_FOUND, place)
    async with firm.hub.ask(firm.app, Operation.QUESTION_READ) as ask:
        assert await questions.posed.by_ids(ask, [theirs.id]) == {}


async def test_a_guardian_is_asked_for_a_minor_and_a_yes_is_a_guardians(firm: Firm) -> None:
    customer_id = await firm.customer(age="AGE_14")
    question = await put(firm, customer_id, grade="GUARDIAN")
    await answer(firm, question, Showing("PAPER", reference="form 12"))
    assert (await words(firm, customer_id))[-1] == ("GIVEN", None, "GUARDIAN", "PAPER")


async def test_after_a_merge_questions_stay_with_their_record(firm: Firm) -> None:
    older, newer = await firm.customer(), await firm.customer()
    question = await put(firm, newer)
    async with firm.hub.act(firm.app, Operation.CUSTOMER_MERGE) as act:
        await merges.merge(act, older, newer)
    await answer(firm, question, PHONE)
    assert (await read(firm, question)).customer_id == newer
    assert await words(firm, older) == []
    assert [action for action, *_ in await words(firm, newer)] == ["ASKED", "GIVEN"]


async def test_an_erased_customer_is_asked_nothing_more(firm: Firm, superuser: asyncpg.Connection) -> None:
    customer_id = await firm.customer()
    question = await put(firm, customer_id)
    async with firm.hub.act(OPERATOR, Operation.CUSTOMER_ERASE) as act:
        await erase(act, customer_id)
    for doing in (show(firm, question), answer(firm, question, PHONE)):
        await refused(superuser, doing, Code.CONFLICT, "question")
    await refused(superuser, put(firm, customer_id), Code.CONFLICT, "customer")


async def test_the_database_itself_ends_a_question_once(firm: Firm, superuser: asyncpg.Connection) -> None:
    question = await put(firm, await firm.customer())
    await cancel(firm, question)
    add = """INSERT INTO consent_question_event (id, question_id, kind, happened_at, recorded_at, act_id)
             VALUES (gen_random_uuid(), $1, $2, now(), now(), gen_random_uuid())"""
    for kind in ("LAPSED", "CANCELLED", "PUT"):
        with pytest.raises(asyncpg.PostgresError):
            async with firm.hub.act(firm.app, PUT) as act:
                await act.execute(add, question.id, kind)
    for table in ("consent_question", "consent_question_event"):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET act_id = id"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with firm.hub.act(firm.app, PUT) as act:
                    await act.execute(statement)
    with pytest.raises(asyncpg.PostgresError, match="outside an act"):
        await superuser.execute(add, question.id, "LAPSED")


async def test_a_choice_that_says_so_is_worth_as_much_as_an_answer(firm: Firm) -> None:
    """What a question leaves is what the verbs of choices leave."""
    by_question, by_hand = await firm.customer(), await firm.customer()
    await answer(firm, await put(firm, by_question), PHONE)
    said = evidence(wording=WORDING["en"], method="PHONE")
    for verb in (choices.ask_consent, choices.give_consent):
        await by_app(firm, Operation.CHOICE_RECORD, verb, firm.scope(by_hand), said)
    assert (await words(firm, by_question))[1] == (await words(firm, by_hand))[1]
    [one], [other] = [await bodies(firm, "choice.asked", each) for each in (by_question, by_hand)]
    assert set(one) == set(other)
