"""Questions about everybody that cannot be answered: refused at their place, whoever asks, whatever they name."""

from typing import Any

import pytest

from hub.act import Hub
from hub.actors import Role
from hub.db import new_id
from schema.relay import global_id
from tests.internal.crowd import (
    AUDIENCE,
    COVERAGE,
    COVERED,
    LETTER,
    MEMBERS,
    PREVIEW,
    REFERRAL,
    WHAT,
    Firm,
    named,
)
from tests.internal.door import Door, nodes_of
from tests.world import World, build_world

ABOUT_EVERYBODY = {
    "audience": (AUDIENCE, {"question": REFERRAL}),
    "audienceMembers": (MEMBERS, {"question": REFERRAL}),
    "coverage": (COVERAGE, {"question": REFERRAL}),
    "coverageMembers": (COVERED, {"question": REFERRAL, "cover": "SEEN"}),
}


@pytest.mark.parametrize("document", [AUDIENCE, COVERAGE])
@pytest.mark.parametrize("such", [{"jurisdictions": ["ZA"]}, {"relationships": ["CLOSED"]}])
async def test_a_filter_that_nobody_fits_is_refused(firm: Firm, document: str, such: Any) -> None:
    at, _ = firm
    error = await at.door.error(at.token, document, question=REFERRAL, such=such)
    assert error["extensions"] == {"code": "INVALID", "input": ["such"]}


async def test_a_firm_without_customers_counts_nobody_and_a_filter_is_refused(hub: Hub, door: Door) -> None:
    token = await door.token(await build_world(hub))
    filters: list[dict[str, list[str]] | None] = [None, {}, {"jurisdictions": [], "relationships": []}]
    for such in filters:
        found = await door.one(token, AUDIENCE, question=REFERRAL, such=such)
        assert (found["customers"], found["undecided"], found["groups"]) == (0, 0, [])
        found = await door.one(token, COVERAGE, question=REFERRAL, such=such)
        assert (found["customers"], found["canBeAsked"], found["undecided"], found["shares"]) == (0, 0, 0, [])
    supposed = await door.one(token, WHAT, question=REFERRAL, draft={"grade": "EXPLICIT"})
    assert supposed == {"today": {"groups": []}, "supposed": {"groups": []}, "coverage": {"shares": []}}
    for document, given in ((MEMBERS, {}), (COVERED, {"cover": "SEEN"})):
        assert nodes_of(await door.one(token, document, question=REFERRAL, **given)) == []
    for document in (AUDIENCE, COVERAGE):
        error = await door.error(token, document, question=REFERRAL, such={"jurisdictions": ["AU"]})
        assert error["extensions"] == {"code": "INVALID", "input": ["such"]}


@pytest.mark.parametrize("field", [*ABOUT_EVERYBODY, "preview"])
@pytest.mark.parametrize(
    "instant",
    ["1899-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "9999-12-31T23:59:59Z"],
)
async def test_an_instant_that_makes_no_sense_is_refused(firm: Firm, field: str, instant: str) -> None:
    at, people = firm
    about_one = (PREVIEW, {"input": {**REFERRAL, "customer": {"id": named(people)[0]}}})
    document, given = ABOUT_EVERYBODY.get(field, about_one)
    error = await at.door.error(at.token, document, **given, asOf=instant)
    assert error["extensions"] == {"code": "INVALID", "input": ["asOf"]}


@pytest.mark.parametrize("instant", ["2025-03-01T00:00:00", "2025-03-01", "yesterday", "", 20250301])
async def test_an_instant_needs_its_time_zone(firm: Firm, instant: Any) -> None:
    at, _ = firm
    error = await at.door.error(at.token, AUDIENCE, question=REFERRAL, asOf=instant)
    assert error["extensions"]["code"] == "GRAPHQL_VARIABLES_INVALID"
    assert "$asOf" in error["message"]
    inline = (
        '{ coverage(question: {act: USE, purpose: "newsletter"}, asOf: "2025-03-01T00:00:00") { customers } }'
    )
    assert (await at.door.error(at.token, inline))["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


@pytest.mark.parametrize("field", ABOUT_EVERYBODY)
async def test_before_the_first_record_there_is_nobody_to_count(firm: Firm, field: str) -> None:
    at, _ = firm
    document, given = ABOUT_EVERYBODY[field]
    error = await at.door.error(at.token, document, **given, asOf="1900-01-01T00:00:00Z")
    assert error["extensions"] == {"code": "INVALID", "input": ["asOf"]}


async def test_a_customer_of_whom_nothing_was_known_then_looks_unknown(firm: Firm) -> None:
    at, people = firm
    asked = {**REFERRAL, "customer": {"id": named(people)[3]}}
    query, day = PREVIEW, "2025-07-31T00:00:00Z"
    early = await at.door.post(at.token, query, {"input": asked, "asOf": day})
    nobody = {**asked, "customer": {"id": global_id("Customer", new_id())}}
    unknown = await at.door.post(at.token, query, {"input": nobody, "asOf": day})
    assert early.content == unknown.content
    assert early.json()["errors"][0]["extensions"] == {"code": "NOT_FOUND", "input": ["input", "customer"]}


@pytest.mark.parametrize("field", ["audienceMembers", "coverageMembers"])
async def test_members_are_shown_to_whoever_may_read_customers_only(firm: Firm, field: str) -> None:
    at, _ = firm
    document, given = ABOUT_EVERYBODY[field]
    decider = await at.door.token(at.world, Role.DECIDE)
    error = await at.door.error(decider, document, **given)
    assert error["extensions"]["code"] == "FORBIDDEN"
    reader = await at.door.token(at.world, Role.CUSTOMERS_READ)
    assert nodes_of(await at.door.one(reader, document, **given))


async def test_a_cursor_of_another_question_filter_instant_or_viewer_is_refused(firm: Firm) -> None:
    at, _ = firm
    asked: dict[str, Any] = {"question": REFERRAL, "outcome": "DENY", "first": 1}
    cursor = (await at.door.one(at.token, MEMBERS, **asked))["pageInfo"]["endCursor"]
    assert nodes_of(await at.door.one(at.token, MEMBERS, **asked, after=cursor))
    stranger = await at.door.token(at.world)
    elsewhere: list[tuple[str, str, dict[str, Any]]] = [
        (stranger, MEMBERS, asked),
        (at.token, MEMBERS, {**asked, "question": LETTER}),
        (at.token, MEMBERS, {**asked, "outcome": "ALLOW"}),
        (at.token, MEMBERS, {**asked, "such": {"jurisdictions": ["AU"]}}),
        (at.token, MEMBERS, {**asked, "rule": "hub.sharing-opt-out"}),
        (at.token, MEMBERS, {**asked, "asOf": "2026-02-01T00:00:00Z"}),
        (at.token, COVERED, {"question": REFERRAL, "cover": "OBJECTED"}),
    ]
    for token, document, given in elsewhere:
        error = await at.door.error(token, document, **given, after=cursor)
        assert error["extensions"] == {"code": "INVALID", "input": ["after"]}, given


@pytest.mark.parametrize("first", [-1, 101])
async def test_a_page_holds_a_hundred_at_most(firm: Firm, first: int) -> None:
    at, _ = firm
    error = await at.door.error(at.token, MEMBERS, question=REFERRAL, first=first)
    assert error["extensions"] == {"code": "INVALID", "input": ["first"]}
    assert nodes_of(await at.door.one(at.token, MEMBERS, question=REFERRAL, first=0)) == []


IMPOSSIBLE: list[tuple[dict[str, Any], str, list[str]]] = [
    ({"purpose": "made-up"}, "NOT_FOUND", ["purpose"]),
    ({"purpose": "Made Up"}, "INVALID", ["purpose"]),
    ({"recipient": None}, "INVALID", ["recipient"]),
    ({"recipient": "made-up"}, "NOT_FOUND", ["recipient"]),
    ({"arrangement": "mailing"}, "NOT_FOUND", ["arrangement"]),
    ({"department": "made-up"}, "NOT_FOUND", ["department"]),
    ({"categories": []}, "INVALID", ["categories"]),
    ({"categories": ["contact", "made-up"]}, "NOT_FOUND", ["categories", "1"]),
    ({"channel": "EMAIL"}, "INVALID", ["channel"]),
    ({"profileEffect": "AUTOMATED_DECISION"}, "INVALID", ["profileEffect"]),
]


@pytest.mark.parametrize("field", ABOUT_EVERYBODY)
@pytest.mark.parametrize(("changes", "code", "place"), IMPOSSIBLE)
async def test_what_cannot_be_asked_of_anybody_is_refused_at_its_place(
    firm: Firm, field: str, changes: dict[str, Any], code: str, place: list[str]
) -> None:
    at, _ = firm
    document, given = ABOUT_EVERYBODY[field]
    error = await at.door.error(at.token, document, **{**given, "question": {**REFERRAL, **changes}})
    assert error["extensions"] == {"code": code, "input": ["question", *place]}


@pytest.mark.parametrize("kind", ["Purpose", "Recipient", "Arrangement", "Department"])
async def test_anothers_things_look_absent(firm: Firm, others: World, kind: str) -> None:
    at, _ = firm
    theirs = {
        "Purpose": others.purposes["referral-mortgage"],
        "Recipient": others.recipients["bluegum-mortgages"],
        "Arrangement": others.arrangements["mortgage-alliance"],
        "Department": others.departments["conveyancing"],
    }[kind]
    answers = [
        await at.door.post(
            at.token, AUDIENCE, {"question": {**REFERRAL, kind.lower(): global_id(kind, each)}}
        )
        for each in (theirs.id, new_id())
    ]
    assert answers[0].content == answers[1].content
    assert answers[0].json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize("field", ["audienceMembers", "coverageMembers"])
@pytest.mark.parametrize("backwards", ["last: 2", 'before: "x"'])
async def test_members_are_read_from_their_start_only(firm: Firm, field: str, backwards: str) -> None:
    at, _ = firm
    more = ", cover: SEEN" if field == "coverageMembers" else ""
    asked = f'{{ {field}(question: {{act: USE, purpose: "newsletter"}}{more}, {backwards}) {{ edges {{ cursor }} }} }}'
    error = await at.door.error(at.token, asked)
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
