"""Every query once as it is answered, and once as it is refused."""

import copy
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.db import new_id
from schema.relay import global_id
from tests.internal.setting import EVIDENCE, Setting

Variables = dict[str, Any]
Make = Callable[[Setting], Awaitable[Variables]]
PAGE = "{ totalCount pageInfo { hasNextPage endCursor } edges { cursor node { %s } } }"


@dataclass(frozen=True)
class Case:
    """A document, variables for it, what must be seen, and changes of the variables that are refused, and where.

    seen: the keys and values that the answer's one field must have at least; for a page, of its last node.
    """

    document: str
    good: Make
    seen: Mapping[str, Any]
    bad: Variables
    code: str
    place: tuple[str, ...]


def _plain(**given: Any) -> Make:
    async def make(at: Setting) -> Variables:
        del at
        return copy.deepcopy(given)

    return make


def _page(select: str) -> str:
    return PAGE % select


async def _customer(at: Setting) -> Variables:
    return {"ref": await at.ref()}


async def _chosen(at: Setting) -> Variables:
    ref = await at.ref()
    await at.done("optOut", "choices { id }", customer=ref, kind="MARKETING", evidence=EVIDENCE)
    return {"ref": ref}


async def _delivered(at: Setting) -> Variables:
    ref = await at.ref(shown="v2")
    await at.done(
        "noticeDeliver", "delivery { id }", customer=ref, noticeVersion=at.version("v3"), how="EMAIL", locale="en"
    )
    return {"ref": ref}


async def _id_of_a_customer(at: Setting) -> Variables:
    return {"id": (await at.ref())["id"]}


async def _several(at: Setting) -> Variables:
    return {"ids": [(await at.ref())["id"], at.version("v1"), (await at.ref())["id"]]}


async def _client(at: Setting) -> Variables:
    made = await at.done("clientCreate", "client { id }", name="Desk", scopes=["decide"])
    return {"id": made["client"]["id"]}


async def _version(at: Setting) -> Variables:
    return {"id": at.version("v1")}


async def _versions(at: Setting) -> Variables:
    return {"older": at.version("v2"), "newer": at.version("v3")}


async def _question(at: Setting) -> Variables:
    return {"input": {"customer": await at.ref(), "act": "USE", "purpose": "conveyancing"}}


async def _decided(at: Setting) -> Variables:
    made = await at.done("decide", "decision { id }", **(await _question(at))["input"])
    return {"id": made["decision"]["id"]}


async def _decisions(at: Setting) -> Variables:
    question = (await _question(at))["input"]
    await at.done("decide", "decision { id }", **question)
    return {"filter": {"customer": question["customer"], "outcome": "ALLOW", "rule": "au.app6-expected"}}


async def _entries(at: Setting) -> Variables:
    question = (await _question(at))["input"]
    await at.done("decide", "decision { id }", **question)
    return {"filter": {"customer": question["customer"], "event": "decision.made"}}


CASES: dict[str, Case] = {
    "node": Case(
        "query ($id: ID!) { node(id: $id) { __typename ... on Customer { relationship } } }", _id_of_a_customer,
        {"__typename": "Customer", "relationship": "ACTIVE"}, {"id": "made up"}, "INVALID", ("id",),
    ),
    "nodes": Case(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename } }", _several,
        {"": [{"__typename": "Customer"}, {"__typename": "NoticeVersion"}, {"__typename": "Customer"}]},
        {"ids": [global_id("Customer", new_id())] * 101}, "INVALID", ("ids",),
    ),
    "viewer": Case(
        "{ viewer { kind scopes organisation { name } department { key } client { name } } }", _plain(),
        {"kind": "app", "organisation": {"name": "Harbour & Moor"}, "department": {"key": "conveyancing"},
         "client": {"name": "Desk"}}, {}, "", (),
    ),
    "client": Case(
        "query ($id: ID!) { client(id: $id) { name scopes revokedAt } }", _client,
        {"name": "Desk", "scopes": ["decide"], "revokedAt": None}, {"id": global_id("Client", new_id())},
        "NOT_FOUND", ("id",),
    ),
    "clients": Case(
        "query ($first: Int) { clients(first: $first) " + _page("name kind") + " }", _plain(),
        {"kind": "APP"}, {"first": 101}, "INVALID", ("first",),
    ),
    "departments": Case(
        "query ($filter: DepartmentFilter) { departments(filter: $filter) " + _page("key") + " }",
        _plain(filter={"search": "market"}), {"key": "marketing"}, {"filter": {"search": "a\u2028b"}},
        "INVALID", ("filter", "search"),
    ),
    "category": Case(
        "query ($ref: ID!) { category(ref: $ref) { key name names { locale } sensitivity dpvIri fideslangKey } }",
        _plain(ref="contact"), {"key": "contact", "sensitivity": "ORDINARY"}, {"ref": "made-up"},
        "NOT_FOUND", ("ref",),
    ),
    "categories": Case(
        "query ($filter: CategoryFilter, $last: Int) { categories(filter: $filter, last: $last) "
        + _page("sensitivity") + " }",
        _plain(filter={"sensitivity": "BIOMETRIC"}), {"sensitivity": "BIOMETRIC"}, {"last": -1},
        "INVALID", ("last",),
    ),
    "purpose": Case(
        "query ($ref: ID!) { purpose(ref: $ref) { name benefit kind retentionMonths retiredAt"
        " bases { jurisdiction basis } relations { kind to { key } } departments { key } categories { key } } }",
        _plain(ref="referral-inspection"),
        {"name": "Referral to a building inspector", "benefit": "You learn of damp and cracks before you sign.",
         "kind": "OTHER", "retentionMonths": 84, "retiredAt": None, "departments": [{"key": "conveyancing"}],
         "bases": [{"jurisdiction": "UK", "basis": "LEGITIMATE_INTEREST"}],
         "relations": [{"kind": "DIRECTLY", "to": {"key": "conveyancing"}}]},
        {"ref": global_id("Customer", new_id())}, "INVALID", ("ref",),
    ),
    "purposes": Case(
        "query ($filter: PurposeFilter) { purposes(filter: $filter) " + _page("key") + " }",
        _plain(filter={"kind": "FRAUD", "category": "contact", "department": "conveyancing", "isRetired": False}),
        {"key": "fraud-checks"}, {"filter": {"department": "made-up"}}, "NOT_FOUND", ("filter", "department"),
    ),
    "recipient": Case(
        "query ($ref: ID!) { recipient(ref: $ref) { name country memberships { startsOn recipientClass { key } } } }",
        _plain(ref="bluegum-mortgages"),
        {"name": "Bluegum Mortgages", "country": "AU",
         "memberships": [{"startsOn": "2025-05-01", "recipientClass": {"key": "mortgage-brokers"}}]},
        {"ref": "made-up"}, "NOT_FOUND", ("ref",),
    ),
    "recipients": Case(
        "query ($filter: RecipientFilter) { recipients(filter: $filter) " + _page("key") + " }",
        _plain(filter={"recipientClass": "mortgage-brokers", "on": "2025-06-01", "search": "bluegum"}),
        {"key": "bluegum-mortgages"}, {"filter": {"on": "2025-06-01"}}, "INVALID", ("filter", "on"),
    ),
    "recipientClass": Case(
        "query ($ref: ID!) { recipientClass(ref: $ref) { name warnings { code } } }", _plain(ref="mortgage-brokers"),
        {"name": "Mortgage brokers", "warnings": []}, {"ref": global_id("RecipientClass", new_id())},
        "NOT_FOUND", ("ref",),
    ),
    "recipientClasses": Case(
        "query ($after: String) { recipientClasses(first: 2, after: $after) " + _page("key") + " }", _plain(),
        {"key": "mortgage-brokers"}, {"after": "made up"}, "INVALID", ("after",),
    ),
    "arrangement": Case(
        "query ($ref: ID!) { arrangement(ref: $ref)"
        " { kind startsOn destination safeguard recipient { key } purposes { key } categories { key } } }",
        _plain(ref="mortgage-alliance"),
        {"kind": "ALLIANCE", "startsOn": "2025-07-01", "destination": "AU", "safeguard": "CONTRACT",
         "recipient": {"key": "bluegum-mortgages"}, "purposes": [{"key": "referral-mortgage"}]},
        {"ref": "made-up"}, "NOT_FOUND", ("ref",),
    ),
    "arrangements": Case(
        "query ($filter: ArrangementFilter) { arrangements(filter: $filter) " + _page("key") + " }",
        _plain(filter={"recipient": "moor-surveys", "purpose": "referral-inspection", "kind": "REFERRAL",
                       "activeOn": "2026-01-01"}),
        {"key": "moor-referrals"}, {"filter": {"recipient": "made-up"}}, "NOT_FOUND", ("filter", "recipient"),
    ),
    "notice": Case(
        "query ($ref: ID!) { notice(ref: $ref) { name versions { number publishedAt } } }", _plain(ref="customers"),
        {"name": "Customers of Harbour & Moor"}, {"ref": "made-up"}, "NOT_FOUND", ("ref",),
    ),
    "notices": Case(
        "query ($before: String) { notices(last: 1, before: $before) " + _page("key versions { number }") + " }",
        _plain(), {}, {"before": "made up"}, "INVALID", ("before",),
    ),
    "noticeVersion": Case(
        "query ($id: ID!) { noticeVersion(id: $id) { number jurisdictions sha256 notice { key } texts { locale title }"
        " statements { field text notApplicable } circumstances { circumstance isSo }"
        " verdicts { jurisdiction isComplete findings { code level } }"
        " clauses { key isPrimary text channels version { number } purpose { key } recipients { key }"
        " classes { key } categories { key } } } }",
        _version, {"number": 1, "jurisdictions": ["AU", "UK"], "notice": {"key": "customers"},
                   "texts": [{"locale": "en", "title": "How we use your details"}]},
        {"id": global_id("NoticeVersion", new_id())}, "NOT_FOUND", ("id",),
    ),
    "noticeVersions": Case(
        "query ($filter: NoticeVersionFilter) { noticeVersions(filter: $filter) " + _page("number") + " }",
        _plain(filter={"notice": "customers", "isPublished": True, "jurisdiction": "AU"}), {"number": 3},
        {"filter": {"notice": "made-up"}}, "NOT_FOUND", ("filter", "notice"),
    ),
    "noticeCheck": Case(
        "query ($id: ID!) { noticeCheck(id: $id) { jurisdiction isComplete findings { code message } } }", _version,
        {}, {"id": global_id("NoticeVersion", new_id())}, "NOT_FOUND", ("id",),
    ),
    "noticeDiff": Case(
        "query ($older: ID!, $newer: ID!) { noticeDiff(older: $older, newer: $newer)"
        " { key change fields older { key } newer { key } } }",
        _versions, {}, {"newer": global_id("NoticeVersion", new_id())}, "NOT_FOUND", ("newer",),
    ),
    "noticeReach": Case(
        "query ($id: ID!, $recipients: [ID!]!) { noticeReach(id: $id, recipients: $recipients, on: \"2026-01-01\")"
        " { reach recipient { key } } }",
        lambda at: _named(at, ["quay-inspections", "bluegum-mortgages"]),
        {"": [{"reach": "NAMED", "recipient": {"key": "quay-inspections"}},
              {"reach": "NOT_COVERED", "recipient": {"key": "bluegum-mortgages"}}]},
        {"recipients": ["quay-inspections", "made-up"]}, "NOT_FOUND", ("recipients", "1"),
    ),
    "noticeFields": Case(
        "{ noticeFields { key says isWaivable duties { jurisdiction level cites condition startsOn } } }", _plain(),
        {}, {}, "", (),
    ),
    "customer": Case(
        "query ($ref: CustomerRef!) { customer(ref: $ref) { kind locale jurisdictions relationship relationshipSince age"
        " isRestricted isHeld erasedAt name identifiers { kind value } profile { field value } survivor { id }"
        " choices { kind } collections { source categories { key } } deliveries { how } } }",
        _customer, {"kind": "PERSON", "relationship": "ACTIVE", "choices": [], "deliveries": [{"how": "WEB"}]},
        {"ref": {"email": "not an address"}}, "INVALID", ("ref", "email"),
    ),
    "customers": Case(
        "query ($filter: CustomerFilter, $last: Int = 1) { customers(last: $last, filter: $filter) " + _page("jurisdictions") + " }",
        lambda at: _filtered(at),
        {"jurisdictions": ["UK"]}, {"last": 101}, "INVALID", ("last",),
    ),
    "collections": Case(
        "query ($ref: CustomerRef!) { collections(customer: $ref) "
        + _page("source optoutOffered customerId categoryIds noticeVersionId noticeVersion { number }") + " }",
        _customer, {"source": "CUSTOMER", "noticeVersion": {"number": 3}},
        {"ref": {"id": global_id("Customer", new_id())}}, "NOT_FOUND", ("customer",),
    ),
    "deliveries": Case(
        "query ($ref: CustomerRef!) { deliveries(customer: $ref) " + _page("how locale noticeVersion { number }") + " }",
        _delivered, {"how": "EMAIL", "locale": "en", "noticeVersion": {"number": 3}},
        {"ref": {"id": global_id("Purpose", new_id())}}, "INVALID", ("customer", "id"),
    ),
    "choices": Case(
        "query ($ref: CustomerRef!) { choices(customer: $ref) "
        + _page("kind action wording method purposeId recipientId channel noticeVersion { number }") + " }",
        _chosen, {"kind": "MARKETING", "action": "OPTED_OUT", "wording": EVIDENCE["wording"], "method": "WEB"},
        {"ref": {"phone": "12"}}, "INVALID", ("customer", "phone"),
    ),
    "preview": Case(
        "query ($input: QuestionInput!) { preview(input: $input) { outcome rule question { act purpose { key }"
        " department { key } } citation { clause noticeVersion { number } noticeClause { isPrimary } } } }",
        _question,
        {"outcome": "ALLOW", "rule": "au.app6-expected",
         "question": {"act": "USE", "purpose": {"key": "conveyancing"}, "department": {"key": "conveyancing"}},
         "citation": {"clause": "your-matter", "noticeVersion": {"number": 3}, "noticeClause": {"isPrimary": True}}},
        {"input": {"customer": {"id": global_id("Customer", new_id())}, "act": "USE", "purpose": "conveyancing"}},
        "NOT_FOUND", ("input", "customer"),
    ),
    "decision": Case(
        "query ($id: ID!) { decision(id: $id) { outcome customer { relationship } question { purpose { key } } } }",
        _decided, {"outcome": "ALLOW", "customer": {"relationship": "ACTIVE"}},
        {"id": global_id("Decision", new_id())}, "NOT_FOUND", ("id",),
    ),
    "decisions": Case(
        "query ($filter: DecisionFilter) { decisions(filter: $filter) " + _page("outcome rule") + " }", _decisions,
        {"outcome": "ALLOW", "rule": "au.app6-expected"},
        {"filter": {"customer": {"email": "nobody@example.org"}}}, "NOT_FOUND", ("filter", "customer", "email"),
    ),
    "ledgerEntries": Case(
        "query ($filter: LedgerFilter) { ledgerEntries(filter: $filter) "
        + _page("event actorKind details customer { id } client { name }") + " }",
        _entries, {"event": "decision.made", "actorKind": "app", "details": 1},
        {"filter": {"client": global_id("Customer", new_id())}}, "INVALID", ("filter", "client"),
    ),
    "receipt": Case(
        "query ($id: ID!) { receipt(id: $id) { document entry { event } } }", _decided, {"entry": {"event": "decision.made"}},
        {"id": global_id("Decision", new_id())}, "NOT_FOUND", ("id",),
    ),
}  # fmt: skip


async def _named(at: Setting, recipients: list[str]) -> Variables:
    return {"id": at.version("v1"), "recipients": recipients}


async def _filtered(at: Setting) -> Variables:
    await at.customer(jurisdiction="UK")
    chosen = {"jurisdiction": "UK", "relationship": "ACTIVE", "createdFrom": "2026-01-01T00:00:00Z",
              "createdTo": "2126-01-01T00:00:00Z", "identifierKind": "EMAIL", "isErased": False}  # fmt: skip
    return {"filter": chosen}
