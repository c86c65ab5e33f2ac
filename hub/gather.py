"""Gather: questions and customers in, Facts and what they rest on out, by one SQL statement for any number.

The statement stands in ``facts.sql``; the numbers of the law reach it as one JSON document.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache, partial
from importlib.resources import files
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import orjson

from hub.act import FAILURES, Ask, Hub, refusal
from hub.db import Record, Session
from hub.errors import Refusal, invalid, not_found
from hub.policy import parameters
from hub.policy.facts import Facts, FactsError
from hub.policy.values import (
    Act,
    Channel,
    Footer,
    Jurisdiction,
    Offer,
    ProfileEffect,
)
from hub.together import Together

PRACTICABLE_DAYS = (
    30  # "as soon as practicable after" collection, Privacy Act 1988 (Cth) APP 5.1: our house reading
)
GATHERED = (
    "jurisdiction", "purpose_kind", "purpose_fit", "source", "notice", "recipient", "arrangement", "need_to_know",
    "strict_sharing", "basis", "consent", "marketing_choice", "sharing_choice", "limit_sensitive", "objection",
    "optout_at_collection", "relationship", "registry_block", "data", "special_condition", "age", "record_state",
    "formality", "destination",
)  # fmt: skip
OUTWARD = frozenset({Act.DISCLOSE, Act.SELL, Act.POOL})

Reference = UUID | str
"""An id, or a key of this organisation."""


@dataclass(frozen=True, slots=True)
class Question:
    """May we? One act, for one purpose, about one customer; what is None is unknown or not meant.

    footer: declared by the sender of a message; undeclared counts as having no opt-out.
    department: whose people would see the data; None: the asker's own.
    """

    customer_id: UUID
    act: Act
    purpose: Reference
    recipient: Reference | None = None
    arrangement: Reference | None = None
    channel: Channel = Channel.NONE
    categories: tuple[UUID, ...] | None = None
    offer: Offer = Offer.NONE
    footer: Footer = Footer.NO_OPTOUT
    department: Reference | None = None
    profile_effect: ProfileEffect = ProfileEffect.NONE


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a question came to: facts (one per record and jurisdiction) beside the rows they came from, or a refusal."""

    question: Question
    rows: list[Record] = field(default_factory=list[Record])
    facts: list[Facts] = field(default_factory=list[Facts])
    refusal: Refusal | None = None


async def gather(ask: Ask, organisation_id: UUID, questions: Sequence[Question]) -> list[Gathered]:
    """Answer for each question, in order. One statement; a question that makes no sense carries its refusal."""
    own = ask.actor.department_id
    asked = [each if each.department or not own else replace(each, department=own) for each in questions]
    if ask.at == datetime.min:  # noqa: DTZ901 - the mark of an Ask that finds its own instant
        try:
            found = await _now(ask.hub, organisation_id)(asked)
        except FAILURES as error:
            raise refusal(error) from error
    else:
        found = await _rows(ask, organisation_id, ask.at, asked)
    return [_gathered(question, rows) for question, rows in zip(asked, found, strict=True)]


async def _rows(
    session: Session, organisation_id: UUID, at: datetime | None, questions: Sequence[Question]
) -> list[list[Record]]:
    found: list[list[Record]] = [[] for _ in questions]
    for row in await session.rows(statement(), organisation_id, at, *_columns(questions)):
        number: int = row["number"]
        found[number - 1].append(row)
    return found


def _now(hub: Hub, organisation_id: UUID) -> Together[Question, list[Record]]:
    """Questions about this moment that wait at the same time share one statement and its snapshot."""
    queues = _QUEUES.setdefault(hub, {})
    if organisation_id not in queues:
        queues[organisation_id] = Together(partial(_rows, hub.database.single(), organisation_id, None))
    return queues[organisation_id]


_QUEUES: WeakKeyDictionary[Hub, dict[UUID, Together[Question, list[Record]]]] = WeakKeyDictionary()


async def category_ids(ask: Ask, names: Mapping[str, Reference]) -> dict[str, UUID]:
    """The ids of categories named by key or id, in one statement; unknown ones are left out."""
    sql = "SELECT id, key FROM category WHERE id = ANY ($1) OR key = ANY ($2)"
    ids = [each for each in names.values() if isinstance(each, UUID)]
    keys = [each for each in names.values() if isinstance(each, str)]
    found: dict[Reference, UUID] = {}
    for row in await ask.rows(sql, ids, keys):
        found[row["id"]] = found[row["key"]] = row["id"]
    return {name: found[each] for name, each in names.items() if each in found}


@lru_cache(1)
def statement() -> str:
    """The statement, with the law's numbers as a literal: parsed once when it is prepared, not at every call."""
    text = files("hub").joinpath("facts.sql").read_text("utf-8")
    literal = law().replace("'", "''")
    return text.replace("{law}::jsonb", f"'{literal}'::jsonb")


def law(on: date | None = None) -> str:
    """The dated numbers that the statement compares with, as JSON."""
    each = list(Jurisdiction)
    numbers = {
        "ages": {j: parameters.ages(j, on=on) for j in each},
        "home": {j: sorted(parameters.home_countries(j, on)) for j in each},
        "adequate": {j: sorted(parameters.adequate_countries(j, on)) for j in each},
        "unrestricted": [j for j in each if not parameters.transfers_restricted(j, on)],
        "wash_days": {j: parameters.wash_days(j, on) for j in each},
        "call_consent_months": parameters.call_consent_months(Jurisdiction.AU, on),
        "consent_months": parameters.consent_months(Jurisdiction.AU, on),
        "prospect_months": parameters.prospect_retention_months(Jurisdiction.AU, on),
        "practicable_days": PRACTICABLE_DAYS,
    }
    return orjson.dumps(numbers, option=orjson.OPT_NON_STR_KEYS).decode()


def _columns(questions: Sequence[Question]) -> list[list[Any]]:
    purposes = [_split(q.purpose) for q in questions]
    recipients = [_split(q.recipient) for q in questions]
    arrangements = [_split(q.arrangement) for q in questions]
    departments = [_split(q.department) for q in questions]
    return [
        [q.customer_id for q in questions],
        [q.act.value for q in questions],
        [each[0] for each in purposes],
        [each[1] for each in purposes],
        [each[0] for each in recipients],
        [each[1] for each in recipients],
        [each[0] for each in arrangements],
        [each[1] for each in arrangements],
        [None if q.channel is Channel.NONE else q.channel.value for q in questions],
        [each[0] for each in departments],
        [each[1] for each in departments],
        [None if q.categories is None else "{" + ",".join(map(str, q.categories)) + "}" for q in questions],
    ]


def _split(reference: Reference | None) -> tuple[UUID | None, str | None]:
    return (reference, None) if isinstance(reference, UUID) else (None, reference)


def _gathered(question: Question, rows: list[Record]) -> Gathered:
    try:
        _check(question, rows)
        return Gathered(question, rows, [_facts(question, row) for row in rows])
    except Refusal as refusal:
        return Gathered(question, refusal=refusal)


def _check(question: Question, rows: list[Record]) -> None:
    """Refuse what cannot be asked; ids of others look absent."""
    if not rows or rows[0]["record_id"] is None:
        raise not_found("customer", "customer")
    row = rows[0]
    for noun in ("purpose", "recipient", "arrangement", "department"):
        column = "given_arrangement_id" if noun == "arrangement" else f"{noun}_id"
        if getattr(question, noun) is not None and row[column] is None:
            raise not_found(noun, noun)
    if row["unknown_category"]:
        raise not_found("category", "categories")
    if row["retired_at"] is not None:
        raise invalid("This purpose is retired. Ask about one in use.", "purpose")
    if row["jurisdiction"] is None:
        raise invalid("This customer has no jurisdiction on record. Record one, then ask again.", "customer")
    _check_recipient(question, row)


def _check_recipient(question: Question, row: Record) -> None:
    if question.act in OUTWARD and question.recipient is None:
        raise invalid(f"{question.act} hands data to somebody: name the recipient.", "recipient")
    if question.act not in OUTWARD and question.recipient is not None and row["recipient"] != "PROCESSOR":
        raise invalid(
            f"{question.act} stays inside, or with a processor under an arrangement in force. "
            "Ask DISCLOSE for this recipient, or leave it out.", "recipient"
        )  # fmt: skip


def _facts(question: Question, row: Record) -> Facts:
    values = tuple([row[name] for name in GATHERED])
    asked = (question.act, question.channel, question.offer, question.footer, question.profile_effect)
    facts, problems = _built(values, asked)
    if facts is None:
        field_name = {"offer": "offer", "channel": "channel", "profile_effect": "profileEffect"}.get(
            problems[0][0], "act"
        )
        raise invalid(problems[0][1], field_name)
    return facts


@lru_cache(16_384)
def _built(
    values: tuple[Any, ...], asked: tuple[Act, Channel, Offer, Footer, ProfileEffect]
) -> tuple[Facts | None, tuple[tuple[str, str], ...]]:
    """Build and check Facts once for each distinct combination."""
    raw: dict[str, Any] = dict(zip(GATHERED, values, strict=True))
    raw |= dict(zip(("act", "channel", "offer", "footer", "profile_effect"), map(str, asked), strict=True))
    try:
        facts = Facts.parse(raw)
    except FactsError as error:
        return None, tuple((problem.fact, problem.message) for problem in error.problems)
    return facts, ()
