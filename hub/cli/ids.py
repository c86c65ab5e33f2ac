"""Ids as people paste them: a UUID, or the opaque id that GraphQL gave them."""

import base64
import binascii
import re
from uuid import UUID

from hub.errors import invalid


def uuid_of(said: str, kind: str, *path: str) -> UUID:
    """Read the id of a thing of this kind; Refusal INVALID."""
    found = _opaque(said)
    if found and found[0] == kind:
        return found[1]
    try:
        return UUID(said)
    except ValueError:
        raise invalid(f"This is not the id of a {_words(kind)}.", *path) from None


def ref(said: str) -> UUID | str:
    """Read an id, or else take it for a key."""
    found = _opaque(said)
    if found:
        return found[1]
    try:
        return UUID(said)
    except ValueError:
        return said


def _words(kind: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind).lower()


def _opaque(said: str) -> tuple[str, UUID] | None:
    try:
        raw = base64.b64decode(said + "=" * (-len(said) % 4), altchars=b"-_", validate=True).decode("ascii")
        kind, _, text = raw.partition(":")
        return kind, UUID(text)
    except (binascii.Error, ValueError):
        return None
