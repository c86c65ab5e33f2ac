"""A rule: when it applies, what it answers, the provision it rests on, and both sentences that explain it.

Conditions are ordinary functions of ``Facts``, written to read like the statute. Which facts a condition
names is found once, in its compiled code and in that of the shorthands it calls: no list can go stale.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import FunctionType
from typing import Final

from hub.policy.facts import FACTS, Facts

Condition = Callable[[Facts], bool]


class Outcome(StrEnum):
    """The five answers, the strictest first."""

    DENY = "DENY"
    FORMALITY_NEEDED = "FORMALITY_NEEDED"
    CONSENT_NEEDED = "CONSENT_NEEDED"
    NOTICE_NEEDED = "NOTICE_NEEDED"
    ALLOW = "ALLOW"


ALLOW: Final = Outcome.ALLOW
DENY: Final = Outcome.DENY
CONSENT_NEEDED: Final = Outcome.CONSENT_NEEDED
NOTICE_NEEDED: Final = Outcome.NOTICE_NEEDED
FORMALITY_NEEDED: Final = Outcome.FORMALITY_NEEDED


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule as a decision quotes it: the sentences are English, and ``rule`` keys other languages."""

    rule: str
    outcome: Outcome
    citation: str
    staff: str
    customer: str

    def to_dict(self) -> dict[str, str]:
        """Write the reason as plain values, ready for JSON."""
        return {
            "rule": self.rule,
            "outcome": str(self.outcome),
            "citation": self.citation,
            "staff": self.staff,
            "customer": self.customer,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of a table; the first row whose condition holds decides.

    ``staff`` and ``customer`` are the English sentences; other languages are keyed by ``id``.
    ``since`` and ``until`` are the first and the last day on which the rule is in force; None is no limit.
    ``names`` are the facts its condition names, in the order of ``Facts``.
    """

    id: str
    citation: str
    when: Condition
    outcome: Outcome
    staff: str
    customer: str
    since: date | None = None
    until: date | None = None
    names: tuple[str, ...] = field(init=False)
    reason: Reason = field(init=False)

    def __post_init__(self) -> None:
        read = frozenset(_facts_read(self.when))
        object.__setattr__(self, "names", tuple(name for name in FACTS if name in read))
        reason = Reason(self.id, self.outcome, self.citation, self.staff, self.customer)
        object.__setattr__(self, "reason", reason)

    def in_force(self, on: date) -> bool:
        """Tell whether this rule binds on that day."""
        return (self.since is None or self.since <= on) and (self.until is None or on <= self.until)


def otherwise(_: Facts) -> bool:
    """Hold for every facts: the condition of the row that ends a table."""
    return True


def _facts_read(condition: Condition) -> Iterator[str]:
    """Yield every fact that the condition, or a function it calls, names in its code."""
    if not isinstance(condition, FunctionType):
        return
    for name in condition.__code__.co_names:
        if name in FACTS:
            yield name
        else:
            yield from _facts_read(condition.__globals__.get(name, otherwise))
