"""A request that this visit has proved: what came of sending it, where it stands, a calendar file, taking it back.

Requests are named by their place in the visit, so no address holds a reference, and a reference alone opens nothing.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response

from hub.act import Act, Ask
from hub.actors import Operation
from hub.auth import attempts
from hub.errors import not_found
from hub.policy.values import Jurisdiction
from hub.rights import conduct, requests, sealed, timing
from hub.rights.effects import AT_ONCE
from hub.rights.law import PLACES
from hub.rights.requests import Event, Request
from hub.rights.states import FOLLOWS, State
from hub.rights.values import Kind
from portal import calendars
from portal.door import HEADERS, does, shows
from portal.journeys import NAMES
from portal.pages.answers import HOUR_SECONDS
from portal.reader import Page, Reader
from portal.wording import CATALOGUES, N_

ADDED_MOST: Final = 20
"""Messages an hour that are added to one request."""
COPIES: Final = frozenset({Kind.ACCESS, Kind.PORTABILITY})
RECEIVED, CHECKED, WORKED, READY, CLOSED = range(5)
REACHED: Final[Mapping[State, int]] = {
    State.RECEIVED: RECEIVED, State.VERIFYING: CHECKED, State.OPEN: WORKED, State.GATHERING: WORKED,
    State.DECIDING: WORKED, State.COOLING_OFF: WORKED, State.FULFILLING: READY, State.ANSWERED: CLOSED,
    State.PARTLY_ANSWERED: CLOSED, State.REFUSED: CLOSED, State.WITHDRAWN: CLOSED, State.EXPIRED: CLOSED,
}  # fmt: skip
DUE: Final = N_("%(house)s: a reply to your request %(reference)s is due")


async def show_request(reader: Reader) -> Page:
    """Show where a request stands."""
    async with reader.hub.ask(reader.actor, Operation.PORTAL_FOLLOW, locale=reader.language) as ask:
        request = await _read(reader, ask)
        events = (await requests.events_of(ask, [request.id], with_private=False))[request.id]
        said = await sealed.messages(ask, request.id, [each.id for each in events if each.has_message])
    return Page("request.html", _standing(reader, request, events, said))


status = shows(Operation.PORTAL_FOLLOW)(show_request)


@does(Operation.PORTAL_ASK, again=show_request)
async def add(reader: Reader) -> Response:
    """Add to the request, in the customer's words."""
    request_id = _own(reader)
    said = reader.form.text("add", N_("Write what you want to add"))
    await reader.spend(HOUR_SECONDS, attempts.purse(reader.hub, ADDED_MOST, "added", str(request_id)))

    async def make(act: Act) -> dict[str, Any]:
        await conduct.say(act, request_id, said, is_private=False)
        return {}

    await reader.once(Operation.PORTAL_ASK, make)
    return reader.go("requests", _number(reader))


@shows(Operation.PORTAL_FOLLOW)
async def done(reader: Reader) -> Page:
    """Say what came of sending it: what was done, what comes next, or what we need."""
    async with reader.hub.ask(reader.actor, Operation.PORTAL_FOLLOW, locale=reader.language) as ask:
        request = await _read(reader, ask)
    return Page("done.html", _standing(reader, request, [], {}))


@shows(Operation.PORTAL_FOLLOW)
async def due(reader: Reader) -> Response:
    """Hand out the day of the reply as a calendar file."""
    async with reader.hub.ask(reader.actor, Operation.PORTAL_FOLLOW, locale=reader.language) as ask:
        request = await _read(reader, ask)
        if request.due_on is None:
            raise not_found("due date")
        title = CATALOGUES[reader.language].gettext(DUE)
        said = title % {"house": reader.house.name, "reference": request.reference}
        text = calendars.day(str(request.id), request.due_on, said, reader.house.contact, ask.at)
    headers = {**HEADERS, "content-disposition": f'attachment; filename="{request.reference}.ics"'}
    return Response(text, headers=headers, media_type="text/calendar")


async def show_withdraw(reader: Reader) -> Page | Response:
    """Ask whether the request is to be taken back."""
    async with reader.hub.ask(reader.actor, Operation.PORTAL_FOLLOW, locale=reader.language) as ask:
        request = await _read(reader, ask)
    if not _may_withdraw(request):
        return reader.go("requests", _number(reader))
    return Page("withdraw.html", {"request": request, "number": _number(reader), "names": NAMES})


withdrawal = shows(Operation.PORTAL_FOLLOW)(show_withdraw)


@does(Operation.PORTAL_ASK, again=show_withdraw)
async def withdraw(reader: Reader) -> Response:
    """Take the request back."""
    request_id = _own(reader)

    async def make(act: Act) -> dict[str, Any]:
        await conduct.withdraw(act, request_id)
        return {}

    await reader.once(Operation.PORTAL_ASK, make)
    return reader.go("requests", _number(reader))


def _number(reader: Reader) -> int:
    """The place of the request in this visit; Refusal NOT_FOUND for what is none."""
    said: str = reader.request.path_params["number"]
    if said not in {str(place) for place in range(1, len(_proved(reader)) + 1)}:
        raise not_found("request")
    return int(said)


def _proved(reader: Reader) -> list[str]:
    return reader.typed.get("requests", [])


def _own(reader: Reader) -> UUID:
    return UUID(_proved(reader)[_number(reader) - 1])


async def _read(reader: Reader, ask: Ask) -> Request:
    return await requests.read(ask, _own(reader))


def _standing(
    reader: Reader, request: Request, events: list[Event], said: Mapping[UUID, str]
) -> dict[str, Any]:
    place = request.jurisdictions[0]
    state = request.resumes_to or request.state
    reached = REACHED[state]
    messages = [
        (timing.local_day(place, each.happened_at), said[each.id], each.actor_kind == reader.actor.kind)
        for each in events
        if each.id in said
    ]
    return {
        "request": request, "number": _number(reader), "names": NAMES, "messages": messages, "reached": reached,
        "is_copy": request.kind in COPIES, "is_at_once": request.kind in AT_ONCE,
        "may_withdraw": _may_withdraw(request), "journey": _journey(request.kind),
        "received": _day(place, request.opened_at), "checked": _day(place, request.verified_at),
        "closed": _day(place, request.closed_at), "regulators": PLACES[Jurisdiction(place)].regulators,
    }  # fmt: skip


def _day(place: str, at: datetime | None) -> date | None:
    return at and timing.local_day(place, at)


def _may_withdraw(request: Request) -> bool:
    return State.WITHDRAWN in FOLLOWS[request.state]


def _journey(kind: Kind) -> str:
    """Where such a request begins, for whoever tries it with another address."""
    known = {
        Kind.ACCESS: "copy",
        Kind.RECTIFICATION: "fix",
        Kind.OBJECTION: "object",
        Kind.COMPLAINT: "complain",
    }
    return known.get(kind, "stop")
