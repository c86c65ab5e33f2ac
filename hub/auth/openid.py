"""Signing in by an organisation's own provider: OpenID Connect Core 1.0, the code flow with PKCE (RFC 7636).

What counts of an answer is the ID token: signed by a key of the provider, for us, for this very sign-in, of these
minutes, and by somebody who has shown two factors. Who it is are its issuer and subject together, and nothing else: an
address in it may be anybody's. What is not proved is refused, and a word for the log says why.
"""

import asyncio
import base64
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final
from urllib.parse import quote, urlencode
from weakref import WeakKeyDictionary

import orjson
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # pyright: ignore[reportUnknownVariableType] -- untyped
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from hub.act import Hub
from hub.errors import Code, Refusal
from hub.outbound import Outbound, Rules, Unreached, Unwanted
from hub.settings import Settings

ALGORITHMS: Final = ("ES256", "RS256", "PS256", "EdDSA")
SCOPE: Final = "openid"
RECENT_SECONDS: Final = 600
"""How long ago somebody may have shown who they are: what they do next may be undone by nobody."""
LEEWAY_SECONDS: Final = 60
REMEMBERED_SECONDS: Final = 3600.0
KEYS_PAUSE_SECONDS: Final = 60.0
ANSWER_BYTES: Final = 256 * 1024
CALL_SECONDS: Final = 10.0
SUBJECT_CHARACTERS: Final = 255
TWO_FACTORS: Final = "mfa"
"""What RFC 8176 calls it that more than one factor was used."""


class Untrusted(Exception):
    """An answer that proves nothing. reason: a word for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Begun:
    """What a sign-in was begun with, and is compared with; only the browser that began it has it."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is: for an issuer, its subject."""

    issuer: str
    subject: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Endpoints:
    authorization: str
    token: str
    keys: str


class Provider:
    """The provider of these settings, with what it published."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._rules = Rules(allows_own_networks=True, allows_http=not settings.is_production)
        self._found: tuple[float, _Endpoints] | None = None
        self._keys: tuple[float, KeySet] | None = None
        self._looking = asyncio.Lock()

    def begin(self) -> Begun:
        """Make what a sign-in is begun with: each of 256 random bits."""
        return Begun(*(secrets.token_urlsafe(32) for _ in range(3)))

    async def address(self, begun: Begun, back: str) -> str:
        """Where the browser goes to sign in. back: where it comes back to."""
        challenge = str(create_s256_code_challenge(begun.verifier))  # pyright: ignore[reportUnknownArgumentType] -- untyped
        asked: dict[str, str] = {
            "response_type": "code", "client_id": self._settings.oidc_client_id, "redirect_uri": back, "scope": SCOPE,
            "state": begun.state, "nonce": begun.nonce, "code_challenge_method": "S256",
            "code_challenge": challenge, "prompt": "login",
            "max_age": str(RECENT_SECONDS),
        }  # fmt: skip
        if self._settings.oidc_acr:
            asked["acr_values"] = " ".join(self._settings.oidc_acr)
        return str(add_params_to_uri((await self._endpoints()).authorization, list(asked.items())))

    async def finish(self, begun: Begun, said: Mapping[str, str], back: str) -> Identity:
        """Find out who came back. said: the parameters of the address they came to. Raises Untrusted."""
        if not hmac.compare_digest(said.get("state", "").encode(), begun.state.encode()):
            raise Untrusted("state")
        if said.get("iss", self._settings.oidc_issuer) != self._settings.oidc_issuer:  # RFC 9207
            raise Untrusted("issuer")
        if "error" in said or not said.get("code"):
            raise Untrusted("refused")
        answer = await self._token(begun, said["code"], back)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise Untrusted("no_token")
        return self._identity(await self._claims(token, begun))

    async def _token(self, begun: Begun, code: str, back: str) -> dict[str, Any]:
        """Exchange a code; we prove ourselves by our secret (RFC 6749 section 2.3.1), the sign-in by its verifier."""
        settings = self._settings
        secret = settings.oidc_client_secret.get_secret_value() if settings.oidc_client_secret else ""
        basic = base64.b64encode(
            f"{quote(settings.oidc_client_id, safe='')}:{quote(secret, safe='')}".encode()
        )
        body = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": begun.verifier,
        }
        headers = {
            "authorization": f"Basic {basic.decode()}", "content-type": "application/x-www-form-urlencoded",
            "accept": "application/json",
        }  # fmt: skip
        return await self._call("POST", (await self._endpoints()).token, headers, urlencode(body).encode())

    async def _claims(self, token: str, begun: Begun) -> dict[str, Any]:
        try:
            decoded = jwt.decode(token, await self._key_set(token), algorithms=ALGORITHMS)
            registry = JWTClaimsRegistry(
                leeway=LEEWAY_SECONDS,
                iss={"essential": True, "value": self._settings.oidc_issuer},
                aud={"essential": True, "value": self._settings.oidc_client_id},
                nonce={"essential": True, "value": begun.nonce},
                sub={"essential": True}, exp={"essential": True}, iat={"essential": True},
                auth_time={"essential": True},
            )  # fmt: skip
            registry.validate(decoded.claims)
        except (JoseError, ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
            raise Untrusted(type(error).__name__) from None
        return decoded.claims

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        """What the registry does not know: for whom it was made of several, when somebody signed in, and by what."""
        subject, shown, at = claims["sub"], claims.get("amr"), claims["auth_time"]
        audience = claims["aud"]
        if claims.get("azp", self._settings.oidc_client_id) != self._settings.oidc_client_id:
            raise Untrusted("azp")
        if isinstance(audience, list) and len(audience) > 1 and "azp" not in claims:  # pyright: ignore[reportUnknownArgumentType] -- JSON
            raise Untrusted("azp")
        if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_CHARACTERS:
            raise Untrusted("sub")
        if type(at) not in {int, float} or claims["iat"] - at > RECENT_SECONDS + LEEWAY_SECONDS:
            raise Untrusted("auth_time")
        has_shown = isinstance(shown, list) and TWO_FACTORS in shown
        if not has_shown and claims.get("acr") not in self._settings.oidc_acr:
            raise Untrusted("one_factor")
        return Identity(self._settings.oidc_issuer, subject)

    async def _endpoints(self) -> _Endpoints:
        async with self._looking:
            if self._found is None or monotonic() - self._found[0] > REMEMBERED_SECONDS:
                issuer = self._settings.oidc_issuer
                said = await self._call("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
                if said.get("issuer") != issuer:  # OpenID Connect Discovery 1.0 section 4.3
                    raise Untrusted("issuer")
                names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
                addresses = [said.get(name) for name in names]
                if not all(isinstance(each, str) for each in addresses):
                    raise Untrusted("discovery")
                self._found = monotonic(), _Endpoints(*(str(each) for each in addresses))
            return self._found[1]

    async def _key_set(self, token: str) -> KeySet:
        """The provider's keys; fetched again for one that is new, once a minute at most."""
        endpoints = await self._endpoints()
        async with self._looking:
            age = monotonic() - self._keys[0] if self._keys else REMEMBERED_SECONDS
            if (
                self._keys is None
                or age >= REMEMBERED_SECONDS
                or (age > KEYS_PAUSE_SECONDS and not _has(self._keys[1], token))
            ):
                said = await self._call("GET", endpoints.keys)
                try:
                    self._keys = monotonic(), KeySet.import_key_set(said)  # pyright: ignore[reportArgumentType] -- JSON
                except (JoseError, ValueError, TypeError, KeyError):
                    raise Untrusted("keys") from None
            return self._keys[1]

    async def _call(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> dict[str, Any]:
        client = Outbound(self._rules, connections=1)
        try:
            async with client.open(
                method, url, headers=headers or {}, body=body, seconds=CALL_SECONDS
            ) as answer:
                if answer.status != 200:  # noqa: PLR2004 - OK
                    raise Untrusted("answer")
                said = orjson.loads(await answer.read(ANSWER_BYTES))
        except (Unwanted, Unreached):
            raise Untrusted("unreached") from None
        except orjson.JSONDecodeError:
            raise Untrusted("answer") from None
        finally:
            await client.close()
        if not isinstance(said, dict):
            raise Untrusted("answer")
        return said  # pyright: ignore[reportUnknownVariableType] -- JSON


def _has(keys: KeySet, token: str) -> bool:
    """Whether a token names one of these keys."""
    try:
        head = orjson.loads(base64.urlsafe_b64decode(token.partition(".")[0] + "=="))
        return any(key.kid == head.get("kid") for key in keys.keys)
    except (ValueError, AttributeError):
        return False


_providers: WeakKeyDictionary[Hub, Provider] = WeakKeyDictionary()


def provider_of(hub: Hub) -> Provider:
    """The provider of a hub; Refusal NOT_FOUND where none is set."""
    if not hub.settings.oidc_issuer:
        raise Refusal(Code.NOT_FOUND, "No provider is set: people sign in by password and code.")
    if hub not in _providers:
        _providers[hub] = Provider(hub.settings)
    return _providers[hub]
