"""How a customer stands, replayed from events in plain Python: the yardstick for the database's projection.

Nothing here is taken from the SQL. Of events of one instant the restrictive one counts.
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
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
        instants = sorted({event.at for event in bearing})
        ends: list[datetime | None] = [*instants[1:], None]
        versions[organisation] = [
            {"from": at, "to": end, **stand([event for event in bearing if event.at <= at])}
            for at, end in zip(instants, ends, strict=True)
        ]
    return versions


def stand(past: list[Event]) -> dict[str, Any]:
    """How the customer stands after these events."""
    told = [event for event in past if event.table == "customer_event"]
    counted = [event for event in past if event.table == "collection" and not event.is_reversed]
    words = [event for event in past if event.table == "choice" and event.values["action"] != "ASKED"]
    relationship = last_told(told, "RELATIONSHIP")
    return {
        "jurisdictions": in_force(told),
        "relationship": relationship.values["value"] if relationship else "NONE",
        "relationship_at": relationship.at if relationship else None,
        "age": value_of(last_told(told, "AGE"), "ADULT"),
        "restricted": value_of(last_told(told, "RESTRICTION"), "OFF") == "ON",
        "held": value_of(last_told(told, "HOLD"), "OFF") == "ON",
        "erased": any(event.values["aspect"] == "ERASURE" for event in told),
        "contact_at": max((event.at for event in past if is_contact(event)), default=None),
        "collections": intakes(counted),
        "deliveries": deliveries(past),
        "choices": {
            key: (event.id, event.at, event.values["action"])
            for key, event in latest(
                words, scope, lambda event: (ACTIONS.index(event.values["action"]), event.id)
            ).items()
        },
        "registries": {
            key: (event.values["listed"], event.at)
            for key, event in latest(
                (event for event in past if event.table == "registry_check"),
                lambda event: event.values["jurisdiction"],
                lambda event: not event.values["listed"],
            ).items()
        },
    }


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


def intakes(counted: list[Event]) -> dict[Hashable, Any]:
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
        version = event.values["notice_version_id"]
        source = SOURCES.index(event.values["source"])
        return version is not None, version or UUID(int=0), source, event.values["optout_offered"], event.id

    return {
        key: (
            event.id,
            event.values["source"],
            event.at,
            event.values["notice_version_id"],
            event.values["optout_offered"],
        )
        for key, event in latest(by_category, lambda event: event.values["category"], rank).items()
    }


def deliveries(past: list[Event]) -> dict[Hashable, Any]:
    first: dict[Hashable, Any] = {}
    for event in sorted(
        (event for event in past if event.table == "delivery" and not event.is_reversed),
        key=lambda event: (event.at, event.id),
    ):
        first.setdefault(event.values["notice_version_id"], (event.id, event.at, event.values["locale"]))
    return first


def scope(event: Event) -> Hashable:
    return tuple(event.values[name] for name in ("kind", "purpose_id", "channel", "recipient_id"))
