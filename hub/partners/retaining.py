"""What a partner may keep: of whom it has received something, for which purposes it still may have it.

It is decided by the question it was passed on by, as the feed of withdrawals is: the two never contradict each other.
Somebody it never received, somebody it must forget and an id that is nobody's look the same, and are asked about alike.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from hub import decisions
from hub.act import Ask
from hub.crowds import ANYBODY
from hub.db import Record
from hub.errors import Code, Refusal, invalid
from hub.pairwise import Pairs
from hub.partners import offers, verdicts
from hub.partners.withdrawals import Use

ASKED_MOST: Final = 1_000
# A referral that was not taken on leaves its partner nothing, though it had seen it.
_RECEIVED: Final = """
    SELECT DISTINCT x.customer_id, x.organisation_id, x.recipient_id,
        (d.question ->> 'arrangement')::uuid AS arrangement_id, p.id AS purpose_id, p.key AS purpose,
        d.question::text AS question
    FROM disclosure x
    JOIN decision_subject s ON s.id = x.decision_subject_id JOIN decision d ON d.id = s.decision_id
    JOIN purpose p ON p.id = (d.question ->> 'purpose')::uuid
    WHERE x.customer_id = ANY ($1) AND x.organisation_id = $2 AND x.recipient_id = $3
      AND ($4::uuid[] IS NULL OR x.arrangement_id = ANY ($4))
      AND NOT EXISTS (SELECT FROM disclosure_end e WHERE e.disclosure_id = x.id)
      AND NOT EXISTS (SELECT FROM referral r WHERE r.customer_id = x.customer_id AND r.disclosure_id = x.id AND (
        r.state IN ('DECLINED', 'EXPIRED', 'WITHDRAWN') OR r.state = 'OFFERED' AND r.expires_at <= $5))
    ORDER BY x.customer_id, p.key, question
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer about one id. purposes: keys of those for which it may still be used; none: forget it."""

    id: UUID
    purposes: tuple[str, ...]


async def may_keep(ask: Ask, ids: Sequence[UUID]) -> list[Kept]:
    """Answer for each id, in the order given. Refusals: INVALID for none, LIMIT for more than a thousand."""
    if not ids:
        raise invalid("Name at least one customer.", "ids")
    if len(ids) > ASKED_MOST:
        raise Refusal(Code.LIMIT, f"Ask about at most {ASKED_MOST} customers at a time.", ("ids",))
    recipient_id, actor = offers.recipient(ask), ask.actor
    meant = Pairs(ask.hub, recipient_id).meant(ids)
    only = None if actor.arrangements is None else sorted(actor.arrangements)
    rows = await ask.rows(_RECEIVED, meant, offers.towards(ask), recipient_id, only, ask.at)
    allowed = await _allowed(ask, rows)
    return [Kept(name, allowed.get(each, ())) for name, each in zip(ids, meant, strict=True)]


async def _allowed(ask: Ask, rows: Sequence[Record]) -> dict[UUID, tuple[str, ...]]:
    """For which purposes each may still be used. Where nothing was received, nobody is asked about, all the same."""
    if not rows:
        await _nobody(ask)
        return {}
    uses = [_use(row) for row in rows]
    found, answers = defaultdict[UUID, list[str]](list), await verdicts.of(ask, uses)
    for row, use in zip(rows, uses, strict=True):
        if answers[use].is_allowed:
            found[use.customer_id].append(row["purpose"])
    return {each: tuple(dict.fromkeys(purposes)) for each, purposes in found.items()}


async def _nobody(ask: Ask) -> None:
    some = (await offers.every(ask))[:1]
    if some:
        question = replace(some[0].question, customer_id=ANYBODY)
        await decisions.preview_within(ask, offers.towards(ask), [question])


def _use(row: Record) -> Use:
    return Use(
        row["customer_id"], row["organisation_id"], row["recipient_id"], row["arrangement_id"],
        row["purpose_id"], row["question"], frozenset(), is_stopped=False,
    )  # fmt: skip
