"""Cursors: every page of every list once, and none for another list, filter, parent or viewer."""

import asyncio
from typing import Any

import pytest

from hub.db import new_id
from schema.relay import global_id
from tests.internal.door import Door, nodes_of
from tests.internal.setting import EVIDENCE, Setting
from tests.world import World

PAGED = (
    "query ($first: Int, $after: String, $last: Int, $before: String) { %s { pageInfo { hasNextPage"
    " hasPreviousPage startCursor endCursor } edges { cursor node { id } } } }"
)
ARGUMENTS = "first: $first, after: $after, last: $last, before: $before"
LISTS = (
    "categories",
    "clients",
    "departments",
    "purposes",
    "recipients",
    "recipientClasses",
    "arrangements",
    "notices",
    "noticeVersions",
    "customers",
    "decisions",
    "ledgerEntries",
    "mergeProposals",
    "consentQuestions",
)
ROUNDS = [pytest.param(4, id="few"), pytest.param(20, id="many", marks=pytest.mark.chaos)]
REFUSED = {
    "message": "This cursor is not of this list: start again without it.",
    "code": "INVALID",
}


def listing(name: str, more: str = "") -> str:
    return PAGED % f"{name}({ARGUMENTS}{more})"


@pytest.fixture
def at(door: Door, world: World, app: str) -> Setting:
    return Setting(door, world, app)


async def walk(door: Door, token: str, query: str, size: int, *, backwards: bool) -> list[str]:
    """All ids of a list, in its order, page by page from either end."""
    found: list[str] = []
    cursor, more = None, True
    while more:
        asked = {"last": size, "before": cursor} if backwards else {"first": size, "after": cursor}
        page = await door.one(token, query, **asked)
        ids, info = [each["id"] for each in nodes_of(page)], page["pageInfo"]
        found = ids + found if backwards else found + ids
        cursor = info["startCursor" if backwards else "endCursor"]
        more = info["hasPreviousPage" if backwards else "hasNextPage"]
        assert len(ids) == size or not more
        assert info["hasNextPage" if backwards else "hasPreviousPage"] == (len(found) > len(ids))
    return found


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_is_the_same_from_both_ends_and_in_pages_of_any_size(at: Setting, name: str) -> None:
    if name == "customers":
        await asyncio.gather(*(at.customer() for _ in range(3)))
    if name == "mergeProposals":
        for _ in range(3):
            await at.proposal()
    if name == "consentQuestions":
        for _ in range(3):
            await at.question()
    if name == "decisions":
        for _ in range(3):
            question = {"customer": await at.ref(), "act": "USE", "purpose": "conveyancing"}
            await at.done("decide", "decision { id }", **question)
    other = Setting(at.door, at.world, await at.door.token(at.world))  # a viewer whose lists are not added to
    whole = await walk(at.door, other.token, listing(name), 100, backwards=False)
    assert len(whole) == len(set(whole))
    some = min(max(len(whole) // 4, 2), 100)
    assert await walk(at.door, other.token, listing(name), some, backwards=False) == whole
    assert await walk(at.door, other.token, listing(name), some, backwards=True) == whole


async def test_lists_of_one_customer_are_the_same_from_both_ends(at: Setting) -> None:
    ref = await at.ref(shown="v2")
    for channel in ("EMAIL", "SMS", "PHONE"):
        await at.done(
            "optOut", "choices { id }", customer=ref, kind="MARKETING", channels=[channel], evidence=EVIDENCE
        )
        await at.done(
            "noticeDeliver",
            "delivery { id }",
            customer=ref,
            noticeVersion=at.version(),
            how="EMAIL",
            locale="en",
        )
        await at.done(
            "collectionRecord",
            "collection { id }",
            customer=ref,
            source="CUSTOMER",
            categories=["contact"],
            optoutOffered=True,
        )
    for name, count in (("choices", 3), ("deliveries", 4), ("collections", 4)):
        query = listing(name, f', customer: {{id: "{ref["id"]}"}}')
        whole = await walk(at.door, at.token, query, 100, backwards=False)
        assert len(whole) == count
        assert await walk(at.door, at.token, query, 2, backwards=False) == whole
        assert await walk(at.door, at.token, query, 2, backwards=True) == whole


async def test_a_cursor_of_something_else_is_refused_before_any_row_is_looked_at(
    at: Setting, stranger: str, door: Door
) -> None:
    mine = (await door.one(at.token, listing("purposes"), first=2))["pageInfo"]["endCursor"]
    one, two = [f'{{id: "{(await at.ref())["id"]}"}}' for _ in range(2)]
    page = await door.one(at.token, listing("collections", f", customer: {one}"), first=1)
    of_one = page["pageInfo"]["endCursor"]
    elsewhere: list[tuple[str, str, dict[str, Any]]] = [
        (stranger, listing("purposes"), {"after": mine}),
        (await door.token(at.world), listing("purposes"), {"after": mine}),
        (at.token, listing("recipients"), {"after": mine}),
        (at.token, listing("purposes", ", filter: {kind: OTHER}"), {"after": mine}),
        (at.token, listing("purposes", ", filter: {isRetired: false}"), {"after": mine}),
        (at.token, listing("collections", f", customer: {two}"), {"after": of_one}),
        (at.token, listing("deliveries", f", customer: {one}"), {"after": of_one}),
        (at.token, listing("purposes"), {"last": 2, "before": mine[:-1] + ("A" if mine[-1] != "A" else "B")}),
        (at.token, listing("purposes"), {"after": global_id("Purpose", new_id())}),
        (at.token, listing("purposes"), {"after": ""}),
        (at.token, listing("purposes"), {"after": "Ω" * 1_000}),
    ]
    for token, query, asked in elsewhere:
        error = await door.error(token, query, **asked)
        place = "before" if "before" in asked else "after"
        assert error["message"] == REFUSED["message"], query
        assert error["extensions"] == {"code": REFUSED["code"], "input": [place]}


async def test_an_empty_filter_is_no_other_list(at: Setting) -> None:
    mine = (await at.door.one(at.token, listing("purposes"), first=2))["pageInfo"]["endCursor"]
    page = await at.door.one(at.token, listing("purposes"), first=2, after=mine)
    assert page["pageInfo"]["hasPreviousPage"]


@pytest.mark.parametrize("rounds", ROUNDS)
async def test_many_turns_show_each_viewer_only_their_own(
    door: Door, app: str, stranger: str, world: World, others: World, rounds: int
) -> None:
    query = "{ viewer { organisation { id } } customers(last: 5) { edges { node { id name } } } }"
    seen: dict[str, set[str]] = {}
    for _ in range(rounds):
        answers = await asyncio.gather(*(door.ask(token, query) for token in [app, stranger] * 25))
        for answer in answers:
            mine = answer["viewer"]["organisation"]["id"]
            seen.setdefault(mine, set()).update(each["id"] for each in nodes_of(answer["customers"]))
    firm, other = (global_id("Organisation", each.organisation.id) for each in (world, others))
    assert set(seen) == {firm, other}
    assert not seen[firm] & seen[other]
