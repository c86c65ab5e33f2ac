"""What shows who somebody is beside their email address: a customer number of any system, or the phone that we have."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from hub.act import Ask
from hub.db import Record
from hub.errors import Refusal
from hub.identities import IdentifierKind

_OTHERS: Final = """
    SELECT DISTINCT coalesce(c.survivor_id, c.id) AS customer_id, i.kind, i.system, i.blind
    FROM identifier i JOIN customer c ON c.id = i.customer_id
    WHERE i.organisation_id = $2 AND i.kind <> 'EMAIL' AND i.ended_at IS NULL AND c.erased_at IS NULL
        AND coalesce(c.survivor_id, c.id) = ANY ($1)
"""


async def is_there(ask: Ask, customer_id: UUID) -> bool:
    """Whether we hold anything but addresses by which a customer could show who they are."""
    return bool(await ask.rows(_OTHERS, [customer_id], ask.actor.organisation_id))


async def known_by(ask: Ask, organisation_id: UUID | None, customers: Sequence[UUID], said: str) -> set[UUID]:
    """Those of some customers who have this number, as a customer number of any system or as a phone."""
    rows = await ask.rows(_OTHERS, list(customers), organisation_id)
    blinds: dict[str | None, set[bytes]] = {}
    for system in {row["system"] for row in rows}:
        blinds[system] = _blinds(ask, system, said)
    return {row["customer_id"] for row in rows if _is_one(row, blinds)}


def _is_one(row: Record, blinds: dict[str | None, set[bytes]]) -> bool:
    return (row["kind"] == IdentifierKind.PHONE) == (row["system"] is None) and row["blind"] in blinds[
        row["system"]
    ]


def _blinds(ask: Ask, system: str | None, said: str) -> set[bytes]:
    """What a number may lie under; a customer number as it was typed, or in capitals. Empty for what is no number."""
    vault = ask.hub.vault
    try:
        if system is None:
            return set(vault.blind_phone(said).candidates)
        spelt = [vault.blind_external(system, each) for each in {said, said.upper()}]
    except Refusal:
        return set()
    return {digest for each in spelt for digest in each.candidates}
