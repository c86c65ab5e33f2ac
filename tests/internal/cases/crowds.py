"""Questions about everybody, and decisions found again: each field once as it goes well, and once as it is refused."""

from typing import Any

from hub.db import new_id
from schema.relay import global_id
from tests.internal.cases.case import Query, Variables, page
from tests.internal.cases.records import decided
from tests.internal.setting import Setting

REFERRAL: dict[str, Any] = {
    "act": "DISCLOSE",
    "purpose": "referral-mortgage",
    "recipient": "bluegum-mortgages",
    "categories": ["contact"],
}
THEN = "2024-06-01T00:00:00Z"
BEFORE_ALL = "1901-01-01T00:00:00Z"
NOBODY_FITS = {"jurisdictions": ["MA"]}


async def _asked(at: Setting) -> Variables:
    await at.customer(joined="2024-03-01", shown="v2")
    such = {"jurisdictions": ["AU", "UK"], "relationships": ["ACTIVE"]}
    return {"question": REFERRAL, "such": such, "asOf": THEN}


async def _members(at: Setting) -> Variables:
    asked = await _asked(at)
    return {**asked, "asOf": None, "outcome": "CONSENT_NEEDED", "rule": "au.alliance-later", "first": 1}


async def _campaign(at: Setting) -> Variables:
    await at.customer(joined="2024-03-01", shown="v2")
    such = {"jurisdictions": ["AU"], "relationships": ["ACTIVE"]}
    return {"question": REFERRAL, "cover": "CONSENT", "such": such, "first": 1}


async def _supposing(at: Setting) -> Variables:
    await at.customer(joined="2024-03-01", shown="v2")
    recipient = {"key": "new-broker", "country": "AU", "classes": ["mortgage-brokers"]}
    purpose = {
        "key": "referral-insurance",
        "kind": "OTHER",
        "categories": ["contact"],
        "departments": ["conveyancing"],
        "bases": [{"jurisdiction": "UK", "basis": "CONSENT"}],
        "relations": [{"to": "referral-mortgage", "kind": "RELATED"}],
        "retentionMonths": 84,
    }
    arrangement = {
        "recipient": "new-broker",
        "kind": "ALLIANCE",
        "startsOn": "2025-09-01",
        "endsOn": "2040-01-01",
        "purposes": ["referral-insurance"],
        "categories": ["contact", "identity"],
        "destination": "AU",
    }
    draft = {"recipient": recipient, "purpose": purpose, "arrangement": arrangement, "grade": "EXPLICIT"}
    question = {"act": "DISCLOSE", "purpose": "referral-insurance", "recipient": "new-broker"}
    return {"question": question, "draft": draft, "such": {"jurisdictions": ["AU"]}}


QUERIES: dict[str, Query] = {
    "audience": Query(
        "query ($question: CrowdQuestionInput!, $such: SuchInput, $asOf: DateTime) {"
        " audience(question: $question, such: $such, asOf: $asOf) { customers undecided distinctFacts rulesVersion"
        " decidedAt groups { outcome rule citation customers reasons { staff customer }"
        " moves { code thenRule customers reasons { staff } } } } }",
        _asked,
        {"decidedAt": THEN, "undecided": 0, "rulesVersion": "2026.11"},
        {"such": NOBODY_FITS},
        "INVALID",
        ("such",),
    ),
    "audienceMembers": Query(
        "query ($question: CrowdQuestionInput!, $such: SuchInput, $outcome: Outcome, $rule: String,"
        " $asOf: DateTime, $first: Int, $after: String) {"
        " audienceMembers(question: $question, such: $such, outcome: $outcome, rule: $rule, asOf: $asOf,"
        " first: $first, after: $after) " + page("relationship jurisdictions") + " }",
        _members,
        {"relationship": "ACTIVE", "jurisdictions": ["AU"]},
        {"rule": "au.made-up"},
        "INVALID",
        ("rule",),
    ),
    "coverage": Query(
        "query ($question: CrowdQuestionInput!, $such: SuchInput, $asOf: DateTime) {"
        " coverage(question: $question, such: $such, asOf: $asOf) { customers canBeAsked undecided decidedAt"
        " shares { cover customers notice version versionId noticeVersion { number } } } }",
        _asked,
        {"decidedAt": THEN, "undecided": 0},
        {"asOf": BEFORE_ALL},
        "INVALID",
        ("asOf",),
    ),
    "coverageMembers": Query(
        "query ($question: CrowdQuestionInput!, $cover: Cover!, $such: SuchInput, $asOf: DateTime, $first: Int,"
        " $after: String) { coverageMembers(question: $question, cover: $cover, such: $such, asOf: $asOf,"
        " first: $first, after: $after) " + page("relationship jurisdictions") + " }",
        _campaign,
        {"relationship": "ACTIVE"},
        {"question": {**REFERRAL, "purpose": "made-up"}},
        "NOT_FOUND",
        ("question", "purpose"),
    ),
    "whatIf": Query(
        "query ($question: CrowdQuestionInput!, $draft: DraftInput!, $such: SuchInput) {"
        " whatIf(question: $question, draft: $draft, such: $such) { today { customers }"
        " supposed { undecided groups { outcome rule } } coverage { undecided shares { cover } } } }",
        _supposing,
        {"today": None},
        {"draft": {}},
        "INVALID",
        ("draft",),
    ),
    "replay": Query(
        "query ($id: ID!) { replay(id: $id) { decisionId decidedAt rulesVersion outcome rule same"
        " replayed { outcome rule citation } today { outcome rule } regathered { outcome rule }"
        " changes { jurisdiction fact recorded gathered } decision { outcome } } }",
        decided,
        {
            "outcome": "ALLOW",
            "rule": "au.app6-expected",
            "same": True,
            "rulesVersion": "2026.11",
            "today": {"outcome": "ALLOW", "rule": "au.app6-expected"},
            "regathered": {"outcome": "ALLOW", "rule": "au.app6-expected"},
            "changes": [],
            "decision": {"outcome": "ALLOW"},
        },
        {"id": global_id("Decision", new_id())},
        "NOT_FOUND",
        ("id",),
    ),
}
