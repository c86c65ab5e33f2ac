"""Files sent at the portal: with what is asked, taken away again, added later; and nothing else is let in by them."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import asyncpg
import httpx
import pytest

from hub import asgi, storage
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.readiness import Readiness
from hub.rights import attachments
from portal.pages import files
from tests.portal.visitor import COPY, HOME, STOP, Visitor, requests_of
from tests.uploads.files import PDF, SVG, photo

Arrives = Callable[..., Visitor]
Sent = list[tuple[str, tuple[str, bytes, str]]]
PROOF: Sent = [("files", ("../Permission\u202e.pdf", PDF, "text/html"))]


async def upload(visitor: Visitor, sent: Sent, *, follow: bool = True, **fields: str) -> httpx.Response:
    """Send the form that is shown, with files."""
    given = {"form": fields.pop("form", "") or visitor.key, **fields}
    answer = await visitor.http.post(
        visitor.page.url.path, data=given, files=sent or {"files": ("", b"")}, headers={"origin": HOME},
        follow_redirects=follow,
    )  # fmt: skip
    if follow:
        visitor.page = answer
    return answer


async def begun(visitor: Visitor) -> None:
    """Answer all of a journey, and come to its page for files."""
    await visitor.walk("copy", COPY)
    await visitor.open("ask/copy/files")


def stored(hub: Hub) -> set[Path]:
    folder = storage.folder(hub.settings)
    assert folder
    return {path for path in folder.rglob("*") if path.is_file()}


async def count(visitor: Visitor) -> int:
    ids = await requests_of(visitor.firm)
    async with visitor.firm.hub.ask(OPERATOR, Operation.REQUEST_READ) as ask:
        return len((await attachments.of(ask, ids[-1:]))[ids[-1]])


async def test_files_go_with_what_is_asked(visitor: Visitor) -> None:
    await begun(visitor)
    await upload(visitor, [*PROOF, ("files", ("IMG.JPG", photo(), ""))], more="yes")
    assert visitor.place == "ask/copy/files"
    assert "Permission.pdf" in visitor.page.text
    await upload(visitor, [("files", ("more.txt", b"More.", ""))])
    assert visitor.place == "ask/copy/check"
    for name in ("Permission.pdf", "IMG.JPG", "more.txt"):
        assert name in visitor.page.text
    await visitor.send({})
    assert await count(visitor) == 3


async def test_a_file_is_taken_away_again(visitor: Visitor, hub: Hub) -> None:
    await begun(visitor)
    before = stored(hub)
    await upload(visitor, PROOF, more="yes")
    assert len(stored(hub) - before) == 1
    which = visitor.page.text.partition('name="away" value="')[2].partition('"')[0]
    await upload(visitor, [], away=which)
    assert (visitor.place, "Permission.pdf" in visitor.page.text) == ("ask/copy/files", False)
    assert stored(hub) == before
    await upload(visitor, [], away=which)
    assert visitor.page.status_code == 200


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ([("files", ("a.svg", SVG, ""))], "We could not take the file"),
        ([*PROOF, ("files", ("b", b"\0", ""))], "We could not take the file"),
        ([("files", ("a.txt", b"x" * 10_500_000, ""))], "Send 10 files at most at a time"),
        ([("files", ("a.txt", b"x", ""))] * 11, "Send 10 files at most at a time"),
        ([("files", ("<script>x</script>.svg", SVG, ""))], "&lt;script&gt;"),
    ],
)  # fmt: skip
async def test_what_cannot_be_taken_is_said_at_the_field_and_leaves_nothing(
    visitor: Visitor, hub: Hub, sent: Sent, said: str
) -> None:
    await begun(visitor)
    before = stored(hub)
    await upload(visitor, sent, more="yes")
    assert (visitor.page.status_code, said in visitor.page.text) == (422, True)
    assert 'id="files-wrong"' in visitor.page.text
    assert "<script" not in visitor.page.text
    assert stored(hub) == before


async def test_ten_files_wait_and_no_more(visitor: Visitor, hub: Hub) -> None:
    await begun(visitor)
    before = stored(hub)
    await upload(visitor, [("files", (f"{number}.txt", b"x", "")) for number in range(8)], more="yes")
    await upload(visitor, [("files", ("more.txt", b"x", ""))] * 3, more="yes")
    assert (visitor.page.status_code, "These are too many" in visitor.page.text) == (422, True)
    assert len(stored(hub) - before) == 8


async def test_twenty_times_sent_is_taken_once(visitor: Visitor, hub: Hub) -> None:
    await begun(visitor)
    before, key = stored(hub), visitor.key
    answers = await asyncio.gather(*(upload(visitor, PROOF, follow=False, form=key) for _ in range(6)))
    assert {each.status_code for each in answers} <= {303, 409}
    await visitor.open("ask/copy/files")
    assert visitor.page.text.count("Permission.pdf</bdi></dt>") == 1
    assert len(stored(hub) - before) == 1


async def test_files_are_added_to_a_request_that_goes_on_and_to_no_other(
    visitor: Visitor, arrives: Arrives, hub: Hub
) -> None:
    await visitor.prove(await visitor.ask("copy", COPY))
    await visitor.open("requests/1")
    assert "/requests/1/files" in visitor.page.text
    await visitor.open("requests/1/files")
    await upload(visitor, PROOF)
    assert (visitor.place, await count(visitor)) == ("requests/1", 1)
    assert "Permission.pdf" in await visitor.open("requests/1/files")
    await upload(visitor, [])
    assert (visitor.page.status_code, "Choose a file" in visitor.page.text) == (422, True)
    stranger = arrives()
    await stranger.walk("copy", COPY)
    assert (await stranger.open("requests/1/files"), stranger.page.status_code)[1] == 404
    before = stored(hub)
    answer = await stranger.http.post(
        f"{stranger.start}/requests/1/files", data={"form": "x"}, files=PROOF, headers={"origin": HOME}
    )
    assert answer.status_code in {403, 404}
    assert stored(hub) == before


async def test_a_request_that_has_ended_takes_no_files(visitor: Visitor) -> None:
    await visitor.prove(await visitor.ask("stop", STOP))
    assert "/requests/1/files" not in await visitor.open("requests/1")
    await visitor.open("requests/1/files")
    assert visitor.page.status_code == 404


async def test_nothing_is_read_from_whoever_has_not_begun_or_is_elsewhere(
    visitor: Visitor, arrives: Arrives, superuser: asyncpg.Connection, hub: Hub
) -> None:
    await begun(visitor)
    path, key, before = visitor.page.url.path, visitor.key, stored(hub)
    large: Sent = [("files", ("a.txt", b"x" * 5_000_000, ""))]
    stranger = arrives()
    for http, origin, status in (
        (visitor.http, "https://evil.example", 403), (visitor.http, "null", 403), (stranger.http, HOME, 404),
    ):  # fmt: skip
        answer = await http.post(path, data={"form": key}, files=large, headers={"origin": origin})
        assert answer.status_code == status
    for wrong in ("", "x", key[:-1]):
        answer = await visitor.http.post(path, data={"form": wrong}, files=PROOF, headers={"origin": HOME})
        assert answer.status_code == 403
    for kind in ("application/x-www-form-urlencoded", "text/plain", "application/json"):
        answer = await visitor.http.post(
            path, content=f"form={key}", headers={"origin": HOME, "content-type": kind}
        )
        assert answer.status_code == 415
    broken = await visitor.http.post(
        path, content=b"--x\r\n", headers={"origin": HOME, "content-type": "multipart/form-data; boundary=x"}
    )
    assert broken.status_code == 400
    assert stored(hub) == before
    assert (
        await superuser.fetchval(
            "SELECT count(*) FROM attachment WHERE organisation_id = $1", visitor.firm.id
        )
        == 0
    )


async def test_only_the_addresses_for_files_take_so_much(visitor: Visitor) -> None:
    await visitor.open("ask/fix/words")
    body = b"x" * 2_000_000
    for place in ("ask/fix/words", "ask/fix/check", "requests/1"):
        headers = {"origin": HOME, "content-type": "multipart/form-data; boundary=x"}
        answer = await visitor.http.post(f"{visitor.start}/{place}", content=body, headers=headers)
        assert answer.status_code == 413


async def test_files_from_one_network_are_limited(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "UPLOADS_NETWORK", 2)
    await begun(visitor)
    for _ in range(2):
        await upload(visitor, [("files", ("a.txt", b"x", ""))], more="yes")
        assert visitor.page.status_code == 200
    await upload(visitor, [("files", ("a.txt", b"x", ""))], more="yes")
    assert (visitor.page.status_code, int(visitor.page.headers["retry-after"]) > 0) == (429, True)


async def test_without_the_storage_it_is_said_that_nothing_is_lost(visitor: Visitor, hub: Hub) -> None:
    await begun(visitor)
    path, key = visitor.page.url.path, visitor.key
    settings = hub.settings.model_copy(update={"storage_url": "file:///dev/null/objects"})
    broken = Hub(settings, hub.database, hub.vault)
    site = asgi.create_app(broken, Readiness(broken, []))
    transport = httpx.ASGITransport(site, client=("192.0.2.7", 4711))
    async with httpx.AsyncClient(transport=transport, base_url=HOME, cookies=visitor.http.cookies) as http:
        answer = await http.post(path, data={"form": key}, files=PROOF, headers={"origin": HOME})
    assert (answer.status_code, "Nothing was changed and nothing is lost" in answer.text) == (503, True)
    await upload(visitor, PROOF, more="yes")
    assert "Permission.pdf" in visitor.page.text
