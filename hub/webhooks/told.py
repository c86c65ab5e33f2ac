"""What endpoints were told, as whoever owns them sees it, and the desk what never arrived; and sending that again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from hub.act import Act, Ask
from hub.db import Record
from hub.errors import invalid, not_found
from hub.webhooks import endpoints

_COLUMNS: Final = """
    d.id, d.endpoint_id, m.id AS message_id, m.type, m.at, d.state, d.attempts, d.due_at, d.tried_at, d.status,
    d.problem, d.ended_at
"""
_READ: Final = f"SELECT {_COLUMNS} FROM webhook_delivery d JOIN webhook_message m ON m.id = d.message_id"  # noqa: S608
_ONE: Final = f"{_READ} WHERE d.endpoint_id = $1 AND d.id = $2"
_LIST: Final = f"""
    {_READ} WHERE d.endpoint_id = $1 AND ($2::text IS NULL OR d.state = $2) AND ($3::uuid IS NULL OR d.message_id < $3)
    ORDER BY d.message_id DESC LIMIT $4
"""
_AGAIN: Final = """
    UPDATE webhook_delivery d SET state = 'WAITING', due_at = $3, claimed_until = NULL, ended_at = NULL, attempts = 0
    FROM webhook_message m
    WHERE m.id = d.message_id AND d.endpoint_id = $1 AND d.state = 'FAILED' AND ($2::uuid IS NULL OR d.id = $2)
      AND m.type <> 'endpoint.verify' RETURNING d.id
"""
_FAILED: Final = f"""
    SELECT {_COLUMNS}, e.url, c.name AS client, r.key AS partner, r.name AS partner_name,
        e.disabled_at IS NULL AND c.revoked_at IS NULL AND m.type <> 'endpoint.verify' AS is_live
    FROM webhook_delivery d JOIN webhook_message m ON m.id = d.message_id
    JOIN webhook_endpoint e ON e.id = d.endpoint_id JOIN client c ON c.id = e.client_id
    LEFT JOIN recipient r ON r.id = c.recipient_id
    WHERE d.state = 'FAILED' AND ($1::uuid IS NULL OR e.organisation_id = $1)
      AND ($2::uuid IS NULL OR e.id = $2) AND ($3::uuid IS NULL OR c.recipient_id = $3)
      AND ($4::uuid IS NULL OR (d.message_id, d.id) < ($4, $5))
    ORDER BY d.message_id DESC, d.id DESC LIMIT $6
"""  # noqa: S608 - joined from constants


class State(StrEnum):
    """How telling goes. MERGED: into a later message that says as much."""

    WAITING = "WAITING"
    DELIVERED = "DELIVERED"
    MERGED = "MERGED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one endpoint."""

    id: UUID
    endpoint_id: UUID
    message_id: UUID
    type: str
    at: datetime
    state: State
    attempts: int
    due_at: datetime | None
    tried_at: datetime | None
    status: int | None
    problem: str | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Failure:
    """A message that did not arrive. partner: its key and name; None for one of the organisation's own apps.

    is_live: whether it can be sent again.
    """

    delivery: Delivery
    url: str
    client: str
    partner: str | None
    partner_name: str | None
    is_live: bool


async def page(
    ask: Ask, endpoint_id: UUID, state: State | None, before: UUID | None, limit: int
) -> list[Delivery]:
    """What was told to an endpoint of the actor's, the latest first. Refusal: NOT_FOUND."""
    await endpoints.read(ask, endpoint_id, "endpoint")
    return [_delivery(row) for row in await ask.rows(_LIST, endpoint_id, state, before, limit)]


async def read(ask: Ask, endpoint_id: UUID, delivery_id: UUID) -> Delivery:
    """Read one of an endpoint of the actor's. Refusal: NOT_FOUND."""
    await endpoints.read(ask, endpoint_id, "endpoint")
    row = await ask.row(_ONE, endpoint_id, delivery_id)
    if row is None:
        raise not_found("delivery", "delivery")
    return _delivery(row)


async def replay(act: Act, endpoint_id: UUID, delivery_id: UUID | None = None, *, whole: bool = False) -> int:
    """Send again what has failed, all of it or one; returns how many.

    whole: also to an endpoint of another client of the organisation. Refusals: NOT_FOUND, CONFLICT if disabled.
    """
    await endpoints.require_live(act, endpoint_id, whole=whole)
    again = await act.rows(_AGAIN, endpoint_id, delivery_id, act.at)
    await act.record("webhook.replayed", endpoint=endpoint_id, deliveries=len(again))
    return len(again)


def read_id(said: str | None) -> UUID | None:
    """The id of a delivery as it was given; None for none. Refusal: INVALID."""
    try:
        return None if said is None else UUID(said)
    except ValueError:
        raise invalid("This is not the id of a delivery.", "delivery") from None


async def failed(
    ask: Ask,
    most: int,
    *,
    endpoint_id: UUID | None = None,
    recipient_id: UUID | None = None,
    before: tuple[UUID, UUID] | None = None,
) -> Sequence[Failure]:
    """What did not arrive in the last 30 days, the latest first: of the actor's organisation, an operator all.

    before: message and delivery of the last one of a page, which goes on behind it.
    """
    whose = (ask.actor.organisation_id, endpoint_id, recipient_id)
    rows = await ask.rows(_FAILED, *whose, *(before or (None, None)), most)
    return [
        Failure(
            _delivery(row), row["url"], row["client"], row["partner"], row["partner_name"], row["is_live"]
        )
        for row in rows
    ]


def _delivery(row: Record) -> Delivery:
    values: dict[str, Any] = {name: row[name] for name in Delivery.__dataclass_fields__}
    values["state"] = State(row["state"])
    return Delivery(**values)
