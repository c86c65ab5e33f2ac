"""The work there is: open requests, the soonest due first, whom each waits for, and how many of each there are.

A request is overdue when its last day is over where the customer lives. Whom it waits for is told by its state and its
steps: one that somebody has to settle by hand waits for staff, one that nobody proved waits for the customer. A
complaint is new until somebody at the desk has said or done something.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from hub import inputs, particulars
from hub.act import Ask
from hub.db import Record
from hub.errors import not_found
from hub.policy.values import Jurisdiction
from hub.rights import requests, steps
from hub.rights.requests import OWN, Request
from hub.rights.timing import ZONES
from hub.rights.values import Kind
from hub.scope import organisation

SOON_DAYS: Final = 7


class On(StrEnum):
    """Whom a request waits for."""

    YOU = "YOU"
    CUSTOMER = "CUSTOMER"
    SYSTEM = "SYSTEM"
    NOBODY = "NOBODY"


class Such(StrEnum):
    """Which requests are looked at; OPEN is all that have not ended."""

    OPEN = "OPEN"
    OVERDUE = "OVERDUE"
    SOON = "SOON"
    COMPLAINT = "COMPLAINT"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True)
class Filter:
    """What narrows the list; None does not."""

    such: str = Such.OPEN
    kind: str | None = None
    place: str | None = None
    on: str | None = None


@dataclass(frozen=True, slots=True)
class Open:
    """A request on the list. days_left: negative once it is overdue.

    step: the first that is open. next_at: when it is tried next, or when others should answer (is_awaited).
    """

    request: Request
    on: On
    days_left: int | None
    is_new: bool
    step: str | None
    next_at: datetime | None
    is_awaited: bool


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the list."""

    items: tuple[Open, ...] = field(default=())
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is to do."""

    overdue: int
    soon: int
    you: int
    customer: int
    system: int
    complaints: int
    open: int


_ZONES = " ".join(f"WHEN '{place}' THEN '{zone.key}'" for place, zone in ZONES.items())
_TODAY = f"(now() AT TIME ZONE (CASE r.jurisdictions[1] {_ZONES} END))::date"
_ITS_TURN = """
    NOT EXISTS (SELECT FROM rights_step e WHERE e.request_id = m.request_id AND e.stage < m.stage
        AND e.ended_at IS NULL)
"""
_BY_HAND = f"""
    EXISTS (SELECT FROM rights_step m WHERE m.request_id = r.id AND m.ended_at IS NULL AND m.kind = 'MANUAL'
        AND m.state = 'WAITING' AND {_ITS_TURN})
"""
_ON = f"""
    CASE WHEN r.closed_at IS NOT NULL THEN 'NOBODY'
        WHEN r.state IN ('VERIFYING', 'COOLING_OFF') THEN 'CUSTOMER'
        WHEN r.state = 'PAUSED' AND r.waiting_for IN ('STAFF_MATCH', 'AUTHORITY') THEN 'YOU'
        WHEN r.state = 'PAUSED' AND r.waiting_for = 'SYSTEM' THEN 'SYSTEM'
        WHEN r.state = 'PAUSED' THEN 'CUSTOMER'
        WHEN r.state IN ('GATHERING', 'FULFILLING') AND NOT {_BY_HAND} THEN 'SYSTEM'
        ELSE 'YOU' END
"""
_NEW = """
    r.kind = 'COMPLAINT' AND r.closed_at IS NULL AND NOT EXISTS (
        SELECT FROM rights_event e WHERE e.request_id = r.id AND e.actor_kind IN ('staff', 'app')
            AND e.kind IN ('SAID', 'NOTED', 'PAUSED', 'EXTENDED', 'VIEWED'))
"""
_TASK = f"""
    SELECT m.id AS step_id, r.reference, m.name, m.operation, m.state, r.due_on, m.planned_at
    FROM rights_step m JOIN rights_request r ON r.id = m.request_id
    WHERE r.organisation_id = $1 AND {steps.LIVE} AND r.state NOT IN ('PAUSED', 'HELD')
      AND m.ended_at IS NULL AND m.kind IN ('MANUAL', 'EMAIL') AND m.state IN ('WAITING', 'WAITING_ON_OTHERS')
      AND {_ITS_TURN}
"""  # noqa: S608
_NOBODY_ASKED = "AND m.kind = 'MANUAL' AND m.state = 'WAITING'"
_SOONEST = "ORDER BY coalesce(r.due_on, 'infinity'::date), m.id LIMIT 500"
_COUNT = f"""
    SELECT count(*) FILTER (WHERE due_on < today) AS overdue,
        count(*) FILTER (WHERE due_on BETWEEN today AND today + {SOON_DAYS}) AS soon,
        count(*) FILTER (WHERE waits = 'YOU') AS you, count(*) FILTER (WHERE waits = 'CUSTOMER') AS customer,
        count(*) FILTER (WHERE waits = 'SYSTEM') AS system, count(*) FILTER (WHERE is_new) AS complaints,
        count(*) AS open
    FROM (SELECT r.due_on, {_TODAY} AS today, {_ON} AS waits, {_NEW} AS is_new
          FROM rights_request r WHERE r.organisation_id = $1 AND r.closed_at IS NULL) AS standing
"""  # noqa: S608 - joined from constants
_LIST = f"""
    SELECT {", ".join(f"r.{name}" for name in OWN)}, s.waits, s.is_new, r.due_on - s.today AS days_left,
        step.name AS step, step.next_at, coalesce(step.state = 'WAITING_ON_OTHERS', false) AS is_awaited
    FROM rights_request r
    CROSS JOIN LATERAL (SELECT {_TODAY} AS today, {_ON} AS waits, {_NEW} AS is_new) s
    LEFT JOIN LATERAL (
        SELECT t.name, t.next_at, t.state FROM rights_step t WHERE t.request_id = r.id AND t.ended_at IS NULL
        ORDER BY t.stage, t.kind <> 'MANUAL', t.state <> 'FAILED', t.id LIMIT 1) step ON true
    WHERE r.organisation_id = $1 AND (r.closed_at IS NOT NULL) = ($2 = 'ENDED')
      AND ($3::text IS NULL OR r.kind = $3) AND ($4::text IS NULL OR r.jurisdictions[1] = $4)
      AND ($5::text IS NULL OR s.waits = $5)
      AND CASE $2 WHEN 'OVERDUE' THEN r.due_on < s.today
          WHEN 'SOON' THEN r.due_on BETWEEN s.today AND s.today + {SOON_DAYS}
          WHEN 'COMPLAINT' THEN s.is_new ELSE true END
      AND ($6::uuid IS NULL OR (coalesce(r.due_on, 'infinity'::date), r.id) > (coalesce($7::date, 'infinity'), $6))
    ORDER BY coalesce(r.due_on, 'infinity'::date), r.id LIMIT $8
"""  # noqa: S608


async def counts(ask: Ask, organisation_id: UUID | None = None) -> Counts:
    """Count what is open, by one statement."""
    [row] = await ask.rows(_COUNT, organisation(ask, organisation_id))
    return Counts(**row)


async def page(
    ask: Ask, wanted: Filter, after: str | None = None, limit: int = 50, organisation_id: UUID | None = None
) -> Stretch:
    """Read a part of the list by one statement, after the request with a reference.

    Refusals: INVALID for a filter that is none, NOT_FOUND for a reference that is nobody's.
    """
    most, towards = particulars.page_size(limit, "limit"), organisation(ask, organisation_id)
    last = await requests.by_reference(ask, after, towards) if after else None
    rows = await ask.rows(
        _LIST, towards, inputs.choice(Such, wanted.such, "is"),
        wanted.kind and inputs.choice(Kind, wanted.kind, "right"),
        wanted.place and inputs.choice(Jurisdiction, wanted.place, "place"),
        wanted.on and inputs.choice(On, wanted.on, "on"),
        last and last.id, last and last.due_on, most + 1,
    )  # fmt: skip
    return Stretch(tuple(_open(row) for row in rows[:most]), len(rows) > most)


def _open(row: Record) -> Open:
    values: dict[str, Any] = dict(row)
    waits, *rest = [
        values.pop(name) for name in ("waits", "days_left", "is_new", "step", "next_at", "is_awaited")
    ]
    return Open(requests.stored(values), On(waits), *rest)


@dataclass(frozen=True, slots=True)
class Task:
    """A step that somebody at the desk settles by hand. state: of one that somebody was asked for, that it waits."""

    step_id: UUID
    reference: str
    name: str
    operation: str
    state: str
    due_on: date | None
    planned_at: datetime


async def by_hand(ask: Ask, organisation_id: UUID | None = None) -> list[Task]:
    """List what is to be done by hand and nobody was asked for, the soonest due first."""
    rows = await ask.rows(f"{_TASK} {_NOBODY_ASKED} {_SOONEST}", organisation(ask, organisation_id))
    return [Task(**row) for row in rows]


async def task(ask: Ask, step_id: UUID, organisation_id: UUID | None = None) -> Task:
    """Read one of these, or one that somebody was written to about; Refusal NOT_FOUND for every other step."""
    row = await ask.row(f"{_TASK} AND m.id = $2", organisation(ask, organisation_id), step_id)
    if row is None:
        raise not_found("task", "step")
    return Task(**row)


HEADS: Final[Sequence[str]] = (
    "reference", "kind", "state", "jurisdictions", "channel", "received_on", "due_on", "extended_at", "ground",
    "opened_at", "closed_at",
)  # fmt: skip
"""What the register of requests tells of each: its days, its state and its ground; nobody's name."""


def cells(request: Request) -> dict[str, str | None]:
    """A request as the register tells it, by `HEADS`."""
    said = {name: getattr(request, name) for name in HEADS}
    said["jurisdictions"] = " ".join(request.jurisdictions)
    return {name: None if value is None else str(value) for name, value in said.items()}
