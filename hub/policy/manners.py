"""How consent is asked for: what makes a yes a yes, everywhere and in each jurisdiction.

No dark patterns, and no reward beyond what the notice states; what comes on top is each country's own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from hub.policy.common import (
    AUTO_CALL,
    CHILD,
    SMS,
    TEEN,
    automated,
    electronic,
    marketing,
    outflow,
    promo,
    special,
    trade,
    unnotified,
)
from hub.policy.facts import Facts
from hub.policy.obligations import Obligation
from hub.policy.values import Jurisdiction

AU: Final = Jurisdiction.AU
UK: Final = Jurisdiction.UK
ZA: Final = Jurisdiction.ZA
MA: Final = Jurisdiction.MA
EU: Final = Jurisdiction.EU
US_CA: Final = Jurisdiction.US_CA
_HOUSE: Final = "house rule"
_MARKETING_ITSELF: Final = frozenset({AU, UK, MA, EU})


def is_marketing_itself(facts: Facts) -> bool:
    """Find a question that four laws count as marketing: whether the customer consents to marketing."""
    return marketing(facts) and facts.jurisdiction in _MARKETING_ITSELF


def automated_message(facts: Facts) -> bool:
    """Find California's texts and automated calls, which need a signed agreement."""
    return facts.jurisdiction is US_CA and promo(facts) and facts.channel in {SMS, AUTO_CALL}


def _always(_: Facts) -> bool:
    return True


def _is_to_be_express(facts: Facts) -> bool:
    if facts.age is CHILD:
        return False
    if facts.jurisdiction is US_CA:
        return facts.age is TEEN and trade(facts)
    sensitive = special(facts) and facts.jurisdiction in {UK, MA, EU}
    return sensitive or (automated(facts) and facts.jurisdiction is EU)


@dataclass(frozen=True, slots=True)
class _Manner:
    code: str
    text: str
    applies: Callable[[Facts], bool]
    citations: Mapping[Jurisdiction, str]


_MANNERS: Final = (
    _Manner(
        "unbundled",
        "Ask for this purpose, channel and recipient alone, apart from everything else.",
        _always,
        {
            AU: "Privacy Act 1988 (Cth) s 6 (consent)",
            UK: "UK GDPR art 7(2)",
            ZA: "POPIA s 1 (consent)",
            MA: "Law 09-08 art 1(9)",
            EU: "GDPR art 7(2)",
            US_CA: "11 CCR §7004",
        },
    ),
    _Manner(
        "unticked",
        "Tick nothing in advance, and make a no as easy as a yes.",
        _always,
        {UK: "UK GDPR art 4(11)", EU: "GDPR art 4(11), recital 32", US_CA: "11 CCR §7004"},
    ),
    _Manner(
        "no_reward",
        "Promise nothing for a yes that the notice does not state.",
        _always,
        {UK: "UK GDPR art 7(4)", EU: "GDPR art 7(4)", US_CA: "Civ. Code §1798.125"},
    ),
    _Manner(
        "withdrawable",
        "Say that a yes can be withdrawn at any time, as easily as it is given.",
        _always,
        {UK: "UK GDPR art 7(3)", ZA: "POPIA s 11(2)(b)", EU: "GDPR art 7(3)"},
    ),
    _Manner(
        "notice_first",
        "Give a complete notice before the question, or with it.",
        unnotified,
        {
            AU: "APP 5.1-5.2",
            UK: "UK GDPR arts 13-14",
            ZA: "POPIA s 18",
            MA: "Law 09-08 art 5",
            EU: "GDPR arts 13-14",
            US_CA: "Civ. Code §1798.100(a)-(b)",
        },
    ),
    _Manner(
        "name_recipient",
        "Name those who would receive the data.",
        outflow,
        {
            AU: "APP 5.2(f)",
            UK: "UK GDPR art 13(1)(e)",
            ZA: "POPIA s 18(1)(h)(i)",
            MA: "Law 09-08 art 5",
            EU: "GDPR art 13(1)(e)",
        },
    ),
    _Manner(
        "guardian",
        "Ask a parent or guardian, not the child, and record how they were verified.",
        lambda facts: facts.age is CHILD,
        {
            UK: "UK GDPR art 8; DPA 2018 s 9",
            ZA: "POPIA ss 34-35",
            EU: "GDPR art 8",
            US_CA: "Civ. Code §1798.120(c); 11 CCR §§7070-7071",
        },
    ),
    _Manner(
        "express",
        "Have them say yes expressly, and keep the record of it.",
        _is_to_be_express,
        {
            UK: "UK GDPR art 9(2)(a)",
            MA: "Law 09-08 art 21",
            EU: "GDPR arts 9(2)(a), 22(2)(c)",
            US_CA: "Civ. Code §1798.120(c); 11 CCR §7071",
        },
    ),
    _Manner(
        "form_4",
        "Use Form 4 or a form very much like it; keep it, or the recording, and give a free copy on request.",
        lambda facts: facts.jurisdiction is ZA and promo(facts) and electronic(facts),
        {ZA: "POPIA s 69(2)(b); Regulation 6, Form 4"},
    ),
    _Manner(
        "once",
        "Ask once only.",
        lambda facts: facts.jurisdiction is ZA,
        {ZA: "POPIA s 69(2)(a); beyond electronic marketing a house rule"},
    ),
    _Manner(
        "two_steps",
        "Take the yes in two steps: first the choice, then its confirmation.",
        lambda facts: facts.jurisdiction is US_CA and outflow(facts),
        {US_CA: "11 CCR §7028"},
    ),
    _Manner(
        "written",
        "Get a signed agreement in writing; an electronic signature is enough.",
        automated_message,
        {US_CA: "47 CFR §64.1200(a)(2), (f)(9)"},
    ),
    _Manner(
        "not_promotional",
        "Never ask in or by a promotional message: to ask for consent to marketing is itself marketing.",
        is_marketing_itself,
        {
            AU: "Spam Act 2003 s 16",
            UK: "PECR 2003 reg 22",
            MA: "Law 09-08 art 10",
            EU: "Directive 2002/58/EC art 13",
        },
    ),
)

MANNERS: Final[Mapping[str, str]] = {manner.code: manner.text for manner in _MANNERS}
"""Every manner there is by its code, with its English sentence."""


def manners(facts: Facts) -> tuple[Obligation, ...]:
    """List how consent is asked for on these facts, in a fixed order."""
    return tuple(
        Obligation(manner.code, manner.text, manner.citations.get(facts.jurisdiction, _HOUSE))
        for manner in _MANNERS
        if manner.applies(facts)
    )
