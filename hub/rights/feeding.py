"""Past recipients that read by themselves what they have to do: they are told by their feed, and answer there.

Such a step of a request waits for what the recipient acknowledges, and takes its evidence from that. What was told
before the request, and is not answered yet, counts too; where nothing is left to be told, there is nothing to wait for.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from hub.act import Act
from hub.db import Record
from hub.partners import withdrawals
from hub.partners.withdrawals import Kind as What
from hub.partners.withdrawals import NewWithdrawal, Said, Use
from hub.rights import steps, trying
from hub.rights.outcomes import ENDED, Operation, Settled, StepState
from hub.rights.requests import Request

TASK: Final = "rights.told"
WHY: Final = "They read it in their feed, and say there what they did."
REASON: Final = "RIGHTS_REQUEST"
WHAT: Final[Mapping[Operation, What]] = {
    Operation.ERASE: What.FORGET, Operation.CORRECT: What.CORRECT, Operation.RESTRICT: What.STOP,
}  # fmt: skip

_READERS: Final = """
    SELECT DISTINCT recipient_id FROM client WHERE recipient_id = ANY ($1) AND revoked_at IS NULL
        AND 'partner:withdrawals' = ANY (scopes)
"""
_HOLD: Final = "SELECT FROM customer WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE"
_OPEN: Final = """
    SELECT w.id, w.recipient_id, w.kind, w.act_id FROM withdrawal w
    WHERE w.customer_id = ANY ($1) AND w.recipient_id = ANY ($2) AND w.answered_at IS NULL ORDER BY w.id
"""
_WAIT: Final = """
    INSERT INTO rights_told (step_id, withdrawal_id) SELECT * FROM unnest($1::uuid[], $2::uuid[]) ON CONFLICT DO NOTHING
"""
# Whether it was the last answer is asked when the step is settled, under its lock: of two at once neither sees both.
_ANSWERED: Final = """
    SELECT DISTINCT t.step_id FROM rights_told t JOIN rights_step s ON s.id = t.step_id AND s.ended_at IS NULL
    WHERE t.withdrawal_id = ANY ($1) ORDER BY t.step_id
"""
_SAID: Final = """
    SELECT w.answer, w.ground, w.kept_until FROM rights_told t JOIN withdrawal w ON w.id = t.withdrawal_id
    WHERE t.step_id = $1
"""


async def readers(act: Act, ids: Sequence[UUID]) -> frozenset[UUID]:
    """Which of these recipients read by themselves what they have to do."""
    return frozenset(row["recipient_id"] for row in await act.rows(_READERS, list(ids)))


async def tell(act: Act, operation: Operation, people: Sequence[UUID], step_of: Mapping[UUID, UUID]) -> None:
    """Tell recipients, each for its step, what is to be done about a person, by all their records.

    step_of: the step of each recipient.
    """
    if not step_of:
        return
    await act.execute(_HOLD, list(people))
    told = await _told(act, WHAT[operation], people, step_of)
    towards = step_of.keys() - told
    held = [each for each in await withdrawals.uses(act, people) if each.recipient_id in towards]
    await withdrawals.tell(act, list(_new(WHAT[operation], held)))
    rows = await act.rows(_OPEN, list(people), list(step_of))
    await act.execute(_WAIT, [step_of[row["recipient_id"]] for row in rows], [row["id"] for row in rows])
    silent = step_of.keys() - {row["recipient_id"] for row in rows}
    for recipient_id in sorted(silent):
        await act.defer(TASK, step_id=step_of[recipient_id])


async def _told(act: Act, kind: What, people: Sequence[UUID], step_of: Mapping[UUID, UUID]) -> set[UUID]:
    """Who was told the same by this very act: what was changed is told wherever it went."""
    rows = await act.rows(_OPEN, list(people), list(step_of))
    return {row["recipient_id"] for row in rows if row["act_id"] == act.id and row["kind"] == kind}


def _new(kind: What, held: Iterable[Use]) -> Iterable[NewWithdrawal]:
    """One for each arrangement and purpose; what was stopped before is not stopped again."""
    meant = [each for each in held if kind is not What.STOP or not each.is_stopped]
    about: dict[object, list[Use]] = {}
    for each in meant:
        about.setdefault(each.about, []).append(each)
    for several in about.values():
        categories = frozenset[UUID]().union(*(each.categories for each in several))
        ends = () if kind is What.CORRECT else tuple(several)
        yield NewWithdrawal(several[0], kind, categories, REASON, ends)


async def answered(act: Act, withdrawal_ids: Sequence[UUID]) -> None:
    """Have the steps settled that wait for these answers; one that waits for more goes on waiting."""
    for row in await act.rows(_ANSWERED, list(withdrawal_ids)):
        await act.defer(TASK, step_id=row["step_id"])


async def settle(act: Act, step_id: UUID) -> Request:
    """Settle a step by what its recipient acknowledged; one that has ended, or waits for more, stays as it is."""
    request, step = await steps.hold(act, step_id)
    said = await act.rows(_SAID, step_id)
    if request.is_over or step.state in ENDED or any(row["answer"] is None for row in said):
        return request
    return await trying.note(act, request, [(step, _settled(said))])


def _settled(said: Sequence[Record]) -> Settled:
    kept = sorted(
        {f"{row['ground']} until {row['kept_until']}" for row in said if row["answer"] == Said.KEPT}
    )
    if kept:
        return Settled(StepState.REFUSED, why=f"They keep some of it: {'; '.join(kept)}.")
    done = [row for row in said if row["answer"] == Said.DONE]
    state = StepState.DONE if done else StepState.NOTHING
    return Settled(state, {"by": "FEED", "rows": len(done)})
