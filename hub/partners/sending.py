"""The letter that puts a question to a customer, on its way: decided again at the moment it is sent.

Since it was queued they may have answered at a counter, opted out, or been told that nobody asks them any more. Under
their lock every word that was said before counts, so that no letter asks what may not be asked.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from hub import decisions, posed, questions
from hub.act import Act
from hub.answers import Answer
from hub.errors import Refusal
from hub.letters.rendering import Outgoing
from hub.letters.sending import claim as claimed
from hub.letters.sending import suppress
from hub.partners import blocks, putting, referrals, settling
from hub.partners.states import State
from hub.policy.rule import Outcome

NOT_ASKED: Final = "NOT_ASKED_ANY_MORE"

# One act makes one referral of a customer, and queues its letter. Of somebody erased the letter itself says so.
_ASKS: Final = """
    SELECT x.id, x.question_id FROM letter l JOIN customer c ON c.id = l.customer_id AND c.erased_at IS NULL
    JOIN referral x ON x.customer_id = l.customer_id AND x.act_id = l.act_id
    WHERE l.id = $1 AND l.template = 'referral_asked' AND l.state = 'QUEUED' AND l.next_at <= $2
"""


async def claim(act: Act, letter_id: UUID) -> Outgoing | datetime | None:
    """Take a letter for an attempt, as `hub.letters.claim`; one that asks what may not be asked now is suppressed."""
    row = await act.row(_ASKS, letter_id, act.at)
    if row is not None and not await _may_ask(act, row["id"], row["question_id"]):
        await suppress(act, letter_id, NOT_ASKED)
        return None
    return await claimed(act, letter_id)


async def _may_ask(act: Act, referral_id: UUID, question_id: UUID) -> bool:
    question, _ = await posed.hold_question(act, question_id)
    referral = await referrals.hold(act, referral_id)
    if referral.state is not State.ASKING or question.ended_at is not None:
        return False
    if await blocks.is_blocked(act, referral.recipient_id):
        return False
    try:
        await questions.require_askable(act, question)
    except Refusal:
        return False
    may = [settling.may(referral)]
    [answer] = await decisions.decide_within(act, referral.organisation_id, may)
    return (
        isinstance(answer, Answer)
        and answer.decision.outcome is Outcome.CONSENT_NEEDED
        and putting.may_write(answer)
    )
