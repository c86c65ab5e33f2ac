"""Nothing that is remembered between requests ever shows one organisation to another."""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio

from hub.act import Hub
from hub.db import new_id
from schema.relay import global_id
from tests.internal.door import Door
from tests.world import World

ALTERNATIONS, AT_ONCE = 1_000, 8
QUESTION = {"act": "DISCLOSE", "purpose": "referral-mortgage", "recipient": "bluegum-mortgages"}
REMEMBERED = (
    ("query ($id: ID!) { node(id: $id) { id __typename } }", ("id",)),
    ("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ("ids",)),
    ("query ($input: QuestionInput!) { preview(input: $input) { outcome rule customerId citation { versionId } } }",
     ("input",)),
    ("query ($email: String!) { customer(ref: {email: $email}) { id collections { id } deliveries { id } } }",
     ("email",)),
    ("{ purposes(first: 3) { edges { node { id } cursor } } }", ()),
    ('{ purpose(ref: "referral-mortgage") { id } recipient(ref: "bluegum-mortgages") { id } }', ()),
    ("{ viewer { organisation { id } client { id } department { id } } }", ()),
    ("{ customers(first: 2) { edges { node { id name } cursor } } }", ()),
    ("{ ledgerEntries(last: 2) { edges { node { id event } } } }", ()),
    ("mutation ($input: QuestionInput!) { decide(input: $input) { decision { outcome rule customerId } } }",
     ("input",)),
)  # fmt: skip
"""The same documents for everybody: what can be remembered of them is."""


@dataclass
class Viewer:
    """An app of one of the firms, and every id that is its firm's."""

    world: World
    token: str
    variables: dict[str, Any]

    @property
    def ids(self) -> set[str]:
        """What nobody else may see; of keys and names both firms have the same."""
        world = self.world
        kinds = {
            "Organisation": [world.organisation], "Department": world.departments.values(),
            "Purpose": world.purposes.values(), "Recipient": world.recipients.values(),
            "NoticeVersion": world.versions.values(), "Notice": [world.notice],
        }  # fmt: skip
        catalogue = {str(global_id(kind, row.id)) for kind, rows in kinds.items() for row in rows}
        return catalogue | {self.variables["customer"]}


async def viewer(hub: Hub, door: Door, world: World, email: str) -> Viewer:
    customer = global_id("Customer", await world.customer(hub, joined="2025-08-01", shown="v3", email=email))
    asked = {**QUESTION, "customer": {"email": email}}
    return Viewer(world, await door.token(world), {"customer": customer, "email": email, "input": asked})


@pytest_asyncio.fixture
async def viewers(hub: Hub, door: Door, world: World, others: World) -> list[Viewer]:
    """Two apps that ask the same about a customer of the same address, each with a thing of the other's to try."""
    email = f"{new_id()}@example.org"
    both = [await viewer(hub, door, world, email), await viewer(hub, door, others, email)]
    for own, other in (both, both[::-1]):
        wanted = [own.variables["customer"], other.variables["customer"]]
        own.variables |= {"id": other.variables["customer"], "ids": wanted}
    return both


async def test_a_thousand_alternations_of_two_firms_show_nobody_anothers_rows(
    door: Door, viewers: list[Viewer]
) -> None:
    answers: dict[tuple[int, int], set[str]] = {}

    async def ask(turn: int) -> None:
        who, what = turn % 2, turn // 2 % len(REMEMBERED)
        own, other = viewers[who], viewers[1 - who]
        document, names = REMEMBERED[what]
        answer = await door.post(own.token, document, {name: own.variables[name] for name in names})
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers.get("etag") is None
        assert not {each for each in other.ids if each in answer.text}, document
        answers.setdefault((who, what), set()).add(answer.text)

    for first in range(0, ALTERNATIONS, AT_ONCE):
        await asyncio.gather(*(ask(turn) for turn in range(first, first + AT_ONCE)))
    for what, (document, _) in enumerate(REMEMBERED):
        if "ledgerEntries" not in document:
            assert len(answers[0, what]) == len(answers[1, what]) == 1, "each firm was always told the same"
    own = viewers[0].variables["customer"]
    assert all(own in text for text in answers[0, 1] | answers[0, 3] | answers[0, 2])


async def test_a_document_with_values_in_it_is_answered_for_each_by_their_own_values(
    door: Door, viewers: list[Viewer]
) -> None:
    """The values stand in the text here, so that the text cannot be told apart by its variables."""
    literal = '{ customer(ref: {email: "%s"}) { id } }'
    for _ in range(20):
        for own in viewers:
            found = await door.one(own.token, literal % own.variables["email"])
            assert found["id"] == own.variables["customer"]
            absent = await door.error(own.token, literal % f"{new_id()}@example.org")
            assert absent["extensions"]["code"] == "NOT_FOUND"


async def test_a_cursor_of_one_firm_opens_no_list_of_another(door: Door, viewers: list[Viewer]) -> None:
    document = "query ($after: String) { purposes(first: 1, after: $after) { edges { cursor } } }"
    cursor = (await door.one(viewers[0].token, document))["edges"][0]["cursor"]
    assert (await door.one(viewers[0].token, document, after=cursor))["edges"]
    refused = await door.error(viewers[1].token, document, after=cursor)
    assert refused["extensions"] == {"code": "INVALID", "input": ["after"]}


async def test_an_address_that_looks_like_a_style_sheet_is_not_an_answer_that_a_cache_would_keep(
    door: Door, viewers: list[Viewer]
) -> None:
    asked = {"query": "{ viewer { client { id } } }"}
    signed_in = {"Authorization": f"Bearer {viewers[0].token}"}
    transport = httpx.ASGITransport(door.site)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as http:
        for path in (
            "/graphql/x.css", "/graphql/portal.css", "/graphql;x.css", "/graphql%3bx.css", "/graphql%2fx.css",
            "/graphql%00.css", "/graphql%0a.css", "/graphql.css", "/graphql/..%2fstatic/portal.css",
            "/static/..%2fgraphql", "/static/../graphql/x.css", "/oauth/introspect/x.css", "/oauth/token/x.js",
            "/metrics/x.css", "/.well-known/jwks.json/x.css", "/graphql%23.css",
        ):  # fmt: skip
            for answer in (
                await http.post(path, json=asked, headers=signed_in),
                await http.get(path, headers=signed_in),
            ):
                assert answer.status_code in {404, 405}, path
                assert answer.headers["cache-control"] == "no-store", path
                assert "client" not in answer.text, path
        kept = await http.post("/graphql?x.css", json=asked, headers=signed_in)
        assert (kept.status_code, kept.headers["cache-control"]) == (200, "no-store")


@pytest.mark.parametrize("poison", ["\x00", "a\x00b", "\U0010ffff", "x" * 100_000, "'; --", "%s", "{}"])
async def test_a_question_that_makes_no_sense_spoils_no_other_that_is_asked_at_the_same_time(
    door: Door, viewers: list[Viewer], poison: str
) -> None:
    document = "query ($input: QuestionInput!) { preview(input: $input) { outcome customerId } }"
    own = viewers[0]
    asked = own.variables["input"]
    places = ("purpose", "recipient", "department", "arrangement")
    bad = [{**asked, name: poison} for name in places]
    bad += [{**asked, "customer": {"email": poison}}, {**asked, "categories": [poison]}]
    calls = [given for each in bad for given in (asked, each, asked)]
    answers = await asyncio.gather(*(door.post(own.token, document, {"input": given}) for given in calls))
    for given, answer in zip(calls, answers, strict=True):
        said = answer.json()
        if given is asked:
            assert said["data"]["preview"]["customerId"] == own.variables["customer"]
        else:
            assert said["errors"][0]["extensions"]["code"] in {"NOT_FOUND", "INVALID", "BAD_REQUEST"}, said
        assert answer.status_code < 500
