"""Notices: each field once as it goes well, and once as it is refused."""

from hub.db import new_id
from schema.relay import global_id
from tests.internal.cases.case import Input, Mutation, Query, Variables, counted_page, key, plain
from tests.internal.setting import Setting, content


async def _drafting(at: Setting) -> Input:
    made = await at.done("noticeCreate", "notice { id }", key=key(), name="Branch")
    return {"notice": made["notice"]["id"], "content": content()}


async def _revising(at: Setting) -> Input:
    return {"version": await at.draft(), "content": content(jurisdictions=["AU"])}


async def _publishing(at: Setting) -> Input:
    return {"version": await at.draft()}


async def _version(at: Setting) -> Variables:
    return {"id": at.version("v1")}


async def _versions(at: Setting) -> Variables:
    return {"older": at.version("v2"), "newer": at.version("v3")}


async def _named(at: Setting, recipients: list[str]) -> Variables:
    return {"id": at.version("v1"), "recipients": recipients}


MUTATIONS: dict[str, Mutation] = {
    "noticeCreate": Mutation(
        plain(key=key, name="Branch"),
        "notice { name versions { id } }",
        ("notice.created",),
        {"key": "customers"},
        "CONFLICT",
        ("input", "key"),
        {"notice": {"name": "Branch", "versions": []}},
    ),
    "noticeDraft": Mutation(
        _drafting,
        "version { number publishedAt clauses { key purpose { key } } texts { locale } }",
        ("notice_version.drafted",),
        {"content": content(clauses=[])},
        "INVALID",
        ("input", "content", "clauses"),
        {
            "version": {
                "number": 1,
                "publishedAt": None,
                "texts": [{"locale": "en"}],
                "clauses": [{"key": "your-matter", "purpose": {"key": "conveyancing"}}],
            }
        },
    ),
    "noticeRevise": Mutation(
        _revising,
        "version { jurisdictions }",
        ("notice_version.revised",),
        {"content": content(texts=[])},
        "INVALID",
        ("input", "content", "texts"),
        {"version": {"jurisdictions": ["AU"]}},
    ),
    "noticePublish": Mutation(
        _publishing,
        "version { number verdicts { jurisdiction } }",
        ("notice_version.published",),
        {"version": global_id("NoticeVersion", new_id())},
        "NOT_FOUND",
        ("input", "version"),
    ),
}
QUERIES: dict[str, Query] = {
    "notice": Query(
        "query ($ref: ID!) { notice(ref: $ref) { name versions { number publishedAt } } }",
        plain(ref="customers"),
        {"name": "Customers of Harbour & Moor"},
        {"ref": "made-up"},
        "NOT_FOUND",
        ("ref",),
    ),
    "notices": Query(
        "query ($before: String) { notices(last: 1, before: $before) "
        + counted_page("key versions { number }")
        + " }",
        plain(),
        {},
        {"before": "made up"},
        "INVALID",
        ("before",),
    ),
    "noticeVersion": Query(
        "query ($id: ID!) { noticeVersion(id: $id) { number jurisdictions sha256 notice { key } texts {"
        " locale title }"
        " statements { field text notApplicable } circumstances { circumstance isSo }"
        " verdicts { jurisdiction isComplete findings { code level } }"
        " clauses { key isPrimary text channels version { number } purpose { key } recipients { key }"
        " classes { key } categories { key } } } }",
        _version,
        {
            "number": 1,
            "jurisdictions": ["AU", "UK"],
            "notice": {"key": "customers"},
            "texts": [{"locale": "en", "title": "How we use your details"}],
        },
        {"id": global_id("NoticeVersion", new_id())},
        "NOT_FOUND",
        ("id",),
    ),
    "noticeVersions": Query(
        "query ($filter: NoticeVersionFilter) { noticeVersions(filter: $filter) "
        + counted_page("number")
        + " }",
        plain(filter={"notice": "customers", "isPublished": True, "jurisdiction": "AU"}),
        {"number": 3},
        {"filter": {"notice": "made-up"}},
        "NOT_FOUND",
        ("filter", "notice"),
    ),
    "noticeCheck": Query(
        "query ($id: ID!) { noticeCheck(id: $id) { jurisdiction isComplete findings { code message } } }",
        _version,
        {},
        {"id": global_id("NoticeVersion", new_id())},
        "NOT_FOUND",
        ("id",),
    ),
    "noticeDiff": Query(
        "query ($older: ID!, $newer: ID!) { noticeDiff(older: $older, newer: $newer)"
        " { key change fields older { key } newer { key } } }",
        _versions,
        {},
        {"newer": global_id("NoticeVersion", new_id())},
        "NOT_FOUND",
        ("newer",),
    ),
    "noticeReach": Query(
        "query ($id: ID!, $recipients: [ID!]!) { noticeReach(id: $id, recipients: $recipients, on:"
        ' "2026-01-01")'
        " { reach recipient { key } } }",
        lambda at: _named(at, ["quay-inspections", "bluegum-mortgages"]),
        {
            "": [
                {"reach": "NAMED", "recipient": {"key": "quay-inspections"}},
                {"reach": "NOT_COVERED", "recipient": {"key": "bluegum-mortgages"}},
            ]
        },
        {"recipients": ["quay-inspections", "made-up"]},
        "NOT_FOUND",
        ("recipients", "1"),
    ),
    "noticeFields": Query(
        "{ noticeFields { key says isWaivable duties { jurisdiction level cites condition startsOn } } }",
        plain(),
        {},
        {},
        "",
        (),
    ),
}
