"""The project's own scenarios: each decides as counsel wrote it, and together they reach every rule."""

import json
from collections import defaultdict
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any, Final

import pytest

from hub.cli.rules import run_scenarios
from hub.policy import PACKING, RULES, RULESET, TABLES, Facts, decide, evaluate

ENDS_EARLY: Final = ("record_state", "notice", "objection", "marketing_choice", "destination", "data")
FILES: Final = sorted((Path(__file__).parent / "scenarios").glob("*.json"))
SCENARIOS: Final[list[dict[str, Any]]] = [
    scenario for file in FILES for scenario in json.loads(file.read_text("utf-8"))
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario["id"])
def test_a_scenario_decides_as_written(scenario: dict[str, Any]) -> None:
    decision = decide(Facts.parse(scenario["facts"]))
    assert {"outcome": decision.outcome, "rule": decision.rule} == scenario["expect"], scenario["why"]


def test_the_command_passes_them_all() -> None:
    out, err = StringIO(), StringIO()
    assert run_scenarios(FILES, out=out, err=err) == 0
    assert out.getvalue() == f"{len(SCENARIOS)} passed, 0 failed\n"
    assert err.getvalue() == ""


def test_no_two_scenarios_share_an_id() -> None:
    ids = [scenario["id"] for scenario in SCENARIOS]
    assert len(ids) == len(set(ids))


def test_every_rule_decides_some_scenario() -> None:
    assert {scenario["expect"]["rule"] for scenario in SCENARIOS} == set(RULES)


def test_every_rule_is_missed_by_one_fact_in_some_scenario() -> None:
    """So each condition is held at its edge: with one fact changed, another rule decides."""
    facts_by_rule: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for scenario in SCENARIOS:
        facts_by_rule[scenario["expect"]["rule"]].append(scenario["facts"])
    unheld = [
        rule for rule, fired in facts_by_rule.items() if not any(_has_neighbour(rule, f) for f in fired)
    ]
    assert unheld == []


def _has_neighbour(rule: str, facts: dict[str, Any]) -> bool:
    return any(
        scenario["expect"]["rule"] != rule and len(facts.items() - scenario["facts"].items()) == 1
        for scenario in SCENARIOS
    )


def test_another_answer_or_another_word_is_another_version() -> None:
    """Decisions are stored with the version of the rules; one version must never mean two sets of rules.

    When this fails on purpose, give ``RULESET`` a new version and add its fingerprint.
    """
    known = json.loads((Path(__file__).parent / "fingerprints.json").read_text("utf-8"))
    assert known[RULESET] == _fingerprint()


def _fingerprint() -> str:
    """Digest all sentences, and the answers to many facts spread evenly over everything that can be said."""
    digest = sha256()
    for table in TABLES.values():
        for rule in table:
            said = rule.reason.to_dict()
            digest.update(repr((said, rule.since, rule.until, rule.names)).encode())
    for count in range(20_000):
        decision = evaluate(_spelled(count, quiet=count % (len(ENDS_EARLY) + 1)))
        answer = (str(decision.outcome), decision.rule, [reason.rule for reason in decision.also_needed])
        digest.update(repr(answer).encode())
    return digest.hexdigest()


def _spelled(count: int, *, quiet: int) -> Facts:
    """Spell the facts of one count, scattered but always the same, with ``quiet`` early enders at rest."""
    number = int.from_bytes(sha256(str(count).encode()).digest())
    values: dict[str, Any] = {"need_to_know": True} if quiet else {}
    for packed in PACKING:
        number, digit = divmod(number, len(packed.values))
        at_rest = packed.name in ENDS_EARLY[:quiet]
        values.setdefault(packed.name, packed.values[0 if at_rest else digit])
    return Facts(**values)
