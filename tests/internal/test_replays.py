"""Replay through the real door: a decision gives its answer again, and what was told late is shown."""

from hub.db import new_id
from schema.relay import global_id
from tests.internal.crowd import REPLAY
from tests.internal.door import Door
from tests.internal.setting import EVIDENCE, Setting, document
from tests.world import World

DECIDE = document("decide", "decision { id decidedAt rulesVersion }")
LETTER = {
    "act": "MESSAGE",
    "purpose": "newsletter",
    "channel": "EMAIL",
    "offer": "OWN_SIMILAR",
    "footer": "COMPLETE",
    "department": "marketing",
}


async def test_a_decision_is_found_again_and_what_was_told_late_is_shown(
    door: Door, world: World, app: str
) -> None:
    at = Setting(door, world, app)
    ref = await at.ref()
    made = (await door.one(app, DECIDE, input={**LETTER, "customer": ref}))["decision"]
    first = await door.one(app, REPLAY, id=made["id"])
    allowed = {"outcome": first["outcome"], "rule": first["rule"]}
    assert (first["decisionId"], first["decidedAt"], first["rulesVersion"]) == tuple(made.values())
    assert (first["outcome"], first["same"], first["changes"]) == ("ALLOW", True, [])
    assert first["today"] == first["regathered"] == allowed
    assert first["replayed"].items() >= allowed.items()
    late = {
        "customer": ref,
        "kind": "MARKETING",
        "evidence": {**EVIDENCE, "happenedAt": "2026-01-15T12:00:00Z"},
    }
    await at.done("optOut", "choices { id }", **late)
    again = await door.one(app, REPLAY, id=made["id"])
    assert again == {
        **first,
        "regathered": {"outcome": "DENY", "rule": "au.app7-opt-out"},
        "changes": again["changes"],
    }
    [change] = [each for each in again["changes"] if each["fact"] == "marketing_choice"]
    assert (change["jurisdiction"], change["recorded"]) == ("AU", "NONE")
    assert change["gathered"] != "NONE"


async def test_what_is_no_decision_of_ours_is_not_found(
    door: Door, world: World, others: World, app: str, stranger: str
) -> None:
    at = Setting(door, others, stranger)
    made = await at.done("decide", "decision { id }", **LETTER, customer=await at.ref())
    foreign = await door.post(app, REPLAY, {"id": made["decision"]["id"]})
    absent = await door.post(app, REPLAY, {"id": global_id("Decision", new_id())})
    assert foreign.content == absent.content
    assert foreign.json()["errors"][0]["extensions"] == {"code": "NOT_FOUND", "input": ["id"]}
    for text in ("", "made-up", global_id("Customer", new_id())):
        error = await door.error(app, REPLAY, id=text)
        assert error["extensions"] == {"code": "INVALID", "input": ["id"]}
    assert world.organisation.id != others.organisation.id
