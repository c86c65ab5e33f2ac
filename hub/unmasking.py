"""Unmasking: a member of staff sees the details behind a request, for a reason, for a quarter of an hour.

The note is written by an act of its own before anything is opened: whoever is stopped in between has still been noted.
It stands in three places: with the request, where the customer reads it, in the ledger under the customer, and here,
where views are counted. Forty in an hour raise an alert, to the log, the figures and the administrators; sixty are the
end of it. While a view lasts, looking again writes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import structlog

from hub import inputs, metrics, profiles
from hub.act import Act, Ask, Hub
from hub.actors import Actor, Operation, Role
from hub.db import new_id
from hub.errors import Code, Refusal
from hub.profiles import Shown
from hub.rights import conduct, requests, sealed
from hub.rights.requests import Request

LASTS: Final = timedelta(minutes=15)
WINDOW: Final = timedelta(hours=1)
REMEMBERED: Final = timedelta(days=1)
ALERT_AT: Final = 40
MOST: Final = 60


class Reason(StrEnum):
    """Why details are looked at; the customer reads it."""

    HANDLING = "HANDLING"
    IDENTITY = "IDENTITY"
    CUSTOMER_ASKED = "CUSTOMER_ASKED"
    CORRECTION = "CORRECTION"
    COMPLAINT = "COMPLAINT"
    FRAUD = "FRAUD"
    LEGAL_DUTY = "LEGAL_DUTY"


@dataclass(frozen=True, slots=True)
class View:
    """A view of details: whose, by whom, why, until when."""

    id: UUID
    request_id: UUID
    customer_id: UUID | None
    staff_id: UUID
    reason: str
    at: datetime
    until_at: datetime


@dataclass(frozen=True, slots=True)
class Details:
    """What was masked. shown: values of the customer; None while nobody knows who asks. messages: by event."""

    shown: Shown | None = field(repr=False)
    content: Mapping[str, Any] = field(repr=False)
    contact: str | None = field(repr=False)
    messages: Mapping[UUID, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Alert:
    """Somebody looked at many customers' details within an hour."""

    staff_id: UUID
    views: int
    latest_at: datetime


_COLUMNS = "id, request_id, customer_id, staff_id, reason, at, until_at"
_LOCK = "SELECT FROM staff WHERE id = $1 FOR UPDATE"
# A view is of whom it was noted for: who is found to be behind the request later has it noted again.
_LIVE = f"""
    SELECT {_COLUMNS} FROM unmasking
    WHERE staff_id = $1 AND at <= $4 AND until_at > $4
        AND (customer_id = $3 OR ($3::uuid IS NULL AND customer_id IS NULL AND request_id = $2))
    ORDER BY until_at DESC LIMIT 1
"""  # noqa: S608 - joined from constants
_COUNT = "SELECT count(*) FROM unmasking WHERE staff_id = $1 AND at > $2"
_ADD = f"""
    INSERT INTO unmasking (organisation_id, {_COLUMNS}, act_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    RETURNING {_COLUMNS}
"""  # noqa: S608
# Of every view, how many its viewer had in the hour up to it.
_MANY = """
    SELECT staff_id, max(views) AS views, max(at) FILTER (WHERE views >= $3) AS latest_at FROM (
        SELECT staff_id, at, count(*) OVER (
            PARTITION BY staff_id ORDER BY at RANGE BETWEEN interval '1 hour' PRECEDING AND CURRENT ROW) AS views
        FROM unmasking WHERE organisation_id = $1 AND at > $2) AS counted
    GROUP BY staff_id HAVING max(views) >= $3 ORDER BY max(views) DESC
"""
_OF = f"SELECT {_COLUMNS} FROM unmasking WHERE customer_id = ANY ($1) ORDER BY at DESC LIMIT 200"  # noqa: S608
_log = structlog.get_logger(__name__)


async def look(hub: Hub, actor: Actor, request_id: UUID, reason: str) -> View:
    """Note a view, and give the alarm where it is one too many; what may be shown then is read by `details`.

    Refusals: NOT_FOUND, INVALID for a reason that is none, LIMIT after sixty in an hour.
    """

    async def body(act: Act) -> tuple[View, int]:
        return await unmask(act, request_id, reason)

    view, number = await hub.perform(actor, Operation.CUSTOMER_REVEAL, body)
    if number:
        metrics.UNMASKED.labels(_role(actor)).inc()
    if number >= ALERT_AT:
        _log.warning("desk.many_views", staff=view.staff_id, amount=number)
    return view


async def unmask(act: Act, request_id: UUID, reason: str) -> tuple[View, int]:
    """Write the note of a view; returns it with how many there were in an hour, 0 where one is still going on."""
    why = inputs.choice(Reason, reason, "reason")
    staff_id = _staff(act)
    request = await requests.hold_request(act, request_id)
    await act.rows(_LOCK, staff_id)  # views of one person are counted one after another
    going_on = await live(act, request)
    if going_on is not None:
        return going_on, 0
    number: int = await act.value(_COUNT, staff_id, act.at - WINDOW) + 1
    if number > MOST:
        message = (
            f"This was your {MOST}th view within an hour, and the last: wait, and tell an administrator why."
        )
        raise Refusal(Code.LIMIT, message, ("reason",))
    if number == ALERT_AT:
        await act.record("staff.many_views", staff=staff_id, views=number)
    return await _note(act, request, staff_id, why), number


async def _note(act: Act, request: Request, staff_id: UUID, why: str) -> View:
    await conduct.note_view(act, request.id, why)
    if request.customer_id is not None:
        await act.record("customer.revealed", request.customer_id, reason=why, request=request.id)
    about = (request.organisation_id, new_id(), request.id, request.customer_id, staff_id, why, act.at)
    [row] = await act.rows(_ADD, *about, act.at + LASTS, act.id)
    return View(**row)


async def live(ask: Ask, request: Request) -> View | None:
    """The actor's view of this request, or of its customer, that goes on; None where there is none."""
    if ask.actor.kind != "staff":
        return None
    row = await ask.row(_LIVE, ask.actor.id, request.id, request.customer_id, ask.at)
    return None if row is None else View(**row)


async def details(ask: Ask, request: Request) -> Details:
    """Open what is behind a request; Refusal FORBIDDEN to whom no view goes on."""
    if await live(ask, request) is None:
        raise Refusal(Code.FORBIDDEN, "Say first why you need to see this.", ("reason",))
    content, contact = await sealed.contents(ask, request.id)
    events = (await requests.events_of(ask, [request.id]))[request.id]
    said = await sealed.messages(ask, request.id, [each.id for each in events if each.has_message])
    customer_id = request.customer_id
    shown = await profiles.opened(ask, customer_id, request.organisation_id) if customer_id else None
    return Details(shown, content, contact, said)


async def alerts(ask: Ask, organisation_id: UUID) -> list[Alert]:
    """Who of an organisation's staff has looked at many details within an hour, of the last day's."""
    rows = await ask.rows(_MANY, organisation_id, ask.at - REMEMBERED, ALERT_AT)
    return [Alert(**row) for row in rows]


async def of_customers(ask: Ask, ids: list[UUID]) -> list[View]:
    """Who has looked at these customers' details, the latest first. Whoever calls has seen the customers."""
    return [View(**row) for row in await ask.rows(_OF, ids)]


def _staff(act: Act) -> UUID:
    if act.actor.kind != "staff" or act.actor.id is None:
        raise Refusal(Code.FORBIDDEN, "Only staff at the desk look at details this way.", ("reason",))
    return act.actor.id


def _role(actor: Actor) -> str:
    return Role.STAFF_ADMIN if Role.STAFF_ADMIN in actor.roles else Role.STAFF_CONDUCT
