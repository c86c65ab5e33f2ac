"""Putting a consent question: to one customer, or by one act to up to a thousand.

One implementation serves both, set by set: the past of all of them is read by one statement, whoever may not be asked
gets a coded reason, and the others' questions, events and ASKED choices are written by one statement each.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson

from hub import askable, choices, inputs, posed, sparing
from hub.act import Act
from hub.askable import Bar, Candidate, Matter, refusal_of
from hub.collections import require_version
from hub.db import new_id
from hub.errors import Code, Refusal, invalid, not_found
from hub.ledger import Detail
from hub.policy.values import Channel, PurposeKind
from hub.posed import METHODS, Question, State, Where
from hub.said import Action, Evidence, Grade, Kind, Scope, Word
from hub.scope import Reached, hold_many, require_organisation
from hub.standings import AgeBand

CUSTOMERS_MOST: Final = 1_000
OPEN_AT_MOST: Final = timedelta(days=731)


@dataclass(frozen=True, slots=True)
class NewQuestion:
    """A question as it is put. wording, benefit: per locale, without personal data; what everybody is shown.

    channels: none means all. expires_at: from then on it has lapsed. consent_ends_at: when the wording itself ends the
    consent. campaign: a key that names a batch.
    """

    purpose_id: UUID
    wording: Mapping[str, str]
    benefit: Mapping[str, str]
    places: Sequence[str]
    expires_at: datetime
    channels: Sequence[str] = ()
    recipient_id: UUID | None = None
    grade: str = Grade.GIVEN
    notice_version_id: UUID | None = None
    consent_ends_at: datetime | None = None
    campaign: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one customer's: the question, or why it was not put. bar: None for one that is not known."""

    customer_id: UUID
    question: Question | None = None
    bar: Bar | None = None
    refusal: Refusal | None = None


_NAMED = """
    SELECT p.kind, p.retired_at, $3::uuid IS NULL OR EXISTS (
        SELECT FROM recipient r WHERE r.id = $3 AND r.organisation_id = $1) AS is_known
    FROM purpose p WHERE p.organisation_id = $1 AND p.id = $2
"""
# Of several records of one person, the one that stands for them is locked too.
_HOLD_PERSONS = "SELECT FROM customer WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE"
_PUT = f"""
    INSERT INTO consent_question ({posed.OWN}, act_id)
    SELECT new.id, new.customer_id, $1, $2, $3, $4, $5, $6::jsonb, $7::jsonb, $8, $9, $10, $11, $12, $13, $14
    FROM unnest($15::uuid[], $16::uuid[]) AS new (id, customer_id)
"""  # noqa: S608 - joined from constants
_TELL = f"""
    INSERT INTO consent_question_event ({posed.EVENT}, act_id)
    SELECT new.id, new.question_id, 'PUT', NULL, NULL, NULL, new.choices::uuid[], $1, $1, $2
    FROM unnest($3::uuid[], $4::uuid[], $5::text[]) AS new (id, question_id, choices)
"""  # noqa: S608


async def put(act: Act, new: NewQuestion, customer_id: UUID, organisation_id: UUID | None = None) -> Question:
    """Put a question to one customer. Refusals: NOT_FOUND, INVALID, and CONFLICT where they may not be asked."""
    [outcome] = await put_many(act, new, [customer_id], organisation_id)
    if outcome.question is None:
        raise outcome.refusal or not_found("customer", "customer")
    return outcome.question


async def put_many(
    act: Act, new: NewQuestion, customers: Sequence[UUID], organisation_id: UUID | None = None
) -> list[Outcome]:
    """Put a question to many customers by one act; one who may not be asked does not stop the others."""
    if not 1 <= len(customers) <= CUSTOMERS_MOST:
        raise invalid(f"Name 1 to {CUSTOMERS_MOST} customers in one call.", "customers")
    towards = await require_organisation(act, organisation_id, "organisation")
    asked, matter = await _check(act, new, towards)
    held = await hold_many(act, customers, towards)
    survivors = [each.survivor_id for each in held.values() if each.survivor_id]
    if survivors:
        await act.rows(_HOLD_PERSONS, survivors)
    past = await askable.candidates(act, list(held), matter)
    bars = _bars(asked, matter, held, past, customers)
    fit = {
        each: past[each] for each, bar in zip(customers, bars, strict=True) if bar is None and each in held
    }
    alone = await sparing.spared(act, matter, fit)
    bars = [Bar.SPARED if each in alone else bar for each, bar in zip(customers, bars, strict=True)]
    questions = await _write(act, asked, towards, [held[each] for each in fit if each not in alone])
    return [
        _outcome(customer_id, bar, None if bar else questions.get(customer_id))
        for customer_id, bar in zip(customers, bars, strict=True)
    ]


def _outcome(customer_id: UUID, bar: Bar | None, question: Question | None) -> Outcome:
    if question is not None:
        return Outcome(customer_id, question)
    refusal = refusal_of(bar) if bar else not_found("customer", "customer")
    return Outcome(customer_id, bar=bar, refusal=refusal)


def _bars(
    asked: NewQuestion,
    matter: Matter,
    held: Mapping[UUID, Reached],
    past: Mapping[UUID, Candidate],
    customers: Sequence[UUID],
) -> list[Bar | None]:
    """Find why each may not be asked; of two who are one person, the first is."""
    persons: set[UUID] = set()
    found: list[Bar | None] = []
    for customer_id in customers:
        if customer_id not in held:
            found.append(None)
            continue
        candidate = past[customer_id]
        bar = (
            Bar.OPEN if candidate.person_id in persons else _bar(asked, matter, held[customer_id], candidate)
        )
        if bar is None:
            persons.add(candidate.person_id)
        found.append(bar)
    return found


def _bar(asked: NewQuestion, matter: Matter, reached: Reached, candidate: Candidate) -> Bar | None:
    if reached.is_erased:
        return Bar.ERASED
    if not all(posed.text_for(texts, reached.locale) for texts in (asked.wording, asked.benefit)):
        return Bar.NO_WORDING
    if asked.grade == Grade.GUARDIAN and candidate.age == AgeBand.ADULT:
        return Bar.ADULT
    return askable.barred(candidate, matter.purpose_kind)


async def _check(act: Act, new: NewQuestion, towards: UUID) -> tuple[NewQuestion, Matter]:
    checked = replace(
        new,
        wording=inputs.texts(new.wording, "wording", most=inputs.PARAGRAPH_LENGTH),
        benefit=inputs.texts(new.benefit, "benefit", most=inputs.SENTENCE_LENGTH),
        places=_places(new.places),
        channels=_channels(new.channels),
        grade=inputs.choice(Grade, new.grade, "grade"),
        campaign=None if new.campaign is None else inputs.key(new.campaign, "campaign"),
    )
    _check_times(act, new)
    named = await act.row(_NAMED, towards, new.purpose_id, new.recipient_id)
    if named is None:
        raise not_found("purpose", "purpose")
    if named["retired_at"] is not None:
        raise Refusal(
            Code.CONFLICT, "This purpose is retired for good: nobody is asked about it.", ("purpose",)
        )
    if not named["is_known"]:
        raise not_found("recipient", "recipient")
    if new.notice_version_id is not None:
        await require_version(act, towards, new.notice_version_id, act.at)
    kind = PurposeKind(named["kind"])
    return checked, Matter(towards, new.purpose_id, kind, tuple(checked.channels), new.recipient_id)


def _places(given: Sequence[str]) -> list[Where]:
    named = inputs.distinct(given, "places", least=1)
    return [inputs.choice(Where, place, "places", number) for number, place in enumerate(named)]


def _channels(given: Sequence[str]) -> list[Channel]:
    named: list[Channel] = []
    for number, channel in enumerate(given):
        named.append(inputs.choice(Channel, channel, "channels", number))
        if named[-1] is Channel.NONE:
            raise invalid("Name a channel, or none at all for every channel.", "channels", number)
    return inputs.distinct(named, "channels")


def _check_times(act: Act, new: NewQuestion) -> None:
    for at, place in ((new.expires_at, "expires_at"), (new.consent_ends_at, "consent_ends_at")):
        if at is not None and at.tzinfo is None:
            raise invalid("This instant needs a time zone, as in 2026-11-22T09:00:00Z.", place)
    if new.expires_at <= act.at:
        raise invalid("A question expires after it was put: give a later instant.", "expires_at")
    if new.expires_at > act.at + OPEN_AT_MOST:
        raise invalid("A question waits two years at most: give an earlier instant.", "expires_at")
    if new.consent_ends_at is not None and new.consent_ends_at <= new.expires_at:
        raise invalid("The consent ends after the question expires: give a later instant.", "consent_ends_at")


async def _write(
    act: Act, asked: NewQuestion, towards: UUID, people: Sequence[Reached]
) -> dict[UUID, Question]:
    """Write the questions of all who may be asked, with their first event; returns them by customer."""
    if not people:
        return {}
    ids = [new_id() for _ in people]
    kept = await choices.ask_many(act, [_word(asked, towards, each) for each in people])
    said = [[choice.id for choice in several] for several in kept]
    await act.execute(_PUT, *_columns(act, asked, towards), ids, [each.id for each in people])
    lists = ["{" + ",".join(map(str, each)) + "}" for each in said]
    await act.execute(_TELL, act.at, act.id, [new_id() for _ in ids], ids, lists)
    body = _body(asked)
    details = [
        Detail(each.id, {**body, "question": question_id, "choices": choice_ids})
        for each, question_id, choice_ids in zip(people, ids, said, strict=True)
    ]
    await act.record_crowd("question.put", details)
    return {question.customer_id: question for question in (await posed.by_ids(act, ids)).values()}


def _word(asked: NewQuestion, towards: UUID, reached: Reached) -> Word:
    scope = Scope(reached.id, towards, asked.purpose_id, asked.channels, asked.recipient_id)
    wording = asked.wording[posed.text_for(asked.wording, reached.locale) or "en"]
    method = METHODS[Where(asked.places[0])][0]
    return Word(Kind.CONSENT, Action.ASKED, scope, Evidence(wording, method, "", asked.notice_version_id))


def _columns(act: Act, asked: NewQuestion, towards: UUID) -> tuple[object, ...]:
    about = (towards, asked.purpose_id, list(asked.channels), asked.recipient_id, asked.grade)
    texts = (orjson.dumps(dict(asked.wording)).decode(), orjson.dumps(dict(asked.benefit)).decode())
    where = (asked.notice_version_id, list(asked.places), asked.campaign)
    return (*about, *texts, *where, act.at, asked.expires_at, asked.consent_ends_at, act.id)


def _body(asked: NewQuestion) -> dict[str, Any]:
    return {
        "state": State.PUT,
        "purpose": asked.purpose_id,
        "channels": list(asked.channels),
        "recipient": asked.recipient_id,
        "grade": asked.grade,
        "places": list(asked.places),
        "campaign": asked.campaign,
        "wording_sha256": _digests(asked.wording),
        "benefit_sha256": _digests(asked.benefit),
        "notice_version": asked.notice_version_id,
        "expires_at": asked.expires_at,
    }


def _digests(texts: Mapping[str, str]) -> dict[str, str]:
    return {locale: hashlib.sha256(text.encode()).hexdigest() for locale, text in texts.items()}
