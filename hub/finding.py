"""Finding customers by what an app knows of them: our id, another system's id, an email, a phone number.

Emails and phones are shared by people, so they may find several. Records merged into one count as one.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from hub import identities, inputs
from hub.act import Ask
from hub.errors import Code, Refusal, invalid, not_found
from hub.identities import NewIdentifier
from hub.scope import organisation

REFERENCES_MOST = 1_000


class ReferenceKind(StrEnum):
    """What a reference is: our id, or the kind of identifier."""

    ID = "ID"
    EMAIL = "EMAIL"
    PHONE = "PHONE"
    EXTERNAL = "EXTERNAL"


@dataclass(frozen=True, slots=True)
class Reference:
    """How an app names a customer. system and region as of an identifier."""

    kind: str
    value: str = dataclasses.field(repr=False)
    system: str | None = None
    region: str | None = None


# One row per reference and customer; a merged record answers as its survivor.
_FIND = """
    SELECT DISTINCT wanted.number, coalesce(c.survivor_id, c.id) AS id FROM (
        SELECT asked.number, i.customer_id
        FROM unnest($2::int[], $3::text[], $4::text[], $5::bytea[]) AS asked (number, kind, system, blind)
        JOIN identifier i ON i.blind = asked.blind AND i.kind = asked.kind AND i.organisation_id = $1
             AND i.system IS NOT DISTINCT FROM asked.system AND i.ended_at IS NULL
        UNION ALL
        SELECT asked.number, s.customer_id
        FROM unnest($6::int[], $7::uuid[]) AS asked (number, id)
        JOIN customer_state s ON s.customer_id = asked.id AND s.organisation_id = $1
    ) wanted JOIN customer c ON c.id = wanted.customer_id
    ORDER BY 1, 2
"""


async def find(ask: Ask, organisation_id: UUID | None, reference: Reference) -> tuple[UUID, ...]:
    """Find the customers of an organisation that a reference names: none, one or several ids."""
    [found] = await find_many(ask, organisation_id, [reference])
    return found


async def find_one(ask: Ask, organisation_id: UUID | None, reference: Reference, *path: str | int) -> UUID:
    """Find exactly one; Refusal NOT_FOUND for none, CONFLICT for several."""
    return sole(await find(ask, organisation_id, reference), *path)


async def find_many(
    ask: Ask, organisation_id: UUID | None, references: Sequence[Reference], *path: str | int
) -> list[tuple[UUID, ...]]:
    """Find many by one statement: for each reference, in order, the ids it names."""
    if len(references) > REFERENCES_MOST:
        raise Refusal(Code.LIMIT, f"Name at most {REFERENCES_MOST} customers at a time.", path)
    by_id: list[tuple[object, ...]] = []
    by_blind: list[tuple[object, ...]] = []
    for number, reference in enumerate(references):
        if inputs.choice(ReferenceKind, reference.kind, *path, number, "kind") is ReferenceKind.ID:
            by_id.append((number, _id(reference.value, *path, number, "value")))
        else:
            by_blind += _blinds(ask, number, reference, *path, number)
    arguments = [*_columns(by_blind, 4), *_columns(by_id, 2)]
    found: list[list[UUID]] = [[] for _ in references]
    for row in await ask.rows(_FIND, organisation(ask, organisation_id), *arguments):
        number: int = row["number"]
        found[number].append(row["id"])
    return [tuple(ids) for ids in found]


def sole(found: Sequence[UUID], *path: str | int) -> UUID:
    """Return the only id found; Refusal NOT_FOUND for none, CONFLICT for several."""
    if not found:
        raise not_found("customer", *path)
    if len(found) > 1:
        message = f"{len(found)} customers share this: name one by id, or by the external id of a system."
        raise Refusal(Code.CONFLICT, message, path)
    return found[0]


def fault(ask: Ask, reference: Reference) -> Refusal | None:
    """Say why an identifier cannot be looked up; None where it can."""
    try:
        _blinds(ask, 0, reference)
    except Refusal as refusal:
        return refusal
    return None


def _blinds(
    ask: Ask, number: int, reference: Reference, *path: str | int
) -> list[tuple[int, str, str | None, bytes]]:
    named = NewIdentifier(reference.kind, reference.value, reference.system, reference.region)
    blind = identities.blind(ask.hub.vault, named, *path)
    return [(number, named.kind, named.system, digest) for digest in blind.candidates]


def _id(text: str, *path: str | int) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise invalid("This is not a customer's id: it is a UUID.", *path) from None


def _columns(rows: Sequence[tuple[object, ...]], width: int) -> list[list[object]]:
    return [[row[place] for row in rows] for place in range(width)]
