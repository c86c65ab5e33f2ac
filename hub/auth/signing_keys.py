"""Public keys that clients sign with: what is taken as one, and how what it signed is checked.

A key is a JWK (RFC 7517) of a kind that we verify, public, large enough, and not larger than need be. Its algorithm
follows from the key, never from what is signed with it.
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from hub.errors import invalid

KEY_ID: Final = re.compile(r"[A-Za-z0-9._~:=+-]{1,100}")
TEXT_CHARACTERS: Final = 8192
RSA_BITS: Final = range(2048, 4097)
RSA_EXPONENT: Final = "AQAB"
PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
ALGORITHMS: Final = ("EdDSA", "ES256", "PS256")
"""By the kind of key: Ed25519, P-256, RSA."""
# RFC 9864 calls EdDSA with this curve Ed25519; libraries of partners know either name.
SPELT: Final = {"EdDSA": frozenset({"EdDSA", "Ed25519"}), "ES256": {"ES256"}, "PS256": {"PS256"}}
_KINDS: Final[Mapping[tuple[str, str | None], tuple[str, Any, tuple[str, ...]]]] = {
    ("OKP", "Ed25519"): ("EdDSA", OKPKey, ("x",)),
    ("EC", "P-256"): ("ES256", ECKey, ("x", "y")),
    ("RSA", None): ("PS256", RSAKey, ("n", "e")),
}
_WANTED: Final = "Send a public key as a JWK: Ed25519 (kty OKP), P-256 (kty EC), or RSA of 2048 to 4096 bits."


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A public key. kid: how assertions name it. algorithm: EdDSA, ES256 or PS256."""

    kid: str
    algorithm: str
    jwk: Mapping[str, str] = field(repr=False)

    def verifies(self, text: str, algorithm: str) -> bool:
        """Whether a compact JWS was signed with this key, by the algorithm that its header names."""
        if algorithm not in SPELT[self.algorithm]:
            return False
        key = _KINDS[self.jwk["kty"], self.jwk.get("crv")][1].import_key(dict(self.jwk))
        try:
            jws.deserialize_compact(
                text, key, algorithms=[algorithm], registry=_Exactly(algorithms=[algorithm])
            )
        except (JoseError, ValueError):
            return False
        return True


def read(text: str, *path: str | int) -> SigningKey:
    """A key that somebody brings as the JSON text of a JWK. Refusal: INVALID."""
    try:
        given = json.loads(text) if len(text) <= TEXT_CHARACTERS else None
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise invalid(f"A JWK is one JSON object of at most {TEXT_CHARACTERS} characters.", *path)
    return parse(given, *path)  # pyright: ignore[reportUnknownArgumentType] -- JSON objects have text keys


def parse(given: Mapping[str, Any], *path: str | int) -> SigningKey:
    """A key that somebody brings; without `kid` it is named by its thumbprint (RFC 7638). Refusal: INVALID."""
    if not PRIVATE.isdisjoint(given):
        message = "This is a private key. Make a new pair, keep its private half to yourself, and send the public one."
        raise invalid(message, *path)
    kind = _KINDS.get((str(given.get("kty")), None if given.get("crv") is None else str(given["crv"])))
    if kind is None:
        raise invalid(_WANTED, *path)
    algorithm, reader, members = kind
    _check_use(given, algorithm, *path)
    jwk = {name: given.get(name) for name in ("kty", *(("crv",) if "crv" in given else ()), *members)}
    if not all(isinstance(value, str) for value in jwk.values()):
        raise invalid(_WANTED, *path)
    return SigningKey(_key_id(given.get("kid"), reader, jwk, *path), algorithm, jwk)  # pyright: ignore[reportArgumentType] -- looked at just now


def _check_use(given: Mapping[str, Any], algorithm: str, *path: str | int) -> None:
    if given.get("use") not in (None, "sig"):
        raise invalid("This key is not for signing: leave `use` out, or say `sig`.", *path)
    if given.get("alg") not in (None, *SPELT[algorithm]):
        raise invalid(f"A key of this kind signs with {algorithm}: leave `alg` out, or say that.", *path)


def _key_id(kid: Any, reader: Any, jwk: Mapping[str, Any], *path: str | int) -> str:
    """The key's name, once it is known to be a key."""
    try:
        fits = jwk["kty"] != "RSA" or (jwk["e"] == RSA_EXPONENT and _bits(jwk["n"]) in RSA_BITS)
        key = reader.import_key(dict(jwk)) if fits else None
        named = key.thumbprint() if key and kid is None else kid
    except (JoseError, ValueError, TypeError):
        fits, named = False, kid
    if not fits:
        raise invalid(_WANTED, *path)
    if not isinstance(named, str) or not KEY_ID.fullmatch(named):
        raise invalid("A `kid` is 1 to 100 letters, digits, and . _ ~ : = + - characters.", *path)
    return named


def _bits(number: str) -> int:
    """How long a number in base64url is. Raises ValueError."""
    return int.from_bytes(base64.urlsafe_b64decode(number + "=" * (-len(number) % 4)), "big").bit_length()


class _Exactly(JWSRegistry):
    """Knows the one algorithm it is told, without advice about its name."""

    def get_alg(self, name: str) -> Any:
        """The algorithm, if it is the one."""
        if name not in (self.allowed or ()):
            raise UnsupportedAlgorithmError
        return self.algorithms[name]
