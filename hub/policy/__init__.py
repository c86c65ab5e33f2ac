"""May we? A pure function from :class:`Facts` to a cited :class:`Decision`.

An island: it reads no database, knows no clock, and imports nothing but the standard library.
"""

from hub.policy.decision import (
    RULES,
    RULESET,
    TABLES,
    Decision,
    decide,
    decide_packed,
    evaluate,
    rules_in_force,
    strictest,
)
from hub.policy.facts import FACTS, PACKING, Facts, FactsError, Problem
from hub.policy.remedies import Change, Remedy, remedies
from hub.policy.rule import Outcome, Reason, Rule

__all__ = [
    "FACTS",
    "PACKING",
    "RULES",
    "RULESET",
    "TABLES",
    "Change",
    "Decision",
    "Facts",
    "FactsError",
    "Outcome",
    "Problem",
    "Reason",
    "Remedy",
    "Rule",
    "decide",
    "decide_packed",
    "evaluate",
    "remedies",
    "rules_in_force",
    "strictest",
]
