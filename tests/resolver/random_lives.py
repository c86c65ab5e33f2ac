"""Random histories: events of every kind, at few instants so that many tie, written as rows, cut off at an instant."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from hub.act import Act
from hub.db import new_id
from tests.resolver.land import EVERYWHERE, Land
from tests.resolver.life import instant

DAYS = tuple(
    map(
        instant,
        (
            "2023-02-01", "2023-12-15", "2024-03-14", "2024-03-15", "2024-06-01", "2024-06-25", "2024-09-01",
            "2025-06-30", "2025-09-01", "2026-06-20", "2026-09-30", "2026-11-01",
        ),
    )
)  # fmt: skip
PUBLISHED = {
    "first": instant("2023-01-01"),
    "leaflet": instant("2023-01-01"),
    "second": instant("2024-01-01"),
}
PURPOSES = ("care", "letters", "referral", "sale", "scoring")
CHANNELS = ("EMAIL", "SMS", "PHONE", "AUTO_CALL")


@dataclass(frozen=True)
class Happening:
    """One row of an event table, its foreign ids still keys. shown: of a collection, after how many days."""

    table: str
    at: datetime
    values: dict[str, Any] = field(hash=False)
    shown_days: int = 0


@dataclass(frozen=True)
class Past:
    """One customer's history."""

    happenings: tuple[Happening, ...]

    def until(self, at: datetime) -> "Past":
        """What had happened by an instant; a notice not yet shown was not named yet."""
        known = [each for each in self.happenings if each.at <= at]
        return Past(tuple(_not_shown_yet(each, at) for each in known))


def _not_shown_yet(each: Happening, at: datetime) -> Happening:
    if each.table != "collection" or each.at + timedelta(days=each.shown_days) <= at:
        return each
    return replace(each, values={**each.values, "version": None})


def told(aspect: str, *values: str, ours: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    """Something became so."""
    return st.sampled_from(values).map(lambda value: {"aspect": aspect, "value": value, "ours": ours})


BECOMING = st.one_of(
    told("RELATIONSHIP", "NONE", "NEGOTIATING", "ACTIVE", "CLOSED", ours=True),
    told("RELATIONSHIP", "ACTIVE", ours=True),
    told("RESTRICTION", "ON", "OFF", ours=True),
    told("HOLD", "ON", "OFF", ours=True),
    told("CONTACT", "PHONE", ours=True),
    told("AGE", "UNDER_13", "AGE_15", "AGE_16_17", "ADULT"),
    told("JURISDICTION_BEGAN", *EVERYWHERE),
    told("JURISDICTION_ENDED", *EVERYWHERE),
)
WORDS = {
    "CONSENT": ("GIVEN", "GIVEN", "GIVEN", "REFUSED", "WITHDRAWN", "ASKED"),
    "TRANSFER": ("GIVEN", "WITHDRAWN"),
    "MARKETING": ("OPTED_OUT",),
    "SHARING": ("OPTED_OUT", "OPTED_IN"),
    "SIGNAL": ("OPTED_OUT", "OPTED_IN"),
    "LIMIT": ("OPTED_OUT", "OPTED_IN"),
    "OBJECTION": ("PENDING", "UPHELD", "OVERRULED", "WITHDRAWN"),
}


@st.composite
def words(draw: st.DrawFn) -> dict[str, Any]:
    """A choice."""
    kind = draw(st.sampled_from(["CONSENT", "CONSENT", "CONSENT", *WORDS]))
    action = draw(st.sampled_from(WORDS[kind]))
    purpose = draw(st.sampled_from(PURPOSES)) if kind == "CONSENT" or draw(st.booleans()) else None
    # What is mostly asked about: letters by a channel, the others to a recipient.
    has_channel = kind in {"CONSENT", "MARKETING"} and (purpose in {"letters", None}) and draw(st.booleans())
    takes_recipient = kind in {"SHARING", "OBJECTION"} or (
        kind == "CONSENT" and purpose in {"referral", "sale"}
    )
    has_recipient = kind == "TRANSFER" or (takes_recipient and draw(st.booleans()))
    is_given = action == "GIVEN"
    return {
        "kind": kind,
        "action": action,
        "purpose": purpose,
        "channel": draw(st.sampled_from(CHANNELS)) if has_channel else None,
        "recipient": draw(st.sampled_from(["near", "guild"])) if has_recipient else None,
        "grade": draw(st.sampled_from(["GIVEN", "EXPLICIT", "GUARDIAN"])) if is_given else None,
        "ends_days": draw(st.sampled_from([None, None, 20, 400])) if is_given else None,
    }


@st.composite
def happenings(draw: st.DrawFn) -> Happening:
    """An event of any kind."""
    table = draw(
        st.sampled_from(
            ["choice", "choice", "choice", "customer_event", "collection", "delivery", "registry_check"]
        )
    )
    at = draw(st.sampled_from(DAYS))
    versions = [None, *(key for key, since in PUBLISHED.items() if since <= at)]
    if table == "choice":
        return Happening(table, at, draw(words()))
    if table == "customer_event":
        return Happening(table, at, draw(BECOMING))
    if table == "registry_check":
        place = draw(st.sampled_from(["AU", "UK", "ZA", "US_CA"]))
        return Happening(table, at, {"jurisdiction": place, "listed": draw(st.booleans())})
    if table == "delivery":
        return Happening(table, at, {"version": draw(st.sampled_from(versions[1:]))})
    return draw(intakes(at))


@st.composite
def intakes(draw: st.DrawFn, at: datetime) -> Happening:
    """Data that came in."""
    versions = [key for key, since in PUBLISHED.items() if since <= at]
    values = {
        "source": draw(st.sampled_from(["CUSTOMER", "CUSTOMER", "THIRD_PARTY", "PUBLIC"])),
        "categories": sorted(draw(st.sets(st.sampled_from(["contact", "identity", "health"]), min_size=1))),
        "version": draw(st.sampled_from([*versions, *versions, None])),
        "offered": draw(st.sampled_from([True, True, False])),
    }
    late = [10, 40] if at < DAYS[-1] else []  # nothing happens in the future
    return Happening("collection", at, values, draw(st.sampled_from([0, 0, 0, *late])))


@st.composite
def pasts(draw: st.DrawFn) -> Past:
    """A history: being met somewhere, mostly with data, and what follows."""
    at = draw(st.sampled_from(DAYS[:6]))
    places = draw(st.lists(st.sampled_from(EVERYWHERE), min_size=1, max_size=2, unique=True))
    begun = [
        Happening("customer_event", at, {"aspect": "JURISDICTION_BEGAN", "value": place, "ours": False})
        for place in places
    ]
    relationship = draw(st.sampled_from(["ACTIVE", "ACTIVE", "ACTIVE", "NEGOTIATING", "NONE"]))
    begun.append(
        Happening("customer_event", at, {"aspect": "RELATIONSHIP", "value": relationship, "ours": True})
    )
    if draw(st.sampled_from([True, True, True, False])):
        begun.append(draw(intakes(at)))
    return Past((*begun, *draw(st.lists(happenings(), max_size=7))))


# --- written as rows --------------------------------------------------------------------------------------------------

INSERT = "INSERT INTO {0} SELECT * FROM jsonb_populate_recordset(NULL::{0}, $1::jsonb)"


async def write(land: Land, act: Act, lives: list[Past], kin: list[list[int]]) -> list[UUID]:
    """Write histories of new customers, table by table, and merge families of them; returns their ids."""
    ids = [new_id() for _ in lives]
    await act.execute(
        """INSERT INTO customer (id, kind, locale, created_at)
           SELECT id, 'PERSON', 'en', $2 FROM unnest($1::uuid[]) AS id""",
        ids,
        act.at,
    )
    rows = [row for whose, past in zip(ids, lives, strict=True) for row in _rows(land, act, whose, past)]
    for table, some in groupby(sorted(rows, key=attrgetter("table")), key=attrgetter("table")):
        await act.execute(INSERT.format(table), json.dumps([each.values for each in some], default=str))
    await act.record("customers.written", count=len(ids))
    for family in kin:  # by the pointer alone: the verb refuses who has no history yet
        survivor, *others = [ids[each] for each in family]
        await act.execute("UPDATE customer SET survivor_id = $1 WHERE id = ANY ($2)", survivor, others)
    return ids


def _rows(land: Land, act: Act, whose: UUID, past: Past) -> list[Happening]:
    found: list[Happening] = []
    for each in past.happenings:
        found.append(replace(each, values=_row(land, act, whose, each)))
        if each.table == "collection" and each.values["version"]:
            at = each.at + timedelta(days=each.shown_days)
            showing = Happening("delivery", at, {"version": each.values["version"]})
            found.append(replace(showing, values=_row(land, act, whose, showing)))
    return found


def _row(land: Land, act: Act, whose: UUID, each: Happening) -> dict[str, Any]:
    said = each.values
    about: dict[str, Any] = {
        "customer_event": lambda: {**said, "reason": ""},
        "registry_check": lambda: said,
        "delivery": lambda: {
            "locale": "en",
            "how": "WEB",
            "notice_version_id": land.versions[said["version"]],
        },
        "collection": lambda: _intake(land, each),
        "choice": lambda: _choice(land, each),
    }[each.table]()
    return {
        "id": new_id(), "customer_id": whose, "happened_at": each.at, "recorded_at": act.at, "act_id": act.id,
        "organisation_id": land.organisation if about.get("ours", True) else None, **about,
    }  # fmt: skip


def _intake(land: Land, each: Happening) -> dict[str, Any]:
    said = each.values
    return {
        "source": said["source"],
        "categories": [land.categories[key] for key in said["categories"]],
        "notice_version_id": land.versions[said["version"]] if said["version"] else None,
        "shown_how": "WEB" if said["version"] else None,
        "shown_at": each.at + timedelta(days=each.shown_days) if said["version"] else None,
        "optout_offered": said["offered"],
    }


def _choice(land: Land, each: Happening) -> dict[str, Any]:
    said = each.values
    ends = each.at + timedelta(days=said["ends_days"]) if said["ends_days"] else None
    return {
        **{name: said[name] for name in ("kind", "action", "channel", "grade")},
        "purpose_id": land.purposes[said["purpose"]] if said["purpose"] else None,
        "recipient_id": land.recipients[said["recipient"]] if said["recipient"] else None,
        "ends_at": ends, "wording": "w", "wording_sha256": "h", "method": "WEB",
    }  # fmt: skip
