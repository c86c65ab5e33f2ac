"""Customers: each field once as it goes well, and once as it is refused."""

from hub.db import new_id
from schema.relay import global_id
from tests.internal.cases.case import UNKNOWN, UNSAID, Input, Mutation, Query, Variables, about, page
from tests.internal.setting import EVIDENCE, Setting


async def _customer(at: Setting) -> Input:
    del at
    profile = [{"category": "identity", "field": "given_name", "value": "Ada"}]
    identifiers = [{"kind": "EMAIL", "value": f"{new_id()}@example.org"}]
    return {"locale": "en-AU", "jurisdictions": ["AU"], "identifiers": identifiers, "profile": profile}


async def _identifier(at: Setting) -> Input:
    return {"identifier": await at.identifier()}


async def _collection(at: Setting) -> Input:
    return {
        "customer": await at.ref(),
        "source": "CUSTOMER",
        "categories": ["contact", "identity"],
        "optoutOffered": True,
        "noticeVersion": at.version(),
        "shownHow": "WEB",
    }


async def _delivery(at: Setting) -> Input:
    return {"customer": await at.ref(), "noticeVersion": at.version(), "how": "EMAIL", "locale": "en"}


async def _settling(at: Setting) -> Input:
    return {"objection": await at.objection(), "isUpheld": True, "evidence": EVIDENCE}


async def _customer_variables(at: Setting) -> Variables:
    return {"ref": await at.ref()}


async def _chosen(at: Setting) -> Variables:
    ref = await at.ref()
    await at.done("optOut", "choices { id }", customer=ref, kind="MARKETING", evidence=EVIDENCE)
    return {"ref": ref}


async def _delivered(at: Setting) -> Variables:
    ref = await at.ref(shown="v2")
    await at.done(
        "noticeDeliver",
        "delivery { id }",
        customer=ref,
        noticeVersion=at.version("v3"),
        how="EMAIL",
        locale="en",
    )
    return {"ref": ref}


async def _filtered(at: Setting) -> Variables:
    await at.customer(jurisdiction="UK")
    chosen = {
        "jurisdiction": "UK",
        "relationship": "ACTIVE",
        "createdFrom": "2026-01-01T00:00:00Z",
        "createdTo": "2126-01-01T00:00:00Z",
        "identifierKind": "EMAIL",
        "isErased": False,
    }
    return {"filter": chosen}


MUTATIONS: dict[str, Mutation] = {
    "customerCreate": Mutation(
        _customer,
        "customer { locale jurisdictions name }",
        ("customer.created",),
        {"jurisdictions": []},
        "INVALID",
        ("input", "jurisdictions"),
        {"customer": {"locale": "en-AU", "jurisdictions": ["AU"], "name": "A***"}},
    ),
    "customerChange": Mutation(
        about(relationship="CLOSED", age="AGE_15", locale="fr"),
        "customer { relationship age locale }",
        ("customer.changed",),
        {"happenedAt": "2126-01-01T00:00:00Z"},
        "INVALID",
        ("input", "happenedAt"),
        {"customer": {"relationship": "CLOSED", "age": "AGE_15", "locale": "fr"}},
    ),
    "customerContact": Mutation(
        about(channel="PHONE"),
        "customer { id }",
        ("customer.contacted",),
        {"channel": "NONE"},
        "INVALID",
        ("input", "channel"),
    ),
    "profileSet": Mutation(
        about(values=[{"category": "identity", "field": "name", "value": "Ada Byron"}]),
        "customer { name }",
        ("profile.changed",),
        {"values": [{"category": UNKNOWN, "field": "name", "value": "Ada"}]},
        "INVALID",
        ("input", "values", "0", "category"),
        {"customer": {"name": "A*** B***"}},
    ),
    "identifierAdd": Mutation(
        about(identifier={"kind": "PHONE", "value": "+61 2 9374 4000"}),
        "customer { identifiers { kind value } }",
        ("identifier.added",),
        {"identifier": {"kind": "EMAIL", "value": "nobody"}},
        "INVALID",
        ("input", "identifier", "value"),
    ),
    "identifierVerify": Mutation(
        _identifier,
        "customer { identifiers { verifiedAt } }",
        ("identifier.verified",),
        {"identifier": global_id("Identifier", new_id())},
        "NOT_FOUND",
        ("input", "identifier"),
    ),
    "identifierEnd": Mutation(
        _identifier,
        "customer { identifiers { id } }",
        ("identifier.ended",),
        {"identifier": global_id("Purpose", new_id())},
        "INVALID",
        ("input", "identifier"),
        {"customer": {"identifiers": []}},
    ),
    "customerReveal": Mutation(
        about(reason="SERVICE", explanation="ticket 7"),
        "identifiers { value }",
        ("customer.revealed",),
        {"explanation": " "},
        "INVALID",
        ("input", "explanation"),
    ),
    "collectionRecord": Mutation(
        _collection,
        "collection { source categories { key } noticeVersion { number } }",
        ("collection.recorded",),
        {"categories": ["contact", UNKNOWN]},
        "NOT_FOUND",
        ("input", "categories", "1"),
        {
            "collection": {
                "source": "CUSTOMER",
                "categories": [{"key": "contact"}, {"key": "identity"}],
                "noticeVersion": {"number": 3},
            }
        },
    ),
    "noticeDeliver": Mutation(
        _delivery,
        "delivery { how locale noticeVersion { number } }",
        ("notice.delivered",),
        {"noticeVersion": global_id("NoticeVersion", new_id())},
        "NOT_FOUND",
        ("input", "noticeVersion"),
        {"delivery": {"how": "EMAIL", "locale": "en", "noticeVersion": {"number": 3}}},
    ),
    "consentRecord": Mutation(
        about(
            word="GIVEN", purpose="newsletter", channels=["EMAIL", "SMS"], grade="EXPLICIT", evidence=EVIDENCE
        ),
        "choices { kind action channel grade purpose { key } }",
        ("choice.given",),
        {"evidence": UNSAID},
        "INVALID",
        ("input", "evidence", "wording"),
        {
            "choices": [
                {
                    "kind": "CONSENT",
                    "action": "GIVEN",
                    "channel": each,
                    "grade": "EXPLICIT",
                    "purpose": {"key": "newsletter"},
                }
                for each in ("EMAIL", "SMS")
            ]
        },
    ),
    "transferConsentRecord": Mutation(
        about(recipient="moor-surveys", evidence=EVIDENCE),
        "choices { kind action recipient { key } }",
        ("choice.given",),
        {"recipient": UNKNOWN},
        "NOT_FOUND",
        ("input", "recipient"),
        {"choices": [{"kind": "TRANSFER", "action": "GIVEN", "recipient": {"key": "moor-surveys"}}]},
    ),
    "optOut": Mutation(
        about(kind="MARKETING", channels=["EMAIL"], evidence=EVIDENCE),
        "choices { kind action channel purposeId }",
        ("choice.opted_out",),
        {"recipient": "moor-surveys"},
        "INVALID",
        ("input", "recipient"),
        {"choices": [{"kind": "MARKETING", "action": "OPTED_OUT", "channel": "EMAIL", "purposeId": None}]},
    ),
    "optIn": Mutation(
        about(kind="SHARING", evidence=EVIDENCE),
        "choices { kind action }",
        ("choice.opted_in",),
        {"kind": "MARKETING"},
        "INVALID",
        ("input", "kind"),
        {"choices": [{"kind": "SHARING", "action": "OPTED_IN"}]},
    ),
    "objectionRecord": Mutation(
        about(purpose="newsletter", evidence=EVIDENCE),
        "choices { kind action }",
        ("choice.objected",),
        {"evidence": {**EVIDENCE, "noticeVersion": global_id("NoticeVersion", new_id())}},
        "NOT_FOUND",
        ("input", "evidence", "noticeVersion"),
        {"choices": [{"kind": "OBJECTION", "action": "PENDING"}]},
    ),
    "objectionSettle": Mutation(
        _settling,
        "choices { kind action }",
        ("choice.objection_settled",),
        {"objection": global_id("Choice", new_id())},
        "NOT_FOUND",
        ("input", "objection"),
        {"choices": [{"kind": "OBJECTION", "action": "UPHELD"}]},
    ),
}
QUERIES: dict[str, Query] = {
    "customer": Query(
        "query ($ref: CustomerRef!) { customer(ref: $ref) { kind locale jurisdictions relationship"
        " relationshipSince age"
        " isRestricted isHeld erasedAt name identifiers { kind value } profile { field value } survivor {"
        " id }"
        " choices { kind } collections { source categories { key } } deliveries { how } } }",
        _customer_variables,
        {"kind": "PERSON", "relationship": "ACTIVE", "choices": [], "deliveries": [{"how": "WEB"}]},
        {"ref": {"email": "not an address"}},
        "INVALID",
        ("ref", "email"),
    ),
    "customers": Query(
        "query ($filter: CustomerFilter, $last: Int = 1) { customers(last: $last, filter: $filter) "
        + page("jurisdictions")
        + " }",
        _filtered,
        {"jurisdictions": ["UK"]},
        {"last": 101},
        "INVALID",
        ("last",),
    ),
    "collections": Query(
        "query ($ref: CustomerRef!) { collections(customer: $ref) "
        + page("source optoutOffered customerId categoryIds noticeVersionId noticeVersion { number }")
        + " }",
        _customer_variables,
        {"source": "CUSTOMER", "noticeVersion": {"number": 3}},
        {"ref": {"id": global_id("Customer", new_id())}},
        "NOT_FOUND",
        ("customer",),
    ),
    "deliveries": Query(
        "query ($ref: CustomerRef!) { deliveries(customer: $ref) "
        + page("how locale noticeVersion { number }")
        + " }",
        _delivered,
        {"how": "EMAIL", "locale": "en", "noticeVersion": {"number": 3}},
        {"ref": {"id": global_id("Purpose", new_id())}},
        "INVALID",
        ("customer", "id"),
    ),
    "choices": Query(
        "query ($ref: CustomerRef!) { choices(customer: $ref) "
        + page("kind action wording method purposeId recipientId channel noticeVersion { number }")
        + " }",
        _chosen,
        {"kind": "MARKETING", "action": "OPTED_OUT", "wording": EVIDENCE["wording"], "method": "WEB"},
        {"ref": {"phone": "12"}},
        "INVALID",
        ("customer", "phone"),
    ),
}
