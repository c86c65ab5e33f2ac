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
    subjects: list[UUID | None]
    leaves: list[bytes]
    bodies: list[bytes]


async def record(act: "Act", event: str, details: Sequence[Detail]) -> UUID:
    """Append one entry to the act's transaction; returns its id. One detail's subject is the entry's subject."""
    subjects = {detail.subject for detail in details if detail.subject}
    keys = await read_keys(act, subjects) if subjects else {}
    sealed = prepare(act.hub.vault, event, details, keys)
    subject = details[0].subject if len(details) == 1 else None
    await act.execute(
        _APPEND, sealed.id, event, subject, sealed.commitment, sealed.subjects, sealed.leaves, sealed.bodies
    )
    return sealed.id


async def read_keys(act: "Act", subjects: set[UUID]) -> dict[UUID, "DataKey"]:
    """Open the data keys of these customers; those without one (erased) are left out."""
    rows = await act.rows(_KEYS, list(subjects))
    return {row["customer_id"]: act.hub.vault.unwrap(row["customer_id"], row["wrapped"]) for row in rows}


def prepare(vault: "Vault", event: str, details: Sequence[Detail], keys: Mapping[UUID, "DataKey"]) -> Sealed:
    """Salt, hash and seal an entry's details."""
    entry_id = new_id()
    contents = [
        statements.detail_bytes(statements.new_salt(), {**detail.body, "event": event}) for detail in details
    ]
    bodies: list[bytes] = []
    for index, (detail, content) in enumerate(zip(details, contents, strict=True)):
        key = keys.get(detail.subject) if detail.subject else None
        row = f"{entry_id}/{index}"
        bodies.append(
            key.seal("ledger_detail", "body", row, content)
            if key
            else vault.seal_own("ledger_detail", "body", row, content)
        )
    leaves = [merkle.leaf_hash(content) for content in contents]
    return Sealed(
        entry_id, statements.commitment(leaves), [detail.subject for detail in details], leaves, bodies
    )
