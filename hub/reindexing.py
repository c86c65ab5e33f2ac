"""What people are found by, hashed anew with another index key while everybody is found by both.

Only where the address itself is kept, sealed, can its hash be made anew. What is kept as a hash alone stays as it is
and is looked up by every key: addresses that get no marketing, who was erased, whom a provider vouches for. Marks that
nobody is found by (of codes, forms, budgets, imported rows, connectors) are made with the first index key for good:
``Vault.steady``.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from hub import inputs
from hub.act import Act
from hub.db import Record
from hub.keyring import Use
from hub.rights.sealed import OWNER
from hub.vault import Vault

BATCH: Final = 500
_PAGE: Final = f"AND t.id > $2 ORDER BY t.id LIMIT {BATCH} FOR NO KEY UPDATE OF t"


@dataclass(frozen=True, slots=True)
class Place:
    """A table of sealed addresses and their hashes. column: where they are sealed; kind: whose data key opens them."""

    table: str
    column: str
    kind: str
    others: str
    put: str


# Two who were given one external id at the very moment in which the key changed stay as they are: found by both hashes.
_IDENTIFIERS: Final = Place(
    "identifier", "sealed", "customer",
    """
    SELECT t.id, t.customer_id AS owner, lower(t.kind) AS kind, t.system, t.sealed, k.wrapped
    FROM identifier t JOIN keys.customer_key k ON k.customer_id = t.customer_id WHERE t.blind_key_id <> $1
    """,
    """
    UPDATE identifier t SET blind = n.blind, blind_key_id = $3 FROM unnest($1::uuid[], $2::bytea[]) AS n (id, blind)
    WHERE t.id = n.id AND NOT EXISTS (
        SELECT FROM identifier o WHERE o.organisation_id = t.organisation_id AND o.system = t.system
            AND o.blind = n.blind AND o.kind = 'EXTERNAL' AND o.ended_at IS NULL AND o.id <> t.id)
    RETURNING t.id
    """,
)  # fmt: skip
_CONTACTS: Final = Place(
    "rights_request", "contact", OWNER,
    """
    SELECT t.id, t.id AS owner, 'email' AS kind, NULL AS system, t.contact AS sealed, k.wrapped
    FROM rights_request t JOIN keys.request_key k ON k.request_id = t.id WHERE t.contact_key <> $1
    """,
    """
    UPDATE rights_request t SET contact_blind = n.blind, contact_key = $3
    FROM unnest($1::uuid[], $2::bytea[]) AS n (id, blind) WHERE t.id = n.id RETURNING t.id
    """,
)  # fmt: skip
_REPRESENTATIVES: Final = Place(
    "representative", "contact", "customer",
    """
    SELECT t.id, t.customer_id AS owner, 'email' AS kind, NULL AS system, t.contact AS sealed, k.wrapped
    FROM representative t JOIN keys.customer_key k ON k.customer_id = t.customer_id
    WHERE t.contact_key <> $1 AND t.state IN ('PROPOSED', 'CONFIRMED')
    """,
    """
    UPDATE representative t SET contact_blind = n.blind, contact_key = $3
    FROM unnest($1::uuid[], $2::bytea[]) AS n (id, blind) WHERE t.id = n.id RETURNING t.id
    """,
)  # fmt: skip
_STAFF: Final = Place(
    "staff", "email", "",
    "SELECT t.id, 'email' AS kind, NULL AS system, t.email AS sealed FROM staff t WHERE t.email_key <> $1",
    """
    UPDATE staff t SET email_blind = n.blind, email_key = $3
    FROM unnest($1::uuid[], $2::bytea[]) AS n (id, blind) WHERE t.id = n.id RETURNING t.id
    """,
)  # fmt: skip
PLACES: Final = (_IDENTIFIERS, _CONTACTS, _REPRESENTATIVES, _STAFF)
# Who came while both keys counted and shares an address with somebody moved now was not seen to share it then.
_SHARING: Final = """
    SELECT DISTINCT i.customer_id, i.organisation_id FROM identifier i
    JOIN identifier o ON o.blind = i.blind AND o.kind = i.kind AND o.organisation_id = i.organisation_id
    WHERE i.id = ANY ($1) AND i.kind <> 'EXTERNAL' AND i.ended_at IS NULL AND o.ended_at IS NULL
        AND o.customer_id <> i.customer_id AND o.created_at >= $2
"""


async def move(place: Place, act: Act, after: UUID) -> tuple[int, UUID | None]:
    """Hash some addresses anew; returns how many, and after which row to go on, None at the end."""
    vault = act.hub.vault
    current = vault.keyring.current(Use.INDEX)
    rows = await act.rows(f"{place.others} {_PAGE}", current.id, after)
    if not rows:
        return 0, None
    hashes = [_hash(vault, place, row) for row in rows]
    moved = [row["id"] for row in await act.rows(place.put, [row["id"] for row in rows], hashes, current.id)]
    await act.record("keys.reindexed", key=current.id, table=place.table, amount=len(moved))
    if place is _IDENTIFIERS:
        for row in await act.rows(_SHARING, moved, current.created_at):
            ids = {"customer_id": row["customer_id"], "organisation_id": row["organisation_id"]}
            await act.defer("customers.propose_merges", **ids)
    return len(moved), rows[-1]["id"] if len(rows) == BATCH else None


def _hash(vault: Vault, place: Place, row: Record) -> bytes:
    """The hash of a sealed address under the current key."""
    cell = (place.table, place.column, row["id"], row["sealed"])
    if place.kind:
        said = vault.unwrap(row["owner"], row["wrapped"], place.kind).open_text(*cell)
    else:
        said = vault.open_own(*cell).decode()
    return vault.blind_again(row["kind"], said, inputs.fold(row["system"] or "")).digest
