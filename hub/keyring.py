"""The deployment's keyring, kept outside the database: for each use a current key and older ones to read by.

The document is JSON::

    {"version": 1, "origin": "...", "current": {"wrap": "wrap-1a2b3c4d", ...},
     "keys": [{"id": "wrap-1a2b3c4d", "use": "wrap", "created_at": "2026-01-01T00:00:00+00:00",
               "secret": "..."}]}

Every secret is 32 bytes in base64url: AES-256 keys, HMAC keys, Ed25519 seeds, P-256 scalars. Key material
never appears in a repr or an error; whoever needs it says `reveal`.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import json
import os
import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hub.errors import Unready
from hub.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SECRET_BYTES, TAG_BYTES = 32, 4
VERSION = 1
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class Use(StrEnum):
    """What a key is for; a key is never used for anything else."""

    WRAP = "wrap"
    INDEX = "index"
    LEDGER = "ledger"
    SEAL = "seal"
    TOKEN = "token"  # noqa: S105 the name of a use
    CURSOR = "cursor"
    PAIRWISE = "pairwise"


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the keyring. Its tag, four bytes of its id, names it inside sealed values."""

    id: str
    use: Use
    created_at: datetime
    secret: Secret = field(repr=False, compare=False)

    @property
    def tag(self) -> bytes:
        """The four bytes that name this key inside a sealed value."""
        return bytes.fromhex(self.id.rpartition("-")[2])


@dataclass(frozen=True)
class Keyring:
    """All keys of one deployment; immutable, so a rotation makes a new one."""

    origin: str
    keys: tuple[Key, ...]
    current_ids: Mapping[Use, str]

    @classmethod
    def generate(cls) -> Keyring:
        """Make a new keyring with one key for every use."""
        keys = tuple(_new_key(use, ()) for use in Use)
        return cls(secrets.token_hex(8), keys, {key.use: key.id for key in keys})

    @classmethod
    def load(cls, text: str) -> Keyring:
        """Read a document; Unready says where it is wrong and never what stands there."""
        try:
            document = json.loads(text)
        except json.JSONDecodeError as error:
            raise _broken(f"is not JSON (line {error.lineno}, column {error.colno})") from None
        except (RecursionError, ValueError):
            raise _broken("is nested too deeply, or holds a number without end") from None
        try:
            if document["version"] != VERSION:
                raise _broken(f"is of another version: this release reads version {VERSION}")
            keys = tuple(_key(number, row) for number, row in enumerate(document["keys"]))
            current = {Use(use): str(key_id) for use, key_id in document["current"].items()}
            return _checked(cls(str(document["origin"]), keys, current))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            named = f": {error.args[0]!r} is missing" if isinstance(error, KeyError) else ""
            raise _broken(f"has another shape than `hub keys generate` gives{named}") from None

    def dump(self) -> str:
        """Write the document, secrets included."""
        rows = [
            {"id": key.id, "use": key.use, "created_at": key.created_at.isoformat(),
             "secret": _encode(key.secret.reveal())}
            for key in self.keys
        ]  # fmt: skip
        return json.dumps(
            {"version": VERSION, "origin": self.origin, "current": dict(self.current_ids), "keys": rows},
            indent=1,
        )

    def current(self, use: Use) -> Key:
        """Return the key to write with."""
        return self._by_id[self.current_ids[use]]

    def of(self, use: Use) -> list[Key]:
        """Return every key of a use, the current one first."""
        return sorted(
            (key for key in self.keys if key.use is use), key=lambda key: key.id != self.current_ids[use]
        )

    def tagged(self, use: Use, tag: bytes) -> Key | None:
        """Find the key that a sealed value names."""
        return self._by_tag.get((use, tag))

    def rotated(self, use: Use) -> Keyring:
        """Return a keyring with a new current key for `use`; the one before stays for reading."""
        key = _new_key(use, self.keys)
        return replace(self, keys=(*self.keys, key), current_ids={**self.current_ids, use: key.id})

    def without(self, key_id: str) -> Keyring:
        """Return a keyring that has forgotten a key for good; ValueError for a current or unknown one."""
        if key_id in self.current_ids.values() or key_id not in self._by_id:
            message = f"{key_id} is in use or unknown: rotate first, then drop the old key"
            raise ValueError(message)
        return replace(self, keys=tuple(key for key in self.keys if key.id != key_id))

    def sign(self, statement: bytes) -> bytes:
        """Sign with the current seal key (Ed25519, 64 bytes)."""
        return _ed25519(self.current(Use.SEAL)).sign(statement)

    @cached_property
    def seal_keys(self) -> dict[str, bytes]:
        """Public seal keys by id, 32 bytes each: old ones too, as what they signed stays."""
        return {key.id: _ed25519(key).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
                for key in self.of(Use.SEAL)}  # fmt: skip

    def public_jwks(self, uses: Iterable[Use] = (Use.TOKEN, Use.SEAL)) -> dict[str, Any]:
        """Publish the public halves of token and seal keys as a JWK set (RFC 7517, RFC 8037)."""
        return {"keys": [_public_jwk(key) for use in uses for key in self.of(use)]}

    def private_jwk(self, use: Use = Use.TOKEN) -> dict[str, Any]:
        """Return the current signing key with its private half, for the library that signs tokens."""
        key = self.current(use)
        return {**_public_jwk(key), "d": _encode(key.secret.reveal())}

    def __repr__(self) -> str:
        """Show ids only."""
        return f"Keyring({self.origin}: {', '.join(key.id for key in self.keys)})"

    @cached_property
    def _by_tag(self) -> dict[tuple[Use, bytes], Key]:
        return {(key.use, key.tag): key for key in reversed(self.keys)}

    @cached_property
    def _by_id(self) -> dict[str, Key]:
        return {key.id: key for key in self.keys}


def read_or_generate(path: Path) -> Keyring:
    """Read the keyring file; the first of all callers makes it: mode 0600, whole or not at all."""
    try:
        if not path.exists():
            _generate_into(path)
        return Keyring.load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text"
        message = (
            f"{path}: the keyring cannot be read or made ({reason}): check the folder's owner and free space"
        )
        raise Unready(message) from None


def write(keyring: Keyring, path: Path) -> None:
    """Replace the keyring file in one step, readable to its owner only and safe on disk before it counts."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(keyring.dump())
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def is_signed(statement: bytes, signature: bytes, public_key: bytes) -> bool:
    """Check an Ed25519 signature; a malformed key or signature is simply not one."""
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(public_key).verify(signature, statement)
    except (InvalidSignature, ValueError):
        return False
    return True


def _generate_into(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            write(Keyring.generate(), path)


def _new_key(use: Use, others: Iterable[Key]) -> Key:
    taken = {key.tag for key in others}
    tag = next(tag for tag in iter(lambda: secrets.token_bytes(TAG_BYTES), b"") if tag not in taken)
    value = secrets.token_bytes(SECRET_BYTES)
    if use is Use.TOKEN:
        value = (secrets.randbelow(P256_ORDER - 1) + 1).to_bytes(SECRET_BYTES, "big")
    return Key(f"{use.value}-{tag.hex()}", use, datetime.now(UTC).replace(microsecond=0), Secret(value))


def _checked(keyring: Keyring) -> Keyring:
    if len({key.id for key in keyring.keys}) != len(keyring.keys):
        raise _broken("holds two keys with the same id")
    for use in Use:
        if not any(key.use is use and key.id == keyring.current_ids.get(use) for key in keyring.keys):
            raise _broken(f"has no current key for {use.value}")
    return keyring


def _key(number: int, row: Mapping[str, Any]) -> Key:
    use, name, created_at = Use(row["use"]), str(row["id"]), datetime.fromisoformat(row["created_at"])
    prefix, _, tag = name.rpartition("-")
    if prefix != use.value or len(tag) != 2 * TAG_BYTES or set(tag) - set("0123456789abcdef"):
        raise _broken(f"keys[{number}].id must be {use.value}- and eight hexadecimal digits")
    try:
        value = base64.b64decode(row["secret"] + "=", altchars=b"-_", validate=True)
    except (binascii.Error, TypeError):
        value = b""
    if len(value) != SECRET_BYTES or (use is Use.TOKEN and not 0 < int.from_bytes(value, "big") < P256_ORDER):
        raise _broken(f"keys[{number}].secret must be {SECRET_BYTES} bytes in base64url without padding")
    return Key(name, use, created_at, Secret(value))


def _broken(message: str) -> Unready:
    return Unready(f"HUB_KEYRING: the keyring {message}")


def _encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _ed25519(key: Key) -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.from_private_bytes(key.secret.reveal())


def _public_jwk(key: Key) -> dict[str, Any]:
    if key.use is Use.SEAL:
        public = _ed25519(key).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return {
            "kid": key.id,
            "use": "sig",
            "alg": "EdDSA",
            "kty": "OKP",
            "crv": "Ed25519",
            "x": _encode(public),
        }
    if key.use is not Use.TOKEN:
        message = f"a key for {key.use.value} has no public half"
        raise ValueError(message)
    scalar = int.from_bytes(key.secret.reveal(), "big")
    point = ec.derive_private_key(scalar, ec.SECP256R1()).public_key().public_numbers()
    return {"kid": key.id, "use": "sig", "alg": "ES256", "kty": "EC", "crv": "P-256",
            "x": _encode(point.x.to_bytes(32, "big")), "y": _encode(point.y.to_bytes(32, "big"))}  # fmt: skip
