"""The story the hub is for: the same referral, two customers, two notices, two answers."""

from typing import Any

from hub.act import Hub
from schema.relay import global_id
from tests.internal.door import DECISION, Door
from tests.internal.setting import document
from tests.world import World

DECIDE = document("decide", f"decision {{ {DECISION} }}")
READ = f"query ($id: ID!) {{ decision(id: $id) {{ {DECISION} }} }}"
PREVIEW = (
    "query ($input: QuestionInput!) { preview(input: $input) { outcome rule citation { clause version } } }"
)
REFERRAL = {"act": "DISCLOSE", "purpose": "referral-mortgage", "recipient": "bluegum-mortgages"}


def referral(customer: Any, **more: Any) -> dict[str, Any]:
    return {**REFERRAL, "customer": {"id": global_id("Customer", customer)}, **more}


async def test_the_same_referral_is_answered_by_the_notice_each_customer_was_shown(
    hub: Hub, door: Door, world: World, app: str
) -> None:
    early = await world.customer(hub, joined="2024-03-01", shown="v2")
    late = await world.customer(hub, joined="2025-08-01", shown="v3")
    before = (await door.one(app, DECIDE, input=referral(early)))["decision"]
    after = (await door.one(app, DECIDE, input=referral(late)))["decision"]
    assert (before["outcome"], before["rule"], before["citation"]["clause"]) == (
        "CONSENT_NEEDED",
        "au.alliance-later",
        None,
    )
    assert before["citation"]["version"] == 2
    assert (after["outcome"], after["rule"]) == ("ALLOW", "au.app6-expected")
    cited = after["citation"]
    assert (cited["clause"], cited["text"], cited["locale"], cited["version"], cited["notice"]) == (
        "brokers",
        "We may put you in touch with a mortgage broker.",
        "en",
        3,
        "Customers of Harbour & Moor",
    )
    assert cited["shownAt"] == "2025-08-01T12:00:00Z"
    assert before["remedies"], "what would change the answer is said"
    assert after["remedies"] == []
    assert after["obligations"]
    assert len(after["facts"]) == 29
    assert any(fact["isDecisive"] for fact in after["facts"])


async def test_a_preview_answers_alike_and_leaves_nothing(
    hub: Hub, door: Door, world: World, app: str
) -> None:
    customer = await world.customer(hub, joined="2025-08-01", shown="v3")
    before = await door.traces()
    answer = await door.one(app, PREVIEW, input=referral(customer))
    assert answer == {
        "outcome": "ALLOW",
        "rule": "au.app6-expected",
        "citation": {"clause": "brokers", "version": 3},
    }
    assert await door.traces() == before


async def test_a_decision_is_kept_with_one_ledger_entry_and_read_back_as_it_was_given(
    hub: Hub, door: Door, world: World, app: str
) -> None:
    customer = await world.customer(hub, joined="2025-08-01", shown="v3")
    before = await door.traces()
    made = (await door.one(app, DECIDE, input=referral(customer)))["decision"]
    assert await door.events(before) == ["decision.made"]
    again = await door.one(app, READ, id=made["id"])
    assert again == made
