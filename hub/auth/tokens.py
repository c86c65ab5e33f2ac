"""Access tokens: JWTs after RFC 9068, signed with ES256, each a row that can be revoked at any moment.

Apps and partners have an audience each: a token serves at the one schema that it is for, and nowhere else.

A signature that was found good is remembered until the token ends. Whether token and client still live is
asked of the database at every call, by the database's clock, in a statement that begins after the call has come: those
that come at the same moment share it.
"""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property, lru_cache, partial
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet
from joserfc.jws import JWSRegistry

from hub.act import Act, Hub
from hub.actors import PARTNER_SCOPES, SCOPES, Actor, Role
from hub.db import LOST, Database, Record
from hub.errors import Code, Refusal
from hub.keyring import Keyring, Use
from hub.settings import Settings
from hub.together import Together

ALGORITHM = "ES256"
TYPE = "at+jwt"
LONGEST_TOKEN = 4096
REMEMBERED = 10_000
CLAIMS = frozenset({"iss", "aud", "sub", "client_id", "jti", "iat", "exp", "scope"})
FORGET_AFTER = timedelta(days=1)


class Audience(StrEnum):
    """Where the tokens of a kind of client serve: the path of its schema."""

    APP = "/graphql"
    PARTNER = "/partner/graphql"


_LIVING = """
    SELECT t.id, c.organisation_id, c.department_id, c.kind, t.scopes AS asked, c.scopes AS held, c.recipient_id,
        c.arrangements, c.recipient_id IS NOT NULL AND EXISTS (
            SELECT FROM organisation o WHERE o.id = c.organisation_id AND o.sandbox_of_id IS NOT NULL) AS is_sandbox,
        now() AS at, clock.number AS clock
    FROM access_token t CROSS JOIN catalogue_clock clock
    JOIN unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[])
        AS said (id, client_id, issued_at, expires_at)
        ON t.id = said.id AND t.client_id = said.client_id AND t.issued_at = said.issued_at
        AND t.expires_at = said.expires_at
    JOIN client c ON c.id = t.client_id
    WHERE t.issued_at <= now() AND t.expires_at > now() AND t.revoked_at IS NULL AND c.revoked_at IS NULL
"""
_FORGETTABLE = "SELECT EXISTS (SELECT FROM access_token WHERE expires_at < $1)"
_FORGET = "DELETE FROM access_token WHERE expires_at < $1 RETURNING id"


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says that our key has signed: which row it is, whose, where it serves, from when until when."""

    id: UUID
    audience: Audience
    client_id: UUID
    issued_at: datetime
    expires_at: datetime


class Tokens:
    """The token keys of one process, and the signatures it has already checked."""

    def __init__(self, settings: Settings, keyring: Keyring) -> None:
        self.issuer = settings.url
        self.audiences = {f"{settings.url}{each}": each for each in Audience}
        self.keyring = keyring
        self._registry = JWSRegistry(algorithms=[ALGORITHM])
        self._known: OrderedDict[bytes, Claims] = OrderedDict()

    @cached_property
    def signing_keys(self) -> KeySet:
        """The current private key, in a set so that its id goes into the header."""
        return KeySet([ECKey.import_key(self.keyring.private_jwk(Use.TOKEN))])

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
        jwks = self.keyring.public_jwks((Use.TOKEN,))["keys"]
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
        texts, times = ("aud", "client_id", "jti", "scope"), ("iat", "exp")
        if (
            said.keys() != CLAIMS
            or (said["iss"], said["sub"]) != (self.issuer, said["client_id"])
            or any(type(said[name]) is not str for name in texts)
            or any(type(said[name]) is not int for name in times)
            or said["aud"] not in self.audiences
        ):
            return None
        issued_at, expires_at = (datetime.fromtimestamp(said[name], UTC) for name in times)
        audience = self.audiences[said["aud"]]
        return Claims(UUID(said["jti"]), audience, UUID(said["client_id"]), issued_at, expires_at)


_OPENED: WeakKeyDictionary[Hub, Tokens] = WeakKeyDictionary()


def of(hub: Hub) -> Tokens:
    """The token keys of this hub, read once and after each change of the keyring."""
    tokens, keyring = _OPENED.get(hub), hub.vault.keyring
    if tokens is None or tokens.keyring is not keyring:
        tokens = _OPENED[hub] = Tokens(hub.settings, keyring)
    return tokens


async def authenticate(hub: Hub, header: str | None, audience: Audience = Audience.APP) -> Actor:
    """Who sends this Authorization header: a client with the scopes of its token that it still holds.

    Refusals: UNAUTHENTICATED, the same for every token that does not serve here; UNAVAILABLE without the database.
    """
    if header is None:
        raise Refusal(
            Code.UNAUTHENTICATED, "Send an access token: `Authorization: Bearer ...`, from POST /oauth/token."
        )
    scheme, _, token = header.partition(" ")
    tokens = of(hub)
    claims = tokens.read(token) if scheme.lower() == "bearer" else None
    if claims is None or claims.audience is not audience:
        raise unwelcome()
    row = await _living(hub, claims)
    if row is None or row["kind"] != audience.name:
        tokens.forget(token)
        raise unwelcome()
    return _actor(claims.client_id, row)


def _actor(client_id: UUID, row: Record) -> Actor:
    roles = roles_of(tuple(row["asked"]), tuple(row["held"]))
    kind, place = row["kind"].lower(), (row["organisation_id"], row["department_id"])
    covered = None if row["arrangements"] is None else frozenset[UUID](row["arrangements"])
    seen = row["at"], row["clock"]
    return Actor(kind, client_id, *place, roles, row["recipient_id"], covered, row["is_sandbox"], seen)


def unwelcome() -> Refusal:
    """The one answer to a token that does not serve, whatever is wrong with it."""
    return Refusal(
        Code.UNAUTHENTICATED,
        "This access token does not serve here, or no longer: get a new one from POST /oauth/token.",
    )


@lru_cache(maxsize=1024)
def roles_of(asked: tuple[str, ...], held: tuple[str, ...]) -> frozenset[Role]:
    """The scopes of a token that its client still holds; one that this release does not know is none."""
    return frozenset(Role(scope) for scope in (SCOPES | PARTNER_SCOPES).intersection(asked, held))


async def forget_expired(act: Act) -> int:
    """Delete the rows of tokens that ended a day ago; the ledger remembers them. Returns how many."""
    before = act.at - FORGET_AFTER
    if not await act.value(_FORGETTABLE, before):
        return 0
    gone = await act.rows(_FORGET, before)
    await act.record("token.forgotten", tokens=len(gone))
    return len(gone)


async def _living(hub: Hub, claims: Claims) -> Record | None:
    """Ask whether a token lives, together with those who ask at the same moment: never earlier than they ask."""
    asking = _ASKING.get(hub)
    if asking is None:
        asking = _ASKING[hub] = Together(partial(_all_living, hub.database))
    try:
        return (await asking([claims]))[0]
    except LOST as error:
        raise Refusal(
            Code.UNAVAILABLE, "The database cannot be reached. Nothing changed; try again."
        ) from error


async def _all_living(database: Database, asked: list[Claims]) -> list[Record | None]:
    """The rows of the tokens that live, each where it was asked for; one that several bring is looked for once."""
    said = [(each.id, each.client_id, each.issued_at, each.expires_at) for each in dict.fromkeys(asked)]
    columns = (list(column) for column in zip(*said, strict=True))
    found = {row["id"]: row for row in await database.single().rows(_LIVING, *columns)}
    return [found.get(each.id) for each in asked]


_ASKING: WeakKeyDictionary[Hub, Together[Claims, Record | None]] = WeakKeyDictionary()
