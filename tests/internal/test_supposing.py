"""What if, through the real door: decided before it exists, refused where it makes no sense, never kept."""

from typing import Any

import pytest

from hub.db import new_id
from schema.relay import global_id
from tests.internal.crowd import REFERRAL, WHAT, WHAT_IF, Firm, split, tally
from tests.internal.setting import Setting, content, key
from tests.world import World

RECIPIENT: dict[str, Any] = {"key": "new-broker", "country": "AU", "classes": ["mortgage-brokers"]}
ARRANGEMENT: dict[str, Any] = {
    "recipient": "bluegum-mortgages",
    "kind": "ALLIANCE",
    "startsOn": "2025-09-01",
    "purposes": ["referral-mortgage"],
    "categories": ["contact", "identity"],
    "destination": "AU",
}
PURPOSE: dict[str, Any] = {"key": "referral-insurance", "kind": "OTHER", "categories": ["contact"]}
TO_NEW = {"act": "DISCLOSE", "purpose": "referral-mortgage", "recipient": "new-broker"}


async def supposed(at: Setting, draft: dict[str, Any], **more: Any) -> Any:
    before = await at.door.traces()
    found = await at.door.one(at.token, WHAT, **{"question": REFERRAL, "draft": draft, **more})
    assert await at.door.traces() == before, "what is only supposed leaves nothing"
    return found


async def test_a_notice_that_reaches_all_is_decided_before_it_is_sent(firm: Firm) -> None:
    at, _ = firm
    found = await supposed(at, {"version": at.version("v3")}, such={"jurisdictions": ["UK"]})
    assert tally(found["today"]) == {"NOTICE_NEEDED uk.recipient": 1}
    assert tally(found["supposed"]) == {"CONSENT_NEEDED uk.default": 1}
    assert split(found["coverage"]) == {"CONSENT": 1}


async def test_a_version_that_nobody_published_is_decided_as_if_it_were(firm: Firm) -> None:
    at, _ = firm
    notice = (await at.done("noticeCreate", "notice { id }", key=key(), name="Brokers"))["notice"]["id"]
    clause = {
        **content()["clauses"][0],
        "key": "brokers",
        "purpose": "referral-mortgage",
        "classes": ["mortgage-brokers"],
        "texts": [{"locale": "en", "text": "We may put you in touch with a mortgage broker."}],
        "isPrimary": False,
    }
    said = content(clauses=[*content()["clauses"], clause])
    draft = (await at.done("noticeDraft", "version { id }", notice=notice, content=said))["version"]["id"]
    found = await supposed(at, {"version": draft}, such={"jurisdictions": ["UK"]})
    assert tally(found["today"]) == {"NOTICE_NEEDED uk.recipient": 1}
    assert tally(found["supposed"]) == {"CONSENT_NEEDED uk.default": 1}
    assert [each["noticeVersion"] for each in found["coverage"]["shares"]] == [{"publishedAt": None}]


async def test_a_campaign_moves_those_who_may_be_asked_and_nobody_who_said_no(firm: Firm) -> None:
    at, _ = firm
    found = await supposed(at, {"grade": "EXPLICIT"})
    before, after = tally(found["today"]), tally(found["supposed"])
    assert after["ALLOW au.consent"] > before["ALLOW au.consent"]
    assert after["DENY hub.sharing-opt-out"] == before["DENY hub.sharing-opt-out"] == 2
    assert sum(before.values()) == sum(after.values()) == 8


async def test_an_alliance_that_is_not_signed_yet_has_no_today(firm: Firm) -> None:
    at, _ = firm
    draft = {"recipient": RECIPIENT, "arrangement": {**ARRANGEMENT, "recipient": "new-broker"}}
    found = await supposed(at, draft, question=TO_NEW)
    assert found["today"] is None
    assert tally(found["supposed"])["ALLOW au.alliance-covered"] == 2
    assert split(found["coverage"])["SEEN"] == 2


async def test_a_purpose_by_ids_is_the_same_as_by_keys(firm: Firm) -> None:
    at, _ = firm
    world = at.world
    brokers = global_id("RecipientClass", world.classes["mortgage-brokers"].id)
    by_id = {
        "recipient": {**RECIPIENT, "classes": [brokers]},
        "purpose": {
            **PURPOSE,
            "categories": [global_id("Category", world.categories["contact"].id)],
            "departments": [global_id("Department", world.departments["conveyancing"].id)],
            "relations": [
                {"to": global_id("Purpose", world.purposes["conveyancing"].id), "kind": "DIRECTLY"}
            ],
        },
    }
    by_key = {
        "recipient": RECIPIENT,
        "purpose": {
            **PURPOSE,
            "departments": ["conveyancing"],
            "relations": [{"to": "conveyancing", "kind": "DIRECTLY"}],
        },
    }
    asked = {"act": "USE", "purpose": "referral-insurance", "department": "conveyancing"}
    assert await supposed(at, by_id, question=asked) == await supposed(at, by_key, question=asked)


BAD: list[tuple[dict[str, Any], str, list[str]]] = [
    ({}, "INVALID", []),
    ({"grade": "GUARDIAN"}, "INVALID", ["grade"]),
    ({"version": "made-up"}, "INVALID", ["version"]),
    ({"version": global_id("Purpose", new_id())}, "INVALID", ["version"]),
    ({"version": global_id("NoticeVersion", new_id())}, "NOT_FOUND", ["version"]),
    ({"recipient": {**RECIPIENT, "key": "bluegum-mortgages"}}, "INVALID", ["recipient", "key"]),
    ({"recipient": {**RECIPIENT, "key": "New Broker"}}, "INVALID", ["recipient", "key"]),
    ({"recipient": {**RECIPIENT, "country": "UK"}}, "INVALID", ["recipient", "country"]),
    (
        {"recipient": {**RECIPIENT, "classes": ["mortgage-brokers", "made-up"]}},
        "NOT_FOUND",
        ["recipient", "classes", "1"],
    ),
    ({"recipient": {**RECIPIENT, "classes": ["Made Up"]}}, "INVALID", ["recipient", "classes", "0"]),
    ({"arrangement": {**ARRANGEMENT, "recipient": "made-up"}}, "NOT_FOUND", ["arrangement", "recipient"]),
    (
        {"arrangement": {**ARRANGEMENT, "purposes": ["newsletter", "made-up"]}},
        "NOT_FOUND",
        ["arrangement", "purposes", "1"],
    ),
    ({"arrangement": {**ARRANGEMENT, "purposes": []}}, "INVALID", ["arrangement", "purposes"]),
    (
        {"arrangement": {**ARRANGEMENT, "purposes": [f"p-{number}" for number in range(201)]}},
        "INVALID",
        ["arrangement", "purposes"],
    ),
    ({"arrangement": {**ARRANGEMENT, "categories": []}}, "INVALID", ["arrangement", "categories"]),
    (
        {"arrangement": {**ARRANGEMENT, "categories": ["made-up"]}},
        "NOT_FOUND",
        ["arrangement", "categories", "0"],
    ),
    ({"arrangement": {**ARRANGEMENT, "endsOn": "2025-08-31"}}, "INVALID", ["arrangement", "endsOn"]),
    ({"arrangement": {**ARRANGEMENT, "destination": "EU"}}, "INVALID", ["arrangement", "destination"]),
    ({"purpose": {**PURPOSE, "key": "newsletter"}}, "INVALID", ["purpose", "key"]),
    ({"purpose": {**PURPOSE, "categories": []}}, "INVALID", ["purpose", "categories"]),
    ({"purpose": {**PURPOSE, "departments": ["made-up"]}}, "NOT_FOUND", ["purpose", "departments", "0"]),
    ({"purpose": {**PURPOSE, "retentionMonths": 0}}, "INVALID", ["purpose", "retentionMonths"]),
    ({"purpose": {**PURPOSE, "retentionMonths": 2**31 - 1}}, "INVALID", ["purpose", "retentionMonths"]),
    (
        {"purpose": {**PURPOSE, "bases": [{"jurisdiction": "UK", "basis": "CONSENT"}] * 2}},
        "INVALID",
        ["purpose", "bases", "1"],
    ),
    (
        {"purpose": {**PURPOSE, "relations": [{"to": "newsletter", "kind": "RELATED"}] * 2}},
        "INVALID",
        ["purpose", "relations", "1"],
    ),
    (
        {"purpose": {**PURPOSE, "relations": [{"to": "made-up", "kind": "RELATED"}]}},
        "NOT_FOUND",
        ["purpose", "relations", "0", "to"],
    ),
]


@pytest.mark.parametrize(("draft", "code", "place"), BAD)
async def test_a_draft_that_makes_no_sense_is_refused_at_its_place(
    firm: Firm, draft: dict[str, Any], code: str, place: list[str]
) -> None:
    at, _ = firm
    error = await at.door.error(at.token, WHAT_IF, question=REFERRAL, draft=draft)
    assert error["extensions"] == {"code": code, "input": ["draft", *place]}


async def test_what_is_asked_beside_a_draft_is_refused_at_its_own_place(firm: Firm) -> None:
    at, _ = firm
    unasked = {**REFERRAL, "purpose": "made-up"}
    for given, code, place in (
        ({"question": unasked, "draft": {"grade": "GIVEN"}}, "NOT_FOUND", ["question", "purpose"]),
        ({"question": unasked, "draft": {"recipient": RECIPIENT}}, "NOT_FOUND", ["question", "purpose"]),
        ({"question": TO_NEW, "draft": {"grade": "GIVEN"}}, "NOT_FOUND", ["question", "recipient"]),
        (
            {"question": REFERRAL, "draft": {"grade": "GIVEN"}, "such": {"jurisdictions": ["ZA"]}},
            "INVALID",
            ["such"],
        ),
    ):
        error = await at.door.error(at.token, WHAT_IF, **given)
        assert error["extensions"] == {"code": code, "input": place}


def naming(kind: str, identifier: str) -> dict[str, Any]:
    """A draft that names a thing of a kind by its id."""
    drafts: dict[str, dict[str, Any]] = {
        "NoticeVersion": {"version": identifier},
        "RecipientClass": {"recipient": {**RECIPIENT, "classes": [identifier]}},
        "Recipient": {"arrangement": {**ARRANGEMENT, "recipient": identifier}},
        "Purpose": {"purpose": {**PURPOSE, "relations": [{"to": identifier, "kind": "RELATED"}]}},
        "Department": {"purpose": {**PURPOSE, "departments": [identifier]}},
    }
    return drafts[kind]


async def test_anothers_things_look_absent_in_a_draft(firm: Firm, others: World) -> None:
    at, _ = firm
    theirs = {
        "NoticeVersion": others.versions["v3"].id,
        "RecipientClass": others.classes["mortgage-brokers"].id,
        "Recipient": others.recipients["bluegum-mortgages"].id,
        "Purpose": others.purposes["newsletter"].id,
        "Department": others.departments["marketing"].id,
    }
    for kind, uuid in theirs.items():
        foreign, absent = [
            await at.door.post(
                at.token, WHAT_IF, {"question": REFERRAL, "draft": naming(kind, global_id(kind, each))}
            )
            for each in (uuid, new_id())
        ]
        assert foreign.content == absent.content
        assert foreign.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND", kind
