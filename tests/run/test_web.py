"""What every answer over HTTP has in common."""

import asyncio
import json
import socket
import time
from contextlib import suppress
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from hub import web
from tests.run.conftest import METRICS_TOKEN, Place, Process, Start

PATHS = [
    "/", "/graphql", "/graphql/console.js", "/static/portal.css", "/static/nothing", "/oauth/token",
    "/oauth/revoke", "/oauth/introspect", "/.well-known/oauth-authorization-server", "/.well-known/jwks.json",
    "/.well-known/security.txt", "/healthz", "/readyz", "/metrics", "/nothing/here", "/graphql/", "/%00",
    "/..%2f..%2fetc",
]  # fmt: skip
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"]
CACHED = ("/static/portal.css", "/.well-known/", "/graphql/console")


def raw(process: Process, request: bytes, pause_seconds: float = 0.0) -> bytes:
    """Speak to the server byte by byte."""
    address, answer = urlsplit(process.url), b""
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        with suppress(ConnectionError):  # who has heard enough leaves, whatever else comes
            connection.sendall(request)
        time.sleep(pause_seconds)
        with suppress(ConnectionError):
            while chunk := connection.recv(65536):
                answer += chunk
                if b"\r\n\r\n" in answer and b"connection: close" not in answer.lower():
                    break
        return answer


@pytest.mark.parametrize("method", METHODS)
def test_every_answer_carries_the_security_headers_whatever_is_asked(
    browser: httpx.Client, method: str
) -> None:
    for path in PATHS:
        answer = browser.request(method, path, headers={"accept": "text/html"})
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], path
        assert answer.headers.get_list("x-content-type-options") == ["nosniff"], path
        assert answer.headers["referrer-policy"] == "no-referrer", path
        assert answer.headers["cross-origin-opener-policy"] == "same-origin", path
        assert answer.headers["cross-origin-resource-policy"] == "same-origin", path
        assert answer.headers["cache-control"] == "no-store" or path.startswith(CACHED), path
        assert "server" not in answer.headers, path
        assert len(answer.headers["x-request-id"]) == 32, path
        assert answer.status_code < 500, path
        for name, count in ((name, len(answer.headers.get_list(name))) for name in web.HEADERS):
            assert count == 1, (path, name)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "BREW"])
def test_a_method_nobody_needs_is_refused_everywhere(browser: httpx.Client, method: str) -> None:
    for path in PATHS:
        answer = browser.request(method, path)
        assert answer.status_code in ({405} if method != "BREW" else {400, 405}), path
        if answer.status_code == 405:
            assert set(answer.headers["allow"].split(", ")) <= {"GET", "HEAD", "POST"}, path


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "evil.example:8000", "localhost@evil.example",
     "evil.example@localhost", "localhost/../evil", "", "localhost:99999", "localhost:abc", "[::1",
     "127.0.0.1.evil.example", "localhost\\.evil"],
)  # fmt: skip
def test_an_unknown_host_is_refused_and_not_repeated(site: Process, host: str) -> None:
    for path in ("/", "/graphql", "/.well-known/oauth-authorization-server", "/readyz"):
        answer = raw(site, f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        assert answer.startswith(b"HTTP/1.1 400"), path
        assert b"evil" not in answer, path


def test_two_hosts_no_host_and_a_foreign_address_line_are_refused(site: Process) -> None:
    two = b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    assert raw(site, two).startswith(b"HTTP/1.1 400")
    assert raw(site, b"GET / HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.")
    assert b" 400 " in raw(site, b"GET / HTTP/1.0\r\nConnection: close\r\n\r\n").splitlines()[0]
    assert raw(
        site, b"GET @evil.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    ).startswith(b"HTTP/1.1 400")


def test_forwarded_headers_of_strangers_change_no_link(browser: httpx.Client) -> None:
    forged = {
        "x-forwarded-host": "evil.example", "x-forwarded-proto": "https", "forwarded": "host=evil.example",
        "x-forwarded-for": "10.0.0.1", "x-original-url": "http://evil.example/", "x-rewrite-url": "/admin",
    }  # fmt: skip
    plain = browser.get("/.well-known/oauth-authorization-server")
    answer = browser.get("/.well-known/oauth-authorization-server", headers=forged)
    assert answer.json() == plain.json()
    assert "evil" not in answer.text
    assert "evil" not in browser.get("/", headers=forged).text


def test_a_probe_may_come_by_address(site: Process) -> None:
    for path, expected in (("/healthz", b"200"), ("/readyz", b"200"), ("/", b"400")):
        answer = raw(
            site, f"GET {path} HTTP/1.1\r\nHost: 10.9.8.7:8000\r\nConnection: close\r\n\r\n".encode()
        )
        assert answer.split()[1] == expected, path


@pytest.mark.parametrize("path", ["/graphql", "/oauth/token", "/nothing"])
def test_a_body_that_says_it_is_too_large_is_refused_before_it_is_read(site: Process, path: str) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\nConnection: close\r\n\r\n"
    answer = raw(site, head.encode())
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"frame-ancestors 'none'" in answer


@pytest.mark.parametrize("path", ["/graphql", "/oauth/token"])
def test_a_body_that_only_grows_is_refused_when_it_is_too_large(browser: httpx.Client, path: str) -> None:
    chunks = (b"x" * 65536 for _ in range(40))
    kind = "application/json" if path == "/graphql" else "application/x-www-form-urlencoded"
    answer = browser.post(path, content=chunks, headers={"content-type": kind, "authorization": "Bearer x"})
    assert answer.status_code in {401, 413}
    assert browser.get("/healthz").status_code == 200


def test_a_request_whose_head_never_ends_is_refused(site: Process) -> None:
    answer = raw(site, b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"a" * 200_000 + b"\r\n\r\n", 0.1)
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"frame-ancestors 'none'" in answer


async def test_a_body_that_does_not_arrive_in_time_is_refused() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(await Request(scope, receive).body())(scope, receive, send)

    async def drip() -> Message:
        await asyncio.sleep(0.05)
        return {"type": "http.request", "body": b"x", "more_body": True}

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {"type": "http", "method": "POST", "path": "/", "headers": [], "query_string": b""}
    await web.BoundedBodies(app, web.Room(1000, 0.3))(scope, drip, send)
    assert [message.get("status") for message in sent] == [408, None]


def test_failed_sign_ins_are_counted_whatever_a_stranger_forges(place: Place, start: Start) -> None:
    process = start(place, "serve")
    form = {"grant_type": "client_credentials", "client_id": "x", "client_secret": "y"}
    with httpx.Client(base_url=process.url, timeout=60, trust_env=False) as client:
        answers = [
            client.post(
                "/oauth/token", data=form, headers={"x-forwarded-for": f"10.0.0.{number}"}
            ).status_code
            for number in range(15)
        ]
    assert answers[0] == 401
    assert answers[-1] == 429


def test_a_proxy_that_is_listed_says_who_asks(place: Place, start: Start) -> None:
    process = start(place, "serve", HUB_FORWARDED_ALLOW_IPS="127.0.0.1")
    form = {"grant_type": "client_credentials", "client_id": "x", "client_secret": "y"}
    with httpx.Client(base_url=process.url, timeout=60, trust_env=False) as client:
        answers = {
            client.post(
                "/oauth/token", data=form, headers={"x-forwarded-for": f"10.0.0.{number}"}
            ).status_code
            for number in range(15)
        }
    assert answers == {401}


@pytest.mark.parametrize(
    "request_",
    [b"nonsense\r\n\r\n", b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
     b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
     b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
     b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
     b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\nY: b\r\n\r\n"],
)  # fmt: skip
def test_what_is_no_clear_request_ends_the_connection(site: Process, request_: bytes) -> None:
    answer = raw(site, request_, 0.1)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400")
    if answer:
        assert b"frame-ancestors 'none'" in answer
        assert b"connection: close" in answer


def test_an_error_is_a_page_for_a_person_and_a_document_for_a_program(browser: httpx.Client) -> None:
    page = browser.get("/nothing?x=<script>", headers={"accept": "text/html"})
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert "<script>" not in page.text
    assert ">Back to the start</a>" in page.text
    there = browser.get("/o/firm/ar/nothing", headers={"accept": "text/html"})
    assert '<html lang="ar" dir="rtl">' in there.text
    assert 'href="/o/firm"' in there.text
    french = {"accept": "text/html", "accept-language": "fr-CA,en;q=0.5"}
    assert "Cette page n’existe pas" in browser.get("/nothing", headers=french).text
    document = browser.get("/nothing", headers={"accept-language": "fr"})
    assert document.json()["detail"] == "There is nothing at this address."
    assert document.headers["content-type"] == "application/problem+json"
    assert document.json()["correlation"] == document.headers["x-request-id"]
    assert document.json()["status"] == 404


def test_nothing_is_redirected(browser: httpx.Client) -> None:
    for path in ("/graphql/", "/healthz/", "/static", "/static/"):
        answer = browser.get(path)
        assert answer.status_code == 404, path
        assert "location" not in answer.headers


def test_a_path_that_looks_like_a_host_leads_nowhere(site: Process) -> None:
    answer = raw(site, b"GET //evil.example HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert answer.split()[1] in {b"400", b"404"}
    assert b"location:" not in answer.lower()


def test_the_page_speaks_the_readers_language(browser: httpx.Client) -> None:
    assert "is running" in browser.get("/").text
    french = browser.get("/", headers={"accept-language": "de, fr-CA;q=0.8, en;q=0.5"})
    assert '<html lang="fr" dir="ltr">' in french.text
    assert french.headers["content-language"] == "fr"
    assert '<html lang="ar" dir="rtl">' in browser.get("/?lang=ar").text
    assert '<html lang="en"' in browser.get("/?lang=xx", headers={"accept-language": "garbage;q=x,,"}).text


def test_the_log_knows_a_route_and_never_a_path_or_a_query(site: Process, browser: httpx.Client) -> None:
    number = browser.get("/static/secret-path-canary?who=query-canary").headers["x-request-id"]
    browser.get("/readyz?who=query-canary")
    until = time.monotonic() + 60
    while not (found := [each for each in site.events("http.answered") if each["request"] == number]):
        assert time.monotonic() < until
        time.sleep(0.02)
    assert (found[0]["method"], found[0]["route"], found[0]["status"]) == ("GET", "/static/*", 404)
    assert "canary" not in "".join(site.lines)


def test_figures_are_for_those_who_bring_the_token(browser: httpx.Client) -> None:
    assert browser.get("/metrics").status_code == 401
    for wrong in ("Bearer nope", METRICS_TOKEN, "Bearer x", f"Basic {METRICS_TOKEN}"):
        assert browser.get("/metrics", headers={"authorization": wrong}).status_code == 401
    browser.get("/nothing/canary-path")
    answer = browser.get("/metrics", headers={"authorization": f"Bearer {METRICS_TOKEN}"})
    assert answer.status_code == 200
    assert 'hub_http_requests_total{route="none",status="404"}' in answer.text
    for name in (
        "hub_ledger_unsealed",
        "hub_seal_age_seconds",
        "hub_clock_skew_seconds",
        "hub_job_oldest_seconds",
    ):
        assert f"\n{name} " in answer.text
    assert "canary" not in answer.text


def test_without_a_token_there_are_no_figures_and_https_is_promised_where_it_is_used(
    shared_place: Place, start: Start
) -> None:
    process = start(
        shared_place, "serve", HUB_METRICS_TOKEN="", HUB_MODE="production", HUB_PUBLIC_URL="https://hub.example.org",
    )  # fmt: skip
    with httpx.Client(
        base_url=process.url, headers={"host": "hub.example.org"}, timeout=60, trust_env=False
    ) as client:
        answer = client.get("/metrics", headers={"authorization": "Bearer x"})
        assert answer.status_code == 404
        assert answer.headers["strict-transport-security"].startswith("max-age=63072000")
        assert client.get("/", headers={"host": "localhost"}).status_code == 400
        assert client.get("/graphql", headers={"accept": "text/html"}).status_code in {405, 406}
        text = client.get("/.well-known/security.txt").text
    assert "Contact: mailto:security@hub.example.org\n" in text
    assert "Canonical: https://hub.example.org/.well-known/security.txt\n" in text


def test_documents_for_machines_are_json(browser: httpx.Client) -> None:
    assert browser.get("/healthz").json() == {"alive": True}
    keys = browser.get("/.well-known/jwks.json").json()["keys"]
    assert {key["alg"] for key in keys} == {"ES256", "EdDSA"}
    assert not any("d" in key for key in keys)
    assert json.loads(browser.get("/readyz").text)["ready"] is True
