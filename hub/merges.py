"""Merges: two records that are one person. One points to a survivor; taking the pointer back undoes it.

Nothing is copied or lost: each record keeps its events, identifiers and key, and decisions look at the whole
family and keep the strictest answer. Who was joined to whom is a tree of merge_proposal rows with verdict
MERGED, always from the survivor of one family to that of the other; the pointers follow from it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from hub import looks, metrics, particulars
from hub.act import Act, Ask
from hub.auth import sessions
from hub.db import Record, new_id
from hub.errors import Code, Refusal, not_found
from hub.scope import Reached, organisation, reach

SHARED_MOST: Final = 20
PROPOSED_MOST: Final = 5


class Verdict(StrEnum):
    """What became of a pair. MERGED: joined, still so. SAME: one person, joined through their families."""

    MERGED = "MERGED"
    SAME = "SAME"
    DIFFERENT = "DIFFERENT"
    UNMERGED = "UNMERGED"


@dataclass(frozen=True, slots=True)
class Proposal:
    """Two customers who may be one. reason: EMAIL or PHONE where they share one, or ASKED by a person."""

    id: UUID
    older_id: UUID
    newer_id: UUID
    organisation_id: UUID
    reason: str
    found_at: datetime
    settled_at: datetime | None
    verdict: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of proposals in the order in which they were found."""

    items: tuple[Proposal, ...]
    has_more: bool


_COLUMNS = "id, older_id, newer_id, organisation_id, reason, found_at, settled_at, verdict"
# Merges are rare, and two at a time could make one record part of two families.
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(7226003)"
_JOIN = """
    INSERT INTO merge_proposal
        (id, older_id, newer_id, organisation_id, reason, found_at, settled_at, verdict)
    VALUES ($1, $2, $3, $4, 'ASKED', $5, $5, 'MERGED')
    ON CONFLICT (older_id, newer_id) DO UPDATE
    SET settled_at = excluded.settled_at, verdict = excluded.verdict
"""
_PARTED = """
    UPDATE merge_proposal SET settled_at = $2, verdict = 'UNMERGED'
    WHERE newer_id = $1 AND verdict = 'MERGED'
"""
# A record and all that were merged into it, directly or through another.
_BRANCH = """
    WITH RECURSIVE branch AS (
        SELECT $1::uuid AS id
        UNION SELECT p.newer_id FROM branch
              JOIN merge_proposal p ON p.older_id = branch.id AND p.verdict = 'MERGED'
    ) SELECT id FROM branch ORDER BY id
"""
_LOCK = "SELECT FROM customer WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE"
_POINT = "UPDATE customer SET survivor_id = nullif($2, id) WHERE id = ANY ($1)"
_FAMILIES = """
    SELECT asked.id AS asked, family.id
    FROM (SELECT id, coalesce(survivor_id, id) AS survivor FROM customer WHERE id = ANY ($1)) asked
    CROSS JOIN LATERAL (
        SELECT c.id FROM customer c WHERE c.id = asked.survivor
        UNION ALL SELECT c.id FROM customer c WHERE c.survivor_id = asked.survivor
    ) family ORDER BY 1, 2
"""
# Who shares an email or phone with a customer. However many do, at most $3 are read for each.
_SHARING = """
    SELECT mine.kind, mine.blind, other.id AS customer_id,
           other.erased_at IS NULL AND coalesce(other.survivor_id, other.id) <> coalesce(me.survivor_id, me.id)
           AND NOT EXISTS (SELECT FROM merge_proposal p
                           WHERE p.older_id = least(me.id, other.id) AND p.newer_id = greatest(me.id, other.id))
           AS is_news
    FROM customer me
    JOIN identifier mine ON mine.customer_id = me.id AND mine.organisation_id = $2
         AND mine.kind IN ('EMAIL', 'PHONE') AND mine.ended_at IS NULL
    CROSS JOIN LATERAL (
        SELECT i.customer_id FROM identifier i
        WHERE i.blind = mine.blind AND i.kind = mine.kind AND i.organisation_id = $2
          AND i.ended_at IS NULL AND i.customer_id <> me.id
        LIMIT $3
    ) held
    JOIN customer other ON other.id = held.customer_id
    WHERE me.id = $1 AND me.erased_at IS NULL
    ORDER BY mine.kind, other.id
"""
_PROPOSE = """
    INSERT INTO merge_proposal (id, older_id, newer_id, organisation_id, reason, found_at)
    SELECT new.id, new.older, new.newer, $1, new.reason, $2
    FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::text[]) AS new (id, older, newer, reason)
    ON CONFLICT (older_id, newer_id) DO NOTHING
"""
_PROPOSAL = f"""
    SELECT {_COLUMNS} FROM merge_proposal
    WHERE id = $1 AND ($2::uuid IS NULL OR organisation_id = $2) FOR UPDATE
"""  # noqa: S608 - joined from constants
_SETTLE = f"""
    UPDATE merge_proposal SET settled_at = $2, verdict = coalesce(verdict, $3)
    WHERE id = $1 RETURNING {_COLUMNS}
"""  # noqa: S608
_BY_IDS = f"""
    SELECT {_COLUMNS} FROM merge_proposal WHERE id = ANY ($1) AND ($2::uuid IS NULL OR organisation_id = $2)
"""  # noqa: S608
_OPEN = f"SELECT {_COLUMNS} FROM merge_proposal WHERE organisation_id = $1 AND settled_at IS NULL"  # noqa: S608
_FORWARDS = f"{_OPEN} AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3"
_BACKWARDS = f"{_OPEN} AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3"


async def merge(act: Act, older_id: UUID, newer_id: UUID, organisation_id: UUID | None = None) -> UUID:
    """Make the newer's family part of the older's, unless it is; returns the survivor."""
    towards = organisation(act, organisation_id)
    await act.execute(_ONE_AT_A_TIME)
    pair = [
        await _require_living(act, older_id, towards, "older"),
        await _require_living(act, newer_id, towards, "newer"),
    ]
    older, newer = (one.survivor_id or one.id for one in pair)
    if older == newer:
        return older
    moved, theirs = await _branch(act, newer), await _branch(act, older)
    await act.execute(_LOCK, [*theirs, *moved])
    await act.execute(_JOIN, new_id(), older, newer, towards, act.at)
    await act.execute(_POINT, moved, older)
    await looks.drop(act, [*theirs, *moved])
    await act.record("customer.merged", newer, survivor=older, moved=moved)
    return older


async def unmerge(act: Act, customer_id: UUID, organisation_id: UUID | None = None) -> None:
    """Take a record out of its family, with those merged into it. Where it stands alone, nothing changes."""
    await act.execute(_ONE_AT_A_TIME)
    reached = await reach(act, customer_id, organisation_id, "customer")
    if reached.survivor_id is None:
        return
    moved, family = await _branch(act, customer_id), await _branch(act, reached.survivor_id)
    await act.execute(_LOCK, family)
    await sessions.end_all(act, customer_id)  # of the whole family, while it still is one
    await act.execute(_PARTED, customer_id, act.at)
    await act.execute(_POINT, moved, customer_id)
    await looks.drop(act, family)
    await act.record("customer.unmerged", customer_id, survivor=reached.survivor_id, moved=moved)


async def families(ask: Ask, ids: list[UUID]) -> dict[UUID, tuple[UUID, ...]]:
    """Read many families by one statement: for each customer, all records that are the same person."""
    found: dict[UUID, list[UUID]] = {}
    for row in await ask.rows(_FAMILIES, ids):
        found.setdefault(row["asked"], []).append(row["id"])
    return {customer_id: tuple(family) for customer_id, family in found.items()}


async def propose_merges(act: Act, customer_id: UUID, organisation_id: UUID | None = None) -> int:
    """Propose those who share an email or phone with a customer; returns how many pairs are new.

    What more than SHARED_MOST others have is nobody's own (info@example.com): it proposes nothing, and is counted.
    """
    towards = organisation(act, organisation_id)
    by_value: dict[tuple[str, bytes], list[Record]] = {}
    for row in await act.rows(_SHARING, customer_id, towards, SHARED_MOST + 1):
        by_value.setdefault((row["kind"], row["blind"]), []).append(row)
    pairs: dict[tuple[UUID, UUID], str] = {}
    for (kind, _), held in by_value.items():
        if len(held) > SHARED_MOST:
            metrics.TOO_SHARED.labels(kind).inc()
            continue
        for other in [row["customer_id"] for row in held if row["is_news"]][:PROPOSED_MOST]:
            pairs.setdefault((min(customer_id, other), max(customer_id, other)), kind)
    if pairs:
        await _propose(act, towards, pairs)
        await act.record("merge.proposed", customer_id, count=len(pairs))
    return len(pairs)


async def _propose(act: Act, organisation_id: UUID, pairs: Mapping[tuple[UUID, UUID], str]) -> None:
    columns = [[older for older, _ in pairs], [newer for _, newer in pairs], list(pairs.values())]
    await act.execute(_PROPOSE, organisation_id, act.at, [new_id() for _ in pairs], *columns)


async def settle_merge(act: Act, proposal_id: UUID, *, is_same: bool) -> Proposal:
    """Say whether two proposed customers are one, and merge them if so; once only."""
    row = await act.row(_PROPOSAL, proposal_id, act.actor.organisation_id)
    if row is None:
        raise not_found("proposal", "proposal")
    proposal = Proposal(**row)
    if proposal.settled_at is not None:
        raise Refusal(Code.CONFLICT, "This proposal is settled already.", ("proposal",))
    if is_same:
        await merge(act, proposal.older_id, proposal.newer_id, proposal.organisation_id)
    verdict = Verdict.SAME if is_same else Verdict.DIFFERENT
    [settled] = await act.rows(_SETTLE, proposal_id, act.at, verdict)
    await act.record("merge.settled", proposal.newer_id, proposal=proposal_id, verdict=verdict)
    return Proposal(**settled)


async def by_ids(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Proposal]:
    """Read many proposals by one statement; those unknown or of others are left out."""
    rows = await ask.rows(_BY_IDS, list(ids), ask.actor.organisation_id)
    return {row["id"]: Proposal(**row) for row in rows}


async def open_proposals(
    ask: Ask,
    after: UUID | None = None,
    limit: int = 50,
    organisation_id: UUID | None = None,
    *,
    backwards: bool = False,
) -> Page:
    """Read a stretch of the proposals that wait, after an id (backwards: before it), always ascending."""
    most = particulars.page_size(limit, "limit")
    sql = _BACKWARDS if backwards else _FORWARDS
    rows = await ask.rows(sql, organisation(ask, organisation_id), after, most + 1)
    items = [Proposal(**row) for row in rows[:most]]
    return Page(tuple(reversed(items) if backwards else items), len(rows) > most)


async def _require_living(act: Act, customer_id: UUID, organisation_id: UUID, place: str) -> Reached:
    reached = await reach(act, customer_id, organisation_id, place)
    if reached.is_erased:
        raise Refusal(Code.CONFLICT, "An erased customer cannot be merged.", (place,))
    return reached


async def _branch(act: Act, customer_id: UUID) -> list[UUID]:
    return [row["id"] for row in await act.rows(_BRANCH, customer_id)]
