"""What a partner was handed as files, for staff: by which client, of what, how many, and how often it was fetched."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from hub import particulars
from hub.act import Act, Ask
from hub.db import Record
from hub.partners.exports import Format, State
from hub.scope import organisation


@dataclass(frozen=True, slots=True)
class Past:
    """An export as it is looked back on. rows: customers so far. fetches: how often it, or a part of it, went out."""

    id: UUID
    client: str
    arrangement: str
    purpose: str
    format: Format
    is_encrypted: bool
    state: State
    reason: str | None
    rows: int
    size_bytes: int | None
    digest: bytes | None
    requested_at: datetime
    until_at: datetime | None
    fetches: int
    fetched_at: datetime | None


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of exports, the newest first."""

    items: tuple[Past, ...] = field(default=())
    has_more: bool = False


_PAGE: Final = """
    SELECT e.id, c.name AS client, a.key AS arrangement, p.key AS purpose, e.format,
        e.encrypt_to IS NOT NULL AS is_encrypted, e.state, e.reason, e.size_bytes, e.digest, e.requested_at,
        e.until_at, e.fetches, e.fetched_at,
        (SELECT coalesce(sum(x.rows), 0) FROM partner_export_part x WHERE x.export_id = e.id)::bigint AS rows
    FROM partner_export e JOIN client c ON c.id = e.client_id JOIN arrangement a ON a.id = e.arrangement_id
    JOIN purpose p ON p.id = e.purpose_id
    WHERE e.recipient_id = $1 AND e.organisation_id = $2 AND ($3::uuid IS NULL OR e.id < $3)
    ORDER BY e.id DESC LIMIT $4
"""
_FETCHED: Final = "UPDATE partner_export SET fetches = fetches + 1, fetched_at = $2 WHERE id = $1"


async def page(ask: Ask, recipient_id: UUID, before: UUID | None = None, limit: int = 20) -> Page:
    """Read a stretch of what a recipient of the actor's organisation was handed, those before an id."""
    most = particulars.page_size(limit, "limit")
    rows = await ask.rows(_PAGE, recipient_id, organisation(ask, None), before, most + 1)
    return Page(tuple(_past(row) for row in rows[:most]), len(rows) > most)


async def fetched(act: Act, export_id: UUID) -> None:
    """Count that an export is fetched now, and note it."""
    await act.execute(_FETCHED, export_id, act.at)
    await act.record("export.fetched", export=export_id)


def _past(row: Record) -> Past:
    values: dict[str, Any] = dict(row)
    values |= {"format": Format(values["format"]), "state": State(values["state"])}
    return Past(**values)
