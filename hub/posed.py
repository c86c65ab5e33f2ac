"""Consent questions as they are kept: what is asked, where it may be asked, and the events that make its state.

A question never changes. What becomes of it is told by events, and its state follows from them and from the clock:
past its expiry an open question has lapsed, whether or not that was noted yet.

    PUT --> SHOWN --> ANSWERED_YES | ANSWERED_NO
     |        |
     +--------+--> LAPSED | CANCELLED
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import orjson

from hub import inputs, particulars
from hub.act import Act, Ask
from hub.db import Record
from hub.errors import not_found
from hub.said import Grade, Method
from hub.scope import hold, organisation


class State(StrEnum):
    """How a question stands; the same words name its events."""

    PUT = "PUT"
    SHOWN = "SHOWN"
    ANSWERED_YES = "ANSWERED_YES"
    ANSWERED_NO = "ANSWERED_NO"
    LAPSED = "LAPSED"
    CANCELLED = "CANCELLED"


class Where(StrEnum):
    """Where a question may be put. None of these is a promotional message: that would itself be marketing."""

    PORTAL = "PORTAL"
    PAPER = "PAPER"
    SERVICE_FLOW = "SERVICE_FLOW"
    BRANCH = "BRANCH"
    PHONE = "PHONE"


FOLLOWS: Final[Mapping[State, frozenset[State]]] = {
    State.PUT: frozenset({State.SHOWN, State.LAPSED, State.CANCELLED}),
    State.SHOWN: frozenset(State) - {State.PUT},
    State.ANSWERED_YES: frozenset(),
    State.ANSWERED_NO: frozenset(),
    State.LAPSED: frozenset(),
    State.CANCELLED: frozenset(),
}
"""What may become of a question in each state."""

AT_ONCE: Final = frozenset({Where.PAPER, Where.BRANCH, Where.PHONE})
"""Where a question is shown and answered in one go, and so may be recorded in one act."""

METHODS: Final[Mapping[Where, tuple[Method, ...]]] = {
    Where.PORTAL: (Method.WEB, Method.APP),
    Where.SERVICE_FLOW: (Method.WEB, Method.APP),
    Where.PAPER: (Method.PAPER,),
    Where.BRANCH: (Method.BRANCH,),
    Where.PHONE: (Method.PHONE,),
}
"""How a question reaches somebody at each place; the first where nothing is said."""


@dataclass(frozen=True, slots=True)
class Question:
    """A stored question as it stands at an instant."""

    id: UUID
    customer_id: UUID
    organisation_id: UUID
    purpose_id: UUID
    channels: tuple[str, ...]
    recipient_id: UUID | None
    grade: Grade
    wording: Mapping[str, str]
    benefit: Mapping[str, str]
    notice_version_id: UUID | None
    places: tuple[Where, ...]
    campaign: str | None
    put_at: datetime
    expires_at: datetime
    consent_ends_at: datetime | None
    state: State
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that became of a question. place, method, locale: of a showing and of an answer."""

    id: UUID
    question_id: UUID
    kind: State
    place: Where | None
    method: Method | None
    locale: str | None
    choices: tuple[UUID, ...]
    happened_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Filter:
    """Which questions; None does not narrow."""

    customer_id: UUID | None = None
    state: str | None = None
    campaign: str | None = None
    purpose_id: UUID | None = None
    organisation_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of questions in the order in which they were put."""

    items: tuple[Question, ...] = field(default=())
    has_more: bool = False


OWN: Final = """id, customer_id, organisation_id, purpose_id, channels, recipient_id, grade, wording, benefit,
    notice_version_id, places, campaign, put_at, expires_at, consent_ends_at"""
EVENT: Final = "id, question_id, kind, place, method, locale, choices, happened_at, recorded_at"
# $1: the instant at which they stand.
_STANDING = f"""
    SELECT {OWN},
        coalesce(q.ended_at, CASE WHEN q.expires_at <= $1 THEN q.expires_at END) AS ended_at,
        CASE WHEN q.ended_at IS NOT NULL THEN (
                 SELECT e.kind FROM consent_question_event e WHERE e.question_id = q.id
                 AND e.kind IN ('ANSWERED_YES', 'ANSWERED_NO', 'LAPSED', 'CANCELLED'))
             WHEN q.expires_at <= $1 THEN 'LAPSED'
             WHEN EXISTS (SELECT FROM consent_question_event e WHERE e.question_id = q.id AND e.kind = 'SHOWN')
             THEN 'SHOWN' ELSE 'PUT' END AS state
    FROM consent_question q
"""  # noqa: S608 - joined from constants
_BY_IDS = f"{_STANDING} WHERE q.id = ANY ($2) AND ($3::uuid IS NULL OR q.organisation_id = $3)"
_FILTERED = f"""
    SELECT * FROM ({_STANDING}) question WHERE organisation_id = $2
      AND ($3::uuid IS NULL OR customer_id = $3) AND ($4::text IS NULL OR state = $4)
      AND ($5::text IS NULL OR campaign = $5) AND ($6::uuid IS NULL OR purpose_id = $6)
"""  # noqa: S608
_FORWARDS = f"{_FILTERED} AND ($7::uuid IS NULL OR id > $7) ORDER BY id LIMIT $8"
_BACKWARDS = f"{_FILTERED} AND ($7::uuid IS NULL OR id < $7) ORDER BY id DESC LIMIT $8"
_WHOSE = """
    SELECT customer_id, organisation_id FROM consent_question
    WHERE id = $1 AND ($2::uuid IS NULL OR organisation_id = $2)
"""
# The putting comes first and the end last, whatever the clocks of several machines say; ids grow with time.
_EVENTS = f"""
    SELECT {EVENT} FROM consent_question_event WHERE question_id = ANY ($1)
    ORDER BY question_id, kind <> 'PUT', kind <> 'SHOWN', id
"""  # noqa: S608
_TELL = f"""
    INSERT INTO consent_question_event ({EVENT}, act_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""  # noqa: S608


async def by_ids(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Question]:
    """Read many questions by one statement; those unknown or of others are left out."""
    rows = await ask.rows(_BY_IDS, ask.at, list(ids), ask.actor.organisation_id)
    return {row["id"]: stored(row) for row in rows}


async def page(
    ask: Ask, wanted: Filter, after: UUID | None = None, limit: int = 50, *, backwards: bool = False
) -> Page:
    """Read a stretch of questions after an id (backwards: before it), always in ascending order."""
    most = particulars.page_size(limit, "limit")
    rows = await ask.rows(
        _BACKWARDS if backwards else _FORWARDS,
        ask.at,
        organisation(ask, wanted.organisation_id),
        wanted.customer_id,
        wanted.state and inputs.choice(State, wanted.state, "state"),
        None if wanted.campaign is None else inputs.key(wanted.campaign, "campaign"),
        wanted.purpose_id,
        after,
        most + 1,
    )
    items = [stored(row) for row in rows[:most]]
    return Page(tuple(reversed(items) if backwards else items), len(rows) > most)


async def events_of(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, list[Event]]:
    """Read what became of these questions by one statement, in order. Whoever calls has seen the questions."""
    found: dict[UUID, list[Event]] = {question_id: [] for question_id in ids}
    for row in await ask.rows(_EVENTS, list(ids)):
        found[row["question_id"]].append(_event(row))
    return found


async def hold_question(act: Act, question_id: UUID) -> tuple[Question, list[Event]]:
    """Lock a question, by its customer's row, and read it with its events; NOT_FOUND for any other id.

    One lock for all that is written about a customer: an answer writes choices too, and cannot then wait in a ring.
    """
    whose = await act.row(_WHOSE, question_id, act.actor.organisation_id)
    if whose is None:
        raise not_found("consent question", "question")
    await hold(act, whose["customer_id"], whose["organisation_id"], "question")
    found = await by_ids(act, [question_id])
    return found[question_id], (await events_of(act, [question_id]))[question_id]


async def tell(act: Act, event: Event) -> None:
    """Write one event, leaving the record to the caller."""
    place, method = event.place, event.method
    choices = list(event.choices)
    told = (event.id, event.question_id, event.kind, place, method, event.locale, choices)
    await act.execute(_TELL, *told, event.happened_at, event.recorded_at, act.id)


def text_for(texts: Mapping[str, str], tag: str) -> str | None:
    """Name the language in which somebody who reads `tag` is shown this: their own, else English; None: neither."""
    own = tag.partition("-")[0].lower()
    return next((locale for locale in (own, "en") if locale in texts), None)


def stored(row: Record) -> Question:
    """Build a question from its row."""
    values: dict[str, Any] = dict(row)
    values["channels"], values["places"] = tuple(row["channels"]), tuple(map(Where, row["places"]))
    values["wording"], values["benefit"] = orjson.loads(row["wording"]), orjson.loads(row["benefit"])
    values["grade"], values["state"] = Grade(row["grade"]), State(row["state"])
    return Question(**values)


def _event(row: Record) -> Event:
    values: dict[str, Any] = dict(row)
    values["kind"], values["choices"] = State(row["kind"]), tuple(row["choices"])
    values["place"] = Where(row["place"]) if row["place"] else None
    values["method"] = Method(row["method"]) if row["method"] else None
    return Event(**values)
