"""Referrals: each field once as it goes well, and once as it is refused."""

from typing import Any

from hub.db import new_id
from schema.relay import global_id
from tests.internal.cases import forgetting
from tests.internal.cases.case import NOBODY, Input, Mutation, Query, Variables, page
from tests.internal.setting import Setting

NO_REFERRAL = global_id("Referral", new_id())
SURVEY: dict[str, Any] = {
    "partner": "moor-surveys",
    "purpose": "referral-inspection",
    "need": "A damp cellar.",
    "fields": ["contact.email"],
}


async def _referring(at: Setting) -> Input:
    return {"customer": await at.ref(jurisdiction="UK", shown="v1", joined="2024-03-01"), **SURVEY}


async def referred(at: Setting) -> tuple[dict[str, str], str]:
    """A customer who was referred to a surveyor, and the referral."""
    given = await _referring(at)
    made = await at.done("refer", "referral { id }", **given)
    return given["customer"], made["referral"]["id"]


async def passed_on(at: Setting) -> dict[str, str]:
    """One of each kind of thing that says what went to a partner."""
    return {"Disclosure": (await forgetting.passed(at))[1], "Referral": (await referred(at))[1]}


async def _one(at: Setting) -> Variables:
    return {"id": (await referred(at))[1]}


async def _some(at: Setting) -> Variables:
    customer, _ = await referred(at)
    return {"filter": {"customer": customer, "recipient": "moor-surveys", "state": "OFFERED"}}


MUTATIONS = {
    "refer": Mutation(
        _referring,
        "decision { outcome } referral { state fields recipient { key } purpose { key } arrangement { key }"
        " categories { key } events { state why } question { state } disclosure { recipient { key } } }"
        " bar notices { number } activities { key }",
        ("decision.made", "disclosure.recorded", "referral.offered"),
        {"customer": NOBODY},
        "NOT_FOUND",
        ("input", "customer"),
        {
            "decision": {"outcome": "ALLOW"},
            "referral": {
                "state": "OFFERED",
                "fields": ["contact.email"],
                "recipient": {"key": "moor-surveys"},
                "purpose": {"key": "referral-inspection"},
                "arrangement": {"key": "moor-referrals"},
                "categories": [{"key": "contact"}],
                "events": [{"state": "OFFERED", "why": None}],
                "question": None,
                "disclosure": {"recipient": {"key": "moor-surveys"}},
            },
            "bar": None,
            "notices": [],
            "activities": [],
        },
    ),
}
QUERIES = {
    "referral": Query(
        "query ($id: ID!) { referral(id: $id) { state fields decision { outcome } } }",
        _one,
        {"state": "OFFERED", "fields": ["contact.email"], "decision": {"outcome": "ALLOW"}},
        {"id": NO_REFERRAL},
        "NOT_FOUND",
        ("id",),
    ),
    "referrals": Query(
        "query ($filter: ReferralFilter) { referrals(filter: $filter) " + page("state") + " }",
        _some,
        {"state": "OFFERED"},
        {"filter": {"recipient": "made-up"}},
        "NOT_FOUND",
        ("filter", "recipient"),
    ),
}
