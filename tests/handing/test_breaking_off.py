"""A download that is going on ends where whoever asked may have no more of it, in the middle of the file."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from starlette.types import Message, Scope

from hub import asgi
from hub.act import Hub
from hub.actors import Operation
from hub.errors import Refusal
from hub.partners import exports, inviting
from hub.readiness import Readiness
from schema.partner import downloads
from schema.relay import uuid_of
from tests.handing.conftest import Firm
from tests.handing.opening import PUBLIC, decrypted
from tests.handing.test_exports_together import block_it, end_the_arrangement
from tests.handing.test_over_http import EXPORT, Crowded, ready
from tests.partner.partner import Partner, invite
from workers import partner_exports

START = """mutation ($key: String!) { startExport(input: {arrangement: "quay-referrals",
    purpose: "referral-inspection", format: NDJSON, encryptTo: $key}) { export { id } problems { code } } }"""
PEOPLE = 12
Happens = Callable[[Firm, Partner, str], Awaitable[Any]]


async def revoke(firm: Firm, partner: Partner, _: str) -> None:
    """Their client ends."""
    async with firm.hub.act(firm.world.app(), Operation.PARTNER_INVITE) as act:
        await inviting.revoke(act, partner.client_id)


async def block(firm: Firm, _: Partner, __: str) -> None:
    """They are blocked."""
    await block_it(firm, firm.partner("quay-inspections"))


async def end(firm: Firm, _: Partner, __: str) -> None:
    """What is agreed ends."""
    await end_the_arrangement(firm, firm.partner("quay-inspections"))


async def cancel(_: Firm, partner: Partner, export: str) -> None:
    """They give it up themselves."""
    gone = "mutation ($id: ID!) { cancelExport(id: $id) { export { state } problems { code } } }"
    assert (await partner.ask(gone, id=export))["cancelExport"]["problems"] == []


async def nothing(*_: object) -> None:
    """All goes well."""


@pytest.fixture
def asked_at_every_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if each few bytes were many."""
    monkeypatch.setattr(downloads, "ASKED_AGAIN_BYTES", 1)


async def partner_of(firm: Firm) -> Partner:
    """The inspectors' system."""
    site = asgi.create_app(firm.hub, Readiness(firm.hub, []))
    return await invite(firm.hub, site, firm.world, method="client_secret")


async def got(partner: Partner, path: str, token: str, meanwhile: Callable[[], Awaitable[Any]]) -> bytes:
    """Download a file; something happens once its first bytes are there."""
    came, asked = list[bytes](), itertools.count()
    scope: Scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "client": ("10.1.2.3", 4711),
        "server": ("localhost", 8000),
        "headers": [(b"host", b"localhost:8000"), (b"authorization", f"Bearer {token}".encode())],
    }  # fmt: skip

    async def receive() -> Message:
        if next(asked):
            await asyncio.Event().wait()  # they stay until the end
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if body := message.get("body"):
            came.append(body)
            if len(came) == 1:
                await meanwhile()

    with suppress(Refusal):
        await partner.site(scope, receive, send)
    return b"".join(came)


@pytest.mark.usefixtures("small_parts", "asked_at_every_piece")
@pytest.mark.parametrize("several", [(nothing, cancel, revoke, block), (end,)])
async def test_whoever_may_have_it_no_more_gets_no_further_in_the_middle_of_a_file(
    firm: Firm, several: Sequence[Happens]
) -> None:
    await firm.customers(PEOPLE)
    for happens in several:
        partner = await partner_of(firm)
        token = await partner.token()
        export = await ready(firm, partner, token)
        name = export["path"].rpartition("/")[2]
        meanwhile = partial(happens, firm, partner, name)
        file = await got(partner, export["path"], token, meanwhile)
        assert 0 < len(file) <= export["sizeBytes"]
        assert (len(file) == export["sizeBytes"]) is (happens is nothing), happens


@pytest.mark.usefixtures("small_parts")
async def test_a_file_that_is_asked_for_with_a_key_is_opened_by_that_key(hub: Hub, crowded: Crowded) -> None:
    firm, allowed, _ = crowded
    partner = await partner_of(firm)
    token = await partner.token()
    started = (await partner.ask(START, token, key=PUBLIC))["startExport"]
    assert started["problems"] == []
    await partner_exports.run(hub, uuid_of(started["export"]["id"], "Export"))
    export = (await partner.ask(EXPORT, token, id=started["export"]["id"]))["export"]
    assert (export["state"], export["isEncrypted"]) == (exports.State.READY, True)
    file = await got(partner, export["path"], token, nothing)
    assert decrypted(file).count(b"\n") == len(allowed)
    wrong = (await partner.ask(START, token, key="age1nobody"))["startExport"]
    assert (wrong["export"], [each["code"] for each in wrong["problems"]]) == (None, ["INVALID"])
