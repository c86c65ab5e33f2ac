"""What outlives an erasure, and who hears of it."""

from typing import Any

from hub.db import new_id
from schema.relay import global_id
from tests.internal.cases.case import Input, Mutation, Query, Variables, page
from tests.internal.cases.rights import NO_REQUEST, request
from tests.internal.setting import Setting

NO_STEP = global_id("RightsStep", new_id())
SURVEYOR = {"act": "DISCLOSE", "purpose": "referral-inspection", "recipient": "moor-surveys"}
_ASKED = {"kind": "RECTIFICATION", "changes": [{"field": "name", "value": "Ada"}]}


async def _certified(at: Setting) -> Variables:
    return {"request": await request(at)}


async def _address(_: Setting) -> Input:
    return {"address": {"kind": "EMAIL", "value": "never@example.org"}, "reason": "ASKED"}


async def decided(at: Setting) -> tuple[dict[str, str], str]:
    """A customer whose details may go to a surveyor, and the decision."""
    customer = await at.ref(jurisdiction="UK", shown="v1", joined="2024-03-01")
    made = await at.done("decide", "decision { id outcome }", customer=customer, **SURVEYOR)
    assert made["decision"]["outcome"] == "ALLOW"
    return customer, made["decision"]["id"]


async def _passing(at: Setting) -> Input:
    return {"decision": (await decided(at))[1], "categories": ["contact"]}


async def passed(at: Setting) -> tuple[dict[str, str], str]:
    """A customer whose details went to a surveyor, and the disclosure."""
    customer, decision = await decided(at)
    made = await at.done("recordDisclosure", "disclosure { id }", decision=decision)
    return customer, made["disclosure"]["id"]


async def _passed(at: Setting) -> Variables:
    return {"ref": (await passed(at))[0]}


async def _refused(at: Setting) -> str:
    """A correction that was refused."""
    refused = await request(at, **_ASKED)
    given = {"request": refused, "ground": "DATA_CORRECT", "message": "It is right."}
    await at.done("refuseRightsRequest", "request { id }", **given)
    return refused


async def _noting(at: Setting) -> Input:
    return {"request": await _refused(at), "text": "It is wrong."}


async def _complaining(at: Setting) -> Input:
    given = {"text": "It is wrong.", "channel": "PHONE", "identifiedBy": "IN_PERSON"}
    return {"request": await _refused(at), **given}


async def _excusing(at: Setting) -> Input:
    customer, _ = await passed(at)
    asked = {"kind": "RESTRICTION", "channel": "PHONE", "identifiedBy": "IN_PERSON"}
    made = await at.done("openRightsRequest", "request { steps { id system } }", customer=customer, **asked)
    steps: list[dict[str, Any]] = made["request"]["steps"]
    [step] = [each["id"] for each in steps if each["system"] == "Moor Surveys"]
    return {"step": step, "excuse": "IMPOSSIBLE", "why": "They have closed."}


MUTATIONS = {
    "suppressAddress": Mutation(
        _address,
        "customersOptedOut",
        ("suppression.added",),
        {"address": {"kind": "EMAIL", "value": "nobody"}},
        "INVALID",
        ("input", "address", "value"),
        {"customersOptedOut": 0},
    ),
    "recordDisclosure": Mutation(
        _passing,
        "disclosure { recipient { key } categories { key } } disputedNotes { text }",
        ("disclosure.recorded",),
        {"decision": global_id("Decision", new_id())},
        "NOT_FOUND",
        ("input", "decision"),
        {"disclosure": {"recipient": {"key": "moor-surveys"}, "categories": [{"key": "contact"}]}},
    ),
    "excuseRightsStep": Mutation(
        _excusing,
        "request { outcome { recipients { name said excuses excuse } } }",
        ("request.step_settled",),
        {"excuse": "NO_EFFECT"},
        "INVALID",
        ("input", "excuse"),
        {
            "request": {
                "outcome": {
                    "recipients": [
                        {
                            "name": "Moor Surveys",
                            "said": "NOT_TOLD",
                            "excuses": ["IMPOSSIBLE", "DISPROPORTIONATE"],
                            "excuse": "IMPOSSIBLE",
                        }
                    ]
                }
            }
        },
    ),
    "disputeRightsRequest": Mutation(
        _noting,
        "request { state customer { disputedNotes { fields text } } }",
        ("request.disputed",),
        {"request": NO_REQUEST},
        "NOT_FOUND",
        ("input", "request"),
        {
            "request": {
                "state": "REFUSED",
                "customer": {"disputedNotes": [{"fields": ["name"], "text": None}]},
            }
        },
    ),
    "appealRightsRequest": Mutation(
        _complaining,
        "request { kind state appealOf { kind state } }",
        ("request.opened", "request.verified", "request.deciding", "request.appealed"),
        {"text": " "},
        "INVALID",
        ("input", "text"),
        {
            "request": {
                "kind": "COMPLAINT",
                "state": "DECIDING",
                "appealOf": {"kind": "RECTIFICATION", "state": "REFUSED"},
            }
        },
    ),
}

QUERIES = {
    "disclosures": Query(
        "query ($ref: CustomerRef!) { disclosures(customer: $ref) " + page("recipient { key }") + " }",
        _passed,
        {"recipient": {"key": "moor-surveys"}},
        {"ref": {"id": global_id("Customer", new_id())}},
        "NOT_FOUND",
        ("customer",),
    ),
    "erasureCertificate": Query(
        "query ($request: ID!) { erasureCertificate(request: $request) { html } }",
        _certified,
        {"": None},
        {"request": NO_REQUEST},
        "NOT_FOUND",
        ("request",),
    ),
}
