"""Documents known beforehand: a client sends `documentId`, the hash, in place of `query`.

Source: the persisted documents appendix of GraphQL over HTTP. A known document is checked when the process
starts, so a file that does not fit the schema stops the start, not a customer's call.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hub.errors import Refusal, Unready
from schema.documents import Documents, Invalid, Prepared
from schema.wire import Halt

PREFIX = "sha256:"


def document_id(text: str) -> str:
    """The id of a document: ``sha256:`` and the hash of its UTF-8 text in lower-case hex."""
    return PREFIX + hashlib.sha256(text.encode()).hexdigest()


class Trusted:
    """The known documents of one schema. `only`: no other document is run."""

    def __init__(self, documents: Mapping[str, tuple[str, Prepared]], *, only: bool) -> None:
        self._documents = documents
        self.only = only

    def find(self, identifier: str) -> tuple[str, Prepared]:
        """The text and the prepared document; Halt(400) for an id that is not known here."""
        found = self._documents.get(identifier)
        if found is None:
            message = "No document with this `documentId` is known here: ask the operator to add it."
            raise Halt(400, "DOCUMENT_UNKNOWN", message)
        return found

    def refuse_others(self) -> None:
        """Halt(400) for a request that brings a document of its own where only known ones run."""
        if self.only:
            message = "Only known documents are run here: send `documentId` in place of `query`."
            raise Halt(400, "DOCUMENT_UNKNOWN", message)


NONE = Trusted({}, only=False)


def load(path: Path, documents: Documents, *, only: bool = True) -> Trusted:
    """Read ``{id: document}`` from a JSON file. Raises Unready naming the entry that is wrong."""
    entries = _entries(path)
    return Trusted(
        {each: (text, _prepared(path, each, text, documents)) for each, text in entries.items()}, only=only
    )


def _entries(path: Path) -> dict[str, str]:
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise Unready(f"{path}: not a readable JSON file ({type(error).__name__}).") from None
    if not isinstance(found, dict):
        raise Unready(f"{path}: must be one JSON object of document ids and documents.")
    items: dict[str, Any] = found  # pyright: ignore[reportUnknownVariableType] -- JSON objects have text keys
    return {_full(path, name, text): text for name, text in items.items()}


def _full(path: Path, name: str, text: Any) -> str:
    identifier = name if name.startswith(PREFIX) else PREFIX + name
    if not isinstance(text, str) or document_id(text) != identifier:
        raise Unready(f"{path}: the entry {name} is not the sha256 of its document.")
    return identifier


def _prepared(path: Path, name: str, text: str, documents: Documents) -> Prepared:
    check: Callable[[str], Prepared] = documents.make
    try:
        return check(text)
    except Refusal as refusal:
        raise Unready(f"{path}: {name}: {refusal.message}") from None
    except Invalid as invalid:
        raise Unready(f"{path}: {name}: {invalid.errors[0].message}") from None
