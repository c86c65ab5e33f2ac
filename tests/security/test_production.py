"""What production shows, pinned: no console, no introspection, no queries in addresses, no hints, no details."""

from typing import Any

import httpx
import pytest
import pytest_asyncio

from hub import asgi
from hub.act import Hub
from hub.readiness import Readiness
from hub.settings import Settings, load
from schema.endpoint import Openness
from tests.internal.door import Door
from tests.world import World

HOST = "hub.example.org"
HINTS = (
    "did you mean",
    "customer",
    "purpose",
    "jurisdiction",
    "strawberry",
    "graphql-core",
    "traceback",
    "asyncpg",
)


@pytest.fixture(scope="session")
def production(hub: Hub) -> Settings:
    """Production with nothing but what it demands."""
    given = {
        "keyring": hub.vault.keyring.dump(),
        "database_url": hub.database.url,
        "data_dir": hub.settings.data_dir,
    }
    return load(mode="production", public_url=f"https://{HOST}", **given)


@pytest.fixture(scope="session")
def site(hub: Hub, production: Settings) -> Door:
    """The application as production serves it."""
    served = Hub(production, hub.database, hub.vault)
    return Door(served, asgi.create_app(served, Readiness(served, [])))


@pytest_asyncio.fixture(scope="session")
async def token(site: Door, world: World) -> str:
    """A token with every scope, asked for where the hub really is."""
    async with client(site) as http:
        form = await secret(site, world)
        return (await http.post("/oauth/token", data=form)).json()["access_token"]


def client(site: Door) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(site.site), base_url=f"https://{HOST}")


async def secret(site: Door, world: World) -> dict[str, str]:
    from hub.actors import OPERATOR, SCOPES, Operation  # noqa: PLC0415 - here only
    from hub.auth import clients  # noqa: PLC0415 - here only

    async with site.hub.act(OPERATOR, Operation.CLIENT_CREATE) as act:
        made, told = await clients.create(
            act, "Desk", clients.Kind.APP, sorted(SCOPES), world.organisation.id
        )
    form = {"grant_type": "client_credentials", "client_id": str(made.id)}
    return {**form, "client_secret": told.get_secret_value()}


async def posted(
    site: Door, token: str, document: str, variables: dict[str, Any] | None = None
) -> httpx.Response:
    async with client(site) as http:
        body = {"query": document, "variables": variables or {}}
        return await http.post("/graphql", json=body, headers={"Authorization": f"Bearer {token}"})


def test_the_settings_of_production_are_these(production: Settings) -> None:
    open_by_default = ("allows_introspection", "shows_console")
    assert [getattr(production, name) for name in open_by_default] == [False, False]
    assert production.metrics_token is None
    assert production.forwarded_allow_ips == ""
    assert production.allowed_hosts == []
    assert production.token_seconds <= 900
    assert production.log_level == "INFO"
    assert Openness() == Openness(introspection=False, queries_by_get=False, page=None, page_headers=None)


def test_the_server_of_production_is_set_so(site: Door, production: Settings) -> None:
    config = asgi.server(site.site, production).config
    assert (config.server_header, config.proxy_headers, config.access_log) == (False, False, False)
    assert (config.ws_max_size, config.ws_per_message_deflate) == (65_536, False)
    assert config.timeout_graceful_shutdown == production.shutdown_seconds
    assert config.timeout_keep_alive <= 10
    assert site.site.debug is False


async def test_a_signed_in_app_gets_its_answers(site: Door, token: str) -> None:
    answer = await posted(site, token, "{ __typename viewer { kind } }")
    assert answer.json()["data"] == {"__typename": "Query", "viewer": {"kind": "app"}}
    assert answer.headers["strict-transport-security"].startswith("max-age=63072000")


@pytest.mark.parametrize(
    "document",
    [
        "{ __schema { types { name } } }",
        '{ __type(name: "Customer") { name } }',
        "{ viewer { kind } ...F } fragment F on Query { __schema { queryType { name } } }",
        "{ a: __schema { __typename } }",
        "query ($x: Boolean = false) { __schema @include(if: $x) { __typename } }",
    ],
)
async def test_the_schema_is_not_told(site: Door, token: str, document: str) -> None:
    answer = await posted(site, token, document)
    assert "data" not in answer.json() or answer.json()["data"] is None
    assert not any(told in answer.text for told in ('"types"', '"name"', "OBJECT", "QuestionInput"))


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        ("{ custmer { id } }", {}),
        ("{ viewer { knd } }", {}),
        ("{ purposs(first: 1) { edges { node { id } } } }", {}),
        ("query ($f: CustomrFilter) { viewer { kind } }", {"f": 1}),
        ("query ($a: Jurisdiction!) { viewer { kind } }", {"a": "AUS"}),
        ("query ($r: CustomerRef!) { customer(ref: $r) { id } }", {"r": {"emial": "x"}}),
        ("{ viewer { kind } } fragment F on Custmer { id }", {}),
        ("{ viewer @includ(if: true) { kind } }", {}),
    ],
)
async def test_a_wrong_name_gets_no_hint_at_a_right_one(
    site: Door, token: str, document: str, variables: dict[str, Any]
) -> None:
    answer = await posted(site, token, document, variables)
    said = " ".join(each["message"] for each in answer.json()["errors"]).lower()
    given = f"{document} {variables}".lower()
    assert "did you mean" not in said
    assert [hint for hint in HINTS if hint in said and hint not in given] == []


@pytest.mark.parametrize(
    "accept", ["text/html", "application/json", "*/*", "text/html,application/xhtml+xml,*/*;q=0.8"]
)
async def test_there_is_no_console_and_no_query_in_an_address(site: Door, token: str, accept: str) -> None:
    before = await site.traces()
    headers = {"Authorization": f"Bearer {token}", "Accept": accept}
    async with client(site) as http:
        for path in ("/graphql", "/graphql?query={viewer{kind}}", "/graphql?query=mutation{x}"):
            for method in ("GET", "HEAD"):
                answer = await http.request(method, path, headers=headers)
                assert answer.status_code == (406 if accept == "text/html" else 405)
                assert answer.headers.get("allow", "POST") == "POST"
                assert "viewer" not in answer.text
        for path in (
            "/graphql/console.js",
            "/graphql/console.css",
            "/graphql/documentation.js",
            "/metrics",
            "/docs",
        ):
            assert (await http.get(path, headers=headers)).status_code == 404
    assert await site.traces() == before


@pytest.mark.parametrize(
    ("path", "protocol"),
    [
        ("/graphql", "graphql-ws"),
        ("/graphql", ""),
        ("/", "graphql-transport-ws"),
        ("/nothing", "graphql-transport-ws"),
    ],
)
async def test_no_socket_is_opened_but_of_the_one_protocol_at_the_one_address(
    site: Door, path: str, protocol: str
) -> None:
    await _opens_no_socket(site, path, protocol, [])


async def test_a_page_of_another_site_opens_no_socket(site: Door) -> None:
    for origin in ("https://evil.example", f"http://{HOST}", f"https://{HOST}:444", "null", ""):
        await _opens_no_socket(site, "/graphql", "graphql-transport-ws", [(b"origin", origin.encode())])


async def _opens_no_socket(site: Door, path: str, protocol: str, more: list[tuple[bytes, bytes]]) -> None:
    said: list[Any] = []
    heard = [{"type": "websocket.connect"}]

    async def receive(waiting: list[dict[str, str]] = heard) -> dict[str, str]:
        return waiting.pop(0) if waiting else {"type": "websocket.disconnect", "code": "1005"}

    async def send(message: Any, kept: list[Any] = said) -> None:
        kept.append(message)

    scope = {
        "type": "websocket", "path": path, "raw_path": path.encode(), "query_string": b"", "scheme": "wss",
        "headers": [(b"host", HOST.encode()), (b"sec-websocket-protocol", protocol.encode()), *more],
        "subprotocols": [protocol], "root_path": "", "client": ("10.0.0.1", 1),
    }  # fmt: skip
    await site.site(scope, receive, send)
    assert "websocket.accept" not in [each["type"] for each in said], path


async def test_batches_and_uploads_are_not_taken(site: Door, token: str) -> None:
    async with client(site) as http:
        headers = {"Authorization": f"Bearer {token}"}
        batch = await http.post("/graphql", json=[{"query": "{ viewer { kind } }"}] * 2, headers=headers)
        files = {"0": ("a.txt", b"x")}
        upload = await http.post(
            "/graphql", data={"operations": "{}", "map": "{}"}, files=files, headers=headers
        )
    assert (batch.status_code, upload.status_code) == (400, 415)
    assert "kind" not in batch.text
