"""Access tokens: JWTs after RFC 9068, signed with ES256, each a row that can be revoked at any moment.

A signature that was found good is remembered until the token ends. Whether token and client still live is
asked of the database at every call, in one statement, by the database's clock.
"""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet
from joserfc.jws import JWSRegistry

from hub.act import Act, Hub
from hub.actors import SCOPES, Actor, Role
from hub.db import LOST
from hub.errors import Code, Refusal
from hub.keyring import Keyring, Use
from hub.settings import Settings

ALGORITHM = "ES256"
TYPE = "at+jwt"
LONGEST_TOKEN = 4096
REMEMBERED = 10_000
CLAIMS = frozenset({"iss", "aud", "sub", "client_id", "jti", "iat", "exp", "scope"})
FORGET_AFTER = timedelta(days=1)

_LIVING = """
    SELECT c.organisation_id, c.department_id, c.kind, t.scopes AS asked, c.scopes AS held
    FROM access_token t JOIN client c ON c.id = t.client_id
    WHERE t.id = $1 AND c.id = $2 AND t.issued_at = $3 AND t.expires_at = $4
      AND t.issued_at <= now() AND t.expires_at > now() AND t.revoked_at IS NULL AND c.revoked_at IS NULL
"""
_FORGETTABLE = "SELECT EXISTS (SELECT FROM access_token WHERE expires_at < $1)"
_FORGET = "DELETE FROM access_token WHERE expires_at < $1 RETURNING id"


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says that our key has signed: which row it is, whose, and from when until when."""

    id: UUID
    client_id: UUID
    issued_at: datetime
    expires_at: datetime


class Tokens:
    """The token keys of one process, and the signatures it has already checked."""

    def __init__(self, settings: Settings, keyring: Keyring) -> None:
        self.issuer = settings.url
        self.audience = f"{settings.url}/graphql"
        self._keyring = keyring
        self._registry = JWSRegistry(algorithms=[ALGORITHM])
        self._known: OrderedDict[bytes, Claims] = OrderedDict()

    @cached_property
    def signing_keys(self) -> KeySet:
        """The current private key, in a set so that its id goes into the header."""
        return KeySet([ECKey.import_key(self._keyring.private_jwk(Use.TOKEN))])

    def read(self, token: str) -> Claims | None:
        """What a token says if we signed it for this use; None for anything else. Knows nothing of time."""
        if len(token) > LONGEST_TOKEN or not token.isascii():
            return None
        digest = hashlib.sha256(token.encode()).digest()
        known = self._known.get(digest)
        if known is not None:
            self._known.move_to_end(digest)
            return known
        claims = self._verify(token)
        if claims is not None:
            self._known[digest] = claims
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return claims

    def forget(self, token: str) -> None:
        """A token that has ended needs no memory."""
        self._known.pop(hashlib.sha256(token.encode()).digest(), None)

    @cached_property
    def _public_keys(self) -> dict[str, ECKey]:
        jwks = self._keyring.public_jwks((Use.TOKEN,))["keys"]
        return {key["kid"]: ECKey.import_key(key) for key in jwks}

    def _verify(self, token: str) -> Claims | None:
        try:
            decoded = jwt.decode(token, self._key, algorithms=[ALGORITHM], registry=self._registry)
            return self._claims(decoded.claims)
        except (JoseError, ValueError, TypeError, OverflowError, OSError, RecursionError):
            return None

    def _key(self, signed: Any) -> ECKey:
        """The key of exactly our own header: no other member, algorithm or key that a token brings along."""
        header: dict[str, Any] = signed.headers()
        key = self._public_keys.get(str(header.get("kid")))
        if key is None or header != {"alg": ALGORITHM, "typ": TYPE, "kid": header["kid"]}:
            raise ValueError("not a header of ours")
        return key

    def _claims(self, said: dict[str, Any]) -> Claims | None:
        texts, times = ("client_id", "jti", "scope"), ("iat", "exp")
        if (
            said.keys() != CLAIMS
            or (said["iss"], said["aud"], said["sub"]) != (self.issuer, self.audience, said["client_id"])
            or any(type(said[name]) is not str for name in texts)
            or any(type(said[name]) is not int for name in times)
        ):
            return None
        issued_at, expires_at = (datetime.fromtimestamp(said[name], UTC) for name in times)
        return Claims(UUID(said["jti"]), UUID(said["client_id"]), issued_at, expires_at)


_OPENED: WeakKeyDictionary[Hub, Tokens] = WeakKeyDictionary()


def of(hub: Hub) -> Tokens:
    """The token keys of this hub, read once."""
    tokens = _OPENED.get(hub)
    if tokens is None:
        tokens = _OPENED[hub] = Tokens(hub.settings, hub.vault.keyring)
    return tokens


async def authenticate(hub: Hub, header: str | None) -> Actor:
    """Who sends this Authorization header: an app with the scopes of its token that its client still holds.

    Refusals: UNAUTHENTICATED, the same for every token that does not serve; UNAVAILABLE without the database.
    """
    if header is None:
        raise Refusal(
            Code.UNAUTHENTICATED, "Send an access token: `Authorization: Bearer ...`, from POST /oauth/token."
        )
    scheme, _, token = header.partition(" ")
    tokens = of(hub)
    claims = tokens.read(token) if scheme.lower() == "bearer" else None
    if claims is None:
        raise unwelcome()
    row = await _living(hub, claims)
    if row is None:
        tokens.forget(token)
        raise unwelcome()
    roles = roles_of(tuple(row["asked"]), tuple(row["held"]))
    return Actor(row["kind"].lower(), claims.client_id, row["organisation_id"], row["department_id"], roles)


def unwelcome() -> Refusal:
    """The one answer to a token that does not serve, whatever is wrong with it."""
    return Refusal(
        Code.UNAUTHENTICATED,
        "This access token does not serve here, or no longer: get a new one from POST /oauth/token.",
    )


@lru_cache(maxsize=1024)
def roles_of(asked: tuple[str, ...], held: tuple[str, ...]) -> frozenset[Role]:
    """The scopes of a token that its client still holds; one that this release does not know is none."""
    return frozenset(Role(scope) for scope in SCOPES.intersection(asked, held))


async def forget_expired(act: Act) -> int:
    """Delete the rows of tokens that ended a day ago; the ledger remembers them. Returns how many."""
    before = act.at - FORGET_AFTER
    if not await act.value(_FORGETTABLE, before):
        return 0
    gone = await act.rows(_FORGET, before)
    await act.record("token.forgotten", tokens=len(gone))
    return len(gone)


async def _living(hub: Hub, claims: Claims) -> Any:
    try:
        return await hub.database.single().row(
            _LIVING, claims.id, claims.client_id, claims.issued_at, claims.expires_at
        )
    except LOST as error:
        raise Refusal(
            Code.UNAVAILABLE, "The database cannot be reached. Nothing changed; try again."
        ) from error
