"""Consent questions: put to customers one by one or many at a time, shown, answered, cancelled, lapsed.

Putting a question records that consent was asked, the answer that it was given or refused; from then on the choices
speak for themselves. Whether the past allows to ask is decided when a question is put, and again when it is shown, so
that an opt-out in between wins. What has been answered is recorded, whatever happened meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from hub import askable, choices, inputs, particulars, posed, sparing
from hub.act import Act
from hub.askable import Asked, Bar, Matter
from hub.db import new_id
from hub.errors import Code, Refusal, invalid
from hub.ledger import Detail
from hub.partners import settling
from hub.policy.values import PurposeKind
from hub.posed import AT_ONCE, FOLLOWS, METHODS, Event, Filter, Page, Question, State, Where
from hub.posing import NewQuestion, Outcome, put, put_many
from hub.said import Choice, Evidence, Method, Scope

__all__ = [
    "LAPSED_AT_A_TIME",
    "Asked",
    "Bar",
    "Event",
    "Filter",
    "NewQuestion",
    "Outcome",
    "Page",
    "Question",
    "Showing",
    "State",
    "Where",
    "answer",
    "cancel",
    "lapse",
    "put",
    "put_many",
    "show",
]

LAPSED_AT_A_TIME: Final = 500


@dataclass(frozen=True, slots=True)
class Showing:
    """Where a question was shown or answered, and how; what is None follows from the place and the customer.

    reference: of an answer, where its proof is kept; it is sealed.
    """

    place: str
    method: str | None = None
    locale: str | None = None
    happened_at: datetime | None = None
    reference: str = field(default="", repr=False)


# Somebody who is being written about is left for the next time.
_DUE = """
    SELECT q.id FROM consent_question q JOIN customer c ON c.id = q.customer_id
    WHERE q.ended_at IS NULL AND q.expires_at <= $1
    ORDER BY q.expires_at LIMIT $2 FOR NO KEY UPDATE OF c SKIP LOCKED
"""
# Read anew under the lock: one of them may have been answered between being found and being locked.
_STILL_DUE = """
    SELECT id, customer_id, expires_at FROM consent_question
    WHERE id = ANY ($1) AND ended_at IS NULL ORDER BY expires_at, id
"""
_LAPSE = """
    INSERT INTO consent_question_event (id, question_id, kind, happened_at, recorded_at, act_id)
    SELECT new.id, new.question_id, 'LAPSED', new.expires_at, $1, $2
    FROM unnest($3::uuid[], $4::uuid[], $5::timestamptz[]) AS new (id, question_id, expires_at)
"""
_KIND = "SELECT kind FROM purpose WHERE id = $1"


async def show(act: Act, question_id: UUID, showing: Showing) -> Question:
    """Record that a question was shown to its customer; the same showing again changes nothing.

    Refusals: NOT_FOUND, INVALID, and CONFLICT for a question that has ended, or that may not be asked any more.
    """
    question, events = await posed.hold_question(act, question_id)
    event = await _event(act, question, State.SHOWN, showing)
    _require(question, State.SHOWN)
    await require_askable(act, question)
    if any(_is_like(event, each) for each in events):
        return question
    _require_later(showing, events)
    await posed.tell(act, event)
    await _record(act, "question.shown", question, event)
    return await _again(act, question)


async def answer(act: Act, question_id: UUID, showing: Showing, *, is_yes: bool) -> Question:
    """Record the customer's answer, and with it the choice; the same answer again changes nothing.

    By telephone, in a branch and on paper the showing is recorded too. Refusals: NOT_FOUND, INVALID, and CONFLICT for a
    question that nobody was shown or that has ended, and for another answer than the first.
    """
    question, events = await posed.hold_question(act, question_id)
    kind = State.ANSWERED_YES if is_yes else State.ANSWERED_NO
    if question.state is kind:
        return question
    shown = _shown_at(showing.place, events)
    event = await _event(act, question, kind, _as_shown(showing, shown))
    if shown is None:
        await _show_at_once(act, question, event)
    else:
        _require(question, kind)
    _require_later(showing, events)
    kept = await _choose(act, question, event, showing.reference)
    answered = replace(event, id=new_id(), choices=tuple(choice.id for choice in kept))
    await posed.tell(act, answered)
    await _record(act, "question.answered", question, answered)
    return await _ended(act, question)


async def cancel(act: Act, question_id: UUID, reason: str = "") -> Question:
    """Take a question back; a second time changes nothing. reason: a code such as WRONG_WORDING.

    One that nobody was shown counts as never asked. Refusals: NOT_FOUND, and CONFLICT for one that has ended.
    """
    question, _ = await posed.hold_question(act, question_id)
    why = particulars.reason(reason, "reason")
    if question.state is State.CANCELLED:
        return question
    _require(question, State.CANCELLED)
    event = Event(new_id(), question.id, State.CANCELLED, None, None, None, (), act.at, act.at)
    await posed.tell(act, event)
    await act.record("question.cancelled", question.customer_id, question=question.id, reason=why)
    return await _ended(act, question)


async def lapse(act: Act, most: int = LAPSED_AT_A_TIME) -> int:
    """Note of at most so many questions that they lapsed; returns how many were due."""
    due = [row["id"] for row in await act.rows(_DUE, act.at, most)]
    rows = await act.rows(_STILL_DUE, due) if due else []
    if rows:
        ids, ends = [row["id"] for row in rows], [row["expires_at"] for row in rows]
        await act.execute(_LAPSE, act.at, act.id, [new_id() for _ in rows], ids, ends)
        details = [
            Detail(row["customer_id"], {"question": row["id"], "expires_at": row["expires_at"]})
            for row in rows
        ]
        await act.record_crowd("question.lapsed", details)
    return len(due)


async def _show_at_once(act: Act, question: Question, answered: Event) -> None:
    """Record the showing that an answer implies, at a place where both are one."""
    _require(question, State.SHOWN)
    if answered.place not in AT_ONCE:
        raise Refusal(
            Code.CONFLICT,
            "Nobody was shown this question there yet: record the showing first.",
            ("question",),
        )
    shown = replace(answered, kind=State.SHOWN)
    await posed.tell(act, shown)
    await _record(act, "question.shown", question, shown)


async def _choose(act: Act, question: Question, event: Event, reference: str) -> list[Choice]:
    """Write the choice that an answer is, through the verbs of choices."""
    scope = Scope(
        question.customer_id,
        question.organisation_id,
        question.purpose_id,
        question.channels,
        question.recipient_id,
    )
    wording, version = question.wording[event.locale or "en"], question.notice_version_id
    evidence = Evidence(wording, event.method or Method.WEB, reference, version, event.happened_at)
    if event.kind is State.ANSWERED_NO:
        return await choices.refuse_consent(act, scope, evidence)
    return await choices.give_consent(act, scope, evidence, question.grade, question.consent_ends_at)


async def _event(act: Act, question: Question, kind: State, showing: Showing) -> Event:
    """Check where and how something happened, and fill in what was left out."""
    place = inputs.choice(Where, showing.place, "place")
    if place not in question.places:
        raise invalid("This question may be put here only: " + ", ".join(question.places) + ".", "place")
    method = inputs.choice(Method, showing.method or METHODS[place][0], "method")
    if method not in METHODS[place]:
        raise invalid("There, a question is shown by: " + ", ".join(METHODS[place]) + ".", "method")
    at = particulars.happened(act, showing.happened_at, "happened_at")
    locale = await _locale(act, question, showing.locale)
    return Event(new_id(), question.id, kind, place, method, locale, (), at, act.at)


async def _locale(act: Act, question: Question, given: str | None) -> str:
    if given is None:
        tag: str = await act.value("SELECT locale FROM customer WHERE id = $1", question.customer_id)
        return posed.text_for(question.wording, tag) or next(iter(question.wording))
    if inputs.locale(given, "locale") not in question.wording:
        raise invalid(
            "This question has no wording in this language: use " + ", ".join(question.wording) + ".",
            "locale",
        )
    return given


def _shown_at(place: str, events: Sequence[Event]) -> Event | None:
    shown = (each for each in reversed(events) if each.kind is State.SHOWN and each.place == place)
    return next(shown, None)


def _as_shown(showing: Showing, shown: Event | None) -> Showing:
    """Fill in from the showing what is not said of its answer."""
    if shown is None:
        return showing
    return replace(showing, method=showing.method or shown.method, locale=showing.locale or shown.locale)


def _is_like(event: Event, other: Event) -> bool:
    return (event.kind, event.place, event.method, event.locale) == (
        other.kind,
        other.place,
        other.method,
        other.locale,
    )


def _require(question: Question, kind: State) -> None:
    """Refuse what cannot become of a question that stands as it does."""
    if kind not in FOLLOWS[question.state]:
        raise Refusal(Code.CONFLICT, _why_not(question), ("question",))


def _require_later(showing: Showing, events: Sequence[Event]) -> None:
    """Refuse an instant before the last event's; what happens now may have waited for a lock while that was written."""
    said = showing.happened_at
    if said is not None and said < max(each.happened_at for each in events):
        raise invalid("This lies before the question was put or shown: give a later instant.", "happened_at")


def _why_not(question: Question) -> str:
    ended = f"{question.ended_at:%Y-%m-%d}" if question.ended_at else ""
    match question.state:
        case State.ANSWERED_YES:
            return f"The customer said yes on {ended}. To take that back, record a withdrawal of the consent."
        case State.ANSWERED_NO:
            return f"The customer said no on {ended}. If they come back to it, record the consent they give."
        case State.LAPSED:
            return f"This question lapsed on {ended}. What the customer said before then is recorded as a choice."
        case State.CANCELLED:
            return f"This question was cancelled on {ended}: put another one, if the customer may be asked."
        case _:
            return "Nobody was shown this question yet: record first where it was shown."


async def require_askable(act: Act, question: Question) -> None:
    """Refuse to show what may not be asked any more: an opt-out since then wins."""
    kind = PurposeKind(await act.value(_KIND, question.purpose_id))
    about = (question.organisation_id, question.purpose_id, kind, question.channels, question.recipient_id)
    past = await askable.candidates(act, [question.customer_id], Matter(*about), besides=question.id)
    bar = askable.barred(past[question.customer_id], kind)
    if bar is None and await sparing.spared(act, Matter(*about), past):
        bar = Bar.SPARED
    if bar is not None:
        refusal = askable.refusal_of(bar)
        raise Refusal(refusal.code, refusal.message, ("question",))


async def _record(act: Act, event: str, question: Question, told: Event) -> None:
    await act.record(
        event,
        question.customer_id,
        question=question.id,
        state=told.kind,
        place=told.place,
        method=told.method,
        locale=told.locale,
        choices=list(told.choices),
        happened_at=told.happened_at,
    )


async def _ended(act: Act, question: Question) -> Question:
    """Let whatever waited for the answer go on, in this very act."""
    now = await _again(act, question)
    await settling.answered(act, now)
    return now


async def _again(act: Act, question: Question) -> Question:
    return (await posed.by_ids(act, [question.id]))[question.id]
