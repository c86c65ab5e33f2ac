"""Line ends, NUL and their like in every field: refused, or plain text to one recipient, and no header or command."""

from itertools import product
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from hub import organisations
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.errors import Refusal
from hub.organisations import Changes
from tests.letters.conftest import ADDRESS, VALUES, Desk, Server, desk_of, mailing
from tests.letters.test_sending import HEADERS

BREAKS = [
    "\r\n",
    "\n",
    "\r",
    "\0",
    "\u2028",
    "\u2029",
    "\x85",
    "\x0b",
    "\x0c",
    "\x1c",
    "\u202e",
    "\ud800",
    "%0d%0a",
]
LOADS = [
    "Bcc: evil@evil.example",
    "\r\n.\r\nMAIL FROM:<evil@evil.example>",
    "> BODY=8BITMIME\r\nRCPT TO:<evil@evil.example",
    "",
]
REFUSED = {"rights_refused": {"reference": "PH-1", "reason": "No.", "link": "/x", "regulator": "the Office"}}
PLACES = ["address", "local", "domain", "locale", "template", "reference", "reason", "link", "regulator"]


def spoilt(place: str, poison: str) -> dict[str, Any]:
    """A letter with poison at one place."""
    plain: dict[str, Any] = {"template": "rights_refused", "address": ADDRESS, "locale": "en"}
    values: dict[str, Any] = dict(REFUSED["rights_refused"])
    if place in values:
        values[place] += poison
    elif place == "local":
        plain["address"] = f"amira{poison}@reader.example"
    elif place == "domain":
        plain["address"] = f"amira@reader{poison}.example"
    else:
        plain[place] += poison
    return {**plain, "values": values}


async def queued_or_refused(desk: Desk, given: dict[str, Any]) -> UUID | None:
    try:
        return await desk.queue(**given)
    except Refusal as refusal:
        said = refusal.message
    assert "evil" not in said
    return None


@pytest.mark.parametrize("place", PLACES)
async def test_poison_in_a_field_reaches_no_header_and_no_command(
    desk: Desk, server: Server, place: str
) -> None:
    taken = 0
    for end, load in product(BREAKS, LOADS):
        letter_id = await queued_or_refused(desk, spoilt(place, f"{end}{load}x"))
        if letter_id is not None:
            taken += 1
            await desk.deliver(letter_id)
            assert (await desk.row(letter_id))["state"] == "SENT"
    assert len(server.came) == taken
    for envelope, message in zip(server.came, server.messages, strict=True):
        assert len(envelope.rcpt_tos) == 1
        assert envelope.rcpt_tos[0] == ADDRESS if place not in {"address", "local", "domain"} else True
        assert "evil.example" not in envelope.rcpt_tos[0]
        assert set(message.keys()) == HEADERS
        assert message["From"] == "Firm <privacy@firm.example>"
        assert str(message["To"]).replace(" ", "") == envelope.rcpt_tos[0]
    assert taken > 0 or place not in {"reason", "regulator"}, "some of it is only text"


@pytest.mark.parametrize(
    "name", ['Firm "A", <evil@evil.example>', "Firm, evil@evil.example", "=?utf-8?q?x?=", "Fürm; a@b.example"]
)
async def test_the_name_of_a_firm_is_only_a_name(
    hub: Hub, server: Server, superuser: asyncpg.Connection, name: str
) -> None:
    async with desk_of(mailing(hub, server.url), superuser) as desk:
        async with hub.act(OPERATOR, Operation.ORGANISATION_SET_UP) as act:
            await organisations.change(act, desk.firm.id, Changes(name=name))
        await desk.deliver(await desk.queue(values=VALUES))
    [address] = server.messages[0]["From"].addresses
    assert (address.addr_spec, set(server.messages[0].keys())) == ("privacy@firm.example", HEADERS)
    assert address.display_name in {name, "x"}
