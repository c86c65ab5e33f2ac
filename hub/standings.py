"""How a customer stands: relationship, jurisdictions, age, restriction, hold. A change is an event.

Relationship, restriction and hold are towards one organisation. Jurisdictions and age are the person's own:
told to one organisation of the group, they count for all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from hub import inputs, particulars
from hub.act import Act
from hub.db import Record, new_id
from hub.errors import invalid
from hub.policy.values import Channel, Relationship
from hub.scope import hold


class AgeBand(StrEnum):
    """Age as far as any jurisdiction's threshold needs it."""

    UNDER_13 = "UNDER_13"
    AGE_13 = "AGE_13"
    AGE_14 = "AGE_14"
    AGE_15 = "AGE_15"
    AGE_16_17 = "AGE_16_17"
    ADULT = "ADULT"


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes so for a customer; None leaves it as it is. reason: a code such as MOVED_HOUSE."""

    relationship: str | None = None
    jurisdictions: Sequence[str] | None = None
    age: str | None = None
    is_restricted: bool | None = None
    is_held: bool | None = None
    locale: str | None = None
    reason: str = ""
    happened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One aspect that took a value. is_ours: towards one organisation; otherwise the person's own."""

    aspect: str
    value: str
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class When:
    """To whom, towards whom, when and why something became so."""

    customer_id: UUID
    organisation_id: UUID | None
    happened_at: datetime
    reason: str = ""


_ADD = """
    INSERT INTO customer_event
        (id, customer_id, organisation_id, aspect, value, reason, happened_at, recorded_at, act_id)
    SELECT new.id, $1, CASE WHEN new.is_ours THEN $2::uuid END, new.aspect, new.value, $3, $4, $5, $6
    FROM unnest($7::uuid[], $8::bool[], $9::text[], $10::text[]) AS new (id, is_ours, aspect, value)
"""
_STATE = """
    SELECT (s.standing).jurisdictions, (s.standing).relationship, (s.standing).age, (s.standing).restricted,
        (s.standing).held
    FROM standing_at($1, $2, $3) s
"""
_LOCALE = "UPDATE customer SET locale = $2 WHERE id = $1 AND locale <> $2 RETURNING id"


async def change(
    act: Act, customer_id: UUID, new: Change, organisation_id: UUID | None = None
) -> tuple[str, ...]:
    """Record what became so; returns the aspects that changed. What already was so is not recorded again."""
    reached = await hold(act, customer_id, organisation_id, "customer")
    when = When(
        customer_id,
        reached.organisation_id,
        particulars.happened(act, new.happened_at, "happened_at"),
        particulars.reason(new.reason, "reason"),
    )
    [state] = await act.rows(_STATE, customer_id, when.organisation_id, when.happened_at)
    events = _differences(new, state)
    await tell(act, when, events)
    changed = tuple(dict.fromkeys(event.aspect for event in events))
    if new.locale is not None and await _set_locale(act, customer_id, new.locale):
        changed = (*changed, "LOCALE")
    if changed:
        values = [f"{event.aspect}={event.value}" for event in events]
        await act.record(
            "customer.changed", customer_id, changes=values, happened_at=when.happened_at, reason=when.reason
        )
    return changed


async def touch(act: Act, customer_id: UUID, channel: str, organisation_id: UUID | None = None) -> None:
    """Record that the customer was in contact; what counts months since the last contact reads it."""
    reached = await hold(act, customer_id, organisation_id, "customer")
    way = inputs.choice(Channel, channel, "channel")
    if way is Channel.NONE:
        raise invalid("Name the channel of the contact.", "channel")
    await tell(act, When(customer_id, reached.organisation_id, act.at), [Event("CONTACT", way, is_ours=True)])
    await act.record("customer.contacted", customer_id, channel=way)


async def tell(act: Act, when: When, events: Sequence[Event]) -> None:
    """Write events, leaving the record to the caller."""
    if not events:
        return
    await act.execute(
        _ADD,
        when.customer_id,
        when.organisation_id,
        when.reason,
        when.happened_at,
        act.at,
        act.id,
        [new_id() for _ in events],
        [event.is_ours for event in events],
        [event.aspect for event in events],
        [event.value for event in events],
    )


async def _set_locale(act: Act, customer_id: UUID, locale: str) -> bool:
    return bool(await act.rows(_LOCALE, customer_id, particulars.language(locale, "locale")))


def first_events(relationship: str, jurisdictions: Sequence[str], age: str) -> list[Event]:
    """Tell how a new customer stands; an adult is one of whom no younger age is known."""
    places = inputs.jurisdictions(jurisdictions, "jurisdictions")
    band = inputs.choice(AgeBand, age, "age")
    return [
        Event("RELATIONSHIP", inputs.choice(Relationship, relationship, "relationship"), is_ours=True),
        *(Event("JURISDICTION_BEGAN", place) for place in places),
        *([Event("AGE", band)] if band is not AgeBand.ADULT else []),
    ]


def _differences(new: Change, state: Record) -> list[Event]:
    wanted = {
        "RELATIONSHIP": (_checked(Relationship, new.relationship, "relationship"), state["relationship"]),
        "AGE": (_checked(AgeBand, new.age, "age"), state["age"]),
        "RESTRICTION": (_switch(new.is_restricted), _switch(state["restricted"])),
        "HOLD": (_switch(new.is_held), _switch(state["held"])),
    }
    events = [
        Event(aspect, value, is_ours=aspect != "AGE")
        for aspect, (value, was) in wanted.items()
        if value is not None and value != was
    ]
    return events if new.jurisdictions is None else events + _moves(new.jurisdictions, state["jurisdictions"])


def _moves(given: Sequence[str], were: Sequence[str]) -> list[Event]:
    places = inputs.jurisdictions(given, "jurisdictions")
    began = [Event("JURISDICTION_BEGAN", place) for place in places if place not in were]
    return began + [Event("JURISDICTION_ENDED", place) for place in were if place not in places]


def _checked(kind: type[StrEnum], value: str | None, path: str) -> str | None:
    return None if value is None else inputs.choice(kind, value, path)


def _switch(is_on: bool | None) -> str | None:  # noqa: FBT001 - one value in, one value out
    return None if is_on is None else "ON" if is_on else "OFF"
