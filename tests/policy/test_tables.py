"""The rules against a second reading of the law, over every scenario and what is one or two facts away from it."""

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Final

import pytest

from hub.policy import PACKING, RULES, Facts, FactsError, evaluate
from hub.policy.facts import Packed
from hub.policy.values import Jurisdiction
from tests.policy.tables import GATE, TABLES, decided

FILES: Final = sorted((Path(__file__).parent / "scenarios").glob("*.json"))
NEIGHBOURS: Final = 3
MANY: Final = 100


def _scenarios() -> list[Facts]:
    raw = [scenario for file in FILES for scenario in json.loads(file.read_text("utf-8"))]
    return [Facts.parse(scenario["facts"]) for scenario in raw]


def _near(facts: Facts, chance: Random, count: int) -> Iterator[Facts]:
    for number in range(count):
        changed = facts.to_dict()
        for packed in chance.sample(PACKING, 1 + number % 2):
            changed[packed.name] = _another(packed, chance)
        try:
            yield Facts.parse(changed)
        except FactsError:
            continue


def _another(packed: Packed, chance: Random) -> str | bool:
    value = chance.choice(packed.values)
    return value if isinstance(value, bool) else str(value)


def _check(count: int) -> None:
    chance = Random(1)  # noqa: S311 - spreads the facts, always alike
    seen: set[str] = set()
    for scenario in _scenarios():
        for facts in (scenario, *_near(scenario, chance, count)):
            decision = evaluate(facts)
            assert decided(facts.to_dict()) == (decision.rule, str(decision.outcome)), facts.to_dict()
            seen.add(decision.rule)
    assert seen == set(RULES)


def test_the_second_reading_has_the_same_rules_in_the_same_order() -> None:
    ids = [said.partition(" ")[0] for key in (GATE, *Jurisdiction) for said, _ in TABLES[key]]
    assert ids == list(RULES)


def test_both_readings_decide_alike_near_every_scenario() -> None:
    _check(NEIGHBOURS)


@pytest.mark.chaos
def test_both_readings_decide_alike_far_around_every_scenario() -> None:
    _check(MANY)
