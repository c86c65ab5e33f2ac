"""Run scenario files and decide bare facts, without a database: behind ``rules test`` and ``decide --facts``.

Exit codes: 0 all well; 1 a scenario failed; 2 the input cannot be read, and the place is named.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import partial
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, TextIO

from hub.cli.json_input import Fault, Streams, UnreadableError, parse, placed, plain, read_facts
from hub.cli.scenarios import Scenario, read_scenarios
from hub.policy import RULES, Decision, Facts, Outcome, decide, may_ask, remedies, words
from hub.policy.facts import meant

OK: Final = 0
FAILED: Final = 1
UNREADABLE: Final = 2

FACTS_SIZE_BYTES: Final = 64 * 1024
_Answering = Callable[[Facts], dict[str, object]]


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


def decide_lines(
    stream: BinaryIO,
    on: date | None = None,
    *,
    language: str = words.ENGLISH,
    out: TextIO | None = None,
    err: TextIO | None = None,
) -> int:
    """Decide one object of facts, or one per line, and print the decisions as JSON; returns an exit code.

    One object may span lines, and so does its decision. Of several objects, each line that is not empty gets
    one line of output: the decision, or ``{"line", "fact", "error"}``. What is wrong is always said on
    ``err`` too, and makes the exit code 2.
    """
    streams = Streams.chosen(out, err)
    answer = partial(_answer, on=on, language=language)
    lines = _numbered(stream)
    first, second = next(lines, None), next(lines, None)
    if first is None:
        streams.complain([Fault("no facts; give one JSON object, or one per line")])
        return UNREADABLE
    if second is None or not (_is_whole(first) or _is_whole(second)):
        return _decide_one(_joined(first, second, stream), answer, streams)
    return max(_decide_line(line, answer, streams) for line in chain((first, second), lines))


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
    unknown = "" if scenario.rule in RULES else f" [no rule has that id{meant(scenario.rule, RULES)}]"
    return f"{plain(scenario.id)}: expected {expected}, got {got}{unknown} ({where}): {why}"


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


def _decide_one(raw: bytes, answer: _Answering, streams: Streams) -> int:
    try:
        facts = read_facts(parse(raw, FACTS_SIZE_BYTES))
    except UnreadableError as unreadable:
        streams.complain(unreadable.faults)
        return UNREADABLE
    streams.answer(answer(facts), indent=2)
    return OK


def _decide_line(line: _Line, answer: _Answering, streams: Streams) -> int:
    try:
        facts = read_facts(parse(line.raw, FACTS_SIZE_BYTES))
    except UnreadableError as unreadable:
        faults = placed(unreadable, line=line.number)
        streams.complain(faults)
        fact = {"fact": faults[0].fact} if faults[0].fact else {}
        said = "; ".join(fault.message for fault in faults)
        streams.answer({"line": line.number, **fact, "error": said})
        return UNREADABLE
    streams.answer(answer(facts))
    return OK


def _answer(facts: Facts, on: date | None, language: str) -> dict[str, object]:
    """Give the decision with everything that would change it, and whether the customer may be asked."""
    decision = decide(facts, on)
    return {
        **words.decision_in(decision, language).to_dict(),
        "would_change": [words.remedy_in(remedy, language).to_dict() for remedy in remedies(facts, on)],
        "asking": asking_shown(decision, facts, language),
    }


def asking_shown(decision: Decision, facts: Facts, language: str) -> dict[str, object] | None:
    """Whether, where and how to ask for the consent that is missing; None when it is not consent."""
    if decision.outcome is not Outcome.CONSENT_NEEDED:
        return None
    return words.asking_in(may_ask(facts), language).to_dict()
