"""Identifiers: the emails, phones and external ids by which a customer is found.

They are not unique: people share mailboxes and phones. Only an external id names one customer of one system.
Each is sealed under its customer's key and found by its blind index alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import asyncpg

from hub import inputs
from hub.act import Act, Ask
from hub.auth import sessions
from hub.db import new_id
from hub.errors import Code, Refusal, invalid, not_found
from hub.recording import ERASED, Recording
from hub.scope import hold, organisation
from hub.vault import Blind, DataKey, Vault

IDENTIFIERS_MOST = 50


class IdentifierKind(StrEnum):
    """What an identifier is."""

    EMAIL = "EMAIL"
    PHONE = "PHONE"
    EXTERNAL = "EXTERNAL"


@dataclass(frozen=True, slots=True)
class NewIdentifier:
    """An identifier as it is given. system: whose id it is, for EXTERNAL only; kept in lower case.

    region: the country (ISO 3166) of a phone number that has no +.
    """

    kind: str
    value: str = field(repr=False)
    system: str | None = None
    region: str | None = None
    is_verified: bool = False

    def __post_init__(self) -> None:
        if self.system is not None:
            object.__setattr__(self, "system", inputs.fold(self.system))


@dataclass(frozen=True, slots=True)
class Identifier:
    """A stored identifier, without its value."""

    id: UUID
    customer_id: UUID
    kind: str
    system: str | None
    created_at: datetime
    verified_at: datetime | None
    ended_at: datetime | None


_COLUMNS = "id, customer_id, kind, system, created_at, verified_at, ended_at"
_INSERT = f"""
    INSERT INTO identifier (id, customer_id, organisation_id, kind, system, sealed, blind, blind_key_id,
                            import_id, created_at, verified_at)
    SELECT new.id, $1, $2, new.kind, new.system, new.sealed, new.blind, new.blind_key_id, $3, $4::timestamptz,
           CASE WHEN new.is_verified THEN $4::timestamptz END
    FROM unnest($5::uuid[], $6::text[], $7::text[], $8::bytea[], $9::bytea[], $10::text[], $11::bool[])
         AS new (id, kind, system, sealed, blind, blind_key_id, is_verified)
    RETURNING {_COLUMNS}
"""  # noqa: S608 - joined from constants
_TAKEN = """
    SELECT EXISTS (SELECT FROM identifier
                   WHERE organisation_id = $1 AND kind = 'EXTERNAL' AND ended_at IS NULL
                   AND (system, blind) IN (SELECT * FROM unnest($2::text[], $3::bytea[])))
"""
_HELD = f"""
    SELECT {_COLUMNS} FROM identifier
    WHERE customer_id = $1 AND organisation_id = $2 AND kind = $3 AND system IS NOT DISTINCT FROM $4
      AND blind = ANY ($5) AND ended_at IS NULL
"""  # noqa: S608
_OWN = f"""
    SELECT {_COLUMNS} FROM identifier WHERE id = $1 AND ($2::uuid IS NULL OR organisation_id = $2)
"""  # noqa: S608
_END = f"UPDATE identifier SET ended_at = $2 WHERE id = $1 RETURNING {_COLUMNS}"  # noqa: S608
_VERIFY = f"UPDATE identifier SET verified_at = $2 WHERE id = $1 RETURNING {_COLUMNS}"  # noqa: S608
_WRAPPED = "SELECT wrapped FROM keys.customer_key WHERE customer_id = $1"


def blind(vault: Vault, new: NewIdentifier, *path: str | int) -> Blind:
    """Bring an identifier to its one spelling and make it findable; Refusal INVALID names the place."""
    kind = inputs.choice(IdentifierKind, new.kind, *path, "kind")
    if (kind is IdentifierKind.EXTERNAL) != (new.system is not None):
        raise invalid("An external id needs the system whose id it is; others have none.", *path, "system")
    try:
        if new.system is not None:
            return vault.blind_external(inputs.system(new.system, *path, "system"), new.value)
        if kind is IdentifierKind.EMAIL:
            return vault.blind_email(new.value)
        return vault.blind_phone(new.value, new.region)
    except Refusal as refusal:
        raise Refusal(refusal.code, refusal.message, refusal.path or (*path, "value")) from None


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose rows are being sealed. import_id: the import that brought them, so that it can be taken back."""

    customer_id: UUID
    organisation_id: UUID
    key: DataKey
    import_id: UUID | None = None


async def insert(
    act: Act, owner: Owner, given: Sequence[NewIdentifier], *path: str | int
) -> list[Identifier]:
    """Seal and store identifiers, leaving the record to the caller; CONFLICT for a taken external id."""
    if len(given) > IDENTIFIERS_MOST:
        raise Refusal(Code.TOO_LARGE, f"A customer has at most {IDENTIFIERS_MOST} identifiers.", path)
    blinds = [blind(act.hub.vault, new, *path, place) for place, new in enumerate(given)]
    distinct = {
        (new.kind, new.system, made.normalised): (new, made) for new, made in zip(given, blinds, strict=True)
    }
    await _refuse_taken(act, owner.organisation_id, list(distinct.values()), path)
    rows = [(new_id(), new, made) for new, made in distinct.values()]
    about = (owner.customer_id, owner.organisation_id, owner.import_id, act.at)
    try:
        stored = await act.rows(_INSERT, *about, *_sealed(owner.key, rows))
    except asyncpg.UniqueViolationError:
        raise _taken(path) from None
    await _look_for_others(act, owner, given)
    return [Identifier(**row) for row in stored]


def _sealed(key: DataKey, rows: Sequence[tuple[UUID, NewIdentifier, Blind]]) -> list[list[Any]]:
    return [
        [row_id for row_id, _, _ in rows],
        [new.kind for _, new, _ in rows],
        [new.system for _, new, _ in rows],
        [key.seal("identifier", "sealed", row_id, made.normalised) for row_id, _, made in rows],
        [made.digest for _, _, made in rows],
        [made.key_id for _, _, made in rows],
        [new.is_verified for _, new, _ in rows],
    ]


async def _look_for_others(act: Act, owner: Owner, given: Sequence[NewIdentifier]) -> None:
    """Leave behind to propose merging those who share an email or phone; an external id is nobody else's."""
    if any(new.kind != IdentifierKind.EXTERNAL for new in given):
        ids = {"customer_id": owner.customer_id, "organisation_id": owner.organisation_id}
        await act.defer("customers.propose_merges", **ids)


async def add_identifier(
    act: Act, customer_id: UUID, new: NewIdentifier, organisation_id: UUID | None = None
) -> Identifier:
    """Give a customer one more identifier; the one they already have is returned as it is."""
    reached = await hold(act, customer_id, organisation_id, "customer")
    made = blind(act.hub.vault, new, "identifier")
    held = await act.row(
        _HELD, customer_id, reached.organisation_id, new.kind, new.system, list(made.candidates)
    )
    if held is not None:
        return Identifier(**held)
    owner = Owner(customer_id, reached.organisation_id, await open_key(act, customer_id))
    [added] = await insert(act, owner, [new], "identifier")
    await act.record("identifier.added", customer_id, identifier=added.id, kind=added.kind)
    return added


async def end_identifier(act: Act, identifier_id: UUID) -> Identifier:
    """Stop finding and contacting a customer by an identifier; ending it twice changes nothing."""
    ended = await _change(act, identifier_id, _END, "ended_at", "identifier.ended")
    await sessions.end_all(act, ended.customer_id)  # who came in by it may not be them any more
    return ended


async def verify_identifier(act: Act, identifier_id: UUID) -> Identifier:
    """Note that the customer has shown the identifier to be theirs; the first time counts."""
    return await _change(act, identifier_id, _VERIFY, "verified_at", "identifier.verified")


async def open_key(ask: Ask, customer_id: UUID) -> DataKey:
    """Unwrap a customer's data key; Refusal CONFLICT once they are erased."""
    if isinstance(ask, Recording) and (key := ask.key(customer_id)):
        return key
    wrapped = ask.wrapped.get(customer_id) or await ask.value(_WRAPPED, customer_id)
    if wrapped is None:
        raise Refusal(Code.CONFLICT, ERASED)
    return ask.hub.vault.unwrap(customer_id, wrapped)


async def _change(act: Act, identifier_id: UUID, sql: str, column: str, event: str) -> Identifier:
    found = await act.row(_OWN, identifier_id, act.actor.organisation_id)
    if found is None:
        raise not_found("identifier", "identifier")
    await hold(act, found["customer_id"], await _organisation_of(act, identifier_id))
    now = Identifier(**(await act.rows(_OWN, identifier_id, None))[0])
    if getattr(now, column) is not None:
        return now
    if now.ended_at is not None:
        raise Refusal(Code.CONFLICT, "This identifier has ended: add it again first.", ("identifier",))
    [changed] = await act.rows(sql, identifier_id, act.at)
    await act.record(event, now.customer_id, identifier=identifier_id, kind=now.kind)
    return Identifier(**changed)


async def _organisation_of(act: Act, identifier_id: UUID) -> UUID:
    owner: UUID = await act.value("SELECT organisation_id FROM identifier WHERE id = $1", identifier_id)
    return organisation(act, owner)


async def _refuse_taken(
    act: Act, organisation_id: UUID, given: Sequence[tuple[NewIdentifier, Blind]], path: tuple[str | int, ...]
) -> None:
    external = [(new.system, digest) for new, made in given if new.system for digest in made.candidates]
    systems, digests = [system for system, _ in external], [digest for _, digest in external]
    if external and await act.value(_TAKEN, organisation_id, systems, digests):
        raise _taken(path)


def _taken(path: tuple[str | int, ...]) -> Refusal:
    return Refusal(
        Code.CONFLICT, "Another customer has this external id: find that one, and change or merge it.", path
    )
