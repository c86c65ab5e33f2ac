"""Accounts of the desk, as the operator keeps them."""

import json

from tests.run.conftest import Place
from tests.run.test_commands import ADD


def test_a_member_of_staff_is_invited_listed_reset_and_disabled(place: Place) -> None:
    place.run(*ADD)
    given = ("staff", "invite", "Ruth Okafor", "ruth@acme.example")
    made = json.loads(place.run(*given, "--role", "conduct", "--role", "admin", "--json").stdout)
    assert "/desk/acme/en/welcome/" in made["link"]
    [listed] = json.loads(place.run("staff", "list", "--json").stdout)
    assert (listed["id"], listed["roles"], listed["state"]) == (made["id"], ["admin", "conduct"], "invited")
    assert "Ruth Okafor" in place.run("staff", "list").stdout
    again = place.run("staff", "reset", made["id"])
    assert "/desk/acme/en/welcome/" in again.stdout
    assert made["link"] not in again.stdout
    assert place.run(*given, "--role", "reader").returncode == 2
    assert json.loads(place.run("staff", "disable", made["id"], "--json").stdout)["disabled_at"]
    assert place.run("staff", "reset", made["id"]).returncode == 2
    assert place.run("staff", "disable", "0199a7c0-5b1e-7cc2-9f0a-2f6d6a0c1d2e").returncode == 2
    assert place.run("staff", "invite", "X Y", "x@acme.example", "--role", "everything").returncode == 2
