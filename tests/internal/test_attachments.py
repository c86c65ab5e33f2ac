"""Files of requests over plain HTTP: sent and fetched by whoever may, noted, sealed, and never shown by a browser."""

import asyncio
import io
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from hub import storage
from hub.act import Hub
from hub.actors import OPERATOR, Operation, Role
from hub.db import new_id
from hub.rights.attachments import FILES_MOST
from schema.relay import global_id, uuid_of
from tests.internal.door import URL, Door
from tests.uploads.files import PDF, SVG, photo
from tests.world import World

OPENING = """mutation ($input: OpenRightsRequestInput!) { openRightsRequest(input: $input) {
    request { id state } problems { code message } } }"""
SEEN = """query ($id: ID!) { node(id: $id) { ... on RightsRequest {
    attachments { id kind sizeBytes scan addedBy } events { kind code } } } }"""
REVEAL = """mutation ($input: RevealRightsRequestInput!) { revealRightsRequest(input: $input) {
    files { id name } problems { code } } }"""
FILES = [
    ("files", ("../Pass\u202eport.pdf", PDF, "text/html")),
    ("files", ("IMG.jpg", photo(), "application/x-msdownload")),
]
Sent = list[tuple[str, tuple[str, bytes, str]]]


async def opened(hub: Hub, door: Door, world: World, token: str, **more: Any) -> str:
    """Take a request in; returns its id."""
    customer = global_id("Customer", await world.customer(hub))
    asked = {"customer": {"id": customer}, "kind": "ACCESS", "channel": "POST", **more}
    return (await door.one(token, OPENING, input=asked))["request"]["id"]


async def send(
    door: Door,
    token: str,
    request: str,
    files: Sent,
    fields: dict[str, str] | None = None,
    key: str | None = None,
) -> httpx.Response:
    signed = {"Authorization": f"Bearer {token}", **({"Idempotency-Key": key} if key else {})}
    async with door._http() as http:
        return await http.post(f"/requests/{request}/attachments", files=files, data=fields, headers=signed)


async def fetch(door: Door, token: str, attachment: str, reason: str | None = "HANDLING") -> httpx.Response:
    given = {} if reason is None else {"reason": reason}
    async with door._http() as http:
        headers = {"Authorization": f"Bearer {token}"}
        return await http.get(f"/attachments/{attachment}", params=given, headers=headers)


def stored(hub: Hub) -> set[Path]:
    """Every object in the storage."""
    folder = storage.folder(hub.settings)
    assert folder
    return {path for path in folder.rglob("*") if path.is_file()}


async def test_files_come_back_as_they_were_sent_to_be_saved_and_it_is_noted_who_looked(
    hub: Hub, door: Door, world: World, app: str
) -> None:
    request = await opened(hub, door, world, app)
    before = await door.traces()
    said = await send(door, app, request, FILES)
    assert said.status_code == 201, said.text
    made = said.json()["attachments"]
    assert [(each["kind"], each["scan"]) for each in made] == [
        ("PDF", "NOT_SCANNED"),
        ("JPEG", "NOT_SCANNED"),
    ]
    assert await door.events(before) == ["request.files_added"]
    seen = (await door.one(app, SEEN, id=request))["attachments"]
    assert [(each["id"], each["sizeBytes"], each["addedBy"]) for each in seen] == [
        (each["id"], each["sizeBytes"], "app") for each in made
    ]
    before = await door.traces()
    answer = await fetch(door, app, made[0]["id"])
    assert (answer.status_code, answer.content) == (200, PDF)
    assert answer.headers["content-disposition"].startswith('attachment; filename="Passport.pdf"')
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["x-scan"] == "NOT_SCANNED"
    assert await door.events(before) == ["request.file_viewed"]
    events = (await door.one(app, SEEN, id=request))["events"]
    assert events[-1] == {"kind": "FILE_VIEWED", "code": "HANDLING"}
    picture = await fetch(door, app, made[1]["id"])
    with Image.open(io.BytesIO(picture.content)) as shown:
        assert dict(shown.getexif()) == {}


async def test_what_files_are_called_is_opened_with_the_request(
    hub: Hub, door: Door, world: World, app: str
) -> None:
    request = await opened(hub, door, world, app)
    made = (await send(door, app, request, FILES)).json()["attachments"]
    shown = await door.one(app, REVEAL, input={"request": request, "reason": "HANDLING"})
    assert shown["files"] == [
        {"id": made[0]["id"], "name": "Passport.pdf"}, {"id": made[1]["id"], "name": "IMG.jpg"},
    ]  # fmt: skip


async def test_nothing_of_a_file_lies_in_clear(hub: Hub, door: Door, world: World, app: str) -> None:
    request = await opened(hub, door, world, app)
    before = stored(hub)
    content = b"CANARY of a customer\n" * 100
    assert (await send(door, app, request, [("files", ("CANARY.txt", content, ""))])).status_code == 201
    [new] = stored(hub) - before
    assert b"CANARY" not in new.read_bytes()
    async with hub.ask(OPERATOR, Operation.REQUEST_READ) as ask:
        row = await ask.row("SELECT * FROM attachment ORDER BY id DESC LIMIT 1")
    assert row
    assert "CANARY" not in str(dict(row))


async def test_with_the_requests_key_its_files_are_gone(
    hub: Hub, door: Door, world: World, app: str, superuser: Any
) -> None:
    request = await opened(hub, door, world, app)
    [made] = (await send(door, app, request, FILES[:1])).json()["attachments"]
    async with superuser.transaction():
        await superuser.execute("SET LOCAL session_replication_role = replica")
        request_id = uuid_of(request, "RightsRequest")
        await superuser.execute("DELETE FROM keys.request_key WHERE request_id = $1", request_id)
    before = await door.traces()
    assert (await fetch(door, app, made["id"])).status_code == 409
    assert await door.traces() == before


@pytest.mark.parametrize("case", ["nothing", "another firm's", "of another kind", "garbage"])
async def test_what_is_not_ones_own_is_absent_alike(
    hub: Hub, door: Door, world: World, app: str, stranger: str, case: str
) -> None:
    request = await opened(hub, door, world, app)
    [made] = (await send(door, app, request, FILES[:1])).json()["attachments"]
    token = stranger if case == "another firm's" else app
    ids = {
        "nothing": (global_id("RightsRequest", new_id()), global_id("Attachment", new_id())),
        "another firm's": (request, made["id"]),
        "of another kind": (made["id"], request),
        "garbage": ("x", "%00"),
    }[case]
    before, objects = await door.traces(), stored(hub)
    added, shown = await send(door, token, ids[0], FILES[:1]), await fetch(door, token, ids[1])
    expected = 404 if case in {"nothing", "another firm's"} else 400
    assert (added.status_code, shown.status_code) == (expected, expected)
    if expected == 404:
        details = {added.json()["detail"], shown.json()["detail"]}
        assert details == {
            "No rights request with this id or key. (request)",
            "No file with this id or key. (attachment)",
        }
    assert (await door.traces(), stored(hub)) == (before, objects)


@pytest.mark.parametrize(
    ("files", "fields", "status"),
    [
        ([("files", ("a.svg", SVG, "image/svg+xml"))], None, 400),
        ([*FILES, ("files", ("a.html", b"<html>", ""))], None, 400),
        ([("other", ("a.txt", b"x", ""))], None, 400), (FILES, {"request": "x"}, 400),
        ([("files", ("", b"", ""))], None, 400), ([("files", ("a", b"x", ""))] * 11, None, 413),
        ([("files", ("a", b"x" * 11_000_000, ""))], None, 413),
    ],
)  # fmt: skip
async def test_what_we_do_not_take_leaves_nothing_behind(
    door: Door, world: World, app: str, files: Sent, fields: dict[str, str] | None, status: int
) -> None:
    hub = door.hub
    request = await opened(hub, door, world, app)
    before, objects = await door.traces(), stored(hub)
    assert (await send(door, app, request, files, fields)).status_code == status
    assert (await door.traces(), stored(hub)) == (before, objects)


async def test_only_a_token_with_the_right_scope_opens_the_door(
    hub: Hub, door: Door, world: World, app: str
) -> None:
    request = await opened(hub, door, world, app)
    [made] = (await send(door, app, request, FILES[:1])).json()["attachments"]
    reader = await door.token(world, Role.REQUESTS_READ)
    writer = await door.token(world, Role.REQUESTS_WRITE)
    before, objects = await door.traces(), stored(hub)
    for token, status in (("", 401), ("x", 401), (reader, 403)):
        assert (await send(door, token, request, FILES[:1])).status_code == status
        assert (await fetch(door, token, made["id"])).status_code == status
    assert (await fetch(door, writer, made["id"])).status_code == 403
    async with door._http() as http:
        for kind in ("application/json", "text/plain", "application/octet-stream"):
            headers = {"Authorization": f"Bearer {app}", "content-type": kind}
            answer = await http.post(f"/requests/{request}/attachments", content=PDF, headers=headers)
            assert answer.status_code == 400
        refused = await http.post(f"{URL}/requests/{request}/attachments", files=FILES[:1])
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert (await door.traces(), stored(hub)) == (before, objects)
    assert (await send(door, writer, request, FILES[:1])).status_code == 201


@pytest.mark.parametrize("reason", [None, "", "because I want to", "x" * 65])
async def test_without_a_reason_nothing_is_opened(
    hub: Hub, door: Door, world: World, app: str, reason: str | None
) -> None:
    request = await opened(hub, door, world, app)
    [made] = (await send(door, app, request, FILES[:1])).json()["attachments"]
    before = await door.traces()
    assert (await fetch(door, app, made["id"], reason)).status_code == 400
    assert await door.traces() == before


async def test_the_same_key_adds_once_however_often_and_at_once(
    hub: Hub, door: Door, world: World, app: str
) -> None:
    request = await opened(hub, door, world, app)
    objects, key = stored(hub), str(new_id())
    answers = await asyncio.gather(*(send(door, app, request, FILES[:1], key=key) for _ in range(6)))
    assert {each.status_code for each in answers} <= {201, 409}
    again = await send(door, app, request, FILES[:1], key=key)
    assert all(each.json() == again.json() for each in answers if each.status_code == 201)
    other = await send(door, app, request, FILES[1:], key=key)
    assert other.status_code == 422
    assert len((await door.one(app, SEEN, id=request))["attachments"]) == 1
    assert len(stored(hub) - objects) == 1


async def test_a_request_has_so_many_files_and_no_more_also_at_once(
    hub: Hub, door: Door, world: World, app: str
) -> None:
    request = await opened(hub, door, world, app)
    text: Sent = [("files", ("a.txt", b"x", ""))]
    assert (await send(door, app, request, text * 10)).status_code == 201
    objects = stored(hub)
    answers = await asyncio.gather(*(send(door, app, request, text * 6) for _ in range(3)))
    assert sorted(each.status_code for each in answers) == [201, 413, 413]
    assert (await send(door, app, request, text * 4)).status_code == 201
    assert len((await door.one(app, SEEN, id=request))["attachments"]) == FILES_MOST
    assert len(stored(hub) - objects) == 10


async def test_a_request_that_has_ended_takes_no_files(hub: Hub, door: Door, world: World, app: str) -> None:
    request = await opened(hub, door, world, app, kind="STOP_MARKETING")
    before, objects = await door.traces(), stored(hub)
    assert (await send(door, app, request, FILES[:1])).status_code == 409
    assert (await door.traces(), stored(hub)) == (before, objects)
