"""The command line: what it prints, and the exit codes that scripts branch on."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from hub.cli import app, endings
from hub.keyring import Keyring
from tests import hatchery
from tests.hatchery import HUB
from tests.run.conftest import PATIENCE_SECONDS, Place, Start

ADD = ("organisation", "add", "acme", "Acme Pty Ltd", "--country", "AU", "--contact", "privacy@acme.example")
SCENARIOS = sorted((Path(__file__).parents[1] / "policy" / "scenarios").glob("*.json"))
HEAVY = {"asyncpg", "tortoise", "psycopg", "procrastinate", "strawberry", "graphql", "starlette", "uvicorn",
         "authlib", "cryptography", "pydantic_settings", "jinja2", "rich"}  # fmt: skip


def hub(*arguments: str, stdin: str = "", folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command that needs no database."""
    return hatchery.run(arguments, os.environ, folder or Path.cwd(), stdin)


def hub_anew(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command as a person does, in an interpreter of its own."""
    return subprocess.run(
        [HUB, *arguments], input=stdin, capture_output=True, text=True, check=False, timeout=120
    )


def test_help_names_every_command_with_an_example_and_the_exit_codes() -> None:
    listed = hub_anew("--help")
    assert listed.returncode == 0
    names = "demo run serve work migrate check import decide audience coverage what-if replay rules register"
    for name in [*names.split(), "client", "ledger"]:
        assert f"\n  {name} " in listed.stdout
    assert "69 something needed is not available" in listed.stdout.replace("\n", " ").replace("  ", " ")


@pytest.mark.parametrize(
    "command",
    ["demo", "run", "serve", "work", "migrate", "check", "decide", "audience", "coverage", "what-if",
     "clock", "replay", "rules test", "rules diff", "rules docs", "client create",
     "client list", "client revoke", "staff invite", "staff list", "staff disable", "staff reset", "organisation add",
      "organisation list", "register list", "register missing",
     "ledger verify", "receipt issue", "receipt verify", "keys generate", "keys show", "import customers"],
)  # fmt: skip
def test_every_command_has_help_that_one_can_act_on(command: str) -> None:
    done = hub(*command.split(), "--help")
    assert done.returncode == 0
    assert "Exit codes: 0 " in done.stdout
    assert not set("\b\\") & set(done.stdout)  # marks of the layout
    assert "Example" in done.stdout or command in {"run", "serve", "work"}


def test_version_is_said() -> None:
    assert hub_anew("--version").stdout.startswith("Privacy Hub 0.")


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["decide"], ["rules", "test"], ["client", "create"], ["--nonsense"]]
)
def test_a_wrong_command_line_ends_with_2(arguments: list[str], tmp_path: Path) -> None:
    done = hub(*arguments, folder=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_scenarios_are_counted_and_a_failing_one_is_said(tmp_path: Path) -> None:
    passed = hub("rules", "test", *(str(path) for path in SCENARIOS))
    assert (passed.returncode, passed.stdout.endswith(" passed, 0 failed\n")) == (0, True)
    first = json.loads(SCENARIOS[0].read_text(encoding="utf-8"))[0]
    file = tmp_path / "wrong.json"
    file.write_text(
        json.dumps([{**first, "expect": {"outcome": "DENY", "rule": "no-such-rule"}}]), encoding="utf-8"
    )
    failed = hub("rules", "test", str(file))
    assert failed.returncode == 1
    assert first["id"] in failed.stdout
    assert failed.stdout.endswith("0 passed, 1 failed\n")
    file.write_text("[{", encoding="utf-8")
    assert hub("rules", "test", str(file)).returncode == 2


def test_facts_are_decided_from_a_file_and_from_standard_input(tmp_path: Path) -> None:
    facts = json.loads(SCENARIOS[0].read_text(encoding="utf-8"))[0]["facts"]
    file = tmp_path / "facts.json"
    file.write_text(json.dumps(facts), encoding="utf-8")
    from_file = hub("decide", "--facts", str(file))
    from_stdin = hub_anew("decide", "--facts", "-", stdin=json.dumps(facts))
    assert from_file.returncode == from_stdin.returncode == 0
    assert json.loads(from_file.stdout) == json.loads(from_stdin.stdout)
    many = hub("decide", "--facts", "-", stdin=f"{json.dumps(facts)}\n{json.dumps(facts)}\n")
    assert len(many.stdout.splitlines()) == 2
    assert hub("decide", "--facts", str(tmp_path / "nothing.json")).returncode == 2


@pytest.mark.parametrize("command", ["rules", "decide"])
def test_deciding_without_a_database_loads_no_database_driver_and_no_web_server(
    command: str, tmp_path: Path
) -> None:
    facts = json.loads(SCENARIOS[0].read_text(encoding="utf-8"))[0]["facts"]
    file = tmp_path / "facts.json"
    file.write_text(json.dumps(facts), encoding="utf-8")
    arguments = (
        ["rules", "test", str(SCENARIOS[0])] if command == "rules" else ["decide", "--facts", str(file)]
    )
    program = (
        "import sys, json, hub.cli\n"
        f"sys.argv = ['hub', *{arguments!r}]\n"
        "try:\n    hub.cli.main()\nexcept SystemExit as end:\n    code = end.code\n"
        "print(json.dumps([code, sorted({name.partition('.')[0] for name in sys.modules})]), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0
    assert HEAVY & set(modules) == set()


def test_a_client_is_made_listed_used_and_revoked(place: Place) -> None:
    assert place.run(*ADD).returncode == 0
    assert place.run(*ADD).returncode == 2
    made = place.run(
        "client", "create", "Our website", "--scope", "decide", "--scope", "customers:read", "--json"
    )
    client = json.loads(made.stdout)
    assert client["scopes"] == ["customers:read", "decide"]
    listed = place.run("client", "list", "--json")
    assert [each["client_id"] for each in json.loads(listed.stdout)] == [client["client_id"]]
    assert client["client_secret"] not in listed.stdout
    assert "Our website" in place.run("client", "list").stdout
    revoked = place.run("client", "revoke", client["client_id"], "--json")
    assert json.loads(revoked.stdout)["revoked_at"]
    assert place.run("client", "revoke", "0199a7c0-5b1e-7cc2-9f0a-2f6d6a0c1d2e").returncode == 2
    assert place.run("client", "revoke", "nonsense").returncode == 2
    assert place.run("client", "create", "X", "--scope", "everything").returncode == 2
    assert place.run("client", "create", "X", "--scope", "decide", "--organisation", "other").returncode == 2


def test_without_an_organisation_a_client_cannot_be_made_and_the_remedy_is_said(place: Place) -> None:
    done = place.run("client", "create", "X", "--scope", "decide")
    assert done.returncode == 2
    assert "hub organisation add" in done.stderr


def test_the_ledger_is_verified_and_a_receipt_is_checked_offline(
    place: Place, start: Start, tmp_path: Path
) -> None:
    place.run(*ADD)
    worker = start(place, "work")
    worker.wait_for("hub.starts")
    entry = _entry(place)
    receipt = tmp_path / "receipt.json"
    until = time.monotonic() + PATIENCE_SECONDS
    while issued := place.run("receipt", "issue", entry, "--out", str(receipt)).returncode:
        assert issued == 69
        assert time.monotonic() < until
    assert worker.end() == 0
    verified = place.run("ledger", "verify", "--json")
    assert (verified.returncode, json.loads(verified.stdout)["ok"]) == (0, True)
    assert "the ledger is whole" in place.run("ledger", "verify").stdout
    keys = tmp_path / "keys.json"
    keys.write_text(place.run("keys", "show").stdout, encoding="utf-8")
    good = hub("receipt", "verify", str(receipt), "--key", str(keys), "--json")
    assert (good.returncode, json.loads(good.stdout)["pinned"]) == (0, True)
    assert hub("receipt", "verify", "-", stdin=receipt.read_text(encoding="utf-8")).returncode == 0
    receipt.write_text(
        receipt.read_text(encoding="utf-8").replace("organisation.set_up", "organisation.set_no")
    )
    assert hub("receipt", "verify", str(receipt)).returncode == 1
    assert hub("receipt", "verify", str(keys)).returncode in {1, 2}
    assert hub("receipt", "verify", str(tmp_path / "nothing")).returncode == 69


def _entry(place: Place) -> str:
    with psycopg.connect(place.url) as connection:
        found = connection.execute(
            "SELECT id FROM ledger_entry WHERE event = 'organisation.set_up'"
        ).fetchone()
    assert found is not None
    return str(found[0])


def test_a_ledger_that_was_tampered_with_ends_with_1(place: Place) -> None:
    place.run(*ADD)
    with psycopg.connect(place.url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE ledger_detail SET leaf_hash = sha256(leaf_hash)")
    done = place.run("ledger", "verify", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["findings"]


def test_check_says_what_to_do_about_each_thing(place: Place) -> None:
    well = place.run("check", "--json")
    report = json.loads(well.stdout)
    assert well.returncode == 0
    assert [each["name"] for each in report["checks"]] == [
        "settings", "database", "migrations", "keys", "history", "queue", "mail", "files", "scanner", "names",
    ]  # fmt: skip
    other = place.run("check", HUB_KEYRING=Keyring.generate().dump())
    assert other.returncode == 1
    assert "WRONG    keys        this is not the keyring" in other.stdout
    down = place.run("check", HUB_DATABASE_URL="postgresql://canary:canary-password@127.0.0.1:1/x")
    assert down.returncode == 69
    assert "check that the server runs" in down.stdout
    assert "canary" not in down.stdout + down.stderr
    wrong = place.run("check", HUB_MODE="production")
    assert wrong.returncode == 78
    assert "HUB_PUBLIC_URL: must be an https:// address" in wrong.stdout


@pytest.mark.parametrize(
    ("settings", "code", "said"),
    [({"HUB_PORT": "99999"}, 78, "HUB_PORT"), ({"HUB_KEYRING": "{"}, 78, "HUB_KEYRING"),
     ({"HUB_DATABASE_URL": "mysql://x"}, 78, "HUB_DATABASE_URL"), ({"HUB_MODE": "party"}, 78, "HUB_MODE"),
     ({"HUB_DATABASE_URL": "postgresql://u:canary@127.0.0.1:1/x"}, 69, "database"),
     ({"HUB_KEYRING_FILE": "/nothing/here", "HUB_KEYRING": ""}, 78, "HUB_KEYRING_FILE"),
     ({"HUB_HOST": "no such host"}, 78, "HUB_HOST")],
)  # fmt: skip
def test_what_is_in_the_way_is_said_in_one_line(
    shared_place: Place, settings: dict[str, str], code: int, said: str
) -> None:
    done = shared_place.run("serve", **settings)
    assert done.returncode == code
    assert done.stderr.count("\n") == 1
    assert said in done.stderr
    assert "canary" not in done.stderr


def test_a_database_is_migrated_once_and_then_up_to_date(
    shared_place: Place, clone: Callable[..., str], worker_name: str
) -> None:
    fresh = replace(shared_place, url=clone(f"hub_bare_{worker_name}", "template0"))
    missing = fresh.run("migrate", "--check", "--json")
    assert missing.returncode == 1
    names = json.loads(missing.stdout)["missing"]
    assert names[0] == "0001_initial"
    assert fresh.run("check").returncode == 1
    applied = fresh.run("migrate", "--json")
    assert (applied.returncode, sorted(json.loads(applied.stdout)["applied"])) == (0, names)
    assert fresh.run("migrate").stdout == "The database is up to date.\n"
    assert fresh.run("migrate", "--check").returncode == 0


def test_a_keyring_is_written_for_its_owner_only_and_never_over_another(tmp_path: Path) -> None:
    file = tmp_path / "keyring.json"
    assert hub("keys", "generate", "--out", str(file)).returncode == 0
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.read_text(encoding="utf-8")
    assert hub("keys", "generate", "--out", str(file)).returncode == 2
    assert file.read_text(encoding="utf-8") == before
    assert Keyring.load(hub("keys", "generate").stdout).origin


def test_on_ones_own_machine_commands_find_the_hub_that_runs(here: Place, start: Start) -> None:
    empty = {"HUB_DATABASE_URL": "", "HUB_KEYRING": "", "HUB_MODE": ""}
    running = start(here, "run", **empty)
    running.wait_for("hub.listens")
    assert here.run(*ADD, **empty).returncode == 0
    assert running.end() == 0
    again = here.run("organisation", "list", "--json", **empty)
    assert [each["key"] for each in json.loads(again.stdout)] == ["acme"]


def test_the_documentation_names_every_command_and_every_exit_code() -> None:
    page = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
    for command in app.registered_commands:
        assert command.callback is not None
        assert f"`hub {command.name or command.callback.__name__}`" in page
    for group in app.registered_groups:
        assert group.typer_instance is not None
        for command in group.typer_instance.registered_commands:
            assert f"`hub {group.name} {command.name}`" in page
    for code in (endings.OK, endings.NEGATIVE, endings.USAGE, endings.UNAVAILABLE, endings.BROKEN,
                 endings.CONFIGURATION, endings.STOPPED):  # fmt: skip
        assert f"\n| {code} |" in page
