"""The questions that the tests of the resolver ask."""

from hub.crowds import ANYBODY
from hub.policy.values import Act, Channel, Footer, Offer, ProfileEffect
from hub.questioned import Question


def letter(channel: str = "EMAIL", purpose: str = "letters") -> Question:
    """Ask for a marketing message that is correct in every other way."""
    return Question(
        ANYBODY,
        Act.MESSAGE,
        purpose,
        channel=Channel(channel),
        offer=Offer.OWN_SIMILAR,
        footer=Footer.COMPLETE,
    )


def refer(recipient: str = "near", purpose: str = "referral") -> Question:
    """Ask to tell a third party."""
    return Question(ANYBODY, Act.DISCLOSE, purpose, recipient=recipient)


def trade(act: str = "SELL") -> Question:
    """Ask to sell, or to pool."""
    return Question(ANYBODY, Act(act), "sale", recipient="near")


def use(purpose: str = "care") -> Question:
    """Ask to use it ourselves."""
    return Question(ANYBODY, Act.USE, purpose)


def profile(effect: str = "NONE") -> Question:
    """Ask to score."""
    return Question(ANYBODY, Act.PROFILE, "scoring", profile_effect=ProfileEffect(effect))


def news() -> Question:
    """Ask to send word about the customer's own matter."""
    return Question(ANYBODY, Act.MESSAGE, "care-news", channel=Channel.EMAIL)
