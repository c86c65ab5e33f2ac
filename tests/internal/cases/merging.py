"""Two records of one person: each field once as it goes well, and once as it is refused."""

from typing import Any

from hub.db import new_id
from schema.relay import global_id
from tests.internal.cases.case import NOBODY, Input, Mutation, Query, Variables, page
from tests.internal.setting import Setting


async def _two(at: Setting) -> Input:
    return {"older": await at.ref(), "newer": await at.ref()}


async def _merged(at: Setting) -> Input:
    two = await _two(at)
    await at.done("customerMerge", "customer { id }", **two)
    return {"customer": two["newer"]}


async def _settling(at: Setting) -> Input:
    return {"proposal": await at.proposal(), "isSame": True}


async def _proposed(at: Setting) -> Variables:
    await at.proposal()
    return {}


MUTATIONS: dict[str, Mutation] = {
    "customerMerge": Mutation(
        _two,
        "customer { survivor { id } }",
        ("customer.merged",),
        {"newer": NOBODY},
        "NOT_FOUND",
        ("input", "newer"),
        {"customer": {"survivor": None}},
    ),
    "customerUnmerge": Mutation(
        _merged,
        "customer { survivor { id } }",
        ("customer.unmerged",),
        {"customer": {"email": "nobody"}},
        "INVALID",
        ("input", "customer", "email"),
        {"customer": {"survivor": None}},
    ),
    "mergeSettle": Mutation(
        _settling,
        "proposal { reason verdict }",
        ("customer.merged", "merge.settled"),
        {"proposal": global_id("MergeProposal", new_id())},
        "NOT_FOUND",
        ("input", "proposal"),
        {"proposal": {"reason": "EMAIL", "verdict": "MERGED"}},
    ),
}
_WAITING: dict[str, Any] = {"reason": "EMAIL", "verdict": None, "settledAt": None, "older": {"locale": "en"}}
QUERIES: dict[str, Query] = {
    "mergeProposals": Query(
        "query ($last: Int = 1) { mergeProposals(last: $last) "
        + page("reason verdict settledAt older { locale }")
        + " }",
        _proposed,
        _WAITING,
        {"last": 101},
        "INVALID",
        ("last",),
    ),
}
