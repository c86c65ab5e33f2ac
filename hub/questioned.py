"""A question, "may we?", and the facts that gathering finds for it."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from hub.errors import invalid
from hub.known import Reference
from hub.policy.facts import Facts, FactsError
from hub.policy.values import Act, Channel, Footer, Offer, ProfileEffect

GATHERED = (
    "jurisdiction", "purpose_kind", "purpose_fit", "source", "notice", "recipient", "arrangement", "need_to_know",
    "strict_sharing", "basis", "consent", "marketing_choice", "sharing_choice", "limit_sensitive", "objection",
    "optout_at_collection", "relationship", "registry_block", "data", "special_condition", "age", "record_state",
    "formality", "destination",
)  # fmt: skip
OUTWARD = frozenset({Act.DISCLOSE, Act.SELL, Act.POOL})


@dataclass(frozen=True, slots=True)
class Question:
    """May we? One act, for one purpose, about one customer; what is None is unknown or not meant.

    footer: declared by the sender of a message; undeclared counts as having no opt-out.
    department: whose people would see the data; None: the asker's own.
    """

    customer_id: UUID
    act: Act
    purpose: Reference
    recipient: Reference | None = None
    arrangement: Reference | None = None
    channel: Channel = Channel.NONE
    categories: tuple[UUID, ...] | None = None
    offer: Offer = Offer.NONE
    footer: Footer = Footer.NO_OPTOUT
    department: Reference | None = None
    profile_effect: ProfileEffect = ProfileEffect.NONE


def built(values: tuple[Any, ...], asked: tuple[Act, Channel, Offer, Footer, ProfileEffect]) -> Facts:
    """Facts from gathered values, in the order of GATHERED, and what was asked; Refusal where they make no sense."""
    facts, problems = _built(values, asked)
    if facts is None:
        named = {"offer": "offer", "channel": "channel", "profile_effect": "profileEffect"}
        raise invalid(problems[0][1], named.get(problems[0][0], "act"))
    return facts


@lru_cache(16_384)
def _built(
    values: tuple[Any, ...], asked: tuple[Act, Channel, Offer, Footer, ProfileEffect]
) -> tuple[Facts | None, tuple[tuple[str, str], ...]]:
    """Build and check Facts once for each distinct combination."""
    raw: dict[str, Any] = dict(zip(GATHERED, values, strict=True))
    raw |= dict(zip(("act", "channel", "offer", "footer", "profile_effect"), map(str, asked), strict=True))
    try:
        facts = Facts.parse(raw)
    except FactsError as error:
        return None, tuple((problem.fact, problem.message) for problem in error.problems)
    return facts, ()
