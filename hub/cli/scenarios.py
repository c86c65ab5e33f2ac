"""Scenarios: facts, the answer they must get and why, read from files that anybody may have written.

A file is a JSON list of ``{"id", "jurisdiction", "facts", "expect": {"outcome", "rule"}, "why"}``, with all facts
spelled out, so that counsel can write it and any other engine can run it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from hub.cli.json_input import Fault, UnreadableError, parse, placed, plain, read_facts
from hub.policy import Decision, Facts, Outcome
from hub.policy.facts import meant, quote

SCENARIOS_SIZE_BYTES: Final = 16 * 1024 * 1024
ID_CHARACTERS: Final = 200
_KEYS: Final = {"id": str, "jurisdiction": str, "facts": dict, "expect": dict, "why": str}
_KINDS: Final = {str: "a text", dict: "an object"}


@dataclass(frozen=True, slots=True)
class Scenario:
    """One case: facts, the answer they must get, and why."""

    file: str
    number: int
    id: str
    facts: Facts
    outcome: Outcome
    rule: str
    why: str

    @property
    def case(self) -> tuple[Facts, Outcome, str]:
        """What is decided, and what must come out."""
        return self.facts, self.outcome, self.rule

    def passes(self, decision: Decision) -> bool:
        """Tell whether the decision is the expected one."""
        return (decision.outcome, decision.rule) == (self.outcome, self.rule)


def read_scenarios(paths: Iterable[Path]) -> list[Scenario]:
    """Read scenario files; raises :class:`UnreadableError` naming everything wrong in all of them."""
    scenarios: list[Scenario] = []
    faults: list[Fault] = []
    for path in paths:
        try:
            scenarios.extend(_read_file(path))
        except UnreadableError as unreadable:
            faults.extend(unreadable.faults)
    faults.extend(_contradictions(scenarios))
    if faults:
        raise UnreadableError(*faults)
    return scenarios


def _contradictions(scenarios: list[Scenario]) -> Iterator[Fault]:
    """Yield the ids that mean one thing here and another there; the same scenario may stand in two files."""
    known: dict[str, Scenario] = {}
    for scenario in scenarios:
        first = known.setdefault(scenario.id, scenario)
        if first.case != scenario.case:
            message = (
                f"the id is already that of scenario {first.number} of {plain(first.file)}, which differs"
            )
            yield Fault(message, file=scenario.file, scenario=scenario.number, id=scenario.id)


def _read_file(path: Path) -> list[Scenario]:
    file = str(path)
    try:
        with path.open("rb") as opened:
            raw = opened.read(SCENARIOS_SIZE_BYTES + 1)
        parsed = parse(raw, SCENARIOS_SIZE_BYTES)
    except OSError as error:
        raise UnreadableError(Fault(f"cannot be read: {error.strerror}", file=file)) from None
    except UnreadableError as error:
        raise UnreadableError(*placed(error, file=file)) from None
    if not isinstance(parsed, list):
        raise UnreadableError(Fault("not a list of scenarios", file=file, line=1, column=1))
    return _read_list(file, cast("list[object]", parsed))


def _read_list(file: str, items: list[object]) -> list[Scenario]:
    scenarios: list[Scenario] = []
    faults: list[Fault] = []
    known: dict[str, int] = {}
    for number, item in enumerate(items, 1):
        try:
            scenario = _read_scenario(file, number, item)
        except UnreadableError as unreadable:
            faults.extend(unreadable.faults)
            continue
        if scenario.id in known:
            message = f"the id is already that of scenario {known[scenario.id]}"
            faults.append(Fault(message, file=file, scenario=number, id=scenario.id))
        known[scenario.id] = number
        scenarios.append(scenario)
    if faults:
        raise UnreadableError(*faults)
    return scenarios


def _read_scenario(file: str, number: int, item: object) -> Scenario:
    if not isinstance(item, dict):
        raise UnreadableError(Fault("not an object", file=file, scenario=number))
    raw = cast("dict[str, Any]", item)
    name = raw["id"] if isinstance(raw.get("id"), str) else None
    wrong = [_wrong_key(key, kind, raw) for key, kind in _KEYS.items() if not isinstance(raw.get(key), kind)]
    messages = wrong or _wrong_values(raw)
    if messages:
        raise UnreadableError(*(Fault(text, file=file, scenario=number, id=name) for text in messages))
    expect = raw["expect"]
    facts = read_facts(raw["facts"], file=file, scenario=number, id=name)
    if facts.jurisdiction != raw["jurisdiction"]:
        message = f"`jurisdiction` is {quote(raw['jurisdiction'])}, and the facts say `{facts.jurisdiction}`"
        raise UnreadableError(Fault(message, file, scenario=number, id=name, fact="jurisdiction"))
    return Scenario(file, number, raw["id"], facts, Outcome(expect["outcome"]), expect["rule"], raw["why"])


def _wrong_key(key: str, kind: type, raw: dict[str, Any]) -> str:
    return f"`{key}` is {'not ' + _KINDS[kind] if key in raw else 'missing'}"


def _wrong_values(raw: dict[str, Any]) -> list[str]:
    outcome, rule = (raw["expect"].get(key) for key in ("outcome", "rule"))
    wrong: list[str] = []
    if not 0 < len(raw["id"]) <= ID_CHARACTERS:
        wrong.append(f"`id` must have 1 to {ID_CHARACTERS} characters")
    if outcome not in list(Outcome):
        wrong.append(
            f"`expect.outcome` is {quote(outcome)}; it must be one of {', '.join(Outcome)}{meant(outcome, Outcome)}"
        )
    if not isinstance(rule, str) or not rule:
        wrong.append(f"`expect.rule` is {quote(rule)}; it must be the id of a rule")
    return wrong
