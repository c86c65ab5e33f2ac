"""Decisions: may we? Recorded as evidence (`decide`), or only looked at (`preview`).

Gather turns questions into Facts, the policy decides each distinct Facts once, and what is kept names the rule, the
clause the customer was shown and the rows it all rests on. A decision holds while its facts hold.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from hub import idempotency, ledger, metrics
from hub.act import FAILURES, RETRIED, Ask, Hub, refusal
from hub.actors import Actor, Operation, authorise
from hub.db import Record, new_id
from hub.errors import Code, Refusal, invalid, not_found
from hub.gather import Gathered, Question, gather
from hub.policy.decision import RULESET, Decision, decide_packed, strictest
from hub.policy.facts import Facts
from hub.policy.remedies import Remedy, remedies
from hub.policy.values import Act, Channel, Footer, Offer, ProfileEffect

QUESTIONS_AT_MOST = 1_000
_KEEP = f"SELECT keep_decisions({', '.join(f'${number}' for number in range(1, 30))})"


@dataclass(frozen=True, slots=True)
class Shown:
    """What this customer was told: the clause (None: none covers it), its text in the locale shown, when and how."""

    notice_key: str
    notice_name: str
    version_id: UUID
    version: int
    clause_id: UUID | None
    clause_key: str | None
    clause_text: str | None
    locale: str | None
    shown_at: datetime | None
    shown_how: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to one question about one customer. id: the kept decision subject, None for a preview.

    all_facts: those of each record and jurisdiction that was decided; facts: the one that decided.
    """

    question: Question
    decision: Decision
    facts: Facts
    all_facts: tuple[Facts, ...]
    remedies: tuple[Remedy, ...]
    shown: Shown | None
    collected_at: datetime | None
    collection_id: UUID | None
    delivery_id: UUID | None
    arrangement_id: UUID | None
    record_id: UUID
    decided_at: datetime
    id: UUID | None = None


Outcome = Answer | Refusal


async def preview(ask: Ask, questions: Sequence[Question]) -> list[Outcome]:
    """Answer without keeping anything. Refusals stand in the place of the question they are about."""
    _limit(questions)
    return [_answer(each) for each in await gather(ask, _organisation(ask.actor), questions)]


async def decide(
    hub: Hub,
    actor: Actor,
    questions: Sequence[Question | Refusal],
    once: tuple[str, bytes] | None = None,
    *,
    locale: str = "en",
) -> list[Outcome]:
    """Answer and keep, in one transaction with the ledger entry; a refused question is neither kept nor in the way.

    questions: a Refusal stands for one that could not even be read; it is answered with itself. once: an idempotency key and the fingerprint of the questions; the same key gets the same answers.
    """
    authorise(actor, Operation.DECISION_DECIDE)
    _limit(questions)
    organisation_id = _organisation(actor)
    ask = hub.ask_once(actor, Operation.DECISION_DECIDE, locale=locale)
    if once and (kept := await idempotency.find(ask, actor.id or idempotency.NOBODY, *once)):
        return await _again(ask, kept)
    gathered = iter(await gather(ask, organisation_id, [each for each in questions if isinstance(each, Question)]))
    asked = [Gathered(None, refusal=each) if isinstance(each, Refusal) else next(gathered) for each in questions]
    answers = [_answer(each, new_id()) for each in asked]
    try:
        return await _keep(hub, actor, organisation_id, asked, answers, once)
    except asyncpg.UniqueViolationError:
        if once and (kept := await idempotency.find(ask, actor.id or idempotency.NOBODY, *once)):
            return await _again(ask, kept)
        raise


async def read(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Answer]:
    """Return kept answers by id, as they were given; others' and unknown ids are left out."""
    rows = await ask.rows(_READ, list(ids), ask.actor.organisation_id)
    return {row["id"]: _kept(row, ask.locale) for row in rows}


async def read_one(ask: Ask, decision_id: UUID) -> Answer:
    """Return one kept answer; Refusal NOT_FOUND."""
    found = await read(ask, [decision_id])
    if decision_id not in found:
        raise not_found("decision", "id")
    return found[decision_id]


async def page(
    ask: Ask,
    *,
    customer_id: UUID | None = None,
    outcome: str | None = None,
    rule: str | None = None,
    since: datetime | None = None,
    before: datetime | None = None,
    start: UUID | None = None,
    size: int = 20,
    backwards: bool = False,
) -> list[Answer]:
    """Return a keyset page, newest first: up to size + 1 answers after (before) the one named by start."""
    sql = _PAGE_BACK if backwards else _PAGE
    rows = await ask.rows(sql, _organisation(ask.actor), customer_id, outcome, rule, start, size + 1, since, before)
    return [_kept(row, ask.locale) for row in rows]


def _limit(questions: Sequence[Question | Refusal]) -> None:
    if not questions:
        raise invalid("Ask at least one question.", "questions")
    if len(questions) > QUESTIONS_AT_MOST:
        raise Refusal(
            Code.LIMIT, f"At most {QUESTIONS_AT_MOST} questions in one call, not {len(questions)}.", ("questions",)
        )


def _organisation(actor: Actor) -> UUID:
    if actor.organisation_id is None:
        raise invalid("Say for which organisation you ask.", "organisation")
    return actor.organisation_id


def _answer(gathered: Gathered, answer_id: UUID | None = None) -> Outcome:
    if gathered.refusal is not None:
        return gathered.refusal
    at: datetime = gathered.rows[0]["at"]
    decisions = [decide_packed(facts.signature, at.date()) for facts in gathered.facts]
    decision = strictest(decisions)
    index = decisions.index(decision)
    row, facts = gathered.rows[index], gathered.facts[index]
    return Answer(
        question=_resolved(gathered.question, row),
        decision=decision,
        facts=facts,
        all_facts=tuple(gathered.facts),
        remedies=remedies(facts, at.date()),
        shown=_shown(row),
        collected_at=row["collected_at"],
        collection_id=row["collection_id"],
        delivery_id=row["delivery_id"],
        arrangement_id=row["arrangement_id"],
        record_id=row["record_id"],
        decided_at=at,
        id=answer_id,
    )


def _resolved(question: Question, row: Record) -> Question:
    """The question with ids where it had keys, as it is kept."""
    return replace(
        question,
        purpose=row["purpose_id"],
        recipient=row["recipient_id"],
        arrangement=row["arrangement_id"],
        department=row["department_id"],
    )


def _shown(row: Record) -> Shown | None:
    if row["version_id"] is None:
        return None
    texts: dict[str, str] = orjson.loads(row["clause_texts"]) if row["clause_texts"] else {}
    locale: str | None = row["shown_locale"] if row["shown_locale"] in texts else next(iter(texts), None)
    return Shown(
        notice_key=row["notice_key"],
        notice_name=row["notice_name"],
        version_id=row["version_id"],
        version=row["version_number"],
        clause_id=row["clause_id"],
        clause_key=row["clause_key"],
        clause_text=texts.get(locale) if locale else None,
        locale=locale or row["shown_locale"],
        shown_at=row["shown_at"],
        shown_how=row["shown_how"],
    )


async def _keep(  # noqa: PLR0913 - what is kept, by whom, for whom
    hub: Hub,
    actor: Actor,
    organisation_id: UUID,
    gathered: Sequence[Gathered],
    answers: Sequence[Outcome],
    once: tuple[str, bytes] | None,
) -> list[Outcome]:
    pairs = [(each, answer) for each, answer in zip(gathered, answers, strict=True) if isinstance(answer, Answer)]
    if not pairs:
        return list(answers)
    decisions, subjects = _rows(pairs)
    entry = _entry(hub, pairs, subjects)
    remembered = orjson.dumps([_remembered(answer) for answer in answers]).decode() if once else None
    arguments = (
        new_id(), Operation.DECISION_DECIDE.value, actor.kind, actor.id or idempotency.NOBODY, organisation_id, RULESET,
        *_transposed(decisions, 5), *_transposed(subjects, 7),
        entry.id, "decision.made", pairs[0][1].record_id if len(pairs) == 1 else None, entry.commitment, entry.subjects,
        entry.leaves, entry.bodies, once[0] if once else None, once[1] if once else None, remembered,
        pairs[0][1].decided_at,
    )  # fmt: skip
    for attempt in (1, 2, 3):
        try:
            await hub.database.single_write().value(_KEEP, *arguments)
            break
        except FAILURES as error:
            if attempt == 3 or not isinstance(error, RETRIED):  # noqa: PLR2004 - the last of the tuple above
                raise refusal(error, is_committing=True) from error
    for _, answer in pairs:
        metrics.DECISIONS.labels(answer.decision.outcome.value, answer.decision.rule).inc()
    return list(answers)


def _rows(pairs: Sequence[tuple[Gathered, Answer]]) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Return rows of decisions, one for each distinct question and Facts, and of their subjects."""
    shared: dict[tuple[str, tuple[int, ...]], tuple[Any, ...]] = {}
    subjects: list[tuple[Any, ...]] = []
    for gathered, answer in pairs:
        question = _question_json(gathered, answer)
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


def _question_json(gathered: Gathered, answer: Answer) -> str:
    row, question = gathered.rows[0], answer.question
    ids = {"purpose": row["purpose_id"], "recipient": row["recipient_id"], "department": row["department_id"]}
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


def _entry(hub: Hub, pairs: Sequence[tuple[Gathered, Answer]], subjects: Sequence[tuple[Any, ...]]) -> ledger.Sealed:
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


async def _again(ask: Ask, kept: Any) -> list[Outcome]:
    found = await read(ask, [UUID(each) for each in kept if isinstance(each, str)])
    return [
        found[UUID(each)] if isinstance(each, str) else Refusal(Code(each["code"]), each["message"], tuple(each["path"]))
        for each in kept
    ]


_COLUMNS = """
    SELECT s.id, s.customer_id, s.clause_id, s.notice_version_id AS version_id, s.collection_id, s.delivery_id,
        d.question, d.facts, d.decided_at AS at, l.happened_at AS collected_at, c.key AS clause_key, c.texts AS clause_texts,
        v.number AS version_number, n.key AS notice_key, n.name AS notice_name, y.happened_at AS shown_at,
        y.locale AS shown_locale, y.how AS shown_how
    FROM decision_subject s
    JOIN decision d ON d.id = s.decision_id
    LEFT JOIN clause c ON c.id = s.clause_id
    LEFT JOIN notice_version v ON v.id = s.notice_version_id
    LEFT JOIN notice n ON n.id = v.notice_id
    LEFT JOIN delivery y ON y.id = s.delivery_id
    LEFT JOIN collection l ON l.id = s.collection_id
"""
_READ = _COLUMNS + "WHERE s.id = ANY ($1) AND ($2::uuid IS NULL OR d.organisation_id = $2)"
_FILTER = """
    WHERE d.organisation_id = $1 AND ($2::uuid IS NULL OR s.customer_id = $2) AND ($3::text IS NULL OR d.outcome = $3)
      AND ($4::text IS NULL OR d.rule = $4)
      AND ($7::timestamptz IS NULL OR d.decided_at >= $7) AND ($8::timestamptz IS NULL OR d.decided_at < $8)
"""
_PAGE = _COLUMNS + _FILTER + "AND ($5::uuid IS NULL OR s.id < $5) ORDER BY s.id DESC LIMIT $6"
_PAGE_BACK = _COLUMNS + _FILTER + "AND ($5::uuid IS NULL OR s.id > $5) ORDER BY s.id LIMIT $6"


def _kept(row: Record, locale: str) -> Answer:
    """Rebuild an answer from what was kept: the recorded facts, under the rules in force on that day."""
    del locale
    all_facts = tuple(Facts.parse(each) for each in orjson.loads(row["facts"]))
    decisions = [decide_packed(facts.signature, row["at"].date()) for facts in all_facts]
    decision = strictest(decisions)
    facts = all_facts[decisions.index(decision)]
    said = orjson.loads(row["question"])
    return Answer(
        question=_question(row["customer_id"], said),
        decision=decision,
        facts=facts,
        all_facts=all_facts,
        remedies=remedies(facts, row["at"].date()),
        shown=_shown(row),
        collected_at=row["collected_at"],
        collection_id=row["collection_id"],
        delivery_id=row["delivery_id"],
        arrangement_id=UUID(said["arrangement"]) if "arrangement" in said else None,
        record_id=row["customer_id"],
        decided_at=row["at"],
        id=row["id"],
    )


def _question(customer_id: UUID, said: dict[str, Any]) -> Question:
    return Question(
        customer_id=customer_id,
        act=Act(said["act"]),
        purpose=UUID(said["purpose"]),
        recipient=UUID(said["recipient"]) if "recipient" in said else None,
        channel=Channel(said["channel"]),
        offer=Offer(said["offer"]),
        footer=Footer(said["footer"]),
        department=UUID(said["department"]) if "department" in said else None,
        profile_effect=ProfileEffect(said["profile_effect"]),
        categories=tuple(UUID(each) for each in said["categories"]) if "categories" in said else None,
    )
