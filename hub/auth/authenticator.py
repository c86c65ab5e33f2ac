"""Codes from an authenticator app (RFC 6238): six digits that change every thirty seconds.

A code counts for its own thirty seconds and the ones before and after, as clocks of telephones differ; whoever checks
it keeps the number of the thirty seconds, so that none is taken twice.
"""

import base64
import hmac
import secrets
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

SECRET_BYTES: Final = 20
DIGITS: Final = 6
STEP_SECONDS: Final = 30
AROUND: Final = (-1, 0, 1)
_GROUP: Final = 4


def new_secret() -> bytes:
    """Make a secret: 160 random bits, as RFC 4226 section 4 advises."""
    return secrets.token_bytes(SECRET_BYTES)


def code(secret: bytes, at: datetime) -> str:
    """The code of an instant."""
    return _totp(secret).generate(_step(at) * STEP_SECONDS).decode()


def matching_step(secret: bytes, said: str, at: datetime) -> int | None:
    """Which thirty seconds a code is of, of those that count at an instant; None for a wrong one."""
    totp, now, found = _totp(secret), _step(at), None
    for step in (now + each for each in AROUND):
        if hmac.compare_digest(totp.generate(step * STEP_SECONDS), said.encode()):
            found = step
    return found


def address(secret: bytes, account: str, issuer: str) -> str:
    """The otpauth address that an app reads from a QR code."""
    return _totp(secret).get_provisioning_uri(account, issuer)


def spelled(secret: bytes) -> str:
    """The secret to be typed into an app that cannot scan: letters and digits in groups of four."""
    text = base64.b32encode(secret).decode()
    return " ".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))


def _step(at: datetime) -> int:
    return int(at.timestamp()) // STEP_SECONDS


def _totp(secret: bytes) -> TOTP:
    # Apps know SHA-1 and often nothing else; its collisions do not matter in an HMAC.
    return TOTP(secret, DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303
