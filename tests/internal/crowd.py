"""A firm with ten customers who stand differently on one referral, for questions about everybody."""

from typing import Any
from uuid import UUID

from hub import merges
from hub.act import Hub
from hub.actors import Operation
from schema.relay import global_id
from tests.internal.cases.crowds import QUERIES
from tests.internal.door import Door
from tests.internal.setting import Setting
from tests.world import World, build_world

REFERRAL: dict[str, Any] = {
    "act": "DISCLOSE",
    "purpose": "referral-mortgage",
    "recipient": "bluegum-mortgages",
}
LETTER: dict[str, Any] = {
    "act": "MESSAGE",
    "purpose": "newsletter",
    "channel": "EMAIL",
    "offer": "OWN_SIMILAR",
    "footer": "COMPLETE",
    "department": "marketing",
}
QUESTIONS = {"referral": REFERRAL, "letter": LETTER}
AUDIENCE, MEMBERS, COVERAGE, COVERED, WHAT_IF, REPLAY = (
    QUERIES[name].document
    for name in ("audience", "audienceMembers", "coverage", "coverageMembers", "whatIf", "replay")
)
PREVIEW = (
    "query ($input: QuestionInput!, $asOf: DateTime)"
    " { preview(input: $input, asOf: $asOf) { outcome rule decidedAt } }"
)
WHAT = (
    "query ($question: CrowdQuestionInput!, $draft: DraftInput!, $such: SuchInput) {"
    " whatIf(question: $question, draft: $draft, such: $such) { today { groups { outcome rule customers } }"
    " supposed { groups { outcome rule customers } }"
    " coverage { shares { cover customers version noticeVersion { publishedAt } } } } }"
)


Firm = tuple[Setting, list[UUID]]
"""Where a test stands, and the customers in the order in which they came."""


async def gathered(hub: Hub, door: Door) -> Firm:
    """Two years, both countries, a consent, a refusal, an opt-out, somebody shown no notice, a merged family."""
    world = await build_world(hub)
    early = [await world.customer(hub, joined="2024-03-01", shown="v2") for _ in range(3)]
    late = [await world.customer(hub, joined="2025-08-01", shown="v3") for _ in range(2)]
    british = await world.customer(hub, jurisdiction="UK", joined="2024-03-01", shown="v2")
    untold = await world.customer(hub, joined="2024-05-01", shown=None)
    await world.choose(hub, early[0], consents="referral-mortgage", recipient="bluegum-mortgages")
    await world.choose(hub, early[1], stops_sharing=True)
    await world.choose(hub, late[0], stops_marketing=True)
    survivor = await _family(hub, world)
    return Setting(door, world, await door.token(world)), [*early, *late, british, untold, survivor]


async def _family(hub: Hub, world: World) -> UUID:
    kin = [await world.customer(hub, joined="2025-08-01", shown="v3") for _ in range(2)]
    await world.choose(hub, kin[1], stops_sharing=True)
    async with hub.act(world.app(), Operation.CUSTOMER_MERGE) as act:
        await merges.merge(act, kin[0], kin[1])
    return kin[0]


def tally(audience: dict[str, Any]) -> dict[str, int]:
    """How many by outcome and rule."""
    return {f"{each['outcome']} {each['rule']}": each["customers"] for each in audience["groups"]}


def split(coverage: dict[str, Any]) -> dict[str, int]:
    """How many stand where, whichever notice governs."""
    found: dict[str, int] = {}
    for each in coverage["shares"]:
        found[each["cover"]] = found.get(each["cover"], 0) + each["customers"]
    return found


def named(customers: list[UUID]) -> list[str]:
    """Their ids, as the API gives them."""
    return [global_id("Customer", each) for each in customers]
