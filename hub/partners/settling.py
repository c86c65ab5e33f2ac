"""What becomes of a referral by itself: the customer's answer, its time, a withdrawal, an erasure.

Everything is decided again at that moment, under the customer's lock: a yes releases only what is allowed then, and an
offer that is not allowed any more before it was accepted is taken back.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from hub import decisions, disclosures, scope
from hub.act import Act, Ask
from hub.answers import Answer
from hub.db import Record
from hub.partners import blocks, referrals
from hub.partners.referrals import Referral
from hub.partners.referring import OFFERED_FOR
from hub.partners.states import State, Why
from hub.policy.rule import Outcome
from hub.policy.values import Act as What
from hub.posed import Question
from hub.posed import State as Answered
from hub.questioned import Question as May

SETTLED_AT_A_TIME: Final = 200

_OF_QUESTION: Final = "SELECT id FROM referral WHERE question_id = $1 AND state = 'ASKING'"
_OFFERED: Final = """
    SELECT id FROM referral WHERE state = 'OFFERED' AND organisation_id = $1 AND customer_id = ANY (
        SELECT family.id FROM customer c JOIN customer family
            ON coalesce(family.survivor_id, family.id) = coalesce(c.survivor_id, c.id)
        WHERE c.id = $2)
    ORDER BY id
"""
_ON_OFFER: Final = """
    SELECT id, organisation_id FROM referral WHERE state = 'OFFERED' AND customer_id = ANY ($1) ORDER BY id
"""
# Somebody who is being written about is left for the next time. A word since the offer may have taken it back.
_DUE: Final = """
    SELECT r.id, r.customer_id, r.organisation_id FROM referral r JOIN customer c ON c.id = r.customer_id
    WHERE r.state IN ('ASKING', 'OFFERED') AND (
        r.expires_at <= $1 OR c.erased_at IS NOT NULL
        OR r.state = 'ASKING' AND EXISTS (
            SELECT FROM consent_question q WHERE q.id = r.question_id AND q.ended_at IS NOT NULL)
        OR r.state = 'OFFERED' AND EXISTS (
            SELECT FROM choice h WHERE h.customer_id = r.customer_id AND h.organisation_id = r.organisation_id
              AND h.action NOT IN ('ASKED', 'GIVEN', 'OPTED_IN') AND h.recorded_at > (
                SELECT max(e.at) FROM referral_event e WHERE e.referral_id = r.id)))
    ORDER BY r.expires_at LIMIT $2 FOR NO KEY UPDATE OF c SKIP LOCKED
"""
_WHY: Final = {
    Answered.ANSWERED_NO: Why.SAID_NO,
    Answered.CANCELLED: Why.CANCELLED,
    Answered.LAPSED: Why.LAPSED,
}
_ENDED: Final = """
    SELECT e.kind FROM consent_question_event e WHERE e.question_id = $1
      AND e.kind IN ('ANSWERED_YES', 'ANSWERED_NO', 'LAPSED', 'CANCELLED')
"""


async def answered(act: Act, question: Question) -> None:
    """Do what the end of a question means for the referral that waits for it, if there is one.

    The caller holds the customer, and has recorded the answer in this act.
    """
    referral_id: UUID | None = await act.value(_OF_QUESTION, question.id)
    if referral_id is not None:
        await _end_asking(act, await referrals.hold(act, referral_id), question.state)


async def withdrawn(act: Act, customer_id: UUID, organisation_id: UUID) -> None:
    """Take back what is offered of a customer and is not allowed any more; the caller holds the customer."""
    for row in await act.rows(_OFFERED, organisation_id, customer_id):
        await recheck(act, await referrals.hold(act, row["id"]))


async def take_back(act: Act, people: Sequence[UUID]) -> None:
    """Take back what is offered of these customers and is not allowed any more; the caller holds them.

    Two acts of one moment may bear their instants the other way round than they were committed: only the lock tells.
    """
    by_house = defaultdict[UUID, list[Referral]](list)
    for row in await act.rows(_ON_OFFER, list(people)):
        by_house[row["organisation_id"]].append(await referrals.hold(act, row["id"]))
    for some in by_house.values():
        going_on = await allowed(act, some)
        for each in some:
            if each.id not in going_on:
                await referrals.move(act, each, State.WITHDRAWN, Why.NOT_ALLOWED)


async def recheck(act: Act, referral: Referral) -> Referral:
    """Decide an offer again; where that is not allowed any more it is withdrawn. The caller holds the customer."""
    if referral.state is not State.OFFERED or await allowed(act, [referral]):
        return referral
    return await referrals.move(act, referral, State.WITHDRAWN, Why.NOT_ALLOWED)


async def allowed(ask: Ask, some: Sequence[Referral]) -> set[UUID]:
    """Of several referrals of one organisation, those that the answer would allow at this moment; nothing is kept."""
    if not some:
        return set()
    answers = await decisions.preview_within(ask, some[0].organisation_id, [may(each) for each in some])
    return {
        each.id for each, answer in zip(some, answers, strict=True)
        if isinstance(answer, Answer) and answer.decision.outcome is Outcome.ALLOW
    }  # fmt: skip


def may(referral: Referral) -> May:
    """The question that a referral rests on."""
    return May(
        referral.customer_id, What.DISCLOSE, referral.purpose_id, referral.recipient_id, referral.arrangement_id,
        categories=referral.categories,
    )  # fmt: skip


async def settle(act: Act, most: int = SETTLED_AT_A_TIME) -> int:
    """End at most so many referrals whose time, question or customer has ended; returns how many were looked at."""
    rows = await act.rows(_DUE, act.at, most)
    for row in rows:
        await _settle(act, row)
    return len(rows)


async def _settle(act: Act, row: Record) -> None:
    referral = await referrals.hold(act, row["id"])
    reached = await scope.hold_many(act, [row["customer_id"]], row["organisation_id"])
    is_erased = reached[row["customer_id"]].is_erased
    if is_erased and await _is_open(act, referral):
        asking = referral.disclosure_id is None
        await referrals.move(act, referral, State.CLOSED if asking else State.WITHDRAWN, Why.ERASED)
    elif referral.state is State.EXPIRED:
        await referrals.move(act, referral, State.EXPIRED)
    elif referral.disclosure_id is None:
        ended = await act.value(_ENDED, referral.question_id)
        await _end_asking(act, referral, Answered(ended) if ended else Answered.LAPSED)
    elif (await recheck(act, referral)).state is State.OFFERED:
        await referrals.tell(act, referral.id, State.OFFERED)
        await act.record(
            "referral.rechecked", referral.customer_id, referral=referral.id, recipient=referral.recipient_id
        )


async def _is_open(act: Act, referral: Referral) -> bool:
    stands: str = await act.value("SELECT state FROM referral WHERE id = $1", referral.id)
    return stands in {State.ASKING, State.OFFERED}


async def _end_asking(act: Act, referral: Referral, ended: Answered) -> None:
    """Release what the customer agreed to, as far as it is allowed now; else close it."""
    if ended is not Answered.ANSWERED_YES:
        await referrals.move(act, referral, State.CLOSED, _WHY[ended])
        return
    [answer] = await decisions.decide_within(act, referral.organisation_id, [may(referral)])
    if (
        not isinstance(answer, Answer)
        or answer.decision.outcome is not Outcome.ALLOW
        or await blocks.is_blocked(act, referral.recipient_id)
    ):
        await referrals.move(act, referral, State.CLOSED, Why.NOT_ALLOWED)
        return
    disclosed = await disclosures.add(act, answer, referral.organisation_id, referral.categories)
    until = act.at + OFFERED_FOR
    await referrals.move(act, referral, State.OFFERED, disclosure_id=disclosed.id, expires_at=until)
