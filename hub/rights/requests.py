"""Rights requests as they are kept: a row that says where a request stands, and the events that brought it there.

What the customer wrote, where we write to and every message is sealed under the request's own key, which outlives the
customer's: the record of a request is kept when the customer is erased.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import orjson

from hub import inputs, particulars
from hub.act import Act, Ask
from hub.db import Record, new_id
from hub.errors import Code, Refusal, not_found
from hub.rights.sealed import sealed_message
from hub.rights.states import ENDS, FOLLOWS, State
from hub.rights.values import Kind
from hub.scope import organisation


class Channel(StrEnum):
    """How a request reached us."""

    PORTAL = "PORTAL"
    APP = "APP"
    PHONE = "PHONE"
    POST = "POST"
    BRANCH = "BRANCH"
    EMAIL = "EMAIL"
    IMPORT = "IMPORT"


class Asker(StrEnum):
    """Who asks: the customer, or somebody who may act for them."""

    SELF = "SELF"
    AGENT = "AGENT"
    GUARDIAN = "GUARDIAN"
    HEIR = "HEIR"


@dataclass(frozen=True, slots=True)
class Request:
    """A stored request. jurisdictions: the governing one first. proof: the level of it that the right needs."""

    id: UUID
    organisation_id: UUID
    reference: str
    kind: Kind
    jurisdictions: tuple[str, ...]
    state: State
    customer_id: UUID | None
    channel: Channel
    asker: Asker
    locale: str
    proof: str
    received_on: date
    verified_at: datetime | None
    acknowledge_by: date | None
    due_on: date | None
    extended_at: datetime | None
    waiting_for: str | None
    resumes_to: State | None
    ground: str | None
    cools_until: datetime | None
    opened_at: datetime
    closed_at: datetime | None

    @property
    def is_ended(self) -> bool:
        """Whether nothing more becomes of it."""
        return self.state in ENDS


@dataclass(frozen=True, slots=True)
class Event:
    """Something that became of a request. was, state: where it moved. has_message: one is sealed with it."""

    id: UUID
    request_id: UUID
    kind: str
    was: State | None
    state: State | None
    code: str | None
    is_private: bool
    has_message: bool
    body: Mapping[str, Any]
    actor_kind: str
    actor_id: UUID | None
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class Filter:
    """Which requests; None does not narrow. due_by: open ones whose last day is then or before."""

    state: str | None = None
    kind: str | None = None
    customer_id: UUID | None = None
    due_by: date | None = None
    is_ended: bool | None = None
    organisation_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of requests in the order in which they came."""

    items: tuple[Request, ...] = field(default=())
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """What becomes of a request: an event, and the columns that change with it.

    state: where to; None: it stays. code: why. message: sealed. body: days and codes, for the event and the ledger.
    """

    kind: str
    state: State | None = None
    code: str | None = None
    message: str | None = dataclasses.field(default=None, repr=False)
    is_private: bool = False
    changes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    body: Mapping[str, Any] = field(default_factory=dict[str, Any])


OWN: Final = tuple(each.name for each in dataclasses.fields(Request))
_COLUMNS = ", ".join(OWN)
_BY_IDS = f"""
    SELECT {_COLUMNS} FROM rights_request WHERE id = ANY ($1) AND ($2::uuid IS NULL OR organisation_id = $2)
"""  # noqa: S608 - joined from constants
_BY_REFERENCE = "SELECT id FROM rights_request WHERE organisation_id = $1 AND reference = $2"
_FILTERED = f"""
    SELECT {_COLUMNS} FROM rights_request WHERE organisation_id = $1
      AND ($2::text IS NULL OR state = $2) AND ($3::text IS NULL OR kind = $3)
      AND ($4::uuid IS NULL OR customer_id = $4) AND ($5::date IS NULL OR (due_on <= $5 AND closed_at IS NULL))
      AND ($6::bool IS NULL OR (closed_at IS NOT NULL) = $6)
"""  # noqa: S608
_FORWARDS = f"{_FILTERED} AND ($7::uuid IS NULL OR id > $7) ORDER BY id LIMIT $8"
_BACKWARDS = f"{_FILTERED} AND ($7::uuid IS NULL OR id < $7) ORDER BY id DESC LIMIT $8"
_EVENTS = """
    SELECT id, request_id, kind, was, state, code, is_private, message IS NOT NULL AS has_message, body,
        actor_kind, actor_id, happened_at
    FROM rights_event WHERE request_id = ANY ($1) AND (NOT is_private OR $2) ORDER BY request_id, id
"""
_WHOSE = "SELECT customer_id FROM rights_request WHERE id = $1 AND ($2::uuid IS NULL OR organisation_id = $2)"
_LOCK_PERSON = "SELECT FROM customer WHERE id = $1 FOR NO KEY UPDATE"
_LOCK = "SELECT customer_id FROM rights_request WHERE id = $1 FOR NO KEY UPDATE"
_TELL = """
    INSERT INTO rights_event (id, request_id, kind, was, state, code, is_private, message, body, actor_kind, actor_id,
        happened_at, act_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10, $11, $12, $13)
"""


async def by_ids(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Request]:
    """Read many requests by one statement; those unknown or of others are left out."""
    rows = await ask.rows(_BY_IDS, list(ids), ask.actor.organisation_id)
    return {row["id"]: stored(row) for row in rows}


async def read(ask: Ask, request_id: UUID) -> Request:
    """Read one request; Refusal NOT_FOUND for every other id."""
    found = await by_ids(ask, [request_id])
    if request_id not in found:
        raise not_found("rights request", "request")
    return found[request_id]


async def by_reference(ask: Ask, reference: str, organisation_id: UUID | None = None) -> Request:
    """Read the request that a person names by its reference, however they write it."""
    said = "".join(reference.split()).upper()
    found: UUID | None = await ask.value(_BY_REFERENCE, organisation(ask, organisation_id), said)
    if found is None:
        raise not_found("rights request", "reference")
    return await read(ask, found)


async def page(
    ask: Ask, wanted: Filter, after: UUID | None = None, limit: int = 50, *, backwards: bool = False
) -> Page:
    """Read a stretch of requests after an id (backwards: before it), always in ascending order."""
    most = particulars.page_size(limit, "limit")
    rows = await ask.rows(
        _BACKWARDS if backwards else _FORWARDS,
        organisation(ask, wanted.organisation_id),
        wanted.state and inputs.choice(State, wanted.state, "state"),
        wanted.kind and inputs.choice(Kind, wanted.kind, "kind"),
        wanted.customer_id,
        wanted.due_by,
        wanted.is_ended,
        after,
        most + 1,
    )
    items = [stored(row) for row in rows[:most]]
    return Page(tuple(reversed(items) if backwards else items), len(rows) > most)


async def events_of(ask: Ask, ids: Sequence[UUID], *, with_private: bool = True) -> dict[UUID, list[Event]]:
    """Read what became of these requests by one statement, in order. Whoever calls has seen the requests."""
    found: dict[UUID, list[Event]] = {request_id: [] for request_id in ids}
    for row in await ask.rows(_EVENTS, list(ids), with_private):
        values = {**row, "body": orjson.loads(row["body"])}
        values["was"], values["state"] = [state and State(state) for state in (row["was"], row["state"])]
        found[row["request_id"]].append(Event(**values))
    return found


async def hold_request(act: Act, request_id: UUID) -> Request:
    """Lock a request, after its customer, and read it as it stands; NOT_FOUND for any other id.

    The customer comes first, as everywhere: what a request sets off is written about them by the same act.
    """
    whose = await act.row(_WHOSE, request_id, act.actor.organisation_id)
    if whose is None:
        raise not_found("rights request", "request")
    if whose["customer_id"] is not None:
        await act.rows(_LOCK_PERSON, whose["customer_id"])
    if await act.value(_LOCK, request_id) != whose["customer_id"]:
        raise Refusal(Code.CONFLICT, "This request has just been changed: look again.", ("request",))
    return await read(act, request_id)


def require(request: Request, state: State) -> None:
    """Refuse CONFLICT where a request cannot become this."""
    if state in FOLLOWS[request.state]:
        return
    if request.is_ended:
        message = f"This request has ended ({request.state}): open a new one."
    else:
        message = f"A request that is {request.state} cannot become {state}."
    raise Refusal(Code.CONFLICT, message, ("request",))


async def move(act: Act, request: Request, step: Move) -> Request:
    """Write what becomes of a held request: the event, the row, the ledger entry."""
    if step.state is not None:
        require(request, step.state)
    event_id = new_id()
    message = await sealed_message(act, request.id, event_id, step.message)
    was = request.state if step.state is not None else None
    body = orjson.dumps(dict(step.body)).decode()
    await act.execute(
        _TELL, event_id, request.id, step.kind, was, step.state, step.code, step.is_private, message, body,
        act.actor.kind, act.actor.id, act.at, act.id,
    )  # fmt: skip
    changes = {**step.changes, **_standing(act, step.state)}
    if changes:
        await _update(act, request.id, changes)
    await act.record(
        f"request.{step.kind.lower()}", request.customer_id, request=request.id, state=step.state or request.state,
        code=step.code, **step.body,
    )  # fmt: skip
    return await read(act, request.id)


def _standing(act: Act, state: State | None) -> dict[str, Any]:
    if state is None:
        return {}
    moved: dict[str, Any] = {"state": state, "closed_at": act.at if state in ENDS else None}
    if state not in {State.PAUSED, State.HELD}:
        moved |= {"resumes_to": None, "waiting_for": None}
    return moved


async def _update(act: Act, request_id: UUID, changes: Mapping[str, Any]) -> None:
    places = ", ".join(f"{name} = ${number}" for number, name in enumerate(changes, 2))
    await act.execute(f"UPDATE rights_request SET {places} WHERE id = $1", request_id, *changes.values())  # noqa: S608 - names of ours


def stored(row: Record) -> Request:
    """As a row is read."""
    values = dict(row)
    kinds: tuple[tuple[str, Any], ...] = (
        ("kind", Kind), ("state", State), ("channel", Channel), ("asker", Asker), ("jurisdictions", tuple),
    )  # fmt: skip
    for name, kind in kinds:
        values[name] = kind(values[name])
    values["resumes_to"] = values["resumes_to"] and State(values["resumes_to"])
    return Request(**values)
