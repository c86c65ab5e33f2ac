"""Consent questions through the real door: a batch with mixed people, keys, refusals and their places."""

import asyncio
from typing import Any

import pytest

from schema.relay import global_id
from tests.internal.cases.case import NOBODY
from tests.internal.door import Door, nodes_of
from tests.internal.setting import EVIDENCE, Setting, document, key, posed
from tests.world import World

PUT = document("putConsentQuestion", "question { id }")
PUT_MANY = document("putConsentQuestions", "results { question { id } bar problems { code path } }")
SHOW = document("showConsentQuestion", "question { id state }")
ANSWER = document("answerConsentQuestion", "question { id state }")
CANCEL = document("cancelConsentQuestion", "question { id state }")


@pytest.fixture
def at(door: Door, world: World, app: str) -> Setting:
    return Setting(door, world, app)


async def mixed(at: Setting) -> list[dict[str, Any]]:
    """Somebody fit, somebody who opted out, somebody asked already, nobody, and an input that names nobody."""
    fit, stopped, asked = [await at.ref() for _ in range(3)]
    await at.done("optOut", "choices { id }", customer=stopped, kind="MARKETING", evidence=EVIDENCE)
    await at.done("putConsentQuestion", "question { id }", **posed(customer=asked))
    return [fit, stopped, asked, NOBODY, {"email": "nobody"}]


async def test_a_batch_says_of_each_customer_what_became_of_theirs(at: Setting) -> None:
    before = await at.door.traces()
    people = await mixed(at)
    given = posed(customers=people, campaign="spring")
    results = (await at.door.one(at.token, PUT_MANY, input=given))["results"]
    assert [bool(each["question"]) for each in results] == [True, False, False, False, False]
    assert [each["bar"] for each in results] == [None, "OPTED_OUT_OF_MARKETING", "OPEN", None, None]
    assert [[(one["code"], one["path"]) for one in each["problems"]] for each in results] == [
        [],
        [("CONFLICT", ["input", "customers", "1"])],
        [("CONFLICT", ["input", "customers", "2"])],
        [("NOT_FOUND", ["input", "customers", "3"])],
        [("INVALID", ["input", "customers", "4", "email"])],
    ]
    events = await at.door.events(before)
    assert events[-4:] == ["choice.asked", "question.put"] * 2


async def test_a_batch_again_gets_the_same_answers_and_has_one_effect(at: Setting) -> None:
    variables = {"input": posed(customers=await mixed(at)), "key": key()}
    before = await at.door.traces()
    answers = await asyncio.gather(*(at.door.post(at.token, PUT_MANY, variables) for _ in range(5)))
    said = [each.json()["data"]["putConsentQuestions"] for each in answers]
    assert all(each == said[0] for each in said)
    assert await at.door.events(before) == ["choice.asked", "question.put"]
    assert said[0]["results"][0]["question"]


async def test_a_batch_with_a_key_in_which_nobody_is_asked_is_answered_alike_too(at: Setting) -> None:
    _, stopped, *_ = await mixed(at)
    variables = {"input": posed(customers=[stopped, NOBODY]), "key": key()}
    first = await at.door.ask(at.token, PUT_MANY, **variables)
    before = await at.door.traces()
    assert await at.door.ask(at.token, PUT_MANY, **variables) == first
    assert [each["bar"] for each in first["putConsentQuestions"]["results"]] == [
        "OPTED_OUT_OF_MARKETING",
        None,
    ]
    assert await at.door.traces() == before


@pytest.mark.parametrize("mutation", [SHOW, ANSWER, CANCEL])
async def test_the_same_again_under_a_new_key_is_answered_and_changes_nothing(
    at: Setting, mutation: str
) -> None:
    given: dict[str, Any] = {"question": await at.question()}
    if mutation != CANCEL:
        given["place"] = "PHONE"
    if mutation == ANSWER:
        given["isYes"] = True
    first = await at.door.ask(at.token, mutation, input=given, key=key())
    before = await at.door.traces()
    assert await at.door.ask(at.token, mutation, input=given, key=key()) == first
    assert await at.door.events(before) == ["answer.kept"]


async def test_twenty_answers_at_once_with_one_key_have_one_effect(at: Setting) -> None:
    given = {"question": await at.question(), "place": "PHONE", "isYes": True}
    variables = {"input": given, "key": key()}
    before = await at.door.traces()
    answers = await asyncio.gather(*(at.door.post(at.token, ANSWER, variables) for _ in range(20)))
    assert {each.text for each in answers} == {answers[0].text}
    assert await at.door.events(before) == ["question.shown", "choice.given", "question.answered"]


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"wording": []}, ["wording"]),
        ({"wording": [{"locale": "en", "text": " "}]}, ["wording", "0"]),
        ({"wording": [{"locale": "fr", "text": "Oui ?"}]}, ["wording"]),
        ({"wording": [{"locale": "en", "text": "Yes?"}] * 2}, ["wording", "1", "locale"]),
        ({"benefit": []}, ["benefit"]),
        ({"places": []}, ["places"]),
        ({"channels": ["EMAIL", "NONE"]}, ["channels", "1"]),
        ({"expiresAt": "2026-01-01T00:00:00Z"}, ["expiresAt"]),
        ({"consentEndsAt": "2026-01-01T00:00:00Z"}, ["consentEndsAt"]),
        ({"campaign": "Spring!"}, ["campaign"]),
        ({"grade": "GUARDIAN"}, ["grade"]),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused_at_its_place(
    at: Setting, changes: dict[str, Any], place: list[str]
) -> None:
    given = posed(customer=await at.ref(), **changes)
    assert await at.door.problem(at.token, PUT, input=given) == ("INVALID", ["input", *place])


async def test_an_answer_that_makes_no_sense_is_refused_at_its_place(at: Setting) -> None:
    given: dict[str, Any] = {"question": await at.question(), "place": "PHONE", "isYes": True}
    for changes, place in (
        ({"method": "EMAIL"}, "method"),
        ({"locale": "ar"}, "locale"),
        ({"happenedAt": "2026-01-01T00:00:00Z"}, "happenedAt"),
        ({"reference": "x" * 501}, "reference"),
        ({"question": global_id("Choice", at.world.organisation.id)}, "question"),
    ):
        found = await at.door.problem(at.token, ANSWER, input={**given, **changes})
        assert found == ("INVALID", ["input", place])


async def test_what_is_asked_is_read_by_whoever_may_read_customers(at: Setting) -> None:
    asked = await at.question(campaign="winter")
    query = '{ consentQuestions(filter: {campaign: "winter"}) { edges { node { id state } } } }'
    (seen,) = nodes_of(await at.door.one(at.token, query))
    assert seen == {"id": asked, "state": "PUT"}


async def test_a_batch_costs_what_it_holds(at: Setting) -> None:
    sent = [{"id": NOBODY["id"]} for _ in range(1_000)]
    query = document("putConsentQuestions", "results { question { id customer { name choices { id } } } }")
    answer = (await at.door.post(at.token, query, {"input": posed(customers=sent)})).json()
    assert answer["errors"][0]["extensions"]["code"] == "LIMIT"
    inline = (
        'mutation { putConsentQuestions(input: {purpose: "newsletter", wording: [], benefit: [], places: [],'
        ' expiresAt: "2026-01-01T00:00:00Z", customers: [%s]}) { results { question { id } } } }'
    )
    costs = [
        (await at.door.post(at.token, inline % ('{email: "a"},' * many), {})).json()["extensions"]["cost"][
            "requested"
        ]
        for many in (1, 11)
    ]
    assert costs[1] == 11 * costs[0]
