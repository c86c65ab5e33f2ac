"""What a partner may know of itself: which client it is, of whom, for which arrangements."""

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from hub.act import Ask
from hub.errors import not_found


@dataclass(frozen=True, slots=True)
class Covered:
    """An arrangement that the client is for. ends_on: its last day; None: open.

    keep_days: for how many days what is received may be kept, as its customers are told; None: until it is taken back.
    """

    id: UUID
    key: str
    kind: str
    starts_on: date
    ends_on: date | None
    keep_days: int | None


@dataclass(frozen=True, slots=True)
class Seen:
    """The client, the recipient it is, and the organisation it receives from."""

    client_id: UUID
    name: str
    recipient: str
    organisation: str
    arrangements: tuple[Covered, ...]


_SELF: Final = """
    SELECT c.id, c.name, r.name AS recipient, o.name AS organisation
    FROM client c JOIN recipient r ON r.id = c.recipient_id JOIN organisation o ON o.id = c.organisation_id
    WHERE c.id = $1 AND c.kind = 'PARTNER'
"""
_COVERED: Final = """
    SELECT a.id, a.key, a.kind, a.starts_on, a.ends_on, a.keep_days FROM arrangement a
    WHERE a.organisation_id = $1 AND a.recipient_id = $2 AND a.state <> 'DRAFT'
        AND ($3::uuid[] IS NULL OR a.id = ANY ($3)) ORDER BY a.id
"""


async def read(ask: Ask) -> Seen:
    """Who is asking. Refusal: NOT_FOUND for an actor that is no partner."""
    row = await ask.row(_SELF, ask.actor.id)
    if row is None:
        raise not_found("partner")
    return Seen(row["id"], row["name"], row["recipient"], row["organisation"], await covered(ask))


async def covered(ask: Ask) -> tuple[Covered, ...]:
    """The arrangements that the partner who asks is for, ended ones too, in the order in which they were made."""
    actor = ask.actor
    only = None if actor.arrangements is None else sorted(actor.arrangements)
    rows = await ask.rows(_COVERED, actor.organisation_id, actor.recipient_id, only)
    return tuple(Covered(**dict(row)) for row in rows)
