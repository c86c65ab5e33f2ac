"""Who the rows of a chunk speak of: looked up by blind index, a few statements for a whole chunk.

The same id of the same system is the same customer. A shared email or phone proposes a merge and no more.
Whoever was erased is not brought back.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

import orjson

from hub.act import Ask
from hub.db import Record, new_id
from hub.imports import suppressed
from hub.imports.additions import Refused, Text
from hub.imports.people import Person
from hub.imports.rows import Row
from hub.imports.terms import Terms
from hub.merges import PROPOSED_MOST, SHARED_MOST
from hub.vault import Blind

HOLDERS_MOST: Final = SHARED_MOST

_LANDED = "SELECT digest, import_id FROM import_row WHERE organisation_id = $1 AND digest = ANY ($2)"
# However many share a mailbox, a chunk reads a few of them: the living first, then the oldest.
_HOLDERS = """
    SELECT asked.kind, asked.blind, held.customer_id, held.is_ended,
           coalesce(c.survivor_id, c.id) AS survivor_id, c.erased_at IS NOT NULL AS is_erased
    FROM unnest($2::text[], $3::bytea[]) AS asked (kind, blind)
    CROSS JOIN LATERAL (
        SELECT i.customer_id, i.ended_at IS NOT NULL AS is_ended FROM identifier i
        WHERE i.blind = asked.blind AND i.kind = asked.kind AND i.organisation_id = $1
        ORDER BY i.ended_at IS NOT NULL, i.customer_id LIMIT $4
    ) held
    JOIN customer c ON c.id = held.customer_id
"""
_KNOWN = """
    SELECT c.id, c.locale, c.import_id, k.wrapped
    FROM customer c JOIN keys.customer_key k ON k.customer_id = c.id
    WHERE c.id = ANY ($1) AND c.erased_at IS NULL ORDER BY c.id
"""
_LOCKED = f"{_KNOWN} FOR NO KEY UPDATE OF c"
_IDENTIFIERS = """
    SELECT customer_id, kind, blind, verified_at IS NOT NULL AND ended_at IS NULL AS is_verified
    FROM identifier WHERE customer_id = ANY ($1) AND organisation_id = $2
"""
_TEXTS = """
    SELECT id, customer_id, category_id, field, sealed, import_id FROM profile_value
    WHERE customer_id = ANY ($1) AND organisation_id = $2
"""
_STATES = """
    SELECT s.customer_id, s.jurisdictions, s.relationship, s.age,
        coalesce((SELECT jsonb_agg(to_jsonb(i)) FROM intakes_at(s.customer_id, $2, now()) i), '[]') AS collections,
        coalesce((SELECT jsonb_agg(to_jsonb(t)) FROM told_at(s.customer_id, $2, now()) t), '[]') AS deliveries,
        coalesce((SELECT jsonb_agg(to_jsonb(w)) FROM words_at(s.customer_id, $2, now()) w), '[]') AS choices
    FROM customer_standing s WHERE s.customer_id = ANY ($1) AND s.organisation_id = $2
"""


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who has an email, phone or id. survivor_id: of the family of merged records."""

    customer_id: UUID
    survivor_id: UUID
    is_erased: bool
    is_ended: bool = False


@dataclass(slots=True)
class Found:
    """What a chunk's rows meet. holders: by kind and digest. landed: digest to the import that brought it.

    forgotten: emails and phones that were a customer's who was erased.
    """

    landed: dict[bytes, UUID]
    holders: dict[tuple[str, bytes], list[Holder]]
    forgotten: set[tuple[str, bytes]] = field(default_factory=set[tuple[str, bytes]])
    people: dict[UUID, Person] = field(default_factory=dict[UUID, Person])

    def of(self, kind: str, blind: Blind) -> list[Holder]:
        """Whoever has it, under the current or a former index key."""
        return [holder for digest in blind.candidates for holder in self.holders.get((kind, digest), ())]

    def living(self, kind: str, blind: Blind) -> list[Holder]:
        """Whoever has it now."""
        return [holder for holder in self.of(kind, blind) if not (holder.is_erased or holder.is_ended)]

    def hold(self, person: Person, row: Row) -> None:
        """Note what a new customer has, for the rows that follow."""
        holder = Holder(person.id, person.id, is_erased=False)
        for kind, blind in row.keys:
            self.holders.setdefault((kind, blind.digest), []).append(holder)


async def find(ask: Ask, terms: Terms, rows: Sequence[Row], *, is_locking: bool) -> Found:
    """Look up everything that the rows of a chunk may meet; is_locking: hold the customers for this act."""
    landed = {
        row["digest"]: row["import_id"]
        for row in await ask.rows(_LANDED, terms.organisation_id, [row.digest for row in rows])
    }
    news = [row for row in rows if row.digest not in landed]
    found = Found(landed, await _holders(ask, terms.organisation_id, news))
    found.forgotten = await suppressed.forgotten(ask, terms.organisation_id, news)
    await _read_people(ask, terms, found, _met(found, news), is_locking=is_locking)
    return found


def resolve(ask: Ask, found: Found, row: Row, import_id: UUID, locale: str) -> Person | Refused:
    """The customer of a row: the one with its id, or a new one; Refused where there must be none."""
    if row.external is not None:
        holders = found.of("EXTERNAL", row.external)
        living = [holder for holder in holders if holder.customer_id in found.people and not holder.is_ended]
        if living:
            return found.people[living[0].customer_id]
        if any(holder.is_erased for holder in holders):
            return Refused.ERASED
    for kind, blind in row.identifiers:
        holders = found.of(kind, blind)
        if all(holder.is_erased for holder in holders) and (
            holders or (kind, blind.digest) in found.forgotten
        ):
            return Refused.ERASED
    return _new(ask, found, import_id, row.locale or locale)


def is_widely_shared(found: Found, kind: str, blind: Blind) -> bool:
    """Whether so many have an email or phone that it is nobody's own, and says nothing about who is who."""
    return len(found.living(kind, blind)) >= SHARED_MOST


def alike(found: Found, person: Person, row: Row) -> list[tuple[UUID, str]]:
    """The first few others who have the row's email or phone, with what is shared."""
    others: dict[UUID, str] = {}
    for kind, blind in row.identifiers:
        if is_widely_shared(found, kind, blind):
            continue
        shared = [holder for holder in found.living(kind, blind) if holder.survivor_id != person.id]
        for holder in sorted(shared, key=lambda holder: holder.customer_id)[:PROPOSED_MOST]:
            others.setdefault(holder.customer_id, kind)
    others.pop(person.id, None)
    return list(others.items())


def _new(ask: Ask, found: Found, import_id: UUID, locale: str) -> Person:
    person_id = new_id()
    wrapped = ask.hub.vault.new_customer_key(person_id)
    person = Person(person_id, ask.hub.vault.unwrap(person_id, wrapped), locale, import_id, wrapped)
    found.people[person_id] = person
    return person


async def _holders(
    ask: Ask, organisation_id: UUID, rows: Iterable[Row]
) -> dict[tuple[str, bytes], list[Holder]]:
    asked = {(kind, digest) for row in rows for kind, blind in row.keys for digest in blind.candidates}
    holders: dict[tuple[str, bytes], list[Holder]] = defaultdict(list)
    kinds, digests = [kind for kind, _ in asked], [digest for _, digest in asked]
    for row in await ask.rows(_HOLDERS, organisation_id, kinds, digests, HOLDERS_MOST):
        holder = Holder(row["customer_id"], row["survivor_id"], row["is_erased"], row["is_ended"])
        holders[row["kind"], row["blind"]].append(holder)
    return dict(holders)


def _met(found: Found, rows: Iterable[Row]) -> set[UUID]:
    """The customers whom a chunk needs: those with a row's id, and those whom a row's opt-out reaches."""
    met: set[UUID] = set()
    for row in rows:
        if row.external is not None:
            met.update(holder.customer_id for holder in found.living("EXTERNAL", row.external))
        if row.stops:
            met.update(
                holder.customer_id for kind, blind in row.identifiers for holder in found.living(kind, blind)
            )
    return met


async def _read_people(ask: Ask, terms: Terms, found: Found, ids: set[UUID], *, is_locking: bool) -> None:
    if not ids:
        return
    for row in await ask.rows(_LOCKED if is_locking else _KNOWN, list(ids)):
        key = ask.hub.vault.unwrap(row["id"], row["wrapped"])
        found.people[row["id"]] = Person(row["id"], key, row["locale"], row["import_id"])
    known = list(found.people)
    for row in await ask.rows(_IDENTIFIERS, known, terms.organisation_id):
        person = found.people[row["customer_id"]]
        person.held.add((row["kind"], row["blind"]))
        if row["is_verified"]:
            person.verified.add(row["kind"])
    for row in await ask.rows(_TEXTS, known, terms.organisation_id):
        person = found.people[row["customer_id"]]
        text = person.key.open_text("profile_value", "sealed", row["id"], row["sealed"])
        person.texts[row["category_id"], row["field"]] = Text(
            row["id"], text, row["sealed"], row["import_id"]
        )
    for row in await ask.rows(_STATES, known, terms.organisation_id):
        _recall(found.people[row["customer_id"]], row)


def _recall(person: Person, state: Record) -> None:
    person.jurisdictions = set(state["jurisdictions"])
    person.relationship, person.age = state["relationship"], state["age"]
    person.choices = orjson.loads(state["choices"])
    person.intakes = orjson.loads(state["collections"])
    person.shown = {
        UUID(one["version"]): datetime.fromisoformat(one["at"]) for one in orjson.loads(state["deliveries"])
    }
