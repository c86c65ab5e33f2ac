"""The policy alone, in process: decisions a second, memoised and evaluated, against a frozenset look-up."""

import json
import timeit
from pathlib import Path

from hub.policy.decision import decide, evaluate
from hub.policy.facts import Facts

SCENARIOS = Path("tests/policy/scenarios")
ROUNDS = 200
REPEATS = 5


def main() -> None:
    """Each figure is the best of several repeats over all scenarios."""
    every = [
        Facts.parse(each["facts"])
        for path in sorted(SCENARIOS.glob("*.json"))
        for each in json.loads(path.read_text("utf-8"))
    ]
    allowed = frozenset(every[::2])
    look = _rate(lambda: [facts in allowed for facts in every], len(every))
    memoised = _rate(lambda: [decide(facts) for facts in every], len(every))
    evaluated = _rate(lambda: [evaluate(facts) for facts in every], len(every))
    print(f"frozenset look-up of Facts  {look:12,.0f} a second")
    print(f"decided, memoised           {memoised:12,.0f} a second  {memoised / look:.2f}x of a look-up")
    print(f"decided, evaluated          {evaluated:12,.0f} a second  {evaluated / look:.3f}x of a look-up")


def _rate(work: "timeit._Stmt", size: int) -> float:
    seconds = min(timeit.repeat(work, number=ROUNDS, repeat=REPEATS))
    return ROUNDS * size / seconds
