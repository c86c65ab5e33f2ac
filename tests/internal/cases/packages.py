"""Copies: each field once as it goes well, and once as it is refused."""

from typing import Any
from uuid import UUID

from hub.actors import OPERATOR, Operation
from hub.db import new_id
from hub.packaging import previewing
from hub.rights import packages, steps
from schema.relay import global_id, uuid_of
from tests.internal.cases.case import Input, Mutation, Query, Variables
from tests.internal.cases.rights import NO_REQUEST, request
from tests.internal.setting import Setting
from workers import packages as building
from workers import rights

PROFILE = "privacy_hub.identifiers"


async def copied(at: Setting) -> UUID:
    """A request whose copy is built."""
    named = uuid_of(await request(at), "RightsRequest", "request")
    hub = at.door.hub
    async with hub.ask(OPERATOR, Operation.REQUEST_READ) as ask:
        planned = await steps.of(ask, named)
    for each in planned:
        if each.kind == "HUB":
            await rights.step(hub, each.id)
        elif each.ended_at is None:
            step = global_id("RightsStep", each.id)
            await at.done("settleRightsStep", "request { id }", step=step, state="NOTHING")
    async with hub.ask(OPERATOR, Operation.REQUEST_READ) as ask:
        package = await packages.of(ask, named)
    assert package is not None
    await building.build(hub, package.id)
    return named


async def part_of(at: Setting, named: UUID) -> str:
    """The part that holds the hub's own."""
    async with at.door.hub.ask(OPERATOR, Operation.REQUEST_READ) as ask:
        return global_id("RightsPackagePart", (await previewing.preview(ask, named)).parts[0].id)


async def _field(at: Setting) -> dict[str, Any]:
    named = await copied(at)
    part = await part_of(at, named)
    return {"request": global_id("RightsRequest", named), "part": part, "collection": PROFILE}


async def _redacting(at: Setting) -> Input:
    return {**await _field(at), "field": "value", "firstRow": 1, "lastRow": 1, "reason": "OTHER_PERSON"}


async def _restoring(at: Setting) -> Input:
    given = await _redacting(at)
    await at.done("redactRightsPackage", "request { id }", **given)
    async with at.door.hub.ask(OPERATOR, Operation.REQUEST_READ) as ask:
        shown = await previewing.preview(ask, uuid_of(given["request"], "RightsRequest", "request"))
    return {"redaction": global_id("RightsPackageRedaction", shown.redactions[0].id)}


async def _rebuilding(at: Setting) -> Input:
    return {"request": global_id("RightsRequest", await copied(at))}


async def _revealing(at: Setting) -> Input:
    return {**await _field(at), "reason": "HANDLING"}


async def _shown(at: Setting) -> Variables:
    return {"request": global_id("RightsRequest", await copied(at))}


MUTATIONS: dict[str, Mutation] = {
    "redactRightsPackage": Mutation(
        _redacting,
        "request { state }",
        ("package.begun", "request.redacted"),
        {"lastRow": 999},
        "INVALID",
        ("input", "lastRow"),
        {"request": {"state": "DECIDING"}},
    ),
    "restoreRightsPackage": Mutation(
        _restoring,
        "request { state }",
        ("package.begun", "request.restored"),
        {"redaction": global_id("RightsPackageRedaction", new_id())},
        "NOT_FOUND",
        ("input", "redaction"),
    ),
    "rebuildRightsPackage": Mutation(
        _rebuilding,
        "request { state }",
        ("package.begun", "request.package_rebuilt"),
        {"request": NO_REQUEST},
        "NOT_FOUND",
        ("input", "request"),
    ),
    "revealRightsPackage": Mutation(
        _revealing,
        "rows { number values }",
        ("request.viewed",),
        {"collection": "made.up"},
        "NOT_FOUND",
        ("input", "collection"),
    ),
}
QUERIES: dict[str, Query] = {
    "rightsPackage": Query(
        "query ($request: ID!) { rightsPackage(request: $request) { state number files sizeBytes manifest builtAt"
        " releasedAt until parts { id system mediaType sizeBytes collections { name rows withheld fields { name"
        " categories } } } redactions { id part collection field firstRow lastRow reason } } }",
        _shown,
        {"state": "BUILT", "number": 1, "releasedAt": None, "redactions": []},
        {"request": NO_REQUEST},
        "NOT_FOUND",
        ("request",),
    ),
}
