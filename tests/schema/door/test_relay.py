"""Ids, pages and cursors, through the endpoint as a client sees them."""

from typing import Any
from uuid import UUID

import pytest

from schema.relay import Binding, Cursors, global_id

BOOK = global_id("Book", UUID(int=3))


async def walk(library: Any, query: str, *, forward: bool) -> list[str]:
    names: list[str] = []
    cursor = None
    while True:
        page = (await library.ask(query, cursor=cursor))["data"]["books"]
        edges = page["edges"] if forward else page["edges"][::-1]
        names += [each["node"]["title"] for each in edges]
        info = page["pageInfo"]
        if not info["hasNextPage" if forward else "hasPreviousPage"]:
            return names
        cursor = info["endCursor" if forward else "startCursor"]


PAGE = "{ edges { node { title } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"


async def test_pages_forward_and_backward_cover_the_list_once(library: Any) -> None:
    forward = await walk(
        library, "query($cursor: String) { books(first: 60, after: $cursor) " + PAGE, forward=True
    )
    back = await walk(
        library, "query($cursor: String) { books(last: 60, before: $cursor) " + PAGE, forward=False
    )
    assert forward == [f"book {n}" for n in range(250)]
    assert back == forward[::-1]


async def test_a_page_says_what_lies_beside_it(library: Any) -> None:
    first = (await library.ask("{ books(first: 100) " + PAGE))["data"]["books"]["pageInfo"]
    assert (first["hasNextPage"], first["hasPreviousPage"]) == (True, False)
    none = (await library.ask("{ books(first: 0) " + PAGE))["data"]["books"]
    assert none == {
        "edges": [],
        "pageInfo": {"hasNextPage": True, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
    }


@pytest.mark.parametrize(
    "arguments",
    [
        "first: -1",
        "first: 101",
        "last: 101",
        "last: -1",
        "first: 1, last: 1",
        'first: 1, before: "x"',
        'before: "x"',
        'last: 1, after: "x"',
        'last: 1, before: "x", after: "x"',
    ],
)
async def test_a_page_that_cannot_be_meant_is_refused(arguments: str, library: Any) -> None:
    answer = await library.ask("{ books(" + arguments + ") { totalCount } }")
    assert answer["errors"][0]["extensions"]["code"] == "INVALID"
    assert library.hub.log == []


LIST = "query($c: String, $f: BookFilter) { books(first: 2, after: $c, filter: $f) { edges { cursor } } }"


async def test_a_cursor_of_another_list_viewer_or_filter_or_a_forged_one_is_one_error(library: Any) -> None:
    ours = (await library.ask(LIST))["data"]["books"]["edges"][1]["cursor"]
    inner = "author { books(after: $c) { edges { cursor } } }"
    author = f"query($c: String) {{ books(first: 1) {{ edges {{ node {{ {inner} }} }} }} }}"
    flipped = ("B" if ours[5] != "B" else "C").join((ours[:5], ours[6:]))
    answers = [
        await library.ask(LIST, "other", c=ours),
        await library.ask(LIST, "reader", c=ours),
        await library.ask(LIST, c=ours, f={"title": "book"}),
        await library.ask(LIST, c=flipped),
        await library.ask(LIST, c=ours[:-3]),
        await library.ask(LIST, c=ours + "AAAA"),
        await library.ask(LIST, c="é"),
        await library.ask(LIST, c=""),
        await library.ask(LIST, c="WyJhIl0"),
        await library.ask(author, c=ours),
    ]
    assert {each["errors"][0]["message"] for each in answers} == {
        "This cursor is not of this list: start again without it."
    }
    assert {tuple(each["errors"][0]["extensions"]["input"]) for each in answers} == {("after",)}
    assert (await library.ask(LIST, c=ours))["data"]["books"]["edges"]
    assert (await library.ask(LIST, c=ours, f={}))["errors"]


def test_a_cursor_of_another_key_is_refused() -> None:
    binding = Binding("Query.books", "", b"{}", "app:1:2")
    cursor = Cursors(b"a" * 32).encode_cursor((1, "x"), binding)
    assert Cursors(b"a" * 32).decode_cursor(cursor, (int, str), binding) == (1, "x")
    for key, kinds in ((b"b" * 32, (int, str)), (b"a" * 32, (str, int)), (b"a" * 32, (int,))):
        with pytest.raises(Exception, match="not of this list"):
            Cursors(key).decode_cursor(cursor, kinds, binding)


def test_parts_of_a_binding_do_not_run_together() -> None:
    assert Binding("ab", "c", b"", "").digest() != Binding("a", "bc", b"", "").digest()


NODE = "query($id: ID!) { node(id: $id) { __typename id ... on Book { title } } }"


async def test_node_gives_a_thing_to_who_may_see_it(library: Any) -> None:
    answer = await library.ask(NODE, "reader", id=BOOK)
    assert answer["data"]["node"] == {"__typename": "Book", "id": BOOK, "title": "book 3"}


async def test_what_may_not_be_seen_and_what_never_was_are_the_same_bytes(library: Any) -> None:
    async with library.client("customers") as client:
        texts = {
            (
                await client.post(
                    "", json={"query": NODE, "variables": {"id": global_id("Book", UUID(int=n))}}
                )
            ).text
            for n in (3, 999)
        }
    async with library.client("reader") as client:
        absent = await client.post(
            "", json={"query": NODE, "variables": {"id": global_id("Book", UUID(int=999))}}
        )
    assert texts == {absent.text}
    assert absent.json()["data"] == {"node": None}


@pytest.mark.parametrize(
    "given",
    [
        "",
        "x",
        "é",
        "Qm9vazp4",
        global_id("Author", UUID(int=3)),
        global_id("Nothing", UUID(int=3)),
        BOOK + "=",
        BOOK + "\n",
    ],
)
async def test_an_id_that_is_not_ours_is_a_typed_error(given: str, library: Any) -> None:
    answer = await library.ask(NODE, id=given)
    assert answer["data"] == {"node": None}
    assert answer["errors"][0]["extensions"] == {"code": "INVALID", "input": ["id"]}


async def test_nodes_come_in_their_order_with_nulls_between(library: Any) -> None:
    ids = [global_id("Book", UUID(int=n)) for n in (5, 999, 3, 5)]
    answer = await library.ask("query($ids: [ID!]!) { nodes(ids: $ids) { ... on Book { title } } }", ids=ids)
    assert answer["data"]["nodes"] == [{"title": "book 5"}, None, {"title": "book 3"}, {"title": "book 5"}]


async def test_at_most_a_hundred_nodes_at_a_time(library: Any) -> None:
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert len((await library.ask(query, ids=[BOOK] * 100))["data"]["nodes"]) == 100
    assert (await library.ask(query, ids=[BOOK] * 101))["errors"][0]["extensions"]["code"] == "INVALID"
