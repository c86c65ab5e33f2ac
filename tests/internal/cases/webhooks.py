"""Where programs are told things: each field once as it goes well, and once as it is refused."""

from typing import Any

from hub.actors import OPERATOR, WORKER, Operation
from hub.db import new_id
from hub.webhooks import deliveries, endpoints
from hub.webhooks.deliveries import Result
from schema.relay import global_id, uuid_of
from tests.internal.cases.case import Input, Mutation, Query, Variables, page
from tests.internal.setting import Setting

_NOBODYS = global_id("WebhookEndpoint", new_id())
_NEWEST = "query { webhooks(last: 20) { edges { node { id disabledAt } } } }"
_URL = "https://hooks.example.org/privacy"


async def _adding(at: Setting) -> Input:
    """An endpoint to be; those from before are removed, as a client has so many at most."""
    found: Any = await at.door.one(at.token, _NEWEST)
    for each in (edge["node"] for edge in found["edges"]):
        if each["disabledAt"] is None:
            await at.done("webhookRemove", "endpoint { id }", endpoint=each["id"])
    return {"url": _URL, "types": ["referral.changed"]}


async def _added(at: Setting) -> Input:
    made = await at.done("webhookAdd", "endpoint { id }", **await _adding(at))
    return {"endpoint": made["endpoint"]["id"]}


async def _willing(at: Setting) -> Input:
    """One that has echoed its token."""
    given = await _added(at)
    which = uuid_of(given["endpoint"], "WebhookEndpoint")
    async with at.door.hub.act(WORKER, Operation.WEBHOOK_DELIVER) as act:
        await act.execute("UPDATE webhook_endpoint SET verified_at = $2 WHERE id = $1", which, act.at)
        await act.record("webhook.verified", endpoint=which)
    return given


async def unheard(at: Setting) -> Input:
    """One that answered a test with 503."""
    given = await _willing(at)
    which = uuid_of(given["endpoint"], "WebhookEndpoint")
    async with at.door.hub.act(OPERATOR, Operation.WEBHOOK_MANAGE) as act:
        sent = await endpoints.test(act, which)
    claimed = await deliveries.claim_one(at.door.hub, sent)
    assert claimed
    answer = Result(is_done=False, status=503, problem="NOT_ANSWERED_WITH_2XX")
    await deliveries.settle(at.door.hub, claimed, answer)
    return {**given, "delivery": str(sent)}


async def _unheard(at: Setting) -> Variables:
    return {"endpoint": (await unheard(at))["endpoint"], "partner": None}


async def one(at: Setting) -> str:
    """The id of a new endpoint."""
    return (await _added(at))["endpoint"]


async def _one(at: Setting) -> Variables:
    return {"id": await one(at)}


async def _several(at: Setting) -> Variables:
    await _added(at)
    return {}


_ADDED = {"endpoint": {"url": _URL, "types": ["referral.changed"], "verifiedAt": None, "disabledAt": None}}
_ELSEWHERE = ({"endpoint": _NOBODYS}, "NOT_FOUND", ("input", "endpoint"))
MUTATIONS: dict[str, Mutation] = {
    "webhookAdd": Mutation(
        _adding, "endpoint { url types verifiedAt disabledAt }", ("webhook.added",),
        {"types": []}, "INVALID", ("input", "types"), _ADDED,
    ),
    "webhookVerify": Mutation(
        _added, "endpoint { url types verifiedAt disabledAt }", ("webhook.verification_sent",),
        *_ELSEWHERE, _ADDED,
    ),
    "webhookTest": Mutation(
        _willing, "delivery { type state attempts }", ("webhook.tested",), *_ELSEWHERE,
        {"delivery": {"type": "endpoint.test", "state": "WAITING", "attempts": 0}},
    ),
    "webhookRotate": Mutation(
        _added, "endpoint { url types verifiedAt disabledAt }", ("webhook.rotated",), *_ELSEWHERE, _ADDED,
    ),
    "webhookRemove": Mutation(
        _added, "endpoint { disabledWhy }", ("webhook.disabled",), *_ELSEWHERE,
        {"endpoint": {"disabledWhy": "REMOVED"}},
    ),
    "webhookResend": Mutation(
        unheard, "deliveries", ("webhook.replayed",), *_ELSEWHERE, {"deliveries": 1},
    ),
    "webhookReplay": Mutation(
        _added, "deliveries", ("webhook.replayed",), *_ELSEWHERE, {"deliveries": 0},
    ),
}  # fmt: skip
QUERIES: dict[str, Query] = {
    "webhook": Query(
        "query ($id: ID!) { webhook(id: $id) { url types } }", _one,
        {"url": _URL, "types": ["referral.changed"]}, {"id": _NOBODYS}, "NOT_FOUND", ("id",),
    ),
    "webhooks": Query("query { webhooks(last: 1) " + page("url") + " }", _several, {"url": _URL}, {}, "", ()),
    "webhookFailures": Query(
        "query ($endpoint: ID!, $partner: ID) { webhookFailures(endpoint: $endpoint, partner: $partner) "
        + page("host partner client canBeSentAgain delivery { type status problem }") + " }",
        _unheard,
        {"host": "hooks.example.org", "partner": None, "canBeSentAgain": True,
         "delivery": {"type": "endpoint.test", "status": 503, "problem": "NOT_ANSWERED_WITH_2XX"}},
        {"partner": "made-up"}, "NOT_FOUND", ("partner",),
    ),
    "webhookDeliveries": Query(
        "query ($endpoint: ID!) { webhookDeliveries(endpoint: $endpoint, first: 5) " + page("type state") + " }",
        _added, {"type": "endpoint.verify"}, {"endpoint": _NOBODYS}, "NOT_FOUND", ("endpoint",),
    ),
}  # fmt: skip
