"""Letters as staff see them: what, when and whether it arrived; the address masked, the text not at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from hub import identifiers, inputs, particulars, scope
from hub.act import Ask
from hub.db import Record
from hub.errors import not_found
from hub.letters import sending
from hub.letters.templates import Key


class State(StrEnum):
    """Where a letter stands. SUPPRESSED: it was not sent, since its reader was erased or it had become useless."""

    QUEUED = "QUEUED"
    SENT = "SENT"
    FAILED = "FAILED"
    BOUNCED = "BOUNCED"
    SUPPRESSED = "SUPPRESSED"


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as it stands. address: masked; empty once its customer is erased. reason: why, as a code."""

    id: UUID
    organisation_id: UUID
    customer_id: UUID | None
    request_id: UUID | None
    template: str
    template_version: int
    revision_id: UUID | None
    locale: str
    address: str
    state: State
    attempts: int
    queued_at: datetime
    next_at: datetime | None
    sent_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Filter:
    """Which letters; None does not narrow."""

    organisation_id: UUID | None = None
    customer_id: UUID | None = None
    request_id: UUID | None = None
    state: str | None = None
    template: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of letters in the order of their ids, which is that of their queueing."""

    items: tuple[Letter, ...] = ()
    has_more: bool = False


_LETTER = """
    SELECT l.id, l.organisation_id, l.customer_id, l.request_id, l.template, l.template_version, l.revision_id,
           l.locale, l.address, l.state, l.attempts, l.queued_at, l.next_at, l.sent_at, l.reason, k.wrapped
    FROM letter l LEFT JOIN keys.customer_key k ON k.customer_id = l.customer_id
"""
_ONE = f"{_LETTER} WHERE l.id = $1 AND ($2::uuid IS NULL OR l.organisation_id = $2)"
_FILTERED = f"""{_LETTER}
    WHERE l.organisation_id = $1
      AND ($2::uuid IS NULL OR l.customer_id = $2) AND ($3::uuid IS NULL OR l.request_id = $3)
      AND ($4::text IS NULL OR l.state = $4) AND ($5::text IS NULL OR l.template = $5)
"""
_OF_REQUESTS = f"{_LETTER} WHERE l.request_id = ANY ($1) ORDER BY l.request_id, l.id"
_FORWARDS = f"{_FILTERED} AND ($6::uuid IS NULL OR l.id > $6) ORDER BY l.id LIMIT $7"
_BACKWARDS = f"{_FILTERED} AND ($6::uuid IS NULL OR l.id < $6) ORDER BY l.id DESC LIMIT $7"


async def read(ask: Ask, letter_id: UUID) -> Letter:
    """Read one letter; Refusal NOT_FOUND for an id that is unknown or another organisation's."""
    row = await ask.row(_ONE, letter_id, ask.actor.organisation_id)
    if row is None:
        raise not_found("letter", "letter")
    return _letter(ask, row)


async def page(
    ask: Ask, wanted: Filter, after: UUID | None = None, limit: int = 50, *, backwards: bool = False
) -> Page:
    """Read a stretch of letters after an id (backwards: before it), always in ascending order."""
    rows = await ask.rows(
        _BACKWARDS if backwards else _FORWARDS,
        scope.organisation(ask, wanted.organisation_id, "organisation"),
        wanted.customer_id,
        wanted.request_id,
        wanted.state and inputs.choice(State, wanted.state, "state"),
        wanted.template and inputs.choice(Key, wanted.template, "template"),
        after,
        particulars.page_size(limit, "limit") + 1,
    )
    items = [_letter(ask, row) for row in rows[:limit]]
    return Page(tuple(reversed(items) if backwards else items), len(rows) > limit)


async def of_requests(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, list[Letter]]:
    """The letters about many requests, oldest first, by one statement. Whoever calls has seen the requests."""
    found: dict[UUID, list[Letter]] = {request_id: [] for request_id in ids}
    for row in await ask.rows(_OF_REQUESTS, list(ids)):
        found[row["request_id"]].append(_letter(ask, row))
    return found


def _letter(ask: Ask, row: Record) -> Letter:
    values = dict(row)
    values["address"] = _masked(ask, row, values.pop("wrapped"))
    values["state"] = State(row["state"])
    return Letter(**values)


def _masked(ask: Ask, row: Record, wrapped: bytes | None) -> str:
    if row["customer_id"] is not None and wrapped is None:
        return ""
    key = ask.hub.vault.unwrap(row["customer_id"], wrapped) if wrapped else None
    return identifiers.mask_email(sending.unseal(ask.hub, key, row["id"], "address", row["address"]).decode())
