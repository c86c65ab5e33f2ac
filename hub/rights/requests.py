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

from hub import inputs, ledger, particulars
from hub.act import Act, Ask
from hub.db import Record, new_id
from hub.errors import Code, Refusal, not_found
from hub.rights import moving
from hub.rights.references import as_written
from hub.rights.sealed import sealed_message
from hub.rights.states import ENDS, FOLLOWS, State
from hub.rights.values import Kind
from hub.scope import organisation, own
from hub.spelling import spelled
from hub.webhooks import announcing
from hub.webhooks.types import Type


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
    representative_id: UUID | None

    @property
    def is_ended(self) -> bool:
        """Whether it was answered, in whichever way."""
        return self.state in ENDS

    @property
    def is_over(self) -> bool:
        """Whether its steps are over too: what was granted may be lifted afterwards."""
        return self.is_ended and self.state is not State.LIFTING


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

    items: tuple[Request, ...] = ()
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
COLUMNS = ", ".join(OWN)
OF_PERSON: Final = "customer_id IN (SELECT $3::uuid UNION ALL SELECT id FROM customer WHERE survivor_id = $3)"
"""Of a customer $3 and the records that were merged into theirs."""
_REACHED = f"""($2::uuid IS NULL OR organisation_id = $2) AND ($3::uuid IS NULL OR {OF_PERSON}) AND NOT ($4 AND EXISTS (
    SELECT FROM rights_event e WHERE e.request_id = rights_request.id AND e.kind = 'AUTHORITY_ENDED'))"""
"""Of an organisation $2, of a customer $3; $4, at the portal: not under a link that has ended, whatever came after."""
_BY_IDS = f"""
    SELECT {COLUMNS} FROM rights_request WHERE id = ANY ($1) AND {_REACHED}
"""  # noqa: S608 - joined from constants
_BY_REFERENCE = "SELECT id FROM rights_request WHERE organisation_id = $1 AND reference = $2"
_FILTERED = f"""
    SELECT {COLUMNS} FROM rights_request WHERE organisation_id = $1
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
_WHOSE = f"SELECT customer_id FROM rights_request WHERE id = $1 AND {_REACHED}"  # noqa: S608
_WHOSE_OF_ALL = "SELECT customer_id FROM rights_request WHERE id = $1"
"""The same for who reaches every request, as workers do: the other takes longer to plan than to run."""
_LOCK_PERSON = """
    SELECT k.wrapped FROM customer c LEFT JOIN keys.customer_key k ON k.customer_id = c.id
    WHERE c.id = $1 FOR NO KEY UPDATE OF c
"""
_LOCK = f"SELECT {COLUMNS} FROM rights_request WHERE id = $1 FOR NO KEY UPDATE"  # noqa: S608
# By what other systems know the person is needed until the end, and no longer.
_FORGET_KEYS = "UPDATE rights_step SET keys = NULL WHERE request_id = $1 AND keys IS NOT NULL"


async def by_ids(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Request]:
    """Read many requests by one statement; those unknown or of others are left out."""
    rows = await ask.rows(_BY_IDS, list(ids), *_reach(ask))
    return {row["id"]: stored(row) for row in rows}


def _reach(ask: Ask) -> tuple[UUID | None, UUID | None, bool]:
    return ask.actor.organisation_id, own(ask), ask.actor.kind == "portal"


async def read(ask: Ask, request_id: UUID) -> Request:
    """Read one request; Refusal NOT_FOUND for every other id."""
    found = await by_ids(ask, [request_id])
    if request_id not in found:
        raise not_found("rights request", "request")
    return found[request_id]


async def by_reference(ask: Ask, reference: str, organisation_id: UUID | None = None) -> Request:
    """Read the request that a person names by its reference, however they write it."""
    said = as_written(reference)
    towards = organisation(ask, organisation_id)
    found = await ask.value(_BY_REFERENCE, towards, said) if inputs.storable(said) else None
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
    reach = _reach(act)
    whose = await (act.row(_WHOSE, request_id, *reach) if any(reach) else act.row(_WHOSE_OF_ALL, request_id))
    if whose is None:
        raise not_found("rights request", "request")
    person: UUID | None = whose["customer_id"]
    if person is not None and (wrapped := await act.value(_LOCK_PERSON, person)):
        act.wrapped[person] = wrapped
    (row,) = await act.rows(_LOCK, request_id)
    if row["customer_id"] != person:
        raise Refusal(Code.CONFLICT, "This request has just been changed: look again.", ("request",))
    return stored(row)


def require(request: Request, state: State) -> None:
    """Refuse CONFLICT where a request cannot become this."""
    if state in FOLLOWS[request.state]:
        return
    message = f"A request that is {request.state} cannot become {state}."
    if request.is_ended:
        message = f"This request has ended ({request.state}): open a new one."
    raise Refusal(Code.CONFLICT, message, ("request",))


async def move(act: Act, request: Request, step: Move) -> Request:
    """Write what becomes of a held request by one statement: the event, the row, the ledger entry."""
    if step.state is not None:
        require(request, step.state)
    event_id = new_id()
    message = await sealed_message(act, request.id, event_id, step.message)
    was = request.state if step.state is not None else None
    changes = {**moving.standing(step.state, act.at), **step.changes}
    body = {"request": request.id, "state": step.state or request.state, "code": step.code, **step.body}
    detail = ledger.Detail(request.customer_id, body)
    (row,) = await act.rows(
        moving.statement(COLUMNS, tuple(changes)), request.id, event_id, step.kind, was, step.state, step.code,
        step.is_private, message, orjson.dumps(dict(step.body)).decode(), act.actor.kind, act.actor.id, act.at, act.id,
        *await ledger.entry(act, f"request.{step.kind.lower()}", [detail]), *changes.values(),
    )  # fmt: skip
    if step.state in ENDS:
        await act.execute(_FORGET_KEYS, request.id)
    if step.state is not None:
        said = {"request": spelled("RightsRequest", request.id)}
        await announcing.announce(act, request.organisation_id, Type.REQUEST_CHANGED, said)
    return stored(row)


def stored(row: Record | Mapping[str, Any]) -> Request:
    """As a row is read."""
    values: dict[str, Any] = dict(row)
    kinds: tuple[tuple[str, Any], ...] = (
        ("kind", Kind), ("state", State), ("channel", Channel), ("asker", Asker), ("jurisdictions", tuple),
    )  # fmt: skip
    for name, kind in kinds:
        values[name] = kind(values[name])
    values["resumes_to"] = values["resumes_to"] and State(values["resumes_to"])
    return Request(**values)
