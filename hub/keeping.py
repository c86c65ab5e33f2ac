"""Keeping decisions as evidence: the decision, whom it is about, and its ledger entry, by one statement.

Each call is a whole act of its own (`hub.whole`).
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson

from hub import ledger, metrics
from hub.act import Hub
from hub.actors import Actor, Operation
from hub.answers import Answer, Outcome
from hub.db import new_id
from hub.gather import Gathered
from hub.policy.decision import RULESET
from hub.whole import Once, Whole, opening

_DECISIONS = Whole("SELECT keep_decisions($1::kept_act[])")


async def keep(
    hub: Hub,
    actor: Actor,
    decided: Sequence[tuple[Gathered, Outcome]],
    answers: Sequence[Outcome],
    once: Once | None,
) -> None:
    """Keep the answers among what was decided. Refusals UNAVAILABLE, OUTCOME_UNKNOWN.

    Raises asyncpg.UniqueViolationError when the idempotency key has been used in the meantime.
    """
    pairs = [(each, answer) for each, answer in decided if isinstance(answer, Answer)]
    if not pairs:
        return
    decisions, subjects = _rows(pairs)
    entry = _entry(hub, pairs, subjects)
    remembered = [_remembered(answer) for answer in answers]
    subject = pairs[0][1].record_id if len(pairs) == 1 else None
    act = opening(
        new_id(), Operation.DECISION_DECIDE, actor, "decision.made", subject, entry, once, remembered
    )
    columns = (*_transposed(decisions, 5), *_transposed(subjects, 7))
    await _DECISIONS.keep(hub, (act, RULESET, *columns, pairs[0][1].decided_at))
    for _, answer in pairs:
        metrics.DECISIONS.labels(answer.decision.outcome.value, answer.decision.rule).inc()


def _rows(pairs: Sequence[tuple[Gathered, Answer]]) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Return rows of decisions, one for each distinct question and Facts, and of their subjects."""
    shared: dict[tuple[str, tuple[int, ...]], tuple[Any, ...]] = {}
    subjects: list[tuple[Any, ...]] = []
    for _, answer in pairs:
        question = _question_json(answer)
        key = (question, tuple(facts.signature for facts in answer.all_facts))
        if key not in shared:
            facts = orjson.dumps([each.to_dict() for each in answer.all_facts]).decode()
            shared[key] = (new_id(), question, facts, answer.decision.outcome.value, answer.decision.rule)
        shown = answer.shown
        subjects.append((
            answer.id, shared[key][0], answer.question.customer_id, shown.clause_id if shown else None,
            shown.version_id if shown else None, answer.collection_id, answer.delivery_id,
        ))  # fmt: skip
    return list(shared.values()), subjects


def _question_json(answer: Answer) -> str:
    question = answer.question
    ids = {"purpose": question.purpose, "recipient": question.recipient, "department": question.department}
    said = {
        "act": question.act.value,
        **{name: str(value) for name, value in ids.items() if value},
        **({"arrangement": str(answer.arrangement_id)} if answer.arrangement_id else {}),
        "channel": question.channel.value,
        "offer": question.offer.value,
        "footer": question.footer.value,
        "profile_effect": question.profile_effect.value,
        **({"categories": [str(each) for each in question.categories]} if question.categories else {}),
    }
    return orjson.dumps(said).decode()


def _entry(
    hub: Hub, pairs: Sequence[tuple[Gathered, Answer]], subjects: Sequence[tuple[Any, ...]]
) -> ledger.Sealed:
    details: list[ledger.Detail] = []
    keys: dict[UUID, Any] = {}
    for (gathered, answer), subject in zip(pairs, subjects, strict=True):
        record_id = answer.record_id
        wrapped = next((row["wrapped"] for row in gathered.rows if row["record_id"] == record_id), None)
        if wrapped is not None and record_id not in keys:
            keys[record_id] = hub.vault.unwrap(record_id, wrapped)
        body = {
            "subject": answer.id, "decision": subject[1], "outcome": answer.decision.outcome.value,
            "rule": answer.decision.rule, "rules": RULESET, "facts": f"{answer.facts.signature:x}",
            "clause": subject[3], "notice_version": subject[4], "collection": subject[5], "delivery": subject[6],
        }  # fmt: skip
        details.append(ledger.Detail(record_id, body))
    return ledger.prepare(hub.vault, "decision.made", details, keys)


def _transposed(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [[row[index] for row in rows] for index in range(width)]


def _remembered(answer: Outcome) -> Any:
    if isinstance(answer, Answer):
        return str(answer.id)
    return {"code": answer.code.value, "message": answer.message, "path": list(answer.path)}
