"""Keeping decisions as evidence: the decision, whom it is about, and its ledger entry, by one statement.

Each call is a whole act of its own (`hub.whole`), unless it is part of a greater one (`keep_within`).
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson

from hub import ledger, metrics
from hub.act import Act, Hub
from hub.actors import Actor, Operation
from hub.answers import Answer, Outcome
from hub.db import new_id
from hub.gather import Gathered
from hub.policy.decision import RULESET
from hub.questioned import Question
from hub.whole import Once, Whole, opening

_DECISIONS = Whole("SELECT keep_decisions($1::kept_act[])")
_DECIDED = """
    INSERT INTO decision (id, organisation_id, question, facts, outcome, rule, rules_version, actor_kind, actor_id,
                          act_id, decided_at)
    SELECT d.id, $6, d.question::jsonb, d.facts::jsonb, d.outcome, d.rule, $7, $8, $9, $10, $11
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[]) AS d (id, question, facts, outcome, rule)
"""
_ABOUT = """
    INSERT INTO decision_subject
        (id, decision_id, customer_id, clause_id, notice_version_id, collection_id, delivery_id)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[])
"""


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


async def keep_within(act: Act, organisation_id: UUID, decided: Sequence[tuple[Gathered, Outcome]]) -> None:
    """Keep the answers among what was decided as part of an act that does more, such as what they allow."""
    pairs = [(each, answer) for each, answer in decided if isinstance(answer, Answer)]
    if not pairs:
        return
    decisions, subjects = _rows(pairs)
    said = (organisation_id, RULESET, act.actor.kind, act.actor.id, act.id, pairs[0][1].decided_at)
    await act.execute(_DECIDED, *_transposed(decisions, 5), *said)
    await act.execute(_ABOUT, *_transposed(subjects, 7))
    details = [
        ledger.Detail(answer.record_id, _body(answer, subject))
        for (_, answer), subject in zip(pairs, subjects, strict=True)
    ]
    await act.record_crowd("decision.made", details)
    for _, answer in pairs:
        metrics.DECISIONS.labels(answer.decision.outcome.value, answer.decision.rule).inc()


def _rows(pairs: Sequence[tuple[Gathered, Answer]]) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Rows of decisions, one for each distinct question and Facts, and of their subjects, in the order of the pairs."""
    shared: dict[tuple[str, tuple[int, ...]], tuple[Any, ...]] = {}
    subjects: list[tuple[Any, ...]] = []
    asked: dict[int, str] = {}
    for gathered, answer in pairs:
        question = asked.get(id(gathered.reader))  # who asks the same has the same reader
        if question is None:
            question = asked[id(gathered.reader)] = question_json(answer.question, answer.arrangement_id)
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


def question_json(question: Question, arrangement_id: UUID | None) -> str:
    """A question as it is kept: of whoever it is about."""
    ids = {"purpose": question.purpose, "recipient": question.recipient, "department": question.department}
    said = {
        "act": question.act.value,
        **{name: str(value) for name, value in ids.items() if value},
        **({"arrangement": str(arrangement_id)} if arrangement_id else {}),
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
        details.append(ledger.Detail(record_id, _body(answer, subject)))
    return ledger.prepare(hub.vault, "decision.made", details, keys)


def _body(answer: Answer, subject: Sequence[Any]) -> dict[str, Any]:
    return {
        "subject": answer.id, "decision": subject[1], "outcome": answer.decision.outcome.value,
        "rule": answer.decision.rule, "rules": RULESET, "facts": f"{answer.facts.signature:x}",
        "clause": subject[3], "notice_version": subject[4], "collection": subject[5], "delivery": subject[6],
    }  # fmt: skip


def _transposed(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [[row[index] for row in rows] for index in range(width)]


def _remembered(answer: Outcome) -> Any:
    if isinstance(answer, Answer):
        return str(answer.id)
    return {"code": answer.code.value, "message": answer.message, "path": list(answer.path)}
