"""`hub partner show` and `hub partner block`, as somebody on the machine types them."""

import asyncio
import json
from datetime import date

from joserfc.jwk import ECKey

from hub import arrangements, organisations, purposes, recipients
from hub.act import Act, Hub
from hub.actors import OPERATOR, Operation
from hub.arrangements import NewArrangement
from hub.purposes import NewPurpose
from hub.recipients import NewRecipient
from hub.settings import load
from tests.run.conftest import Place
from tests.run.test_commands import ADD


async def agreed(place: Place) -> None:
    """A broker, and a draft with it."""
    settings = load(mode="run", data_dir=place.folder, keyring=place.keyring)
    hub = await Hub.open(settings, place.url)

    async def body(act: Act) -> None:
        whose = (await organisations.read(act, "acme", "organisation")).id
        await recipients.add(act, NewRecipient("bluegum", "Bluegum Mortgages", "AU", organisation=whose))
        use = NewPurpose("referral", "OTHER", {"en": "Referral"}, ["contact"], organisation=whose)
        await purposes.define(act, use)
        new = NewArrangement(
            "alliance",
            "ALLIANCE",
            "bluegum",
            ["referral"],
            ["contact"],
            date(2026, 1, 1),
            "AU",
            organisation=whose,
        )
        await arrangements.draft(act, new)

    try:
        await hub.perform(OPERATOR, Operation.CATALOGUE_WRITE, body)
    finally:
        await hub.close()


def test_a_partner_is_shown_and_blocked(place: Place) -> None:
    place.run(*ADD)
    asyncio.run(agreed(place))
    shown = json.loads(place.run("partner", "show", "bluegum", "--json").stdout)
    assert (shown["name"], shown["is_blocked"], shown["referrals"]) == ("Bluegum Mortgages", False, {})
    assert [(each["key"], each["state"]) for each in shown["arrangements"]] == [("alliance", "DRAFT")]
    assert place.run("partner", "block", "bluegum", "--reason", " ").returncode == 2
    assert place.run("partner", "block", "made-up", "--reason", "Why not.").returncode == 2
    assert "receives nothing more" in place.run("partner", "block", "bluegum", "--reason", "A laptop.").stdout
    said = place.run("partner", "show", "bluegum").stdout
    assert "Blocked: A laptop." in said
    assert "ALLIANCE alliance: DRAFT" in said
    assert place.run("partner", "show", "made-up").returncode == 2
    place.run("partner", "invite", "bluegum", "--scope", "partner:read", "--secret")
    [listed] = json.loads(place.run("partner", "list", "--json").stdout)
    assert (listed["organisation"], listed["recipient"], listed["revoked_at"]) == ("acme", "bluegum", None)


def test_a_third_key_is_refused_as_wrong_input_and_how_one_ends_is_said(place: Place) -> None:
    place.run(*ADD)
    asyncio.run(agreed(place))
    made = place.run("partner", "invite", "bluegum", "--scope", "partner:read", "--json")
    client = json.loads(made.stdout)["client_id"]
    for name in ("ours-1", "ours-2"):
        assert place.run("partner", "key", "add", client, "-", stdin=public(name)).returncode == 0
    third = place.run("partner", "key", "add", client, "-", stdin=public("ours-3"))
    assert third.returncode == 2
    assert third.stderr.strip() == (
        "hub: At most 2 keys count at a time, and ours-1 and ours-2 do: end one of them first. "
        f"`hub partner key end {client} KID` ends one. (jwk)"
    )
    assert place.run("partner", "key", "end", client, "ours-1").returncode == 0
    assert place.run("partner", "key", "add", client, "-", stdin=public("ours-3")).returncode == 0
    [listed] = json.loads(place.run("partner", "list", "--json").stdout)
    living = [each["kid"] for each in listed["keys"] if each["ended_at"] is None]
    assert living == ["ours-2", "ours-3"]


def public(name: str) -> str:
    """A fresh public key, as its owner sends it."""
    key = ECKey.generate_key("P-256", {"kid": name, "alg": "ES256", "use": "sig"}, private=True)
    return json.dumps(key.as_dict(private=False))
