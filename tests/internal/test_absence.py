"""What one may not see is absent: the same bytes for another firm's things as for things that never were."""

import re
from typing import Any

import pytest
import pytest_asyncio

from hub.act import Hub
from hub.actors import SCOPES, Actor, Role, may
from hub.db import new_id
from schema.internal import root
from schema.relay import global_id
from tests.internal import leaves
from tests.internal.cases import MUTATIONS, partners, referrals, register, representatives, webhooks
from tests.internal.door import Door
from tests.internal.setting import EVIDENCE, Setting, document, name_of_input
from tests.world import World

KINDS = dict(root.TABLE.kinds)
OF_CLIENTS = {"WebhookEndpoint"}
"""Kinds that belong to the client that made them, and are absent for all others of its firm."""
SHARED = {"Category"}
"""Kinds that belong to the hub, not to one firm."""
BY_ID = {
    "Purpose": "purpose(ref: $id)",
    "Recipient": "recipient(ref: $id)",
    "RecipientClass": "recipientClass(ref: $id)",
    "Arrangement": "arrangement(ref: $id)",
    "Activity": "activity(ref: $id)",
    "Notice": "notice(ref: $id)",
    "NoticeVersion": "noticeVersion(id: $id)",
    "Customer": "customer(ref: {id: $id})",
    "Decision": "decision(id: $id)",
    "Referral": "referral(id: $id)",
    "Client": "client(id: $id)",
    "PartnerClient": "partnerClient(id: $id)",
    "WebhookEndpoint": "webhook(id: $id)",
}


async def one_of_each(at: Setting) -> dict[str, str]:
    """An id of every kind of thing, all of one firm."""
    world = at.world
    made = await at.done(
        "decide", "decision { id }", customer=await at.ref(), act="USE", purpose="conveyancing"
    )
    opting = {"customer": await at.ref(), "kind": "MARKETING", "evidence": EVIDENCE}
    opted = await at.done("optOut", "choices { id }", **opting)
    activity = await at.done("activityAdd", "activity { id }", **register.adding(at))
    client = await at.done("clientCreate", "client { id }", name="Desk", scopes=["decide"])
    ref = await at.ref()
    query = """
        query ($ref: CustomerRef!, $version: ID!) {
            customer(ref: $ref) { collections { id } deliveries { id } }
            noticeVersion(id: $version) { clauses { id } }
            ledgerEntries(first: 1) { edges { node { id } } }
            category(ref: "contact") { id }
        }
    """
    found = await at.door.ask(at.token, query, ref=ref, version=at.version("v1"))
    return {
        "Organisation": global_id("Organisation", world.organisation.id),
        "Department": global_id("Department", world.departments["marketing"].id),
        "Category": found["category"]["id"],
        "Purpose": global_id("Purpose", world.purposes["newsletter"].id),
        "Recipient": global_id("Recipient", world.recipients["post-cloud"].id),
        "RecipientClass": global_id("RecipientClass", world.classes["mortgage-brokers"].id),
        "Arrangement": global_id("Arrangement", world.arrangements["mailing"].id),
        "Activity": activity["activity"]["id"],
        "Notice": global_id("Notice", world.notice.id),
        "NoticeVersion": at.version("v1"),
        "Clause": found["noticeVersion"]["clauses"][0]["id"],
        "Customer": ref["id"],
        "MergeProposal": await at.proposal(),
        "Collection": found["customer"]["collections"][0]["id"],
        "Delivery": found["customer"]["deliveries"][0]["id"],
        "Choice": opted["choices"][0]["id"],
        "Decision": made["decision"]["id"],
        "LedgerEntry": found["ledgerEntries"]["edges"][0]["node"]["id"],
        "Client": client["client"]["id"],
        "ConsentQuestion": await at.question(),
        **await of_clients(at),
        **await representatives.one(at),
        **await referrals.passed_on(at),
    }


async def of_clients(at: Setting) -> dict[str, str]:
    """An id of every kind of thing by which partners and programs are known and told."""
    return {"PartnerClient": await partners.one(at), "WebhookEndpoint": await webhooks.one(at)}


@pytest_asyncio.fixture(scope="session")
async def ours(door: Door, world: World, app: str) -> dict[str, str]:
    """One of each, of the firm that asks."""
    return await one_of_each(Setting(door, world, app))


@pytest_asyncio.fixture(scope="session")
async def theirs(door: Door, others: World, stranger: str) -> dict[str, str]:
    """One of each, of the other firm."""
    return await one_of_each(Setting(door, others, stranger))


@pytest.fixture
def at(door: Door, world: World, app: str) -> Setting:
    return Setting(door, world, app)


async def fetched(door: Door, token: str, identifier: str) -> bytes:
    answer = await door.post(
        token, "query ($id: ID!) { node(id: $id) { id __typename } }", {"id": identifier}
    )
    assert answer.status_code == 200
    return answer.content


def test_every_kind_is_tried(ours: dict[str, str], theirs: dict[str, str]) -> None:
    assert set(ours) == set(theirs) == set(KINDS)


@pytest.mark.parametrize("role", sorted(SCOPES))
async def test_by_id_one_gets_ones_own_and_all_else_alike(
    door: Door, world: World, ours: dict[str, str], theirs: dict[str, str], role: Role
) -> None:
    token = await door.token(world, role)
    actor = Actor("app", roles=frozenset({role}))
    absent = await fetched(door, token, global_id("Purpose", new_id()))
    for kind, operation in KINDS.items():
        own = await fetched(door, token, ours[kind])
        if may(actor, operation) and kind not in OF_CLIENTS:
            expected = b'{"data":{"node":{"id":"%s","__typename":"%s"}}' % (
                ours[kind].encode(),
                kind.encode(),
            )
            assert own.startswith(expected), kind
        else:
            assert own == absent, kind
        assert await fetched(door, token, global_id(kind, new_id())) == absent, kind
        if kind not in SHARED:
            assert await fetched(door, token, theirs[kind]) == absent, kind
        moved = global_id("Notice" if kind != "Notice" else "Purpose", root.TABLE.parse(ours[kind])[1])
        assert await fetched(door, token, moved) == absent, kind


async def test_nodes_tells_nothing_by_place_or_number(
    door: Door, app: str, ours: dict[str, str], theirs: dict[str, str]
) -> None:
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    mixed = [each for kind in KINDS if kind not in SHARED for each in (ours[kind], theirs[kind])]
    found = await door.one(app, query, ids=mixed)
    assert [each and each["id"] for each in found] == [
        each for kind in KINDS if kind not in SHARED for each in (ours[kind], None)
    ]


@pytest.mark.parametrize("kind", BY_ID)
async def test_a_field_for_one_thing_says_the_same_of_theirs_as_of_none(
    door: Door, app: str, theirs: dict[str, str], kind: str
) -> None:
    query = "query ($id: ID!) { %s { id } }" % BY_ID[kind]  # noqa: UP031 - braces everywhere
    foreign = await door.post(app, query, {"id": theirs[kind]})
    absent = await door.post(app, query, {"id": global_id(kind, new_id())})
    assert foreign.content == absent.content
    assert foreign.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_a_receipt_of_theirs_is_as_absent_as_one_of_none(
    hub: Hub, door: Door, app: str, theirs: dict[str, str]
) -> None:
    del hub
    query = "query ($id: ID!) { receipt(id: $id) { document } }"
    for kind in ("Decision", "LedgerEntry"):
        foreign = await door.post(app, query, {"id": theirs[kind]})
        absent = await door.post(app, query, {"id": global_id(kind, new_id())})
        assert foreign.content == absent.content


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_a_mutation_says_the_same_of_theirs_as_of_none_and_touches_neither(
    at: Setting, theirs: dict[str, str], mutation: str
) -> None:
    case = MUTATIONS[mutation]
    given = await case.good(at)
    sent = document(
        mutation, "results { problems { code message path } }" if mutation in BATCHES else "__typename"
    )
    for place, kind in list(leaves.of_input(name_of_input(mutation).strip("[]!"), given)):
        said = str([step for step in place if isinstance(step, str)][-1])
        said = "partnerClient" if said == "client" and mutation.startswith("partner") else said
        named = KIND_OF.get(said) if kind == "ID" else None
        if named is None or named in SHARED:
            continue
        before = await at.door.traces()
        foreign = await at.door.post(at.token, sent, {"input": leaves.replaced(given, place, theirs[named])})
        absent = await at.door.post(
            at.token, sent, {"input": leaves.replaced(given, place, global_id(named, new_id()))}
        )
        assert foreign.content == absent.content, place
        assert re.search(rb'"code":"(NOT_FOUND)"', foreign.content), (place, foreign.content)
        assert await at.door.traces() == before


BATCHES = {"decisions", "putConsentQuestions"}
"""Mutations that say of each of many what was wrong with it."""
KIND_OF = {
    "partnerClient": "PartnerClient",
    "endpoint": "WebhookEndpoint",
    "id": "Customer",
    "purpose": "Purpose",
    "purposes": "Purpose",
    "to": "Purpose",
    "recipient": "Recipient",
    "recipients": "Recipient",
    "recipientClass": "RecipientClass",
    "classes": "RecipientClass",
    "recipientClasses": "RecipientClass",
    "processors": "Recipient",
    "activity": "Activity",
    "arrangement": "Arrangement",
    "notice": "Notice",
    "noticeVersion": "NoticeVersion",
    "version": "NoticeVersion",
    "department": "Department",
    "departments": "Department",
    "objection": "Choice",
    "client": "Client",
    "proposal": "MergeProposal",
    "question": "ConsentQuestion",
}
"""What an id in an input names, by the field it stands in."""


LISTS = (
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
    "clients",
    "mergeProposals",
    "consentQuestions",
)


async def everything_listed(door: Door, token: str) -> set[str]:
    found: set[str] = set()
    for name in LISTS:
        page: dict[str, Any] = {"pageInfo": {"hasNextPage": True, "endCursor": None}}
        while page["pageInfo"]["hasNextPage"]:
            query = (
                "query ($after: String) { %s(first: 100, after: $after) { pageInfo { hasNextPage"
                " endCursor } edges { node { id } } } }"
            )
            page = await door.one(token, query % name, after=page["pageInfo"]["endCursor"])
            found |= {edge["node"]["id"] for edge in page["edges"]}
    return found


async def test_lists_hold_ones_own_only(
    door: Door, app: str, stranger: str, ours: dict[str, str], theirs: dict[str, str]
) -> None:
    mine, foreign = await everything_listed(door, app), await everything_listed(door, stranger)
    assert mine
    assert not mine & foreign
    for kind in (
        "Department",
        "Purpose",
        "Recipient",
        "RecipientClass",
        "Arrangement",
        "Notice",
        "NoticeVersion",
        "Customer",
        "Decision",
        "LedgerEntry",
        "Client",
        "MergeProposal",
        "ConsentQuestion",
    ):
        assert ours[kind] in mine, kind
        assert theirs[kind] in foreign, kind
