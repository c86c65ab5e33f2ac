"""What is to be told about what recipients hold, given what may be held now (pure but for the question itself).

A use that is not allowed any more is stopped. It is forgotten where nothing of the customer's is left that this
recipient may use, and what is in the way is there to stay: a contested or restricted record is used again one day.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

import orjson

from hub import decisions
from hub.act import Ask
from hub.answers import Answer, Outcome
from hub.partners.withdrawals import Kind, NewWithdrawal, Use
from hub.policy import rule
from hub.policy.values import Objection, RecordState

ENDED: Final = "ARRANGEMENT_ENDED"
NOT_ASKED: Final = "NOT_IN_USE"
"""The question cannot even be asked any more: its purpose is retired, say."""
CORRECTED: Final = "CORRECTED"
PASSING: Final = frozenset({RecordState.RESTRICTED, RecordState.HOLD})


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a use is allowed now. reason: what is in the way. is_passing: it may be allowed again."""

    is_allowed: bool
    reason: str = ""
    is_passing: bool = False


ALLOWED: Final = Verdict(is_allowed=True)


async def of(ask: Ask, uses: Sequence[Use]) -> dict[Use, Verdict]:
    """Ask about each use again; by one statement for each organisation and thousand uses."""
    found: dict[Use, Verdict] = {}
    by_organisation: dict[UUID, list[Use]] = defaultdict(list)
    for each in uses:
        by_organisation[each.organisation_id].append(each)
    for organisation_id, several in by_organisation.items():
        for start in range(0, len(several), decisions.QUESTIONS_AT_MOST):
            part = several[start : start + decisions.QUESTIONS_AT_MOST]
            answers = await decisions.preview_within(ask, organisation_id, [_question(each) for each in part])
            found |= {use: _verdict(use, answer) for use, answer in zip(part, answers, strict=True)}
    return found


def _question(use: Use) -> decisions.Question:
    """The question that the use was decided by, with its arrangement: another one may not stand in for it."""
    asked = decisions.question_of(use.customer_id, orjson.loads(use.question))
    return replace(asked, arrangement=use.arrangement_id)


def _verdict(use: Use, answer: Outcome) -> Verdict:
    if not isinstance(answer, Answer):
        return Verdict(is_allowed=False, reason=NOT_ASKED)
    if use.arrangement_id is not None and answer.arrangement_id is None:
        return Verdict(is_allowed=False, reason=ENDED)
    if answer.decision.outcome is rule.Outcome.ALLOW:
        return ALLOWED
    facts = answer.facts
    is_contested = facts.objection is Objection.PENDING and facts.record_state is not RecordState.ERASED
    is_passing = facts.record_state in PASSING or is_contested
    return Verdict(is_allowed=False, reason=answer.decision.rule, is_passing=is_passing)


def over(verdicts: Mapping[Use, Verdict]) -> list[NewWithdrawal]:
    """What is to be told of uses that are not allowed any more, one for each customer, arrangement and purpose."""
    recipients: dict[tuple[UUID, UUID], list[Use]] = defaultdict(list)
    for use in verdicts:
        recipients[use.customer_id, use.recipient_id].append(use)
    return [
        made
        for held in recipients.values()
        for several in _grouped(held)
        if (made := _ending(several, held, verdicts)) is not None
    ]


def _ending(
    several: Sequence[Use], held: Sequence[Use], verdicts: Mapping[Use, Verdict]
) -> NewWithdrawal | None:
    """What ends of one arrangement and purpose, given all that the recipient holds of the customer."""
    denied = [each for each in several if not verdicts[each].is_allowed]
    kept = _categories(each for each in several if verdicts[each].is_allowed)
    is_final = not any(verdicts[each].is_allowed for each in held) and not any(
        verdicts[each].is_passing for each in denied
    )
    ends = [each for each in denied if is_final or not each.is_stopped]
    lost = _categories(ends) - kept
    if not lost:
        return None
    kind = Kind.FORGET if is_final else Kind.STOP
    return NewWithdrawal(ends[0], kind, lost, verdicts[ends[0]].reason, tuple(ends))


def lifted(verdicts: Mapping[Use, Verdict]) -> list[Use]:
    """What was stopped, and is allowed now."""
    return [use for use, each in verdicts.items() if use.is_stopped and each.is_allowed]


def corrected(
    held: Iterable[Use], changed: Mapping[UUID, frozenset[UUID]], told: Iterable[NewWithdrawal]
) -> list[NewWithdrawal]:
    """What is to be told of values that changed. changed: their categories by customer; told: what ends by the way."""
    forgotten = {use for each in told if each.kind is Kind.FORGET for use in each.ends}
    made: list[NewWithdrawal] = []
    for several in _grouped(each for each in held if each not in forgotten):
        wrong = _categories(several) & changed.get(several[0].customer_id, frozenset())
        if wrong:
            made.append(NewWithdrawal(several[0], Kind.CORRECT, wrong, CORRECTED))
    return made


def _grouped(uses: Iterable[Use]) -> list[list[Use]]:
    grouped: dict[tuple[UUID, UUID, UUID | None, UUID], list[Use]] = defaultdict(list)
    for each in uses:
        grouped[each.about].append(each)
    return list(grouped.values())


def _categories(uses: Iterable[Use]) -> frozenset[UUID]:
    return frozenset[UUID]().union(*(each.categories for each in uses))
