"""The signed text of an arrangement: made harmless by `hub.uploads`, kept in the storage under a key of its own.

It is stored first and noted by an act; what no act noted is removed. Its fingerprint stands with the arrangement. A
newer text takes the place of the older one, which is kept.
"""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from hub import arrangements, catalogue, storage
from hub.act import Act, Ask, Hub
from hub.arrangements import Arrangement, State
from hub.catalogue import Ref
from hub.db import Record
from hub.errors import Code, Refusal, not_found
from hub.uploads import storing
from hub.uploads.storing import Kept
from hub.uploads.values import Checked, FileKind, Scan
from hub.vault import DataKey

TABLE: Final = "arrangement_document"
_ADD: Final = """
    INSERT INTO arrangement_document
        (id, organisation_id, arrangement_id, sha256, file_key, name, kind, size_bytes, scan, added_at, act_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
_KNOWN: Final = f"SELECT id FROM {TABLE} WHERE id = ANY ($1)"  # noqa: S608 - a constant
_NEWEST: Final = """
    SELECT id, sha256, file_key, name, kind, size_bytes, scan, added_at FROM arrangement_document
    WHERE arrangement_id = $1 ORDER BY id DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Document:
    """The text of an arrangement, as it can be read."""

    id: UUID
    name: str
    kind: FileKind
    size_bytes: int
    scan: Scan
    sha256: str
    added_at: datetime
    secret: bytes = field(repr=False)


@asynccontextmanager
async def keeping(hub: Hub, file: Checked) -> AsyncGenerator[Kept]:
    """Put a text into the storage for an act to note; one that it did not note is removed. UNAVAILABLE as ever."""
    async with storing.keeping(hub, [file], place, _KNOWN) as [kept]:
        yield kept


def require_draft(arrangement: Arrangement) -> Arrangement:
    """Refuse CONFLICT to give another text to one in force: its text is what was signed."""
    if arrangement.state != State.DRAFT:
        message = "This arrangement is in force: its text stays as it is."
        raise Refusal(Code.CONFLICT, message, ("arrangement",))
    return arrangement


async def add(act: Act, arrangement: Ref, kept: Kept) -> Arrangement:
    """Let a text be that of a draft. Refusals: NOT_FOUND; CONFLICT for one in force, whose text is what was signed."""
    row = require_draft(await catalogue.read(act, Arrangement, arrangement, "arrangement", lock=True))
    sha256 = hashlib.sha256(kept.file.content).hexdigest()
    vault = act.hub.vault
    await storage.note(act, kept.stored)
    await act.execute(
        _ADD, kept.id, row.organisation_id, row.id, sha256, vault.seal_own(TABLE, "file_key", kept.id, kept.secret),
        vault.seal_own(TABLE, "name", kept.id, kept.file.name), kept.file.kind, len(kept.file.content), kept.file.scan,
        act.at, act.id,
    )  # fmt: skip
    row.document_sha256 = sha256
    await row.save(update_fields=["document_sha256"], using_db=act.db)
    await arrangements.record(act, "arrangement.document_added", row, document=kept.id)
    return row


async def of(ask: Ask, arrangement: Arrangement) -> Document | None:
    """The newest text of an arrangement that was seen; None where only its fingerprint is known, or nothing."""
    row = await ask.row(_NEWEST, arrangement.id)
    return None if row is None else _document(ask, row)


async def require(ask: Ask, arrangement: Arrangement) -> Document:
    """As `of`; Refusal NOT_FOUND for none."""
    found = await of(ask, arrangement)
    if found is None:
        raise not_found("document", "arrangement")
    return found


def read(hub: Hub, document: Document) -> AsyncIterator[bytes]:
    """Read what stands in a text."""
    return storage.read(hub, place(document.id), DataKey(document.secret))


def place(document_id: UUID) -> str:
    """Where a text lies in the storage."""
    return f"arrangements/{document_id}"


def _document(ask: Ask, row: Record) -> Document:
    vault = ask.hub.vault
    return Document(
        row["id"],
        vault.open_own(TABLE, "name", row["id"], row["name"]).decode(),
        FileKind(row["kind"]),
        row["size_bytes"],
        Scan(row["scan"]),
        row["sha256"],
        row["added_at"],
        vault.open_own(TABLE, "file_key", row["id"], row["file_key"]),
    )
