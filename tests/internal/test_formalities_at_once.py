"""Several writers to one formality at the same moment: one wins, the others are told, nothing is lost or done twice."""

import asyncio
from collections import Counter
from typing import Any

import pytest_asyncio

from hub.act import Hub
from tests.internal.door import Door
from tests.internal.filed import RECORD, Filed, filed
from tests.internal.setting import document, key

ADD = document("activityAdd", "activity { id }")
TIMES = 20


@pytest_asyncio.fixture
async def ma(hub: Hub, door: Door) -> Filed:
    return await filed(hub, door, "MA")


async def at_once(one: Filed, inputs: list[dict[str, Any]], used: str | None = None) -> list[Any]:
    """What is answered to steps that come at the same moment: the payload of each."""
    sent = [one.at.door.post(one.at.token, RECORD, {"input": each, "key": used}) for each in inputs]
    answers = [each.json() for each in await asyncio.gather(*sent)]
    assert not [each for each in answers if "errors" in each]
    return [each["data"]["formalityRecord"] for each in answers]


def ends(payloads: list[Any]) -> Counter[tuple[str, ...]]:
    """How many went well (nothing), and how many were refused, by code and place."""
    said = [[(each["code"], *each["path"]) for each in payload["problems"]] for payload in payloads]
    return Counter(problems[0] if problems else () for problems in said)


async def test_of_two_who_file_at_once_one_wins_and_the_other_is_told(ma: Filed) -> None:
    before = await ma.at.door.traces()
    payloads = await at_once(ma, [ma.input("FILED"), ma.input("APPLIED")])
    assert ends(payloads) == {(): 1, ("CONFLICT", "input", "step"): 1}
    [won] = [each["activity"]["formalities"][0] for each in payloads if not each["problems"]]
    assert (await ma.steps(), await ma.state()) == ([won["lastStep"]["kind"]], "PENDING")
    assert await ma.at.door.events(before) == [f"formality.{won['lastStep']['kind'].lower()}"]


async def test_of_two_answers_of_the_authority_the_first_counts(ma: Filed) -> None:
    await ma.step("FILED", "2026-03-01")
    on = "2026-03-02"
    payloads = await at_once(ma, [ma.input("RECEIVED", on, number="D-1"), ma.input("REFUSED", on)])
    assert ends(payloads) == {(): 1, ("CONFLICT", "input", "step"): 1}
    [won] = [each["activity"]["formalities"][0] for each in payloads if not each["problems"]]
    assert await ma.steps() == ["FILED", won["lastStep"]["kind"]]
    assert await ma.state() == won["state"]


async def test_of_two_activities_that_take_one_number_one_gets_it(ma: Filed) -> None:
    other = await ma.another()
    for each in (ma, other):
        await each.step("FILED", "2026-03-01")
    on = "2026-03-02"
    payloads = await at_once(ma, [each.input("RECEIVED", on, number="D-1") for each in (ma, other)])
    assert ends(payloads) == {(): 1, ("CONFLICT", "input", "number"): 1}
    assert sorted([await ma.state(), await other.state()]) == ["DECLARED", "PENDING"]


async def test_whatever_twenty_writers_do_at_once_is_recorded_or_refused_and_nothing_is_lost(
    ma: Filed,
) -> None:
    await ma.step("FILED", "2026-03-01")
    await ma.step("RECEIVED", "2026-03-02", number="D-1")
    before = await ma.at.door.traces()
    changes = [ma.input("AMENDED", validUntil=f"2099-12-{day + 1:02}") for day in range(TIMES)]
    said = ends(await at_once(ma, changes))
    assert said[()] >= 1
    assert set(said) <= {(), ("CONFLICT", "input", "step")}
    assert await ma.steps() == ["FILED", "RECEIVED", *["AMENDED"] * said[()]]
    assert await ma.at.door.events(before) == ["formality.amended"] * said[()]
    assert await ma.state() == "DECLARED"


async def test_a_step_and_a_purpose_that_joins_at_once_leave_the_purpose_covered_or_not_but_never_both(
    ma: Filed,
) -> None:
    await ma.step("FILED", "2026-03-01")
    change = document("activityChange", "activity { id }")
    given = {"activity": ma.activity, "purposes": ["conveyancing", "newsletter"]}
    joining = ma.at.door.one(ma.at.token, change, input=given)
    [payload], _ = await asyncio.gather(at_once(ma, [ma.input("RECEIVED")]), joining)
    assert payload["problems"] == []
    assert await ma.missing() <= {"unnotified"}
    await ma.step("AMENDED")
    assert await ma.missing() == set()


async def test_twenty_at_once_with_one_key_are_one_step_and_equal_answers(ma: Filed) -> None:
    await ma.step("FILED", "2026-03-01")
    before = await ma.at.door.traces()
    given = ma.input("RECEIVED", "2026-03-02", number="D-1", validUntil="2099-12-31")
    payloads = await at_once(ma, [given] * TIMES, key())
    assert all(each == payloads[0] for each in payloads)
    assert payloads[0]["problems"] == []
    assert await ma.steps() == ["FILED", "RECEIVED"]
    assert await ma.at.door.events(before) == ["formality.received"]


async def test_a_key_answers_again_what_it_did_and_nothing_else(ma: Filed) -> None:
    used, filing = key(), ma.input("FILED", "2026-03-01")
    await ma.at.door.one(ma.at.token, RECORD, input=filing, key=used)
    await ma.step("RECEIVED", "2026-03-02", number="D-1")
    again = await ma.at.door.one(ma.at.token, RECORD, input=filing, key=used)
    assert again["activity"]["formalities"][0]["state"] == "DECLARED"
    assert await ma.steps() == ["FILED", "RECEIVED"]
    other = {**filing, "reason": "By post."}
    found = await ma.at.door.problem(ma.at.token, RECORD, input=other, key=used)
    assert found == ("IDEMPOTENCY_MISMATCH", [])
    assert await ma.refusal("FILED", "2026-03-05") == ("CONFLICT", ["input", "step"])


async def test_an_activity_is_entered_once_per_key(ma: Filed) -> None:
    given = {"key": key(), "name": "Letters", "jurisdictions": ["MA"], "purposes": ["newsletter"]}
    sent = [ma.at.door.one(ma.at.token, ADD, input=given, key=used) for used in [key()] * TIMES]
    found = await asyncio.gather(*sent)
    assert len({each["activity"]["id"] for each in found}) == 1
    assert await ma.at.door.problem(ma.at.token, ADD, input=given) == ("CONFLICT", ["input", "key"])
