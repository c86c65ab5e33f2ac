"""Representatives: each field once as it goes well, and once as it is refused."""

from typing import Any

from hub.db import new_id
from schema.relay import global_id
from tests.internal.cases.case import NOBODY, Input, Mutation, Query, Variables
from tests.internal.cases.rights import asking, request
from tests.internal.setting import Setting

NO_LINK = global_id("Representative", new_id())
PROPOSED = {"role": "AGENT", "name": "Noor Agent", "contact": "noor@example.org"}


async def _proposing(at: Setting) -> Input:
    return {
        "customer": await at.ref(jurisdiction="UK"),
        **PROPOSED,
        "kinds": ["ACCESS"],
        "endsOn": "2199-01-01",
    }


async def proposed(at: Setting) -> dict[str, Any]:
    made = await at.done("proposeRepresentative", "representative { id }", **await _proposing(at))
    return {"representative": made["representative"]["id"]}


async def one(at: Setting) -> dict[str, str]:
    """The ids of a request and of a representative, by their kinds."""
    return {"RightsRequest": await request(at), "Representative": (await proposed(at))["representative"]}


async def _waited_for(at: Setting) -> Input:
    """A link that a request waits for: an opt-out, which then is done at once."""
    customer = await at.ref(jurisdiction="UK")
    asked = asking(kind="STOP_MARKETING", asker="AGENT", identifiedBy=None)
    waiting = await at.done("openRightsRequest", "request { id }", customer=customer, **asked)
    given = {"customer": customer, **PROPOSED, "request": waiting["request"]["id"]}
    made = await at.done("proposeRepresentative", "representative { id }", **given)
    return {"representative": made["representative"]["id"], "proof": "SIGNED_PERMISSION"}


async def _confirmed(at: Setting) -> dict[str, Any]:
    given = await proposed(at)
    await at.done("confirmRepresentative", "representative { id }", **given, proof="COURT_ORDER")
    return given


async def _rejecting(at: Setting) -> Input:
    return {**await proposed(at), "reason": "ILLEGIBLE"}


async def _ending(at: Setting) -> Input:
    return {**await _confirmed(at), "reason": "PERMISSION_WITHDRAWN"}


async def _listed(at: Setting) -> Variables:
    given = await _proposing(at)
    await at.done("proposeRepresentative", "representative { id }", **given)
    return {"customer": given["customer"]}


_LINK = "representative { %s }"
MUTATIONS: dict[str, Mutation] = {
    "proposeRepresentative": Mutation(
        _proposing,
        _LINK % "role kinds endsOn state proof checkedAt customer { relationship }",
        ("representative.proposed",),
        {"customer": NOBODY},
        "NOT_FOUND",
        ("input", "customer"),
        {
            "representative": {
                "role": "AGENT",
                "kinds": ["ACCESS"],
                "endsOn": "2199-01-01",
                "state": "PROPOSED",
                "proof": None,
                "checkedAt": None,
                "customer": {"relationship": "ACTIVE"},
            }
        },
    ),
    "confirmRepresentative": Mutation(
        _waited_for,
        _LINK % "state proof",
        (
            "representative.confirmed",
            "request.resumed",
            "request.verified",
            "choice.opted_out",
            "request.applied",
            "request.answered",
            "letter.queued",
        ),
        {"proof": "PROBATE"},
        "INVALID",
        ("input", "proof"),
        {"representative": {"state": "CONFIRMED", "proof": "SIGNED_PERMISSION"}},
    ),
    "rejectRepresentative": Mutation(
        _rejecting,
        _LINK % "state reason",
        ("representative.rejected",),
        {"reason": ""},
        "INVALID",
        ("input", "reason"),
        {"representative": {"state": "REJECTED", "reason": "ILLEGIBLE"}},
    ),
    "endRepresentative": Mutation(
        _ending,
        _LINK % "state proof reason",
        ("representative.ended",),
        {"representative": NO_LINK},
        "NOT_FOUND",
        ("input", "representative"),
        {"representative": {"state": "ENDED", "proof": "COURT_ORDER", "reason": "PERMISSION_WITHDRAWN"}},
    ),
    "revealRepresentative": Mutation(
        _rejecting,
        "name contact",
        ("representative.revealed",),
        {"reason": "to see"},
        "INVALID",
        ("input", "reason"),
        {"name": "Noor Agent", "contact": "noor@example.org"},
    ),
}
QUERIES: dict[str, Query] = {
    "representatives": Query(
        "query ($customer: CustomerRef!) { representatives(customer: $customer) { role state kinds endsOn } }",
        _listed,
        {"": [{"role": "AGENT", "state": "PROPOSED", "kinds": ["ACCESS"], "endsOn": "2199-01-01"}]},
        {"customer": {"email": "nobody@example.org"}},
        "NOT_FOUND",
        ("customer", "email"),
    ),
}
