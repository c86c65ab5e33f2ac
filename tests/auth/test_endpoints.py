"""The authorization server as clients meet it: RFC 6749, 7009, 7662, 8414, 7517."""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from joserfc import jwt
from joserfc.jwk import KeySet
from starlette.applications import Starlette

from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.auth import clients, endpoints, forms

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
GRANT = {"grant_type": "client_credentials"}
Token = Callable[..., Awaitable[str]]


async def count(hub: Hub, sql: str, *args: object) -> int:
    async with hub.ask(OPERATOR, Operation.LEDGER_READ) as ask:
        return await ask.value(sql, *args)


async def issued(hub: Hub, app: Any) -> tuple[int, int]:
    """Rows and ledger entries of the tokens a client was given."""
    rows = await count(hub, "SELECT count(*) FROM access_token WHERE client_id = $1", app.client.id)
    entries = await count(
        hub, "SELECT count(*) FROM ledger_entry WHERE event = 'token.issued' AND actor_id = $1", app.client.id
    )
    return rows, entries


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
async def test_an_oauth_library_gets_a_token_and_is_known_by_it(
    sign_in: Callable[..., Any], app: Any, method: str
) -> None:
    async with sign_in(app, token_endpoint_auth_method=method, scope="decide") as session:
        token = await session.fetch_token()
        assert (token["token_type"], token["expires_in"], token["scope"]) == ("Bearer", 3600, "decide")
        seen = await session.get("/who")
        assert seen.json() == {"id": str(app.client.id), "roles": ["decide"]}


async def test_an_oauth_library_revokes_and_introspects_its_token(
    sign_in: Callable[..., Any], app: Any, hub: Hub
) -> None:
    async with sign_in(app) as session:
        token = (await session.fetch_token())["access_token"]
        before = await session.introspect_token("http://localhost:8000/oauth/introspect", token=token)
        assert before.json()["active"] is True
        revoked = await session.revoke_token("http://localhost:8000/oauth/revoke", token=token)
        assert revoked.status_code == 200
        after = await session.introspect_token("http://localhost:8000/oauth/introspect", token=token)
        assert after.json() == {"active": False}
        assert (await session.get("/who")).status_code == 401
    sql = "SELECT count(*) FROM ledger_entry WHERE event = 'token.revoked' AND actor_id = $1"
    assert await count(hub, sql, app.client.id) == 1


async def test_a_token_is_what_rfc_9068_says_and_its_row_agrees(
    web: httpx.AsyncClient, app: Any, token_of: Token, hub: Hub
) -> None:
    token = await token_of(app)
    published = KeySet.import_key_set((await web.get("/.well-known/jwks.json")).json())
    decoded = jwt.decode(token, published, algorithms=["ES256"])
    claims = decoded.claims
    async with hub.ask(OPERATOR, Operation.LEDGER_READ) as ask:
        row = await ask.row("SELECT * FROM access_token WHERE client_id = $1", app.client.id)
    assert row is not None
    assert decoded.header.keys() == {"alg", "typ", "kid"}
    assert (decoded.header["alg"], decoded.header["typ"]) == ("ES256", "at+jwt")
    assert claims == {
        "iss": "http://localhost:8000",
        "aud": "http://localhost:8000/graphql",
        "sub": str(app.client.id),
        "client_id": str(app.client.id),
        "jti": str(row["id"]),
        "iat": int(row["issued_at"].timestamp()),
        "exp": int(row["expires_at"].timestamp()),
        "scope": "customers:read decide",
    }
    assert claims["exp"] - claims["iat"] == 3600


async def test_an_answer_with_a_token_is_never_stored(web: httpx.AsyncClient, app: Any) -> None:
    answer = await web.post("/oauth/token", data=GRANT, auth=app.basic)
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
    assert answer.headers["content-type"] == "application/json"


async def test_a_client_that_names_no_scope_gets_all_it_holds(web: httpx.AsyncClient, app: Any) -> None:
    for scope in ({}, {"scope": ""}):
        answer = await web.post("/oauth/token", data={**GRANT, **scope}, auth=app.basic)
        assert answer.json()["scope"] == "customers:read decide"


@pytest.mark.parametrize(
    "scope",
    [
        "ledger:read",
        "decide ledger:read",
        "*",
        "all",
        "decide decide",
        "decide  customers:read",
        " ",
        "Decide",
        "\0",
    ],
)
async def test_a_scope_that_the_client_does_not_hold_is_refused(
    web: httpx.AsyncClient, app: Any, hub: Hub, scope: str
) -> None:
    answer = await web.post("/oauth/token", data={**GRANT, "scope": scope}, auth=app.basic)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")
    assert await issued(hub, app) == (0, 0)


@pytest.mark.parametrize(
    "grant", ["password", "authorization_code", "refresh_token", "CLIENT_CREDENTIALS", "implicit"]
)
async def test_every_other_grant_is_refused(web: httpx.AsyncClient, app: Any, hub: Hub, grant: str) -> None:
    answer = await web.post("/oauth/token", data={"grant_type": grant}, auth=app.basic)
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")
    assert await issued(hub, app) == (0, 0)


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        ("", FORM, 400),
        ("scope=decide", FORM, 400),
        ("grant_type=", FORM, 400),
        ("grant_type=client_credentials&grant_type=client_credentials", FORM, 400),
        ("grant_type=client_credentials&scope=decide&scope=decide", FORM, 400),
        ("grant_type=client_credentials&client_secret=x", FORM, 400),
        ("grant_type=client_credentials&client_assertion=x", FORM, 400),
        ("grant_type=client_credentials&client_id=someone-else", FORM, 400),
        ("grant_type", FORM, 400),
        ("grant_type=client_credentials&scope=%ff", FORM, 400),
        ("grant_type=client_credentials&x=\u00e9", FORM, 400),
        ("&".join(f"a{i}=1" for i in range(30)), FORM, 400),
        ("grant_type=client_credentials&x=" + "a" * 17_000, FORM, 413),
        ('{"grant_type":"client_credentials"}', {"Content-Type": "application/json"}, 400),
        ("grant_type=client_credentials", {"Content-Type": "text/plain"}, 400),
        ("grant_type=client_credentials", {}, 400),
    ],
)
async def test_a_malformed_request_is_refused_with_what_to_do(
    web: httpx.AsyncClient, app: Any, hub: Hub, content: str, headers: dict[str, str], status: int
) -> None:
    answer = await web.post(
        "/oauth/token", content=content.encode(), headers={**headers, **basic(*app.basic)}
    )
    assert (answer.status_code, answer.json()["error"]) == (status, "invalid_request")
    assert len(answer.json()["error_description"]) > 10
    assert await issued(hub, app) == (0, 0)


async def test_parameters_in_the_address_are_refused(web: httpx.AsyncClient, app: Any) -> None:
    answer = await web.post("/oauth/token?grant_type=client_credentials", data=GRANT, auth=app.basic)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_two_authorization_headers_are_refused(web: httpx.AsyncClient, app: Any) -> None:
    line = ("Authorization", basic(*app.basic)["Authorization"])
    answer = await web.post(
        "/oauth/token", content="grant_type=client_credentials", headers=[*FORM.items(), line, line]
    )
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_a_body_that_lies_about_its_length_is_cut_off(web: httpx.AsyncClient, app: Any) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield b"a" * 1024

    answer = await web.post("/oauth/token", content=endless(), headers={**FORM, **basic(*app.basic)})
    assert answer.status_code == 413


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "TRACE"])
@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke", "/oauth/introspect"])
async def test_only_post_is_answered(web: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await web.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


HEADERS = [
    {},
    {"Authorization": ""},
    {"Authorization": "Basic"},
    {"Authorization": "Basic !!!"},
    {"Authorization": "Basic " + base64.b64encode(b"\xff\xfe:x").decode()},
    {"Authorization": "Basic " + base64.b64encode(b"no colon").decode()},
    {"Authorization": "Bearer abc"},
    {"Authorization": "Digest username=x"},
    basic("", ""),
    basic("\0", "\0"),
    basic("not a uuid", "x"),
    basic(str(uuid4()), "x"),
]


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke", "/oauth/introspect"])
async def test_who_does_not_sign_in_learns_nothing_but_how_to(
    web: httpx.AsyncClient, app: Any, register: Any, hub: Hub, path: str
) -> None:
    gone = await register("decide")
    async with hub.act(OPERATOR, Operation.CLIENT_REVOKE) as act:
        await clients.revoke(act, gone.client.id)
    wrong = [
        basic(app.basic[0], "wrong"),
        basic(app.basic[0], ""),
        basic(*gone.basic),
        basic(app.basic[0], app.basic[1] + "x"),
    ]
    seen = set[tuple[object, ...]]()
    for headers in [*HEADERS, *wrong]:
        answer = await web.post(path, data={**GRANT, "token": "x"}, headers=headers)
        seen.add((answer.status_code, answer.content, tuple(answer.headers.raw)))
    assert len(seen) == 1
    answer = await web.post(path, data={**GRANT, "token": "x"})
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"
    assert answer.headers["www-authenticate"].startswith("Basic realm=")
    assert await issued(hub, app) == (0, 0)


async def test_a_foreign_token_an_unknown_one_and_garbage_look_alike(
    web: httpx.AsyncClient, app: Any, register: Any, token_of: Token
) -> None:
    other = await register("decide")
    foreign, own = await token_of(other), await token_of(app)
    ended = await token_of(app)
    await web.post("/oauth/revoke", data={"token": ended}, auth=app.basic)
    for path, right in (("/oauth/introspect", b'{"active":false}'), ("/oauth/revoke", b"{}")):
        for token in (foreign, ended, "x", "a.b.c", foreign[:-4] + "AAAA", "\0", "9" * 15_000):
            answer = await web.post(
                path, data={"token": token, "token_type_hint": "nonsense"}, auth=app.basic
            )
            assert (answer.status_code, answer.content) == (200, right)
    for token, client in ((foreign, other), (own, app)):
        assert (await web.get("/who", headers={"Authorization": f"Bearer {token}"})).json()["id"] == str(
            client.client.id
        )


@pytest.mark.parametrize("path", ["/oauth/introspect", "/oauth/revoke"])
async def test_a_request_about_no_token_is_refused(web: httpx.AsyncClient, app: Any, path: str) -> None:
    answer = await web.post(path, data={"token_type_hint": "access_token"}, auth=app.basic)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_introspection_tells_a_client_about_its_own_token(
    web: httpx.AsyncClient, app: Any, token_of: Token
) -> None:
    token = await token_of(app, scope="decide")
    answer = (await web.post("/oauth/introspect", data={"token": token}, auth=app.basic)).json()
    assert answer["exp"] - answer["iat"] == 3600
    assert {
        name: answer[name] for name in ("active", "scope", "client_id", "sub", "token_type", "iss", "aud")
    } == {
        "active": True,
        "scope": "decide",
        "client_id": str(app.client.id),
        "sub": str(app.client.id),
        "token_type": "Bearer",
        "iss": "http://localhost:8000",
        "aud": "http://localhost:8000/graphql",
    }


async def test_the_metadata_are_valid_and_lead_to_addresses_that_answer(
    web: httpx.AsyncClient, site: Starlette
) -> None:
    said = (await web.get("/.well-known/oauth-authorization-server")).json()
    assert said["response_types_supported"] == []
    # The library wants one, but response types belong to an authorization endpoint, and there is none.
    AuthorizationServerMetadata({**said, "response_types_supported": ["none"]}).validate()
    paths = {getattr(route, "path", "") for route in site.routes}
    for name in ("token_endpoint", "revocation_endpoint", "introspection_endpoint", "jwks_uri"):
        assert said[name].removeprefix(said["issuer"]) in paths
    assert said["grant_types_supported"] == ["client_credentials"]


async def test_the_published_keys_have_no_private_half(web: httpx.AsyncClient) -> None:
    keys = (await web.get("/.well-known/jwks.json")).json()["keys"]
    assert {key["alg"] for key in keys} == {"ES256", "EdDSA"}
    assert all(key.keys() <= {"kid", "use", "alg", "kty", "crv", "x", "y"} for key in keys)


async def test_twenty_parallel_requests_get_twenty_tokens(web: httpx.AsyncClient, app: Any, hub: Hub) -> None:
    asked = [web.post("/oauth/token", data=GRANT, auth=app.basic) for _ in range(20)]
    answers = await asyncio.gather(*asked)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["access_token"] for answer in answers}) == 20
    assert await issued(hub, app) == (20, 20)


async def test_a_client_revoked_while_it_asks_holds_no_living_token(
    web: httpx.AsyncClient, app: Any, hub: Hub
) -> None:
    async def revoke() -> None:
        async with hub.act(OPERATOR, Operation.CLIENT_REVOKE) as act:
            await clients.revoke(act, app.client.id)

    asked = [web.post("/oauth/token", data=GRANT, auth=app.basic) for _ in range(10)]
    answers, _ = await asyncio.gather(asyncio.gather(*asked), revoke())
    assert {answer.status_code for answer in answers} <= {200, 401}
    alive = "SELECT count(*) FROM access_token WHERE client_id = $1 AND revoked_at IS NULL"
    assert await count(hub, alive, app.client.id) == 0
    for answer in answers:
        token = answer.json().get("access_token", "")
        assert (await web.get("/who", headers={"Authorization": f"Bearer {token}"})).status_code == 401


async def test_a_request_that_meets_a_revocation_waits_for_it_and_gets_nothing(
    web: httpx.AsyncClient, app: Any, hub: Hub
) -> None:
    async with hub.act(OPERATOR, Operation.CLIENT_REVOKE) as act:
        await clients.revoke(act, app.client.id)
        asking = asyncio.create_task(web.post("/oauth/token", data=GRANT, auth=app.basic))
        done, _ = await asyncio.wait([asking], timeout=0.3)
        assert not done
    answer = await asking
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert await issued(hub, app) == (0, 0)


async def test_ten_parallel_revocations_of_one_token_all_succeed_and_leave_one_entry(
    web: httpx.AsyncClient, app: Any, token_of: Token, hub: Hub
) -> None:
    token = await token_of(app)
    asked = [web.post("/oauth/revoke", data={"token": token}, auth=app.basic) for _ in range(10)]
    assert {answer.status_code for answer in await asyncio.gather(*asked)} == {200}
    sql = "SELECT count(*) FROM ledger_entry WHERE event = 'token.revoked' AND actor_id = $1"
    assert await count(hub, sql, app.client.id) == 1


async def test_a_body_that_comes_too_slowly_is_not_waited_for(
    web: httpx.AsyncClient, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def trickle() -> AsyncIterator[bytes]:
        yield b"grant_type="
        await asyncio.sleep(30)
        yield b"client_credentials"

    monkeypatch.setattr(forms, "BODY_SECONDS", 0.05)
    answer = await web.post("/oauth/token", content=trickle(), headers={**FORM, **basic(*app.basic)})
    assert (answer.status_code, answer.json()["error"]) == (408, "invalid_request")


async def test_a_client_that_hangs_up_breaks_nothing(site: Starlette) -> None:
    scope = {
        "type": "http", "method": "POST", "path": "/oauth/token", "query_string": b"",
        "client": ("192.0.2.1", 1),
        "headers": [(b"content-type", b"application/x-www-form-urlencoded")],
    }  # fmt: skip
    pieces = [{"type": "http.request", "body": b"grant", "more_body": True}, {"type": "http.disconnect"}]
    sent: list[Any] = []

    async def receive() -> Any:
        return pieces.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    await site(scope, receive, send)
    assert sent[0]["status"] == 400


async def test_without_the_database_a_client_is_told_to_come_back(settings: Any, hub: Hub, app: Any) -> None:
    other = await Hub.open(settings, hub.database.url)
    await other.close()
    transport = httpx.ASGITransport(Starlette(routes=endpoints.routes(other)))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as web:
        answer = await web.post("/oauth/token", data=GRANT, auth=app.basic)
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
    assert answer.headers["retry-after"] == "1"
