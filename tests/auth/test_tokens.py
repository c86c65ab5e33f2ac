"""What a bearer token opens, and everything that opens nothing."""

import asyncio
import base64
import hmac
import json
import time
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwe, jws, jwt
from joserfc.jwk import ECKey, KeySet, OctKey
from joserfc.jws import JWSRegistry

from hub.act import Hub
from hub.actors import OPERATOR, Actor, Operation, Role
from hub.auth import clients, tokens
from hub.errors import Code, Refusal
from hub.keyring import Keyring, Use
from hub.models import Department, Organisation

Token = Callable[..., Awaitable[str]]
ALL = JWSRegistry(algorithms=["ES256", "HS256", "none"], strict_check_header=False)


def segment(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def opened(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, unverified."""
    header, claims, _ = token.split(".")
    return tuple(json.loads(base64.urlsafe_b64decode(part + "==")) for part in (header, claims))  # pyright: ignore[reportReturnType]


def forge(keyring: Keyring, header: dict[str, Any], claims: dict[str, Any], key: Any = None) -> str:
    """A token signed with the hub's own key (or another), whatever it says."""
    chosen = key or ECKey.import_key(keyring.private_jwk(Use.TOKEN))
    return jwt.encode(header, claims, chosen, algorithms=[header["alg"]], registry=ALL, default_type=None)


async def refusal_of(hub: Hub, header: str | None) -> Refusal:
    with pytest.raises(Refusal) as refused:
        await tokens.authenticate(hub, header)
    return refused.value


async def test_a_token_makes_an_actor_of_its_client_place_and_scopes(
    hub: Hub, register: Any, token_of: Token, organisation: Organisation, department: Department
) -> None:
    app = await register("decide", "ledger:read", department_id=department.id)
    token = await token_of(app, scope="decide")
    for scheme in ("Bearer", "bearer", "BEARER"):
        actor = await tokens.authenticate(hub, f"{scheme} {token}")
        assert actor == Actor("app", app.client.id, organisation.id, department.id, frozenset({Role.DECIDE}))


async def test_a_scope_the_client_lost_is_lost_to_its_tokens_at_once(
    hub: Hub, app: Any, token_of: Token, superuser: asyncpg.Connection
) -> None:
    header = "Bearer " + await token_of(app)
    assert (await tokens.authenticate(hub, header)).roles == {Role.DECIDE, Role.CUSTOMERS_READ}
    await superuser.execute("ALTER TABLE client DISABLE TRIGGER USER")
    await superuser.execute("UPDATE client SET scopes = '{decide,unheard:of}' WHERE id = $1", app.client.id)
    await superuser.execute("ALTER TABLE client ENABLE TRIGGER USER")
    assert (await tokens.authenticate(hub, header)).roles == {Role.DECIDE}


async def test_every_fault_of_a_token_gets_the_same_answer(
    hub: Hub, app: Any, token_of: Token, keyring: Keyring
) -> None:
    token = await token_of(app)
    header, claims = opened(token)
    first, second, third = token.split(".")
    own = ECKey.import_key(keyring.private_jwk(Use.TOKEN))
    public = own.as_pem(private=False)
    raw = own.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    strange = ECKey.generate_key("P-256", {"kid": header["kid"]})
    hs = {**header, "alg": "HS256"}
    body = base64.urlsafe_b64decode(second + "==")
    encrypted = jwe.encrypt_compact(
        {"alg": "dir", "enc": "A256GCM", "typ": "at+jwt", "kid": header["kid"]},
        body,
        OctKey.generate_key(256),
    )
    members = {"header": {"kid": header["kid"]}, "protected": {"alg": "ES256", "typ": "at+jwt"}}
    form = json.dumps(jws.serialize_json(members, body, own, algorithms=["ES256"]))  # pyright: ignore[reportArgumentType, reportCallIssue]
    headers = [
        {**header, "typ": "JWT"},
        {**header, "typ": "application/at+jwt"},
        {name: value for name, value in header.items() if name != "typ"},
        {name: value for name, value in header.items() if name != "kid"},
        {**header, "kid": "token-00000000"},
        {**header, "kid": "../../etc/passwd"},
        {**header, "kid": ["x"]},
        {**header, "jku": "https://evil.example/jwks.json"},
        {**header, "jwk": strange.as_dict(private=False)},
        {**header, "x5u": "https://evil.example/x"},
        {**header, "crit": ["exp"], "exp": 1},
        {**header, "b64": False, "crit": ["b64"]},
    ]
    wrong = [
        *({**claims, name: "https://evil.example"} for name in ("iss", "aud", "sub", "client_id")),
        {**claims, "aud": [claims["aud"]]},
        {**claims, "aud": claims["iss"]},
        {**claims, "iss": claims["iss"] + "/"},
        {**claims, "jti": str(uuid4())},
        {**claims, "jti": "1"},
        {**claims, "jti": 1},
        {**claims, "sub": str(uuid4()), "client_id": str(uuid4())},
        *({**claims, "exp": value} for value in (0, -1, 10**30, "x", None, True, 1.5, claims["exp"] + 1)),
        *({**claims, "iat": value} for value in (claims["iat"] + 3600, claims["iat"] - 1, 10**30, None)),
        *({key: value for key, value in claims.items() if key != name} for name in claims),
        {**claims, "admin": True},
        {},
    ]
    faulty = [
        *(forge_raw(own, each, body) for each in headers),
        *(forge(keyring, header, each) for each in wrong),
        forge(keyring, header, claims, strange),
        *(keyed(hs, body, secret) for secret in (public, raw, b"", b"x" * 32)),
        f"{segment({**header, 'alg': 'none'})}.{second}.",
        f"{segment({**header, 'alg': 'None'})}.{second}.{third}",
        f"{first}.{second}.",
        f"{first}.{second}.{third[:-4]}AAAA",
        f"{first}.{segment({**claims, 'scope': 'clients:manage'})}.{third}",
        f"{first}.{second}.{third}.{third}",
        f"{first}.{second}",
        encrypted,
        form,
        f"{segment([])}.{second}.{third}",
        f"{segment('x')}.{second}.{third}",
        "[" * 3000,
        base64.urlsafe_b64encode(b"[" * 3000).decode() + ".e30.e30",
        "",
        " ",
        "é.é.é",
        "\0",
        token + " ",
        token + ", Bearer " + token,
        "a" * 100_000,
    ]
    answers = {
        (answer.code, answer.message)
        for answer in [await refusal_of(hub, f"Bearer {each}") for each in faulty]
    }
    assert answers == {(Code.UNAUTHENTICATED, tokens.unwelcome().message)}
    assert (await tokens.authenticate(hub, f"Bearer {token}")).id == app.client.id


def keyed(header: dict[str, Any], body: bytes, secret: bytes) -> str:
    """Sign with HMAC, the key being whatever a stranger knows."""
    signing = f"{segment(header)}.{base64.urlsafe_b64encode(body).rstrip(b'=').decode()}"
    mac = hmac.digest(secret, signing.encode(), "sha256")
    return f"{signing}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def forge_raw(key: ECKey, header: dict[str, Any], body: bytes) -> str:
    """Sign under a header that no library would write."""
    signing = f"{segment(header)}.{base64.urlsafe_b64encode(body).rstrip(b'=').decode()}"
    signature = JWSRegistry.algorithms["ES256"].sign(signing.encode(), key)
    return f"{signing}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Basic abc", "Token abc", "Bearer\tabc", "Bearer  ", "bearer:abc"]
)
async def test_another_scheme_or_none_opens_nothing(hub: Hub, header: str) -> None:
    assert (await refusal_of(hub, header)).message == tokens.unwelcome().message


async def test_who_sends_nothing_is_told_what_to_send(hub: Hub, web: httpx.AsyncClient) -> None:
    assert "Authorization: Bearer" in (await refusal_of(hub, None)).message
    answer = await web.get("/who")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


async def test_a_faulty_token_is_answered_with_the_challenge_of_rfc_6750(web: httpx.AsyncClient) -> None:
    answer = await web.get("/who", headers={"Authorization": "Bearer x"})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer error="invalid_token"')


async def test_a_header_sent_twice_opens_nothing(web: httpx.AsyncClient, app: Any, token_of: Token) -> None:
    line = ("Authorization", "Bearer " + await token_of(app))
    assert (await web.get("/who", headers=[line])).status_code == 200
    assert (await web.get("/who", headers=[line, line])).status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE access_token SET revoked_at = now() WHERE client_id = $1",
        "UPDATE access_token SET issued_at = issued_at - interval '1 hour' WHERE client_id = $1",
        "UPDATE access_token SET expires_at = expires_at - interval '1 second' WHERE client_id = $1",
        "UPDATE access_token SET issued_at = now() + interval '60 seconds' WHERE client_id = $1",
        "UPDATE client SET revoked_at = now() WHERE id = $1",
        "DELETE FROM access_token WHERE client_id = $1",
    ],
)
async def test_the_database_has_the_last_word_at_every_call(
    hub: Hub, app: Any, token_of: Token, superuser: asyncpg.Connection, change: str
) -> None:
    header = "Bearer " + await token_of(app)
    assert (await tokens.authenticate(hub, header)).id == app.client.id
    async with superuser.transaction():
        await superuser.execute("ALTER TABLE client DISABLE TRIGGER USER")
        await superuser.execute("ALTER TABLE access_token DISABLE TRIGGER USER")
        await superuser.execute(change, app.client.id)
        await superuser.execute("ALTER TABLE access_token ENABLE TRIGGER USER")
        await superuser.execute("ALTER TABLE client ENABLE TRIGGER USER")
    assert (await refusal_of(hub, header)).code is Code.UNAUTHENTICATED


@pytest.mark.parametrize("hours", [-1, 1])
async def test_a_token_serves_in_its_time_only_by_the_clock_of_the_database(
    hub: Hub, app: Any, token_of: Token, superuser: asyncpg.Connection, keyring: Keyring, hours: int
) -> None:
    header, claims = opened(await token_of(app))
    moved = {**claims, "iat": claims["iat"] + hours * 3600, "exp": claims["exp"] + hours * 3600}
    async with superuser.transaction():
        await superuser.execute("ALTER TABLE access_token DISABLE TRIGGER USER")
        sql = """
            UPDATE access_token SET issued_at = to_timestamp($2), expires_at = to_timestamp($3)
            WHERE client_id = $1
        """
        await superuser.execute(sql, app.client.id, moved["iat"], moved["exp"])
        await superuser.execute("ALTER TABLE access_token ENABLE TRIGGER USER")
    assert (await refusal_of(hub, f"Bearer {forge(keyring, header, moved)}")).code is Code.UNAUTHENTICATED


@pytest.mark.parametrize("hours", [-24, -1, 1, 24])
async def test_a_server_whose_clock_is_wrong_issues_tokens_that_are_right(
    hub: Hub, app: Any, token_of: Token, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    wrong = SimpleNamespace(time=lambda: time.time() + hours * 3600)
    monkeypatch.setattr("authlib.oauth2.rfc9068.token.time", wrong)
    token = await token_of(app)
    assert (await tokens.authenticate(hub, f"Bearer {token}")).id == app.client.id
    assert abs(opened(token)[1]["iat"] - time.time()) < 60


async def test_a_token_revoked_while_it_is_used_opens_nothing_afterwards(
    hub: Hub, app: Any, token_of: Token
) -> None:
    token = await token_of(app)
    stop = asyncio.Event()

    answered = asyncio.Event()

    async def use() -> None:
        while not stop.is_set():
            try:
                await tokens.authenticate(hub, f"Bearer {token}")
                answered.set()
            except Refusal:
                await asyncio.sleep(0)

    users = [asyncio.create_task(use()) for _ in range(5)]
    await answered.wait()
    async with hub.act(OPERATOR, Operation.CLIENT_REVOKE) as act:
        await clients.revoke(act, app.client.id)
    after = await asyncio.gather(*(refusal_of(hub, f"Bearer {token}") for _ in range(20)))
    stop.set()
    await asyncio.gather(*users)
    assert {refusal.code for refusal in after} == {Code.UNAUTHENTICATED}


async def test_one_call_runs_one_statement(
    hub: Hub, app: Any, token_of: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = "Bearer " + await token_of(app)
    ran: list[str] = []
    single = hub.database.single()
    rows = single.rows

    async def counting(sql: str, *args: Any) -> Any:
        ran.append(sql)
        return await rows(sql, *args)

    monkeypatch.setattr(single, "rows", counting)
    monkeypatch.setattr(hub.database, "single", lambda: single)
    await tokens.authenticate(hub, header)
    await tokens.authenticate(hub, header)
    assert len(ran) == 2


async def test_a_token_of_a_rotated_key_serves_and_one_of_a_dropped_key_does_not(
    hub: Hub, keyring: Keyring
) -> None:
    rotated = keyring.rotated(Use.TOKEN)
    before, after = tokens.Tokens(hub.settings, keyring), tokens.Tokens(hub.settings, rotated)
    dropped = tokens.Tokens(hub.settings, rotated.without(keyring.current(Use.TOKEN).id))
    token = signed(before)
    assert after.read(token) == before.read(token) is not None
    assert dropped.read(token) is None
    assert before.read(signed(after)) is None


def signed(keys: tokens.Tokens) -> str:
    claims = {
        "iss": keys.issuer,
        "aud": f"{keys.issuer}/graphql",
        "iat": 1,
        "exp": 2,
        "scope": "decide",
        "jti": str(uuid4()),
    }
    client = str(uuid4())
    header = {"alg": "ES256", "typ": "at+jwt"}
    return jwt.encode(header, {**claims, "sub": client, "client_id": client}, keys.signing_keys)


async def test_the_memory_of_checked_signatures_is_bounded(
    hub: Hub, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "REMEMBERED", 3)
    keys = tokens.Tokens(hub.settings, keyring)
    made = [signed(keys) for _ in range(6)]
    assert all(keys.read(each) for each in made)
    assert len(keys._known) == 3
    assert keys.read(made[0]) is not None


async def test_expired_tokens_are_forgotten_a_day_later_and_living_ones_are_not(
    hub: Hub, app: Any, token_of: Token, superuser: asyncpg.Connection
) -> None:
    old, living = await token_of(app), await token_of(app)
    async with superuser.transaction():
        await superuser.execute("ALTER TABLE access_token DISABLE TRIGGER USER")
        sql = """
            UPDATE access_token
            SET issued_at = now() - interval '2 days', expires_at = now() - interval '25 hours' WHERE id = $1
        """
        await superuser.execute(sql, opened(old)[1]["jti"])
        await superuser.execute("ALTER TABLE access_token ENABLE TRIGGER USER")
    async with hub.act(OPERATOR, Operation.HUB_MAINTAIN) as act:
        assert await tokens.forget_expired(act) >= 1
        assert await tokens.forget_expired(act) == 0
    async with hub.act(OPERATOR, Operation.HUB_MAINTAIN) as act:
        assert await tokens.forget_expired(act) == 0
    left = await superuser.fetch("SELECT id FROM access_token WHERE client_id = $1", app.client.id)
    assert [str(row["id"]) for row in left] == [opened(living)[1]["jti"]]


async def test_without_the_database_a_caller_is_told_to_come_back(
    hub: Hub, app: Any, token_of: Token, settings: Any
) -> None:
    header = "Bearer " + await token_of(app)
    other = await Hub.open(settings, hub.database.url)
    await other.close()
    with pytest.raises(Refusal) as refused:
        await tokens.authenticate(other, header)
    assert refused.value.code is Code.UNAVAILABLE


def test_a_key_set_signs_with_its_kid_in_the_header(keyring: Keyring, hub: Hub) -> None:
    keys = tokens.Tokens(hub.settings, keyring)
    assert isinstance(keys.signing_keys, KeySet)
    assert opened(signed(keys))[0]["kid"] == keyring.current(Use.TOKEN).id
