"""An OpenID provider that really answers over HTTP, for tests: honest, unless a test makes it lie."""

import base64
import secrets
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from aiohttp import web
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # pyright: ignore[reportUnknownVariableType] -- untyped
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey

CLIENT, SECRET = "privacy-hub", "a secret of forty characters, made for it"


@dataclass
class Provider:
    """Who signs in there is `subject`, by both factors. lie: changes the claims; sign: makes the token of them.

    answers: parameters added to the address that the browser is sent back to.
    """

    subject: str = "ruth-4711"
    lie: Callable[[dict[str, Any]], None] = lambda _: None
    sign: Callable[[dict[str, Any]], str] | None = None
    answers: dict[str, str] = field(default_factory=dict[str, str])
    is_down: bool = False
    issuer: str = ""
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "first", "use": "sig"}))
    asked: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    codes: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])

    def signed(self, claims: dict[str, Any], key: Any = None, alg: str = "ES256") -> str:
        """An ID token of these claims."""
        made = key or self.key
        return jwt.encode({"alg": alg, "kid": made.kid or "first"}, claims, made, algorithms=[alg])

    async def _describe(self, _: web.Request) -> web.Response:
        if self.is_down:
            return web.Response(status=503)
        return web.json_response({
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys",
        })  # fmt: skip

    async def _keys(self, _: web.Request) -> web.Response:
        return web.json_response(KeySet([self.key]).as_dict(private=False))

    async def _authorize(self, request: web.Request) -> web.Response:
        asked, code = dict(request.query), secrets.token_urlsafe(16)
        self.asked.append(asked)
        assert (asked["client_id"], asked["response_type"], asked["scope"]) == (CLIENT, "code", "openid")
        self.codes[code] = asked
        said = {"code": code, "state": asked["state"], "iss": self.issuer, **self.answers}
        raise web.HTTPFound(str(add_params_to_uri(asked["redirect_uri"], list(said.items()))))

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        basic = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
        name, _, secret = basic.partition(":")
        asked = self.codes.pop(str(form["code"]), None)  # a code works once
        if asked is None or (unquote(name), unquote(secret)) != (CLIENT, SECRET):
            return web.json_response({"error": "invalid_grant"}, status=400)
        if create_s256_code_challenge(str(form["code_verifier"])) != asked["code_challenge"]:
            return web.json_response({"error": "invalid_grant"}, status=400)
        assert form["redirect_uri"] == asked["redirect_uri"]
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.issuer, "sub": self.subject, "aud": CLIENT, "nonce": asked["nonce"], "iat": now,
            "exp": now + 300, "auth_time": now, "amr": ["pwd", "otp", "mfa"], "email": "ruth@firm.example",
        }  # fmt: skip
        self.lie(claims)
        token = self.sign(claims) if self.sign else self.signed(claims)
        return web.json_response({"access_token": "x", "token_type": "Bearer", "id_token": token})


@asynccontextmanager
async def serving() -> AsyncGenerator[Provider]:
    """A provider on a port of its own."""
    made = Provider()
    app = web.Application()
    app.add_routes([
        web.get("/.well-known/openid-configuration", made._describe), web.get("/keys", made._keys),
        web.get("/authorize", made._authorize), web.post("/token", made._token),
    ])  # fmt: skip
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.issuer = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


def forged(claims: dict[str, Any]) -> str:
    """A token that a stranger signed with the name of the provider's key."""
    stranger = ECKey.generate_key("P-256", {"kid": "first", "use": "sig"})
    return jwt.encode({"alg": "ES256", "kid": "first"}, claims, stranger, algorithms=["ES256"])


def symmetric(claims: dict[str, Any]) -> str:
    """A token signed with what the client and the provider share, or with a public key as if it were a secret."""
    key = OctKey.import_key(SECRET.encode(), {"kid": "first"})
    return jwt.encode({"alg": "HS256", "kid": "first"}, claims, key, algorithms=["HS256"])


def unsigned(claims: dict[str, Any]) -> str:
    """A token that nobody signed."""
    part = base64.urlsafe_b64encode(b'{"alg":"none","kid":"first"}').rstrip(b"=").decode()
    body = jwt.encode({"alg": "ES256"}, claims, ECKey.generate_key("P-256"), algorithms=["ES256"]).split(".")[
        1
    ]
    return f"{part}.{body}."
