"""What becomes of rights requests, in the one order that a reader can resume from without missing anything.

Events commit in another order than they happen, so neither their ids nor their times serve. The ledger gives every act
its place once it is committed, and later acts only later ones: a change stands where the first entry of its act does.
"""

import dataclasses
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson

from hub.act import Ask
from hub.db import Record, Session
from hub.errors import Code, Refusal
from hub.rights.requests import Event
from hub.rights.states import State

FIRST: Final = UUID(int=0)
WINDOW: Final = 5_000
"""Ledger entries that one look goes through: those of requests are few among the others."""


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in the order of changes: after the event with this id at this position of the ledger."""

    position: int
    event_id: UUID = FIRST


@dataclass(frozen=True, slots=True)
class Change:
    """Something that became of a request, and where it stands."""

    mark: Mark
    organisation_id: UUID
    event: Event


@dataclass(frozen=True, slots=True)
class Stretch:
    """The changes between two marks; the second is `until`. is_last: nothing followed when it was read."""

    changes: list[Change]
    until: Mark
    is_last: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose changes: of an organisation, or of one of its requests; without either, everybody's."""

    organisation_id: UUID | None = None
    request_id: UUID | None = None

    def holds(self, change: Change) -> bool:
        """Whether this is one of them."""
        return self.organisation_id in {None, change.organisation_id} and self.request_id in {
            None,
            change.event.request_id,
        }


_END = "SELECT size FROM ledger_seal ORDER BY number DESC LIMIT 1"
# Written so that it can only be probes of indexes, entry by entry: one plan serves the tail and a long way back.
_AFTER = f"""
    WITH sealed AS MATERIALIZED (
        SELECT position, entry_id FROM ledger_leaf WHERE position >= $1 ORDER BY position LIMIT {WINDOW}),
    reached AS (SELECT max(position) AS last, count(*) AS many FROM sealed)
    SELECT reached.last, reached.many, found.* FROM reached LEFT JOIN LATERAL (
        SELECT s.position, r.organisation_id, e.id, e.request_id, e.kind, e.was, e.state, e.code, e.is_private,
            e.message IS NOT NULL AS has_message, e.body, e.actor_kind, e.actor_id, e.happened_at
        FROM sealed s
        JOIN ledger_entry n ON n.id = s.entry_id
        JOIN rights_event e ON e.act_id = n.act_id
        JOIN rights_request r ON r.id = e.request_id
        WHERE (s.position, e.id) > ($1, $2)
          AND ($3::uuid IS NULL OR r.organisation_id = $3) AND ($4::uuid IS NULL OR r.id = $4)
          AND NOT EXISTS (
              SELECT FROM ledger_entry other JOIN ledger_leaf leaf ON leaf.entry_id = other.id
              WHERE other.act_id = n.act_id AND leaf.position < s.position)
    ) found ON true ORDER BY found.position, found.id
"""  # noqa: S608 - a constant
_OWN: Final = tuple(each.name for each in dataclasses.fields(Event))


async def end(session: Session) -> Mark:
    """Where the order of changes ends now; what follows is not in this snapshot, or is there again."""
    return Mark(await session.value(_END) or 0)


async def after(session: Session, mark: Mark, wanted: Wanted) -> Stretch:
    """Read on from a mark, a stretch of the ledger at a time."""
    rows = await session.rows(_AFTER, mark.position, mark.event_id, wanted.organisation_id, wanted.request_id)
    changes = [_change(row) for row in rows if row["id"] is not None]
    last = rows[0]["last"]
    until = mark if last is None else max(mark, Mark(last + 1))
    return Stretch(changes, until, rows[0]["many"] < WINDOW)


async def require_known(ask: Ask, mark: Mark) -> None:
    """Refuse CONFLICT for a mark beyond the end: a backup was restored, and what it stood for is gone."""
    if mark > await end(ask):
        message = "This hub knows nothing of this place any more: read the requests anew, with their cursor."
        raise Refusal(Code.CONFLICT, message, ("after",))


def _change(row: Record) -> Change:
    given: dict[str, Any] = {name: row[name] for name in _OWN}
    given["body"] = orjson.loads(given["body"])
    given["was"], given["state"] = [each and State(each) for each in (given["was"], given["state"])]
    return Change(Mark(row["position"], row["id"]), row["organisation_id"], Event(**given))
