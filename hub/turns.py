"""Turns: whoever ends something waits for those who are at it now, and goes before those who come later.

Rows that are locked in share do not give that: who comes later shares too, and while one is always at it, whoever wants
to change the row waits for as long. These locks are waited for in order, and end with the act.
"""

from typing import Final
from uuid import UUID

from hub.act import Act

_SHARE: Final = "SELECT pg_advisory_xact_lock_shared(7226027, hashtext(id)) FROM unnest($1::text[]) AS t (id)"
_ALONE: Final = "SELECT pg_advisory_xact_lock(7226027, hashtext($1::text))"


async def share(act: Act, *ids: UUID) -> None:
    """Be at what these ids name together with others, before any row of it is locked."""
    await act.rows(_SHARE, sorted(map(str, ids)))


async def alone(act: Act, named_id: UUID) -> None:
    """Be at it once nobody else is, before its row is locked."""
    await act.execute(_ALONE, str(named_id))
