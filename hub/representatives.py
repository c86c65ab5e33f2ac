"""Representatives: who may act for a customer, as what, from when until when, and by what proof.

A link is proposed by whoever hears of it, and counts once staff have seen its proof. It ends on its day, when somebody
ends it, with the customer's erasure, and a guardian's also when the child comes of age, unless a court appointed them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from hub.act import Ask
from hub.db import Record
from hub.errors import not_found
from hub.rights.acting import Proof, Role
from hub.rights.values import Kind
from hub.scope import organisation
from hub.vault import Blind


class State(StrEnum):
    """How a link stands."""

    PROPOSED = "PROPOSED"
    CONFIRMED = "CONFIRMED"
    REJECTED = "REJECTED"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True)
class Representative:
    """A stored link, without name and contact. is_of_age: whether the customer is known to be."""

    id: UUID
    organisation_id: UUID
    customer_id: UUID
    role: Role
    kinds: tuple[Kind, ...]
    starts_on: date
    ends_on: date | None
    state: State
    proof: Proof | None
    attachment_id: UUID | None
    reason: str | None
    proposed_at: datetime
    checked_at: datetime | None
    ended_at: datetime | None
    is_of_age: bool

    def covers(self, kind: str, on: date) -> bool:
        """Whether it counts for such a request on a day."""
        return self.is_in_force(on) and (not self.kinds or kind in self.kinds)

    def is_in_force(self, on: date) -> bool:
        """Whether it counts on a day."""
        is_grown = self.role is Role.GUARDIAN and self.is_of_age and self.proof is not Proof.COURT_ORDER
        is_over = self.ends_on is not None and self.ends_on < on
        return self.state is State.CONFIRMED and self.starts_on <= on and not is_over and not is_grown


_COLUMNS = """r.id, r.organisation_id, r.customer_id, r.role, r.kinds, r.starts_on, r.ends_on, r.state, r.proof,
    r.attachment_id, r.reason, r.proposed_at, r.checked_at, r.ended_at, coalesce(s.age = 'ADULT', false) AS is_of_age"""
_FROM = """representative r LEFT JOIN customer_standing s
    ON s.customer_id = r.customer_id AND s.organisation_id = r.organisation_id"""
_BY_IDS = f"""
    SELECT {_COLUMNS} FROM {_FROM} WHERE r.id = ANY ($1) AND ($2::uuid IS NULL OR r.organisation_id = $2)
"""  # noqa: S608 - joined from constants
_OF_CUSTOMERS = f"""
    SELECT {_COLUMNS} FROM {_FROM} WHERE r.customer_id = ANY ($1) AND ($2::uuid IS NULL OR r.organisation_id = $2)
    ORDER BY r.customer_id, r.id
"""  # noqa: S608
_CONFIRMED = f"""
    SELECT {_COLUMNS} FROM {_FROM} JOIN customer c ON c.id = r.customer_id AND c.erased_at IS NULL
    WHERE r.organisation_id = $1 AND r.state = 'CONFIRMED' AND r.role = $2
      AND ($3::uuid[] IS NULL OR r.customer_id = ANY ($3)) AND ($4::bytea[] IS NULL OR r.contact_blind = ANY ($4))
    ORDER BY r.id
"""  # noqa: S608
_LAPSED = f"""
    SELECT r.id FROM {_FROM} JOIN customer c ON c.id = r.customer_id AND c.erased_at IS NULL
    WHERE r.state = 'CONFIRMED' AND (r.ends_on < $1
        OR (r.role = 'GUARDIAN' AND r.proof <> 'COURT_ORDER' AND s.age = 'ADULT'))
    ORDER BY r.id LIMIT $2
"""  # noqa: S608


async def read(ask: Ask, link_id: UUID) -> Representative:
    """Read one link; Refusal NOT_FOUND for every other id."""
    found = await by_ids(ask, [link_id])
    if link_id not in found:
        raise not_found("representative", "representative")
    return found[link_id]


async def by_ids(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Representative]:
    """Read many links by one statement; those unknown or of others are left out."""
    rows = await ask.rows(_BY_IDS, list(ids), ask.actor.organisation_id)
    return {row["id"]: _stored(row) for row in rows}


async def of_customers(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, list[Representative]]:
    """Read the links of many customers by one statement, the oldest first."""
    found: dict[UUID, list[Representative]] = {each: [] for each in ids}
    for row in await ask.rows(_OF_CUSTOMERS, list(ids), ask.actor.organisation_id):
        found[row["customer_id"]].append(_stored(row))
    return found


async def confirmed(
    ask: Ask, role: Role, towards: UUID, customers: Sequence[UUID] | None, contact: Blind | None
) -> list[Representative]:
    """Find the confirmed links of a role: those of some customers, and with a contact address; None does not narrow."""
    whose = None if customers is None else list(customers)
    candidates = None if contact is None else list(contact.candidates)
    rows = await ask.rows(_CONFIRMED, organisation(ask, towards), role, whose, candidates)
    return [_stored(row) for row in rows]


async def lapsed(ask: Ask, most: int) -> list[UUID]:
    """Find links that are confirmed, and whose time is over."""
    return [row["id"] for row in await ask.rows(_LAPSED, ask.at.date(), most)]


def _stored(row: Record) -> Representative:
    values: dict[str, Any] = dict(row)
    values["role"], values["state"] = Role(values["role"]), State(values["state"])
    values["kinds"] = tuple(Kind(each) for each in values["kinds"])
    values["proof"] = values["proof"] and Proof(values["proof"])
    return Representative(**values)
