"""Scenario files: what is printed, how a file fails, and with which exit code."""

import json
from collections.abc import Callable
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from hub.cli.rules import run_scenarios
from hub.cli.scenarios import SCENARIOS_SIZE_BYTES
from hub.policy import Facts

FACTS: dict[str, Any] = Facts.unpack(0).to_dict() | {"need_to_know": True}
AUTOMATED = FACTS | {"act": "PROFILE", "purpose_fit": "NEW", "profile_effect": "AUTOMATED_DECISION"}
GOOD: dict[str, Any] = {
    "id": "A1",
    "jurisdiction": "AU",
    "facts": FACTS,
    "expect": {"outcome": "ALLOW", "rule": "au.app6-expected"},
    "why": "the reason for collection",
}


@pytest.fixture
def written(tmp_path: Path) -> Callable[[object], Path]:
    """Write a scenario file: text and bytes as they are, anything else as JSON."""

    def write(content: object) -> Path:
        path = tmp_path / "cases.json"
        raw = content if isinstance(content, bytes | str) else json.dumps(content)
        path.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
        return path

    return write


def run(*paths: Path, on: date | None = None, as_json: bool = False) -> tuple[int, str, str]:
    """Run scenario files; returns exit code, output, complaints."""
    out, err = StringIO(), StringIO()
    code = run_scenarios(paths, on, as_json=as_json, out=out, err=err)
    return code, out.getvalue(), err.getvalue()


def test_scenarios_that_hold_are_counted(written: Callable[[object], Path]) -> None:
    assert run(written([GOOD])) == (0, "1 passed, 0 failed\n", "")
    assert run(written([])) == (0, "0 passed, 0 failed\n", "")
    assert run(written(b"\xef\xbb\xbf" + json.dumps([GOOD]).encode()))[0] == 0


def test_a_failure_is_one_line_with_what_was_expected_and_why(written: Callable[[object], Path]) -> None:
    path = written([GOOD, GOOD | {"id": "A2", "expect": {"outcome": "DENY", "rule": "au.default"}}])
    code, out, err = run(path)
    assert code == 1
    assert out.splitlines() == [
        f"A2: expected DENY au.default, got ALLOW au.app6-expected ({path}): the reason for collection",
        "1 passed, 1 failed",
    ]
    assert err == ""


def test_the_right_outcome_by_the_wrong_rule_is_a_failure(written: Callable[[object], Path]) -> None:
    wrong = GOOD | {"expect": {"outcome": "ALLOW", "rule": "au.consent"}}
    assert run(written([wrong]))[0] == 1


def test_a_rule_that_does_not_exist_is_said_to_be_none(written: Callable[[object], Path]) -> None:
    """It fails like any other wrong rule; the other scenarios of the file are run."""
    path = written([GOOD, GOOD | {"id": "A2", "expect": {"outcome": "ALLOW", "rule": "au.app6-expect"}}])
    code, out, err = run(path)
    assert (code, err) == (1, "")
    assert "[no rule has that id; did you mean `au.app6-expected`?]" in out.splitlines()[0]
    assert out.endswith("1 passed, 1 failed\n")


def test_a_failure_is_also_written_for_programs(written: Callable[[object], Path]) -> None:
    path = written([GOOD | {"expect": {"outcome": "DENY", "rule": "hub.erased"}}])
    code, out, _ = run(path, as_json=True)
    assert code == 1
    assert json.loads(out) == {
        "passed": 0,
        "failed": 1,
        "failures": [
            {
                "id": "A1",
                "file": str(path),
                "expected": {"outcome": "DENY", "rule": "hub.erased"},
                "got": {"outcome": "ALLOW", "rule": "au.app6-expected"},
                "why": "the reason for collection",
            }
        ],
    }


def test_scenarios_may_be_run_under_the_rules_of_a_day(written: Callable[[object], Path]) -> None:
    now = GOOD | {"facts": AUTOMATED, "expect": {"outcome": "NOTICE_NEEDED", "rule": "au.app1-automated"}}
    assert run(written([now]))[0] == 0
    assert run(written([now]), on=date(2026, 12, 9))[0] == 1


def test_text_from_a_file_cannot_forge_lines_or_colours(written: Callable[[object], Path]) -> None:
    nasty = GOOD | {"id": "A\n9 passed, 0 failed", "expect": {"outcome": "DENY", "rule": "\x1b[2J\ud800"}}
    code, out, _ = run(written([nasty]))
    assert code == 1
    assert out.count("\n") == 2
    assert "\x1b" not in out
    assert out.isascii()


UNREADABLE: list[tuple[object, str]] = [
    ('[{"id": "A1",]', "line 1 column 14: not JSON"),
    ('[\n\n  {"id": tru}]', "line 3 column 10: not JSON"),
    ("", "line 1 column 1: not JSON"),
    (b"\xff\xfe[\x00]\x00", "byte 1 is not UTF-8"),
    ("[NaN]", "`NaN` is not JSON"),
    ("[" + "9" * 5_000 + "]", "integer"),
    ("[" * 100_000, "nested too deeply"),
    ({"scenarios": []}, "line 1 column 1: not a list of scenarios"),
    ([GOOD, 3], "scenario 2: not an object"),
    ('[{"id": "A1", "id": "A2"}]', '`"id"` is given twice'),
    ([GOOD, GOOD], 'scenario 2 (`"A1"`): the id is already that of scenario 1'),
    ([{"facts": FACTS}], "scenario 1: `id` is missing"),
    ([{name: GOOD[name] for name in GOOD if name != "expect"}], 'scenario 1 (`"A1"`): `expect` is missing'),
    ([{name: GOOD[name] for name in GOOD if name != "facts"}], 'scenario 1 (`"A1"`): `facts` is missing'),
    ([{name: GOOD[name] for name in GOOD if name != "why"}], 'scenario 1 (`"A1"`): `why` is missing'),
    ([GOOD | {"id": "x" * 201}], "`id` must have 1 to 200 characters"),
    ([GOOD | {"id": 7}], "scenario 1: `id` is not a text"),
    ([GOOD | {"id": ""}], "`id` must have 1 to 200 characters"),
    ([GOOD | {"expect": None}], 'scenario 1 (`"A1"`): `expect` is not an object'),
    (
        [GOOD | {"expect": {"outcome": "MAYBE", "rule": "x"}}],
        '`expect.outcome` is `"MAYBE"`; it must be one of DENY',
    ),
    ([GOOD | {"expect": {"outcome": ["DENY"], "rule": "x"}}], "`expect.outcome`"),
    ([GOOD | {"expect": {"outcome": "allow", "rule": "x"}}], "ALLOW; did you mean `ALLOW`?"),
    (
        [GOOD | {"expect": {"outcome": "DENY", "rule": ""}}],
        '`expect.rule` is `""`; it must be the id of a rule',
    ),
    ([GOOD | {"expect": {"outcome": "DENY"}}], "`expect.rule` is `null`"),
    ([GOOD | {"facts": FACTS | {"act": "READ"}}], 'scenario 1 (`"A1"`): fact `act` is `"READ"`'),
    ([GOOD | {"facts": FACTS | {"act": [[[]]]}}], "fact `act` is `[[[]]]`"),
    ([GOOD | {"facts": FACTS | {"channel": "EMAIL"}}], 'scenario 1 (`"A1"`): I1'),
    ([GOOD | {"facts": {}}], "fact `jurisdiction` is missing"),
    (
        [GOOD | {"facts": {name: FACTS[name] for name in FACTS if name != "footer"}}],
        'scenario 1 (`"A1"`): fact `footer` is missing; give one of COMPLETE, NO_OPTOUT, NO_SENDER',
    ),
    ([GOOD | {"facts": FACTS | {"foter": "COMPLETE"}}], 'unknown fact `"foter"`; did you mean `footer`?'),
    ([GOOD | {"facts": FACTS | {"consent": "GIVN"}}], "GUARDIAN; did you mean `GIVEN`?"),
    ([GOOD | {"facts": FACTS | {"channel": "Sms"}}], "did you mean `SMS`?"),
    (
        [GOOD | {"facts": FACTS | {"need_to_know": "true"}}],
        "it must be one of false, true; did you mean `true`?",
    ),
    (
        [GOOD | {"facts": FACTS | {"jurisdiction": "USA"}}],
        'fact `jurisdiction` is `"USA"`; it must be one of AU',
    ),
    ([GOOD | {"facts": [FACTS]}], 'scenario 1 (`"A1"`): `facts` is not an object'),
    (
        [GOOD | {"facts": FACTS | {"act": "SELL"}}],
        'scenario 1 (`"A1"`): I2: SELL and POOL go to a third party',
    ),
    ([GOOD | {"facts": FACTS | {"consent": "GUARDIAN"}}], 'scenario 1 (`"A1"`): I8: '),
    ([GOOD | {"jurisdiction": "UK"}], '`jurisdiction` is `"UK"`, and the facts say `AU`'),
]


@pytest.mark.parametrize(("content", "place"), UNREADABLE)
def test_a_file_that_cannot_be_read_is_named_with_the_place(
    written: Callable[[object], Path], content: object, place: str
) -> None:
    path = written(content)
    code, out, err = run(path)
    assert code == 2
    assert out == ""
    assert err.startswith(f"{path}: ")
    assert place in err


def test_every_fault_of_every_file_is_named_and_nothing_is_run(
    written: Callable[[object], Path], tmp_path: Path
) -> None:
    path = written([GOOD, GOOD | {"id": "A2", "facts": FACTS | {"act": "READ", "age": 3}}, {"id": "A3"}])
    code, out, err = run(path, tmp_path / "missing.json", tmp_path)
    assert code == 2
    assert out == ""
    lines = err.splitlines()
    assert [line.split(": ")[1] for line in lines[:2]] == ['scenario 2 (`"A2"`)'] * 2
    assert sum("scenario 3" in line for line in lines) == 4
    assert lines[-2].endswith("missing.json: cannot be read: No such file or directory")
    assert lines[-1].endswith("cannot be read: Is a directory")


def test_an_id_means_one_thing_in_all_files(written: Callable[[object], Path], tmp_path: Path) -> None:
    """The same scenario may stand in two files; another one under its id may not."""
    path, other = written([GOOD]), tmp_path / "other.json"
    other.write_text(json.dumps([GOOD | {"id": "B1"}, GOOD | {"why": "said in other words"}]))
    assert run(path, other)[:2] == (0, "3 passed, 0 failed\n")
    other.write_text(json.dumps([GOOD | {"expect": {"outcome": "ALLOW", "rule": "au.consent"}}]))
    code, out, err = run(path, other)
    assert (code, out) == (2, "")
    assert err == (
        f'{other}: scenario 1 (`"A1"`): the id is already that of scenario 1 of {path}, which differs\n'
    )


def test_a_program_gets_the_place_in_parts(written: Callable[[object], Path]) -> None:
    path = written([GOOD | {"facts": FACTS | {"act": "READ"}}])
    code, out, _ = run(path, as_json=True)
    assert code == 2
    error = json.loads(out)["errors"][0]
    assert (error["file"], error["scenario"], error["id"], error["fact"]) == (str(path), 1, "A1", "act")


def test_a_huge_file_is_refused_unread(written: Callable[[object], Path]) -> None:
    code, _, err = run(written(b"[" + b" " * SCENARIOS_SIZE_BYTES + b"]"))
    assert code == 2
    assert f"more than {SCENARIOS_SIZE_BYTES} bytes" in err
