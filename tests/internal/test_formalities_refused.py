"""Steps that cannot be: each refused at its place over HTTP, with nothing left behind, whoever tries."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from hub.act import Hub
from hub.actors import SCOPES, Role
from hub.db import new_id
from schema.relay import global_id
from tests.internal.door import Door
from tests.internal.filed import READ, RECORD, REVIEW, Filed, filed
from tests.internal.setting import document, key

ADD = document("activityAdd", "activity { id }")
LIST = "{ activities(first: 100) { totalCount edges { node { id key } } } }"
SOON = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
KEEPERS = {Role.CATALOGUE_WRITE}
READERS = {Role.CATALOGUE_READ, Role.CATALOGUE_WRITE}


@pytest_asyncio.fixture(scope="module")
async def ma(hub: Hub, door: Door) -> Filed:
    """Filed on 2 March 2026; nothing here goes well, so that it stays so."""
    one = await filed(hub, door, "MA")
    await one.step("FILED", "2026-03-02")
    return one


@pytest_asyncio.fixture(scope="module")
async def theirs(hub: Hub, door: Door) -> Filed:
    """Another firm's activity."""
    return await filed(hub, door, "MA")


@pytest.mark.parametrize(
    ("step", "given", "place"),
    [
        ("RECEIVED", {"happenedAt": SOON}, "happenedAt"),
        ("RECEIVED", {"happenedAt": "9999-12-31T23:59:59Z"}, "happenedAt"),
        ("RECEIVED", {"happenedAt": "0001-01-01T00:00:00Z"}, "happenedAt"),
        ("RECEIVED", {"happenedAt": "2009-03-04T23:59:59Z"}, "happenedAt"),
        ("RECEIVED", {"happenedAt": "2026-03-02T12:00:00Z"}, "happenedAt"),
        ("RECEIVED", {"happenedAt": "2026-03-02T13:59:59+02:00"}, "happenedAt"),
        ("RECEIVED", {"happenedAt": "2026-02-28T12:00:00Z"}, "happenedAt"),
        ("RECEIVED", {"validUntil": "2026-03-02"}, "validUntil"),
        ("RECEIVED", {"validUntil": "0001-01-01"}, "validUntil"),
        ("REFUSED", {"validUntil": "2027-01-01"}, "validUntil"),
        ("RECEIVED", {"number": None}, "number"),
        ("RECEIVED", {"number": ""}, "number"),
        ("RECEIVED", {"number": " \t "}, "number"),
        ("RECEIVED", {"number": "x" * 101}, "number"),
        ("RECEIVED", {"number": "D-1\n2"}, "number"),
        ("REFUSED", {"number": "D-1"}, "number"),
        ("RECEIVED", {"reason": "x" * 501}, "reason"),
        ("RECEIVED", {"jurisdiction": "AU"}, "jurisdiction"),
        ("RECEIVED", {"jurisdiction": "EU"}, "jurisdiction"),
    ],
)
async def test_what_cannot_have_happened_is_refused_at_its_place(
    ma: Filed, step: str, given: dict[str, Any], place: str
) -> None:
    assert await ma.refusal(step, "2026-03-03", **given) == ("INVALID", ["input", place])
    assert (await ma.state(), await ma.steps()) == ("PENDING", ["FILED"])


@pytest.mark.parametrize(
    "given",
    [
        {"happenedAt": "2026-02-30T12:00:00Z"},
        {"happenedAt": "2026-03-03"},
        {"happenedAt": "yesterday"},
        {"validUntil": "2026-02-30"},
        {"validUntil": "2026-03-03T00:00:00Z"},
        {"jurisdiction": "FR"},
        {"step": "STAMPED"},
        {"number": 7},
        {"activity": None},
    ],
    ids=str,
)
async def test_what_is_no_day_no_law_and_no_step_never_reaches_the_register(
    ma: Filed, given: dict[str, Any]
) -> None:
    before = await ma.at.door.traces()
    said = {**ma.input("RECEIVED", "2026-03-03"), **given}
    error = await ma.at.door.error(ma.at.token, RECORD, input=said)
    assert error["extensions"]["code"] == "GRAPHQL_VARIABLES_INVALID"
    assert next(iter(given)) in error["message"]
    assert await ma.at.door.traces() == before


async def test_only_what_an_activity_is_carried_out_under_is_filed(ma: Filed) -> None:
    assert await ma.refusal("APPLIED", jurisdiction="ZA") == ("INVALID", ["input", "jurisdiction"])


async def test_anothers_activity_looks_like_one_that_never_was(ma: Filed, theirs: Filed) -> None:
    unknown = global_id("Activity", new_id())
    for activity in (theirs.activity, unknown, "made-up"):
        assert await ma.refusal("FILED", activity=activity) == ("NOT_FOUND", ["input", "activity"])
    for document_ in (READ, REVIEW):
        about = [{"ref": each, "filter": {"activity": each}} for each in (theirs.activity, unknown)]
        foreign, absent = [await ma.at.door.post(ma.at.token, document_, each) for each in about]
        assert foreign.content == absent.content
        assert foreign.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    listed = await ma.at.door.one(ma.at.token, LIST)
    assert [each["node"]["id"] for each in listed["edges"]] == [ma.activity]
    assert await theirs.steps() == []


@pytest.mark.parametrize("activity", [global_id("Purpose", UUID(int=7)), "", "Made Up", "x" * 64, "Ω"])
async def test_what_is_no_activitys_id_is_refused(ma: Filed, activity: str) -> None:
    assert await ma.refusal("RECEIVED", activity=activity) == ("INVALID", ["input", "activity"])
    error = await ma.at.door.error(ma.at.token, READ, ref=activity)
    assert error["extensions"] == {"code": "INVALID", "input": ["ref"]}


async def test_an_activity_rests_on_the_firms_own_purposes(ma: Filed, theirs: Filed) -> None:
    foreign = global_id("Purpose", theirs.at.world.purposes["newsletter"].id)
    tried: list[tuple[list[str], tuple[str, list[str]]]] = [
        ([], ("INVALID", ["input", "purposes"])),
        (["newsletter", foreign], ("NOT_FOUND", ["input", "purposes", "1"])),
        (["newsletter", "made-up"], ("NOT_FOUND", ["input", "purposes", "1"])),
        ([ma.activity], ("INVALID", ["input", "purposes", "0"])),
    ]
    for purposes, expected in tried:
        given = {"key": key(), "name": "Letters", "jurisdictions": ["MA"], "purposes": purposes}
        assert await ma.at.door.problem(ma.at.token, ADD, input=given) == expected
    given = {"key": key(), "name": "Letters", "jurisdictions": [], "purposes": ["newsletter"]}
    assert await ma.at.door.problem(ma.at.token, ADD, input=given) == ("INVALID", ["input", "jurisdictions"])


async def test_the_authority_gives_a_number_once_however_it_is_written(ma: Filed, theirs: Filed) -> None:
    one, other = await ma.another(), await ma.another()
    for each in (one, other, theirs):
        await each.step("FILED", "2026-03-02")
    await one.step("RECEIVED", "2026-03-03", number="D-77/2026")
    assert await other.refusal("RECEIVED", "2026-03-03", number="d-77/2026") == (
        "CONFLICT",
        ["input", "number"],
    )
    assert await other.state() == "PENDING"
    assert (await theirs.step("RECEIVED", "2026-03-03", number="D-77/2026"))["state"] == "DECLARED"
    for each in (one, other):
        await ma.at.done("activityArchive", "activity { id }", activity=each.activity)


@pytest.mark.parametrize("role", sorted(SCOPES))
async def test_the_register_is_kept_and_read_by_whoever_may(hub: Hub, door: Door, role: Role) -> None:
    one = await filed(hub, door, "MA")
    token = await door.token(one.at.world, role)
    if role in KEEPERS:
        await door.one(token, RECORD, input=one.input("FILED"))
    else:
        assert await door.problem(token, RECORD, input=one.input("FILED")) == ("FORBIDDEN", [])
    assert await one.steps() == (["FILED"] if role in KEEPERS else [])
    for query, variables in ((READ, {"ref": one.activity}), (REVIEW, {}), (LIST, {})):
        said = (await door.post(token, query, variables)).json()
        code = said["errors"][0]["extensions"]["code"] if "errors" in said else None
        assert code == (None if role in READERS else "FORBIDDEN")


async def test_nobody_keeps_a_register_without_signing_in(ma: Filed) -> None:
    for token in ("", "made-up"):
        answer = await ma.at.door.post(token, RECORD, {"input": ma.input("RECEIVED")})
        assert answer.status_code == 401
    assert await ma.steps() == ["FILED"]
