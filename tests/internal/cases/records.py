"""Decisions, the ledger, and who asks: each field once as it goes well, and once as it is refused."""

from hub.db import new_id
from schema.relay import global_id
from tests.internal.cases.case import UNKNOWN, Input, Mutation, Query, Variables, page, plain
from tests.internal.setting import Setting


async def _question(at: Setting) -> Input:
    return {"customer": await at.ref(), "act": "USE", "purpose": "conveyancing"}


async def _questions(at: Setting) -> Input:
    return [await _question(at)]


async def _revoking(at: Setting) -> Input:
    made = await at.done("clientCreate", "client { id }", name="Desk", scopes=["decide"])
    return {"client": made["client"]["id"]}


async def _id_of_a_customer(at: Setting) -> Variables:
    return {"id": (await at.ref())["id"]}


async def _several(at: Setting) -> Variables:
    return {"ids": [(await at.ref())["id"], at.version("v1"), (await at.ref())["id"]]}


async def _client(at: Setting) -> Variables:
    made = await at.done("clientCreate", "client { id }", name="Desk", scopes=["decide"])
    return {"id": made["client"]["id"]}


async def _question_variables(at: Setting) -> Variables:
    return {"input": {"customer": await at.ref(), "act": "USE", "purpose": "conveyancing"}}


async def decided(at: Setting) -> Variables:
    """The id of a decision that was just made."""
    made = await at.done("decide", "decision { id }", **(await _question_variables(at))["input"])
    return {"id": made["decision"]["id"]}


async def _decisions(at: Setting) -> Variables:
    question = (await _question_variables(at))["input"]
    await at.done("decide", "decision { id }", **question)
    return {"filter": {"customer": question["customer"], "outcome": "ALLOW", "rule": "au.app6-expected"}}


async def _entries(at: Setting) -> Variables:
    question = (await _question_variables(at))["input"]
    await at.done("decide", "decision { id }", **question)
    return {"filter": {"customer": question["customer"], "event": "decision.made"}}


MUTATIONS: dict[str, Mutation] = {
    "decide": Mutation(
        _question,
        "decision { outcome rule }",
        ("decision.made",),
        {"purpose": UNKNOWN},
        "NOT_FOUND",
        ("input", "purpose"),
        {"decision": {"outcome": "ALLOW", "rule": "au.app6-expected"}},
    ),
    "decisions": Mutation(
        _questions,
        "results { decision { outcome } problems { code } }",
        ("decision.made",),
        {"": []},
        "INVALID",
        ("input",),
        {"results": [{"decision": {"outcome": "ALLOW"}, "problems": []}]},
    ),
    "clientCreate": Mutation(
        plain(name="Desk", scopes=["decide"]),
        "client { name scopes department { key } }",
        ("client.created",),
        {"scopes": ["everything"]},
        "INVALID",
        ("input", "scopes"),
        {"client": {"name": "Desk", "scopes": ["decide"], "department": {"key": "conveyancing"}}},
    ),
    "clientRevoke": Mutation(
        _revoking,
        "client { name }",
        ("client.revoked",),
        {"client": global_id("Client", new_id())},
        "NOT_FOUND",
        ("input", "client"),
        {"client": {"name": "Desk"}},
    ),
}
QUERIES: dict[str, Query] = {
    "node": Query(
        "query ($id: ID!) { node(id: $id) { __typename ... on Customer { relationship } } }",
        _id_of_a_customer,
        {"__typename": "Customer", "relationship": "ACTIVE"},
        {"id": "made up"},
        "INVALID",
        ("id",),
    ),
    "nodes": Query(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename } }",
        _several,
        {"": [{"__typename": "Customer"}, {"__typename": "NoticeVersion"}, {"__typename": "Customer"}]},
        {"ids": [global_id("Customer", new_id())] * 101},
        "INVALID",
        ("ids",),
    ),
    "viewer": Query(
        "{ viewer { kind scopes organisation { name } department { key } client { name } } }",
        plain(),
        {
            "kind": "app",
            "organisation": {"name": "Harbour & Moor"},
            "department": {"key": "conveyancing"},
            "client": {"name": "Desk"},
        },
        {},
        "",
        (),
    ),
    "client": Query(
        "query ($id: ID!) { client(id: $id) { name scopes revokedAt } }",
        _client,
        {"name": "Desk", "scopes": ["decide"], "revokedAt": None},
        {"id": global_id("Client", new_id())},
        "NOT_FOUND",
        ("id",),
    ),
    "clients": Query(
        "query ($first: Int) { clients(first: $first) " + page("name kind") + " }",
        plain(),
        {"kind": "APP"},
        {"first": 101},
        "INVALID",
        ("first",),
    ),
    "preview": Query(
        "query ($input: QuestionInput!, $asOf: DateTime) { preview(input: $input, asOf: $asOf) { outcome rule"
        " question { act purpose { key }"
        " department { key } } citation { clause noticeVersion { number } noticeClause { isPrimary } } } }",
        _question_variables,
        {
            "outcome": "ALLOW",
            "rule": "au.app6-expected",
            "question": {
                "act": "USE",
                "purpose": {"key": "conveyancing"},
                "department": {"key": "conveyancing"},
            },
            "citation": {
                "clause": "your-matter",
                "noticeVersion": {"number": 3},
                "noticeClause": {"isPrimary": True},
            },
        },
        {
            "input": {
                "customer": {"id": global_id("Customer", new_id())},
                "act": "USE",
                "purpose": "conveyancing",
            }
        },
        "NOT_FOUND",
        ("input", "customer"),
    ),
    "decision": Query(
        "query ($id: ID!) { decision(id: $id) { outcome customer { relationship } question { purpose {"
        " key } } } }",
        decided,
        {"outcome": "ALLOW", "customer": {"relationship": "ACTIVE"}},
        {"id": global_id("Decision", new_id())},
        "NOT_FOUND",
        ("id",),
    ),
    "decisions": Query(
        "query ($filter: DecisionFilter) { decisions(filter: $filter) " + page("outcome rule") + " }",
        _decisions,
        {"outcome": "ALLOW", "rule": "au.app6-expected"},
        {"filter": {"customer": {"email": "nobody@example.org"}}},
        "NOT_FOUND",
        ("filter", "customer", "email"),
    ),
    "ledgerEntries": Query(
        "query ($filter: LedgerFilter) { ledgerEntries(filter: $filter) "
        + page("event actorKind details customer { id } client { name }")
        + " }",
        _entries,
        {"event": "decision.made", "actorKind": "app", "details": 1},
        {"filter": {"client": global_id("Customer", new_id())}},
        "INVALID",
        ("filter", "client"),
    ),
    "receipt": Query(
        "query ($id: ID!) { receipt(id: $id) { document entry { event } } }",
        decided,
        {"entry": {"event": "decision.made"}},
        {"id": global_id("Decision", new_id())},
        "NOT_FOUND",
        ("id",),
    ),
}
