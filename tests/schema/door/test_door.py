"""Asks, acts, pages, ids and loaders, through the endpoint as a client sees them."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from hub.actors import Operation
from schema.door import operations
from schema.relay import global_id

BOOK = global_id("Book", UUID(int=3))
RENAME = """mutation($input: RenameInput!, $key: String) { rename(input: $input, idempotencyKey: $key) {
  problems { code message path } book { id title } neighbours { title } count secret } }"""


async def test_what_the_door_gives_is_not_in_the_schema(schema: Any) -> None:
    said = schema.as_str()
    for name in ("ask:", "act:", "window:", "once:", "info:", "uuid:"):
        assert name not in said
    assert "hello: String!" in said
    assert "rename(" in said


def test_every_field_with_a_resolver_of_the_hub_names_its_operation(schema: Any) -> None:
    found = dict(operations(schema))
    assert found["Query.books"] is Operation.CATALOGUE_READ
    assert found["Author.books"] is Operation.CATALOGUE_READ
    assert found["Mutation.rename"] is Operation.CATALOGUE_WRITE
    assert found["Query.node"] is Operation.VIEWER_READ
    assert found["Query.broken"] is None


async def test_sibling_fields_share_one_snapshot_and_it_is_closed(library: Any) -> None:
    fields = "a: book(id: $id) { title } b: book(id: $id) { title } books(first: 1) { totalCount }"
    query = f"query($id: ID!) {{ {fields} }}"
    answer = await library.ask(query, id=BOOK)
    assert answer["data"]["books"] == {"totalCount": 250}
    assert library.hub.log == ["ask catalogue.read en", "open", "close"]


async def test_a_single_statement_opens_no_snapshot(library: Any) -> None:
    assert (await library.ask("{ hello }"))["data"] == {"hello": "hello"}
    assert library.hub.log == ["once catalogue.read en"]


async def test_a_loader_asks_once_for_all_rows(library: Any) -> None:
    answer = await library.ask("{ books(first: 20) { edges { node { author { name } } } } }")
    assert len(answer["data"]["books"]["edges"]) == 20
    assert [each for each in library.hub.log if each.startswith("authors")] == ["authors [0, 1, 2, 3, 4]"]


async def test_a_loader_is_not_shared_between_requests(library: Any) -> None:
    query = "{ books(first: 1) { edges { node { author { name } } } } }"
    await asyncio.gather(*(library.ask(query, token) for token in ("reader", "other", "reader")))
    assert library.hub.log.count("authors [0]") == 3


@pytest.mark.parametrize("query", ["{ hello }", "{ books { totalCount } }"])
async def test_a_field_is_refused_to_who_may_not(query: str, library: Any) -> None:
    answer = await library.ask(query, "customers")
    assert answer["data"] is None
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_mutation_acts_and_answers(library: Any) -> None:
    answer = await library.ask(RENAME, input={"bookId": BOOK, "title": "new"})
    assert answer["data"]["rename"] == {
        "problems": [],
        "book": {"id": BOOK, "title": "new"},
        "neighbours": [{"title": "new"}],
        "count": 1,
        "secret": "only now",
    }
    assert library.hub.log == ["act catalogue.write en", "renamed 3"]


@pytest.mark.parametrize(
    ("book", "code"),
    [
        ("x", "INVALID"),
        (global_id("Author", UUID(int=3)), "INVALID"),
        (global_id("Book", UUID(int=999)), "NOT_FOUND"),
    ],
)
async def test_a_refused_mutation_answers_with_its_problem_and_changes_nothing(
    book: str, code: str, library: Any
) -> None:
    before = dict(library.hub.titles)
    answer = await library.ask(RENAME, input={"bookId": book, "title": "new"}, key="k1")
    problem = answer["data"]["rename"]["problems"][0]
    assert (problem["code"], problem["path"]) == (code, ["input", "bookId"])
    assert answer["data"]["rename"]["book"] is None
    assert "errors" not in answer
    assert library.hub.titles == before
    assert library.hub.kept == {}


async def test_a_mutation_is_refused_to_who_may_not(library: Any) -> None:
    answer = await library.ask(RENAME, "reader", input={"bookId": BOOK, "title": "new"})
    assert answer["data"]["rename"]["problems"][0]["code"] == "FORBIDDEN"
    assert library.hub.log == []


async def test_the_same_key_acts_once_and_answers_alike_without_the_texts(library: Any) -> None:
    asked = {"input": {"bookId": BOOK, "title": "new"}, "key": "0192-key"}
    first = await library.ask(RENAME, **asked)
    again = await library.ask(RENAME, **asked)
    assert first["data"]["rename"]["secret"] == "only now"
    assert again["data"]["rename"] == {**first["data"]["rename"], "secret": None}
    assert library.hub.log.count("renamed 3") == 1
    assert "only now" not in str(library.hub.kept)


async def test_the_same_key_for_something_else_is_refused(library: Any) -> None:
    await library.ask(RENAME, input={"bookId": BOOK, "title": "new"}, key="k1")
    answer = await library.ask(RENAME, input={"bookId": BOOK, "title": "newer"}, key="k1")
    assert answer["data"]["rename"]["problems"][0]["code"] == "IDEMPOTENCY_MISMATCH"
    assert library.hub.titles[UUID(int=3)] == "new"


@pytest.mark.parametrize("header", ['"k-1"', "k-1"])
async def test_the_key_may_come_as_a_header(header: str, library: Any) -> None:
    async with library.client() as client:
        body = {"query": RENAME, "variables": {"input": {"bookId": BOOK, "title": "new"}}}
        await client.post("", json=body, headers={"Idempotency-Key": header})
        answer = await client.post("", json=body, headers={"Idempotency-Key": header})
    assert answer.json()["data"]["rename"]["problems"] == []
    assert library.hub.log.count("renamed 3") == 1
    assert [key for _, key in library.hub.kept] == ["k-1"]


@pytest.mark.parametrize("key", ["", "a b\n", "x" * 256, "né"])
async def test_a_key_that_is_none_is_refused(key: str, library: Any) -> None:
    answer = await library.ask(RENAME, input={"bookId": BOOK, "title": "new"}, key=key)
    problem = answer["data"]["rename"]["problems"][0]
    assert (problem["code"], problem["path"]) == ("INVALID", ["idempotencyKey"])
    assert library.hub.log == []


async def test_a_bad_key_in_the_header_is_400(library: Any) -> None:
    async with library.client() as client:
        answer = await client.post("", json={"query": "{ hello }"}, headers={"Idempotency-Key": '"'})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "INVALID"


async def test_one_header_does_not_cover_two_mutations(library: Any) -> None:
    async with library.client() as client:
        body = {"query": "mutation { a: keep { problems { code } } b: keep { problems { code } } }"}
        answer = await client.post("", json=body, headers={"Idempotency-Key": '"k"'})
    assert [each["problems"] for each in answer.json()["data"].values()] == [[{"code": "INVALID"}]] * 2
    assert library.hub.log == []


async def test_a_resolver_that_keeps_its_own_key_is_given_it(library: Any) -> None:
    answer = await library.ask('mutation { keep(idempotencyKey: "k") { count } }')
    assert answer["data"]["keep"] == {"count": 32}
    assert "own key k" in library.hub.log
    assert library.hub.kept == {}


async def test_an_act_never_waits_while_a_snapshot_is_held(library: Any) -> None:
    first, second = "a: rename(input: $a) { book { author { name } } }", "b: rename(input: $a) { count }"
    await library.ask(
        f"mutation($a: RenameInput!) {{ {first} {second} }}", a={"bookId": BOOK, "title": "new"}
    )
    log = [each for each in library.hub.log if not each.startswith(("renamed", "ask"))]
    assert log == ["act catalogue.write en", "open", "authors [3]", "close", "act catalogue.write en"]
