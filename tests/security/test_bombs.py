"""Small inputs that want to become large work: nested, repeated, endless. Refused at once, and nothing happens."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests import hatchery
from tests.internal.door import ACCEPT, Door
from tests.world import World

DEEP = 100_000
NESTED = b"[" * DEEP + b"]" * DEEP
OBJECTS = b'{"a":' * DEEP + b"1" + b"}" * DEEP
DIGITS = b"9" * 500_000
LAUGHS = b"".join(b'"k%d":[%s],' % (each, b'"ha",' * 40 + b'"ha"') for each in range(2_000))
SECONDS = 2.0


def bodies() -> Iterator[tuple[str, bytes]]:
    """Requests that grow when they are read."""
    query = b'{"query":"query ($a: String) { viewer { kind } }","variables":{"a":%s}}'
    for name, value in (
        ("nested", NESTED),
        ("objects", OBJECTS),
        ("digits", DIGITS),
        ("exponent", b"1e999999999"),
    ):
        yield name, query % value
    yield "laughs", b'{"query":"{ viewer { kind } }","variables":{%s"z":1}}' % LAUGHS
    yield "names", b'{"query":"{ viewer { kind } }",%s"z":1}' % LAUGHS
    yield "not closed", b"[" * 900_000
    yield "escapes", b'{"query":"%s"}' % (b"\\u0041" * 150_000)
    yield "deep document", b'{"query":"%s"}' % (b"{viewer" * 20_000 + b"}" * 20_000)
    yield "deep value", b'{"query":"{ node(id: %s) { id } }"}' % (b"[" * 50_000 + b"]" * 50_000)
    yield "deep type", b'{"query":"query ($a: %sInt%s) { viewer { kind } }"}' % (b"[" * 50_000, b"]" * 50_000)


@pytest.mark.parametrize(
    ("name", "body"), [*bodies()], ids=lambda given: given if isinstance(given, str) else ""
)
async def test_a_request_that_grows_when_it_is_read_is_refused_at_once(
    door: Door, world: World, name: str, body: bytes
) -> None:
    token, before = await door.token(world), await door.traces()
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json", **ACCEPT}
    transport = httpx.ASGITransport(door.site)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as http:
        began = time.process_time()
        answer = await http.post("/graphql", content=body, headers=headers)
        spent = time.process_time() - began
    assert spent < SECONDS, name
    assert answer.status_code in {200, 400, 413}
    if answer.status_code == 200:
        assert name in {"laughs", "names", "exponent"}, answer.text[:300]
    else:
        assert answer.json()["errors"][0]["extensions"]["code"] in {
            "BAD_REQUEST", "TOO_LARGE", "LIMIT", "INVALID", "GRAPHQL_PARSE_FAILED",
        }  # fmt: skip
    assert len(answer.content) < 1_000
    assert await door.traces() == before


async def test_a_form_of_a_hundred_thousand_fields_is_refused_at_once(door: Door) -> None:
    form = b"&".join(b"a%d=1" % each for each in range(60_000))
    transport = httpx.ASGITransport(door.site)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as http:
        began = time.process_time()
        headers = {"content-type": "application/x-www-form-urlencoded"}
        answer = await http.post("/oauth/token", content=form, headers=headers)
        assert time.process_time() - began < SECONDS
    assert answer.status_code in {400, 413}
    assert len(answer.content) < 1_000


@pytest.mark.parametrize(
    ("command", "content", "codes"),
    [
        (["decide", "--facts", "{file}"], NESTED, {2}),
        (["decide", "--facts", "{file}"], b'{"jurisdiction": ' + DIGITS + b"}", {2}),
        (["rules", "test", "{file}"], OBJECTS, {2}),
        (["receipt", "verify", "{file}"], NESTED, {1, 2}),
        (["keys", "show"], NESTED, {78}),
    ],
    ids=["facts nested", "facts digits", "scenarios nested", "receipt nested", "keyring nested"],
)
def test_a_file_that_grows_when_it_is_read_is_refused_in_one_line(
    tmp_path: Path, command: list[str], content: bytes, codes: set[int]
) -> None:
    file = tmp_path / "bomb.json"
    file.write_bytes(content)
    environment = {
        "HUB_KEYRING_FILE": str(file),
        "HUB_DATA_DIR": str(tmp_path),
        "HUB_MODE": "run",
        "PATH": "",
    }
    arguments = [part.format(file=file) for part in command]
    done = hatchery.run(arguments, environment, tmp_path, patience_seconds=120)
    assert done.returncode in codes, done.stderr[:500]
    assert "Traceback" not in done.stderr
    assert len((done.stderr + done.stdout).splitlines()) <= 2
    assert len(done.stderr + done.stdout) < 1_000
