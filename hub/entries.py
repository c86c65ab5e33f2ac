"""The ledger as one organisation sees it: the entries of its own acts, and the receipts for them.

What an operator did for several organisations at once is not among them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from hub import receipts
from hub.act import Ask
from hub.catalogue import Page
from hub.errors import not_found
from hub.scope import organisation, reach


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. subject: the only customer it is about, if it is one. position: in the sealed tree."""

    id: UUID
    event: str
    subject: UUID | None
    actor_kind: str
    actor_id: UUID | None
    recorded_at: datetime
    detail_count: int
    position: int | None
    seal: int | None
    sealed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Such:
    """Which entries; None does not narrow. before counts no more."""

    customer: UUID | None = None
    event: str | None = None
    actor: UUID | None = None
    since: datetime | None = None
    before: datetime | None = None


_ENTRY = """
    SELECT e.id, e.event, e.subject, e.actor_kind, e.actor_id, e.recorded_at, e.detail_count,
           leaf.position, leaf.seal_number AS seal, seal.sealed_at
    FROM ledger_entry e JOIN act a ON a.id = e.act_id
    LEFT JOIN ledger_leaf leaf ON leaf.entry_id = e.id
    LEFT JOIN ledger_seal seal ON seal.number = leaf.seal_number
"""
_BY_IDS = _ENTRY + "WHERE e.id = ANY ($1) AND ($2::uuid IS NULL OR a.organisation_id = $2)"
_FILTERED = f"""{_ENTRY}
    WHERE a.organisation_id = $1
      AND ($2::uuid IS NULL OR e.id IN (SELECT d.entry_id FROM ledger_detail d WHERE d.subject = $2))
      AND ($3::text IS NULL OR e.event = $3)
      AND ($4::uuid IS NULL OR e.actor_id = $4)
      AND ($5::timestamptz IS NULL OR e.recorded_at >= $5)
      AND ($6::timestamptz IS NULL OR e.recorded_at < $6)
"""  # noqa: S608 - joined from constants
_NEWEST = _FILTERED + " AND ($7::uuid IS NULL OR e.id < $7) ORDER BY e.id DESC LIMIT $8"
_OLDEST = _FILTERED + " AND ($7::uuid IS NULL OR e.id > $7) ORDER BY e.id LIMIT $8"
# The entry of a kept decision, and the record (of several that were merged) its detail is about.
_OF_DECISION = """
    SELECT e.id, d.subject FROM decision_subject s
    JOIN decision k ON k.id = s.decision_id
    JOIN ledger_entry e ON e.act_id = k.act_id
    JOIN ledger_detail d ON d.entry_id = e.id
    JOIN customer detailed ON detailed.id = d.subject
    JOIN customer asked ON asked.id = s.customer_id
    WHERE s.id = $1 AND ($2::uuid IS NULL OR k.organisation_id = $2)
      AND coalesce(detailed.survivor_id, detailed.id) = coalesce(asked.survivor_id, asked.id)
    ORDER BY d.index LIMIT 1
"""


async def by_ids(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Entry]:
    """Read many entries by one statement; those unknown or of others are left out."""
    rows = await ask.rows(_BY_IDS, list(ids), ask.actor.organisation_id)
    return {row["id"]: Entry(**row) for row in rows}


async def page(ask: Ask, which: Page, such: Such = Such()) -> list[Entry]:
    """Read a page of the organisation's entries, newest first (backwards: oldest first)."""
    rows = await ask.rows(
        _OLDEST if which.backwards else _NEWEST,
        organisation(ask, None, "organisation"),
        such.customer,
        such.event,
        such.actor,
        such.since,
        such.before,
        which.start,
        which.limit,
    )
    return [Entry(**row) for row in rows]


async def receipt(ask: Ask, entry_id: UUID, customer_id: UUID | None = None) -> dict[str, Any]:
    """Issue the receipt of what an entry says about a customer; by default about the only one it is about.

    Refusals: NOT_FOUND for an entry of others or one that says nothing of the customer; NOT_SEALED_YET.
    """
    found = (await by_ids(ask, [entry_id])).get(entry_id)
    if found is None:
        raise not_found("ledger entry", "id")
    if customer_id is not None:
        await reach(ask, customer_id, None, "customer")
    return await receipts.issue(ask, entry_id, customer_id or found.subject)


async def receipt_of_decision(ask: Ask, decision_id: UUID) -> tuple[UUID, dict[str, Any]]:
    """Issue the receipt of a kept decision; returns the entry's id with it. Refusals: as `receipt`."""
    row = await ask.row(_OF_DECISION, decision_id, ask.actor.organisation_id)
    if row is None:
        raise not_found("decision", "id")
    return row["id"], await receipts.issue(ask, row["id"], row["subject"])
