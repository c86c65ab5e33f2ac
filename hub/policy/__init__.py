"""May we? A pure function from :class:`Facts` to a cited :class:`Decision`.

An island: it reads no database, knows no clock, and imports nothing but the standard library.
"""

from hub.policy.asking import Asking, may_ask
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
from hub.policy.silence import Asked

__all__ = [
    "FACTS",
    "PACKING",
    "RULES",
    "RULESET",
    "TABLES",
    "Asked",
    "Asking",
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
    "may_ask",
    "remedies",
    "rules_in_force",
    "strictest",
]
