"""Every mutation once as it goes well, and once as it is refused: the input, and what is to come of it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.db import new_id
from schema.relay import global_id
from tests.internal.setting import EVIDENCE, Setting, content, key

NOBODY = {"id": global_id("Customer", new_id())}
UNSAID = {"wording": " ", "method": "WEB"}
Input = Any
Make = Callable[[Setting], Awaitable[Input]]


@dataclass(frozen=True)
class Case:
    """good: an input that is accepted and the events it leaves. bad: changes that make it refused, and where."""

    good: Make
    select: str
    events: tuple[str, ...]
    bad: Mapping[str, Any]
    code: str
    path: tuple[str, ...]
    answer: Mapping[str, Any] = field(default_factory=dict[str, Any])


async def _question(at: Setting) -> Input:
    return {"customer": await at.ref(), "act": "USE", "purpose": "conveyancing"}


async def _questions(at: Setting) -> Input:
    return [await _question(at)]


async def _customer(at: Setting) -> Input:
    del at
    profile = [{"category": "identity", "field": "given_name", "value": "Ada"}]
    identifiers = [{"kind": "EMAIL", "value": f"{new_id()}@example.org"}]
    return {"locale": "en-AU", "jurisdictions": ["AU"], "identifiers": identifiers, "profile": profile}


def _of(**given: Any) -> Make:
    """An input about a new customer."""

    async def make(at: Setting) -> Input:
        return {"customer": await at.ref(), **given}

    return make


def _plain(**given: Any) -> Make:
    async def make(at: Setting) -> Input:
        del at
        return {name: each() if callable(each) else each for name, each in given.items()}

    return make


async def _identifier(at: Setting) -> Input:
    return {"identifier": await at.identifier()}


async def _collection(at: Setting) -> Input:
    return {
        "customer": await at.ref(),
        "source": "CUSTOMER",
        "categories": ["contact", "identity"],
        "optoutOffered": True,
        "noticeVersion": at.version(),
        "shownHow": "WEB",
    }


async def _delivery(at: Setting) -> Input:
    return {"customer": await at.ref(), "noticeVersion": at.version(), "how": "EMAIL", "locale": "en"}


async def _settling(at: Setting) -> Input:
    return {"objection": await at.objection(), "isUpheld": True, "evidence": EVIDENCE}


async def _drafting(at: Setting) -> Input:
    made = await at.done("noticeCreate", "notice { id }", key=key(), name="Branch")
    return {"notice": made["notice"]["id"], "content": content()}


async def _revising(at: Setting) -> Input:
    return {"version": await at.draft(), "content": content(jurisdictions=["AU"])}


async def _publishing(at: Setting) -> Input:
    return {"version": await at.draft()}


async def _changing(at: Setting) -> Input:
    return {"purpose": await at.purpose(), "retentionMonths": 12}


async def _retiring(at: Setting) -> Input:
    return {"purpose": await at.purpose()}


async def _joining(at: Setting) -> Input:
    joined = await at.recipient_class()
    return {"recipient": await at.recipient(), "recipientClass": joined, "startsOn": "2026-01-01"}


async def _leaving(at: Setting) -> Input:
    joined = await _joining(at)
    await at.done("recipientClassJoin", "recipient { id }", **joined)
    return {"recipient": joined["recipient"], "recipientClass": joined["recipientClass"], "on": "2026-06-30"}


async def _agreeing(at: Setting) -> Input:
    return {
        "key": key(),
        "kind": "REFERRAL",
        "recipient": await at.recipient(),
        "purposes": ["referral-mortgage"],
        "categories": ["contact"],
        "startsOn": "2026-01-01",
        "endsOn": "2026-12-31",
        "destination": "AU",
    }


async def _ending(at: Setting) -> Input:
    made = await at.done("arrangementAgree", "arrangement { key }", **await _agreeing(at))
    return {"arrangement": made["arrangement"]["key"], "on": "2026-06-30"}


async def _revoking(at: Setting) -> Input:
    made = await at.done("clientCreate", "client { id }", name="Desk", scopes=["decide"])
    return {"client": made["client"]["id"]}


_MADE_UP = "made-up"
CASES: dict[str, Case] = {
    "decide": Case(
        _question, "decision { outcome rule }", ("decision.made",),
        {"purpose": _MADE_UP}, "NOT_FOUND", ("input", "purpose"),
        {"decision": {"outcome": "ALLOW", "rule": "au.app6-expected"}},
    ),
    "decisions": Case(
        _questions, "results { decision { outcome } problems { code } }", ("decision.made",),
        {"": []}, "INVALID", ("input",),
        {"results": [{"decision": {"outcome": "ALLOW"}, "problems": []}]},
    ),
    "customerCreate": Case(
        _customer, "customer { locale jurisdictions name }", ("customer.created",),
        {"jurisdictions": []}, "INVALID", ("input", "jurisdictions"),
        {"customer": {"locale": "en-AU", "jurisdictions": ["AU"], "name": "A***"}},
    ),
    "customerChange": Case(
        _of(relationship="CLOSED", age="AGE_15", locale="fr"), "customer { relationship age locale }",
        ("customer.changed",), {"happenedAt": "2126-01-01T00:00:00Z"}, "INVALID", ("input", "happenedAt"),
        {"customer": {"relationship": "CLOSED", "age": "AGE_15", "locale": "fr"}},
    ),
    "customerContact": Case(
        _of(channel="PHONE"), "customer { id }", ("customer.contacted",),
        {"channel": "NONE"}, "INVALID", ("input", "channel"),
    ),
    "profileSet": Case(
        _of(values=[{"category": "identity", "field": "name", "value": "Ada Byron"}]), "customer { name }",
        ("profile.changed",), {"values": [{"category": _MADE_UP, "field": "name", "value": "Ada"}]},
        "INVALID", ("input", "values", "0", "category"), {"customer": {"name": "A*** B***"}},
    ),
    "identifierAdd": Case(
        _of(identifier={"kind": "PHONE", "value": "+61 2 9374 4000"}), "customer { identifiers { kind value } }",
        ("identifier.added",), {"identifier": {"kind": "EMAIL", "value": "nobody"}},
        "INVALID", ("input", "identifier", "value"),
    ),
    "identifierVerify": Case(
        _identifier, "customer { identifiers { verifiedAt } }", ("identifier.verified",),
        {"identifier": global_id("Identifier", new_id())}, "NOT_FOUND", ("input", "identifier"),
    ),
    "identifierEnd": Case(
        _identifier, "customer { identifiers { id } }", ("identifier.ended",),
        {"identifier": global_id("Purpose", new_id())}, "INVALID", ("input", "identifier"),
        {"customer": {"identifiers": []}},
    ),
    "customerReveal": Case(
        _of(reason="SERVICE", explanation="ticket 7"), "identifiers { value }", ("customer.revealed",),
        {"explanation": " "}, "INVALID", ("input", "explanation"),
    ),
    "collectionRecord": Case(
        _collection, "collection { source categories { key } noticeVersion { number } }", ("collection.recorded",),
        {"categories": ["contact", _MADE_UP]}, "NOT_FOUND", ("input", "categories", "1"),
        {"collection": {"source": "CUSTOMER", "categories": [{"key": "contact"}, {"key": "identity"}],
                        "noticeVersion": {"number": 3}}},
    ),
    "noticeDeliver": Case(
        _delivery, "delivery { how locale noticeVersion { number } }", ("notice.delivered",),
        {"noticeVersion": global_id("NoticeVersion", new_id())}, "NOT_FOUND", ("input", "noticeVersion"),
        {"delivery": {"how": "EMAIL", "locale": "en", "noticeVersion": {"number": 3}}},
    ),
    "consentRecord": Case(
        _of(word="GIVEN", purpose="newsletter", channels=["EMAIL", "SMS"], grade="EXPLICIT", evidence=EVIDENCE),
        "choices { kind action channel grade purpose { key } }", ("choice.given",),
        {"evidence": UNSAID}, "INVALID", ("input", "evidence", "wording"),
        {"choices": [{"kind": "CONSENT", "action": "GIVEN", "channel": each, "grade": "EXPLICIT",
                      "purpose": {"key": "newsletter"}} for each in ("EMAIL", "SMS")]},
    ),
    "transferConsentRecord": Case(
        _of(recipient="moor-surveys", evidence=EVIDENCE), "choices { kind action recipient { key } }",
        ("choice.given",), {"recipient": _MADE_UP}, "NOT_FOUND", ("input", "recipient"),
        {"choices": [{"kind": "TRANSFER", "action": "GIVEN", "recipient": {"key": "moor-surveys"}}]},
    ),
    "optOut": Case(
        _of(kind="MARKETING", channels=["EMAIL"], evidence=EVIDENCE), "choices { kind action channel purposeId }",
        ("choice.opted_out",), {"recipient": "moor-surveys"}, "INVALID", ("input", "recipient"),
        {"choices": [{"kind": "MARKETING", "action": "OPTED_OUT", "channel": "EMAIL", "purposeId": None}]},
    ),
    "optIn": Case(
        _of(kind="SHARING", evidence=EVIDENCE), "choices { kind action }", ("choice.opted_in",),
        {"kind": "MARKETING"}, "INVALID", ("input", "kind"),
        {"choices": [{"kind": "SHARING", "action": "OPTED_IN"}]},
    ),
    "objectionRecord": Case(
        _of(purpose="newsletter", evidence=EVIDENCE), "choices { kind action }", ("choice.objected",),
        {"evidence": {**EVIDENCE, "noticeVersion": global_id("NoticeVersion", new_id())}},
        "NOT_FOUND", ("input", "evidence", "noticeVersion"),
        {"choices": [{"kind": "OBJECTION", "action": "PENDING"}]},
    ),
    "objectionSettle": Case(
        _settling, "choices { kind action }", ("choice.objection_settled",),
        {"objection": global_id("Choice", new_id())}, "NOT_FOUND", ("input", "objection"),
        {"choices": [{"kind": "OBJECTION", "action": "UPHELD"}]},
    ),
    "noticeCreate": Case(
        _plain(key=key, name="Branch"), "notice { name versions { id } }", ("notice.created",),
        {"key": "customers"}, "CONFLICT", ("input", "key"), {"notice": {"name": "Branch", "versions": []}},
    ),
    "noticeDraft": Case(
        _drafting, "version { number publishedAt clauses { key purpose { key } } texts { locale } }",
        ("notice_version.drafted",), {"content": content(clauses=[])},
        "INVALID", ("input", "content", "clauses"),
        {"version": {"number": 1, "publishedAt": None, "texts": [{"locale": "en"}],
                     "clauses": [{"key": "your-matter", "purpose": {"key": "conveyancing"}}]}},
    ),
    "noticeRevise": Case(
        _revising, "version { jurisdictions }", ("notice_version.revised",),
        {"content": content(texts=[])}, "INVALID", ("input", "content", "texts"),
        {"version": {"jurisdictions": ["AU"]}},
    ),
    "noticePublish": Case(
        _publishing, "version { number verdicts { jurisdiction } }", ("notice_version.published",),
        {"version": global_id("NoticeVersion", new_id())}, "NOT_FOUND", ("input", "version"),
    ),
    "purposeDefine": Case(
        _plain(
            key=key, kind="MARKETING", names=[{"locale": "en", "text": "News"}], categories=["contact"],
            benefits=[{"locale": "en", "text": "We send targeted news."}], departments=["marketing"],
            bases=[{"jurisdiction": "UK", "basis": "CONSENT"}], relations=[{"to": "newsletter", "kind": "RELATED"}],
        ),
        "purpose { kind benefit bases { basis } relations { to { key } } departments { key } warnings { code } }",
        ("purpose.defined",), {"bases": [{"jurisdiction": "AU", "basis": "RECOGNISED_INTEREST"}]},
        "INVALID", ("input", "bases", "0", "basis"),
        {"purpose": {
            "kind": "MARKETING", "benefit": "We send targeted news.", "bases": [{"basis": "CONSENT"}],
            "relations": [{"to": {"key": "newsletter"}}], "departments": [{"key": "marketing"}],
            "warnings": [{"code": "benefit.about_us"}, {"code": "benefit.targeting"}],
        }},
    ),
    "purposeChange": Case(
        _changing, "purpose { retentionMonths }", ("purpose.changed",), {"retentionMonths": 0},
        "INVALID", ("input", "retentionMonths"), {"purpose": {"retentionMonths": 12}},
    ),
    "purposeRetire": Case(
        _retiring, "purpose { kind }", ("purpose.retired",), {"purpose": _MADE_UP}, "NOT_FOUND", ("input", "purpose"),
    ),
    "recipientAdd": Case(
        _plain(key=key, name="Northern Movers", country="gb"), "recipient { name country }", ("recipient.added",),
        {"country": "UK"}, "INVALID", ("input", "country"),
        {"recipient": {"name": "Northern Movers", "country": "GB"}},
    ),
    "recipientClassAdd": Case(
        _plain(key=key, names=[{"locale": "en", "text": "Partners"}]),
        "recipientClass { name warnings { code } }", ("recipient_class.added",),
        {"names": [{"locale": "en", "text": "Movers"}, {"locale": "en", "text": "Packers"}]},
        "INVALID", ("input", "names", "1", "locale"),
        {"recipientClass": {"name": "Partners", "warnings": [{"code": "recipients.vague"}]}},
    ),
    "recipientClassJoin": Case(
        _joining, "recipient { memberships { startsOn endsOn } }", ("recipient_class.joined",),
        {"endsOn": "2025-12-31"}, "INVALID", ("input", "endsOn"),
        {"recipient": {"memberships": [{"startsOn": "2026-01-01", "endsOn": None}]}},
    ),
    "recipientClassLeave": Case(
        _leaving, "recipient { memberships { startsOn endsOn } }", ("recipient_class.left",),
        {"on": "2025-12-31"}, "CONFLICT", ("input", "on"),
        {"recipient": {"memberships": [{"startsOn": "2026-01-01", "endsOn": "2026-06-30"}]}},
    ),
    "arrangementAgree": Case(
        _agreeing, "arrangement { kind purposes { key } categories { key } }", ("arrangement.agreed",),
        {"endsOn": "2025-12-31"}, "INVALID", ("input", "endsOn"),
        {"arrangement": {"kind": "REFERRAL", "purposes": [{"key": "referral-mortgage"}],
                         "categories": [{"key": "contact"}]}},
    ),
    "arrangementEnd": Case(
        _ending, "arrangement { endsOn }", ("arrangement.ended",), {"on": "2025-12-31"}, "INVALID", ("input", "on"),
        {"arrangement": {"endsOn": "2026-06-30"}},
    ),
    "categoryAdd": Case(
        _plain(
            key=key, names=[{"locale": "en", "text": "Tenancies"}], fideslangKey="user.contact",
            dpvIri="https://w3id.org/dpv/pd#House", sensitivityByJurisdiction=[{"jurisdiction": "MA", "sensitivity": "SENSITIVE"}],
        ),
        "category { name sensitivity sensitivityByJurisdiction { jurisdiction sensitivity } }", ("category.added",),
        {"fideslangKey": "user.nothing"}, "INVALID", ("input", "fideslangKey"),
        {"category": {"name": "Tenancies", "sensitivity": "ORDINARY",
                      "sensitivityByJurisdiction": [{"jurisdiction": "MA", "sensitivity": "SENSITIVE"}]}},
    ),
    "organisationChange": Case(
        _plain(contact=lambda: f"desk-{new_id().hex}@harbour.example"), "organisation { name }",
        ("organisation.changed",), {"country": "Atlantis"}, "INVALID", ("input", "country"),
        {"organisation": {"name": "Harbour & Moor"}},
    ),
    "departmentAdd": Case(
        _plain(key=key, name="Surveys"), "department { name organisation { name } }", ("department.added",),
        {"key": "Not A Key"}, "INVALID", ("input", "key"),
        {"department": {"name": "Surveys", "organisation": {"name": "Harbour & Moor"}}},
    ),
    "clientCreate": Case(
        _plain(name="Desk", scopes=["decide"]), "client { name scopes department { key } }", ("client.created",),
        {"scopes": ["everything"]}, "INVALID", ("input", "scopes"),
        {"client": {"name": "Desk", "scopes": ["decide"], "department": {"key": "conveyancing"}}},
    ),
    "clientRevoke": Case(
        _revoking, "client { name }", ("client.revoked",), {"client": global_id("Client", new_id())},
        "NOT_FOUND", ("input", "client"), {"client": {"name": "Desk"}},
    ),
}  # fmt: skip
ABOUT_A_CUSTOMER = sorted(name for name, case in CASES.items() if case.good.__qualname__.startswith("_of."))
