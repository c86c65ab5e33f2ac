"""The commands over files and streams: what they print, how they fail, and with which exit code."""

import json
from collections.abc import Callable
from datetime import date
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest

from hub.cli.rules import FACTS_SIZE_BYTES, SCENARIOS_SIZE_BYTES, decide_lines, run_scenarios, show
from hub.policy import Facts, decide

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


def ask(raw: bytes | str, on: date | None = None) -> tuple[int, str, str]:
    """Decide from a stream; returns exit code, output, complaints."""
    out, err = StringIO(), StringIO()
    code = decide_lines(BytesIO(raw if isinstance(raw, bytes) else raw.encode()), on, out=out, err=err)
    return code, out.getvalue(), err.getvalue()


def test_scenarios_that_hold_are_counted(written: Callable[[object], Path]) -> None:
    assert run(written([GOOD])) == (0, "1 passed, 0 failed\n", "")
    assert run(written([])) == (0, "0 passed, 0 failed\n", "")
    assert run(written(b"\xef\xbb\xbf" + json.dumps([GOOD]).encode()))[0] == 0


def test_a_failure_is_one_line_with_what_was_expected_and_why(written: Callable[[object], Path]) -> None:
    path = written([GOOD, GOOD | {"id": "A2", "expect": {"outcome": "DENY", "rule": "au.nonsense"}}])
    code, out, err = run(path)
    assert code == 1
    assert out.splitlines() == [
        f"A2: expected DENY au.nonsense, got ALLOW au.app6-expected ({path}): the reason for collection",
        "1 passed, 1 failed",
    ]
    assert err == ""


def test_the_right_outcome_by_the_wrong_rule_is_a_failure(written: Callable[[object], Path]) -> None:
    wrong = GOOD | {"expect": {"outcome": "ALLOW", "rule": "au.consent"}}
    assert run(written([wrong]))[0] == 1


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
    ([GOOD | {"id": 7}], "scenario 1: `id` is not a text"),
    ([GOOD | {"id": ""}], "`id` must have 1 to 200 characters"),
    ([GOOD | {"expect": None}], 'scenario 1 (`"A1"`): `expect` is not an object'),
    (
        [GOOD | {"expect": {"outcome": "MAYBE", "rule": "x"}}],
        '`expect.outcome` is `"MAYBE"`; it must be one of DENY',
    ),
    ([GOOD | {"expect": {"outcome": ["DENY"], "rule": "x"}}], "`expect.outcome`"),
    ([GOOD | {"expect": {"outcome": "DENY"}}], "`expect.rule` is `null`"),
    ([GOOD | {"facts": FACTS | {"act": "READ"}}], 'scenario 1 (`"A1"`): fact `act` is `"READ"`'),
    ([GOOD | {"facts": FACTS | {"act": [[[]]]}}], "fact `act` is `[[[]]]`"),
    ([GOOD | {"facts": FACTS | {"channel": "EMAIL"}}], 'scenario 1 (`"A1"`): I1'),
    ([GOOD | {"facts": {}}], "fact `jurisdiction` is missing"),
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


@pytest.mark.parametrize("indent", [None, 2])
def test_one_object_of_facts_gets_one_decision_to_read(indent: int | None) -> None:
    code, out, err = ask(json.dumps(FACTS, indent=indent))
    assert (code, err) == (0, "")
    assert out.startswith('{\n  "outcome": "ALLOW"')
    answer = json.loads(out)
    assert answer["rule"] == "au.app6-expected"
    assert answer["facts"] == {"purpose_fit": "PRIMARY"}
    assert answer["would_change"] == []


def test_one_object_per_line_gets_one_line_each() -> None:
    lines = [json.dumps(FACTS), "", json.dumps(FACTS | {"notice": "MISSING"}), json.dumps(AUTOMATED)]
    code, out, err = ask("\r\n".join(lines))
    assert (code, err) == (0, "")
    answers = [json.loads(line) for line in out.splitlines()]
    assert [answer["rule"] for answer in answers] == [
        "au.app6-expected",
        "au.app5-notice",
        "au.app1-automated",
    ]
    assert answers[1]["would_change"][0]["code"] == "notice.give"


def test_bare_facts_may_be_decided_under_the_rules_of_a_day() -> None:
    assert json.loads(ask(json.dumps(AUTOMATED), date(2026, 12, 9))[1])["rule"] == "au.default"


def test_a_bad_line_is_named_and_the_others_are_decided() -> None:
    lines = [json.dumps(FACTS), json.dumps(FACTS | {"act": "READ"}), "{", json.dumps(FACTS)]
    code, out, err = ask("\n".join(lines))
    assert code == 2
    answers = [json.loads(line) for line in out.splitlines()]
    assert [answer.get("outcome") for answer in answers] == ["ALLOW", None, None, "ALLOW"]
    assert (answers[1]["line"], answers[1]["fact"]) == (2, "act")
    complaints = err.splitlines()
    assert complaints[0].startswith('line 2: fact `act` is `"READ"`; it must be one of USE')
    assert complaints[1].startswith("line 3 column 2: not JSON")


def test_a_broken_first_line_is_not_taken_for_the_start_of_one_object() -> None:
    code, out, err = ask('{"act": \n' + json.dumps(FACTS))
    assert code == 2
    assert [("error" in json.loads(line)) for line in out.splitlines()] == [True, False]
    assert err.startswith("line 1 column")


def test_lines_too_long_are_refused_and_still_counted_as_one() -> None:
    long = json.dumps(FACTS | {"junk": "x" * 3 * FACTS_SIZE_BYTES})
    code, out, err = ask("\n".join([json.dumps(FACTS), long, json.dumps(FACTS)]))
    assert code == 2
    assert len(out.splitlines()) == 3
    assert err == f"line 2: more than {FACTS_SIZE_BYTES} bytes; split the input\n"


@pytest.mark.parametrize(
    ("raw", "complaint"),
    [
        (b"", "no facts; give one JSON object, or one per line"),
        (b"\n \n", "no facts"),
        (b"{", "line 1 column 2: not JSON"),
        (b'{\n "act": "USE",\n}', "line 3 column 1: not JSON"),
        (b"[" * 60_000, "nested too deeply"),
        (b"\xff", "byte 1 is not UTF-8"),
        (b"null", "not an object of facts"),
        (json.dumps([FACTS]).encode(), "not an object of facts"),
        (b'{"act": "USE", "act": "SELL"}', '`"act"` is given twice in one object'),
        (b"{}", "fact `jurisdiction` is missing; give one of AU"),
        (json.dumps(FACTS | {"channel": "SMS"}).encode(), "I1: "),
        (b'{\n"a":\n"' + b"x" * FACTS_SIZE_BYTES + b'"}', f"more than {FACTS_SIZE_BYTES} bytes"),
    ],
)
def test_bad_facts_are_explained_and_nothing_is_answered(raw: bytes, complaint: str) -> None:
    code, out, err = ask(raw)
    assert (code, out) == (2, "")
    assert complaint in err


def test_a_decision_is_shown_to_a_person() -> None:
    facts = Facts.parse(FACTS | {"notice": "MISSING", "purpose_fit": "NEW"})
    lines = show(decide(facts)).splitlines()
    assert lines[0] == "NOTICE_NEEDED  au.app5-notice  [APP 5.1-5.2]"
    assert lines[2] == "  customer: We need to tell you what we collect and why before we go further."
    assert lines[3] == "  because:  notice = MISSING"
    assert lines[4].startswith(
        "  also:     CONSENT_NEEDED au.default: Not a purpose the customer was told of"
    )
