"""What comes with an ALLOW: each duty where it applies, and not where it does not."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from hub.policy.facts import Facts
from hub.policy.obligations import obligations
from hub.policy.values import (
    Act,
    Channel,
    Destination,
    Jurisdiction,
    Offer,
    ProfileEffect,
    PurposeKind,
    Recipient,
)

SCENARIOS = Path(__file__).parent / "scenarios"
NEUTRAL = Facts.parse(json.loads((SCENARIOS / "au.json").read_text("utf-8"))[0]["facts"])
INSIDE = replace(NEUTRAL, act=Act.USE, recipient=Recipient.INTERNAL)
EMAIL = replace(
    INSIDE,
    act=Act.MESSAGE,
    channel=Channel.EMAIL,
    purpose_kind=PurposeKind.MARKETING,
    offer=Offer.OWN_SIMILAR,
)
CASES = {
    "message.sender_and_opt_out": (EMAIL, replace(EMAIL, purpose_kind=PurposeKind.SERVICE)),
    "message.honour_opt_out": (EMAIL, INSIDE),
    "message.settings_link": (
        replace(EMAIL, purpose_kind=PurposeKind.SERVICE), replace(EMAIL, channel=Channel.POST)
    ),
    "message.wash_list": (replace(EMAIL, channel=Channel.PHONE), EMAIL),
    "disclosure.minimise": (NEUTRAL, replace(NEUTRAL, recipient=Recipient.PROCESSOR)),
    "disclosure.decide_again": (NEUTRAL, INSIDE),
    "sale.contract_terms": (replace(NEUTRAL, act=Act.SELL), NEUTRAL),
    "transfer.keep_safeguard": (replace(NEUTRAL, destination=Destination.SAFEGUARDED), NEUTRAL),
    "automated.safeguards": (
        replace(INSIDE, act=Act.PROFILE, profile_effect=ProfileEffect.AUTOMATED_DECISION),
        replace(INSIDE, act=Act.PROFILE, profile_effect=ProfileEffect.EXCLUSION_RISK),
    ),
}  # fmt: skip


@pytest.mark.parametrize("code", CASES)
def test_a_duty_comes_where_it_applies_and_only_there(code: str) -> None:
    applies, does_not = CASES[code]
    assert code in {each.code for each in obligations(applies)}
    assert code not in {each.code for each in obligations(does_not)}


def test_the_cases_name_every_duty_there_is() -> None:
    found = {each.code for facts in (pair[0] for pair in CASES.values()) for each in obligations(facts)}
    assert found == set(CASES)


@pytest.mark.parametrize("jurisdiction", Jurisdiction)
def test_every_duty_says_what_it_rests_on_in_every_jurisdiction(jurisdiction: Jurisdiction) -> None:
    for applies, _ in CASES.values():
        for duty in obligations(replace(applies, jurisdiction=jurisdiction)):
            assert duty.text.endswith(".")
            assert duty.citation
