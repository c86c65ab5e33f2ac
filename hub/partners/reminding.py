"""Reminding partners of what they have not acknowledged: when half of its time is over, and again when most of it is.

A letter counts what waits and names nobody. Each withdrawal is reminded of once for each of the two, whatever letter it
is in; where a partner's contact names no email address, the desk shows how it stands.
"""

from typing import Final
from uuid import UUID

from hub.act import Act, Ask
from hub.letters.sending import NewLetter, send
from hub.letters.templates import Key
from hub.rights import mailing

AT_A_TIME: Final = 100
PATH: Final = "/partner/graphql"

_STAGE: Final = """
    CASE WHEN $1 >= w.made_at + (w.due_at - w.made_at) * 0.8 THEN 2
         WHEN $1 >= w.made_at + (w.due_at - w.made_at) * 0.5 THEN 1 ELSE 0 END
"""
_LATE: Final = f"""
    SELECT DISTINCT w.recipient_id FROM withdrawal w
    WHERE w.answered_at IS NULL AND w.reminded < {_STAGE}
      AND EXISTS (SELECT FROM client c WHERE c.recipient_id = w.recipient_id AND c.revoked_at IS NULL)
    ORDER BY w.recipient_id LIMIT {AT_A_TIME}
"""  # noqa: S608 - joined from constants
_HOLD: Final = f"""
    SELECT w.id FROM withdrawal w WHERE w.recipient_id = $2 AND w.answered_at IS NULL AND w.reminded < {_STAGE}
    ORDER BY w.id FOR NO KEY UPDATE
"""  # noqa: S608
_REMINDED: Final = f"UPDATE withdrawal w SET reminded = {_STAGE} WHERE w.id = ANY ($2)"  # noqa: S608
_WAITING: Final = """
    SELECT r.organisation_id, r.contact, r.country, count(*) AS many, min(w.due_at)::date AS due
    FROM recipient r JOIN withdrawal w ON w.recipient_id = r.id AND w.answered_at IS NULL
    WHERE r.id = $1 GROUP BY r.id
"""


async def late(ask: Ask) -> list[UUID]:
    """Which recipients it is time to remind."""
    return [row["recipient_id"] for row in await ask.rows(_LATE, ask.at)]


async def remind(act: Act, recipient_id: UUID) -> bool:
    """Remind one recipient by one letter; False where it was reminded meanwhile, or has answered."""
    held = [row["id"] for row in await act.rows(_HOLD, act.at, recipient_id)]
    row = await act.row(_WAITING, recipient_id) if held else None
    if row is None:
        return False
    await act.execute(_REMINDED, act.at, held)
    await act.record(
        "withdrawal.reminded",
        organisation=row["organisation_id"],
        recipient=recipient_id,
        entries=len(held),
    )
    who = mailing.recipient(row["contact"], row["country"])
    if who is not None:
        values = {"count": row["many"], "due": row["due"], "link": PATH}
        await send(
            act,
            NewLetter(row["organisation_id"], Key.WITHDRAWALS_REMINDER, who.address, who.language, values),
        )
    return True
