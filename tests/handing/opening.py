"""How a partner opens a file that was encrypted to its key: the age format, read here by its specification alone."""

import base64
import hmac

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
KEY = X25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = "age13aqvttdk3ujkyjh9kg2w5an6dmy5mq5a84a4uxk3hfhnugfc9p0sy5p2wh"
"""The same key, as `age-keygen` spells it."""


def decrypted(file: bytes, key: X25519PrivateKey = KEY) -> bytes:
    """What is in a file; raises what the library raises for anything that is not as it was made."""
    version, stanza, body, rest = file.split(b"\n", 3)
    assert version == b"age-encryption.org/v1"
    name, kind, share = stanza.split(b" ")
    assert (name, kind) == (b"->", b"X25519")
    public = key.public_key().public_bytes_raw()
    shared = key.exchange(X25519PublicKey.from_public_bytes(unpadded(share)))
    wrapping = derived(shared, unpadded(share) + public, b"age-encryption.org/v1/X25519")
    file_key = ChaCha20Poly1305(wrapping).decrypt(bytes(12), unpadded(body), None)
    mac, payload = rest.split(b"\n", 1)
    head = b"\n".join([version, stanza, body, b"---"])
    good = hmac.digest(derived(file_key, b"", b"header"), head, "sha256")
    assert mac == b"--- " + base64.b64encode(good).rstrip(b"=")
    cipher = ChaCha20Poly1305(derived(file_key, payload[:16], b"payload"))
    chunks = [payload[at : at + 65_552] for at in range(16, len(payload), 65_552)]
    return b"".join(
        cipher.decrypt(number.to_bytes(11, "big") + bytes([number == len(chunks) - 1]), each, None)
        for number, each in enumerate(chunks)
    )


def derived(secret: bytes, salt: bytes, info: bytes) -> bytes:
    """HKDF with SHA-256, 32 bytes."""
    return HKDF(SHA256(), 32, salt, info).derive(secret)


def unpadded(text: bytes) -> bytes:
    """Base64 without padding."""
    return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
