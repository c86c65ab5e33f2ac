"""A request that this visit has proved: what came of sending it, where it stands, a calendar file, taking it back.

Requests are named by their place in the visit, so no address holds a reference, and a reference alone opens nothing.
Those of a customer who is signed in are named by their id, which is worth nothing to anybody else.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response

from hub import disputes
from hub.act import Act, Ask
from hub.actors import Actor, Operation
from hub.auth import attempts
from hub.errors import not_found
from hub.policy.values import Jurisdiction
from hub.rights import (
    appealing,
    conduct,
    disputing,
    packages,
    proving,
    reasons,
    remains,
    requests,
    sealed,
    steps,
    telling,
    timing,
)
from hub.rights.effects import AT_ONCE
from hub.rights.law import PLACES
from hub.rights.outcomes import Step, StepKind, StepState
from hub.rights.packages import Access
from hub.rights.requests import Event, Request
from hub.rights.states import FOLLOWS, State
from hub.rights.telling import Heard
from hub.rights.values import Kind
from portal import calendars
from portal.door import HEADERS, does, shows
from portal.journeys import NAMES
from portal.pages.answers import HOUR_SECONDS
from portal.reader import Page, Reader
from portal.steps import shown
from portal.tags import tag_of
from portal.wording import CATALOGUES, N_

ADDED_MOST: Final = 20
"""Messages an hour that are added to one request."""
OURS: Final = frozenset({"portal", "customer"})
"""Who writes at the portal: the customer, signed in or not."""
COPIES: Final = frozenset({Kind.ACCESS, Kind.PORTABILITY})
RECEIVED, CHECKED, WORKED, READY, CLOSED = range(5)
REACHED: Final[Mapping[State, int]] = {
    State.RECEIVED: RECEIVED, State.VERIFYING: CHECKED, State.OPEN: WORKED, State.GATHERING: WORKED,
    State.DECIDING: WORKED, State.COOLING_OFF: WORKED, State.FULFILLING: READY, State.ANSWERED: CLOSED,
    State.PARTLY_ANSWERED: CLOSED, State.REFUSED: CLOSED, State.WITHDRAWN: CLOSED, State.EXPIRED: CLOSED,
    State.LIFTING: CLOSED, State.LIFTED: CLOSED,
}  # fmt: skip
DUE: Final = N_("%(house)s: a reply to your request %(reference)s is due")


async def show_request(reader: Reader) -> Page:
    """Show where a request stands."""
    async with following(reader) as (ask, request):
        events = (await requests.events_of(ask, [request.id], with_private=False))[request.id]
        said = await sealed.messages(ask, request.id, [each.id for each in events if each.has_message])
        done = await steps.of(ask, request.id)
        heard = (await telling.of_many(ask, [request.id]))[request.id]
        around = await _around(ask, request)
        today = timing.local_day(request.jurisdictions[0], ask.at)
    zone = timing.zone(request.jurisdictions[0])
    given = {
        **_standing(reader, request, events, said), "steps": shown(done, zone, heard), "tag": tag_of(request),
        "cools_until": request.cools_until and request.cools_until.astimezone(zone),
        **_outcome(reader, request, done, heard), **around, "is_own": own(reader)[1].kind == "customer",
        "is_late": not request.is_ended and request.due_on is not None and request.due_on < today,
        "ground": request.ground and reasons.reason(request.ground, reader.language).customer,
    }  # fmt: skip
    return Page("request.html", given)


async def _around(ask: Ask, request: Request) -> dict[str, Any]:
    """What belongs to a request: its copy, what it complains about, and what can still be done with it."""
    copy = await packages.of(ask, request.id)
    about = (await appealing.about_of(ask, [request.id])).get(request.id)
    complained = (await requests.by_ids(ask, [about])).get(about) if about else None
    return {
        "has_copy": copy is not None and copy.state is Access.RELEASED,
        "about": complained and complained.reference,
        "may_appeal": may_appeal(request, ask),
        "may_note": disputing.may_dispute(request) and not await disputes.is_there(ask, request.id),
    }


def may_appeal(request: Request, ask: Ask) -> bool:
    """Whether it can be complained about from its page: there is cause, and its customer is not erased."""
    is_erased = request.kind is Kind.DELETION and request.state is State.PARTLY_ANSWERED
    return appealing.may_appeal(request, ask) and request.customer_id is not None and not is_erased


def _outcome(
    reader: Reader, request: Request, done: Sequence[Step], heard: Mapping[UUID, Heard]
) -> dict[str, Any]:
    """What stays and who was told, in the reader's language; whether a certificate says it all."""
    found = remains.outcome(done, heard)
    return {
        "stays": [remains.stays_in_words(each, reader.language) for each in found.stays],
        "undone": remains.undone_in_words(found, reader.language) if request.is_ended else [],
        "told": [remains.answer_in_words(each, reader.language) for each in found.recipients],
        "is_certified": request.kind is Kind.DELETION and request.is_ended and any(
            each.kind is StepKind.HUB and each.state is StepState.DONE for each in done),
    }  # fmt: skip


status = shows(Operation.PORTAL_FOLLOW)(show_request)


@does(Operation.PORTAL_ASK, again=show_request)
async def add(reader: Reader) -> Response:
    """Add to the request, in the customer's words."""
    request_id, actor = own(reader)
    said = reader.form.text("add", N_("Write what you want to add"))
    await reader.spend(HOUR_SECONDS, attempts.purse(reader.hub, ADDED_MOST, "added", str(request_id)))

    async def make(act: Act) -> dict[str, Any]:
        await conduct.say(act, request_id, said, is_private=False)
        return {}

    await reader.once(Operation.PORTAL_ASK, make, actor)
    return reader.go("requests", number_of(reader))


@shows(Operation.PORTAL_FOLLOW)
async def done(reader: Reader) -> Page:
    """Say what came of sending it: what was done, what comes next, or what we need."""
    async with following(reader) as (_, request):
        return Page("done.html", _standing(reader, request, [], {}))


@shows(Operation.PORTAL_FOLLOW)
async def due(reader: Reader) -> Response:
    """Hand out the day of the reply as a calendar file."""
    async with following(reader) as (ask, request):
        if request.due_on is None:
            raise not_found("due date")
        title = CATALOGUES[reader.language].gettext(DUE)
        said = title % {"house": reader.house.name, "reference": request.reference}
        text = calendars.day(str(request.id), request.due_on, said, reader.house.contact, ask.at)
    headers = {**HEADERS, "content-disposition": f'attachment; filename="{request.reference}.ics"'}
    return Response(text, headers=headers, media_type="text/calendar")


async def show_withdraw(reader: Reader) -> Page | Response:
    """Ask whether the request is to be taken back."""
    async with following(reader) as (_, request):
        if not _may_withdraw(request):
            return reader.go("requests", number_of(reader))
        return Page("withdraw.html", {"request": request, "number": number_of(reader), "names": NAMES})


withdrawal = shows(Operation.PORTAL_FOLLOW)(show_withdraw)


@does(Operation.PORTAL_ASK, again=show_withdraw)
async def withdraw(reader: Reader) -> Response:
    """Take the request back."""
    request_id, actor = own(reader)

    async def make(act: Act) -> dict[str, Any]:
        await conduct.withdraw(act, request_id)
        return {}

    await reader.once(Operation.PORTAL_ASK, make, actor)
    return reader.go("requests", number_of(reader))


def number_of(reader: Reader) -> str:
    """How an address of this portal names the request."""
    return reader.request.path_params["number"]


def own(reader: Reader) -> tuple[UUID, Actor]:
    """The request that an address names, and as whom it is followed; Refusal NOT_FOUND for none of theirs."""
    said, proved = number_of(reader), reader.typed.get("requests", [])
    if said in {str(place) for place in range(1, len(proved) + 1)}:
        return UUID(proved[int(said) - 1]), reader.visitor
    try:
        if reader.is_signed_in:
            return UUID(said), reader.actor
    except ValueError:
        pass
    raise not_found("request")


@asynccontextmanager
async def following(reader: Reader) -> AsyncGenerator[tuple[Ask, Request]]:
    """Read the request that an address names; NOT_FOUND for another's."""
    request_id, actor = own(reader)
    async with reader.hub.ask(actor, Operation.PORTAL_FOLLOW, locale=reader.language) as ask:
        yield ask, await requests.read(ask, request_id)


def _standing(
    reader: Reader, request: Request, events: list[Event], said: Mapping[UUID, str]
) -> dict[str, Any]:
    place = request.jurisdictions[0]
    state = request.resumes_to or request.state
    reached = REACHED[state]
    messages = [
        (timing.local_day(place, each.happened_at), said[each.id], each.actor_kind in OURS)
        for each in events
        if each.id in said
    ]
    return {
        "request": request, "number": number_of(reader), "names": NAMES, "messages": messages, "reached": reached,
        "is_copy": request.kind in COPIES, "is_at_once": request.kind in AT_ONCE,
        "may_identify": proving.may_identify(request), "may_withdraw": _may_withdraw(request),
        "journey": _journey(request.kind),
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
        Kind.PORTABILITY: "copy",
        Kind.OBJECTION: "object",
        Kind.EXPLANATION: "explain",
        Kind.COMPLAINT: "complain",
    }
    return known.get(kind, "stop")
