"""Referrals as they are kept: who is offered to whom, for what, under which decision, and what became of it.

Past its expiry an open referral is over, whether or not that was noted yet. What the customer needs is sealed under
their key; once they are erased nobody reads it any more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from hub import inputs, particulars
from hub.act import Act, Ask
from hub.db import Record, new_id
from hub.errors import not_found
from hub.partners import hearing
from hub.partners.hearing import Between
from hub.partners.states import State
from hub.scope import organisation


@dataclass(frozen=True, slots=True)
class Referral:
    """A referral as it stands at an instant.

    categories: ids. fields: which values would be passed on, as ``contact.phone``; none: all of the categories.
    decision_id: the first one, by which it was released or asked about. expires_at: of the question, then of the offer.
    """

    id: UUID
    organisation_id: UUID
    customer_id: UUID
    recipient_id: UUID
    purpose_id: UUID
    arrangement_id: UUID
    categories: tuple[UUID, ...]
    fields: tuple[str, ...]
    decision_id: UUID
    disclosure_id: UUID | None
    question_id: UUID | None
    made_at: datetime
    expires_at: datetime
    state: State


@dataclass(frozen=True, slots=True)
class Event:
    """Something that became of a referral. why: a code, or None."""

    referral_id: UUID
    state: State
    why: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Such:
    """Which referrals; None does not narrow."""

    customer_id: UUID | None = None
    recipient_id: UUID | None = None
    state: str | None = None
    organisation_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of referrals in the order in which they were made."""

    items: tuple[Referral, ...] = field(default=())
    has_more: bool = False


_OWN: Final = """id, organisation_id, customer_id, recipient_id, purpose_id, arrangement_id, categories, fields,
    decision_id, disclosure_id, question_id, made_at, expires_at"""
# $1: the instant at which they stand.
STANDING: Final = f"""
    SELECT {_OWN}, CASE WHEN r.expires_at > $1 OR r.state NOT IN ('ASKING', 'OFFERED') THEN r.state
        WHEN r.state = 'ASKING' THEN 'CLOSED' ELSE 'EXPIRED' END AS state
    FROM referral r
"""  # noqa: S608 - joined from constants
_BY_IDS: Final = f"{STANDING} WHERE r.id = ANY ($2) AND ($3::uuid IS NULL OR r.organisation_id = $3)"
_FILTERED: Final = f"""
    SELECT * FROM ({STANDING}) referral WHERE organisation_id = $2
      AND ($3::uuid IS NULL OR customer_id = $3) AND ($4::uuid IS NULL OR recipient_id = $4)
      AND ($5::text IS NULL OR state = $5)
"""  # noqa: S608
_FORWARDS: Final = f"{_FILTERED} AND ($6::uuid IS NULL OR id > $6) ORDER BY id LIMIT $7"
_BACKWARDS: Final = f"{_FILTERED} AND ($6::uuid IS NULL OR id < $6) ORDER BY id DESC LIMIT $7"
_OF_PEOPLE: Final = f"""
    {STANDING} WHERE r.customer_id = ANY ($2) AND r.organisation_id = $3 AND ($4::uuid IS NULL OR r.id < $4)
    ORDER BY r.id DESC LIMIT $5
"""
_ASKED: Final = f"{STANDING} WHERE r.customer_id = ANY ($2) AND r.organisation_id = $3 AND r.state = 'ASKING'"
_COUNTS: Final = f"""
    SELECT recipient_id, state, count(*) AS number FROM ({STANDING}) referral
    WHERE organisation_id = $2 AND recipient_id = ANY ($3) GROUP BY recipient_id, state
"""  # noqa: S608
_NEEDS: Final = """
    SELECT r.id, r.customer_id, r.need, k.wrapped FROM referral r
    JOIN keys.customer_key k ON k.customer_id = r.customer_id WHERE r.id = ANY ($1)
"""
_EVENTS: Final = """
    SELECT referral_id, state, why, at FROM referral_event WHERE referral_id = ANY ($1) ORDER BY referral_id, id
"""
_HOLD: Final = f"{STANDING} WHERE r.id = $2 FOR NO KEY UPDATE"
_MOVE: Final = (
    "UPDATE referral SET state = $2, disclosure_id = $3, expires_at = coalesce($4, expires_at) WHERE id = $1"
)
_TELL: Final = """
    INSERT INTO referral_event (id, referral_id, state, why, at, act_id) VALUES ($1, $2, $3, $4, $5, $6)
"""


async def by_ids(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Referral]:
    """Read many by one statement; those unknown or of others are left out."""
    rows = await ask.rows(_BY_IDS, ask.at, list(ids), ask.actor.organisation_id)
    return {row["id"]: stored(row) for row in rows}


async def read(ask: Ask, referral_id: UUID, *path: str | int) -> Referral:
    """Read one; Refusal NOT_FOUND for every other id."""
    found = await by_ids(ask, [referral_id])
    if referral_id not in found:
        raise not_found("referral", *path)
    return found[referral_id]


async def page(
    ask: Ask, such: Such, after: UUID | None = None, limit: int = 50, *, backwards: bool = False
) -> Page:
    """Read a stretch after an id (backwards: before it), always in ascending order."""
    most = particulars.page_size(limit, "limit")
    rows = await ask.rows(
        _BACKWARDS if backwards else _FORWARDS,
        ask.at,
        organisation(ask, such.organisation_id),
        such.customer_id,
        such.recipient_id,
        such.state and inputs.choice(State, such.state, "state"),
        after,
        most + 1,
    )
    items = [stored(row) for row in rows[:most]]
    return Page(tuple(reversed(items) if backwards else items), len(rows) > most)


async def of_people(
    ask: Ask, people: Sequence[UUID], organisation_id: UUID, most: int, before: UUID | None = None
) -> list[Referral]:
    """Read the referrals of one person, by all their records, the newest first; `before`: only those below that one."""
    rows = await ask.rows(_OF_PEOPLE, ask.at, list(people), organisation_id, before, most)
    return [stored(row) for row in rows]


async def asked_of(ask: Ask, people: Sequence[UUID], organisation_id: UUID) -> list[Referral]:
    """Read those about which one person is asked and has not answered, by all their records, the newest first."""
    rows = await ask.rows(_ASKED, ask.at, list(people), organisation_id)
    return sorted((stored(row) for row in rows), key=lambda each: each.id, reverse=True)


async def counts(
    ask: Ask, recipients: Sequence[UUID], organisation_id: UUID | None = None
) -> dict[UUID, dict[State, int]]:
    """Count the referrals to many recipients by their state, by one statement."""
    found: dict[UUID, dict[State, int]] = {each: {} for each in recipients}
    for row in await ask.rows(_COUNTS, ask.at, organisation(ask, organisation_id), list(recipients)):
        found[row["recipient_id"]][State(row["state"])] = row["number"]
    return found


async def needs(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Open what the customers need, by one statement; of the erased nothing is left. Whoever calls has seen them."""
    found: dict[UUID, str] = {}
    for row in await ask.rows(_NEEDS, list(ids)):
        key = ask.hub.vault.unwrap(row["customer_id"], row["wrapped"])
        found[row["id"]] = key.open_text("referral", "need", row["id"], row["need"])
    return found


async def events_of(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, list[Event]]:
    """Read what became of these by one statement, in order. Whoever calls has seen the referrals."""
    found: dict[UUID, list[Event]] = {referral_id: [] for referral_id in ids}
    for row in await ask.rows(_EVENTS, list(ids)):
        found[row["referral_id"]].append(
            Event(row["referral_id"], State(row["state"]), row["why"], row["at"])
        )
    return found


async def hold(act: Act, referral_id: UUID) -> Referral:
    """Lock one that was seen to be the actor's, and read it as it stands now. The customer's row is held before."""
    row = await act.row(_HOLD, act.at, referral_id)
    if row is None:
        raise not_found("referral", "referral")
    return stored(row)


async def move(
    act: Act,
    referral: Referral,
    state: State,
    why: str | None = None,
    *,
    disclosure_id: UUID | None = None,
    expires_at: datetime | None = None,
) -> Referral:
    """Let a held referral become what its state allows; the database refuses everything else."""
    released = disclosure_id or referral.disclosure_id
    await act.execute(_MOVE, referral.id, state, released, expires_at)
    await tell(act, referral.id, state, why)
    said = {"why": why} if why else {}
    await act.record(
        f"referral.{state.lower()}", referral.customer_id, referral=referral.id,
        recipient=referral.recipient_id, disclosure=released, **said,
    )  # fmt: skip
    between = Between(referral.id, referral.organisation_id, referral.recipient_id, referral.arrangement_id)
    await hearing.moved(act, between, state)
    return (await by_ids(act, [referral.id]))[referral.id]


async def tell(act: Act, referral_id: UUID, state: State, why: str | None = None) -> None:
    """Note what became of a referral."""
    await act.execute(_TELL, new_id(), referral_id, state, why, act.at, act.id)


def stored(row: Record | Mapping[str, Any]) -> Referral:
    """Read a row of STANDING."""
    values: dict[str, Any] = {name: row[name] for name in Referral.__dataclass_fields__}
    values["categories"], values["fields"] = tuple(values["categories"]), tuple(values["fields"])
    values["state"] = State(values["state"])
    return Referral(**values)
