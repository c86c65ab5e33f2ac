"""The signed document of a draft over plain HTTP: taken from whoever may, found out, sealed, handed out to be saved."""

import asyncio
import hashlib
from typing import Any

import httpx
import pytest

from hub.act import Hub
from hub.actors import Role
from hub.db import new_id
from schema.relay import global_id
from tests.internal.door import URL, Door
from tests.internal.test_attachments import stored
from tests.uploads.files import PDF, SVG
from tests.world import World

DRAFTING = """mutation ($input: ArrangementDraftInput!) { arrangementDraft(input: $input) {
    arrangement { id key state } problems { code message } } }"""
WEIGHING = """mutation ($input: ArrangementRefInput!) { arrangementWeigh(input: $input) {
    arrangement { picture { purposes { customers } } } problems { code } } }"""
FORCING = """mutation ($input: ArrangementRefInput!) { arrangementPutInForce(input: $input) {
    arrangement { state } problems { code } } }"""
AGREEING = """mutation ($input: ArrangementAgreeInput!) { arrangementAgree(input: $input) {
    arrangement { state startsOn inForceAt picture { purposes { customers } } } problems { code path } } }"""
SEEN = "query ($ref: ID!) { arrangement(ref: $ref) { documentSha256 } }"
LARGE = PDF.replace(b"trailer", b"%" * 2_000_000 + b"\ntrailer")
Sent = list[tuple[str, tuple[str, bytes, str]]]


def files(content: bytes = PDF, name: str = "signed.pdf") -> Sent:
    """A form with one file."""
    return [("files", (name, content, "text/html"))]


def selling(**changes: Any) -> dict[str, Any]:
    """A sale, as it is entered."""
    return {
        "key": f"k-{new_id().hex}", "kind": "SALE", "recipient": "southern-inspections", "startsOn": "2026-01-01",
        "purposes": ["referral-mortgage"], "categories": ["contact"], "destination": "AU", **changes,
    }  # fmt: skip


async def drafted(door: Door, token: str) -> dict[str, Any]:
    """Enter a draft."""
    said = await door.one(token, DRAFTING, input=selling())
    assert said["problems"] == []
    return said["arrangement"]


async def send(door: Door, token: str, named: str, sent: Sent, key: str | None = None) -> httpx.Response:
    signed = {"Authorization": f"Bearer {token}", **({"Idempotency-Key": key} if key else {})}
    async with door._http() as http:
        return await http.post(f"/arrangements/{named}/document", files=sent, headers=signed)


async def fetch(door: Door, token: str, named: str) -> httpx.Response:
    async with door._http() as http:
        headers = {"Authorization": f"Bearer {token}"}
        return await http.get(f"/arrangements/{named}/document", headers=headers)


@pytest.mark.parametrize("content", [PDF, LARGE])
async def test_what_is_signed_comes_back_as_it_was_sent_under_its_fingerprint(
    hub: Hub, door: Door, app: str, content: bytes
) -> None:
    row, before, objects = await drafted(door, app), await door.traces(), stored(hub)
    said = await send(door, app, row["key"], files(content))
    assert said.status_code == 201, said.text
    digest = hashlib.sha256(content).hexdigest()
    assert said.json() == {"arrangement": row["id"], "sha256": digest}
    assert await door.events(before) == ["arrangement.document_added"]
    [new] = stored(hub) - objects
    assert content[:64] not in new.read_bytes()
    for named in (row["key"], row["id"]):
        assert (await door.one(app, SEEN, ref=named))["documentSha256"] == digest
        answer = await fetch(door, app, named)
        assert (answer.status_code, answer.content) == (200, content)
        assert answer.headers["content-disposition"].startswith('attachment; filename="signed.pdf"')
        assert "sandbox" in answer.headers["content-security-policy"]
        assert answer.headers["x-sha256"] == digest


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (files(SVG, "a.svg"), 400), (files(b"<html>", "a.pdf"), 400), (files() * 2, 400),
        ([("other", ("a.txt", b"x", ""))], 400), (files(b"", ""), 400), (files(b"x" * 11_000_000), 413),
    ],
)  # fmt: skip
async def test_what_is_no_document_leaves_nothing_behind(
    hub: Hub, door: Door, app: str, sent: Sent, status: int
) -> None:
    row = await drafted(door, app)
    before, objects = await door.traces(), stored(hub)
    assert (await send(door, app, row["key"], sent)).status_code == status
    assert (await fetch(door, app, row["key"])).status_code == 404
    assert (await door.traces(), stored(hub)) == (before, objects)


async def test_only_whoever_may_write_the_catalogue_brings_one_and_readers_read_it(
    hub: Hub, door: Door, world: World, app: str, stranger: str
) -> None:
    row = await drafted(door, app)
    reader, other = await door.token(world, Role.CATALOGUE_READ), await door.token(world, Role.REQUESTS_READ)
    before, objects = await door.traces(), stored(hub)
    for token, status in (("", 401), ("x", 401), (reader, 403), (other, 403), (stranger, 404)):
        assert (await send(door, token, row["key"], files())).status_code == status
    missing = await send(door, app, f"k-{new_id().hex}", files())
    assert missing.status_code == 404
    assert missing.json()["detail"] == (await send(door, stranger, row["id"], files())).json()["detail"]
    assert (await send(door, app, global_id("Customer", new_id()), files())).status_code == 400
    async with door._http() as http:
        refused = await http.post(f"{URL}/arrangements/{row['key']}/document", files=files())
    assert refused.status_code == 401
    assert (await door.traces(), stored(hub)) == (before, objects)
    assert (await send(door, app, row["key"], files())).status_code == 201
    for token, status in (("", 401), (other, 403), (stranger, 404), (reader, 200)):
        assert (await fetch(door, token, row["key"])).status_code == status


async def test_the_same_key_takes_it_once_however_often_and_at_once(hub: Hub, door: Door, app: str) -> None:
    row, objects, key = await drafted(door, app), stored(hub), str(new_id())
    before = await door.traces()
    answers = await asyncio.gather(*(send(door, app, row["key"], files(), key) for _ in range(5)))
    assert {each.status_code for each in answers} <= {201, 409}
    assert (await send(door, app, row["key"], files(), key)).status_code == 201
    assert (await send(door, app, row["key"], files(LARGE), key)).status_code == 422
    assert await door.events(before) == ["arrangement.document_added"]
    assert len(stored(hub) - objects) == 1


async def test_one_in_force_keeps_what_was_signed(hub: Hub, door: Door, app: str) -> None:
    row = await drafted(door, app)
    assert (await send(door, app, row["key"], files())).status_code == 201
    weighed = await door.one(app, WEIGHING, input={"arrangement": row["key"]})
    assert weighed["problems"] == []
    assert len(weighed["arrangement"]["picture"]["purposes"]) == 1
    assert (await door.one(app, FORCING, input={"arrangement": row["key"]}))["problems"] == []
    before, objects = await door.traces(), stored(hub)
    assert (await send(door, app, row["key"], files(LARGE))).status_code == 409
    weighing = WEIGHING.replace("code", "code path")
    problem = await door.problem(app, weighing, input={"arrangement": row["key"]})
    assert problem == ("CONFLICT", ["input", "arrangement"])
    assert (await door.traces(), stored(hub)) == (before, objects)
    assert (await fetch(door, app, row["key"])).content == PDF


async def test_a_sale_that_is_in_force_already_is_entered_with_its_document_and_whom_it_reaches(
    door: Door, app: str
) -> None:
    before = await door.traces()
    assert await door.problem(app, AGREEING, input=selling()) == ("CONFLICT", ["input", "documentSha256"])
    assert await door.traces() == before
    new = selling(startsOn="2021-05-01", documentSha256="0" * 64)
    made = (await door.one(app, AGREEING, input=new))["arrangement"]
    assert (made["state"], made["startsOn"]) == ("IN_FORCE", "2021-05-01")
    assert len(made["picture"]["purposes"]) == 1
    assert await door.events(before) == ["arrangement.agreed"]
