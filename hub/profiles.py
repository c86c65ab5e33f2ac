"""Profiles: what is known of a customer, value by value, each sealed and under its category.

Ordinary reads see masks. Whoever needs the values themselves reveals them, and that is recorded first.
"""

import dataclasses
import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from hub import inputs, particulars, postal, suppression
from hub.act import Act, Ask
from hub.db import Record, new_id
from hub.errors import Code, Refusal, invalid
from hub.identifiers import mask_email, mask_phone, mask_text
from hub.identities import IdentifierKind, Owner, open_key
from hub.recording import Adding
from hub.scope import hold, organisation
from hub.vault import DataKey

VALUES_MOST = 100
CUSTOMERS_MOST = 1_000


class RevealReason(StrEnum):
    """Why somebody needs to see the values themselves."""

    CUSTOMER_ASKED = "CUSTOMER_ASKED"
    SERVICE = "SERVICE"
    COMPLAINT = "COMPLAINT"
    CORRECTION = "CORRECTION"
    FRAUD = "FRAUD"
    LEGAL_DUTY = "LEGAL_DUTY"


@dataclass(frozen=True, slots=True)
class NewValue:
    """A value for one field of the profile; None removes it. category: a key such as ``contact``."""

    category: str
    field: str
    value: str | None = dataclasses.field(repr=False)


@dataclass(frozen=True, slots=True)
class IdentifierShown:
    """An identifier with its value, masked or open."""

    id: UUID
    kind: str
    system: str | None
    value: str = dataclasses.field(repr=False)
    verified_at: datetime | None


@dataclass(frozen=True, slots=True)
class ValueShown:
    """A profile value, masked or open."""

    id: UUID
    category: str
    field: str
    value: str = dataclasses.field(repr=False)
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class NoteShown:
    """What the customer notes about values that were not corrected. fields: none: all. text: None where masked."""

    id: UUID
    fields: tuple[str, ...]
    text: str | None = dataclasses.field(repr=False)
    noted_at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of a customer: living identifiers, the profile and disputed notes, all masked or all open."""

    customer_id: UUID
    identifiers: tuple[IdentifierShown, ...]
    profile: tuple[ValueShown, ...]
    notes: tuple[NoteShown, ...] = ()

    @property
    def name(self) -> str | None:
        """The name as it is shown: the full one, or the given and the family name."""
        values = {shown.field: shown.value for shown in self.profile}
        parts = [values[part] for part in ("given_name", "family_name") if part in values]
        return values.get("name") or " ".join(parts) or None


_CATEGORIES = "SELECT key, id FROM category WHERE key = ANY ($1)"
_PRESENT = """
    SELECT id, category_id, field FROM profile_value WHERE customer_id = $1 AND organisation_id = $2
"""
_PUT = """
    INSERT INTO profile_value AS p
        (id, customer_id, organisation_id, category_id, field, sealed, import_id, updated_at)
    SELECT new.id, $1, $2, new.category_id, new.field, new.sealed, $3, $4
    FROM unnest($5::uuid[], $6::uuid[], $7::text[], $8::bytea[]) AS new (id, category_id, field, sealed)
    ON CONFLICT (customer_id, organisation_id, category_id, field) DO UPDATE
    SET previous = p.sealed, previous_import_id = p.import_id, sealed = excluded.sealed,
        import_id = excluded.import_id, updated_at = excluded.updated_at
"""
_REMOVE = "DELETE FROM profile_value WHERE id = ANY ($1)"
# Everything that may be shown of some customers, one row per value, with the key that opens it.
_SHOW = """
    SELECT k.customer_id, k.wrapped, v.*
    FROM keys.customer_key k CROSS JOIN LATERAL (
        SELECT 'identifier' AS source, i.id, i.kind AS name, i.system AS of, i.sealed, i.verified_at AS at
        FROM identifier i
        WHERE i.customer_id = k.customer_id AND i.organisation_id = $2 AND i.ended_at IS NULL
        UNION ALL
        SELECT 'profile_value', p.id, p.field, g.key, p.sealed, p.updated_at
        FROM profile_value p JOIN category g ON g.id = p.category_id
        WHERE p.customer_id = k.customer_id AND p.organisation_id = $2
        UNION ALL
        SELECT 'disputed_note', n.id, array_to_string(n.fields, ' '), NULL, n.sealed, n.noted_at
        FROM disputed_note n WHERE n.customer_id = k.customer_id AND n.organisation_id = $2
    ) v WHERE k.customer_id = ANY ($1) ORDER BY k.customer_id, v.source, v.of, v.name, v.id
"""


async def masked(ask: Ask, ids: Sequence[UUID], organisation_id: UUID | None = None) -> dict[UUID, Shown]:
    """Show many customers, masked, by one statement; the erased and the unreachable are left out."""
    if len(ids) > CUSTOMERS_MOST:
        raise Refusal(Code.LIMIT, f"Ask for at most {CUSTOMERS_MOST} customers at a time.")
    rows = await ask.rows(_SHOW, list(ids), organisation(ask, organisation_id))
    by_customer: dict[UUID, list[Record]] = defaultdict(list)
    for row in rows:
        by_customer[row["customer_id"]].append(row)
    return {customer_id: _show(ask, lines, is_masked=True) for customer_id, lines in by_customer.items()}


async def reveal(
    act: Adding, customer_id: UUID, reason: str, explanation: str, organisation_id: UUID | None = None
) -> Shown:
    """Open a customer's values for a person. The ledger keeps who, the reason and a hash of the explanation.

    The note is part of the act: whoever calls hands the values on only after the act has committed.
    """
    why = inputs.choice(RevealReason, reason, "reason")
    said = inputs.text(explanation, "explanation", most=particulars.REFERENCE_CHARACTERS)
    reached = await hold(act, customer_id, organisation_id, "customer")
    digest = hashlib.sha256(said.encode()).hexdigest()
    await act.record("customer.revealed", customer_id, reason=why, explanation_sha256=digest)
    rows = await act.rows(_SHOW, [customer_id], reached.organisation_id)
    return _show(act, rows, is_masked=False) if rows else Shown(customer_id, (), ())


async def opened(ask: Ask, customer_id: UUID, organisation_id: UUID | None = None) -> Shown:
    """Open a customer's values for whoever has noted the view by an act of its own before; see `hub.unmasking`."""
    rows = await ask.rows(_SHOW, [customer_id], organisation(ask, organisation_id))
    return _show(ask, rows, is_masked=False) if rows else Shown(customer_id, (), ())


async def set_profile(
    act: Act, customer_id: UUID, values: Sequence[NewValue], organisation_id: UUID | None = None
) -> None:
    """Write, overwrite or (None) remove values of a profile."""
    reached = await hold(act, customer_id, organisation_id, "customer")
    owner = Owner(customer_id, reached.organisation_id, await open_key(act, customer_id))
    fields = await moved(act, owner, values, "values")
    if fields:
        await act.record("profile.changed", customer_id, fields=fields)


async def moved(act: Act, owner: Owner, values: Sequence[NewValue], *path: str | int) -> list[str]:
    """As `put`, and what the list of addresses that get no marketing says of where the customer lives from now on."""
    if not _says_where(values):
        return await put(act, owner, values, *path)
    known = await postal.of(act, owner.customer_id, owner.key)
    fields = await put(act, owner, values, *path)
    before = known.get(owner.organisation_id)
    await suppression.strike_home(act, owner.customer_id, owner.organisation_id, owner.key, before)
    return fields


async def struck(act: Act, owner: Owner, values: Sequence[NewValue]) -> None:
    """What the list says of where a new customer lives, once it is known how they stand."""
    if _says_where(values):
        await suppression.strike_home(act, owner.customer_id, owner.organisation_id, owner.key, None)


def _says_where(values: Sequence[NewValue]) -> bool:
    return any(new.category == postal.CATEGORY and new.field in postal.FIELDS for new in values)


async def put(act: Act, owner: Owner, values: Sequence[NewValue], *path: str | int) -> list[str]:
    """Seal and store values, leaving the record to the caller; returns ``category.field`` of each.

    A value is bound to its row: an overwritten field keeps its row, and its former value as `previous`.
    """
    if len(values) > VALUES_MOST:
        raise Refusal(Code.TOO_LARGE, f"Write at most {VALUES_MOST} values at a time.", path)
    wanted = await _by_place(act, values, path)
    present = {
        (row["category_id"], row["field"]): row["id"]
        for row in await act.rows(_PRESENT, owner.customer_id, owner.organisation_id)
    }
    gone = [present[place] for place, text in wanted.items() if text is None and place in present]
    written = [
        (present.get(place) or new_id(), *place, text) for place, text in wanted.items() if text is not None
    ]
    if gone:
        await act.execute(_REMOVE, gone)
    if written:
        await _write(act, owner, written)
    return sorted(f"{new.category}.{new.field}" for new in values)


async def _by_place(
    act: Act, values: Sequence[NewValue], path: tuple[str | int, ...]
) -> dict[tuple[UUID, str], str | None]:
    known = {row["key"]: row["id"] for row in await act.rows(_CATEGORIES, [new.category for new in values])}
    wanted: dict[tuple[UUID, str], str | None] = {}
    for number, new in enumerate(values):
        if new.category not in known:
            raise invalid("There is no category with this key.", *path, number, "category")
        name = particulars.field_name(new.field, *path, number, "field")
        wanted[known[new.category], name] = (
            new.value
            if new.value is None
            else inputs.text(new.value, *path, number, "value", most=particulars.VALUE_CHARACTERS)
        )
    return wanted


async def _write(act: Act, owner: Owner, rows: Sequence[tuple[UUID, UUID, str, str]]) -> None:
    await act.execute(
        _PUT,
        owner.customer_id,
        owner.organisation_id,
        owner.import_id,
        act.at,
        [row_id for row_id, *_ in rows],
        [category_id for _, category_id, *_ in rows],
        [name for _, _, name, _ in rows],
        [owner.key.seal("profile_value", "sealed", row_id, text) for row_id, _, _, text in rows],
    )


def _show(ask: Ask, rows: Sequence[Record], *, is_masked: bool) -> Shown:
    customer_id: UUID = rows[0]["customer_id"]
    key = ask.hub.vault.unwrap(customer_id, rows[0]["wrapped"])
    identifiers = [row for row in rows if row["source"] == "identifier"]
    profile = [row for row in rows if row["source"] == "profile_value"]
    return Shown(
        customer_id,
        tuple(
            IdentifierShown(row["id"], row["name"], row["of"], _open(key, row, is_masked), row["at"])
            for row in identifiers
        ),
        tuple(
            ValueShown(row["id"], row["of"], row["name"], _open(key, row, is_masked), row["at"])
            for row in profile
        ),
        tuple(
            NoteShown(
                row["id"],
                tuple(row["name"].split()),
                None if is_masked else _open(key, row, is_masked),
                row["at"],
            )
            for row in rows
            if row["source"] == "disputed_note"
        ),
    )


def _open(key: DataKey, row: Any, is_masked: bool) -> str:  # noqa: FBT001 - private, both calls name it
    text = key.open_text(row["source"], "sealed", row["id"], row["sealed"])
    if not is_masked:
        return text
    if row["name"] == IdentifierKind.EMAIL:
        return mask_email(text)
    return mask_phone(text) if row["name"] == IdentifierKind.PHONE else mask_text(text)
