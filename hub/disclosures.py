"""Disclosures: data of one customer goes to one recipient, under a decision that allows just that.

Whoever passes data on records it first: the decision is asked again at that moment, under the customer's lock, so
that a withdrawal in between wins. What was passed on is not taken back by recording it: a later request finds by it
who has to hear of a deletion, a correction or a restriction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from hub import decisions, particulars
from hub.act import Act, Ask
from hub.answers import Answer
from hub.db import Record, new_id
from hub.errors import Code, Refusal, invalid, not_found
from hub.partners import blocks
from hub.policy.rule import Outcome
from hub.questioned import OUTWARD, Question
from hub.scope import hold, organisation, reach

CATEGORIES_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What went to whom. decision_id: as the decision was answered for this customer. categories: ids."""

    id: UUID
    organisation_id: UUID
    customer_id: UUID
    recipient_id: UUID
    decision_id: UUID
    categories: tuple[UUID, ...]
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of disclosures in the order in which they were recorded."""

    items: tuple[Disclosure, ...] = field(default=())
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class PastRecipient:
    """Who has received data of a person. acts: DISCLOSE, SELL, POOL. kinds: of the arrangements it was under.

    contact: how they are reached, in words; country: where they are.
    """

    id: UUID
    name: str
    acts: frozenset[str]
    kinds: frozenset[str]
    contact: str = field(default="", repr=False)
    country: str = ""


_COLUMNS: Final = """
    id, organisation_id, customer_id, recipient_id, decision_subject_id AS decision_id, categories, recorded_at
"""
_ADD: Final = f"""
    INSERT INTO disclosure
        (id, organisation_id, customer_id, recipient_id, decision_subject_id, categories, recorded_at, act_id,
         arrangement_id, purpose_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING {_COLUMNS}
"""  # noqa: S608 - joined from constants
_BY_IDS: Final = f"""
    SELECT {_COLUMNS} FROM disclosure WHERE id = ANY ($1) AND ($2::uuid IS NULL OR organisation_id = $2)
"""  # noqa: S608
_HISTORY: Final = f"SELECT {_COLUMNS} FROM disclosure WHERE customer_id = $1 AND organisation_id = $2"  # noqa: S608
_FORWARDS: Final = f"{_HISTORY} AND ($3::uuid IS NULL OR id > $3) ORDER BY id LIMIT $4"
_BACKWARDS: Final = f"{_HISTORY} AND ($3::uuid IS NULL OR id < $3) ORDER BY id DESC LIMIT $4"
_OF_PURPOSE: Final = "SELECT categories FROM purpose WHERE id = $1 AND organisation_id = $2"
_PAST: Final = """
    SELECT r.id, r.name, r.contact, r.country, array_agg(DISTINCT d.question ->> 'act') AS acts,
        array_remove(array_agg(DISTINCT a.kind), NULL) AS kinds
    FROM disclosure x
    JOIN decision_subject s ON s.id = x.decision_subject_id
    JOIN decision d ON d.id = s.decision_id
    JOIN recipient r ON r.id = x.recipient_id
    LEFT JOIN arrangement a ON a.id = (d.question ->> 'arrangement')::uuid
    WHERE x.customer_id = ANY ($1) AND x.organisation_id = $2
    GROUP BY r.id ORDER BY r.name, r.id
"""


async def record(act: Act, decision_id: UUID, categories: Sequence[UUID] | None = None) -> Disclosure:
    """Record, before it happens, that data is passed on under a decision; by default all categories it is about.

    Refusals: NOT_FOUND for the decision; CONFLICT where it did not allow to pass data to a recipient, or would not any
    more, or the recipient is blocked: then nothing may be passed on; INVALID for a category that it is not about.
    """
    kept = (await decisions.read(act, [decision_id])).get(decision_id)
    if kept is None:
        raise not_found("decision", "decision")
    question = kept.question
    if question.act not in OUTWARD or not isinstance(question.recipient, UUID):
        message = "This decision is not about passing data on to a recipient."
        raise Refusal(Code.CONFLICT, message, ("decision",))
    if kept.decision.outcome is not Outcome.ALLOW:
        message = f"This decision is {kept.decision.outcome}: the data must not be passed on."
        raise Refusal(Code.CONFLICT, message, ("decision",))
    towards = organisation(act, None)
    await hold(act, question.customer_id, towards, "decision")
    await blocks.require_open(act, question.recipient, "decision")
    await _require_still_allowed(act, kept)
    return await add(act, kept, towards, categories)


async def add(
    act: Act, answer: Answer, towards: UUID, categories: Sequence[UUID] | None = None
) -> Disclosure:
    """Record what a decision lets pass that was just made, in this act and under the customer's lock."""
    question = answer.question
    passed = await _categories(act, question, towards, categories)
    [row] = await act.rows(
        _ADD, new_id(), towards, question.customer_id, question.recipient, answer.id, passed, act.at, act.id,
        answer.arrangement_id, question.purpose,
    )  # fmt: skip
    made = _disclosure(row)
    await act.record(
        "disclosure.recorded", made.customer_id, disclosure=made.id, recipient=made.recipient_id,
        decision=answer.id, categories=passed,
    )  # fmt: skip
    return made


async def history(
    ask: Ask, customer_id: UUID, after: UUID | None = None, limit: int = 50, *, backwards: bool = False
) -> Page:
    """Read a stretch of what was passed on of a customer's, always in ascending order."""
    reached = await reach(ask, customer_id, None, "customer")
    most = particulars.page_size(limit, "limit")
    sql = _BACKWARDS if backwards else _FORWARDS
    rows = await ask.rows(sql, customer_id, reached.organisation_id, after, most + 1)
    items = [_disclosure(row) for row in rows[:most]]
    return Page(tuple(reversed(items) if backwards else items), len(rows) > most)


async def by_ids(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Disclosure]:
    """Read many by one statement; those unknown or of others are left out."""
    return {
        row["id"]: _disclosure(row) for row in await ask.rows(_BY_IDS, list(ids), ask.actor.organisation_id)
    }


async def past_recipients(ask: Ask, people: Sequence[UUID], organisation_id: UUID) -> list[PastRecipient]:
    """Who has received data of a person, by all their records, by one statement."""
    return [
        PastRecipient(
            row["id"],
            row["name"],
            frozenset(row["acts"]),
            frozenset(row["kinds"]),
            row["contact"],
            row["country"],
        )
        for row in await ask.rows(_PAST, list(people), organisation_id)
    ]


async def _require_still_allowed(act: Act, kept: Answer) -> None:
    """Ask the decision again at this moment; Refusal CONFLICT with the rule that is in the way now."""
    [again] = await decisions.preview(act, [kept.question])
    if isinstance(again, Refusal):
        raise Refusal(Code.CONFLICT, f"This cannot be decided any more: {again.message}", ("decision",))
    if again.decision.outcome is not Outcome.ALLOW:
        now = f"{again.decision.outcome} ({again.decision.rule})"
        message = f"Since this decision the answer has become {now}: the data must not be passed on."
        raise Refusal(Code.CONFLICT, message, ("decision",))


async def _categories(
    act: Act, question: Question, towards: UUID, given: Sequence[UUID] | None
) -> list[UUID]:
    """What was passed on: of what the decision is about, which is what it names, or what its purpose does."""
    about = question.categories or tuple(await act.value(_OF_PURPOSE, question.purpose, towards) or ())
    if given is None:
        return list(about)
    if not given or len(given) > CATEGORIES_MOST:
        raise invalid(f"Name 1 to {CATEGORIES_MOST} categories, or none for all.", "categories")
    for place, each in enumerate(given):
        if each not in about:
            raise invalid("The decision is not about this category: ask about it first.", "categories", place)
    return list(dict.fromkeys(given))


def _disclosure(row: Record) -> Disclosure:
    values: dict[str, Any] = dict(row)
    values["categories"] = tuple(values["categories"])
    return Disclosure(**values)
