"""Acknowledging withdrawals: what a recipient says it did, by itself or by whoever here asked it.

An answer is evidence and stays, but for one change: what was kept for a reason is gone later on. Said again, it changes
nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from hub import inputs
from hub.act import Act
from hub.errors import Code, Refusal, invalid, not_found
from hub.ledger import Detail
from hub.partners.withdrawals import COLUMNS, Ground, Kind, Said, Withdrawal
from hub.rights import feeding

ANSWERS_MOST: Final = 1_000
KEPT_LONGEST: Final = timedelta(days=366 * 100)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was done about one withdrawal. ground and until: of what is kept, and of that alone."""

    withdrawal_id: UUID
    said: str
    ground: str | None = None
    until: date | None = None


_HOLD: Final = f"""
    SELECT {COLUMNS} FROM withdrawal w WHERE w.id = ANY ($1) AND ($2::uuid IS NULL OR w.organisation_id = $2)
      AND ($3::uuid IS NULL OR w.recipient_id = $3) AND ($4::uuid[] IS NULL OR w.arrangement_id = ANY ($4))
    ORDER BY w.id FOR UPDATE OF w
"""  # noqa: S608 - joined from constants
_ANSWER: Final = """
    UPDATE withdrawal w SET answer = n.answer, ground = n.ground, kept_until = n.kept_until, answered_at = $5,
        answered_by = $6
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::date[]) AS n (id, answer, ground, kept_until) WHERE w.id = n.id
"""


async def acknowledge(act: Act, answers: Sequence[Answer]) -> list[Withdrawal]:
    """Note what was done about withdrawals, all or none; returns them as they stand, in the order given.

    Refusals, each at its place: NOT_FOUND for those of others; CONFLICT for what was answered otherwise; INVALID for a
    reason that is missing or too much, LIMIT for too many.
    """
    checked = _checked(act, answers)
    held = {each.id: each for each in await _hold(act, [each.withdrawal_id for each in answers])}
    fresh: dict[UUID, tuple[Withdrawal, Answer]] = {}
    for place, each in enumerate(checked):
        stored = held.get(each.withdrawal_id)
        if stored is None:
            raise not_found("withdrawal", "entries", place, "id")
        if _is_news(stored, each, place):
            fresh[stored.id] = (stored, each)
    if fresh:
        await _note(act, list(fresh.values()))
        held |= {each.id: each for each in await _hold(act, list(fresh))}
    return [held[each.withdrawal_id] for each in answers]


def _checked(act: Act, answers: Sequence[Answer]) -> list[Answer]:
    if not 0 < len(answers) <= ANSWERS_MOST:
        raise Refusal(Code.LIMIT, f"Acknowledge 1 to {ANSWERS_MOST} entries at a time.", ("entries",))
    seen: set[UUID] = set()
    for place, each in enumerate(answers):
        if each.withdrawal_id in seen:
            raise invalid("This entry is named twice: answer each once.", "entries", place, "id")
        seen.add(each.withdrawal_id)
    return [_sound(act, each, place) for place, each in enumerate(answers)]


def _sound(act: Act, each: Answer, place: int) -> Answer:
    said = inputs.choice(Said, each.said, "entries", place, "evidence")
    if said is not Said.KEPT:
        if each.ground is not None or each.until is not None:
            raise invalid("Only what is KEPT has a ground and a last day.", "entries", place, "ground")
        return Answer(each.withdrawal_id, said)
    if each.ground is None or each.until is None:
        name = "ground" if each.ground is None else "until"
        raise invalid("Say on which ground it is kept, and until which day.", "entries", place, name)
    today = act.at.date()
    if not today <= each.until <= today + KEPT_LONGEST:
        raise invalid("Give a day that is not over, and within a hundred years.", "entries", place, "until")
    return Answer(
        each.withdrawal_id, said, inputs.choice(Ground, each.ground, "entries", place, "ground"), each.until
    )


def _is_news(stored: Withdrawal, each: Answer, place: int) -> bool:
    if each.said == Said.KEPT and stored.kind is Kind.CORRECT:
        raise invalid(
            "A correction is done, or not held: what is wrong is not kept.", "entries", place, "evidence"
        )
    if (stored.answer, stored.ground, stored.kept_until) == (each.said, each.ground, each.until):
        return False
    if stored.answer is None or (stored.answer is Said.KEPT and each.said == Said.DONE):
        return True
    message = f"This was acknowledged as {stored.answer} already."
    raise Refusal(Code.CONFLICT, message, ("entries", place, "evidence"))


async def _hold(act: Act, ids: Sequence[UUID]) -> list[Withdrawal]:
    actor = act.actor
    seen = None if actor.arrangements is None else sorted(actor.arrangements)
    rows = await act.rows(_HOLD, list(ids), actor.organisation_id, actor.recipient_id, seen)
    return [Withdrawal.of(row) for row in rows]


async def _note(act: Act, fresh: Sequence[tuple[Withdrawal, Answer]]) -> None:
    answers = [each for _, each in fresh]
    await act.execute(
        _ANSWER, [each.withdrawal_id for each in answers], [each.said for each in answers],
        [each.ground for each in answers], [each.until for each in answers], act.at, act.actor.id,
    )  # fmt: skip
    await act.record_crowd("withdrawal.acknowledged", [_detail(*each) for each in fresh])
    await feeding.answered(act, [stored.id for stored, _ in fresh])


def _detail(stored: Withdrawal, each: Answer) -> Detail:
    until: Mapping[str, str] = {"until": each.until.isoformat()} if each.until else {}
    body = {
        "withdrawal": stored.id, "recipient": stored.recipient_id, "kind": stored.kind, "answer": each.said,
        "ground": each.ground, **until,
    }  # fmt: skip
    return Detail(stored.customer_id, body)
