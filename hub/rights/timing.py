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
from hub.rights.law import RIGHTS, Timing
from hub.rights.requests import Event, Request
from hub.rights.states import State, Waiting
from hub.rights.values import Identity, Kind, Start

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

_DAYS = (
    f"UPDATE rights_request SET acknowledge_by = $2, due_on = $3 WHERE id = $1 RETURNING {requests.COLUMNS}"  # noqa: S608 - names of ours
)

_WAITING = """
    SELECT id FROM rights_request WHERE state = 'PAUSED' AND verified_at IS NOT NULL AND due_on IS NOT NULL
        AND waiting_for = ANY ($1) AND id > $2 ORDER BY id LIMIT $3
"""
WAITING_AT_A_TIME: Final = 500
_STARTING: Final = (Waiting.CLARIFICATION, Waiting.IDENTITY, Waiting.FEE)
"""For what a law's time may wait."""


def zone(place: str | None) -> ZoneInfo:
    """Whose hours are shown to somebody who lives there; those of Greenwich where that is not known."""
    return ZONES[Jurisdiction(place)] if place else ZoneInfo("UTC")


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
    asked = _waits(place, request.received_on, events, at)
    fees = [each.ended_on for each in asked[Waiting.FEE]]
    dates = Dates(
        request.received_on,
        identity_on=_identity_on(place, request, events, asked[Waiting.IDENTITY]),
        fee_on=max(fees, default=None),
        clarifications=tuple(asked[Waiting.CLARIFICATION]),
        is_extended=request.extended_at is not None,
    )
    return clocks.clock([Jurisdiction(each) for each in request.jurisdictions], request.kind, dates)


async def clocks_of(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Clock]:
    """Work the clocks of many requests, from two statements."""
    found = await requests.by_ids(ask, ids)
    events = await requests.events_of(ask, list(found))
    return {key: clock_of(request, events[key], ask.at) for key, request in found.items()}


def stopping() -> list[str]:
    """For what the law's time waits, as `UK ACCESS FEE`; for anything else that a request waits for it goes on."""
    return [
        f"{place} {kind} {waiting}"
        for (place, kind), right in RIGHTS.items()
        for waiting in _STARTING
        if right.timing is not None and _waits_for(right.timing, waiting)
    ]


def _waits_for(timing: Timing, waiting: Waiting) -> bool:
    if waiting is Waiting.CLARIFICATION:
        return timing.pauses_cites is not None
    return Start(waiting.value) in timing.starts


async def behind(ask: Ask, after: UUID) -> tuple[list[UUID], UUID | None]:
    """Find requests that wait and whose last day has moved on meanwhile; also after which id there may be more."""
    rows = await ask.rows(_WAITING, list(_STARTING), after, WAITING_AT_A_TIME)
    found = await requests.by_ids(ask, [row["id"] for row in rows])
    clocks_now = await clocks_of(ask, list(found))
    moved = [key for key, request in found.items() if clocks_now[key].last_day != request.due_on]
    return moved, rows[-1]["id"] if len(rows) == WAITING_AT_A_TIME else None


async def catch_up(act: Act, request_id: UUID) -> None:
    """Write the days of a request that waits as they stand today."""
    request = await reckon(act, await requests.hold_request(act, request_id))
    await act.record("request.reckoned", request.customer_id, request=request.id, due_on=request.due_on)


async def reckon(act: Act, request: Request) -> Request:
    """Write the days of a held request anew, after something that its clock depends on."""
    events = (await requests.events_of(act, [request.id]))[request.id]
    clock = clock_of(request, events, act.at)
    (row,) = await act.rows(_DAYS, request.id, clock.acknowledge_by, clock.last_day)
    return requests.stored(row)


async def require_extension(act: Act, request: Request, reason: str) -> str:
    """Check that the law gives more time, for this reason, and that there is still time to say so."""
    clock = (await clocks_of(act, [request.id]))[request.id]
    if clock.extended_due is None or clock.due is None:
        raise Refusal(Code.CONFLICT, "No longer time is given for this request.", ("request",))
    reasons = sorted(extension_reasons(request))
    if reason not in reasons:
        raise invalid(f"More time is given for: {', '.join(reasons)}.", "reason")
    if local_day(request.jurisdictions[0], act.at) > clock.due:
        message = f"The customer had to be told by {clock.due}: the first period is over."
        raise Refusal(Code.CONFLICT, message, ("request",))
    return reason


def extension_reasons(request: Request) -> set[str]:
    """Why more time is given: the reasons that each law with an extension accepts."""
    timings = [RIGHTS[Jurisdiction(place), request.kind].timing for place in request.jurisdictions]
    several = [set(each.extension.reasons) for each in timings if each is not None and each.extension]
    return {reason for reasons in several for reason in reasons if all(reason in each for each in several)}


def _identity_on(
    place: str, request: Request, events: Sequence[Event], asked: Sequence[Pause]
) -> date | None:
    """The day on which it was known who asks, where that had been asked for; also once more, of who was known."""
    if request.verified_at is None:
        return None
    known = max(local_day(place, request.verified_at), request.received_on)
    was_asked = any(each.state is State.VERIFYING for each in events)
    return max([*([known] if was_asked else []), *(each.ended_on for each in asked)], default=None)


def _waits(place: str, received: date, events: Sequence[Event], at: datetime) -> dict[Waiting, list[Pause]]:
    """The stretches in which we waited for what a clock may wait for; one that is open lasts until now."""
    found: dict[Waiting, list[Pause]] = {each: [] for each in _STARTING}
    began: tuple[Waiting, date] | None = None
    for event in events:
        if began is not None and event.was is State.PAUSED:
            found[began[0]].append(Pause(began[1], local_day(place, event.happened_at)))
            began = None
        if event.kind == "PAUSED" and event.code in found:
            began = Waiting(event.code), max(local_day(place, event.happened_at), received)
    if began is not None:
        found[began[0]].append(Pause(began[1], max(began[1], local_day(place, at))))
    return found
