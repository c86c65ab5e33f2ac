"""What is sent to the portal: only from a page of ours, once however often, and never more than a form can hold."""

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg
import httpx
import pytest

from tests.portal.visitor import COPY, HOME, KNOWN, STOP, UNKNOWN, Answers, Visitor, code_of, requests_of

Arrives = Callable[..., Visitor]
CANARY = "<script>alert('canary')</script>\"'`{{7*7}}%(x)s"
PLACES = ("ask/stop/place", "ask/stop/check", "ask/stop/code", "requests/1/withdraw", "leave")


async def rows(superuser: asyncpg.Connection) -> list[int]:
    tables = (
        "portal_visit",
        "rights_request",
        "rights_event",
        "rights_code",
        "ledger_entry",
        "idempotent_answer",
    )
    return [await superuser.fetchval(f"SELECT count(*) FROM {table}") for table in tables]


async def proved(visitor: Visitor) -> None:
    """Somebody with a request that goes on, and another one that waits for its code."""
    await visitor.prove(await visitor.ask("copy", COPY))
    await visitor.ask("stop", STOP)


@pytest.mark.parametrize("place", PLACES)
async def test_what_another_site_sends_changes_nothing(
    visitor: Visitor, arrives: Arrives, superuser: asyncpg.Connection, place: str
) -> None:
    await proved(visitor)
    await visitor.open(place)
    path, key = visitor.page.url.path, visitor.key
    stranger = arrives()
    await stranger.open("ask/stop/place")
    before = await rows(superuser)
    said: dict[str, Any] = {"form": key, "place": "AU", "code": "123456"}
    for origin in (
        "https://evil.example",
        "null",
        "http://localhost:9000",
        "http://localhost:8000.evil.example",
        "",
    ):
        assert (await visitor.post(path, said, follow=False, origin=origin)).status_code == 403, origin
    assert (await visitor.http.post(path, data=said, follow_redirects=False)).status_code == 403
    for wrong in ("", "x", key[:-1], stranger.key, key.replace(".", "")):
        assert (await visitor.post(path, {**said, "form": wrong}, follow=False)).status_code == 403, wrong
    for kind in ("text/plain", "application/json", "multipart/form-data; boundary=x", ""):
        answer = await visitor.http.post(
            path, content=f"form={key}&place=AU&code=123456", headers={"origin": HOME, "content-type": kind}
        )
        assert answer.status_code == 415, kind
    assert await rows(superuser) == before


async def test_a_form_is_good_for_its_own_address_only(
    visitor: Visitor, superuser: asyncpg.Connection
) -> None:
    await proved(visitor)
    await visitor.open("ask/stop/place")
    before = await rows(superuser)
    for place in ("requests/1/withdraw", "leave", "ask/stop/check"):
        assert (
            await visitor.post(f"{visitor.start}/{place}", {"form": visitor.key}, follow=False)
        ).status_code == 403
    assert await rows(superuser) == before


async def test_a_page_from_before_is_shown_again_with_what_was_typed(visitor: Visitor) -> None:
    await visitor.open("ask/fix/words")
    await visitor.post(visitor.page.url.path, {"form": "stale.0", "words": "My name has two s."})
    assert visitor.page.status_code == 403
    assert "My name has two s." in visitor.page.text
    assert "<title>Error: What is wrong?" in visitor.page.text
    await visitor.send({"words": "My name has two s."})
    assert visitor.place == "ask/fix/place"


async def test_twenty_times_sent_is_sent_once(visitor: Visitor) -> None:
    await visitor.walk("copy", COPY)
    fields = {"form": visitor.key}
    path = visitor.page.url.path
    answers = await asyncio.gather(*(visitor.post(path, fields, follow=False) for _ in range(20)))
    assert {(each.status_code, each.headers["location"]) for each in answers if each.status_code == 303} == {
        (303, f"{visitor.start}/ask/copy/code")
    }
    assert {each.status_code for each in answers} <= {303, 409, 429}
    assert len(await requests_of(visitor.firm)) == 1


async def test_two_tabs_send_one_request_and_come_to_the_same_page(visitor: Visitor) -> None:
    await visitor.walk("copy", COPY)
    tabs: list[str] = []
    for _ in range(2):
        await visitor.open("ask/copy/check")
        tabs.append(visitor.key)
    assert tabs[0] != tabs[1]
    path = visitor.page.url.path
    answers = await asyncio.gather(*(visitor.post(path, {"form": key}, follow=False) for key in tabs))
    assert [(each.status_code, each.headers["location"]) for each in answers] == [
        (303, f"{visitor.start}/ask/copy/code")
    ] * 2
    assert len(await requests_of(visitor.firm)) == 1


async def test_a_code_that_is_sent_twice_is_tried_once(visitor: Visitor) -> None:
    request_id = await visitor.ask("stop", STOP)
    digits = await code_of(visitor.firm, request_id)
    wrong = f"{(int(digits) + 1) % 1_000_000:06d}"
    await visitor.open("ask/stop/code")
    path, fields = visitor.page.url.path, {"form": visitor.key, "code": wrong}
    answers = await asyncio.gather(*(visitor.post(path, fields, follow=False) for _ in range(3)))
    assert [each.status_code for each in answers] == [422] * 3
    assert (await visitor.events(request_id)).count("CODE_WRONG") == 1
    await visitor.open("ask/stop/code")
    old, fields = visitor.http.cookies["visit"], {"form": visitor.key, "code": digits}
    answers = await asyncio.gather(*(raw(visitor, old, path, fields) for _ in range(3)))
    assert {each.headers["location"] for each in answers} == {f"{visitor.start}/requests/1/done"}
    assert len({each.cookies["visit"] for each in answers} - {old}) == 1
    assert (await visitor.events(request_id)).count("CODE_RIGHT") == 1


async def raw(visitor: Visitor, cookie: str, path: str, fields: dict[str, str]) -> httpx.Response:
    """A post with this cookie, whatever the browser has been given since."""
    headers = {"origin": HOME, "cookie": f"visit={cookie}"}
    request = httpx.Request("POST", HOME + path, data=fields, headers=headers)
    return await visitor.http.send(request, follow_redirects=False)


async def test_another_body_under_the_same_key_is_refused(visitor: Visitor) -> None:
    request_id = await visitor.ask("stop", STOP)
    digits = await code_of(visitor.firm, request_id)
    await visitor.open("ask/stop/code")
    path, key = visitor.page.url.path, visitor.key
    wrong = [f"{(int(digits) + more) % 1_000_000:06d}" for more in (1, 2)]
    assert (await visitor.post(path, {"form": key, "code": wrong[0]}, follow=False)).status_code == 422
    answer = await visitor.post(path, {"form": key, "code": wrong[1]}, follow=False)
    assert (answer.status_code, "We cannot take this as it is" in answer.text) == (422, True)
    assert (await visitor.events(request_id)).count("CODE_WRONG") == 1


async def test_going_back_and_sending_again_repeats_nothing(visitor: Visitor) -> None:
    await visitor.walk("stop", STOP)
    check = {"form": visitor.key}
    await visitor.send({})
    request_id = (await requests_of(visitor.firm))[-1]
    code = visitor.key
    digits = await code_of(visitor.firm, request_id)
    await visitor.send({"code": digits})
    assert visitor.place == "requests/1/done"
    for place, fields in (("check", check), ("code", {"form": code, "code": digits})):
        await visitor.open(f"ask/stop/{place}")
        assert visitor.place == "requests/1/done"
        await visitor.post(f"{visitor.start}/ask/stop/{place}", fields)
        assert visitor.place == "requests/1/done"
    assert await requests_of(visitor.firm) == [request_id]


async def test_answers_that_were_changed_after_sending_are_sent_anew(visitor: Visitor) -> None:
    first = await visitor.ask("stop", STOP)
    await visitor.open("ask/stop/email")
    await visitor.send({"email": UNKNOWN})
    assert visitor.place == "ask/stop/check"
    await visitor.send({})
    assert visitor.place == "ask/stop/code"
    assert len(await requests_of(visitor.firm)) == 2
    digits = await code_of(visitor.firm, first)
    await visitor.send({"code": digits})
    assert visitor.page.status_code == 422


FIELDS = (
    ("ask/copy/topics", "which"), ("ask/copy/topics", "topics"), ("ask/copy/place", "place"),
    ("ask/copy/email", "email"), ("ask/copy/words", "words"), ("ask/stop/code", "code"),
    ("ask/stop/remedy", "remedy"), ("ask/object/purpose", "purpose"), ("ask/complain/words", "words"),
    ("ask/complain/words", "wanted"), ("ask/stop/stays", "stays"), ("ask/stop/check", "place"),
)  # fmt: skip


@pytest.mark.parametrize(
    "value",
    [CANARY, "x" * 5_001, "\0", "a\r\nBcc: x@example.org", "\u202e" * 20, "", "' OR 1=1 --", "😀" * 2_000],
)
async def test_hostile_input_is_text_or_is_refused(visitor: Visitor, value: str) -> None:
    await prepared(visitor)
    for place, name in FIELDS:
        await visitor.open(place)
        assert visitor.place == place
        answer = await visitor.send({name: value})
        assert answer.status_code < 500, place
        assert "<script" not in answer.text, place
        assert "Traceback" not in answer.text, place
        for page in ("", "ask/copy/check", "ask/complain/check", place):
            assert "<script" not in await visitor.open(page), place


async def prepared(visitor: Visitor) -> None:
    """Let every page have been reached."""
    delete: Answers = (
        ("place", {"place": "AU"}), ("remedy", {"remedy": "DELETION"}), ("stays", {"stays": "yes"}), ("words", {}),
        ("email", {"email": KNOWN}),
    )  # fmt: skip
    await visitor.ask("stop", delete)
    await visitor.open("ask/object/place")
    await visitor.send({"place": "UK"})
    await visitor.walk("copy", COPY)


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"words=%ED%A0%80", 400), (b"form=a&form=b", 400), (b"words=%zz", 403), (b"words=\xff", 400),
     (b"&".join(b"f%d=1" % number for number in range(200)), 400), (b"words=%FF%FE", 400),
     (b"words=" + b"x" * 200_000, 413), (b"", 403)],
)  # fmt: skip
async def test_what_is_no_form_of_ours_is_refused(
    visitor: Visitor, superuser: asyncpg.Connection, body: bytes, status: int
) -> None:
    await visitor.open("ask/fix/words")
    before = await rows(superuser)
    headers = {"origin": HOME, "content-type": "application/x-www-form-urlencoded"}
    answer = await visitor.http.post(visitor.page.url.path, content=body, headers=headers)
    assert answer.status_code == status
    assert await rows(superuser) == before


async def test_too_long_a_text_is_refused_and_kept(visitor: Visitor) -> None:
    await visitor.open("ask/fix/words")
    await visitor.send({"words": "é" * 5_001})
    assert visitor.page.status_code == 422
    assert "You have used 5,001." in visitor.page.text
    assert "é" * 5_001 in visitor.page.text
    await visitor.send({"words": "é" * 5_000})
    assert visitor.place == "ask/fix/place"


async def test_reading_changes_nothing(visitor: Visitor, superuser: asyncpg.Connection) -> None:
    await proved(visitor)
    places = ("", "leave", "ask/copy/topics", "ask/stop/place", "ask/stop/check", "ask/stop/code", "requests/1",
              "requests/1/done", "requests/1/due.ics", "requests/1/withdraw")  # fmt: skip
    before = await rows(superuser), await superuser.fetch("SELECT * FROM portal_visit ORDER BY digest")
    for place in places * 2:
        await visitor.open(place)
        assert visitor.page.status_code == 200, place
        assert (await visitor.http.head(visitor.page.url.path)).status_code == 200
    assert (
        await rows(superuser),
        await superuser.fetch("SELECT * FROM portal_visit ORDER BY digest"),
    ) == before
