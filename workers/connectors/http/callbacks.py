"""The token of a callback: proof that an answer belongs to a step and an attempt of ours, without a row to look up."""

import base64
import hashlib
import hmac
from typing import Final
from uuid import UUID

from workers.connectors.connector import Operation

WORD: Final = "privacy-hub callback v1"


def callback_token(key: bytes, step_id: UUID, operation: Operation, attempt: int) -> str:
    """Make the token a system must give back with its answer: 256 bits, in base64url."""
    said = "\n".join((WORD, str(step_id), operation.value, str(attempt))).encode()
    return base64.urlsafe_b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode().rstrip("=")


def is_callback(key: bytes, token: str, step_id: UUID, operation: Operation, attempt: int) -> bool:
    """Whether a token is the one that was given for this step, operation and attempt."""
    return hmac.compare_digest(token.encode(), callback_token(key, step_id, operation, attempt).encode())
