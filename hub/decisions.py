"""Decisions: may we? Recorded as evidence (`decide`), or only looked at (`preview`).

Gather turns questions into Facts, the policy decides each distinct Facts once, and what is kept names the rule, the
clause the customer was shown and the rows it all rests on. A decision holds while its facts hold.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from hub import act as acting
from hub import citing, idempotency, keeping
from hub.act import Ask, Hub
from hub.actors import Actor, Operation, authorise
from hub.answers import Answer, Outcome
from hub.db import Record, new_id
from hub.errors import Code, Refusal, invalid, not_found
from hub.gather import Gathered, gather
from hub.policy.decision import decide_packed, strictest
from hub.policy.facts import Facts
from hub.policy.remedies import remedies
from hub.policy.values import Act, Channel, Footer, Offer, ProfileEffect
from hub.questioned import Question

QUESTIONS_AT_MOST = 1_000


async def preview(ask: Ask, questions: Sequence[Question]) -> list[Outcome]:
    """Answer without keeping anything. Refusals stand in the place of the question they are about."""
    return await preview_within(ask, _organisation(ask.actor), questions)


async def decide(
    hub: Hub,
    actor: Actor,
    questions: Sequence[Question | Refusal],
    once: tuple[str, bytes] | None = None,
    *,
    locale: str = "en",
) -> list[Outcome]:
    """Answer and keep, in one transaction with the ledger entry; a refused question is neither kept nor in the way.

    questions: a Refusal stands for one that could not even be read; it is answered with itself.
    once: an idempotency key and the fingerprint of the questions; the same key gets the same answers.
    """
    authorise(actor, Operation.DECISION_DECIDE)
    _limit(questions)
    organisation_id = _organisation(actor)
    ask = hub.ask_once(actor, Operation.DECISION_DECIDE, locale=locale)
    if once and (kept := await idempotency.find(ask, actor.id or idempotency.NOBODY, *once)):
        return await _again(ask, kept)
    readable = [each for each in questions if isinstance(each, Question)]
    gathered = await gather(ask, organisation_id, readable) if readable else []
    decided = [(each, answered(each, new_id())) for each in gathered]
    following = iter(decided)
    answers = [each if isinstance(each, Refusal) else next(following)[1] for each in questions]
    try:
        await keeping.keep(hub, actor, decided, answers, once)
    except asyncpg.UniqueViolationError:
        if once and (kept := await idempotency.find(ask, actor.id or idempotency.NOBODY, *once)):
            return await _again(ask, kept)
        raise
    return answers


async def decide_within(
    act: acting.Act, organisation_id: UUID, questions: Sequence[Question]
) -> list[Outcome]:
    """Answer and keep as part of an act that does what the answers allow; whoever acts holds the customers.

    It is decided as of this moment: what others wrote before the lock was taken counts.
    """
    _limit(questions)
    decided = [(each, answered(each, new_id())) for each in await gather(act, organisation_id, questions)]
    await keeping.keep_within(act, organisation_id, decided)
    return [answer for _, answer in decided]


async def preview_within(ask: Ask, organisation_id: UUID, questions: Sequence[Question]) -> list[Outcome]:
    """As `preview`, for what the hub itself asks about an organisation, whoever acts."""
    _limit(questions)
    return [answered(each) for each in await gather(ask, organisation_id, questions)]


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


async def page(  # noqa: PLR0913 - a filter has as many parts as people need
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
    rows = await ask.rows(
        sql, _organisation(ask.actor), customer_id, outcome, rule, start, size + 1, since, before
    )
    return [_kept(row, ask.locale) for row in rows]


def _limit(questions: Sequence[Question | Refusal]) -> None:
    if not questions:
        raise invalid("Ask at least one question.", "questions")
    if len(questions) > QUESTIONS_AT_MOST:
        raise Refusal(
            Code.LIMIT,
            f"At most {QUESTIONS_AT_MOST} questions in one call, not {len(questions)}.",
            ("questions",),
        )


def _organisation(actor: Actor) -> UUID:
    if actor.organisation_id is None:
        raise invalid("Say for which organisation you ask.", "organisation")
    return actor.organisation_id


def answered(gathered: Gathered, answer_id: UUID | None = None) -> Outcome:
    """What a gathered question is answered, with the delivery and the collection that are cited."""
    if gathered.refusal is not None or gathered.reader is None:
        return gathered.refusal or not_found("customer", "customer")
    verdict = gathered.reader.verdict(gathered.readings)
    row, reading = gathered.rows[verdict.place], gathered.readings[verdict.place]
    delivery = citing.delivery(row, reading.told)
    collected_at, collection_id = citing.collection(row, reading)
    terms = gathered.reader.terms
    return Answer(
        question=terms.about(gathered.question.customer_id),
        decision=verdict.decision,
        facts=reading.facts,
        all_facts=tuple([each.facts for each in gathered.readings]),
        remedies=verdict.remedies,
        shown=citing.told(reading.told, delivery),
        collected_at=collected_at,
        collection_id=collection_id,
        delivery_id=delivery[0] if delivery else None,
        arrangement_id=terms.agreed_id,
        record_id=row["record_id"],
        decided_at=row["at"],
        id=answer_id,
    )


async def _again(ask: Ask, kept: Any) -> list[Outcome]:
    found = await read(ask, [UUID(each) for each in kept if isinstance(each, str)])
    return [
        found[UUID(each)]
        if isinstance(each, str)
        else Refusal(Code(each["code"]), each["message"], tuple(each["path"]))
        for each in kept
    ]


_COLUMNS = """
    SELECT s.id, s.customer_id, s.clause_id, s.notice_version_id AS version_id, s.collection_id, s.delivery_id,
        d.question, d.facts, d.decided_at AS at, l.happened_at AS collected_at, c.key AS clause_key,
        c.texts AS clause_texts, v.number AS version_number, n.key AS notice_key, n.name AS notice_name,
        y.happened_at AS shown_at, y.locale AS shown_locale, y.how AS shown_how
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
        question=question_of(row["customer_id"], said),
        decision=decision,
        facts=facts,
        all_facts=all_facts,
        remedies=remedies(facts, row["at"].date()),
        shown=citing.kept(row),
        collected_at=row["collected_at"],
        collection_id=row["collection_id"],
        delivery_id=row["delivery_id"],
        arrangement_id=UUID(said["arrangement"]) if "arrangement" in said else None,
        record_id=row["customer_id"],
        decided_at=row["at"],
        id=row["id"],
    )


def question_of(customer_id: UUID, said: dict[str, Any]) -> Question:
    """The question of a kept decision about one of its customers."""
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
