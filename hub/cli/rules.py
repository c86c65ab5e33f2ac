"""Run scenario files and decide bare facts, without a database: behind ``rules test`` and ``decide --facts``.

Scenario files are JSON lists of ``{"id", "jurisdiction", "facts", "expect": {"outcome", "rule"}, "why"}``,
with all facts spelled out, so that counsel can write them and any other engine can run them.

Exit codes: 0 all well; 1 a scenario failed; 2 the input cannot be read, and the place is named.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple, TextIO, cast

from hub.cli.json_input import Fault, Streams, UnreadableError, parse, placed, plain, read_facts
from hub.policy import Decision, Facts, Outcome, decide, remedies
from hub.policy.facts import quote

OK: Final = 0
FAILED: Final = 1
UNREADABLE: Final = 2

SCENARIOS_SIZE_BYTES: Final = 16 * 1024 * 1024
FACTS_SIZE_BYTES: Final = 64 * 1024
ID_CHARACTERS: Final = 200
_KEYS: Final = {"id": str, "jurisdiction": str, "facts": dict, "expect": dict, "why": str}
_KINDS: Final = {str: "a text", dict: "an object"}


@dataclass(frozen=True, slots=True)
class Scenario:
    """One case: facts, the answer they must get, and why."""

    file: str
    id: str
    facts: Facts
    outcome: Outcome
    rule: str
    why: str

    def passes(self, decision: Decision) -> bool:
        """Tell whether the decision is the expected one."""
        return (decision.outcome, decision.rule) == (self.outcome, self.rule)


def run_scenarios(
    paths: Sequence[Path],
    on: date | None = None,
    *,
    as_json: bool = False,
    out: TextIO | None = None,
    err: TextIO | None = None,
) -> int:
    """Decide every scenario of the files, print each failure and the count; returns an exit code.

    ``on``: apply only the rules in force that day; otherwise every rule. Nothing is run when a file is
    unreadable.
    """
    streams = Streams.chosen(out, err)
    try:
        scenarios = read_scenarios(paths)
    except UnreadableError as unreadable:
        if as_json:
            streams.answer({"errors": [fault.to_dict() for fault in unreadable.faults]}, indent=2)
        streams.complain(unreadable.faults)
        return UNREADABLE
    decided = [(scenario, decide(scenario.facts, on)) for scenario in scenarios]
    failures = [(scenario, decision) for scenario, decision in decided if not scenario.passes(decision)]
    passed, failed = len(decided) - len(failures), len(failures)
    if as_json:
        listed = [_failure(*failure) for failure in failures]
        streams.answer({"passed": passed, "failed": failed, "failures": listed}, indent=2)
    else:
        lines = [_failure_line(*failure) for failure in failures]
        print(*lines, f"{passed} passed, {failed} failed", sep="\n", file=streams.out)
    return FAILED if failures else OK


def read_scenarios(paths: Iterable[Path]) -> list[Scenario]:
    """Read scenario files; raises :class:`UnreadableError` naming everything wrong in all of them."""
    scenarios: list[Scenario] = []
    faults: list[Fault] = []
    for path in paths:
        try:
            scenarios.extend(_read_file(path))
        except UnreadableError as unreadable:
            faults.extend(unreadable.faults)
    if faults:
        raise UnreadableError(*faults)
    return scenarios


def decide_lines(
    stream: BinaryIO, on: date | None = None, *, out: TextIO | None = None, err: TextIO | None = None
) -> int:
    """Decide one object of facts, or one per line, and print the decisions as JSON; returns an exit code.

    One object may span lines, and so does its decision. Of several objects, each line that is not empty gets
    one line of output: the decision, or ``{"line", "fact", "error"}``. What is wrong is always said on
    ``err`` too, and makes the exit code 2.
    """
    streams = Streams.chosen(out, err)
    lines = _numbered(stream)
    first, second = next(lines, None), next(lines, None)
    if first is None:
        streams.complain([Fault("no facts; give one JSON object, or one per line")])
        return UNREADABLE
    if second is None or not (_is_whole(first) or _is_whole(second)):
        return _decide_one(_joined(first, second, stream), on, streams)
    return max(_decide_line(line, on, streams) for line in chain((first, second), lines))


def show(decision: Decision) -> str:
    """Write a decision for a person at a terminal."""
    lines = [
        f"{decision.outcome}  {decision.rule}  [{decision.citation}]",
        f"  staff:    {decision.staff}",
        f"  customer: {decision.customer}",
    ]
    if decision.facts:
        lines.append("  because:  " + ", ".join(f"{name} = {value}" for name, value in decision.facts))
    lines += [f"  also:     {other.outcome} {other.rule}: {other.staff}" for other in decision.also_needed]
    return "\n".join(lines)


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
    return Scenario(file, raw["id"], facts, Outcome(expect["outcome"]), expect["rule"], raw["why"])


def _wrong_key(key: str, kind: type, raw: dict[str, Any]) -> str:
    return f"`{key}` is {'not ' + _KINDS[kind] if key in raw else 'missing'}"


def _wrong_values(raw: dict[str, Any]) -> list[str]:
    outcome, rule = (raw["expect"].get(key) for key in ("outcome", "rule"))
    wrong: list[str] = []
    if not 0 < len(raw["id"]) <= ID_CHARACTERS:
        wrong.append(f"`id` must have 1 to {ID_CHARACTERS} characters")
    if outcome not in list(Outcome):
        wrong.append(f"`expect.outcome` is {quote(outcome)}; it must be one of {', '.join(Outcome)}")
    if not isinstance(rule, str) or not rule:
        wrong.append(f"`expect.rule` is {quote(rule)}; it must be the id of a rule")
    return wrong


def _failure(scenario: Scenario, decision: Decision) -> dict[str, object]:
    return {
        "id": scenario.id,
        "file": scenario.file,
        "expected": {"outcome": str(scenario.outcome), "rule": scenario.rule},
        "got": {"outcome": str(decision.outcome), "rule": decision.rule},
        "why": scenario.why,
    }


def _failure_line(scenario: Scenario, decision: Decision) -> str:
    expected = f"{scenario.outcome} {plain(scenario.rule)}"
    got = f"{decision.outcome} {decision.rule}"
    where, why = plain(scenario.file), plain(scenario.why)
    return f"{plain(scenario.id)}: expected {expected}, got {got} ({where}): {why}"


class _Line(NamedTuple):
    number: int
    raw: bytes


def _numbered(stream: BinaryIO) -> Iterator[_Line]:
    """Yield the lines that are not empty; of one that is too long, only as much as shows it."""
    for number, raw in enumerate(iter(lambda: stream.readline(FACTS_SIZE_BYTES + 1), b""), 1):
        piece = raw
        while len(raw) > FACTS_SIZE_BYTES and piece and not piece.endswith(b"\n"):
            piece = stream.readline(FACTS_SIZE_BYTES)
        if raw.strip():
            yield _Line(number, raw.rstrip(b"\r\n"))


def _is_whole(line: _Line) -> bool:
    try:
        parse(line.raw, FACTS_SIZE_BYTES)
    except UnreadableError:
        return False
    return True


def _joined(first: _Line, second: _Line | None, stream: BinaryIO) -> bytes:
    """Put one object's lines together again, empty ones too, so that line numbers in errors are right."""
    start = b"\n" * (first.number - 1) + first.raw
    if second is None:
        return start
    gap = b"\n" * (second.number - first.number)
    return start + gap + second.raw + b"\n" + stream.read(FACTS_SIZE_BYTES)


def _decide_one(raw: bytes, on: date | None, streams: Streams) -> int:
    try:
        facts = read_facts(parse(raw, FACTS_SIZE_BYTES))
    except UnreadableError as unreadable:
        streams.complain(unreadable.faults)
        return UNREADABLE
    streams.answer(_answer(facts, on), indent=2)
    return OK


def _decide_line(line: _Line, on: date | None, streams: Streams) -> int:
    try:
        facts = read_facts(parse(line.raw, FACTS_SIZE_BYTES))
    except UnreadableError as unreadable:
        faults = placed(unreadable, line=line.number)
        streams.complain(faults)
        fact = {"fact": faults[0].fact} if faults[0].fact else {}
        said = "; ".join(fault.message for fault in faults)
        streams.answer({"line": line.number, **fact, "error": said})
        return UNREADABLE
    streams.answer(_answer(facts, on))
    return OK


def _answer(facts: Facts, on: date | None) -> dict[str, object]:
    """Give the decision with everything that would change it."""
    cures = [remedy.to_dict() for remedy in remedies(facts, on)]
    return {**decide(facts, on).to_dict(), "would_change": cures}
