"""Why a customer is not asked for consent: a no stays a no, and some laws count how often or how soon we ask.

Each ground says when it stands, from when on it no longer does, and what it rests on. What needs a clock is
reduced to :class:`Asked` beforehand, as everything else is to Facts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hub.policy.common import (
    BIOMETRIC,
    CONSENT_REFUSED,
    NATIONAL_ID,
    OTHER,
    RESTRICTED,
    SENSITIVE,
    marketing,
    objecting,
    outflow,
    refuses_marketing,
    said_no,
)
from hub.policy.decision import TABLES
from hub.policy.facts import Facts
from hub.policy.values import Jurisdiction, Objection, PurposeKind, RecordState, SharingChoice

HOUSE: Final = "house rule"


class When(StrEnum):
    """From when on a customer may be asked."""

    NOW = "NOW"
    WHEN_SETTLED = "WHEN_SETTLED"
    AFTER_TWELVE_MONTHS = "AFTER_TWELVE_MONTHS"
    WHEN_THEY_RETURN = "WHEN_THEY_RETURN"
    NEVER = "NEVER"


class OptedOut(StrEnum):
    """How long ago they last opted out of sale or sharing, or limited sensitive data; UNKNOWN is recent."""

    UNKNOWN = "UNKNOWN"
    WITHIN_TWELVE_MONTHS = "WITHIN_TWELVE_MONTHS"
    EARLIER = "EARLIER"


@dataclass(frozen=True, slots=True)
class Asked:
    """What came before. ``before``: exactly this question was put to this customer, whatever the answer."""

    before: bool = False
    opted_out: OptedOut = OptedOut.UNKNOWN


NOTHING_KNOWN: Final = Asked()
"""The facts alone: never asked as far as they say, and every opt-out they show counts as recent."""


@dataclass(frozen=True, slots=True)
class Ground:
    """One reason not to ask, under the id that keys its sentences, which are English here."""

    id: str
    stands: Callable[[Facts, Asked], bool]
    until: Callable[[Facts], When]
    citation: Callable[[Facts], str]
    staff: str
    customer: str


def ground(facts: Facts, asked: Asked = NOTHING_KNOWN) -> Ground | None:
    """Find the first reason not to ask; None when asking is allowed."""
    heard = facts.canonical()
    return next((each for each in GROUNDS if each.stands(heard, asked)), None)


def _must_wait(facts: Facts, asked: Asked) -> bool:
    """Tell whether California's twelve months may still run; they count for what would leave us."""
    if facts.jurisdiction is not Jurisdiction.US_CA or asked.opted_out is OptedOut.EARLIER:
        return False
    opted_out = facts.sharing_choice is not SharingChoice.NONE or _is_limited(facts)
    return opted_out or (outflow(facts) and asked.opted_out is OptedOut.WITHIN_TWELVE_MONTHS)


def _is_limited(facts: Facts) -> bool:
    sensitive = facts.data in {SENSITIVE, BIOMETRIC, NATIONAL_ID}
    return facts.limit_sensitive and sensitive and facts.purpose_kind in {PurposeKind.MARKETING, OTHER}


def _opted_out_of_sharing(facts: Facts, _: Asked) -> bool:
    return facts.jurisdiction is not Jurisdiction.US_CA and facts.sharing_choice is not SharingChoice.NONE


def _until_the_record_opens(facts: Facts) -> When:
    return When.WHEN_SETTLED if facts.record_state is RESTRICTED else When.NEVER


def _until_it_is_settled(facts: Facts) -> When:
    return When.WHEN_SETTLED if facts.objection is Objection.PENDING else When.WHEN_THEY_RETURN


def _until_they_return(_: Facts) -> When:
    return When.WHEN_THEY_RETURN


def _cited(facts: Facts, *rules: str) -> str:
    """Return what the first of these rules cites in the jurisdiction asked; without any it is a house rule."""
    cited = {rule.id: rule.citation for rule in TABLES[facts.jurisdiction]}
    return next((cited[rule] for rule in rules if rule in cited), HOUSE)


_MARKETING: Final = (
    "au.app7-opt-out",
    "uk.art21-marketing",
    "za.s11-3b-opt-out",
    "ma.art9-marketing",
    "eu.art21-marketing",
    "ca.marketing-opt-out",
)
_OBJECTION: Final = (
    "uk.art21-objection",
    "za.s11-3a-objection",
    "ma.art9-objection",
    "eu.art21-objection",
    "ca.admt-opt-out",
)


def _cited_refusal(facts: Facts) -> str:
    if facts.jurisdiction is Jurisdiction.ZA and facts.consent is CONSENT_REFUSED:
        return _cited(facts, "za.s69-2-once")
    return _cited(facts, *_MARKETING) if marketing(facts) else HOUSE


GROUNDS: Final = (
    Ground(
        "ask.record",
        lambda facts, _: facts.record_state is not RecordState.LIVE,
        _until_the_record_opens,
        lambda facts: _cited(facts, f"hub.{facts.record_state.lower()}"),
        "The record is erased, held, restricted or past its retention; it may not be used to ask.",
        "We are not using your details at present, so we do not ask you either.",
    ),
    Ground(
        "ask.refused",
        lambda facts, _: said_no(facts),
        _until_they_return,
        _cited_refusal,
        "The person refused or withdrew consent; do not ask again. They can change their mind at any time.",
        "You said no, so we will not ask again; you can change your mind at any time.",
    ),
    Ground(
        "ask.once",
        lambda facts, asked: facts.jurisdiction is Jurisdiction.ZA and asked.before,
        _until_they_return,
        lambda _: "POPIA s 69(2)(a); beyond electronic marketing a house rule",
        "The question was put once, and may be put only once; wait for the person to come forward.",
        "We asked you once and will not ask again; you can change your mind at any time.",
    ),
    Ground(
        "ask.marketing_opt_out",
        lambda facts, _: refuses_marketing(facts),
        _until_they_return,
        lambda facts: _cited(facts, *_MARKETING),
        "The person opted out of marketing; do not ask them to consent to it.",
        "You asked us not to market to you, so we will not ask you to change your mind.",
    ),
    Ground(
        "ask.objection",
        lambda facts, _: objecting(facts),
        _until_it_is_settled,
        lambda facts: _cited(facts, *_OBJECTION),
        "An objection to this use is open or upheld; do not ask the person to give it up.",
        "You objected to this use, so we do not ask you to agree to it.",
    ),
    Ground(
        "ask.twelve_months",
        _must_wait,
        lambda _: When.AFTER_TWELVE_MONTHS,
        lambda _: "Civ. Code §1798.135(c)(4); 11 CCR §7028",
        "The person opted out of sale or sharing, or limited sensitive data; wait twelve months before asking.",
        "You opted out, so we will not ask you to change your mind for at least twelve months.",
    ),
    Ground(
        "ask.sharing_opt_out",
        _opted_out_of_sharing,
        _until_they_return,
        lambda facts: _cited(facts, "hub.sharing-opt-out"),
        "The person opted out of sharing; do not ask them to consent to it.",
        "You told us not to share your details, so we will not ask you to change your mind.",
    ),
)
"""Every reason not to ask, in the order in which they are looked for."""
