"""How an id is written wherever others read it, in the APIs and in files: it says what it is of."""

import base64
from uuid import UUID


def spelled(kind: str, uuid: UUID) -> str:
    """The id of one thing. kind: its name in the APIs, such as ``Customer``."""
    return base64.urlsafe_b64encode(f"{kind}:{uuid}".encode()).rstrip(b"=").decode()
