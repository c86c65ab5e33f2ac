"""A system behind HTTP: the example of the guide, and every answer that a system may give."""

import asyncio
import base64
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from aiohttp import web

from hub import signatures
from hub.outbound import Rules
from tests.connectors.shop import ANNA, BERT, KEY, NOBODY
from workers.connectors.conformance import PARTS, Trial, examine
from workers.connectors.connector import (
    Broken,
    Call,
    Change,
    Done,
    Later,
    Nothing,
    Operation,
    Outcome,
    Refused,
)
from workers.connectors.dataset_files import read
from workers.connectors.datasets import Unusable
from workers.connectors.guarding import GARBAGE
from workers.connectors.http import HttpConnector, HttpSystem, callback_token, is_callback

DOCS = Path(__file__).resolve().parents[2] / "docs" / "connectors"
NEWSLETTER = read((DOCS / "newsletter.yml").read_bytes())
SHOWN = "whsec_" + base64.b64encode(bytes(range(32))).decode()
SECRET = signatures.secret(SHOWN)
HERE = Rules(allows_own_networks=True, allows_http=True)
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
ELSEWHERE = "The system sends us elsewhere (301), where we do not follow: correct its address."
Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]


def system(port: int, **others: Any) -> HttpConnector:
    settings: dict[str, Any] = {"rules": HERE, **others}
    return HttpConnector(
        HttpSystem(f"http://127.0.0.1:{port}/", ("newsletter",), (SECRET,), **settings), NEWSLETTER, KEY
    )


def begun() -> tuple[int, subprocess.Popen[bytes]]:
    """Start that service on a port that is free."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    command = [sys.executable, "-W", "ignore", str(DOCS / "newsletter.py"), str(port)]
    return port, subprocess.Popen(command, env={**os.environ, "HUB_SECRET": SHOWN}, stderr=subprocess.DEVNULL)


@pytest.fixture
def example() -> Iterator[int]:
    """The port of the guide's example service, running as the guide says."""
    (port, running), until = begun(), time.monotonic() + 60
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            break
        assert time.monotonic() < until
        if running.poll() is not None:  # its port was given to somebody else meanwhile
            port, running = begun()
        time.sleep(0.02)
    yield port
    assert running.poll() is None
    running.terminate()
    running.wait(60)


async def test_the_example_service_conforms(example: int) -> None:
    connector = system(example)
    findings = await examine(Trial(connector, ANNA, BERT, NOBODY, Change("user.name", "Anna Berg")))
    assert [str(each) for each in findings] == [f"ok      {name}" for name, _ in PARTS]
    await connector.close()


async def test_the_example_service_takes_only_what_we_signed(example: int) -> None:
    other = signatures.secret("whsec_" + base64.b64encode(bytes(32)).decode())
    stranger = HttpConnector(
        HttpSystem(f"http://127.0.0.1:{example}/", ("newsletter",), (other,), rules=HERE), NEWSLETTER, KEY
    )
    outcome = await stranger.erase(Call(uuid4(), ANNA))
    assert outcome == Refused("The system does not accept our signature (401): compare the secrets.")
    await stranger.close()


class Answers:
    """A server that answers what a test tells it, and keeps what it was asked."""

    def __init__(self) -> None:
        self.port = 0
        self.asked: list[tuple[dict[str, str], bytes]] = []
        self.answer: Answering = _nothing

    async def take(self, request: web.Request) -> web.StreamResponse:
        heads = {name.lower(): value for name, value in request.headers.items()}
        self.asked.append((heads, await request.read()))
        return await self.answer(request)

    def says(self, body: bytes | str = b"", status: int = 200, **headers: str) -> None:
        content = body.encode() if isinstance(body, str) else body

        async def answer(_: web.Request) -> web.Response:
            return web.Response(body=content, status=status, headers=headers)

        self.answer = answer


async def _nothing(_: web.Request) -> web.StreamResponse:
    return web.Response(body=b'{"outcome": "nothing"}')


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Answers]:
    answers = Answers()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answers.take)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    answers.port = runner.addresses[0][1]
    yield answers
    await runner.cleanup()


async def test_a_call_is_signed_and_says_which_step_it_is(server: Answers) -> None:
    connector = system(server.port, callback_url="https://hub.example/callbacks/steps")
    call = Call(uuid4(), ANNA, NOW, attempt=3)
    assert await connector.erase(call) == Nothing()
    [(headers, body)] = server.asked
    assert signatures.is_signed(headers, body, [SECRET], datetime.now(UTC))
    assert headers["webhook-id"] == f"{call.step_id}:erase"
    message = json.loads(body)
    token = message["data"]["callback"].pop("token")
    assert message == {
        "type": "privacy.erase",
        "timestamp": "2026-11-26T12:00:00+00:00",
        "data": {
            "step_id": str(call.step_id),
            "attempt": 3,
            "is_dry_run": False,
            "identities": {"email": ["anna.lindqvist@example.com"], "phone": ["+46700000001"]},
            "keys": {},
            "callback": {"url": f"https://hub.example/callbacks/steps/{call.step_id}"},
        },
    }
    assert is_callback(KEY, token, call.step_id, Operation.ERASE, 3)
    await connector.close()


def test_a_callback_is_of_its_step_its_operation_and_its_attempt() -> None:
    step = uuid4()
    token = callback_token(KEY, step, Operation.ERASE, 1)
    assert len(token) == 43
    assert is_callback(KEY, token, step, Operation.ERASE, 1)
    assert not is_callback(KEY, token, uuid4(), Operation.ERASE, 1)
    assert not is_callback(KEY, token, step, Operation.CORRECT, 1)
    assert not is_callback(KEY, token, step, Operation.ERASE, 2)
    assert not is_callback(bytes(32), token, step, Operation.ERASE, 1)
    for forged in ("", token[:-1], token + "A", "é" * 43, token.lower()):
        assert not is_callback(KEY, forged, step, Operation.ERASE, 1)


PLACE = {"collection": "readers", "rows": 1, "fields": {"name": "deleted"}}


@pytest.mark.parametrize(
    "answer",
    [
        b"", b"null", b"[]", b"OK", b"<html>", b'{"outcome": "done"}', b'{"outcome": "perhaps"}', b"\xff\xfe",
        b"[" * 100_000, json.dumps({"outcome": "done", "places": [PLACE | {"collection": "people"}]}),
        json.dumps({"outcome": "done", "places": [PLACE | {"fields": {"anna.lindqvist@example.com": "deleted"}}]}),
        json.dumps({"outcome": "done", "places": [PLACE | {"fields": {"name": "anna.lindqvist@example.com"}}]}),
        json.dumps({"outcome": "done", "places": [PLACE | {"rows": -1}]}),
        json.dumps({"outcome": "done", "places": [PLACE | {"rows": "1"}]}),
        json.dumps({"outcome": "done", "places": [PLACE], "keys": {"newsletter.readers.nothing": [1]}}),
        json.dumps({"outcome": "done", "places": [PLACE], "keys": {"readers": [1]}}),
        json.dumps({"outcome": "done", "places": [PLACE], "keys": {"newsletter.readers.email": [{}]}}),
        json.dumps({"outcome": "later"}), json.dumps({"outcome": "later", "expected_at": "2026-12-01T00:00:00"}),
        json.dumps({"outcome": "refused", "code": "anna.lindqvist@example.com"}),
    ],
)  # fmt: skip
async def test_garbage_is_broken_and_is_not_repeated(server: Answers, answer: bytes | str) -> None:
    server.says(answer)
    connector = system(server.port)
    assert await connector.erase(Call(uuid4(), ANNA)) == GARBAGE
    await connector.close()


@pytest.mark.parametrize(
    ("status", "headers", "outcome"),
    [
        (202, {}, Later(NOW + timedelta(days=7))),
        (202, {"Retry-After": "3600"}, Later(NOW + timedelta(hours=1))),
        (202, {"Retry-After": "99999999"}, Later(NOW + timedelta(days=45))),
        (202, {"Retry-After": "Fri, 27 Nov 2026 12:00:00 GMT"}, Later(NOW + timedelta(days=1))),
        (202, {"Retry-After": "soon"}, Later(NOW + timedelta(days=7))),
        (409, {}, Later(NOW + timedelta(minutes=1))),
        (429, {"Retry-After": "30"}, Later(NOW + timedelta(seconds=30))),
        (503, {}, Broken("The system failed (503).")),
        (500, {}, Broken("The system failed (500).")),
        (204, {}, Broken("The system failed (204).")),
        (301, {"Location": "/elsewhere"}, Refused(ELSEWHERE)),
        (401, {}, Refused("The system does not accept our signature (401): compare the secrets.")),
        (422, {}, Refused("This step was done before with other values: give the new ones a step of their own.")),
        (501, {}, Refused("The system cannot do this by itself (501).")),
    ],
)  # fmt: skip
async def test_a_status_is_an_outcome(
    server: Answers, status: int, headers: dict[str, str], outcome: Outcome
) -> None:
    server.says("anna.lindqvist@example.com", status, **headers)
    connector = system(server.port)
    assert await connector.erase(Call(uuid4(), ANNA, NOW)) == outcome
    assert [item async for item in connector.export(Call(uuid4(), ANNA, NOW))] == [outcome]
    assert len(server.asked) == 2
    await connector.close()


ROW = json.dumps({"collection": "readers", "values": {"name": "Anna"}})
ENDED = json.dumps({"outcome": "done", "places": [PLACE | {"fields": {"name": "exported"}}]})


@pytest.mark.parametrize(
    ("lines", "rows", "outcome"),
    [
        ([ROW, ENDED], 1, Done),
        ([ROW], 1, Broken("The system ended its export without saying whether it is complete.")),
        ([ROW, ROW, ENDED], 2, Broken("The system said it exported another number of rows than it did.")),
        ([ENDED], 0, Broken("The system said it exported another number of rows than it did.")),
        ([ROW, '{"outcome": "nothing"}'], 1, GARBAGE),
        ([ROW, '{"collection": "readers", "values": {"hidden": 1}}', ENDED], 1, GARBAGE),
        ([ROW, "{", ENDED], 1, GARBAGE),
    ],
)
async def test_an_export_is_read_line_by_line(
    server: Answers, lines: list[str], rows: int, outcome: Any
) -> None:
    server.says("\n".join(lines))
    connector = system(server.port)
    items = [item async for item in connector.export(Call(uuid4(), ANNA))]
    assert len(items) - 1 == rows
    assert isinstance(items[-1], Done) if outcome is Done else items[-1] == outcome
    await connector.close()


async def test_a_system_that_hangs_is_broken_in_time(server: Answers) -> None:
    async def never(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        await answer.write(ROW.encode() + b"\n")
        await asyncio.sleep(60)
        return answer

    server.answer = never
    connector = system(server.port)
    began = time.monotonic()
    assert await connector.erase(Call(uuid4(), ANNA, seconds=2)) == Broken(
        "The answer broke off (TimeoutError)."
    )
    items = [item async for item in connector.export(Call(uuid4(), ANNA, seconds=2))]
    assert items[-1] == Broken("The answer broke off (TimeoutError).")
    assert time.monotonic() - began < 50
    await connector.close()


@pytest.mark.parametrize(
    ("url", "rules"),
    [
        ("http://127.0.0.1:1/", Rules()),
        ("https://127.0.0.1:1/", Rules()),
        ("https://169.254.169.254/", HERE),
        ("https://user:word@system.example/", Rules()),
        ("ftp://system.example/", HERE),
    ],
)
def test_an_address_that_may_not_be_called_is_refused_at_once(url: str, rules: Rules) -> None:
    with pytest.raises(Unusable):
        HttpConnector(HttpSystem(url, ("newsletter",), (SECRET,), rules=rules), NEWSLETTER, KEY)


def test_secrets_stay_out_of_reprs() -> None:
    shown = repr(HttpSystem("https://system.example/", ("newsletter",), (SECRET,)))
    assert SHOWN not in shown
    assert "Secret" not in shown
