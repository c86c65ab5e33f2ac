"""A visit: its cookie, its ends, what a right code changes, and what a stranger sees."""

from collections.abc import Callable
from datetime import timedelta

import asyncpg
import httpx
import pytest

from hub import asgi
from hub.act import Hub
from hub.auth import sessions
from hub.readiness import Readiness
from portal.pages.answers import CODES_THERE
from portal.pages.question import VISITS_MOST
from tests.domain.firm import Firm, found
from tests.portal.visitor import COPY, HOME, KNOWN, STOP, UNKNOWN, Visitor, code_of, requests_of

Arrives = Callable[..., Visitor]


async def test_the_cookie_is_for_this_host_and_for_no_script(hub: Hub, firm: Firm) -> None:
    settings = hub.settings.model_copy(update={"public_url": "https://privacy.firm.example"})
    safe = Hub(settings, hub.database, hub.vault)
    site = asgi.create_app(safe, Readiness(safe, []))
    base = "https://privacy.firm.example"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url=base) as http:
        page = await http.get(f"/o/firm-{firm.id}/en/ask/fix/words")
        said = page.headers["set-cookie"]
        assert said.startswith("__Host-visit=")
        assert {each.strip().lower() for each in said.split(";")[1:]} == {
            "path=/",
            "secure",
            "httponly",
            "samesite=lax",
        }
        key = page.text.partition('name="form" value="')[2].partition('"')[0]
        for origin, status in ((base, 303), ("http://privacy.firm.example", 403)):
            fields = {"form": key, "words": "x"}
            answer = await http.post(page.url.path, data=fields, headers={"origin": origin})
            assert answer.status_code == status


async def test_on_plain_http_the_cookie_is_as_strict_as_it_can_be(visitor: Visitor) -> None:
    await visitor.open("ask/fix/words")
    said = visitor.page.headers["set-cookie"].lower()
    assert said.startswith("visit=")
    assert "httponly" in said
    assert "samesite=lax" in said


async def test_a_planted_cookie_is_never_promoted(visitor: Visitor) -> None:
    planted = sessions.new_token()
    visitor.http.cookies.set("visit", planted, domain="localhost.local")
    await visitor.open("ask/stop/place")
    assert "set-cookie" not in visitor.page.headers
    await visitor.send({"place": "AU"})
    assert visitor.http.cookies["visit"] != planted
    assert visitor.place == "ask/stop/remedy"
    async with httpx.AsyncClient(
        transport=visitor.http._transport, base_url=HOME, cookies={"visit": planted}
    ) as thief:
        seen = await thief.get(f"{visitor.start}/ask/stop/remedy")
        assert seen.headers["location"] == f"{visitor.start}/ask/stop/place"


async def test_a_right_code_gives_a_new_cookie_and_the_old_one_opens_nothing(visitor: Visitor) -> None:
    request_id = await visitor.ask("copy", COPY)
    before = visitor.http.cookies["visit"]
    await visitor.prove(request_id)
    assert visitor.http.cookies["visit"] != before
    async with httpx.AsyncClient(
        transport=visitor.http._transport, base_url=HOME, cookies={"visit": before}
    ) as thief:
        for place in ("requests/1", "requests/1/done", "requests/1/due.ics", "requests/1/withdraw"):
            assert (await thief.get(f"{visitor.start}/{place}")).status_code == 404
        assert KNOWN not in (await thief.get(f"{visitor.start}/ask/copy/email")).text


async def test_a_letters_link_leads_back_to_the_visit_that_waits_and_strangers_to_the_door(
    visitor: Visitor, arrives: Arrives
) -> None:
    request_id = await visitor.ask("stop", STOP)
    back = await visitor.http.get("/requests/check")
    assert back.url.path == f"{visitor.start}/ask/stop/code"
    await visitor.prove(request_id)
    for path in ("/requests", "/requests/check"):
        assert (await visitor.http.get(path)).url.path == visitor.start
        assert (await arrives().http.get(path)).url.path == "/o"


async def test_a_strangers_reference_opens_nothing(
    visitor: Visitor, arrives: Arrives, hub: Hub, superuser: asyncpg.Connection
) -> None:
    await visitor.prove(await visitor.ask("copy", COPY))
    reference = await superuser.fetchval("SELECT reference FROM rights_request ORDER BY id DESC LIMIT 1")
    stranger = arrives()
    await stranger.ask("stop", STOP)
    other = await found(hub)
    for each in (stranger, visitor):
        for place in (
            f"requests/{reference}",
            "requests/0",
            "requests/2",
            "requests/-1",
            "requests/9999999999999999999",
        ):
            await each.open(place)
            assert (each.page.status_code, reference in each.page.text) == (404, False), place
    await stranger.open("requests/1")
    assert stranger.page.status_code == 404
    elsewhere = await visitor.http.get(f"/o/firm-{other.id}/en/requests/1")
    assert elsewhere.status_code == 404


async def test_a_code_of_one_visit_is_worth_nothing_in_another(visitor: Visitor, arrives: Arrives) -> None:
    mine = await visitor.ask("stop", STOP)
    digits = await code_of(visitor.firm, mine)
    other = arrives()
    theirs = await other.ask("stop", STOP)
    await other.send({"code": digits})
    assert other.page.status_code == 422
    assert (await other.state(theirs))[0] == "VERIFYING"
    assert (await other.state(mine))[0] == "VERIFYING"


async def test_five_tries_and_then_a_new_code(visitor: Visitor) -> None:
    request_id = await visitor.ask("stop", STOP)
    digits = await code_of(visitor.firm, request_id)
    wrong = f"{(int(digits) + 1) % 1_000_000:06d}"
    for left in (4, 3, 2, 1, 0):
        await visitor.send({"code": wrong})
        assert (visitor.page.status_code, f"Tries left: {left}." in visitor.page.text) == (422, True)
    await visitor.send({"code": digits})
    assert "This code does not work any more" in visitor.page.text
    await visitor.send({"again": "yes"})
    assert visitor.place == "ask/stop/code"
    await visitor.prove(request_id)
    assert visitor.place == "requests/1/done"


async def test_a_code_that_is_over_or_no_code_is_said_to_be_so(
    visitor: Visitor, superuser: asyncpg.Connection
) -> None:
    request_id = await visitor.ask("stop", STOP)
    for said in ("", "12345", "1234567", "abcdef", "12 34 5x"):
        await visitor.send({"code": said})
        assert "Enter the code from our email: it has 6 digits" in visitor.page.text
        assert "Tries left: 5." in visitor.page.text
    digits = await code_of(visitor.firm, request_id)
    await move_back(superuser, "rights_code", ("sent_at", "expires_at"), timedelta(minutes=11))
    await visitor.send({"code": digits})
    assert "This code does not work any more" in visitor.page.text
    assert (await visitor.state(request_id))[0] == "VERIFYING"


@pytest.mark.parametrize("written", [" {0}{1}{2} {3}{4}{5} ", "{0}{1}{2}-{3}{4}{5}", "{6}{7}{8} {9}{10}{11}"])
async def test_a_code_may_be_grouped_and_written_in_other_digits(visitor: Visitor, written: str) -> None:
    request_id = await visitor.ask("stop", STOP)
    digits = await code_of(visitor.firm, request_id)
    arabic = [chr(0x660 + int(each)) for each in digits]
    await visitor.send({"code": written.format(*digits, *arabic)})
    assert visitor.place == "requests/1/done"


async def test_after_five_codes_there_is_another_way(visitor: Visitor, superuser: asyncpg.Connection) -> None:
    request_id = await visitor.ask("stop", STOP)
    for _ in range(4):
        await visitor.send({"again": "yes"})
        assert visitor.page.status_code == 200
    await visitor.send({"again": "yes"})
    assert (visitor.page.status_code, "Use another way" in visitor.page.text) == (422, True)
    assert await superuser.fetchval("SELECT count(*) FROM rights_code WHERE request_id = $1", request_id) == 5


@pytest.mark.parametrize(
    ("column", "passed"), [("seen_at", timedelta(minutes=31)), ("begun_at", timedelta(hours=9))]
)
async def test_a_visit_ends_by_itself(
    visitor: Visitor, superuser: asyncpg.Connection, column: str, passed: timedelta
) -> None:
    await visitor.prove(await visitor.ask("copy", COPY))
    columns = ("begun_at", "seen_at") if column == "seen_at" else ("begun_at",)
    await move_back(superuser, "portal_visit", columns, passed)
    await visitor.open("requests/1")
    assert visitor.page.status_code == 404
    await visitor.open("ask/copy/email")
    assert visitor.place == "ask/copy/topics"
    assert KNOWN not in visitor.page.text


async def move_back(
    superuser: asyncpg.Connection, table: str, columns: tuple[str, ...], by: timedelta
) -> None:
    """Let time have passed for what is kept."""
    moved = ", ".join(f"{each} = {each} - $1::interval" for each in columns)
    async with superuser.transaction():
        await superuser.execute("SET LOCAL session_replication_role = replica")
        await superuser.execute(f"UPDATE {table} SET {moved}", by)


async def test_leaving_ends_it_here_and_in_the_browser(
    visitor: Visitor, superuser: asyncpg.Connection
) -> None:
    await visitor.prove(await visitor.ask("copy", COPY))
    token = visitor.http.cookies["visit"]
    before = await superuser.fetchval("SELECT count(*) FROM portal_visit")
    await visitor.open("leave")
    answer = await visitor.send({}, follow=False)
    assert answer.headers["clear-site-data"] == '"cache", "cookies", "storage"'
    assert "visit" not in visitor.http.cookies
    assert await superuser.fetchval("SELECT count(*) FROM portal_visit") == before - 1
    async with httpx.AsyncClient(
        transport=visitor.http._transport, base_url=HOME, cookies={"visit": token}
    ) as thief:
        assert (await thief.get(f"{visitor.start}/requests/1")).status_code == 404


async def test_nothing_that_was_typed_is_kept_in_clear(
    visitor: Visitor, superuser: asyncpg.Connection
) -> None:
    await visitor.walk("copy", (*COPY[:3], ("words", {"words": "Kolmogorov street 7"})))
    token = visitor.http.cookies["visit"]
    kept = await superuser.fetch("SELECT portal_visit::text, encode(sealed, 'escape') FROM portal_visit")
    assert kept
    for row in kept:
        for said in (KNOWN, "Kolmogorov", token):
            assert said not in row[0]
            assert said not in row[1]


async def test_no_address_of_the_portal_holds_what_was_typed(visitor: Visitor) -> None:
    await visitor.ask("copy", COPY)
    for answer in visitor.page.history:
        assert KNOWN not in str(answer.url)
    assert "?" not in str(visitor.page.url)


async def test_codes_are_limited_for_an_address_from_one_network_and_for_nobody_else(
    arrives: Arrives,
) -> None:
    for _ in range(CODES_THERE):
        await arrives().ask("stop", STOP)
    visitor = arrives()
    await visitor.walk("stop", STOP)
    await visitor.send({})
    assert visitor.page.status_code == 429
    assert 0 < int(visitor.page.headers["retry-after"]) <= 3_600
    assert "You can send it again in about " in visitor.page.text
    assert len(await requests_of(visitor.firm)) == CODES_THERE
    await arrives(address="198.51.100.4").ask("stop", STOP)
    await arrives().ask("stop", STOP, email=UNKNOWN)


async def test_visits_that_begin_are_limited_by_network(
    arrives: Arrives, superuser: asyncpg.Connection
) -> None:
    await arrives().ask("stop", STOP)
    await superuser.execute("UPDATE attempt SET failures = $1", VISITS_MOST)
    late = arrives()
    await late.open("ask/stop/place")
    await late.send({"place": "AU"})
    assert late.page.status_code == 429
    assert "retry-after" in late.page.headers


async def test_every_page_says_that_it_is_personal_and_lets_nothing_in(visitor: Visitor) -> None:
    await visitor.prove(await visitor.ask("copy", COPY))
    await visitor.ask("stop", STOP)
    places = ("", "leave", "ask/fix/words", "ask/stop/check", "ask/stop/code", "requests/1", "requests/1/done",
              "requests/1/due.ics", "requests/1/withdraw", "requests/7")  # fmt: skip
    for place in places:
        await visitor.open(place)
        told = visitor.page.headers
        assert (told["cache-control"], told["referrer-policy"]) == ("no-store", "same-origin"), place
        assert told["content-security-policy"].startswith("default-src 'none'; style-src 'self'"), place
        assert "frame-ancestors 'none'" in told["content-security-policy"], place
        assert "unsafe" not in told["content-security-policy"], place
        assert told["x-content-type-options"] == "nosniff", place
    refused = await visitor.http.post(f"{visitor.start}/ask/fix/words", data={"words": "x"})
    assert (refused.status_code, refused.headers["cache-control"]) == (403, "no-store")
