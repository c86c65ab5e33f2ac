"""What must hold between facts, and what the rules cannot read of them.

Two small tables over ``Facts``: the consistency checks I1 to I8, and the values of the canonical form.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from hub.policy.values import (
    Act,
    Age,
    Arrangement,
    Channel,
    Consent,
    Footer,
    Formality,
    Jurisdiction,
    MarketingChoice,
    Objection,
    Offer,
    ProfileEffect,
    PurposeKind,
    Recipient,
    Relationship,
    SharingChoice,
)

if TYPE_CHECKING:
    from hub.policy.facts import Facts


def _is_message(facts: "Facts") -> bool:
    return facts.act is Act.MESSAGE


def _is_marketing(facts: "Facts") -> bool:
    return facts.purpose_kind is PurposeKind.MARKETING


def _is_promotion(facts: "Facts") -> bool:
    return _is_message(facts) and _is_marketing(facts)


def _is_third_party(facts: "Facts") -> bool:
    return facts.recipient in {Recipient.NAMED, Recipient.CLASS, Recipient.UNCOVERED}


def _is_disclosure(facts: "Facts") -> bool:
    return facts.act is Act.DISCLOSE and _is_third_party(facts)


def _is_trade(facts: "Facts") -> bool:
    return facts.act in {Act.SELL, Act.POOL}


@dataclass(frozen=True, slots=True)
class Check:
    """A consistency check: facts that fail it describe nothing that can happen."""

    id: str
    fact: str
    holds: Callable[["Facts"], bool]
    remedy: str


CONSISTENCY: Final[tuple[Check, ...]] = (
    Check(
        "I1",
        "channel",
        lambda f: (f.channel is Channel.NONE) is not _is_message(f),
        "`channel` is NONE exactly when `act` is not MESSAGE; give messages a channel, and only them",
    ),
    Check(
        "I2",
        "recipient",
        lambda f: not _is_trade(f) or _is_third_party(f),
        "SELL and POOL go to a third party; set `recipient` to NAMED, CLASS or UNCOVERED",
    ),
    Check(
        "I3",
        "recipient",
        lambda f: f.act not in {Act.USE, Act.MESSAGE, Act.PROFILE} or not _is_third_party(f),
        "USE, MESSAGE and PROFILE stay with us; set `recipient` to INTERNAL or PROCESSOR, or DISCLOSE",
    ),
    Check(
        "I4",
        "recipient",
        lambda f: f.act is not Act.DISCLOSE or f.recipient is not Recipient.INTERNAL,
        "DISCLOSE goes to somebody else; name the `recipient`, or ask about USE",
    ),
    Check(
        "I5",
        "profile_effect",
        lambda f: f.profile_effect is ProfileEffect.NONE or f.act is Act.PROFILE,
        "only a PROFILE has an effect; set `profile_effect` to NONE, or `act` to PROFILE",
    ),
    Check(
        "I6",
        "offer",
        lambda f: not _is_promotion(f) or f.offer is not Offer.NONE,
        "a marketing message offers something; set `offer`, or `purpose_kind` to what the message is for",
    ),
    Check(
        "I7",
        "marketing_choice",
        lambda f: f.marketing_choice is not MarketingChoice.REVERSED or f.consent is not Consent.NEVER_ASKED,
        "REVERSED needs a consent after the opt-out; set `consent`, or `marketing_choice` to OPTED_OUT",
    ),
    Check(
        "I8",
        "consent",
        lambda f: f.consent is not Consent.GUARDIAN or f.age is not Age.ADULT,
        "a guardian agrees for a minor; set `age` to CHILD or TEEN, or `consent` to the person's own",
    ),
)
"""What must hold between facts, in order; see ``Facts.contradictions``."""


@dataclass(frozen=True, slots=True)
class Neutral:
    """When these facts are beyond the reach of every rule, and their neutral values."""

    applies: Callable[["Facts"], bool]
    values: Mapping[str, Enum | bool]


NEUTRAL: Final[tuple[Neutral, ...]] = (
    Neutral(
        lambda f: not _is_promotion(f),
        {
            "footer": Footer.COMPLETE,
            "optout_at_collection": False,
            "offer": Offer.NONE,
            "registry_block": False,
        },
    ),
    Neutral(lambda f: not _is_message(f), {"relationship": Relationship.ACTIVE}),
    Neutral(lambda f: not _is_marketing(f), {"marketing_choice": MarketingChoice.NONE}),
    Neutral(lambda f: f.recipient is not Recipient.INTERNAL, {"need_to_know": True}),
    Neutral(
        lambda f: not (_is_trade(f) or _is_disclosure(f)),
        {"sharing_choice": SharingChoice.NONE, "strict_sharing": False},
    ),
    Neutral(
        lambda f: not (f.jurisdiction is Jurisdiction.AU and _is_disclosure(f)),
        {"arrangement": Arrangement.AT_COLLECTION},
    ),
    Neutral(lambda f: f.jurisdiction is not Jurisdiction.US_CA, {"limit_sensitive": False}),
    Neutral(
        lambda f: f.jurisdiction is not Jurisdiction.US_CA and f.sharing_choice is SharingChoice.SIGNAL,
        {"sharing_choice": SharingChoice.NONE},
    ),
    Neutral(
        lambda f: (
            f.jurisdiction is not Jurisdiction.US_CA
            and f.age is Age.TEEN
            and f.consent is not Consent.GUARDIAN
        ),
        {"age": Age.ADULT},
    ),
    Neutral(
        lambda f: (
            f.jurisdiction is Jurisdiction.AU
            or (f.jurisdiction is Jurisdiction.US_CA and f.act is not Act.PROFILE)
            or f.objection is Objection.OVERRULED
        ),
        {"objection": Objection.NONE},
    ),
    Neutral(
        lambda f: f.jurisdiction not in {Jurisdiction.ZA, Jurisdiction.MA},
        {"formality": Formality.NONE},
    ),
)
"""What the canonical form sets, in order; it never changes a decision."""
