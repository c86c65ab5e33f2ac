"""What would change the answer: the smallest sets of honest changes that turn it into ALLOW.

A cure is something the organisation may do about a fact: ask for consent, give a notice, file with the
authority, finish a message, protect a transfer. Three limits keep it honest:

* a no stays a no: whoever refused or withdrew, opted out, objected or was erased is left alone, and consent
  never lifts a DENY;
* a later notice answers NOTICE_NEEDED only; it does not stand in for the consent a new purpose needs, and in
  Australia it does not widen what the statement shown at collection said;
* an authority's refusal is not asked about again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from itertools import combinations
from typing import Any, Final

from hub.policy.asking import may_ask
from hub.policy.common import (
    CHILD,
    GUARDIAN,
    UNSAFE,
    bad_footer,
    consented,
    express,
    said_no,
    unnotified,
)
from hub.policy.decision import Decision, decide
from hub.policy.facts import FACTS, Facts
from hub.policy.rule import ALLOW, CONSENT_NEEDED, NOTICE_NEEDED, Outcome
from hub.policy.values import (
    Consent,
    Destination,
    Footer,
    Formality,
    Jurisdiction,
    Notice,
    PurposeFit,
    Recipient,
)

CHANGES_AT_MOST: Final = 2
MEMORY_REMEDIES: Final = 4_096

_ANY: Final = frozenset(Outcome)
_ASKABLE: Final = frozenset({CONSENT_NEEDED, NOTICE_NEEDED})
_TELLABLE: Final = frozenset({NOTICE_NEEDED})
_OPEN_FORMALITY: Final = frozenset({Formality.NONE, Formality.PENDING})
_WIDENABLE: Final = frozenset({PurposeFit.DIRECTLY_RELATED, PurposeFit.RELATED})


@dataclass(frozen=True, slots=True)
class Change:
    """One cure: ``code`` for programs, a sentence for staff, one for the customer, and the fact it sets."""

    code: str
    staff: str
    customer: str
    fact: str
    value: str | bool


@dataclass(frozen=True, slots=True)
class Remedy:
    """One or two changes that together turn the answer into ALLOW, and the rule that would then allow it."""

    changes: tuple[Change, ...]
    rule: str

    @property
    def code(self) -> str:
        """The codes of the changes, joined by a plus sign."""
        return "+".join(change.code for change in self.changes)

    @property
    def staff(self) -> str:
        """The sentences for staff."""
        return " ".join(change.staff for change in self.changes)

    @property
    def customer(self) -> str:
        """The sentences for the customer."""
        return " ".join(change.customer for change in self.changes)

    def to_dict(self) -> dict[str, object]:
        """Write the remedy as plain values, ready for JSON."""
        sets = {change.fact: change.value for change in self.changes}
        said = {"code": self.code, "staff": self.staff, "customer": self.customer}
        return {**said, "sets": sets, "rule": self.rule}


@dataclass(frozen=True, slots=True)
class Cure:
    """A change, when it is open to us, and which blocking outcomes it may lift."""

    change: Change
    open_to: Callable[[Facts], bool]
    lifts: frozenset[Outcome] = _ANY


def _may_widen(facts: Facts) -> bool:
    return facts.jurisdiction is not Jurisdiction.AU


CURES: Final[tuple[Cure, ...]] = (
    Cure(
        Change(
            "department.add",
            "Put your department on the list of teams for this purpose, if it needs the data for it.",
            "We must first list this team among those that may see your details for this purpose.",
            "need_to_know",
            value=True,
        ),
        lambda facts: not facts.need_to_know,
    ),
    Cure(
        Change(
            "footer.complete",
            "Name the sender in the message and add a working, free way to opt out.",
            "The message must say who it is from and let you opt out.",
            "footer",
            str(Footer.COMPLETE),
        ),
        bad_footer,
    ),
    Cure(
        Change(
            "registry.check",
            "Check the number against the do-not-contact register; call only if it is not listed.",
            "We must check again that your number is not on the do-not-contact register.",
            "registry_block",
            value=False,
        ),
        lambda facts: facts.registry_block,
    ),
    Cure(
        Change(
            "destination.safeguard",
            "Put contract terms or binding rules in place that protect the data in that country.",
            "We must first make sure your details are protected in the country they would go to.",
            "destination",
            str(Destination.SAFEGUARDED),
        ),
        lambda facts: facts.destination is UNSAFE,
    ),
    Cure(
        Change(
            "formality.declare",
            "Declare the activity to the authority and wait for its receipt.",
            "We must first register this use with the authority.",
            "formality",
            str(Formality.DECLARED),
        ),
        lambda facts: facts.formality in _OPEN_FORMALITY,
    ),
    Cure(
        Change(
            "formality.authorise",
            "Get the authority's authorisation for the activity.",
            "We must first get the authority's approval for this use.",
            "formality",
            str(Formality.AUTHORISED),
        ),
        lambda facts: facts.formality in _OPEN_FORMALITY or facts.formality is Formality.DECLARED,
    ),
    Cure(
        Change(
            "notice.give",
            "Give the customer a complete notice, and keep proof that it arrived.",
            "We must first tell you what we collect and why.",
            "notice",
            str(Notice.GIVEN),
        ),
        unnotified,
        _TELLABLE,
    ),
    Cure(
        Change(
            "notice.name_purpose",
            "Give the customer a notice that names this purpose.",
            "We must first tell you about this use of your details.",
            "purpose_fit",
            str(PurposeFit.NAMED),
        ),
        lambda facts: _may_widen(facts) and facts.purpose_fit in _WIDENABLE,
        _TELLABLE,
    ),
    Cure(
        Change(
            "notice.name_recipient",
            "Give the customer a notice that names this recipient.",
            "We must first tell you about this recipient.",
            "recipient",
            str(Recipient.NAMED),
        ),
        lambda facts: _may_widen(facts) and facts.recipient is Recipient.UNCOVERED,
        _TELLABLE,
    ),
    Cure(
        Change(
            "consent.given",
            "Ask for consent to exactly this purpose, channel and recipient; never by a promotional message.",
            "You would have to agree to this first.",
            "consent",
            str(Consent.GIVEN),
        ),
        lambda facts: may_ask(facts).allowed and facts.age is not CHILD and not consented(facts),
        _ASKABLE,
    ),
    Cure(
        Change(
            "consent.explicit",
            "Ask for express consent in the form the law prescribes; never by a promotional message.",
            "You would have to agree to this expressly first.",
            "consent",
            str(Consent.EXPLICIT),
        ),
        lambda facts: may_ask(facts).allowed and facts.age is not CHILD and not express(facts),
        _ASKABLE,
    ),
    Cure(
        Change(
            "consent.guardian",
            "Ask a parent or guardian for consent, and record how it was verified.",
            "A parent or guardian would have to agree first.",
            "consent",
            str(Consent.GUARDIAN),
        ),
        lambda facts: may_ask(facts).allowed and facts.age is CHILD and facts.consent is not GUARDIAN,
        _ASKABLE,
    ),
)
"""Every cure there is, cheapest for the customer first; of two for one fact the weaker comes first."""


def remedies(facts: Facts, rules_on: date | None = None) -> tuple[Remedy, ...]:
    """Name the smallest sets of changes, of one or else two, that turn the answer into ALLOW; in fixed order.

    Empty when the answer is ALLOW already, when the person said no, or when more than two changes are needed.
    """
    return _remedies(facts, rules_on)


@lru_cache(MEMORY_REMEDIES)
def _remedies(facts: Facts, rules_on: date | None) -> tuple[Remedy, ...]:
    if said_no(facts) or decide(facts, rules_on).outcome is ALLOW:
        return ()
    cures = [cure for cure in CURES if cure.open_to(facts)]
    for size in range(1, CHANGES_AT_MOST + 1):
        if found := tuple(_working(facts, cures, size, rules_on)):
            return found
    return ()


def _working(facts: Facts, cures: list[Cure], size: int, rules_on: date | None) -> Iterator[Remedy]:
    """Yield the sets that work, without those that ask for more of the same fact than a set already found."""
    found: list[tuple[str, ...]] = []
    for chosen in combinations(cures, size):
        touched = tuple(cure.change.fact for cure in chosen)
        if len(set(touched)) < size or touched in found:
            continue
        decision = decide(_apply(facts, chosen), rules_on)
        if decision.outcome is ALLOW and _is_honest(facts, chosen, rules_on):
            found.append(touched)
            yield Remedy(tuple(cure.change for cure in chosen), decision.rule)


def _is_honest(facts: Facts, chosen: tuple[Cure, ...], rules_on: date | None) -> bool:
    """Tell whether each cure lifts only what it may: what still blocks when it alone is left out."""
    for cure in chosen:
        without = decide(_apply(facts, tuple(other for other in chosen if other is not cure)), rules_on)
        if not _blocking(without) <= cure.lifts:
            return False
    return True


def _blocking(decision: Decision) -> frozenset[Outcome]:
    return frozenset({decision.outcome, *(reason.outcome for reason in decision.also_needed)})


def _apply(facts: Facts, cures: tuple[Cure, ...]) -> Facts:
    changes: dict[str, Any] = {cure.change.fact: FACTS[cure.change.fact](cure.change.value) for cure in cures}
    return replace(facts, **changes)
