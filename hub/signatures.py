"""Signatures of Standard Webhooks 1.0.0: who sent this body, and when.

What is signed is `id.timestamp.body`; a signature is `v1,` and the HMAC-SHA-256 in base64, or `v1a,` and Ed25519's.
While a secret is changed, a message is signed with the old one and the new one.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub.keyring import Secret

PREFIX: Final = "whsec_"
PUBLIC_PREFIX: Final = "whpk_"
SECRET_BYTES_LEAST, SECRET_BYTES_MOST = 24, 64
TOLERANCE_SECONDS: Final = 300
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"


def secret(text: str) -> Secret:
    """Read a secret as it is shown, `whsec_` and base64; ValueError if it is none."""
    try:
        value = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("a secret is `whsec_` and base64") from None
    if not SECRET_BYTES_LEAST <= len(value) <= SECRET_BYTES_MOST:
        raise ValueError(f"a secret has {SECRET_BYTES_LEAST} to {SECRET_BYTES_MOST} bytes")
    return Secret(value)


def shown(value: Secret) -> str:
    """A secret as `secret` reads it: for whoever is to check what it signs."""
    return PREFIX + base64.b64encode(value.reveal()).decode()


def public(seed: Secret) -> str:
    """The public half of an Ed25519 seed, for whoever is to check what it signs: `whpk_` and base64."""
    raw = Ed25519PrivateKey.from_private_bytes(seed.reveal()).public_key().public_bytes_raw()
    return PUBLIC_PREFIX + base64.b64encode(raw).decode()


def sign(
    message_id: str, at: datetime, body: bytes, secrets: Iterable[Secret], seeds: Iterable[Secret] = ()
) -> dict[str, str]:
    """The headers of one attempt; the id is the same for all attempts, and holds no dot. seeds: of Ed25519."""
    if "." in message_id:
        raise ValueError("the id of a message holds no dot")
    seconds = str(int(at.timestamp()))
    made = [_signature(message_id, seconds, body, each) for each in secrets]
    made += [_asymmetric(message_id, seconds, body, each) for each in seeds]
    return {ID: message_id, TIMESTAMP: seconds, SIGNATURE: " ".join(made)}


def is_signed(headers: Mapping[str, str], body: bytes, secrets: Iterable[Secret], at: datetime) -> bool:
    """Whether one who has a secret sent this within five minutes of `at`. headers: with lower-case names."""
    message_id, seconds = headers.get(ID, ""), headers.get(TIMESTAMP, "")
    if not seconds.isascii() or not seconds.isdecimal() or len(seconds) > len("9999999999"):
        return False
    if abs(int(seconds) - at.timestamp()) > TOLERANCE_SECONDS or not message_id:
        return False
    given = headers.get(SIGNATURE, "").split()
    expected = [_signature(message_id, seconds, body, each) for each in secrets]
    return any(hmac.compare_digest(one.encode(), other.encode()) for one in given for other in expected)


def _signature(message_id: str, seconds: str, body: bytes, by: Secret) -> str:
    content = f"{message_id}.{seconds}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(by.reveal(), content, hashlib.sha256).digest()).decode()


def _asymmetric(message_id: str, seconds: str, body: bytes, by: Secret) -> str:
    key = Ed25519PrivateKey.from_private_bytes(by.reveal())
    return "v1a," + base64.b64encode(key.sign(f"{message_id}.{seconds}.".encode() + body)).decode()
