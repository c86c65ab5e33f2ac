"""The clock of a stored request: its events reduced to days where the customer lives, and the law read for them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from hub.act import Act, Ask
from hub.errors import Code, Refusal, invalid
from hub.policy.values import Jurisdiction
from hub.rights import clocks, requests
from hub.rights.clocks import Clock, Dates
from hub.rights.counting import Pause
from hub.rights.law import RIGHTS
from hub.rights.requests import Event, Request
from hub.rights.states import State
from hub.rights.values import Identity, Kind

ZONES: Final[Mapping[Jurisdiction, ZoneInfo]] = {
    Jurisdiction.AU: ZoneInfo("Australia/Sydney"),
    Jurisdiction.UK: ZoneInfo("Europe/London"),
    Jurisdiction.ZA: ZoneInfo("Africa/Johannesburg"),
    Jurisdiction.MA: ZoneInfo("Africa/Casablanca"),
    Jurisdiction.EU: ZoneInfo("Europe/Brussels"),
    Jurisdiction.US_CA: ZoneInfo("America/Los_Angeles"),
}
"""Whose days count. Where a law covers several zones, the one in which most of its people live."""
OLDEST: Final = 366
"""How many days ago a request may have been received when it is entered."""

_DAYS = "UPDATE rights_request SET acknowledge_by = $2, due_on = $3 WHERE id = $1"


def offering(places: Iterable[str], kind: Kind, at: datetime) -> tuple[str, ...]:
    """Which of these give the right, the one whose time is shortest first; Refusal INVALID for none."""
    named = [Jurisdiction(each) for each in places]
    if not named:
        raise invalid("Where this customer lives is not on record: record it first.", "customer")
    giving = [place for place in named if RIGHTS[place, kind].is_offered]
    if not giving:
        clocks.clock(named, kind, Dates(at.date()))  # refuses, and says what is offered instead

    def last_day(place: Jurisdiction) -> tuple[date, int]:
        return clocks.clock([place], kind, Dates(at.date())).due or date.max, list(Jurisdiction).index(place)

    return tuple(sorted(giving, key=last_day))


def proof(place: str, kind: Kind, *, is_sensitive: bool) -> Identity:
    """How surely it must be known who asks, by what would come of a mistake."""
    checking = RIGHTS[Jurisdiction(place), kind].identity
    if checking is None:
        return Identity.HIGH
    return checking.sensitive if is_sensitive else checking.ordinary


def local_day(place: str, at: datetime) -> date:
    """The day that an instant falls on there."""
    return at.astimezone(ZONES[Jurisdiction(place)]).date()


def received_on(act: Act, place: str, given: date | None) -> date:
    """Check the day on which a request came; by default it is today, where the customer lives."""
    today = local_day(place, act.at)
    if given is None:
        return today
    if given > today:
        raise invalid("This day lies in the future, where the customer lives.", "received_on")
    if (today - given).days > OLDEST:
        raise invalid("This is more than a year ago: check the year.", "received_on")
    return given


def clock_of(request: Request, events: Sequence[Event], at: datetime) -> Clock:
    """Work the clock of a request as of an instant."""
    place = request.jurisdictions[0]
    dates = Dates(
        request.received_on,
        identity_on=_identity_on(place, request, events),
        clarifications=_clarifications(place, request.received_on, events, at),
        is_extended=request.extended_at is not None,
    )
    return clocks.clock([Jurisdiction(each) for each in request.jurisdictions], request.kind, dates)


async def clocks_of(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Clock]:
    """Work the clocks of many requests, from two statements."""
    found = await requests.by_ids(ask, ids)
    events = await requests.events_of(ask, list(found))
    return {key: clock_of(request, events[key], ask.at) for key, request in found.items()}


async def reckon(act: Act, request: Request) -> Request:
    """Write the days of a held request anew, after something that its clock depends on."""
    clock = (await clocks_of(act, [request.id]))[request.id]
    await act.execute(_DAYS, request.id, clock.acknowledge_by, clock.last_day)
    return await requests.read(act, request.id)


async def require_extension(act: Act, request: Request, reason: str) -> str:
    """Check that the law gives more time, for this reason, and that there is still time to say so."""
    clock = (await clocks_of(act, [request.id]))[request.id]
    if clock.extended_due is None or clock.due is None:
        raise Refusal(Code.CONFLICT, "No longer time is given for this request.", ("request",))
    reasons = sorted(_reasons(request))
    if reason not in reasons:
        raise invalid(f"More time is given for: {', '.join(reasons)}.", "reason")
    if local_day(request.jurisdictions[0], act.at) > clock.due:
        message = f"The customer had to be told by {clock.due}: the first period is over."
        raise Refusal(Code.CONFLICT, message, ("request",))
    return reason


def _reasons(request: Request) -> set[str]:
    """The reasons that each law with an extension accepts."""
    timings = [RIGHTS[Jurisdiction(place), request.kind].timing for place in request.jurisdictions]
    several = [set(each.extension.reasons) for each in timings if each is not None and each.extension]
    return {reason for reasons in several for reason in reasons if all(reason in each for each in several)}


def _identity_on(place: str, request: Request, events: Sequence[Event]) -> date | None:
    """The day on which it was known who asks, where that had been asked for."""
    was_asked = any(each.state is State.VERIFYING for each in events)
    if request.verified_at is None or not was_asked:
        return None
    return max(local_day(place, request.verified_at), request.received_on)


def _clarifications(place: str, received: date, events: Sequence[Event], at: datetime) -> tuple[Pause, ...]:
    """The stretches in which the customer was asked what is meant; one that is open lasts until now."""
    found: list[Pause] = []
    began: date | None = None
    for event in events:
        if event.kind == "PAUSED" and event.code == "CLARIFICATION":
            began = max(local_day(place, event.happened_at), received)
        elif began is not None and event.was is State.PAUSED:
            found.append(Pause(began, local_day(place, event.happened_at)))
            began = None
    if began is not None:
        found.append(Pause(began, max(began, local_day(place, at))))
    return tuple(found)
