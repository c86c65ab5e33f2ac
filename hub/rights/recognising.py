"""Entries that a customer does not recognise: one of those they read of who looked and who received, named by its id.

It goes with a complaint, sealed with what was said, and is found again for staff who look at the details.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from hub import kept, merges
from hub.act import Ask
from hub.auth import staff
from hub.errors import not_found


class Kind(StrEnum):
    """What an entry tells of: somebody opened the values, a recipient got some, or was told that they changed."""

    LOOK = "LOOK"
    RECEIVED = "RECEIVED"
    CORRECTED = "CORRECTED"


@dataclass(frozen=True, slots=True)
class Named:
    """An entry as somebody names it. id: of the ledger's entry, the disclosure, or the withdrawal."""

    kind: Kind
    id: UUID

    def __str__(self) -> str:
        """As it stands in an address."""
        return f"{self.kind}-{self.id}"


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry that was found. who: the recipient, or who looked; empty for nobody by name."""

    named: Named
    who: str = field(repr=False)
    at: datetime


_LOOK: Final = """
    SELECT e.recorded_at AS at, coalesce(a.name, '') AS who, e.actor_id
    FROM ledger_entry e JOIN act t ON t.id = e.act_id AND t.organisation_id = $3 LEFT JOIN client a ON a.id = e.actor_id
    WHERE e.id = $1 AND e.subject = ANY ($2) AND e.event = ANY (ARRAY['customer.revealed', 'holding.revealed'])
"""
_RECEIVED: Final = """
    SELECT x.recorded_at AS at, r.name AS who, NULL::uuid AS actor_id
    FROM disclosure x JOIN recipient r ON r.id = x.recipient_id
    WHERE x.id = $1 AND x.customer_id = ANY ($2) AND x.organisation_id = $3
"""
_CORRECTED: Final = """
    SELECT w.made_at AS at, r.name AS who, NULL::uuid AS actor_id
    FROM withdrawal w JOIN recipient r ON r.id = w.recipient_id
    WHERE w.id = $1 AND w.customer_id = ANY ($2) AND w.organisation_id = $3 AND w.kind = 'CORRECT'
"""
_FIND: Final[Mapping[Kind, str]] = {
    Kind.LOOK: _LOOK, Kind.RECEIVED: _RECEIVED, Kind.CORRECTED: _CORRECTED,
}  # fmt: skip


def spelled(said: str) -> Named | None:
    """What an address names; None for what names no entry."""
    kind, _, key = said.partition("-")
    try:
        return Named(Kind(kind), UUID(key))
    except ValueError:
        return None


async def own(ask: Ask, named: Named) -> Entry:
    """An entry of the customer who is signed in; Refusal NOT_FOUND for every other, and for anybody else."""
    found = await _find(ask, named, await kept.records(ask), ask.actor.organisation_id)
    if found is None:
        raise not_found("entry", "asked", "entry")
    return found


async def of_request(
    ask: Ask, customer_id: UUID | None, organisation_id: UUID, content: Mapping[str, Any]
) -> Entry | None:
    """The entry that a request names, for who has opened its details; None where it names none."""
    said: Mapping[str, str] | None = content.get("entry")
    if not said or customer_id is None:
        return None
    people = (await merges.families(ask, [customer_id])).get(customer_id, (customer_id,))
    return await _find(ask, Named(Kind(said["kind"]), UUID(said["id"])), list(people), organisation_id)


async def _find(ask: Ask, named: Named, people: Sequence[UUID], organisation_id: UUID | None) -> Entry | None:
    row = await ask.row(_FIND[named.kind], named.id, list(people), organisation_id)
    if row is None:
        return None
    looked: UUID | None = row["actor_id"]
    who: str = row["who"]
    if looked is not None:
        who = (await staff.names_of(ask, [looked])).get(looked, who)
    return Entry(named, who, row["at"])
