"""Rights requests: each field once as it goes well, and once as it is refused."""

from typing import Any

from hub.actors import OPERATOR, Operation
from hub.db import new_id
from hub.rights import steps
from schema.relay import global_id, uuid_of
from tests.internal.cases.case import NOBODY, Input, Make, Mutation, Query, Variables, page, plain
from tests.internal.setting import Setting
from workers import rights

NO_REQUEST = global_id("RightsRequest", new_id())
WHY = "Which account do you mean?"


def asking(**given: Any) -> dict[str, Any]:
    """A request as the API takes it, without the customer."""
    return {
        "kind": "ACCESS",
        "channel": "PHONE",
        "identifiedBy": "IN_PERSON",
        "evidence": "branch 4",
        **given,
    }


async def request(at: Setting, **given: Any) -> str:
    """A request of a new customer in the United Kingdom."""
    customer = await at.ref(jurisdiction="UK")
    made = await at.done("openRightsRequest", "request { id }", customer=customer, **asking(**given))
    return made["request"]["id"]


def of_request(doing: dict[str, Any] | None = None, **given: Any) -> Make:
    """An input about a new request; doing: what is asked for."""

    async def make(at: Setting) -> Input:
        return {"request": await request(at, **(doing or {})), **given}

    return make


async def _opening(at: Setting) -> Input:
    more = {"text": "All of it.", "topics": ["contact"], "contact": "me@example.org"}
    return {"customer": await at.ref(jurisdiction="UK"), **asking(**more)}


async def _confirming(at: Setting) -> Input:
    customer = await at.ref(jurisdiction="UK")
    waiting = {"customer": customer, **asking(identifiedBy=None)}
    made = await at.done("openRightsRequest", "request { id }", **waiting)
    return {
        "request": made["request"]["id"],
        "customer": customer,
        "identifiedBy": "DOCUMENT",
        "evidence": "seen",
    }


async def _paused(at: Setting) -> Input:
    paused = {"request": await request(at), "waitingFor": "CLARIFICATION", "message": WHY}
    await at.done("pauseRightsRequest", "request { id }", **paused)
    return {"request": paused["request"]}


async def _restricted(at: Setting) -> Input:
    """A restriction that was granted: somebody looked everywhere, and a worker did the hub's own part."""
    named = await request(at, kind="RESTRICTION")
    hub, request_id = at.door.hub, uuid_of(named, "RightsRequest", "request")
    async with hub.ask(OPERATOR, Operation.REQUEST_READ) as ask:
        planned = await steps.of(ask, request_id)
    for each in planned:
        if each.kind == "HUB":
            await rights.step(hub, each.id)
        elif not each.ended_at:  # one of a system that another test has turned off is left out from the start
            step = global_id("RightsStep", each.id)
            await at.done("settleRightsStep", "request { id }", step=step, state="DONE", rows=1)
    return {"request": named}


async def _lifting(at: Setting) -> Input:
    return {**await _restricted(at), "message": "Your records are right now."}


async def _kept(at: Setting) -> Input:
    given = await _lifting(at)
    await at.done("liftRestriction", "request { id }", **given)
    return {"request": given["request"]}


async def _answering(at: Setting) -> Input:
    objection = await request(at, kind="OBJECTION", purpose="newsletter")
    return {"request": objection, "message": "We have stopped for good."}


async def _revealing(at: Setting) -> Input:
    changes = [{"field": "given_name", "value": "Ann"}]
    doing = {"kind": "RECTIFICATION", "changes": changes, "text": "It is Ann.", "contact": "ann@example.org"}
    given = {"request": await request(at, **doing)}
    await at.done("noteRightsRequest", "request { id }", **given, text="She rang twice.")
    return {**given, "reason": "HANDLING"}


async def _listed(at: Setting) -> Variables:
    ref = await at.ref(jurisdiction="UK")
    await at.done("openRightsRequest", "request { id }", customer=ref, **asking())
    return {
        "filter": {
            "customer": ref,
            "kind": "ACCESS",
            "state": "GATHERING",
            "dueBy": "2199-01-01",
            "isEnded": False,
        }
    }


async def _read_out(at: Setting) -> Variables:
    made = await at.done("openRightsRequest", "request { reference }", customer=await at.ref(), **asking())
    return {"reference": made["request"]["reference"].lower()}


_REQUEST = "request { state waitingFor ground closedAt events { kind state code isPrivate hasMessage } }"
MUTATIONS: dict[str, Mutation] = {
    "openRightsRequest": Mutation(
        _opening,
        "request { kind state channel asker proof jurisdictions customer { relationship } events { kind } }",
        ("request.opened", "request.verified", "request.gathering", "request.planned", "letter.queued"),
        {"customer": NOBODY},
        "NOT_FOUND",
        ("input", "customer"),
        {
            "request": {
                "kind": "ACCESS",
                "state": "GATHERING",
                "channel": "PHONE",
                "asker": "SELF",
                "proof": "REASONABLE",
                "jurisdictions": ["UK"],
                "customer": {"relationship": "ACTIVE"},
                "events": [{"kind": each} for each in ("OPENED", "VERIFIED", "GATHERING", "PLANNED")],
            }
        },
    ),
    "confirmRightsRequest": Mutation(
        _confirming,
        "request { state }",
        ("request.verified", "request.gathering", "request.planned", "letter.queued"),
        {"identifiedBy": "CODE"},
        "INVALID",
        ("input", "identifiedBy"),
        {"request": {"state": "GATHERING"}},
    ),
    "pauseRightsRequest": Mutation(
        of_request(waitingFor="CLARIFICATION", message=WHY),
        "request { state waitingFor }",
        ("request.paused", "letter.queued"),
        {"message": " "},
        "INVALID",
        ("input", "message"),
        {"request": {"state": "PAUSED", "waitingFor": "CLARIFICATION"}},
    ),
    "holdRightsRequest": Mutation(
        of_request(reason="LEGAL_CLAIM"),
        "request { state }",
        ("request.held", "letter.queued"),
        {"reason": "because"},
        "INVALID",
        ("input", "reason"),
        {"request": {"state": "HELD"}},
    ),
    "resumeRightsRequest": Mutation(
        _paused,
        "request { state waitingFor }",
        ("request.resumed",),
        {"request": NO_REQUEST},
        "NOT_FOUND",
        ("input", "request"),
        {"request": {"state": "GATHERING", "waitingFor": None}},
    ),
    "extendRightsRequest": Mutation(
        of_request(reason="COMPLEXITY", message="It covers four systems."),
        "request { state clock { steps } }",
        ("request.extended", "letter.queued"),
        {"reason": "HOLIDAYS"},
        "INVALID",
        ("input", "reason"),
    ),
    "refuseRightsRequest": Mutation(
        of_request(ground="UNFOUNDED_OR_EXCESSIVE", message="You asked this eleven times."),
        "request { state ground }",
        ("request.refused", "letter.queued"),
        {"ground": "TOO_MUCH_WORK"},
        "INVALID",
        ("input", "ground"),
        {"request": {"state": "REFUSED", "ground": "UNFOUNDED_OR_EXCESSIVE"}},
    ),
    "answerRightsRequest": Mutation(
        _answering,
        "request { state }",
        ("request.answered", "choice.objection_settled", "letter.queued"),
        {"message": ""},
        "INVALID",
        ("input", "message"),
        {"request": {"state": "ANSWERED"}},
    ),
    "withdrawRightsRequest": Mutation(
        of_request(),
        "request { state }",
        ("request.withdrawn", "letter.queued"),
        {"request": NO_REQUEST},
        "NOT_FOUND",
        ("input", "request"),
        {"request": {"state": "WITHDRAWN"}},
    ),
    "liftRestriction": Mutation(
        _lifting,
        "request { state }",
        ("request.lifting", "letter.queued"),
        {"message": " "},
        "INVALID",
        ("input", "message"),
        {"request": {"state": "LIFTING"}},
    ),
    "keepRestriction": Mutation(
        _kept,
        "request { kind coolsUntil }",
        ("request.kept", "letter.queued"),
        {"request": NO_REQUEST},
        "NOT_FOUND",
        ("input", "request"),
        {"request": {"kind": "RESTRICTION", "coolsUntil": None}},
    ),
    "writeToRightsRequester": Mutation(
        of_request(text="We are looking."),
        _REQUEST,
        ("request.said", "letter.queued"),
        {"text": " "},
        "INVALID",
        ("input", "text"),
    ),
    "noteRightsRequest": Mutation(
        of_request(text="He rang twice."),
        _REQUEST,
        ("request.noted",),
        {"request": NO_REQUEST},
        "NOT_FOUND",
        ("input", "request"),
    ),
    "revealRightsRequest": Mutation(
        _revealing,
        "text changes contact messages { kind isPrivate text }",
        ("request.viewed",),
        {"reason": ""},
        "INVALID",
        ("input", "reason"),
        {
            "text": "It is Ann.",
            "changes": ["given_name: Ann"],
            "contact": "ann@example.org",
            "messages": [
                {"kind": "VERIFIED", "isPrivate": True, "text": "branch 4"},
                {"kind": "NOTED", "isPrivate": True, "text": "She rang twice."},
            ],
        },
    ),
}
QUERIES: dict[str, Query] = {
    "changesCursor": Query("{ changesCursor }", plain(), {}, {}, "", ()),
    "rightsRequests": Query(
        "query ($filter: RightsRequestFilter, $last: Int = 1) { rightsRequests(last: $last, filter: $filter) "
        + page("kind state jurisdictions closedAt clock { steps dueOn }")
        + " }",
        _listed,
        {"kind": "ACCESS", "state": "GATHERING", "jurisdictions": ["UK"], "closedAt": None},
        {"filter": {"customer": {"email": "nobody@example.org"}}},
        "NOT_FOUND",
        ("filter", "customer", "email"),
    ),
    "rightsRequest": Query(
        "query ($reference: String!) { rightsRequest(reference: $reference) { state jurisdictions } }",
        _read_out,
        {"state": "GATHERING", "jurisdictions": ["AU"]},
        {"reference": "PH-0000-0000"},
        "NOT_FOUND",
        ("reference",),
    ),
}
