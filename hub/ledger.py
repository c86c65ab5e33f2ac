"""The ledger's writing side: what happened, to whom, by which act. Sealing and verifying stand beside it.

An entry commits to its details by a Merkle root; each detail is salted and sealed, under its subject's own data key
where there is one, so that destroying that key makes it unreadable while the ledger still verifies.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from hub import merkle, statements
from hub.db import new_id
from hub.vault import NONCE_BYTES

if TYPE_CHECKING:
    from hub.act import Act
    from hub.vault import DataKey, Vault

_APPEND = "SELECT ledger_append($1, $2, $3, $4, $5, $6, $7)"
_KEYS = "SELECT customer_id, wrapped FROM keys.customer_key WHERE customer_id = ANY ($1)"


@dataclass(frozen=True, slots=True)
class Detail:
    """One line of an entry: the customer it is about (None: nobody) and its body, JSON values without personal data."""

    subject: UUID | None
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sealed:
    """An entry ready to be written: arguments of the database's ledger_append."""

    id: UUID
    commitment: bytes
    subjects: Sequence[UUID | None]
    leaves: list[bytes]
    bodies: list[bytes]


async def record(act: "Act", event: str, details: Sequence[Detail]) -> UUID:
    """Append one entry to the act's transaction; returns its id. One detail's subject is the entry's subject."""
    entry_id, *others = await entry(act, event, details)
    await act.execute(_APPEND, entry_id, *others)
    return entry_id


async def entry(act: "Act", event: str, details: Sequence[Detail]) -> tuple[Any, ...]:
    """An entry that is ready to be written: the arguments of the database's ledger_append, its id first."""
    subjects = {detail.subject for detail in details if detail.subject}
    keys = await read_keys(act, subjects) if subjects else {}
    sealed = prepare(act.hub.vault, event, details, keys)
    subject = details[0].subject if len(details) == 1 else None
    return (sealed.id, event, subject, sealed.commitment, sealed.subjects, sealed.leaves, sealed.bodies)


async def read_keys(act: "Act", subjects: set[UUID]) -> dict[UUID, "DataKey"]:
    """Open the data keys of these customers; those without one (erased) are left out."""
    wrapped = {each: act.wrapped[each] for each in subjects if each in act.wrapped}
    if missing := subjects - wrapped.keys():
        wrapped |= {row["customer_id"]: row["wrapped"] for row in await act.rows(_KEYS, list(missing))}
    return {subject: act.hub.vault.unwrap(subject, each) for subject, each in wrapped.items()}


def prepare(vault: "Vault", event: str, details: Sequence[Detail], keys: Mapping[UUID, "DataKey"]) -> Sealed:
    """Salt, hash and seal an entry's details."""
    contents = [
        statements.detail_bytes(statements.new_salt(), {**detail.body, "event": event}) for detail in details
    ]
    subjects = [detail.subject for detail in details]
    return seal(vault, contents, subjects, [keys.get(each) if each else None for each in subjects])


def seal(
    vault: "Vault",
    contents: Sequence[bytes],
    subjects: Sequence[UUID | None],
    keys: Sequence["DataKey | None"],
) -> Sealed:
    """Hash and seal details that are encoded and salted; those without a key under the keyring."""
    entry_id, bodies = new_id(), list[bytes]()
    named = str(entry_id)
    nonces = statements.drawn(len(contents), NONCE_BYTES)
    for index, (content, key, nonce) in enumerate(zip(contents, keys, nonces, strict=True)):
        row = f"{named}/{index}"
        bodies.append(
            key.seal("ledger_detail", "body", row, content, nonce)
            if key
            else vault.seal_own("ledger_detail", "body", row, content)
        )
    leaves = [merkle.leaf_hash(content) for content in contents]
    return Sealed(entry_id, statements.commitment(leaves), subjects, leaves, bodies)
