"""Bad input through the real door: a typed answer that names the place, nothing changed, nothing broken."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest

from hub.db import new_id
from schema.relay import global_id
from tests.internal import leaves
from tests.internal.cases import MUTATIONS, QUERIES
from tests.internal.door import Door
from tests.internal.setting import Setting, content, document, key, name_of_input
from tests.world import World

DECIDE = document("decide", "decision { outcome }")
DECISIONS = document("decisions", "results { decision { outcome } problems { code path } }")
HOSTILE: dict[str, tuple[Any, ...]] = {
    "ID": ("", " ", "made-up", "Ω", "x" * 9_000, global_id("Edge", new_id()), "UHVycG9zZTo"),
    "String": ("", "\u2028", "x" * 120_000, "'; DROP TABLE act; --", "\ufeff\u202e🦊", "{{7*7}} %s {0}"),
    "Int": (-1, 0, 2**31 - 1, -(2**31)),
    "DateTime": ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00+23:59"),
    "Date": ("0001-01-01", "9999-12-31"),
    "no id": ("", "Made Up", global_id("Delivery", new_id())),
}
EXPECTED = {"INVALID", "NOT_FOUND", "CONFLICT", "TOO_LARGE", "LIMIT", "GRAPHQL_VARIABLES_INVALID"}


@pytest.fixture
def at(door: Door, world: World, app: str) -> Setting:
    return Setting(door, world, app)


Tried = Callable[[int, str], Sequence[Any]]
"""What is tried at a place: the how manyth of all it is, and of which kind."""


def one_of(number: int, kind: str) -> Sequence[Any]:
    """One after another, so that all values come to many places, and every place is tried."""
    values = HOSTILE.get(kind, ())
    return values and (values[number % len(values)],)


def all_of(_: int, kind: str) -> Sequence[Any]:
    return HOSTILE.get(kind, ())


async def misname(at: Setting, mutation: str, tried: Tried) -> None:
    """Send what is no id wherever an id is expected."""
    case = MUTATIONS[mutation]
    given = await case.good(at)
    name = name_of_input(mutation).strip("[]!")
    places = [place for place, kind in leaves.of_input(name, given) if kind == "ID"]
    for number, place in enumerate(places, list(MUTATIONS).index(mutation)):
        for value in tried(number, "no id"):
            bad = leaves.replaced(given, place, value)
            if mutation == "decisions" or (mutation == "putConsentQuestions" and place[0] == "customers"):
                sent = document(mutation, "results { problems { code path } }")
                (result,) = (await at.door.one(at.token, sent, input=bad))["results"]
                found = [(each["code"], each["path"]) for each in result["problems"]]
            else:
                found = [await at.door.problem(at.token, document(mutation, case.select), input=bad)]
            assert found == [(found[0][0], ["input", *leaves.spelt(place)])], (mutation, value)
            assert found[0][0] in {"INVALID", "NOT_FOUND"}


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_every_id_in_a_mutation_is_refused_at_its_place_if_it_is_not_one(
    at: Setting, mutation: str
) -> None:
    await misname(at, mutation, one_of)


async def mutate(at: Setting, mutation: str, tried: Tried) -> None:
    """Send hostile values wherever they fit."""
    case = MUTATIONS[mutation]
    given = await case.good(at)
    places = unlike(leaves.of_input(name_of_input(mutation).strip("[]!"), given))
    for number, (place, kind) in enumerate(places, list(MUTATIONS).index(mutation)):
        for value in tried(number, kind):
            bad = leaves.replaced(given, place, value)
            answer = await at.door.post(at.token, document(mutation, case.select), {"input": bad})
            said = answer.json()
            problems: list[Any] = [] if "errors" in said else said["data"][mutation]["problems"]
            codes = {each["extensions"]["code"] for each in said.get("errors", [])}
            assert codes | {each["code"] for each in problems} <= EXPECTED, (mutation, place, value, said)


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_no_value_in_a_mutation_breaks_the_hub(at: Setting, mutation: str) -> None:
    await mutate(at, mutation, one_of)


@pytest.mark.chaos
async def test_no_value_whatever_breaks_the_hub_at_any_place(at: Setting) -> None:
    for mutation in MUTATIONS:
        await misname(at, mutation, all_of)
        await mutate(at, mutation, all_of)
    for query in QUERIES:
        await ask(at, query, all_of)


def unlike(places: Iterable[tuple[leaves.Place, str]]) -> list[tuple[leaves.Place, str]]:
    """One of the places that differ only by how far down a list they are: a notice makes eighteen statements alike."""
    found = {(tuple(step for step in place if isinstance(step, str)), kind): place for place, kind in places}
    return [(place, kind) for (_, kind), place in found.items()]


async def ask(at: Setting, query: str, tried: Tried) -> None:
    """Ask with hostile values wherever they fit."""
    case = QUERIES[query]
    given = await case.good(at)
    places = list(leaves.of_document(case.document, given))
    for number, (place, kind) in enumerate(places, list(QUERIES).index(query)):
        for value in tried(number, kind):
            answer = await at.door.post(at.token, case.document, leaves.replaced(given, place, value))
            codes = {each["extensions"]["code"] for each in answer.json().get("errors", [])}
            assert codes <= EXPECTED | {"NOT_SEALED_YET"}, (query, place, value, answer.text)


@pytest.mark.parametrize("query", QUERIES)
async def test_no_value_in_a_query_breaks_the_hub(at: Setting, query: str) -> None:
    await ask(at, query, one_of)


@pytest.mark.parametrize("text", [b'"\\ud800"', b'"\\u0000"', b'"\xff"'])
async def test_what_is_no_text_is_refused_before_anything_reads_it(at: Setting, text: bytes) -> None:
    query = b"query ($s: String) { departments(filter: {search: $s}) { totalCount } }"
    body = b'{"query": "%s", "variables": {"s": %s}}' % (query, text)
    async with at.door._http() as http:
        sent = {"Authorization": f"Bearer {at.token}", "Content-Type": "application/json"}
        answer = await http.post("/graphql", content=body, headers=sent)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_a_draft_cannot_have_been_shown(at: Setting) -> None:
    ref, draft = await at.ref(), await at.draft()
    shown = {
        "customer": ref,
        "source": "CUSTOMER",
        "categories": ["contact"],
        "optoutOffered": True,
        "shownHow": "WEB",
    }
    found = await at.door.problem(
        at.token, document("collectionRecord", "collection { id }"), input={**shown, "noticeVersion": draft}
    )
    assert found == ("CONFLICT", ["input", "noticeVersion"])
    delivered = {"customer": ref, "noticeVersion": draft, "how": "WEB", "locale": "en"}
    found = await at.door.problem(at.token, document("noticeDeliver", "delivery { id }"), input=delivered)
    assert found == ("CONFLICT", ["input", "noticeVersion"])


async def test_a_published_version_never_changes(at: Setting) -> None:
    for mutation, given in (
        ("noticeRevise", {"version": at.version("v1"), "content": content()}),
        ("noticePublish", {"version": at.version("v1")}),
    ):
        found = await at.door.problem(at.token, document(mutation, "version { id }"), input=given)
        assert found == ("CONFLICT", ["input", "version"])


def clause(**changes: Any) -> dict[str, Any]:
    return {**content()["clauses"][0], **changes}


@pytest.mark.parametrize(
    ("changes", "code", "place"),
    [
        ({"clauses": [clause(categories=[])]}, "INVALID", ["clauses", "0", "categories"]),
        ({"clauses": [clause(purpose="made-up")]}, "NOT_FOUND", ["clauses", "0", "purpose"]),
        (
            {"clauses": [clause(categories=["contact", "made-up"])]},
            "NOT_FOUND",
            ["clauses", "0", "categories", "1"],
        ),
        ({"clauses": [clause(recipients=["made-up"])]}, "NOT_FOUND", ["clauses", "0", "recipients", "0"]),
        ({"clauses": [clause(classes=["made-up"])]}, "NOT_FOUND", ["clauses", "0", "classes", "0"]),
        ({"clauses": [clause(channels=["NONE"])]}, "INVALID", ["clauses", "0", "channels", "0"]),
        ({"clauses": [clause(), clause()]}, "INVALID", ["clauses", "1"]),
        ({"clauses": [clause(isPrimary=False)]}, "INVALID", ["clauses"]),
        ({"clauses": [clause(texts=[])]}, "INVALID", ["clauses", "0", "texts"]),
        (
            {"clauses": [clause(texts=[{"locale": "en", "text": " "}])]},
            "INVALID",
            ["clauses", "0", "texts", "0"],
        ),
        ({"texts": [{"locale": "xx", "title": "T", "body": "B"}]}, "INVALID", ["texts"]),
        ({"texts": [{"locale": "en", "title": "", "body": "B"}]}, "INVALID", ["texts", "0", "title"]),
        ({"texts": [{"locale": "en", "title": "T", "body": "B"}] * 2}, "INVALID", ["texts", "1", "locale"]),
        ({"statements": [{"field": "made_up", "text": "T"}]}, "INVALID", ["statements", "0"]),
        ({"statements": [{"field": "identity"}]}, "INVALID", ["statements", "0"]),
        ({"statements": [{"field": "identity", "text": "T"}] * 2}, "INVALID", ["statements", "1", "field"]),
        ({"jurisdictions": []}, "INVALID", ["jurisdictions"]),
    ],
)
async def test_a_draft_that_says_nothing_is_refused_where_it_says_nothing(
    at: Setting, changes: dict[str, Any], code: str, place: list[str]
) -> None:
    notice = (await at.done("noticeCreate", "notice { id }", key=key(), name="Branch"))["notice"]["id"]
    given = {"notice": notice, "content": content(**changes)}
    found = await at.door.problem(at.token, document("noticeDraft", "version { id }"), input=given)
    assert found == (code, ["input", "content", *place])


IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    ({"act": "MESSAGE", "purpose": "account-messages"}, "channel"),
    ({"act": "USE", "purpose": "conveyancing", "channel": "EMAIL"}, "channel"),
    ({"act": "SELL", "purpose": "conveyancing"}, "recipient"),
    ({"act": "USE", "purpose": "conveyancing", "recipient": "quay-inspections"}, "recipient"),
    ({"act": "DISCLOSE", "purpose": "conveyancing"}, "recipient"),
    ({"act": "USE", "purpose": "conveyancing", "profileEffect": "AUTOMATED_DECISION"}, "profileEffect"),
    ({"act": "MESSAGE", "purpose": "newsletter", "channel": "EMAIL"}, "offer"),
    ({"act": "USE", "purpose": "conveyancing", "categories": []}, "categories"),
]


@pytest.mark.parametrize(("asked", "place"), IMPOSSIBLE)
async def test_what_cannot_happen_is_not_decided(at: Setting, asked: dict[str, Any], place: str) -> None:
    given = {"customer": await at.ref(), **asked}
    assert await at.door.problem(at.token, DECIDE, input=given) == ("INVALID", ["input", place])


async def test_a_batch_answers_what_makes_sense_and_says_what_does_not(at: Setting) -> None:
    email = f"{new_id()}@example.org"
    good = {
        "customer": {"id": global_id("Customer", await at.customer(email=email))},
        "act": "USE",
        "purpose": "conveyancing",
    }
    bad: list[tuple[dict[str, Any], str, list[str]]] = [
        ({**good, "purpose": "made-up"}, "NOT_FOUND", ["purpose"]),
        ({**good, "purpose": "Made Up"}, "INVALID", ["purpose"]),
        ({**good, "customer": {"id": global_id("Customer", new_id())}}, "NOT_FOUND", ["customer"]),
        ({**good, "customer": {"id": global_id("Purpose", new_id())}}, "INVALID", ["customer", "id"]),
        ({**good, "customer": {"email": "nobody"}}, "INVALID", ["customer", "email"]),
        ({**good, "customer": {"email": "nobody@example.org"}}, "NOT_FOUND", ["customer", "email"]),
        (
            {**good, "customer": {"externalId": {"system": "crm", "value": "1"}}},
            "NOT_FOUND",
            ["customer", "externalId"],
        ),
        ({**good, "categories": ["contact", "made-up"]}, "NOT_FOUND", ["categories", "1"]),
        ({**good, "channel": "EMAIL"}, "INVALID", ["channel"]),
    ]
    asked = [good, *(each for each, _, _ in bad), {**good, "customer": {"email": email}}]
    before = await at.door.traces()
    results = (await at.door.one(at.token, DECISIONS, input=asked))["results"]
    assert await at.door.events(before) == ["decision.made"]
    said = [[(each["code"], each["path"]) for each in result["problems"]] for result in results]
    assert said == [
        [],
        *([(code, ["input", str(number), *place])] for number, (_, code, place) in enumerate(bad, 1)),
        [],
    ]
    outcomes = [result["decision"] and result["decision"]["outcome"] for result in results]
    assert outcomes == ["ALLOW", *(None for _ in bad), "ALLOW"]


async def test_a_thousand_questions_are_answered_and_one_more_is_refused(at: Setting) -> None:
    question = {"customer": await at.ref(), "act": "USE", "purpose": "conveyancing"}
    before = await at.door.traces()
    results = (await at.door.one(at.token, DECISIONS, input=[question] * 1_000))["results"]
    assert [each["decision"]["outcome"] for each in results] == ["ALLOW"] * 1_000
    assert await at.door.events(before) == ["decision.made"]
    assert await at.door.problem(at.token, DECISIONS, input=[question] * 1_001) == ("INVALID", ["input"])


async def test_a_batch_in_which_nothing_makes_sense_leaves_nothing(at: Setting) -> None:
    question = {"customer": await at.ref(), "act": "USE", "purpose": "made-up"}
    before = await at.door.traces()
    results = (await at.door.one(at.token, DECISIONS, input=[question] * 2))["results"]
    assert [each["problems"][0]["code"] for each in results] == ["NOT_FOUND"] * 2
    assert await at.door.traces() == before
