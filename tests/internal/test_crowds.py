"""Questions about everybody through the real door: counted, listed, split, and asked of the past."""

import asyncio
from collections import Counter
from contextlib import ExitStack
from typing import Any

import pytest

from hub.act import Hub
from hub.actors import Operation
from schema.internal.turns import at_once, turn
from tests.internal.crowd import (
    AUDIENCE,
    COVERAGE,
    COVERED,
    LETTER,
    MEMBERS,
    PREVIEW,
    QUESTIONS,
    REFERRAL,
    REPLAY,
    Firm,
    named,
    split,
    tally,
)
from tests.internal.door import Door
from tests.internal.setting import Setting
from tests.world import build_world


async def walked(at: Setting, document: str, **variables: Any) -> list[str]:
    """Everybody of a list, two at a time."""
    found: list[str] = []
    more, cursor = True, None
    while more:
        page = await at.door.one(at.token, document, first=2, after=cursor, **variables)
        found += [edge["node"]["id"] for edge in page["edges"]]
        more, cursor = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]
        assert len(page["edges"]) == 2 or not more
    return found


MEMBERS_BY_ID, COVERED_BY_ID = (
    each.replace("node { relationship jurisdictions }", "node { id }") for each in (MEMBERS, COVERED)
)


@pytest.mark.parametrize("name", QUESTIONS)
async def test_an_audience_counts_what_each_customer_would_be_answered(firm: Firm, name: str) -> None:
    at, people = firm
    found = await at.door.one(at.token, AUDIENCE, question=QUESTIONS[name])
    alone: Counter[str] = Counter()
    for each in named(people):
        answer = await at.door.one(at.token, PREVIEW, input={**QUESTIONS[name], "customer": {"id": each}})
        alone[f"{answer['outcome']} {answer['rule']}"] += 1
    assert tally(found) == alone
    assert (found["customers"], found["undecided"]) == (8, 0)
    assert 0 < found["distinctFacts"] <= 8


async def test_a_group_says_why_and_what_would_move_how_many_in_any_language(firm: Firm) -> None:
    at, _ = firm
    found = await at.door.one(at.token, AUDIENCE, question=REFERRAL)
    [needs] = [each for each in found["groups"] if each["rule"] == "au.alliance-later"]
    assert [(each["code"], each["thenRule"], each["customers"]) for each in needs["moves"]] == [
        ("consent.given", "au.consent", 1)
    ]
    sent = await at.door.post(at.token, AUDIENCE, {"question": REFERRAL}, {"Accept-Language": "fr"})
    groups = sent.json()["data"]["audience"]["groups"]
    assert [each["rule"] for each in groups] == [each["rule"] for each in found["groups"]]
    assert all(a["reasons"] != b["reasons"] for a, b in zip(groups, found["groups"], strict=True))


async def test_those_who_are_named_are_counted_and_an_empty_filter_names_all(firm: Firm) -> None:
    at, _ = firm
    filters: list[tuple[dict[str, list[str]], int]] = [
        ({}, 8),
        ({"jurisdictions": [], "relationships": []}, 8),
        ({"jurisdictions": ["UK"]}, 1),
        ({"jurisdictions": ["UK", "AU"], "relationships": ["ACTIVE"]}, 8),
    ]
    for such, many in filters:
        found = await at.door.one(at.token, AUDIENCE, question=REFERRAL, such=such)
        assert (such, found["customers"]) == (such, many)
        assert (await at.door.one(at.token, COVERAGE, question=REFERRAL, such=such))["customers"] == many


@pytest.mark.parametrize("name", QUESTIONS)
async def test_the_members_of_all_groups_are_all_customers_once(firm: Firm, name: str) -> None:
    at, people = firm
    question = QUESTIONS[name]
    found = await at.door.one(at.token, AUDIENCE, question=question)
    seen: list[str] = []
    for group in found["groups"]:
        wanted = {"question": question, "outcome": group["outcome"], "rule": group["rule"]}
        members = await walked(at, MEMBERS_BY_ID, **wanted)
        assert (group["rule"], len(members)) == (group["rule"], group["customers"])
        seen += members
    assert sorted(seen) == sorted(named(people))
    assert await walked(at, MEMBERS_BY_ID, question=question) == named(sorted(people))


async def test_members_are_those_who_fit_the_filter(firm: Firm) -> None:
    at, people = firm
    asked = {"question": REFERRAL, "such": {"jurisdictions": ["UK"]}}
    assert await walked(at, MEMBERS_BY_ID, **asked) == named([people[5]])
    assert await walked(at, MEMBERS_BY_ID, **asked, outcome="ALLOW") == []
    assert await walked(at, MEMBERS_BY_ID, question=REFERRAL, such={"jurisdictions": ["ZA"]}) == []


async def test_coverage_splits_the_base_and_lists_each_part(firm: Firm) -> None:
    at, people = firm
    found = await at.door.one(at.token, COVERAGE, question=REFERRAL)
    parts = split(found)
    assert parts == {
        "SEEN": 2, "AGREED": 1, "CONSENT": 1, "NOTICE": 1, "UNKNOWN_NOTICE": 1, "OBJECTED": 2,
    }  # fmt: skip
    assert (found["customers"], found["canBeAsked"], found["undecided"]) == (8, 1, 0)
    assert {each["version"] for each in found["shares"]} == {None, 2, 3}
    for share in found["shares"]:
        linked = share["noticeVersion"]
        assert (linked and linked["number"]) == share["version"]
        assert (share["notice"] is None) == (share["version"] is None) == (share["versionId"] is None)
    for cover, many in parts.items():
        assert len(await walked(at, COVERED_BY_ID, question=REFERRAL, cover=cover)) == many
    assert await walked(at, COVERED_BY_ID, question=REFERRAL, cover="CONSENT") == named([people[2]])
    assert await walked(at, COVERED_BY_ID, question=REFERRAL, cover="FORMALITY") == []


async def test_the_members_of_a_cover_are_those_who_fit_the_filter_and_as_many_as_were_counted(
    firm: Firm,
) -> None:
    at, people = firm
    for place, whose in (
        ("UK", [people[5]]),
        ("ZA", []),
        ("AU", [each for each in people if each != people[5]]),
    ):
        asked: dict[str, Any] = {"question": REFERRAL, "such": {"jurisdictions": [place]}}
        covers = ("SEEN", "AGREED", "NOTICE", "UNKNOWN_NOTICE", "OBJECTED", "CONSENT")
        listed = {cover: await walked(at, COVERED_BY_ID, **asked, cover=cover) for cover in covers}
        assert sorted(each for some in listed.values() for each in some) == sorted(named(whose))
        if whose:
            parts = split(await at.door.one(at.token, COVERAGE, **asked))
            assert {cover: len(some) for cover, some in listed.items() if some} == parts
    former = {"question": REFERRAL, "such": {"relationships": ["CLOSED"]}, "cover": "SEEN"}
    assert await walked(at, COVERED_BY_ID, **former) == []


async def test_the_past_is_answered_as_it_stood(firm: Firm) -> None:
    at, people = firm
    by_day = {
        day: await at.door.one(at.token, AUDIENCE, question=LETTER, asOf=f"{day}T00:00:00Z")
        for day in ("2025-03-01", "2026-01-10", "2026-01-20")
    }
    assert [each["customers"] for each in by_day.values()] == [5, 8, 8]
    stopped = [tally(each).get("DENY au.app7-opt-out", 0) for each in by_day.values()]
    assert stopped == [0, 0, 1]
    assert by_day["2025-03-01"]["decidedAt"] == "2025-03-01T00:00:00Z"
    opted_out = {**LETTER, "customer": {"id": named(people)[3]}}
    before = await at.door.one(at.token, PREVIEW, input=opted_out, asOf="2026-01-10T00:00:00Z")
    after = await at.door.one(at.token, PREVIEW, input=opted_out, asOf="2026-01-20T00:00:00Z")
    assert (before["outcome"], after["outcome"], after["rule"]) == ("ALLOW", "DENY", "au.app7-opt-out")
    assert before["decidedAt"] == "2026-01-10T00:00:00Z"
    wanted = {"question": LETTER, "outcome": "DENY", "rule": "au.app7-opt-out"}
    assert await walked(at, MEMBERS_BY_ID, **wanted, asOf="2026-01-10T00:00:00Z") == []
    assert await walked(at, MEMBERS_BY_ID, **wanted, asOf="2026-01-20T00:00:00Z") == named([people[3]])
    then = await at.door.one(at.token, COVERAGE, question=REFERRAL, asOf="2025-07-15T00:00:00Z")
    assert (split(then), then["customers"]) == (
        {"CONSENT": 3, "NOTICE": 1, "UNKNOWN_NOTICE": 1},
        5,
    )


async def test_an_offset_names_the_same_instant(firm: Firm) -> None:
    at, _ = firm
    found = await at.door.one(at.token, AUDIENCE, question=LETTER, asOf="2025-03-01T10:00:00+10:00")
    assert (found["decidedAt"], found["customers"]) == ("2025-03-01T00:00:00Z", 5)


async def test_counting_takes_turns_and_a_call_takes_one(hub: Hub, firm: Firm) -> None:
    at, _ = firm
    both = (
        "query ($q: CrowdQuestionInput!)"
        " { audience(question: $q) { customers } coverage(question: $q) { customers } }"
    )
    asks = [hub.ask_once(at.world.app(), Operation.AUDIENCE_READ) for _ in range(at_once(hub))]
    with ExitStack() as held:
        for each in asks[1:]:
            held.enter_context(turn(each))
        found = await at.door.ask(at.token, both, q=REFERRAL)
        assert found == {"audience": {"customers": 8}, "coverage": {"customers": 8}}
        held.enter_context(turn(asks[0]))
        error = await at.door.error(at.token, AUDIENCE, question=REFERRAL)
        assert error["extensions"]["code"] == "LIMIT"
    assert (await at.door.one(at.token, AUDIENCE, question=REFERRAL))["customers"] == 8


async def codes(at: Setting, sent: list[tuple[str, dict[str, Any]]]) -> list[str]:
    """What is answered to calls that come at once: the code of each refusal, nothing for an answer."""
    answers = await asyncio.gather(*(at.door.post(at.token, *each) for each in sent))
    said = [each.json() for each in answers]
    return [each["errors"][0]["extensions"]["code"] if "errors" in each else "" for each in said]


async def test_twenty_who_count_at_once_keep_nobody_waiting(hub: Hub, door: Door) -> None:
    world = await build_world(hub)
    at = Setting(door, world, await door.token(world))
    ref = await at.ref()
    question = {"act": "USE", "purpose": "conveyancing", "department": "conveyancing"}
    counting = (AUDIENCE, {"question": question})
    first = await codes(at, [counting] * 20)  # nobody has read this firm's catalogue yet
    assert set(first) <= {"", "LIMIT"}
    assert first.count("") >= at_once(hub)
    made = (await at.done("decide", "decision { id }", **question, customer=ref))["decision"]["id"]
    mixed = await codes(at, [counting, (REPLAY, {"id": made}), ("{ viewer { kind } }", {})] * 20)
    assert set(mixed) <= {"", "LIMIT"}
    assert set(mixed[2::3]) == {""}


async def test_counting_everybody_costs_so_much_that_a_call_holds_a_few(firm: Firm) -> None:
    at, _ = firm
    one = 'a%d: audience(question: {act: USE, purpose: "newsletter"}) { customers }'
    single = (await at.door.post(at.token, "{ %s }" % (one % 0), {})).json()
    assert 3_000 <= single["extensions"]["cost"]["requested"] < 3_100
    many = " ".join(one % number for number in range(7))
    error = await at.door.error(at.token, "{ " + many + " }")
    assert error["extensions"]["code"] == "LIMIT"
