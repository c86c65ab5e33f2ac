"""Bare facts, decided from a file or a stream: what is printed, what is refused, and in which language."""

import json
from datetime import date
from io import BytesIO, StringIO
from typing import Any

import pytest

from hub.cli.deciding import Language
from hub.cli.rules import FACTS_SIZE_BYTES, decide_lines, show
from hub.policy import Facts, decide
from hub.policy.words import LANGUAGES, WORDS

FACTS: dict[str, Any] = Facts.unpack(0).to_dict() | {"need_to_know": True}
AUTOMATED = FACTS | {"act": "PROFILE", "purpose_fit": "NEW", "profile_effect": "AUTOMATED_DECISION"}


def ask(raw: bytes | str, on: date | None = None, language: str = "en") -> tuple[int, str, str]:
    """Decide from a stream; returns exit code, output, complaints."""
    out, err = StringIO(), StringIO()
    stream = BytesIO(raw if isinstance(raw, bytes) else raw.encode())
    code = decide_lines(stream, on, language=language, out=out, err=err)
    return code, out.getvalue(), err.getvalue()


@pytest.mark.parametrize("indent", [None, 2])
def test_one_object_of_facts_gets_one_decision_to_read(indent: int | None) -> None:
    code, out, err = ask(json.dumps(FACTS, indent=indent))
    assert (code, err) == (0, "")
    assert out.startswith('{\n  "outcome": "ALLOW"')
    answer = json.loads(out)
    assert answer["rule"] == "au.app6-expected"
    assert answer["facts"] == {"purpose_fit": "PRIMARY"}
    assert answer["would_change"] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_decision_is_explained_in_the_language_asked_for(language: str) -> None:
    answer = json.loads(ask(json.dumps(FACTS | {"purpose_fit": "NEW"}), language=language)[1])
    words = WORDS[language]
    assert answer["customer"] == words.rules["au.default"].customer
    assert answer["would_change"][0]["staff"] == words.changes["consent.given"].staff
    assert answer["asking"]["staff"] == words.asking["ask.allowed"].staff
    assert answer["asking"]["how"][0]["text"] == words.manners["unbundled"]


def test_whether_to_ask_is_said_only_where_consent_is_missing() -> None:
    asking = json.loads(ask(json.dumps(FACTS | {"purpose_fit": "NEW", "consent": "REFUSED"}))[1])["asking"]
    assert (asking["allowed"], asking["code"], asking["where"]) == (False, "ask.refused", [])
    assert json.loads(ask(json.dumps(FACTS | {"notice": "MISSING"}))[1])["asking"] is None


def test_the_command_offers_every_language_there_is() -> None:
    assert tuple(Language) == LANGUAGES


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
