"""Blocks: a recipient that gets nothing more, because somebody here said so, or because it does not say what it forgot.

A recipient that signs in and has left a withdrawal unacknowledged past its clock is blocked by that alone, and no more
once it has acknowledged. To let it receive again before that, or after somebody blocked it, takes two people.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from hub import catalogue, inputs
from hub.act import Act, Ask
from hub.catalogue import Ref
from hub.db import Record, new_id
from hub.errors import Code, Refusal, invalid, not_found
from hub.models import Recipient

GRACE: Final = timedelta(days=7)
"""How long late acknowledgements are waited for after two people have let a recipient receive again."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a recipient stands. blocked_at, reason: of the block by hand. late: withdrawals past their clock.

    is_partner: whether it signs in, or has. open: withdrawals that wait for an answer. release: somebody asked to let
    it receive again, for this reason; the id is for whoever agrees.
    """

    recipient_id: UUID
    is_partner: bool
    open: int
    late: int
    blocked_at: datetime | None
    reason: str | None
    release_id: UUID | None
    release_reason: str | None
    release_asked_by: UUID | None

    @property
    def is_blocked(self) -> bool:
        """Whether it gets nothing more."""
        return self.blocked_at is not None or (self.is_partner and self.late > 0)


# What was asked about a block that has ended since is nobody's word about this one.
_STANDINGS: Final = """
    SELECT r.id AS recipient_id, EXISTS (SELECT FROM client c WHERE c.recipient_id = r.id) AS is_partner,
        told.open, told.late, b.blocked_at, b.reason, l.id AS release_id, l.reason AS release_reason,
        l.asked_by AS release_asked_by
    FROM recipient r
    CROSS JOIN LATERAL (
        SELECT count(*) AS open, count(*) FILTER (WHERE w.due_at < now()) AS late,
            min(w.due_at) FILTER (WHERE w.due_at < now()) AS late_since
        FROM withdrawal w WHERE w.recipient_id = r.id AND w.answered_at IS NULL) told
    LEFT JOIN partner_block b ON b.recipient_id = r.id AND b.ended_at IS NULL
    LEFT JOIN LATERAL (
        SELECT l.id, l.reason, l.asked_by FROM partner_release l
        WHERE l.recipient_id = r.id AND l.agreed_at IS NULL AND l.asked_at >= coalesce(b.blocked_at, told.late_since)
        ORDER BY l.asked_at DESC, l.id DESC LIMIT 1) l ON true
    WHERE r.id = ANY ($1) AND ($2::uuid IS NULL OR r.organisation_id = $2)
"""
_IS_BLOCKED: Final = "SELECT is_blocked($1, $2)"
_BLOCK: Final = """
    INSERT INTO partner_block (id, organisation_id, recipient_id, reason, blocked_by, blocked_at)
    VALUES ($1, $2, $3, $4, $5, $6)
"""
_ASK: Final = """
    INSERT INTO partner_release (id, organisation_id, recipient_id, reason, asked_by, asked_at)
    VALUES ($1, $2, $3, $4, $5, $6)
"""
_RELEASE: Final = """
    SELECT id, organisation_id, recipient_id, asked_by, agreed_at FROM partner_release
    WHERE id = $1 AND ($2::uuid IS NULL OR organisation_id = $2) FOR UPDATE
"""
_AGREE: Final = "UPDATE partner_release SET agreed_by = $2, agreed_at = $3 WHERE id = $1"
_UNBLOCK: Final = "UPDATE partner_block SET ended_at = $2 WHERE recipient_id = $1 AND ended_at IS NULL"
_WAIT: Final = (
    "UPDATE withdrawal SET due_at = $3 WHERE recipient_id = $1 AND answered_at IS NULL AND due_at < $2"
)


async def is_blocked(ask: Ask, recipient_id: UUID) -> bool:
    """Whether a recipient gets nothing more."""
    return bool(await ask.value(_IS_BLOCKED, recipient_id, ask.at))


async def require_open(act: Ask, recipient_id: UUID, *path: str | int) -> None:
    """Refuse CONFLICT to hand anything to a recipient that is blocked; asked under the lock of whom it is about."""
    if await is_blocked(act, recipient_id):
        raise blocked(*path)


def blocked(*path: str | int) -> Refusal:
    """Why a recipient that is blocked is handed nothing."""
    message = (
        "This recipient is blocked: it gets nothing more until it acknowledges what it was told to forget, "
        "or until two people here let it receive again."
    )
    return Refusal(Code.CONFLICT, message, path)


async def standings(ask: Ask, ids: list[UUID]) -> dict[UUID, Standing]:
    """Read how many recipients stand, by one statement; those unknown or of others are left out."""
    rows = await ask.rows(_STANDINGS, ids, ask.actor.organisation_id)
    return {row["recipient_id"]: Standing(**row) for row in rows}


async def block(act: Act, recipient: Ref, reason: str) -> Standing:
    """Let a recipient receive nothing more; one that is blocked stays so. Refusals: NOT_FOUND, INVALID."""
    said = inputs.text(reason, "reason", most=inputs.SENTENCE_LENGTH)
    row, standing = await _hold(act, recipient)
    if standing.blocked_at is not None:
        return standing
    made = new_id()
    await act.execute(_BLOCK, made, row.organisation_id, row.id, said, act.actor.id, act.at)
    await act.record("partner.blocked", organisation=row.organisation_id, recipient=row.id, block=made)
    return await _standing(act, row.id)


async def ask_release(act: Act, recipient: Ref, reason: str) -> Standing:
    """Ask that a blocked recipient may receive again: another person has to agree. CONFLICT where it is not blocked."""
    said, who = inputs.text(reason, "reason", most=inputs.SENTENCE_LENGTH), _person(act)
    row, standing = await _hold(act, recipient)
    if not standing.is_blocked:
        raise Refusal(Code.CONFLICT, "This recipient is not blocked.", ("recipient",))
    if standing.release_id is not None:
        return standing
    made = new_id()
    await act.execute(_ASK, made, row.organisation_id, row.id, said, who, act.at)
    await act.record(
        "partner.release_asked", organisation=row.organisation_id, recipient=row.id, release=made
    )
    return await _standing(act, row.id)


async def release(act: Act, release_id: UUID) -> Standing:
    """Agree that a recipient may receive again; once agreed to, nothing changes.

    Refusals: NOT_FOUND; FORBIDDEN for whoever asked for it; CONFLICT where that was about a block that has ended since.
    """
    row: Record | None = await act.row(_RELEASE, release_id, act.actor.organisation_id)
    if row is None:
        raise not_found("release", "release")
    if row["agreed_at"] is None:
        who = _person(act)
        if who == row["asked_by"]:
            raise Refusal(Code.FORBIDDEN, "Another person has to agree to this.", ("release",))
        _, standing = await _hold(act, row["recipient_id"])
        if standing.release_id != release_id:
            raise Refusal(
                Code.CONFLICT, "This was asked about a block that has ended: ask anew.", ("release",)
            )
        await act.execute(_AGREE, release_id, who, act.at)
        await act.execute(_UNBLOCK, row["recipient_id"], act.at)
        await act.execute(_WAIT, row["recipient_id"], act.at, act.at + GRACE)
        await act.record(
            "partner.released",
            organisation=row["organisation_id"],
            recipient=row["recipient_id"],
            release=release_id,
        )
    return await _standing(act, row["recipient_id"])


async def _hold(act: Act, recipient: Ref) -> tuple[Recipient, Standing]:
    """Lock a recipient, so that what becomes of it comes one after the other, and read how it stands."""
    row = await catalogue.read(act, Recipient, recipient, "recipient", lock=True)
    return row, await _standing(act, row.id)


def _person(act: Act) -> UUID:
    if act.actor.id is None:
        raise invalid("Only somebody by name may do this: two people have to agree.", "recipient")
    return act.actor.id


async def _standing(act: Act, recipient_id: UUID) -> Standing:
    return (await standings(act, [recipient_id]))[recipient_id]
