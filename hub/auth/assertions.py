"""Signed assertions: a client shows who it is by a short JWT of its own, which counts once (RFC 7523, RFC 7521).

What is wrong with the form of an assertion is said, whoever it names; what depends on the client (unknown, revoked,
another key, used before) gets the one answer of every sign-in that fails. Nothing in an assertion leads us anywhere:
no address is fetched and no key is taken from it.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from authlib.oauth2.rfc6749 import InvalidClientError

from hub.auth.signing_keys import SPELT, SigningKey
from hub.db import Session

METHOD: Final = "private_key_jwt"
TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST_SECONDS: Final = 300
SKEW_SECONDS: Final = 60
CHARACTERS: Final = 8192
ID_CHARACTERS: Final = 255
MEMBERS: Final = frozenset({"alg", "kid", "typ"})
TYPES: Final = frozenset({"jwt", "client-authentication+jwt"})
TIMES: Final[Mapping[str, int | None]] = {"iat": None, "exp": None, "nbf": 0}
FAR_SECONDS: Final = 2**40
KNOWN: Final = frozenset[str]().union(*SPELT.values())

# An assertion that runs at the same time waits for the other's row, and then finds it. Each use also clears away a few
# that do not count any more.
_USE: Final = """
    WITH over AS (
        DELETE FROM assertion_used WHERE digest IN (
            SELECT digest FROM assertion_used WHERE expires_at < now() AND digest <> $1
            LIMIT 10 FOR UPDATE SKIP LOCKED)
    )
    INSERT INTO assertion_used (digest, expires_at) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING RETURNING true
"""


class Unacceptable(InvalidClientError):
    """An assertion whose form is wrong; the description says what, and knows nothing of the client."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """What is said, and not yet proved. expires_at: when it ends to count, by the most patient clock."""

    client_id: str
    kid: str
    algorithm: str
    id: str = field(repr=False)
    expires_at: datetime
    text: str = field(repr=False)

    def is_by(self, keys: Mapping[str, SigningKey]) -> bool:
        """Whether one of these keys, by their `kid`, has signed it."""
        key = keys.get(self.kid)
        return key is not None and key.verifies(self.text, self.algorithm)


def subject(text: str) -> str:
    """Whom an assertion is about, as it says itself; empty where nothing can be read that could be a client's id."""
    try:
        said = _part(text[:CHARACTERS].split(".")[1]).get("sub")
    except (ValueError, IndexError, RecursionError):
        return ""
    return said if isinstance(said, str) and said.isascii() else ""


def read(text: str, at: datetime, audiences: Collection[str]) -> Assertion:
    """An assertion of the right form at an instant. audiences: what it may be meant for. Raises Unacceptable."""
    parts = text.split(".")
    if len(parts) != 3 or len(text) > CHARACTERS:  # noqa: PLR2004 - header, claims, signature
        raise Unacceptable(description="A client_assertion is a signed JWT in compact form: three parts.")
    try:
        header, claims = _part(parts[0]), _part(parts[1])
    except (ValueError, RecursionError):
        raise Unacceptable(
            description="The client_assertion is no JWT: header or claims cannot be read."
        ) from None
    _check_header(header)
    _check_meant(claims, audiences)
    ends = _check_times(claims, at)
    said = claims.get("jti")
    if not isinstance(said, str) or not 1 <= len(said) <= ID_CHARACTERS:
        raise Unacceptable(description="The claim jti is missing: a new random text for every assertion.")
    return Assertion(claims["sub"], header["kid"], header["alg"], said, ends, text)


async def use(session: Session, said: Assertion) -> bool:
    """Note that an assertion was used; whether it was not before, in whatever process."""
    named = f"{said.client_id}\0{said.id}".encode(errors="surrogatepass")  # JSON knows halves of characters
    digest = hashlib.sha256(named).digest()
    return bool(await session.value(_USE, digest, said.expires_at))


def _check_header(header: Mapping[str, Any]) -> None:
    if not _is_among(header.get("alg"), KNOWN):
        raise Unacceptable(description="Sign the client_assertion with EdDSA, ES256 or PS256.")
    if not isinstance(header.get("kid"), str):
        raise Unacceptable(description="Name the key in the header of the client_assertion: kid.")
    if not MEMBERS.issuperset(header) or str(header.get("typ", "JWT")).lower() not in TYPES:
        raise Unacceptable(
            description="The header of a client_assertion has alg, kid and typ (JWT), no more."
        )


def _check_meant(claims: Mapping[str, Any], audiences: Collection[str]) -> None:
    if not isinstance(claims.get("sub"), str) or claims.get("iss") != claims["sub"]:
        raise Unacceptable(description="The claims iss and sub of a client_assertion are both the client id.")
    meant = _listed(claims.get("aud"))
    # Whoever else it is meant for could sign in with it here before the partner does.
    if not meant or not all(_is_among(each, audiences) for each in meant):
        raise Unacceptable(
            description=f"The claim aud of a client_assertion is {min(audiences, key=len)}, and no more."
        )


def _check_times(claims: Mapping[str, Any], at: datetime) -> datetime:
    """When it ends to count."""
    now, skew = int(at.timestamp()), SKEW_SECONDS
    begins, ends, since = (_seconds(claims.get(name, least)) for name, least in TIMES.items())
    if begins is None or ends is None or since is None:
        raise Unacceptable(description="The claims iat and exp (and nbf) are whole seconds since 1970.")
    if not 0 < ends - begins <= LONGEST_SECONDS:
        raise Unacceptable(description=f"The claim exp lies at most {LONGEST_SECONDS} seconds after iat.")
    if ends + skew <= now:
        raise Unacceptable(
            description="The client_assertion has ended: compare your clock with the Date of this answer."
        )
    if max(begins, since) > now + skew:
        raise Unacceptable(
            description="The client_assertion is of the future: compare your clock with the Date of this answer."
        )
    return datetime.fromtimestamp(ends, UTC) + timedelta(seconds=skew + 1)


def _seconds(said: Any) -> int | None:
    return said if type(said) is int and 0 <= said <= FAR_SECONDS else None


def _is_among(said: Any, known: Collection[str]) -> bool:
    return isinstance(said, str) and said in known


def _listed(said: Any) -> list[Any]:
    return cast("list[Any]", said) if isinstance(said, list) else [said]


def _part(text: str) -> dict[str, Any]:
    """A JSON object in base64url. Raises ValueError."""
    try:
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError from error
    found = json.loads(raw.decode(), object_pairs_hook=_once)
    if not isinstance(found, dict):
        raise ValueError("not an object")  # noqa: TRY004 - as every other fault here
    return cast("dict[str, Any]", found)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found
