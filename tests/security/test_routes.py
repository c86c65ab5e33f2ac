"""Every address in the table of routes, so that a new one is covered on the day it is added."""

import itertools
import json
from collections.abc import AsyncIterator, Iterator, Sequence

import httpx
import pytest
import pytest_asyncio
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from hub import asgi, probes, web
from hub.act import Hub
from hub.actors import MAY, Operation, Role
from hub.auth.tokens import Audience
from hub.demo.mailbox import Mailbox
from hub.readiness import Readiness
from tests.internal.door import Door

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "BREW")
CACHED = {"/static/portal.css", "/.well-known/jwks.json", "/.well-known/oauth-authorization-server"}
KEPT_WITHOUT_NO_STORE = ("/graphql/console.", "/graphql/documentation.")
ACTS = 'mutation { departmentAdd(input: {key: "x", name: "x"}) { problems { code } } }'
SHAPES: tuple[dict[str, str], ...] = (
    {}, {"accept": "text/html"}, {"accept": "image/png"}, {"content-type": "text/plain"}, {"cookie": "a=b"},
    {"origin": "https://evil.example"}, {"range": "bytes=0-1"}, {"if-none-match": "*"},
)  # fmt: skip


@pytest.fixture(scope="session")
def table(hub: Hub) -> list[BaseRoute]:
    """Every route of a hub that shows all it has; for its two sockets, see tests/live and tests/partner."""
    routes = asgi.routes(hub, Readiness(hub, []), Mailbox().letters)
    sockets = [each for each in routes if isinstance(each, WebSocketRoute)]
    assert [each.path for each in sockets] == list(Audience)
    return [each for each in routes if each not in sockets]


@pytest_asyncio.fixture
async def http(door: Door) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a token; whatever raises inside raises here too."""
    transport = httpx.ASGITransport(door.site)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
        yield client


def addresses(table: list[BaseRoute]) -> Iterator[tuple[str, Route | Mount]]:
    for route in table:
        assert isinstance(route, Route | Mount)
        yield (route.path, route) if isinstance(route, Route) else (f"{route.path}/portal.css", route)


async def test_every_answer_at_every_address_has_the_security_headers(
    http: httpx.AsyncClient, table: list[BaseRoute]
) -> None:
    paths = [*(path for path, _ in addresses(table)), "/nothing", "/static/nothing"]
    seen = 0
    for method, path, headers in shaped(paths):
        answer = await http.request(method, path, headers=headers)
        where = (method, path, headers)
        assert answer.status_code < 500 or path == probes.READY, where
        for name, value in web.HEADERS.items():
            assert len(answer.headers.get_list(name)) == 1, (where, name)
            if name not in {"content-security-policy", "cache-control"}:
                assert answer.headers[name] == value, where
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], where
        assert "unsafe" not in answer.headers["content-security-policy"], where
        keeps = path in CACHED or path.startswith(KEPT_WITHOUT_NO_STORE)
        assert keeps or answer.headers["cache-control"] == "no-store", where
        assert "set-cookie" not in answer.headers, where
        assert "access-control-allow-origin" not in answer.headers, where
        seen += 1
    assert seen > 1_000


def shaped(paths: Sequence[str]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Every address by every method: in every shape by those we know; the others never come to it, so in one of them.

    Which one differs from address to address, so that each of these methods comes in every shape too.
    """
    for (place, path), (number, method) in itertools.product(enumerate(paths), enumerate(METHODS)):
        for headers in SHAPES if method in web.METHODS else (SHAPES[(place + number) % len(SHAPES)],):
            yield method, path, headers


async def test_every_address_knows_its_methods_and_refuses_all_others(
    http: httpx.AsyncClient, table: list[BaseRoute]
) -> None:
    for path, route in addresses(table):
        known = {"POST", "GET", "HEAD"} if path == asgi.GRAPHQL else {"GET", "HEAD"}
        known = {"POST"} if path == Audience.PARTNER else known  # no console there
        if isinstance(route, Route) and route.methods:
            known = {name for each, other in addresses(table) if each == path for name in methods_of(other)}
        assert known <= web.METHODS, path
        for method in METHODS:
            answer = await http.request(method, path, headers={"accept": "*/*"})
            if method not in known:
                assert answer.status_code == 405, (method, path)
                assert set(answer.headers["allow"].split(", ")) <= web.METHODS


def methods_of(route: Route | Mount) -> set[str]:
    return (route.methods or set()) if isinstance(route, Route) else {"GET", "HEAD"}


async def test_without_a_token_only_what_strangers_may_is_answered(
    http: httpx.AsyncClient, door: Door, table: list[BaseRoute]
) -> None:
    before = await door.traces()
    asked = {"query": "{ viewer { kind } }"}
    for path, route in addresses(table):
        if path in set(Audience) or "{" in path:  # of the second kind is the portal: see tests/portal
            continue
        open_to_all = Role.STRANGER in MAY[Operation(route.name)]
        methods = (route.methods or set()) if isinstance(route, Route) else {"GET"}
        for method in sorted(methods - {"HEAD"}):
            answer = await http.request(method, path)
            expected = (
                {200, 303, 503 if path == probes.READY else 200} if method == "GET" else {400, 401, 415}
            )
            assert answer.status_code in (expected if open_to_all else {401}), (method, path)
    for headers in (
        {},
        {"authorization": "Bearer x"},
        {"authorization": "Basic eDp5"},
        {"cookie": "token=x"},
    ):
        for path in Audience:
            answer = await http.post(path, json=asked, headers=headers)
            assert (answer.status_code, "data" in answer.json()) == (401, False)
    for path in (f"{each}?{name}=x" for each in Audience for name in ("access_token", "token")):
        assert (await http.post(path, json=asked)).status_code == 401
    assert await door.traces() == before


async def test_another_sites_page_can_make_a_browser_send_nothing_that_acts(
    http: httpx.AsyncClient, door: Door
) -> None:
    """What a form or a script of another site can send without asking first: no JSON, no Authorization header."""
    before = await door.traces()
    kinds = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "")
    for path, kind in itertools.product(Audience, kinds):
        answer = await http.post(
            path,
            content=json.dumps({"query": ACTS}),
            headers={"content-type": kind, "origin": "https://evil.example"},
        )
        assert answer.status_code in {401, 415}
    for path in Audience:
        asked = await http.options(
            path, headers={"origin": "https://evil.example", "access-control-request-method": "POST"}
        )
        assert asked.status_code == 405
    assert await door.traces() == before
