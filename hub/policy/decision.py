"""The answer to "may we?": the first rule that applies, why, and what else stands in the way."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from hub.policy import au, eu, ma, uk, us_ca, za
from hub.policy.facts import Facts
from hub.policy.gate import gate
from hub.policy.rule import ALLOW, Outcome, Reason, Rule
from hub.policy.values import Jurisdiction

RULESET: Final = "2026.11"
"""The version of all tables together; it changes whenever any answer or any sentence does."""

CHECKED_ON: Final = date(2026, 11, 22)
"""The day on which the provisions were last checked."""

TABLES: Final[Mapping[Jurisdiction, tuple[Rule, ...]]] = {
    Jurisdiction.AU: (*gate(Jurisdiction.AU), *au.RULES),
    Jurisdiction.UK: (*gate(Jurisdiction.UK), *uk.RULES),
    Jurisdiction.ZA: (*gate(Jurisdiction.ZA), *za.RULES),
    Jurisdiction.MA: (*gate(Jurisdiction.MA), *ma.RULES),
    Jurisdiction.EU: (*gate(Jurisdiction.EU), *eu.RULES),
    Jurisdiction.US_CA: (*gate(Jurisdiction.US_CA), *us_ca.RULES),
}
"""What is read, in order, in each jurisdiction: the common gate, then its table, which ends in a default."""

RULES: Final[Mapping[str, Rule]] = {rule.id: rule for table in TABLES.values() for rule in table}
"""Every rule by its id (a gate rule stands here with the citation of one jurisdiction)."""

MEMORY_DECISIONS: Final = 16_384


@dataclass(frozen=True, slots=True)
class Decision:
    """One answer, complete enough to be shown, stored and repeated.

    ``facts`` are the facts that the deciding rule's condition names, with their plain values; the default of
    a table names none. ``also_needed`` are the other blocking rules that apply further down, as far as the
    rule that would allow it all.
    """

    outcome: Outcome
    rule: str
    citation: str
    staff: str
    customer: str
    facts: tuple[tuple[str, str | bool], ...]
    also_needed: tuple[Reason, ...]
    ruleset: str = RULESET

    def to_dict(self) -> dict[str, object]:
        """Write the decision as plain values, ready for JSON."""
        return {
            "outcome": str(self.outcome),
            "rule": self.rule,
            "citation": self.citation,
            "staff": self.staff,
            "customer": self.customer,
            "facts": dict(self.facts),
            "also_needed": [reason.to_dict() for reason in self.also_needed],
            "ruleset": self.ruleset,
        }


def decide(facts: Facts, rules_on: date | None = None) -> Decision:
    """Decide by every rule, or by those in force on a day; equal facts share one decision."""
    return decide_packed(facts.signature, rules_on)


@lru_cache(MEMORY_DECISIONS)
def decide_packed(signature: int, rules_on: date | None = None) -> Decision:
    """Decide from the signature alone, as a query returns it."""
    return evaluate(Facts.unpack(signature), rules_on)


def evaluate(facts: Facts, rules_on: date | None = None) -> Decision:
    """Read the tables and decide, without memory; :func:`decide` is the same and quicker."""
    rule, *others = _read(facts, rules_on)
    return Decision(
        outcome=rule.outcome,
        rule=rule.id,
        citation=rule.citation,
        staff=rule.staff,
        customer=rule.customer,
        facts=tuple([(name, facts.value(name)) for name in rule.names]),
        also_needed=tuple([other.reason for other in others if other.outcome is not ALLOW]),
    )


def strictest(decisions: Iterable[Decision]) -> Decision:
    """Pick the strictest decision, the first of equals; raises ValueError when there is none."""
    return min(decisions, key=lambda decision: _STRICTNESS[decision.outcome])


def rules_in_force(jurisdiction: Jurisdiction, rules_on: date | None = None) -> tuple[Rule, ...]:
    """List what is read in a jurisdiction, in order; every rule, or those in force on a day."""
    table = TABLES[jurisdiction]
    return table if rules_on is None else tuple(rule for rule in table if rule.in_force(rules_on))


_STRICTNESS: Final = {outcome: rank for rank, outcome in enumerate(Outcome)}


def _read(facts: Facts, rules_on: date | None) -> list[Rule]:
    """List the rules that apply, in order, as far as the one that allows: what follows it cannot decide."""
    read: list[Rule] = []
    for rule in rules_in_force(facts.jurisdiction, rules_on):
        if rule.when(facts):
            read.append(rule)
            if rule.outcome is ALLOW:
                break
    return read
