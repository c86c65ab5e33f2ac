"""The project's own scenarios: each decides as counsel wrote it, and together they reach every rule."""

import json
from collections import defaultdict
from hashlib import sha256
from io import StringIO
from itertools import permutations
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


def test_every_rule_fires_and_is_nearly_missed_in_scenarios_of_its_own() -> None:
    """So each condition is held at its edge: with one fact changed, in the same law, another rule decides."""
    assert [rule for rule in RULES if not EDGES[rule]] == []


def test_every_gate_rule_is_held_at_its_edge_in_two_jurisdictions() -> None:
    """Their conditions are common; that each table begins with them is what two laws show."""
    held = {rule: {fires["jurisdiction"] for fires, _ in EDGES[rule]} for rule in RULES if _is_gate(rule)}
    assert len(held) == 7
    assert [rule for rule, laws in held.items() if len(laws) < 2] == []


def test_a_scenario_says_why_in_a_sentence() -> None:
    unsaid = [
        scenario["id"]
        for scenario in SCENARIOS
        if len(scenario["why"].split()) < 3 or scenario["why"][-1] not in ".?"
    ]
    assert unsaid == []


def _is_gate(rule: str) -> bool:
    return rule.startswith("hub.")


def _edges() -> dict[str, list[tuple[dict[str, Any], dict[str, Any]]]]:
    """Pair, by rule, each scenario in which it fires with those in which one fact keeps it from firing."""
    own = [scenario for scenario in SCENARIOS if "-T" in scenario["id"]]
    found: dict[str, list[tuple[dict[str, Any], dict[str, Any]]]] = defaultdict(list)
    for fires, misses in permutations(own, 2):
        rule = fires["expect"]["rule"]
        if rule != misses["expect"]["rule"] and _differ_in_one_fact(fires, misses):
            found[rule].append((fires, misses))
    return found


def _differ_in_one_fact(one: dict[str, Any], other: dict[str, Any]) -> bool:
    same_law = one["jurisdiction"] == other["jurisdiction"]
    return same_law and len(one["facts"].items() - other["facts"].items()) == 1


EDGES: Final = _edges()


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
