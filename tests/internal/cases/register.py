"""The processing register: each field once as it goes well, and once as it is refused."""

from typing import Any

from tests.internal.cases.case import UNKNOWN, Input, Mutation, Query, Variables, key, page
from tests.internal.setting import Setting

SAID: dict[str, Any] = {
    "jointControllers": ["Moor Ltd"],
    "people": ["customers"],
    "categories": ["contact"],
    "recipients": ["quay-inspections"],
    "recipientClasses": ["building-inspectors"],
    "processors": ["post-cloud"],
    "departments": ["marketing"],
    "transfers": [{"country": "FR", "safeguard": "CONTRACT", "authorisation": "T-1"}],
    "interconnections": [],
    "handover": "NEVER",
    "retention": "Seven years.",
    "circumstances": [{"circumstance": "CHILDREN", "isSo": False}],
    "toolbox": [{"tool": "TRAINING", "note": "Each March."}],
}
SHOWN = (
    "name jurisdictions jointControllers people interconnections handover retention officer basisNote archivedAt"
    " transfers { country safeguard authorisation } circumstances { circumstance isSo } toolbox { tool note }"
    " purposes { key } categories { key } recipients { key } recipientClasses { key } processors { key }"
    " departments { key } noticeVersion { number }"
)
STANDING = "formalities { jurisdiction state hasExpired expectedBy lastStep { kind number validUntil } steps { kind } }"
SEEN: dict[str, Any] = {
    "jurisdictions": ["AU", "MA"],
    "jointControllers": ["Moor Ltd"],
    "interconnections": [],
    "handover": "NEVER",
    "officer": "",
    "transfers": [{"country": "FR", "safeguard": "CONTRACT", "authorisation": "T-1"}],
    "circumstances": [{"circumstance": "CHILDREN", "isSo": False}],
    "toolbox": [{"tool": "TRAINING", "note": "Each March."}],
    "purposes": [{"key": "newsletter"}],
    "categories": [{"key": "contact"}],
    "recipients": [{"key": "quay-inspections"}],
    "recipientClasses": [{"key": "building-inspectors"}],
    "processors": [{"key": "post-cloud"}],
    "departments": [{"key": "marketing"}],
    "noticeVersion": {"number": 3},
}


def adding(at: Setting) -> Input:
    """An activity to add, of which much is said."""
    return {
        "key": key(),
        "name": "Letters",
        "jurisdictions": ["MA", "AU"],
        "purposes": ["newsletter"],
        "description": {**SAID, "noticeVersion": at.version("v3")},
    }


async def added(at: Setting) -> str:
    """The key of an activity of this test's own."""
    made = await at.done("activityAdd", "activity { key }", **adding(at))
    return made["activity"]["key"]


async def _adding(at: Setting) -> Input:
    return adding(at)


async def _changing(at: Setting) -> Input:
    return {
        "activity": await added(at),
        "name": "Letters and calls",
        "purposes": ["newsletter", "lettings"],
        "description": {"recipients": None, "transfers": [], "retention": "Five years."},
    }


async def _archiving(at: Setting) -> Input:
    return {"activity": await added(at)}


async def _recording(at: Setting) -> Input:
    activity = await added(at)
    filed = {"jurisdiction": "MA", "step": "FILED", "happenedAt": "2025-03-01T09:00:00Z"}
    await at.done("formalityRecord", "activity { id }", activity=activity, **filed)
    return {
        "activity": activity,
        "jurisdiction": "MA",
        "step": "RECEIVED",
        "number": f"D-{key()}",
        "validUntil": "2099-12-31",
        "happenedAt": "2025-03-02T09:00:00Z",
    }


async def _one(at: Setting) -> Variables:
    return {"ref": await added(at)}


async def _listing(at: Setting) -> Variables:
    purpose = await at.purpose()
    given = {**adding(at), "purposes": [purpose]}
    await at.done("activityAdd", "activity { id }", **given)
    return {"filter": {"jurisdiction": "MA", "purpose": purpose, "isArchived": False}}


async def _reviewing(at: Setting) -> Variables:
    return {"filter": {"activity": await added(at), "jurisdiction": "AU"}}


MUTATIONS: dict[str, Mutation] = {
    "activityAdd": Mutation(
        _adding,
        "activity { " + SHOWN + " }",
        ("activity.added",),
        {"description": {"transfers": [{"country": "MA"}, {"country": "Atlantis"}]}},
        "INVALID",
        ("input", "description", "transfers", "1", "country"),
    ),
    "activityChange": Mutation(
        _changing,
        "activity { name purposes { key } recipients { key } transfers { country } retention handover }",
        ("activity.changed",),
        {
            "description": {
                "toolbox": [{"tool": "CHARTER", "note": "Here."}, {"tool": "CHARTER", "note": "?"}]
            }
        },
        "INVALID",
        ("input", "description", "toolbox", "1"),
        {
            "activity": {
                "name": "Letters and calls",
                "purposes": [{"key": "newsletter"}, {"key": "lettings"}],
                "recipients": None,
                "transfers": [],
                "retention": "Five years.",
                "handover": "NEVER",
            }
        },
    ),
    "activityArchive": Mutation(
        _archiving,
        "activity { name }",
        ("activity.archived",),
        {"activity": UNKNOWN},
        "NOT_FOUND",
        ("input", "activity"),
        {"activity": {"name": "Letters"}},
    ),
    "formalityRecord": Mutation(
        _recording,
        "activity { formalities { jurisdiction state hasExpired expectedBy lastStep { kind validUntil }"
        " steps { kind happenedAt state } } }",
        ("formality.received",),
        {"validUntil": "2025-03-01"},
        "INVALID",
        ("input", "validUntil"),
        {
            "activity": {
                "formalities": [
                    {
                        "jurisdiction": "MA",
                        "state": "DECLARED",
                        "hasExpired": False,
                        "expectedBy": None,
                        "lastStep": {"kind": "RECEIVED", "validUntil": "2099-12-31"},
                        "steps": [
                            {"kind": "FILED", "happenedAt": "2025-03-01T09:00:00Z", "state": "PENDING"},
                            {"kind": "RECEIVED", "happenedAt": "2025-03-02T09:00:00Z", "state": "DECLARED"},
                        ],
                    }
                ]
            }
        },
    ),
}
QUERIES: dict[str, Query] = {
    "activity": Query(
        "query ($ref: ID!) { activity(ref: $ref) { " + SHOWN + " " + STANDING + " } }",
        _one,
        {
            **SEEN,
            "formalities": [
                {
                    "jurisdiction": "MA",
                    "state": "NONE",
                    "hasExpired": False,
                    "expectedBy": None,
                    "lastStep": None,
                    "steps": [],
                }
            ],
        },
        {"ref": "made-up"},
        "NOT_FOUND",
        ("ref",),
    ),
    "activities": Query(
        "query ($filter: ActivityFilter) { activities(filter: $filter) " + page("name archivedAt") + " }",
        _listing,
        {"name": "Letters", "archivedAt": None},
        {"filter": {"purpose": "made-up"}},
        "NOT_FOUND",
        ("filter", "purpose"),
    ),
    "registerReview": Query(
        "query ($filter: RegisterReviewFilter) { registerReview(filter: $filter) { checkedOn furtherGaps"
        " gaps { code level jurisdiction cites dueOn activity { name } purpose { key } } } }",
        _reviewing,
        {
            "furtherGaps": 0,
            "gaps": [
                {
                    "code": "field.officer",
                    "level": "WARNING",
                    "jurisdiction": "AU",
                    "cites": "APP 1.2",
                    "dueOn": None,
                    "activity": {"name": "Letters"},
                    "purpose": None,
                }
            ],
        },
        {"filter": {"activity": "made-up"}},
        "NOT_FOUND",
        ("filter", "activity"),
    ),
}
