"""Whose request is it? Who might ask, side by side, by which identifiers agree; and what speaks for looking twice.

Nobody's values are shown for that: staff see which kinds of identifier agree, and the first letters of a name.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from hub import customers, finding, profiles
from hub.act import Ask
from hub.finding import Reference, ReferenceKind
from hub.rights import sealed
from hub.rights.requests import Asker, Request

MANY: Final = 3
"""So many requests of one customer within ninety days are worth a look."""
CANDIDATES_MOST: Final = 20

_FLAGS = """
    SELECT (SELECT count(*) FROM rights_request r WHERE r.customer_id = $1 AND r.organisation_id = $2
            AND r.id <> $3 AND r.opened_at > $4::timestamptz - interval '90 days') AS others,
        EXISTS (SELECT FROM identifier i WHERE i.customer_id = $1 AND i.organisation_id = $2 AND i.kind = 'EMAIL'
            AND i.ended_at IS NULL AND i.created_at > $4::timestamptz - interval '30 days') AS is_new_email
"""
_HELD = """
    SELECT customer_id, array_agg(DISTINCT kind ORDER BY kind) AS kinds FROM identifier
    WHERE customer_id = ANY ($1) AND organisation_id = $2 AND ended_at IS NULL GROUP BY customer_id
"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who might ask. agrees: kinds of identifier that are the same. holds: other kinds that we hold."""

    customer_id: UUID
    jurisdictions: tuple[str, ...]
    relationship: str
    agrees: tuple[str, ...]
    holds: tuple[str, ...]
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Flags:
    """What speaks for looking twice at who asks."""

    other_requests: int = 0
    is_new_email: bool = False
    is_represented: bool = False

    @property
    def is_any(self) -> bool:
        """Whether there is anything."""
        return self.other_requests >= MANY or self.is_new_email or self.is_represented


async def candidates(ask: Ask, request: Request) -> list[Candidate]:
    """List who has the address that a request named, or whom it was matched with; none where nobody has.

    Of what somebody asks for another that is the other's address, as they gave it, and never their own.
    """
    content, contact = await sealed.contents(ask, request.id)
    named: dict[str, str] = content.get("represented") or {}
    address = contact if request.asker is Asker.SELF else named.get("email")
    found: Sequence[UUID] = ()
    if address:
        found = await finding.find(ask, request.organisation_id, Reference(ReferenceKind.EMAIL, address))
    agreeing = set(found[:CANDIDATES_MOST])
    ids = sorted(agreeing | ({request.customer_id} if request.customer_id else set()))
    if not ids:
        return []
    known = await customers.read_many(ask, ids, request.organisation_id)
    shown = await profiles.masked(ask, ids, request.organisation_id)
    rows = await ask.rows(_HELD, ids, request.organisation_id)
    held = {row["customer_id"]: tuple(row["kinds"]) for row in rows}
    return [
        Candidate(
            each.id, each.jurisdictions, each.relationship, ("EMAIL",) if each.id in agreeing else (),
            tuple(kind for kind in held.get(each.id, ()) if kind != "EMAIL"),
            (shown[each.id].name or "") if each.id in shown else "",
        )
        for each in (known[key] for key in ids if key in known)
    ]  # fmt: skip


async def flags(ask: Ask, request: Request) -> Flags:
    """Say what speaks for looking twice."""
    is_represented = request.asker is not Asker.SELF
    if request.customer_id is None:
        return Flags(is_represented=is_represented)
    about = (request.customer_id, request.organisation_id, request.id, ask.at)
    [row] = await ask.rows(_FLAGS, *about)
    return Flags(row["others"], row["is_new_email"], is_represented)
