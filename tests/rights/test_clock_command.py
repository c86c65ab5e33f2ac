"""`hub clock`, through its door: what it prints, and how it refuses."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.rights.law import RIGHTS

HUB = Path(sys.executable).with_name("hub")


def hub(*arguments: str) -> tuple[int, str, str]:
    """Run `hub clock`: exit code, output, complaints."""
    done = CliRunner().invoke(app, ["clock", *arguments], prog_name="hub")
    return done.exit_code, done.stdout, done.stderr


def test_the_installed_command_answers_in_json_without_a_database() -> None:
    arguments = ["clock", "UK", "access", "--received", "2026-01-31", "--json"]
    done = subprocess.run(
        [HUB, *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=180,
        env={"HUB_DATABASE_URL": "x"},
    )
    answer = json.loads(done.stdout)
    assert list(answer) == ["acknowledge_by", "due", "extended_due", "steps"]
    assert (answer["acknowledge_by"], answer["due"], answer["extended_due"]) == (
        None,
        "2026-03-02",
        "2026-04-30",
    )
    assert all(isinstance(step, str) and step.endswith("]") for step in answer["steps"])
    assert done.stderr == ""


def test_the_command_loads_no_database_driver_and_no_web_server() -> None:
    program = (
        "import sys, hub.cli\n"
        "sys.argv = ['hub', 'clock', 'UK', 'access', '--received', '2026-01-31']\n"
        "try:\n    hub.cli.main()\nexcept SystemExit:\n    pass\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=180
    )
    assert "last day" in done.stdout
    assert not [
        name for name in ("asyncpg", "psycopg", "starlette", "tortoise") if f"'{name}'" in done.stderr
    ]


def test_a_person_gets_the_days_and_the_numbered_calculation() -> None:
    code, said, _ = hub("US_CA", "deletion", "--received", "2026-03-02")
    assert code == 0
    lines = said.splitlines()
    assert lines[:4] == [
        "confirm receipt by  Monday 2026-03-16",
        "aim for             Thursday 2026-04-16",
        "last day            Thursday 2026-04-16",
        "if extended         Sunday 2026-05-31",
    ]
    assert lines[5].startswith(" 1. Received on Monday 2 March 2026.")
    assert [line[:3].strip() for line in lines[5:]] == [f"{number}." for number in range(1, len(lines) - 4)]


def test_days_there_are_none_of_are_hyphens_and_null() -> None:
    _, said, _ = hub("UK", "complaint", "--received", "2026-07-01")
    assert said.splitlines()[:4] == [
        "confirm receipt by  Thursday 2026-07-30",
        "aim for             Friday 2026-07-31",
        "last day            -",
        "if extended         -",
    ]
    _, said, _ = hub("UK", "complaint", "--received", "2026-07-01", "--json")
    answer = json.loads(said)
    assert (answer["due"], answer["extended_due"]) == (None, None)


def test_several_clarifications_are_given_one_after_another() -> None:
    one = ("--clarification", "2026-03-05", "2026-03-15")
    two = ("--clarification=2026-03-20", "2026-03-21")
    several = json.loads(hub("UK", "access", *one, "--received", "2026-03-02", *two, "--json")[1])
    assert (several["due"], several["extended_due"]) == ("2026-04-15", "2026-06-15")
    single = json.loads(hub(*one, "UK", "access", "--received", "2026-03-02", "--json")[1])
    assert single["due"] == "2026-04-13"
    written = json.loads(hub("UK", "access", "--received", "2026-03-02", "--clarification", "2026-03-05/2026-03-15",
                             "--json")[1])  # fmt: skip
    assert written == single


def test_identity_fee_region_and_extension_are_read() -> None:
    proved = hub("UK", "access", "--received", "2026-01-05", "--identity-received", "2026-01-12", "--json")
    assert json.loads(proved[1])["due"] == "2026-02-12"
    paid = hub("UK", "access", "--received", "2026-01-05", "--fee-received", "2026-01-20", "--json")
    assert json.loads(paid[1])["due"] == "2026-02-20"
    french = hub("eu", "Access", "--received", "2026-03-06", "--region", "fr", "--json")
    assert json.loads(french[1])["due"] == "2026-04-07"
    taken = hub("UK", "access", "--received", "2026-01-31", "--extend")
    assert taken[1].splitlines()[3] == "extended to         Thursday 2026-04-30"


def test_an_extension_changes_no_day_of_the_answer() -> None:
    plain = json.loads(hub("EU", "access", "--received", "2026-08-31", "--json")[1])
    taken = json.loads(hub("EU", "access", "--received", "2026-08-31", "--extend", "--json")[1])
    assert (plain["due"], plain["extended_due"]) == (taken["due"], taken["extended_due"])
    assert plain["steps"] != taken["steps"]
    none = hub("AU", "access", "--received", "2026-05-01", "--extend", "--json")
    assert (none[0], json.loads(none[1])["extended_due"]) == (0, None)


@pytest.mark.parametrize("key", sorted(RIGHTS), ids="-".join)
def test_every_right_is_answered_or_refused_with_what_to_ask_instead(key: tuple[str, str]) -> None:
    place, kind = key
    code, said, complaint = hub(place, kind.lower(), "--received", "2026-11-02", "--json")
    if RIGHTS[key].is_offered:  # pyright: ignore[reportArgumentType] -- enums are strings
        assert code == 0
        answer = json.loads(said)
        assert answer["due"] or answer["acknowledge_by"]
    else:
        assert (code, said) == (2, "")
        assert "Take it in as " in complaint


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("XX access --received 2026-03-02", "This is none of AU, UK, ZA, MA, EU, US_CA. (JURISDICTION)"),
        ("UK nonsense --received 2026-03-02", "This is none of access, portability,"),
        (
            "UK access --received 2026-02-30",
            "This is no day of the calendar. Write it as 2026-03-31. (--received)",
        ),
        ("UK access --received 20260302", "This is no day of the calendar."),
        ("UK access --received tomorrow", "This is no day of the calendar."),
        ("UK access --received=", "This is no day of the calendar."),
        (
            "UK access --received 2026-03-02 --identity-received x",
            "Write it as 2026-03-31. (--identity-received)",
        ),
        ("UK access --received 2026-03-02 --fee-received x", "Write it as 2026-03-31. (--fee-received)"),
        ("UK access --received 2026-03-02 --identity-received 2026-03-01", "for. (--identity-received)"),
        ("UK access --received 2026-03-02 --fee-received 2026-03-01", "for. (--fee-received)"),
        ("UK access --received 2026-03-02 --clarification 2026-03-05", "Give two days"),
        ("UK access --clarification 2026-03-05 --received 2026-03-02", "Give two days"),
        ("UK access --received 2026-03-02 --clarification 2026-03-05 x", "2026-03-31. (--clarification)"),
        (
            "UK access --received 2026-03-02 --clarification 2026-03-05 2026-03-04",
            "answered before it is asked",
        ),
        (
            "UK access --received 2026-03-02 --clarification 2026-03-01 2026-03-04",
            "before the request is here",
        ),
        ("UK access --received 9999-12-31", "Choose a day from 1900 to 2099. (--received)"),
        ("EU access --received 2026-03-02 --region XX", "(--region)"),
        ("AU portability --received 2026-03-02", "Take it in as access. (KIND)"),
    ],
)
def test_bad_input_gets_one_line_and_exit_code_2(arguments: str, said: str) -> None:
    code, out, complaint = hub(*arguments.split(" "))
    assert (code, out) == (2, "")
    [line] = complaint.splitlines()
    assert line.startswith("hub: ")
    assert said in line


@pytest.mark.parametrize(
    "arguments", ["UK access", "UK --received 2026-03-02", "UK access --received 2026-03-02 --clarification"]
)
def test_what_is_missing_is_named(arguments: str) -> None:
    code, out, complaint = hub(*arguments.split(" "))
    assert (code, out) == (2, "")
    assert "Missing" in complaint or "requires an argument" in complaint
    assert "Traceback" not in complaint
