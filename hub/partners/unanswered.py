"""What a partner was told to forget, to correct or to stop using, and has not answered, the soonest due first."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from hub import particulars
from hub.act import Ask
from hub.db import Record
from hub.partners.withdrawals import Kind
from hub.scope import organisation


@dataclass(frozen=True, slots=True)
class Health:
    """How its feed goes. answered_at: when it answered last. due_at: until when it is to answer next, or was."""

    answered_at: datetime | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Open:
    """One that waits. number: its place in the feed; None while it has none. arrangement, purpose: keys."""

    id: UUID
    kind: Kind
    arrangement: str | None
    purpose: str
    number: int | None
    made_at: datetime
    due_at: datetime
    is_late: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of those that wait."""

    items: tuple[Open, ...] = field(default=())
    has_more: bool = False


_HEALTH: Final = """
    SELECT (SELECT max(answered_at) FROM withdrawal WHERE recipient_id = $1) AS answered_at,
        (SELECT min(due_at) FROM withdrawal WHERE recipient_id = $1 AND answered_at IS NULL) AS due_at
"""
_PAGE: Final = """
    SELECT w.id, w.kind, a.key AS arrangement, p.key AS purpose, l.number, w.made_at, w.due_at,
        w.due_at < $5 AS is_late
    FROM withdrawal w JOIN purpose p ON p.id = w.purpose_id LEFT JOIN arrangement a ON a.id = w.arrangement_id
    LEFT JOIN withdrawal_place l ON l.withdrawal_id = w.id
    WHERE w.recipient_id = $1 AND w.organisation_id = $2 AND w.answered_at IS NULL AND ($3::uuid IS NULL
        OR (w.due_at, w.id) > (SELECT due_at, id FROM withdrawal WHERE id = $3 AND recipient_id = $1))
    ORDER BY w.due_at, w.id LIMIT $4
"""


async def health(ask: Ask, recipient_id: UUID) -> Health:
    """Read how the feed of a recipient goes. Whoever calls has seen the recipient."""
    row = await ask.row(_HEALTH, recipient_id)
    return Health(**dict(row)) if row else Health(None, None)


async def page(ask: Ask, recipient_id: UUID, after: UUID | None = None, limit: int = 20) -> Page:
    """Read a stretch of what a recipient of the actor's organisation has not answered, those after an id."""
    most = particulars.page_size(limit, "limit")
    rows = await ask.rows(_PAGE, recipient_id, organisation(ask, None), after, most + 1, ask.at)
    return Page(tuple(_open(row) for row in rows[:most]), len(rows) > most)


def _open(row: Record) -> Open:
    values: dict[str, Any] = dict(row)
    values["kind"] = Kind(values["kind"])
    return Open(**values)
