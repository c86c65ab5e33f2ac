"""Fulfilling rights requests: each field once as it goes well, and once as it is refused."""

from hub.db import new_id
from schema.relay import global_id
from tests.internal.cases.case import Input, Mutation, Query, Variables, key
from tests.internal.cases.rights import NO_REQUEST, asking, request
from tests.internal.setting import Setting


async def _correcting(at: Setting) -> Input:
    return {"request": await request(at, kind="RECTIFICATION", text="My name is Ann.")}


async def step(at: Setting, *, is_manual: bool = True) -> str:
    """A step of a new request, in a system that is on."""
    await at.done("connectSystem", "system { key }", key=key(), name="Paper archive")
    customer = await at.ref(jurisdiction="UK")
    made = await at.done(
        "openRightsRequest", "request { steps { id kind state } }", customer=customer, **asking()
    )
    kind = "MANUAL" if is_manual else "HUB"
    return next(
        each["id"] for each in made["request"]["steps"] if (each["kind"], each["state"]) == (kind, "WAITING")
    )


async def _settling(at: Setting) -> Input:
    return {"step": await step(at), "state": "DONE", "rows": 2}


async def _skipping(at: Setting) -> Input:
    return {"step": await step(at), "why": "The archive burnt down."}


async def _retrying(at: Setting) -> Input:
    return {"step": await step(at, is_manual=False)}


async def _connecting(at: Setting) -> Input:
    del at
    return {"key": key(), "name": "Paper archive"}


async def _switching(at: Setting) -> Input:
    made = await at.done("connectSystem", "system { key }", key=key(), name="Paper archive")
    await at.done("switchSystem", "system { key }", key=made["system"]["key"], isOn=False)
    return {"key": made["system"]["key"], "isOn": True}


async def _connected(at: Setting) -> Variables:
    await at.done("connectSystem", "system { key }", key=key(), name="Paper archive")
    return {}


MUTATIONS: dict[str, Mutation] = {
    "approveRightsRequest": Mutation(
        _correcting,
        "request { state coolsUntil }",
        ("request.fulfilling", "request.planned"),
        {"request": NO_REQUEST},
        "NOT_FOUND",
        ("input", "request"),
        {
            "request": {
                "state": "FULFILLING",
                "coolsUntil": None,
            }
        },
    ),
    "settleRightsStep": Mutation(
        _settling,
        "request { state steps { system state evidence why } }",
        ("request.step_settled",),
        {"rows": None},
        "INVALID",
        ("input", "rows"),
    ),
    "skipRightsStep": Mutation(
        _skipping,
        "request { state steps { system state evidence why } }",
        ("request.step_settled",),
        {"why": ""},
        "INVALID",
        ("input", "why"),
    ),
    "retryRightsStep": Mutation(
        _retrying,
        "request { state }",
        ("request.step_retried",),
        {"step": global_id("RightsStep", new_id())},
        "NOT_FOUND",
        ("input", "step"),
        {"request": {"state": "GATHERING"}},
    ),
    "connectSystem": Mutation(
        _connecting,
        "system { name kind disabledAt }",
        ("system.connected",),
        {"key": "no key"},
        "INVALID",
        ("input", "key"),
        {"system": {"name": "Paper archive", "kind": "MANUAL", "disabledAt": None}},
    ),
    "switchSystem": Mutation(
        _switching,
        "system { name disabledAt }",
        ("system.switched",),
        {"key": "made-up"},
        "NOT_FOUND",
        ("input", "key"),
        {"system": {"name": "Paper archive", "disabledAt": None}},
    ),
}
QUERIES: dict[str, Query] = {
    "connectedSystems": Query(
        "query { connectedSystems { key name kind disabledAt connectedAt } }",
        _connected,
        {"name": "Paper archive", "kind": "MANUAL"},
        {},
        "",
        (),
    ),
}
