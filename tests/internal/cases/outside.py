"""Who outside may receive: each field once as it goes well, and once as it is refused."""

from hub.db import new_id
from schema.relay import global_id
from tests.internal.cases.case import Input, Mutation, Query, counted_page, key, plain
from tests.internal.setting import Setting


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


async def _agreed(at: Setting) -> Input:
    made = await at.done("arrangementAgree", "arrangement { key }", **await _agreeing(at))
    return {"arrangement": made["arrangement"]["key"]}


async def _ending(at: Setting) -> Input:
    return {**await _agreed(at), "on": "2026-06-30"}


async def _timing(at: Setting) -> Input:
    return {**await _agreed(at), "days": 30}


async def _drafting(at: Setting) -> Input:
    return {
        **await _agreeing(at),
        "endsOn": None,
        "keepDays": 90,
        "gain": [{"locale": "en", "text": "They pay us."}],
    }


async def _drafted(at: Setting) -> Input:
    made = await at.done("arrangementDraft", "arrangement { key }", **await _drafting(at))
    return {"arrangement": made["arrangement"]["key"]}


async def _weighed(at: Setting) -> Input:
    drafted = await _drafted(at)
    await at.done("arrangementWeigh", "arrangement { key }", **drafted)
    return drafted


MUTATIONS: dict[str, Mutation] = {
    "recipientAdd": Mutation(
        plain(key=key, name="Northern Movers", country="gb"),
        "recipient { name country }",
        ("recipient.added",),
        {"country": "UK"},
        "INVALID",
        ("input", "country"),
        {"recipient": {"name": "Northern Movers", "country": "GB"}},
    ),
    "recipientClassAdd": Mutation(
        plain(key=key, names=[{"locale": "en", "text": "Partners"}]),
        "recipientClass { name warnings { code } }",
        ("recipient_class.added",),
        {"names": [{"locale": "en", "text": "Movers"}, {"locale": "en", "text": "Packers"}]},
        "INVALID",
        ("input", "names", "1", "locale"),
        {"recipientClass": {"name": "Partners", "warnings": [{"code": "recipients.vague"}]}},
    ),
    "recipientClassJoin": Mutation(
        _joining,
        "recipient { memberships { startsOn endsOn } }",
        ("recipient_class.joined",),
        {"endsOn": "2025-12-31"},
        "INVALID",
        ("input", "endsOn"),
        {"recipient": {"memberships": [{"startsOn": "2026-01-01", "endsOn": None}]}},
    ),
    "recipientClassLeave": Mutation(
        _leaving,
        "recipient { memberships { startsOn endsOn } }",
        ("recipient_class.left",),
        {"on": "2025-12-31"},
        "CONFLICT",
        ("input", "on"),
        {"recipient": {"memberships": [{"startsOn": "2026-01-01", "endsOn": "2026-06-30"}]}},
    ),
    "arrangementAgree": Mutation(
        _agreeing,
        "arrangement { kind purposes { key } categories { key } picture { purposes { __typename } } }",
        ("arrangement.agreed",),
        {"endsOn": "2025-12-31"},
        "INVALID",
        ("input", "endsOn"),
        {
            "arrangement": {
                "kind": "REFERRAL",
                "purposes": [{"key": "referral-mortgage"}],
                "categories": [{"key": "contact"}],
                "picture": {"purposes": [{"__typename": "PicturePurpose"}]},
            }
        },
    ),
    "arrangementEnd": Mutation(
        _ending,
        "arrangement { endsOn }",
        ("arrangement.ended",),
        {"on": "2025-12-31"},
        "INVALID",
        ("input", "on"),
        {"arrangement": {"endsOn": "2026-06-30"}},
    ),
    "arrangementClockSet": Mutation(
        _timing,
        "arrangement { kind }",
        ("arrangement.clock_set",),
        {"days": 91},
        "INVALID",
        ("input", "days"),
        {"arrangement": {"kind": "REFERRAL"}},
    ),
    "arrangementDraft": Mutation(
        _drafting,
        "arrangement { state keepDays gains { locale text } picture { at } inForceAt }",
        ("arrangement.drafted",),
        {"keepDays": 0},
        "INVALID",
        ("input", "keepDays"),
        {
            "arrangement": {
                "state": "DRAFT",
                "keepDays": 90,
                "gains": [{"locale": "en", "text": "They pay us."}],
                "picture": None,
                "inForceAt": None,
            }
        },
    ),
    "arrangementWeigh": Mutation(
        _drafted,
        "arrangement { state picture { purposes { formalities { rule } } } }",
        ("arrangement.weighed",),
        {"arrangement": "mortgage-alliance"},
        "CONFLICT",
        ("input", "arrangement"),
        {"arrangement": {"state": "DRAFT", "picture": {"purposes": [{"formalities": []}]}}},
    ),
    "arrangementPutInForce": Mutation(
        _weighed,
        "arrangement { state }",
        ("arrangement.put_in_force",),
        {"arrangement": "made-up"},
        "NOT_FOUND",
        ("input", "arrangement"),
        {"arrangement": {"state": "IN_FORCE"}},
    ),
    "arrangementDiscard": Mutation(
        _drafted,
        "",
        ("arrangement.discarded",),
        {"arrangement": "mortgage-alliance"},
        "CONFLICT",
        ("input", "arrangement"),
    ),
}
QUERIES: dict[str, Query] = {
    "recipient": Query(
        "query ($ref: ID!) { recipient(ref: $ref) { name country memberships { startsOn recipientClass {"
        " key } } } }",
        plain(ref="bluegum-mortgages"),
        {
            "name": "Bluegum Mortgages",
            "country": "AU",
            "memberships": [{"startsOn": "2025-05-01", "recipientClass": {"key": "mortgage-brokers"}}],
        },
        {"ref": "made-up"},
        "NOT_FOUND",
        ("ref",),
    ),
    "recipients": Query(
        "query ($filter: RecipientFilter) { recipients(filter: $filter) " + counted_page("key") + " }",
        plain(filter={"recipientClass": "mortgage-brokers", "on": "2025-06-01", "search": "bluegum"}),
        {"key": "bluegum-mortgages"},
        {"filter": {"on": "2025-06-01"}},
        "INVALID",
        ("filter", "on"),
    ),
    "recipientClass": Query(
        "query ($ref: ID!) { recipientClass(ref: $ref) { name warnings { code } } }",
        plain(ref="mortgage-brokers"),
        {"name": "Mortgage brokers", "warnings": []},
        {"ref": global_id("RecipientClass", new_id())},
        "NOT_FOUND",
        ("ref",),
    ),
    "recipientClasses": Query(
        "query ($after: String) { recipientClasses(first: 2, after: $after) " + counted_page("key") + " }",
        plain(),
        {"key": "mortgage-brokers"},
        {"after": "made up"},
        "INVALID",
        ("after",),
    ),
    "arrangement": Query(
        "query ($ref: ID!) { arrangement(ref: $ref)"
        " { kind startsOn destination safeguard recipient { key } purposes { key } categories { key } } }",
        plain(ref="mortgage-alliance"),
        {
            "kind": "ALLIANCE",
            "startsOn": "2025-07-01",
            "destination": "AU",
            "safeguard": "CONTRACT",
            "recipient": {"key": "bluegum-mortgages"},
            "purposes": [{"key": "referral-mortgage"}],
        },
        {"ref": "made-up"},
        "NOT_FOUND",
        ("ref",),
    ),
    "arrangements": Query(
        "query ($filter: ArrangementFilter) { arrangements(filter: $filter) " + counted_page("key") + " }",
        plain(
            filter={
                "recipient": "moor-surveys",
                "purpose": "referral-inspection",
                "kind": "REFERRAL",
                "activeOn": "2026-01-01",
            }
        ),
        {"key": "moor-referrals"},
        {"filter": {"recipient": "made-up"}},
        "NOT_FOUND",
        ("filter", "recipient"),
    ),
}
