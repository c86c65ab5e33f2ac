"""Facts for property tests: any that can happen, spelled from the digits of one number."""

from math import prod
from typing import Any

from hypothesis import strategies as st

from hub.policy import PACKING, Facts
from hub.policy.values import (
    Act,
    Age,
    Channel,
    Consent,
    MarketingChoice,
    Offer,
    ProfileEffect,
    Recipient,
)

THIRD_PARTIES = (Recipient.NAMED, Recipient.CLASS, Recipient.UNCOVERED)
ENDS_EARLY = (
    "record_state",
    "notice",
    "objection",
    "marketing_choice",
    "sharing_choice",
    "destination",
    "data",
)


def _from_number(number: int, *, quiet: int, **fixed: Any) -> Facts:
    """Spell facts from the digits of one number (it shrinks to first values), mended so that they can happen.

    ``quiet``: how many of the facts that end most questions early keep their first value, so that late rules
    are reached too.
    """
    raw: dict[str, Any] = {}
    for packed in PACKING:
        number, digit = divmod(number, len(packed.values))
        raw[packed.name] = packed.values[digit]
    first = {packed.name: packed.values[0] for packed in PACKING}
    raw |= {name: first[name] for name in ENDS_EARLY[:quiet]} | ({"need_to_know": True} if quiet else {})
    return Facts(**_mended(raw | fixed))


def _mended(raw: dict[str, Any]) -> dict[str, Any]:
    act = raw["act"]
    if (act is Act.MESSAGE) is (raw["channel"] is Channel.NONE):
        raw["channel"] = Channel.EMAIL if act is Act.MESSAGE else Channel.NONE
    raw["recipient"] = _reachable(act, raw["recipient"])
    raw["profile_effect"] = raw["profile_effect"] if act is Act.PROFILE else ProfileEffect.NONE
    raw["offer"] = Offer.OWN_SIMILAR if raw["offer"] is Offer.NONE else raw["offer"]
    if raw["marketing_choice"] is MarketingChoice.REVERSED and raw["consent"] is Consent.NEVER_ASKED:
        raw["marketing_choice"] = MarketingChoice.OPTED_OUT
    if raw["consent"] is Consent.GUARDIAN and raw["age"] is Age.ADULT:
        raw["age"] = Age.CHILD
    return raw


def _reachable(act: Act, recipient: Recipient) -> Recipient:
    if act in {Act.USE, Act.MESSAGE, Act.PROFILE}:
        return Recipient.PROCESSOR if recipient in THIRD_PARTIES else recipient
    if act is Act.DISCLOSE:
        return Recipient.UNCOVERED if recipient is Recipient.INTERNAL else recipient
    return recipient if recipient in THIRD_PARTIES else Recipient.NAMED


def facts_with(**fixed: Any) -> st.SearchStrategy[Facts]:
    numbers = st.integers(0, prod(len(packed.values) for packed in PACKING) - 1)
    quiet = st.integers(0, len(ENDS_EARLY))
    return st.tuples(numbers, quiet).map(lambda drawn: _from_number(drawn[0], quiet=drawn[1], **fixed))


FACTS = facts_with()
"""All facts that can happen, the late rules reached as often as the early ones."""
