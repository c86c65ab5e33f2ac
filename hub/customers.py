"""Customers: natural persons (in South Africa also organisations), met, found, read and erased.

The customer's own record holds no personal value. Identifiers and profile are sealed under a key of the
customer's own; how they stand is told by events and read from the projection that replays them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from hub import identities, inputs, journal, looks, merges, particulars, profiles, standings, suppression
from hub.act import Act, Ask
from hub.auth import sessions
from hub.db import Record, new_id
from hub.errors import Code, Refusal, not_found
from hub.identities import NewIdentifier, Owner
from hub.policy.values import Jurisdiction, Relationship
from hub.profiles import NewValue
from hub.scope import organisation, require_organisation
from hub.standings import AgeBand, Event, When

CUSTOMERS_MOST = 1_000


class CustomerKind(StrEnum):
    """Who is protected; organisations are by South African law (POPIA s 1)."""

    PERSON = "PERSON"
    ORGANISATION = "ORGANISATION"


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """A customer as first met. happened_at: since when the relationship is so (by default now)."""

    organisation_id: UUID
    locale: str
    jurisdictions: Sequence[str]
    relationship: str = Relationship.NONE
    age: str = AgeBand.ADULT
    kind: str = CustomerKind.PERSON
    identifiers: Sequence[NewIdentifier] = ()
    profile: Sequence[NewValue] = ()
    happened_at: datetime | None = None
    import_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer as they stand with one organisation now. survivor_id: the record this one is merged into."""

    id: UUID
    organisation_id: UUID
    kind: str
    locale: str
    survivor_id: UUID | None
    created_at: datetime
    erased_at: datetime | None
    jurisdictions: tuple[str, ...]
    relationship: str
    relationship_at: datetime | None
    age: str
    is_restricted: bool
    is_held: bool
    contact_at: datetime | None


@dataclass(frozen=True, slots=True)
class Filter:
    """Which customers; None does not narrow. created_from counts, created_to does not any more."""

    organisation_id: UUID | None = None
    jurisdiction: str | None = None
    relationship: str | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    identifier_kind: str | None = None
    system: str | None = None
    is_erased: bool | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of customers in the order of their ids, which is that of their making."""

    items: tuple[Customer, ...] = field(default=())
    has_more: bool = False


_CUSTOMER = """
    SELECT c.id, s.organisation_id, c.kind, c.locale, c.survivor_id, c.created_at, c.erased_at,
           s.jurisdictions, s.relationship, s.relationship_at, s.age, s.restricted, s.held, s.contact_at
    FROM customer_standing s JOIN customer c ON c.id = s.customer_id
    WHERE s.organisation_id = $1
"""
_READ = f"{_CUSTOMER} AND s.customer_id = ANY ($2)"
_FILTERED = f"""{_CUSTOMER}
      AND ($2::text IS NULL OR $2 = ANY (s.jurisdictions))
      AND ($3::text IS NULL OR s.relationship = $3)
      AND ($4::timestamptz IS NULL OR c.created_at >= $4)
      AND ($5::timestamptz IS NULL OR c.created_at < $5)
      AND ($6::bool IS NULL OR s.erased = $6)
      AND ($7::text IS NULL AND $8::text IS NULL OR EXISTS (
            SELECT FROM identifier i
            WHERE i.customer_id = s.customer_id AND i.organisation_id = $1 AND i.ended_at IS NULL
              AND ($7::text IS NULL OR i.kind = $7) AND ($8::text IS NULL OR i.system = $8)))
"""
_FORWARDS = f"{_FILTERED} AND ($9::uuid IS NULL OR s.customer_id > $9) ORDER BY s.customer_id LIMIT $10"
_BACKWARDS = f"{_FILTERED} AND ($9::uuid IS NULL OR s.customer_id < $9) ORDER BY s.customer_id DESC LIMIT $10"
_ADD = "INSERT INTO customer (id, kind, locale, import_id, created_at) VALUES ($1, $2, $3, $4, $5)"
_ADD_KEY = "INSERT INTO keys.customer_key (customer_id, wrapped) VALUES ($1, $2)"
_HOLD_ANY = """
    SELECT c.erased_at, k.wrapped FROM customer c LEFT JOIN keys.customer_key k ON k.customer_id = c.id
    WHERE c.id = $1 FOR NO KEY UPDATE OF c
"""
_ERASE = (
    "UPDATE identifier SET ended_at = coalesce(ended_at, $2) WHERE customer_id = $1",
    """UPDATE representative SET state = 'ENDED', reason = 'ERASED', ended_at = $2, contact = NULL,
        contact_blind = NULL, contact_key = NULL WHERE customer_id = $1 AND state IN ('PROPOSED', 'CONFIRMED')""",
    "UPDATE customer SET erased_at = $2 WHERE id = $1",
)
_SHRED = (
    "DELETE FROM identifier WHERE customer_id = $1 AND kind <> 'EXTERNAL'",
    "DELETE FROM profile_value WHERE customer_id = $1",
    "DELETE FROM disputed_note WHERE customer_id = $1",
    "DELETE FROM keys.customer_key WHERE customer_id = $1",
)


async def create(act: Act, new: NewCustomer) -> UUID:
    """Make a customer with a data key of their own; returns their id. CONFLICT for a taken external id."""
    organisation_id = await require_organisation(act, new.organisation_id, "organisation")
    since = particulars.happened(act, new.happened_at, "happened_at")
    events = standings.first_events(new.relationship, new.jurisdictions, new.age)
    kind = inputs.choice(CustomerKind, new.kind, "kind")
    customer_id, vault = new_id(), act.hub.vault
    await act.execute(
        _ADD, customer_id, kind, particulars.language(new.locale, "locale"), new.import_id, act.at
    )
    wrapped = vault.new_customer_key(customer_id)
    await act.execute(_ADD_KEY, customer_id, wrapped)
    owner = Owner(customer_id, organisation_id, vault.unwrap(customer_id, wrapped), new.import_id)
    await identities.insert(act, owner, new.identifiers, "identifiers")
    fields = await profiles.put(act, owner, new.profile, "profile")
    await standings.tell(act, When(customer_id, organisation_id, since), events)
    await suppression.strike_new(act, customer_id, organisation_id, new.identifiers, since)
    await profiles.struck(act, owner, new.profile)
    await act.record(
        "customer.created",
        customer_id,
        events=[f"{event.aspect}={event.value}" for event in events],
        identifiers=sorted(given.kind for given in new.identifiers),
        fields=fields,
        happened_at=since,
    )
    return customer_id


async def read(ask: Ask, customer_id: UUID, organisation_id: UUID | None = None) -> Customer:
    """Read one customer; Refusal NOT_FOUND for an id that is unknown or another organisation's."""
    found = await read_many(ask, [customer_id], organisation_id)
    if customer_id not in found:
        raise not_found("customer", "customer")
    return found[customer_id]


async def read_many(
    ask: Ask, ids: Sequence[UUID], organisation_id: UUID | None = None
) -> dict[UUID, Customer]:
    """Read many customers by one statement; those out of reach are left out."""
    if len(ids) > CUSTOMERS_MOST:
        raise Refusal(Code.LIMIT, f"Ask for at most {CUSTOMERS_MOST} customers at a time.")
    rows = await ask.rows(_READ, organisation(ask, organisation_id), list(ids))
    return {row["id"]: _customer(row) for row in rows}


async def page(
    ask: Ask, wanted: Filter, after: UUID | None = None, limit: int = 50, *, backwards: bool = False
) -> Page:
    """Read a stretch of customers after an id (backwards: before it), always in ascending order."""
    rows = await ask.rows(
        _BACKWARDS if backwards else _FORWARDS,
        organisation(ask, wanted.organisation_id),
        wanted.jurisdiction and inputs.choice(Jurisdiction, wanted.jurisdiction, "jurisdiction"),
        wanted.relationship and inputs.choice(Relationship, wanted.relationship, "relationship"),
        wanted.created_from,
        wanted.created_to,
        wanted.is_erased,
        wanted.identifier_kind
        and inputs.choice(identities.IdentifierKind, wanted.identifier_kind, "identifier_kind"),
        wanted.system,
        after,
        particulars.page_size(limit, "limit") + 1,
    )
    items = [_customer(row) for row in rows[:limit]]
    return Page(tuple(reversed(items) if backwards else items), len(rows) > limit)


async def erase(act: Act, customer_id: UUID) -> None:
    """Destroy a customer's data key and values for good; the stub and its events stay.

    Of their addresses the list of those that get no marketing stays, which leads back to nobody; of other systems'
    ids the hash, so that those systems do not bring them back.
    """
    row = await act.row(_HOLD_ANY, customer_id)
    if row is None or act.actor.organisation_id is not None:
        raise not_found("customer", "customer")
    if row["erased_at"] is not None:
        return
    # The key is destroyed already where the keys of a backup are younger than the rest of it.
    if row["wrapped"] is not None:
        await suppression.keep_of(act, customer_id, act.hub.vault.unwrap(customer_id, row["wrapped"]))
    await journal.note(act, customer_id)
    await journal.write(act)
    for statement in _ERASE:
        await act.execute(statement, customer_id, act.at)
    for statement in _SHRED:
        await act.execute(statement, customer_id)
    await looks.drop(act, (await merges.families(act, [customer_id]))[customer_id])
    act.wrapped.pop(customer_id, None)
    await sessions.end_all(act, customer_id)
    await standings.tell(act, When(customer_id, None, act.at), [Event("ERASURE", "ON")])
    await act.record("customer.erased", customer_id)


def _customer(row: Record) -> Customer:
    values = dict(row)
    values["jurisdictions"] = tuple(values["jurisdictions"])
    values["is_restricted"], values["is_held"] = values.pop("restricted"), values.pop("held")
    return Customer(**values)
