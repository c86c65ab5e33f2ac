"""Consent questions: each field once as it goes well, and once as it is refused."""

from typing import Any

from hub.db import new_id
from schema.relay import global_id
from tests.internal.cases.case import NOBODY, Input, Mutation, Query, Variables, page
from tests.internal.setting import Setting, posed

NO_QUESTION = global_id("ConsentQuestion", new_id())


async def _putting(at: Setting) -> Input:
    about = {"channels": ["EMAIL"], "recipient": "moor-surveys", "noticeVersion": at.version()}
    return posed(customer=await at.ref(), grade="EXPLICIT", campaign="spring", **about)


async def _putting_many(at: Setting) -> Input:
    return posed(customers=[await at.ref()], recipient="moor-surveys", noticeVersion=at.version())


async def _showing(at: Setting) -> Input:
    return {"question": await at.question(), "place": "PORTAL", "method": "APP", "locale": "en"}


async def _answering(at: Setting) -> Input:
    return {"question": await at.question(), "place": "PHONE", "isYes": False, "reference": "call 12"}


async def _cancelling(at: Setting) -> Input:
    return {"question": await at.question(), "reason": "WRONG_WORDING"}


async def _asked(at: Setting) -> Variables:
    ref = await at.ref()
    put = await at.done("putConsentQuestion", "question { id }", **posed(customer=ref, campaign="autumn"))
    shown = {"question": put["question"]["id"], "place": "PORTAL"}
    await at.done("showConsentQuestion", "question { id }", **shown)
    chosen = {"customer": ref, "state": "SHOWN", "campaign": "autumn", "purpose": "newsletter"}
    return {"filter": chosen}


_PUT: dict[str, Any] = {"state": "PUT", "wording": "May we send you our newsletter?"}
MUTATIONS: dict[str, Mutation] = {
    "putConsentQuestion": Mutation(
        _putting,
        "question { state wording benefit channels grade campaign places purpose { key } recipient { key }"
        " noticeVersion { number } events { kind } }",
        ("choice.asked", "question.put"),
        {"customer": NOBODY},
        "NOT_FOUND",
        ("input", "customer"),
        {
            "question": {
                **_PUT,
                "benefit": "You hear of prices in your street.",
                "channels": ["EMAIL"],
                "grade": "EXPLICIT",
                "campaign": "spring",
                "places": ["PORTAL", "PHONE"],
                "purpose": {"key": "newsletter"},
                "recipient": {"key": "moor-surveys"},
                "noticeVersion": {"number": 3},
                "events": [{"kind": "PUT"}],
            }
        },
    ),
    "putConsentQuestions": Mutation(
        _putting_many,
        "results { question { state wording } bar problems { code path } }",
        ("choice.asked", "question.put"),
        {"customers": []},
        "INVALID",
        ("input", "customers"),
        {"results": [{"question": _PUT, "bar": None, "problems": []}]},
    ),
    "showConsentQuestion": Mutation(
        _showing,
        "question { state events { kind place method locale } }",
        ("question.shown",),
        {"place": "PAPER"},
        "INVALID",
        ("input", "place"),
        {
            "question": {
                "state": "SHOWN",
                "events": [
                    {"kind": "PUT", "place": None, "method": None, "locale": None},
                    {"kind": "SHOWN", "place": "PORTAL", "method": "APP", "locale": "en"},
                ],
            }
        },
    ),
    "answerConsentQuestion": Mutation(
        _answering,
        "question { state events { kind choices { action method } } }",
        ("question.shown", "choice.refused", "question.answered"),
        {"place": "PORTAL"},
        "CONFLICT",
        ("input", "question"),
        {
            "question": {
                "state": "ANSWERED_NO",
                "events": [
                    {"kind": "PUT", "choices": [{"action": "ASKED", "method": "WEB"}]},
                    {"kind": "SHOWN", "choices": []},
                    {"kind": "ANSWERED_NO", "choices": [{"action": "REFUSED", "method": "PHONE"}]},
                ],
            }
        },
    ),
    "cancelConsentQuestion": Mutation(
        _cancelling,
        "question { state }",
        ("question.cancelled",),
        {"question": NO_QUESTION},
        "NOT_FOUND",
        ("input", "question"),
        {"question": {"state": "CANCELLED"}},
    ),
}
QUERIES: dict[str, Query] = {
    "consentQuestions": Query(
        "query ($filter: ConsentQuestionFilter, $last: Int = 1) { consentQuestions(last: $last, filter: $filter) "
        + page("state campaign putAt expiresAt endedAt wordings { locale } customerId purposeId")
        + " }",
        _asked,
        {"state": "SHOWN", "campaign": "autumn", "endedAt": None, "wordings": [{"locale": "en"}]},
        {"filter": {"purpose": "made-up"}},
        "NOT_FOUND",
        ("filter", "purpose"),
    ),
}
