"""What systems hold: asked for, and revealed; once as it goes well, and once as it is refused."""

from typing import Any

from tests.internal.cases.case import NOBODY, Input, Mutation
from tests.internal.setting import Setting

_PARTS = "holding { isWhole parts { system state why isCapped lines { collection values hidden } } }"


async def _asking(at: Setting) -> Input:
    return {"customer": await at.ref(jurisdiction="UK")}


async def _revealing(at: Setting) -> Input:
    whom: dict[str, Any] = await _asking(at)
    await at.done("askHoldings", "holding { askedAt }", **whom)
    return {**whom, "reason": "CUSTOMER_ASKED", "explanation": "She asked on the phone."}


MUTATIONS: dict[str, Mutation] = {
    "askHoldings": Mutation(
        _asking, _PARTS, ("holding.asked",), {"customer": NOBODY}, "NOT_FOUND", ("input", "customer"),
    ),
    "revealHoldings": Mutation(
        _revealing, _PARTS, ("holding.revealed",), {"explanation": ""}, "INVALID", ("input", "explanation"),
    ),
}  # fmt: skip
