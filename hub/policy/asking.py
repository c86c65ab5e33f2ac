"""May we ask? Whether, where and how a customer may be asked for the consent that a decision found missing.

A no stays a no: who refused, withdrew, opted out or objected is left alone, and changes their mind themselves.
South Africa lets us ask once only; California has us wait twelve months after an opt-out of sale. In Australia,
the United Kingdom, Morocco and the European Union a message that asks for consent to marketing is itself
marketing, so that is asked in the portal, inside a service flow, face to face or on paper.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hub.policy.common import ACTIVE, NEGOTIATING, STRANGER
from hub.policy.facts import Facts
from hub.policy.manners import automated_message, is_marketing_itself, manners
from hub.policy.obligations import Obligation
from hub.policy.silence import NOTHING_KNOWN, Asked, When, ground
from hub.policy.values import Jurisdiction


class Where(StrEnum):
    """Where a customer may be asked; MESSAGE: a message that does nothing but ask."""

    PORTAL = "PORTAL"
    SERVICE_FLOW = "SERVICE_FLOW"
    IN_PERSON = "IN_PERSON"
    PAPER = "PAPER"
    MESSAGE = "MESSAGE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Whether, from when on, where and how; the sentences are English, and ``code`` keys other languages."""

    allowed: bool
    code: str
    citation: str
    staff: str
    customer: str
    when: When
    where: tuple[Where, ...] = ()
    how: tuple[Obligation, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Write it as plain values, ready for JSON."""
        return {
            "allowed": self.allowed,
            "code": self.code,
            "citation": self.citation,
            "staff": self.staff,
            "customer": self.customer,
            "when": str(self.when),
            "where": [str(each) for each in self.where],
            "how": [each.to_dict() for each in self.how],
        }


ALLOWED: Final = "ask.allowed"
ALLOWED_STAFF: Final = "Asking is allowed, in these places and in this way."
ALLOWED_CUSTOMER: Final = "We may ask you whether you agree; you are free to say no."
_CONSENT: Final = {
    Jurisdiction.AU: "Privacy Act 1988 (Cth) s 6 (consent); Spam Act 2003 s 16",
    Jurisdiction.UK: "UK GDPR arts 4(11), 7; PECR 2003 reg 22",
    Jurisdiction.ZA: "POPIA ss 11(1)(a), 69(2)",
    Jurisdiction.MA: "Law 09-08 arts 4, 10",
    Jurisdiction.EU: "GDPR arts 4(11), 7; Directive 2002/58/EC art 13",
    Jurisdiction.US_CA: "Civ. Code §1798.135(c)(4); 11 CCR §§7004, 7028",
}


def may_ask(facts: Facts, asked: Asked = NOTHING_KNOWN) -> Asking:
    """Answer whether, where and how to ask for the consent that these facts lack.

    It says nothing about whether consent would be enough: that is for ``decide`` and ``remedies``.
    """
    against = ground(facts, asked)
    if against is None:
        return _allowed(facts.canonical())
    return Asking(
        allowed=False,
        code=against.id,
        citation=against.citation(facts),
        staff=against.staff,
        customer=against.customer,
        when=against.until(facts),
    )


def _allowed(facts: Facts) -> Asking:
    return Asking(
        allowed=True,
        code=ALLOWED,
        citation=_CONSENT[facts.jurisdiction],
        staff=ALLOWED_STAFF,
        customer=ALLOWED_CUSTOMER,
        when=When.NOW,
        where=_places(facts),
        how=manners(facts),
    )


def _places(facts: Facts) -> tuple[Where, ...]:
    shut = {
        Where.SERVICE_FLOW: facts.relationship not in {ACTIVE, NEGOTIATING},
        Where.MESSAGE: not _may_write(facts),
    }
    return tuple(where for where in Where if not shut.get(where))


def _may_write(facts: Facts) -> bool:
    """Tell whether a message may do the asking: never one that is marketing, nor to a stranger unawares.

    South Africa allows one such approach even to strangers, and California has no rule against it.
    """
    if facts.registry_block or is_marketing_itself(facts) or automated_message(facts):
        return False
    return facts.relationship is not STRANGER or facts.jurisdiction in {Jurisdiction.ZA, Jurisdiction.US_CA}
