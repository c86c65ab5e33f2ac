"""Decisions on real data: the notice each customer was shown, their choices, and what is kept as evidence."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from hub import decisions
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.db import new_id
from hub.decisions import Answer
from hub.errors import Code, Refusal
from hub.policy.values import Act, Channel, Footer, Offer
from hub.questioned import Question
from tests.world import World, build_world


@pytest_asyncio.fixture(scope="session")
async def world(hub: Hub) -> AsyncIterator[World]:
    yield await build_world(hub)


async def ask(hub: Hub, world: World, customer: Any, act: Act, purpose: str, **more: Any) -> Answer:
    """Preview one question as the conveyancing department's app."""
    question = Question(customer, act, purpose, **more)
    async with hub.ask(world.app(), Operation.DECISION_PREVIEW) as snapshot:
        (answer,) = await decisions.preview(snapshot, [question])
    if isinstance(answer, Refusal):
        raise answer
    return answer


async def test_the_same_referral_is_answered_by_the_notice_each_customer_was_shown(
    hub: Hub, world: World
) -> None:
    early = await world.customer(hub, joined="2024-03-01", shown="v2")
    late = await world.customer(hub, joined="2025-08-01", shown="v3")
    asked = {"recipient": "bluegum-mortgages"}
    before = await ask(hub, world, early, Act.DISCLOSE, "referral-mortgage", **asked)
    after = await ask(hub, world, late, Act.DISCLOSE, "referral-mortgage", **asked)
    assert (before.decision.outcome, before.decision.rule) == ("CONSENT_NEEDED", "au.alliance-later")
    assert before.shown is not None
    assert (before.shown.version, before.shown.clause_key) == (2, None)
    assert (after.decision.outcome, after.decision.rule) == ("ALLOW", "au.app6-expected")
    assert after.shown is not None
    assert (after.shown.version, after.shown.clause_key) == (3, "brokers")
    assert after.shown.clause_text == "We may put you in touch with a mortgage broker."
    assert after.shown.shown_at is not None
    assert after.shown.shown_at.date().isoformat() == "2025-08-01"


async def test_a_class_named_before_the_alliance_covers_it(hub: Hub, world: World) -> None:
    customer = await world.customer(hub, joined="2024-01-20", shown="v2")
    answer = await ask(
        hub, world, customer, Act.DISCLOSE, "referral-inspection", recipient="southern-inspections"
    )
    assert (answer.decision.outcome, answer.decision.rule) == ("ALLOW", "au.alliance-covered")
    named = await world.customer(hub, joined="2023-06-01", shown="v1")
    answer = await ask(
        hub, world, named, Act.DISCLOSE, "referral-inspection", recipient="southern-inspections"
    )
    assert (answer.decision.outcome, answer.decision.rule) == ("CONSENT_NEEDED", "au.alliance-later")
    answer = await ask(hub, world, named, Act.DISCLOSE, "referral-inspection", recipient="quay-inspections")
    assert (answer.decision.outcome, answer.decision.rule) == ("ALLOW", "au.app6-expected")


async def test_a_later_notice_widens_in_the_united_kingdom_but_not_in_australia(
    hub: Hub, world: World
) -> None:
    answers = {}
    for jurisdiction, recipient in (("AU", "bluegum-mortgages"), ("UK", "pennine-mortgages")):
        customer = await world.customer(hub, jurisdiction=jurisdiction, joined="2024-03-01", shown="v2")
        await world.deliver(hub, customer, "v3", "2025-09-01")
        answer = await ask(hub, world, customer, Act.DISCLOSE, "referral-mortgage", recipient=recipient)
        answers[jurisdiction] = (answer.facts.recipient, answer.facts.purpose_fit, answer.decision.rule)
    assert answers == {
        "AU": ("UNCOVERED", "NEW", "au.alliance-later"),
        "UK": ("CLASS", "NAMED", "uk.default"),
    }


async def test_consent_counts_on_its_exact_scope_and_a_later_no_wins(hub: Hub, world: World) -> None:
    customer = await world.customer(hub, joined="2024-03-01", shown="v2")
    asked = {"recipient": "bluegum-mortgages"}
    await world.choose(hub, customer, on="2026-02-01", consents="referral-mortgage")
    answer = await ask(hub, world, customer, Act.DISCLOSE, "referral-mortgage", **asked)
    assert answer.facts.consent == "NEVER_ASKED", "a consent without the recipient is not this consent"
    await world.choose(
        hub, customer, on="2026-02-02", consents="referral-mortgage", recipient="bluegum-mortgages"
    )
    answer = await ask(hub, world, customer, Act.DISCLOSE, "referral-mortgage", **asked)
    assert (answer.decision.outcome, answer.decision.rule) == ("ALLOW", "au.consent")
    await world.choose(hub, customer, on="2026-02-03", stops_sharing=True)
    answer = await ask(hub, world, customer, Act.DISCLOSE, "referral-mortgage", **asked)
    assert (answer.decision.outcome, answer.decision.rule) == ("DENY", "hub.sharing-opt-out")
    await world.choose(
        hub, customer, on="2026-02-04", consents="referral-mortgage", recipient="bluegum-mortgages"
    )
    answer = await ask(hub, world, customer, Act.DISCLOSE, "referral-mortgage", **asked)
    assert answer.facts.sharing_choice == "NONE", "a later express consent for this recipient clears it"
    await world.choose(hub, customer, on="2026-02-05", withdraws="referral-mortgage")
    answer = await ask(hub, world, customer, Act.DISCLOSE, "referral-mortgage", **asked)
    assert (answer.facts.consent, answer.decision.rule) == ("WITHDRAWN", "hub.sharing-opt-out")


async def test_marketing_by_email_and_the_opt_out(hub: Hub, world: World) -> None:
    customer = await world.customer(hub, joined="2024-03-01", shown="v2")
    asked = {"channel": Channel.EMAIL, "offer": Offer.OWN_SIMILAR, "department": "marketing"}
    footer = {"footer": Footer.COMPLETE}
    answer = await ask(hub, world, customer, Act.MESSAGE, "newsletter", **asked, **footer)
    assert (answer.decision.outcome, answer.decision.rule) == ("ALLOW", "au.spam-inferred")
    answer = await ask(hub, world, customer, Act.MESSAGE, "newsletter", **asked)
    assert answer.decision.rule == "au.footer", "an undeclared footer counts as having no opt-out"
    answer = await ask(
        hub, world, customer, Act.MESSAGE, "newsletter", **{**asked, "department": None}, **footer
    )
    assert answer.decision.rule == "hub.department"
    await world.choose(hub, customer, stops_marketing=True)
    answer = await ask(hub, world, customer, Act.MESSAGE, "newsletter", **asked, **footer)
    assert (answer.decision.outcome, answer.decision.rule) == ("DENY", "au.app7-opt-out")
    await world.choose(hub, customer, on="2026-02-01", consents="newsletter", channels=["EMAIL"])
    answer = await ask(hub, world, customer, Act.MESSAGE, "newsletter", **asked, **footer)
    assert (answer.facts.marketing_choice, answer.decision.rule) == ("REVERSED", "au.consent")


async def test_a_customer_of_two_jurisdictions_gets_the_strictest_answer(hub: Hub, world: World) -> None:
    from hub import standings  # noqa: PLC0415 - this test only

    customer = await world.customer(hub, jurisdiction="AU", joined="2025-08-01", shown="v3")
    async with hub.act(OPERATOR, Operation.CUSTOMER_CHANGE) as act:
        await standings.change(
            act, customer, standings.Change(jurisdictions=["AU", "UK"]), world.organisation.id
        )
    answer = await ask(hub, world, customer, Act.DISCLOSE, "referral-mortgage", recipient="bluegum-mortgages")
    assert {facts.jurisdiction for facts in answer.all_facts} == {"AU", "UK"}
    assert answer.decision.rule.startswith("uk.")


async def test_a_decision_is_kept_with_what_it_cites_and_read_back_the_same(hub: Hub, world: World) -> None:
    customer = await world.customer(hub, joined="2025-08-01", shown="v3")
    app = world.app()
    question = Question(customer, Act.DISCLOSE, "referral-mortgage", recipient="bluegum-mortgages")
    (answer,) = await decisions.decide(hub, app, [question])
    assert isinstance(answer, Answer)
    assert answer.id is not None
    async with hub.ask(app, Operation.DECISION_READ) as snapshot:
        kept = await decisions.read_one(snapshot, answer.id)
        row = await snapshot.row(
            "SELECT e.event, e.subject, e.actor_id, d.rule, d.outcome FROM decision_subject s "
            "JOIN decision d ON d.id = s.decision_id JOIN ledger_entry e ON e.act_id = d.act_id WHERE s.id = $1",
            answer.id,
        )
    assert (kept.decision, kept.facts, kept.shown, kept.decided_at) == (
        answer.decision, answer.facts, answer.shown, answer.decided_at
    )  # fmt: skip
    assert row is not None
    assert tuple(row) == ("decision.made", customer, app.id, "au.app6-expected", "ALLOW")


async def test_many_questions_share_a_snapshot_and_a_refused_one_stops_no_other(
    hub: Hub, world: World
) -> None:
    people = [await world.customer(hub, joined="2025-08-01", shown="v3") for _ in range(3)]
    app = world.app()
    asked = [
        Question(each, Act.DISCLOSE, "referral-mortgage", recipient="bluegum-mortgages") for each in people
    ]
    asked.insert(1, Question(new_id(), Act.USE, "conveyancing"))
    answers = await decisions.decide(hub, app, asked)
    assert [isinstance(each, Answer) for each in answers] == [True, False, True, True]
    refused = answers[1]
    assert isinstance(refused, Refusal)
    assert refused.code is Code.NOT_FOUND
    ids = [each.id for each in answers if isinstance(each, Answer)]
    async with hub.ask(app, Operation.DECISION_READ) as snapshot:
        shared = await snapshot.value(
            "SELECT count(DISTINCT decision_id) FROM decision_subject WHERE id = ANY ($1)", ids
        )
    assert shared == 1, "the same question over the same facts is one decision"


async def test_another_organisations_customer_looks_absent(hub: Hub, world: World) -> None:
    other = await build_world(hub)
    customer = await other.customer(hub)
    with pytest.raises(Refusal) as foreign:
        await ask(hub, world, customer, Act.USE, "conveyancing")
    with pytest.raises(Refusal) as unknown:
        await ask(hub, world, new_id(), Act.USE, "conveyancing")
    assert (foreign.value.code, foreign.value.message) == (unknown.value.code, unknown.value.message)


@pytest.mark.parametrize(
    ("act", "purpose", "more", "code", "path"),
    [
        (Act.USE, "no-such-purpose", {}, Code.NOT_FOUND, ("purpose",)),
        (Act.DISCLOSE, "referral-mortgage", {}, Code.INVALID, ("recipient",)),
        (Act.DISCLOSE, "referral-mortgage", {"recipient": "nobody"}, Code.NOT_FOUND, ("recipient",)),
        (Act.USE, "conveyancing", {"recipient": "bluegum-mortgages"}, Code.INVALID, ("recipient",)),
        (Act.USE, "conveyancing", {"channel": Channel.EMAIL}, Code.INVALID, ("channel",)),
        (Act.MESSAGE, "account-messages", {}, Code.INVALID, ("channel",)),
        (Act.MESSAGE, "newsletter", {"channel": Channel.EMAIL}, Code.INVALID, ("offer",)),
        (Act.USE, "conveyancing", {"department": "kitchen"}, Code.NOT_FOUND, ("department",)),
        (Act.USE, "conveyancing", {"categories": (new_id(),)}, Code.NOT_FOUND, ("categories",)),
        (
            Act.DISCLOSE, "referral-mortgage",
            {"recipient": "bluegum-mortgages", "arrangement": "quay-referrals"}, Code.NOT_FOUND, ("arrangement",),
        ),
    ],
)  # fmt: skip
async def test_a_question_that_makes_no_sense_is_refused_with_its_place(  # noqa: PLR0913, PLR0917 - a table
    hub: Hub, world: World, act: Act, purpose: str, more: dict[str, Any], code: Code, path: tuple[str, ...]
) -> None:
    customer = await world.customer(hub)
    with pytest.raises(Refusal) as refused:
        await ask(hub, world, customer, act, purpose, **more)
    assert (refused.value.code, refused.value.path) == (code, path)
