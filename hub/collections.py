"""Collections and deliveries: a customer's data came in, and a notice version reached them.

Both are events that never change. A collection names the version that was shown when the data came in; that
showing is itself a delivery. A later delivery is possible, and cures what it can.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from hub import inputs, particulars
from hub.act import Ask
from hub.db import Record, new_id
from hub.errors import Code, Refusal, invalid, not_found
from hub.identities import open_key
from hub.policy.values import Source
from hub.recording import Adding, columns
from hub.scope import Reached, hold, organisation

CATEGORIES_MOST = 100


class How(StrEnum):
    """The way in which a notice reached a customer."""

    WEB = "WEB"
    EMAIL = "EMAIL"
    PHONE_SCRIPT = "PHONE_SCRIPT"
    PAPER = "PAPER"
    BRANCH = "BRANCH"
    IMPORT = "IMPORT"


@dataclass(frozen=True, slots=True)
class NewCollection:
    """An intake. categories: ids. Where a version was shown: how, and when (by default at once)."""

    customer_id: UUID
    organisation_id: UUID
    source: str
    categories: Sequence[UUID]
    optout_offered: bool
    notice_version_id: UUID | None = None
    shown_how: str | None = None
    shown_at: datetime | None = None
    locale: str | None = None
    proof: str = dataclasses.field(default="", repr=False)
    happened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A notice version reached a customer. locale: of the text shown. proof: where it is kept; sealed."""

    customer_id: UUID
    organisation_id: UUID
    notice_version_id: UUID
    how: str
    locale: str
    proof: str = dataclasses.field(default="", repr=False)
    happened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Collection:
    """A stored collection."""

    id: UUID
    customer_id: UUID
    organisation_id: UUID
    source: str
    categories: tuple[UUID, ...]
    notice_version_id: UUID | None
    shown_how: str | None
    shown_at: datetime | None
    optout_offered: bool
    happened_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """A stored delivery."""

    id: UUID
    customer_id: UUID
    organisation_id: UUID
    notice_version_id: UUID
    how: str
    locale: str
    happened_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Showing:
    """Which version was shown, how, when and in which language."""

    notice_version_id: UUID
    how: How
    at: datetime
    locale: str


Intake = TypeVar("Intake", Collection, Delivery)

_COLLECTION = """id, customer_id, organisation_id, source, categories, notice_version_id, shown_how, shown_at,
    optout_offered, happened_at, recorded_at"""
_DELIVERY = "id, customer_id, organisation_id, notice_version_id, how, locale, happened_at, recorded_at"
_LATEST = """
    SELECT latest.* FROM unnest($1::uuid[]) AS wanted (id) CROSS JOIN LATERAL (
        SELECT {columns} FROM {table} WHERE customer_id = wanted.id AND organisation_id = $2
        ORDER BY happened_at DESC, id LIMIT $3
    ) latest
"""
_TAKEN_IN, _GIVEN = columns(Collection), columns(Delivery)
INTAKES = {"columns": _COLLECTION, "table": "collection"}
SHOWINGS = {"columns": _DELIVERY, "table": "delivery"}
_KNOWN = "SELECT count(*) FROM category WHERE id = ANY ($1)"
_VERSION = """
    SELECT v.published_at,
           array(SELECT t.locale FROM notice_text t WHERE t.notice_version_id = v.id) AS locales
    FROM notice_version v JOIN notice n ON n.id = v.notice_id
    WHERE v.id = $1 AND n.organisation_id = $2
"""


async def record(act: Adding, new: NewCollection) -> Collection:
    """Record that data came in and, where a version was shown with it, that delivery too."""
    reached = await hold(act, new.customer_id, new.organisation_id, "customer")
    source = inputs.choice(Source, new.source, "source")
    at = particulars.happened(act, new.happened_at, "happened_at")
    categories = await _check_categories(act, new.categories)
    showing = await _showing(act, reached, new, at)
    made = _taken(act, reached, new, at, showing, source=source, categories=tuple(categories))
    await act.add(collections=[_TAKEN_IN(made)])
    delivery = await _deliver(act, reached, showing, new.proof) if showing else None
    await act.record(
        "collection.recorded",
        reached.id,
        collection=made.id,
        delivery=delivery and delivery.id,
        source=source,
        categories=categories,
        notice_version=new.notice_version_id,
        happened_at=at,
    )
    return made


async def deliver(act: Adding, new: NewDelivery) -> Delivery:
    """Record that a notice version reached a customer."""
    reached = await hold(act, new.customer_id, new.organisation_id, "customer")
    at = particulars.happened(act, new.happened_at, "happened_at")
    how = inputs.choice(How, new.how, "how")
    locale = await _check_version(act, reached, new.notice_version_id, at, new.locale)
    delivery = await _deliver(act, reached, Showing(new.notice_version_id, how, at, locale), new.proof)
    await act.record(
        "notice.delivered",
        reached.id,
        delivery=delivery.id,
        notice_version=delivery.notice_version_id,
        how=how,
        happened_at=at,
    )
    return delivery


async def require_version(ask: Ask, organisation_id: UUID, version_id: UUID, at: datetime) -> list[str]:
    """Refuse a notice version that nobody can have been shown at `at`; return the languages of its texts."""
    version = await ask.row(_VERSION, version_id, organisation_id)
    if version is None:
        raise not_found("notice version", "notice_version")
    if version["published_at"] is None:
        raise Refusal(Code.CONFLICT, "A draft cannot have been shown: publish it first.", ("notice_version",))
    if at < version["published_at"]:
        message = "This lies before the version was published: name the version in force then."
        raise invalid(message, "notice_version")
    return version["locales"]


async def of_customers(
    ask: Ask, ids: Sequence[UUID], organisation_id: UUID | None = None, limit: int = 1_000
) -> dict[UUID, tuple[Collection, ...]]:
    """Read the latest collections of each of many customers by one statement, newest first."""
    rows = await ask.rows(_LATEST.format(**INTAKES), list(ids), organisation(ask, organisation_id), limit)
    return _by_customer(ids, [stored(row) for row in rows])


async def deliveries_of(
    ask: Ask, ids: Sequence[UUID], organisation_id: UUID | None = None, limit: int = 1_000
) -> dict[UUID, tuple[Delivery, ...]]:
    """Read the latest deliveries of each of many customers by one statement, newest first."""
    rows = await ask.rows(_LATEST.format(**SHOWINGS), list(ids), organisation(ask, organisation_id), limit)
    return _by_customer(ids, [Delivery(**row) for row in rows])


def _by_customer(ids: Sequence[UUID], items: Sequence[Intake]) -> dict[UUID, tuple[Intake, ...]]:
    found: dict[UUID, list[Intake]] = {customer_id: [] for customer_id in ids}
    for item in items:
        found[item.customer_id].append(item)
    return {customer_id: tuple(each) for customer_id, each in found.items()}


async def _check_categories(ask: Ask, given: Sequence[UUID]) -> list[UUID]:
    distinct = inputs.distinct(given, "categories", least=1, most=CATEGORIES_MOST)
    if await ask.value(_KNOWN, distinct) != len(distinct):
        raise not_found("category", "categories")
    return distinct


async def _showing(ask: Ask, reached: Reached, new: NewCollection, at: datetime) -> Showing | None:
    if new.notice_version_id is None:
        if new.shown_how is not None or new.shown_at is not None:
            raise invalid("Name the notice version that was shown.", "notice_version")
        return None
    if new.shown_how is None:
        raise invalid("Say how the notice was shown: " + ", ".join(How) + ".", "shown_how")
    how = inputs.choice(How, new.shown_how, "shown_how")
    shown_at = at if new.shown_at is None else particulars.happened(ask, new.shown_at, "shown_at")
    locale = await _check_version(ask, reached, new.notice_version_id, shown_at, new.locale)
    return Showing(new.notice_version_id, how, shown_at, locale)


async def _check_version(
    ask: Ask, reached: Reached, version_id: UUID, at: datetime, locale: str | None
) -> str:
    """Refuse a version that this customer cannot have seen then; return the language of the text shown."""
    locales = await require_version(ask, reached.organisation_id, version_id, at)
    wanted = locale or reached.locale
    shown = [text for text in locales if text in {wanted, wanted.partition("-")[0]}]
    if not shown and (locale is not None or not locales):
        raise invalid("This version has no text in this language.", "locale")
    return max(shown, key=len) if shown else min(locales, key=lambda text: (text != "en", text))


def _taken(
    act: Adding, reached: Reached, new: NewCollection, at: datetime, showing: Showing | None, **what: Any
) -> Collection:
    return Collection(
        id=new_id(),
        customer_id=reached.id,
        organisation_id=reached.organisation_id,
        notice_version_id=showing.notice_version_id if showing else None,
        shown_how=showing.how if showing else None,
        shown_at=showing.at if showing else None,
        optout_offered=new.optout_offered,
        happened_at=at,
        recorded_at=act.at,
        **what,
    )


async def _deliver(act: Adding, reached: Reached, showing: Showing, proof: str) -> Delivery:
    made = Delivery(
        id=new_id(),
        customer_id=reached.id,
        organisation_id=reached.organisation_id,
        notice_version_id=showing.notice_version_id,
        how=showing.how,
        locale=showing.locale,
        happened_at=showing.at,
        recorded_at=act.at,
    )
    said = inputs.text(proof, "proof", most=particulars.REFERENCE_CHARACTERS, empty=True)
    key = await open_key(act, reached.id)
    await act.add(
        deliveries=[(*_GIVEN(made), key.seal("delivery", "proof", made.id, said) if said else None)]
    )
    return made


def stored(row: Record) -> Collection:
    """Build a collection from its row."""
    values: dict[str, Any] = dict(row)
    values["categories"] = tuple(row["categories"])
    return Collection(**values)
