"""The clock of a rights request: until when to confirm, to answer, and to answer at the latest, worked step by step.

Pure: it reads no clock and no database. All days are local days of the customer's jurisdiction: whoever holds an
instant reduces it to the day it was there. Where a customer has several jurisdictions, each is worked and the
earliest day counts.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from hub.errors import Refusal, invalid
from hub.policy.values import Jurisdiction
from hub.rights.counting import Pause
from hub.rights.dates import Clock, Dates, Step, written
from hub.rights.law import PLACES, RIGHTS
from hub.rights.values import Kind
from hub.rights.working import work

__all__ = ["Clock", "Dates", "Pause", "Step", "clock"]

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2099
"""Calendars of holidays reach one year further, so that what is received in the last year can be due in the next."""


def clock(jurisdictions: Collection[Jurisdiction], kind: Kind, dates: Dates) -> Clock:
    """Work the clock of a request; Refusal INVALID for impossible days, or a right that exists in none of these.

    Jurisdictions that do not have the right are left out where another has it.
    """
    _check(dates)
    offering = [place for place in Jurisdiction if place in jurisdictions and RIGHTS[place, kind].is_offered]
    if not offering:
        raise _not_offered(jurisdictions, kind)
    clocks = [work(RIGHTS[place, kind], dates) for place in offering]
    return clocks[0] if len(clocks) == 1 else _earliest(clocks)


# --- several laws ----------------------------------------------------------------------------------------------------


def _earliest(clocks: Sequence[Clock]) -> Clock:
    """Join clocks: of each day the earliest counts, and an extension reaches only as far as every law lets it."""
    due, last = (
        _first(clocks, lambda each: each.due),
        _first(clocks, lambda each: each.extended_due or each.due),
    )
    told = [replace(step, text=f"{_names(each)}: {step.text}") for each in clocks for step in each.steps]
    return replace(
        clocks[0],
        jurisdictions=tuple(place for each in clocks for place in each.jurisdictions),
        acknowledge_by=_first(clocks, lambda each: each.acknowledge_by),
        due=due,
        extended_due=last if last != due else None,
        aim_for=_first(clocks, lambda each: each.aim_for),
        steps=(*told, _joining(clocks, due)),
    )


def _first(clocks: Iterable[Clock], of: Callable[[Clock], date | None]) -> date | None:
    return min((day for each in clocks if (day := of(each))), default=None)


def _joining(clocks: Iterable[Clock], due: date | None) -> Step:
    day = f"the last day is {written(due)}" if due else "no law names a last day"
    deciding = " and ".join(_names(each) for each in clocks if each.due == due)
    return Step(
        "several",
        f"Several laws protect this customer, and the earliest day counts: {day}, by that of {deciding}.",
        "house rule: every law is kept, so the strictest decides",
    )


def _names(each: Clock) -> str:
    return " and ".join(PLACES[place].name for place in each.jurisdictions)


# --- what cannot be --------------------------------------------------------------------------------------------------


def _check(dates: Dates) -> None:
    received = dates.received_on
    if not FIRST_YEAR <= received.year <= LAST_YEAR:
        raise invalid(f"Choose a day from {FIRST_YEAR} to {LAST_YEAR}.", "received")
    if dates.identity_on and dates.identity_on < received:
        raise invalid("Proof of identity cannot have come before the request it is for.", "identity_received")
    if dates.fee_on and dates.fee_on < received:
        raise invalid("A fee cannot have come before the request it is for.", "fee_received")
    for pause in dates.clarifications:
        _check_pause(pause, received)
    for name, day in _others(dates):
        if day.year > LAST_YEAR:
            raise invalid(f"Choose a day up to {LAST_YEAR}.", name)


def _check_pause(pause: Pause, received: date) -> None:
    if pause.ended_on < pause.began_on:
        raise invalid("A clarification cannot be answered before it is asked for.", "clarification")
    if pause.began_on < received:
        raise invalid("A clarification cannot be asked for before the request is here.", "clarification")


def _others(dates: Dates) -> Iterator[tuple[str, date]]:
    if dates.identity_on:
        yield "identity_received", dates.identity_on
    if dates.fee_on:
        yield "fee_received", dates.fee_on
    for pause in dates.clarifications:
        yield "clarification", pause.ended_on


def _not_offered(jurisdictions: Collection[Jurisdiction], kind: Kind) -> Refusal:
    rights = [RIGHTS[place, kind] for place in Jurisdiction if place in jurisdictions]
    if not rights:
        return invalid("Name a jurisdiction.", "jurisdiction")
    said = "; ".join(
        f"{PLACES[right.jurisdiction].name} does not offer {kind.lower()} ({right.cites})" for right in rights
    )
    instead = rights[0].instead
    advice = f" Take it in as {instead.lower()}." if instead else ""
    return invalid(f"{said}.{advice}", "kind")
