"""Announcing: what an act has done is told to those whose endpoints listen, if the act commits.

A message is sent once the ledger has given its act a place: whoever reads a feed when told finds the entry there.
What one act says several times is told once: it says to look, and there is one thing to see.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

import orjson

from hub.act import Act
from hub.db import new_id
from hub.webhooks.types import NEEDS, Type

_LISTENING: Final = """
    SELECT e.id FROM webhook_endpoint e JOIN client c ON c.id = e.client_id
    WHERE e.organisation_id = $1 AND e.disabled_at IS NULL AND e.verified_at IS NOT NULL AND $2 = ANY (e.types)
      AND c.revoked_at IS NULL AND c.scopes && $3::text[] AND c.recipient_id IS NOT DISTINCT FROM $4
      AND ($5::uuid IS NULL OR c.arrangements IS NULL OR $5 = ANY (c.arrangements))
"""
_TELL: Final = """
    WITH message AS (
        INSERT INTO webhook_message (id, organisation_id, type, data, at, act_id)
        VALUES ($1, $2, $3, $4::jsonb, $5, $6) RETURNING id
    )
    INSERT INTO webhook_delivery (id, endpoint_id, message_id, due_at)
    SELECT gen_random_uuid(), told, message.id, $5 FROM message, unnest($7::uuid[]) AS told
"""
_TELL_ONE: Final = """
    WITH message AS (
        INSERT INTO webhook_message (id, organisation_id, type, data, at, act_id)
        SELECT $1, e.organisation_id, $3, '{}', $4, $5 FROM webhook_endpoint e WHERE e.id = $2 RETURNING id
    )
    INSERT INTO webhook_delivery (id, endpoint_id, message_id, due_at)
    SELECT gen_random_uuid(), $2, message.id, $4 FROM message RETURNING id
"""


async def announce(
    act: Act,
    organisation_id: UUID,
    kind: Type,
    data: Mapping[str, str | int] | None = None,
    *,
    recipient_id: UUID | None = None,
    arrangement_id: UUID | None = None,
) -> int:
    """Tell a partner (recipient_id), or the organisation's own apps, in this act; returns how many endpoints.

    Where it is any, the act has written, and must record something.

    data: ids and small facts, never personal data. arrangement_id: clients for other arrangements are not told.
    """
    listening = await _listening(act, organisation_id, kind, recipient_id, arrangement_id)
    said = orjson.dumps(dict(data or {})).decode()
    news = (organisation_id, kind, recipient_id, arrangement_id, said)
    if listening and news not in act.told:
        act.told.add(news)
        await act.execute(_TELL, new_id(), organisation_id, kind.value, said, act.at, act.id, listening)
    return len(listening)


async def _listening(
    act: Act, organisation_id: UUID, kind: Type, recipient_id: UUID | None, arrangement_id: UUID | None
) -> list[UUID]:
    asked = (organisation_id, kind, recipient_id, arrangement_id)
    if asked not in act.listeners:
        scopes = sorted(scope.value for scope in NEEDS[kind])
        rows = await act.rows(_LISTENING, organisation_id, kind.value, scopes, recipient_id, arrangement_id)
        act.listeners[asked] = [row["id"] for row in rows]
    return act.listeners[asked]


async def tell(act: Act, endpoint_id: UUID, kind: Type) -> UUID:
    """Tell one endpoint something about itself, whether or not it is verified; returns the delivery."""
    return await act.value(_TELL_ONE, new_id(), endpoint_id, kind.value, act.at, act.id)
