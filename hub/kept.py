"""What the hub itself keeps of a customer, opened for that very customer: values, their sources, uses, and who looked.

Nobody else reads this: an actor that is not a customer is told that there is no such customer.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from hub import disputes, merges, statements
from hub.act import Ask
from hub.auth import staff
from hub.db import Record
from hub.disputes import Note
from hub.errors import not_found
from hub.evidence import open_detail
from hub.identifiers import mask_email, mask_phone, mask_text
from hub.identities import IdentifierKind
from hub.scope import own

LOOKS_MOST: Final = 20
SOURCES_MOST: Final = 200
Mark = tuple[datetime, UUID]
"""The place of an event in what happened: its instant and its id, since several may happen at one instant."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value as it is. id: its row's. category: a key. kind: IDENTIFIER or PROFILE; name: EMAIL, or a field's."""

    id: UUID
    kind: str
    category: str
    name: str
    system: str | None
    value: str = field(repr=False)
    since: datetime

    @property
    def mask(self) -> str:
        """As it is shown to whom it is not sure enough whose it is."""
        if self.kind == "IDENTIFIER" and self.name == IdentifierKind.EMAIL:
            return mask_email(self.value)
        is_phone = self.kind == "IDENTIFIER" and self.name == IdentifierKind.PHONE
        return mask_phone(self.value) if is_phone else mask_text(self.value)


@dataclass(frozen=True, slots=True)
class Source:
    """Some data came in. source: CUSTOMER, THIRD_PARTY, PUBLIC. titles: of the notice shown then, by language."""

    categories: tuple[str, ...]
    source: str
    how: str | None
    titles: Mapping[str, str]
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class Use:
    """What data is used for. names, benefits, departments: by language where they have languages."""

    categories: tuple[str, ...]
    names: Mapping[str, str]
    benefits: Mapping[str, str]
    departments: tuple[str, ...]
    retention_months: int | None


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody opened the values. who: the app's name, or the person's; empty for nobody by name. reason: a code.

    id: of the ledger's entry.
    """

    id: UUID
    who: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """All of it. categories: names by key and language, in the order of their keys. notes: with disputed values.

    looks: the last ones; has_more: there are others.
    """

    values: Sequence[Value]
    sources: Sequence[Source]
    uses: Sequence[Use]
    looks: Sequence[Look]
    categories: Mapping[str, Mapping[str, str]]
    notes: Sequence[Note] = ()
    has_more: bool = False


_VALUES = """
    SELECT k.customer_id, k.wrapped, v.*
    FROM keys.customer_key k CROSS JOIN LATERAL (
        SELECT 'identifier' AS source, i.id, 'contact' AS category, i.kind AS name, i.system, i.sealed,
            i.created_at AS since
        FROM identifier i WHERE i.customer_id = k.customer_id AND i.organisation_id = $2 AND i.ended_at IS NULL
        UNION ALL
        SELECT 'profile_value', p.id, g.key, p.field, NULL, p.sealed, p.updated_at
        FROM profile_value p JOIN category g ON g.id = p.category_id
        WHERE p.customer_id = k.customer_id AND p.organisation_id = $2
    ) v WHERE k.customer_id = ANY ($1) ORDER BY v.category, v.source, v.name, v.id
"""
_SOURCES = """
    SELECT c.source, c.shown_how AS how, c.happened_at,
        ARRAY(SELECT g.key FROM category g WHERE g.id = ANY (c.categories) ORDER BY g.key) AS categories,
        coalesce((SELECT jsonb_object_agg(t.locale, t.title) FROM notice_text t
                  WHERE t.notice_version_id = c.notice_version_id), '{}') AS titles
    FROM collection c WHERE c.customer_id = ANY ($1) AND c.organisation_id = $2
    ORDER BY c.happened_at DESC, c.id LIMIT $3
"""
_USES = """
    SELECT p.names, p.benefits, p.retention_months,
        ARRAY(SELECT g.key FROM category g WHERE g.id = ANY (p.categories) ORDER BY g.key) AS categories,
        ARRAY(SELECT d.name FROM department d WHERE d.id = ANY (p.departments) ORDER BY d.name) AS departments
    FROM purpose p WHERE p.organisation_id = $1 AND p.retired_at IS NULL ORDER BY p.key
"""
_LOOKS = """
    SELECT e.recorded_at AS at, coalesce(a.name, '') AS who, e.actor_id,
        d.entry_id, d.index, d.subject, d.body, k.wrapped
    FROM ledger_entry e JOIN act t ON t.id = e.act_id AND t.organisation_id = $2
    JOIN ledger_detail d ON d.entry_id = e.id AND d.subject = e.subject
    LEFT JOIN client a ON a.id = e.actor_id LEFT JOIN keys.customer_key k ON k.customer_id = e.subject
    WHERE e.subject = ANY ($1) AND e.event = ANY (ARRAY['customer.revealed', 'holding.revealed'])
      AND ($4::timestamptz IS NULL OR (e.recorded_at, e.id) < ($4, $5))
    ORDER BY e.recorded_at DESC, e.id DESC LIMIT $3
"""
_CATEGORIES = "SELECT key, names FROM category WHERE key = ANY ($1) ORDER BY key"


async def read(ask: Ask) -> Kept:
    """Read what is kept of the customer who is signed in, with the records that were merged into theirs."""
    people, towards = await records(ask), ask.actor.organisation_id
    values = [_value(ask, row) for row in await ask.rows(_VALUES, people, towards)]
    sources = [Source(**_said(row)) for row in await ask.rows(_SOURCES, people, towards, SOURCES_MOST)]
    uses = [Use(**_said(row)) for row in await ask.rows(_USES, towards)]
    looks = await looks_at(ask, people, None, LOOKS_MOST + 1)
    held = {each.category for each in values} | {key for each in sources for key in each.categories}
    names = {row["key"]: orjson.loads(row["names"]) for row in await ask.rows(_CATEGORIES, sorted(held))}
    own_uses = [each for each in uses if held & set(each.categories)]
    notes, has_more = await _notes(ask, people), len(looks) > LOOKS_MOST
    return Kept(values, sources, own_uses, looks[:LOOKS_MOST], names, notes, has_more)


async def read_value(ask: Ask, value_id: UUID) -> Sequence[Value]:
    """Read one value, and others of its name in other places; Refusal NOT_FOUND for what is not this customer's."""
    rows = await ask.rows(_VALUES, await records(ask), ask.actor.organisation_id)
    by_name: dict[tuple[str, str, str | None], list[Value]] = defaultdict(list)
    for row in rows:
        by_name[row["category"], row["name"], row["system"]].append(_value(ask, row))
    for several in by_name.values():
        if any(each.id == value_id for each in several):
            return several
    raise not_found("value", "value")


async def records(ask: Ask) -> list[UUID]:
    """The records of the customer who is signed in: their own, and those merged with it; NOT_FOUND for anybody else."""
    customer_id = own(ask)
    if customer_id is None:
        raise not_found("customer", "customer")
    return list((await merges.families(ask, [customer_id])).get(customer_id, (customer_id,)))


def _value(ask: Ask, row: Record) -> Value:
    key = ask.hub.vault.unwrap(row["customer_id"], row["wrapped"])
    text = key.open_text(row["source"], "sealed", row["id"], row["sealed"])
    kind = "IDENTIFIER" if row["source"] == "identifier" else "PROFILE"
    return Value(row["id"], kind, row["category"], row["name"], row["system"], text, row["since"])


def _said(row: Record) -> dict[str, Any]:
    values: dict[str, Any] = dict(row)
    for name in ("titles", "names", "benefits"):
        if name in values:
            values[name] = orjson.loads(values[name])
    for name in ("categories", "departments"):
        if name in values:
            values[name] = tuple(values[name])
    return values


async def _notes(ask: Ask, people: Sequence[UUID]) -> list[Note]:
    towards = ask.actor.organisation_id
    if towards is None:
        return []
    found = await disputes.of_many(ask, people, towards, is_opened=True)
    return [each for several in found.values() for each in several]


async def looks_at(
    ask: Ask, people: Sequence[UUID], before: Mark | None = None, most: int = LOOKS_MOST
) -> list[Look]:
    """Who opened the values of these records, the last first; `before`: only what stands below that one."""
    rows = await ask.rows(_LOOKS, list(people), ask.actor.organisation_id, most, *(before or (None, None)))
    names = await staff.names_of(ask, [row["actor_id"] for row in rows if row["actor_id"]])
    return [_look(ask, row, names) for row in rows]


def _look(ask: Ask, row: Record, names: Mapping[UUID, str]) -> Look:
    content = open_detail(ask.hub.vault, row)
    body = statements.split_detail(content)[1] if content else {}
    return Look(row["entry_id"], names.get(row["actor_id"], row["who"]), body.get("reason", ""), row["at"])
