"""How a customer stands, replayed from events in plain Python: the yardstick for the database's projection.

Nothing here is taken from the SQL. Of events of one instant the restrictive one counts.
"""

from calendar import monthrange
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

RESTRICTIVE_FIRST = {
    "RELATIONSHIP": ["CLOSED", "NONE", "NEGOTIATING", "ACTIVE"],
    "AGE": ["UNDER_13", "AGE_13", "AGE_14", "AGE_15", "AGE_16_17", "ADULT"],
    "RESTRICTION": ["ON", "OFF"],
    "HOLD": ["ON", "OFF"],
}
PLACES = ["JURISDICTION_BEGAN", "JURISDICTION_ENDED"]  # where two of one instant contradict, the law applies
SOURCES = ["THIRD_PARTY", "PUBLIC", "CUSTOMER"]
ACTIONS = ["UPHELD", "PENDING", "OPTED_OUT", "REFUSED", "WITHDRAWN", "OVERRULED", "OPTED_IN", "GIVEN"]
TURNS_MOST = 7
GRADES = ["GIVEN", "EXPLICIT", "GUARDIAN"]  # the weaker first: what the weaker allows, the stronger does too
OURS_TO_SAY = {"ASKED", "UPHELD", "OVERRULED"}


@dataclass(frozen=True)
class Event:
    """One row of an event table. organisation None: towards all."""

    table: str
    id: UUID
    customer: UUID
    organisation: UUID | None
    at: datetime
    values: dict[str, Any] = field(hash=False)
    is_reversed: bool = False


def replay(events: Iterable[Event], customer: UUID) -> dict[UUID, list[dict[str, Any]]]:
    """List, for each organisation, a customer's versions, each with its `from` and `to` (None: still)."""
    own = [event for event in events if event.customer == customer]
    versions: dict[UUID, list[dict[str, Any]]] = {}
    for organisation in {event.organisation for event in own if event.organisation}:
        bearing = [event for event in own if event.organisation in {organisation, None}]
        met = min(event.at for event in own if event.organisation == organisation)
        instants = sorted({at for event in bearing for at in turns(event) if at >= met})
        ends: list[datetime | None] = [*instants[1:], None]
        versions[organisation] = [
            {"from": at, "to": end, **stand([event for event in bearing if event.at <= at], at)}
            for at, end in zip(instants, ends, strict=True)
        ]
    return versions


def turns(event: Event) -> list[datetime]:
    """The instants of an event: when it happened, and when the version of a collection was shown later."""
    shown = event.values.get("shown_at")
    return [event.at] if shown is None or shown <= event.at else [event.at, shown]


def stand(past: list[Event], at: datetime) -> dict[str, Any]:
    """How the customer stands at an instant, after these events."""
    told = [event for event in past if event.table == "customer_event"]
    counted = [
        shown_in_time(event, at) for event in past if event.table == "collection" and not event.is_reversed
    ]
    relationship = last_told(told, "RELATIONSHIP")
    contact_at = max((event.at for event in past if is_contact(event)), default=None)
    checks = last_checks(past)
    days, holding = held(intakes(counted), deliveries(past))
    return {
        "jurisdictions": in_force(told),
        "relationship": relationship.values["value"] if relationship else "NONE",
        "kept_from": kept_from(relationship, contact_at, [event.at for event in intakes(counted).values()]),
        "age": value_of(last_told(told, "AGE"), "ADULT"),
        "restricted": value_of(last_told(told, "RESTRICTION"), "OFF") == "ON",
        "held": value_of(last_told(told, "HOLD"), "OFF") == "ON",
        "erased": any(event.values["aspect"] == "ERASURE" for event in told),
        "contact_at": contact_at,
        "registries": [
            f"{place}:{'LISTED' if event.values['listed'] else 'FREE'}" for place, event in checks
        ],
        "checked_at": [event.at for _, event in checks],
        "collected_on": days,
        "holding": holding,
        "said": said(past, woken_at(past)),
    }


def shown_in_time(event: Event, at: datetime) -> Event:
    """A collection as it is read at an instant: a version that is shown later, or too late, was not shown with it."""
    shown = event.values.get("shown_at")
    if shown is None or shown <= min(at, event.at + timedelta(days=30)):
        return event
    return replace(event, values={**event.values, "is_late": True})


def kept_from(
    related: Event | None, contact_at: datetime | None, collected: list[datetime]
) -> datetime | None:
    """What retention counts from: the closing, or a prospect's last contact; nothing while the account is active."""
    if related is not None and related.values["value"] in {"ACTIVE", "CLOSED"}:
        return related.at if related.values["value"] == "CLOSED" else None
    known = [at for at in (contact_at, related.at if related else None) if at is not None]
    return max(known or collected, default=None)


def last_checks(past: list[Event]) -> list[tuple[Any, Event]]:
    found = latest(
        (event for event in past if event.table == "registry_check"),
        lambda event: event.values["jurisdiction"],
        lambda event: not event.values["listed"],
    )
    return sorted(found.items())  # type: ignore[type-var]


def held(came: dict[Any, Event], told: dict[Any, Event]) -> tuple[list[Any], dict[str, Any]]:
    """The days on which what is held came in, and the holding: slots and ranks in the place of instants."""
    days = sorted({event.at.date() for event in came.values()})
    instants = sorted({event.at for event in told.values()})
    intake = [
        [
            str(category), event.values["source"], text(shown_version(event)),
            text(governing(event, told)), event.values["optout_offered"], days.index(event.at.date()) + 1,
        ]
        for category, event in sorted(came.items())
    ]  # fmt: skip
    ranked = sorted((instants.index(event.at) + 1, str(version)) for version, event in told.items())
    return days, {"intake": intake, "told": [[version, rank] for rank, version in ranked]}


def governing(event: Event, told: dict[Any, Event]) -> UUID | None:
    """The version under which Australia reads a collection."""
    if (shown := shown_version(event)) is not None:
        return shown
    before = sorted((-one.at.timestamp(), version) for version, one in told.items() if one.at <= event.at)
    soon = sorted(
        (one.at, version) for version, one in told.items() if one.at <= event.at + timedelta(days=30)
    )
    return next((version for _, version in [*before, *soon]), None)


def shown_version(event: Event) -> UUID | None:
    return None if event.values.get("is_late") else event.values["notice_version_id"]


def text(value: UUID | None) -> str | None:
    return None if value is None else str(value)


def woken_at(past: list[Event]) -> datetime | None:
    """The last contact that ended a silence of 24 months."""
    contacts = sorted({event.at for event in past if is_contact(event)})
    woken = [later for earlier, later in pairwise(contacts) if months_after(earlier, 24) <= later.date()]
    return max(woken, default=None)


def months_after(at: datetime, months: int) -> date:
    """The same day of a later month, or its last."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    return date(year, month + 1, min(at.day, monthrange(year, month + 1)[1]))


def said(
    past: list[Event], woken: datetime | None
) -> dict[UUID | None, tuple[list[Any], list[datetime], bool]]:
    """Per purpose (None: all): its last words, the instants they turn on (more than seven: the first, and True)."""
    words = [event for event in past if event.table == "choice" and event.values["action"] != "ASKED"]
    last = latest(words, scope, how_little).values()
    found: dict[UUID | None, tuple[list[Any], list[datetime], bool]] = {}
    for purpose in {event.values["purpose_id"] for event in last}:
        heard = [event for event in last if event.values["purpose_id"] in {None, purpose}]
        ranks = sorted({event.at for event in heard})
        lapses = sorted({at for event in heard if (at := lapse(event, woken)) is not None})
        content = [
            [
                ranks.index(event.at) + 1, event.values["kind"], event.values["purpose_id"] is not None,
                event.values["channel"], text(event.values["recipient_id"]), event.values["action"],
                event.values["grade"], timed(event, woken),
                lapses.index(at) + 1 if (at := lapse(event, woken)) else None,
            ]
            for event in heard
        ]  # fmt: skip
        found[purpose] = (
            sorted(content, key=repr),
            lapses if len(lapses) <= TURNS_MOST else lapses[:1],
            len(lapses) > TURNS_MOST,
        )
    return found


def how_little(event: Event) -> tuple[Any, ...]:
    """Order words of one instant and scope: a no before a yes, a weak yes before a strong, a short before a long."""
    grade, ends = event.values["grade"], event.values.get("ends_at")
    return (
        ACTIONS.index(event.values["action"]),
        GRADES.index(grade) if grade else len(GRADES),
        ends is None,
        ends,
        event.id,
    )


def timed(event: Event, woken: datetime | None) -> str | None:
    if event.values["action"] != "GIVEN":
        return None
    if event.values.get("ends_at") is not None:
        return "ENDS"
    is_consent = event.values["kind"] == "CONSENT"
    if is_consent and woken is not None and event.at < woken:
        return "OVER"
    is_call = is_consent and event.values["channel"] in {"PHONE", "AUTO_CALL"}
    return "CALL" if is_call else None


def lapse(event: Event, woken: datetime | None) -> datetime | None:
    return {"ENDS": event.values.get("ends_at"), "CALL": event.at}.get(timed(event, woken) or "")


def latest(
    events: Iterable[Event], key: Callable[[Event], Hashable], rank: Callable[[Event], Any]
) -> dict[Hashable, Event]:
    """Pick the last event of each key; of one instant the one of the lowest rank."""
    found: dict[Hashable, Event] = {}
    for event in events:
        other = found.get(key(event))
        if other is None or event.at > other.at or (event.at == other.at and rank(event) < rank(other)):
            found[key(event)] = event
    return found


def last_told(told: list[Event], aspect: str) -> Event | None:
    order = RESTRICTIVE_FIRST[aspect]
    of_aspect = [event for event in told if event.values["aspect"] == aspect]
    return latest(of_aspect, lambda _: aspect, lambda event: order.index(event.values["value"])).get(aspect)


def value_of(event: Event | None, default: str) -> str:
    return event.values["value"] if event else default


def in_force(told: list[Event]) -> list[str]:
    moves = [event for event in told if event.values["aspect"] in PLACES]
    last = latest(
        moves, lambda event: event.values["value"], lambda event: PLACES.index(event.values["aspect"])
    )
    return sorted(event.values["value"] for event in last.values() if event.values["aspect"] == PLACES[0])


def is_contact(event: Event) -> bool:
    match event.table:
        case "customer_event":
            return event.values["aspect"] == "CONTACT"
        case "collection":
            return event.values["source"] == "CUSTOMER" and not event.is_reversed
        case "choice":
            return event.values["kind"] != "SIGNAL" and event.values["action"] not in OURS_TO_SAY
        case _:
            return False


def intakes(counted: list[Event]) -> dict[Any, Event]:
    by_category = [
        Event(
            event.table,
            event.id,
            event.customer,
            event.organisation,
            event.at,
            {**event.values, "category": category},
        )
        for event in counted
        for category in event.values["categories"]
    ]

    def rank(event: Event) -> Any:
        version = shown_version(event)
        source = SOURCES.index(event.values["source"])
        return version is not None, version or UUID(int=0), source, event.values["optout_offered"], event.id

    return latest(by_category, lambda event: event.values["category"], rank)


def deliveries(past: list[Event]) -> dict[Any, Event]:
    first: dict[Any, Event] = {}
    for event in sorted(
        (event for event in past if event.table == "delivery" and not event.is_reversed),
        key=lambda event: (event.at, event.id),
    ):
        first.setdefault(event.values["notice_version_id"], event)
    return first


def scope(event: Event) -> Hashable:
    return tuple(event.values[name] for name in ("kind", "purpose_id", "channel", "recipient_id"))
