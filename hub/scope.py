"""What an actor can reach: the records of its own organisation. All others are absent, for it.

A customer belongs to an organisation that holds an identifier of theirs, or that something happened with. One who is
signed in reaches their own record, and those that were merged into it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from hub.act import Act, Ask
from hub.db import Record
from hub.errors import Code, Refusal, invalid, not_found
from hub.recording import ERASED, Adding, Recording

BELONGS = """(
    EXISTS (SELECT FROM customer_event e WHERE e.customer_id = c.id AND e.organisation_id = $2)
    OR EXISTS (SELECT FROM identifier i WHERE i.customer_id = c.id AND i.organisation_id = $2)
    OR EXISTS (SELECT FROM collection k WHERE k.customer_id = c.id AND k.organisation_id = $2)
    OR EXISTS (SELECT FROM choice h WHERE h.customer_id = c.id AND h.organisation_id = $2))"""
_REACH = f"""
    SELECT c.id, c.kind, c.locale, c.survivor_id, c.erased_at, k.wrapped
    FROM customer c LEFT JOIN keys.customer_key k ON k.customer_id = c.id
    WHERE c.id = $1 AND {BELONGS} AND ($3::uuid IS NULL OR coalesce(c.survivor_id, c.id) = $3)
"""  # noqa: S608 - joined from constants
# A second writer to one customer waits here, and so sees what the first one wrote.
_HOLD = f"{_REACH} FOR NO KEY UPDATE OF c"
_HOLD_MANY = f"""
    SELECT c.id, c.kind, c.locale, c.survivor_id, c.erased_at, k.wrapped
    FROM customer c LEFT JOIN keys.customer_key k ON k.customer_id = c.id
    WHERE c.id = ANY ($1) AND {BELONGS} AND ($3::uuid IS NULL OR coalesce(c.survivor_id, c.id) = $3)
    ORDER BY c.id FOR NO KEY UPDATE OF c
"""  # noqa: S608
_ORGANISATION = "SELECT EXISTS (SELECT FROM organisation WHERE id = $1)"


@dataclass(frozen=True, slots=True)
class Reached:
    """A customer within reach. wrapped: the data key as it is stored; None once the customer is erased."""

    id: UUID
    organisation_id: UUID
    kind: str
    locale: str
    survivor_id: UUID | None
    is_erased: bool
    wrapped: bytes | None


def own(ask: Ask) -> UUID | None:
    """The customer that the actor is, and whose records alone it reaches; None for every other actor."""
    return ask.actor.id if ask.actor.kind == "customer" else None


def organisation(ask: Ask, given: UUID | None, *path: str | int) -> UUID:
    """Return the organisation a call is about; an actor of one organisation sees no other."""
    own = ask.actor.organisation_id
    if own is not None:
        if given not in (None, own):
            raise not_found("organisation", *path)
        return own
    if given is None:
        raise invalid("Name the organisation: this actor belongs to none.", *path)
    return given


async def require_organisation(act: Act, given: UUID | None, *path: str | int) -> UUID:
    """Return an organisation that exists and that the actor may write to."""
    organisation_id = organisation(act, given, *path)
    is_own = organisation_id == act.actor.organisation_id  # which is there: what signs in belongs to it
    if not is_own and not await act.value(_ORGANISATION, organisation_id):
        raise not_found("organisation", *path)
    return organisation_id


async def reach(
    ask: Ask, customer_id: UUID, organisation_id: UUID | None = None, *path: str | int
) -> Reached:
    """Return a customer of the organisation, erased ones too; Refusal NOT_FOUND for every other id."""
    return await _reach(ask, _REACH, customer_id, organisation_id, path)


async def hold(
    act: Adding, customer_id: UUID, organisation_id: UUID | None = None, *path: str | int
) -> Reached:
    """Lock a living customer of the organisation for this act; Refusal CONFLICT where they are erased.

    A recording has them locked, and looked at again, by the statement that keeps it.
    """
    is_later = isinstance(act, Recording)
    reached = await _reach(act, _REACH if is_later else _HOLD, customer_id, organisation_id, path)
    if reached.is_erased:
        raise Refusal(Code.CONFLICT, ERASED, path)
    if is_later:
        act.hold(reached.id, reached.organisation_id, reached.wrapped)
    elif reached.wrapped is not None:
        act.wrapped[reached.id] = reached.wrapped
    return reached


async def hold_many(
    act: Act, ids: Sequence[UUID], organisation_id: UUID | None = None, *path: str | int
) -> dict[UUID, Reached]:
    """Lock many customers of the organisation by one statement, erased ones too; those out of reach are left out."""
    towards = organisation(act, organisation_id, *path)
    return {
        row["id"]: _reached(row, towards) for row in await act.rows(_HOLD_MANY, list(ids), towards, own(act))
    }


async def _reach(
    ask: Ask, sql: str, customer_id: UUID, organisation_id: UUID | None, path: tuple[str | int, ...]
) -> Reached:
    towards = organisation(ask, organisation_id, *path)
    row = await ask.row(sql, customer_id, towards, own(ask))
    if row is None:
        raise not_found("customer", *path)
    return _reached(row, towards)


def _reached(row: Record, towards: UUID) -> Reached:
    values: dict[str, Any] = dict(row)
    is_erased = values.pop("erased_at") is not None
    return Reached(organisation_id=towards, is_erased=is_erased, **values)
