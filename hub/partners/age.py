"""Encryption to a partner's public key, as the age format has it: its owner opens the file with `age -d`.

The format (age-encryption.org/v1): a header that wraps a file key for one X25519 key, then chunks of 64 KiB under
ChaCha20-Poly1305, numbered, the last one marked. A file key and a nonce that are kept make the same bytes again, so
that a download goes on in the middle; they are used for one file only.
"""

import base64
import hmac
import os
from collections.abc import Iterator
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hub.errors import invalid

CHUNK_BYTES: Final = 1 << 16
TAG_BYTES: Final = 16
KEY_BYTES: Final = 16
NONCE_BYTES: Final = 16
_VERSION: Final = b"age-encryption.org/v1"
_LETTERS: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_NAME: Final = "age"
_CHECK: Final = 6
_KEY_LETTERS: Final = 52 + _CHECK


def public_key(text: str, *path: str | int) -> bytes:
    """Read a key such as ``age1...`` (bech32); Refusal INVALID for anything else."""
    said = text.strip().lower()
    name, _, rest = said.rpartition("1")
    values = [_LETTERS.find(each) for each in rest]
    if name != _NAME or len(rest) != _KEY_LETTERS or -1 in values or _checksum([*_expanded(), *values]) != 1:
        raise invalid(
            "A public key is one of age: age1 and 58 letters and digits, as `age-keygen` prints it.", *path
        )
    number = 0
    for each in values[:-_CHECK]:
        number = number << 5 | each
    return (number >> 4).to_bytes(32, "big")


class Sealing:
    """One file, encrypted to one key: its first bytes, and each chunk by its number."""

    def __init__(self, recipient: bytes, secret: bytes) -> None:
        """Begin with what `new_secret` made, which has to be kept as long as the file can be asked for."""
        ephemeral, file_key = secret[:32], secret[32 : 32 + KEY_BYTES]
        nonce = secret[32 + KEY_BYTES :]
        self.beginning = _header(recipient, ephemeral, file_key) + nonce
        self._cipher = ChaCha20Poly1305(_derived(file_key, nonce, b"payload"))

    def chunk(self, number: int, plaintext: bytes, *, is_last: bool) -> bytes:
        """Encrypt a chunk, whole unless it is the last one."""
        return self._cipher.encrypt(number.to_bytes(11, "big") + bytes([is_last]), plaintext, None)

    def size(self, plaintext_bytes: int) -> int:
        """How large the file is that holds so many bytes."""
        return len(self.beginning) + plaintext_bytes + chunks(plaintext_bytes) * TAG_BYTES


def new_secret() -> bytes:
    """What a file is made from: an ephemeral key, a file key and a nonce."""
    return os.urandom(32 + KEY_BYTES + NONCE_BYTES)


def chunks(plaintext_bytes: int) -> int:
    """How many chunks so many bytes come to; at least one."""
    return max(1, -(-plaintext_bytes // CHUNK_BYTES))


def _header(recipient: bytes, ephemeral: bytes, file_key: bytes) -> bytes:
    own = X25519PrivateKey.from_private_bytes(ephemeral)
    share = own.public_key().public_bytes_raw()
    shared = own.exchange(X25519PublicKey.from_public_bytes(recipient))
    wrapping = _derived(shared, share + recipient, _VERSION + b"/X25519")
    body = ChaCha20Poly1305(wrapping).encrypt(bytes(12), file_key, None)
    text = b"\n".join([_VERSION, b"-> X25519 " + _base64(share), _base64(body), b"---"])
    mac = hmac.digest(_derived(file_key, b"", b"header"), text, "sha256")
    return text + b" " + _base64(mac) + b"\n"


def _derived(secret: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, info).derive(secret)


def _base64(raw: bytes) -> bytes:
    return base64.b64encode(raw).rstrip(b"=")


def _expanded() -> Iterator[int]:
    yield from (ord(each) >> 5 for each in _NAME)
    yield 0
    yield from (ord(each) & 31 for each in _NAME)


def _checksum(values: list[int]) -> int:
    found = 1
    for each in values:
        top = found >> 25
        found = (found & 0x1FFFFFF) << 5 ^ each
        for number, generator in enumerate(_GENERATOR):
            found ^= generator if top >> number & 1 else 0
    return found
