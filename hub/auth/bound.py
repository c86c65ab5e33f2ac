"""Accounts that a provider vouches for: bound once, by an invitation, to the issuer and subject of their owner.

Kept of both is one keyed hash for each organisation, so that nothing tells who somebody is at the provider. An account
has either a password with an authenticator, or this.
"""

from typing import Final
from uuid import UUID

import asyncpg
import structlog

from hub.act import Act, Hub
from hub.actors import Operation, member
from hub.auth import invitations, sign_ins
from hub.auth.openid import Identity
from hub.db import Record
from hub.errors import Code, Refusal
from hub.vault import Blind

_ADD: Final = """
    INSERT INTO staff_identity (staff_id, organisation_id, digest, key_id, bound_at) VALUES ($1, $2, $3, $4, $5)
"""
_FIND: Final = """
    SELECT s.id, s.roles FROM staff_identity x JOIN staff s ON s.id = x.staff_id AND s.disabled_at IS NULL
    WHERE x.organisation_id = $1 AND x.digest = ANY ($2)
"""
_HOLD: Final = f"{_FIND} FOR UPDATE OF s"
_log = structlog.get_logger(__name__)


async def join(act: Act, organisation_id: UUID, token: str, identity: Identity) -> UUID | None:
    """Take an invitation up by one's identity at the provider; None where it is over.

    Refusal CONFLICT where this identity has another account.
    """
    staff_id = await invitations.take(act, organisation_id, token)
    if staff_id is None:
        return None
    mark = _mark(act.hub, organisation_id, identity)
    if await act.rows(_FIND, organisation_id, list(mark.candidates)):
        raise _taken()
    try:
        await act.execute(_ADD, staff_id, organisation_id, mark.digest, mark.key_id, act.at)
    except asyncpg.UniqueViolationError:
        raise _taken() from None
    await act.record("staff.joined", staff=staff_id, by="PROVIDER")
    return staff_id


async def sign_in(hub: Hub, organisation_id: UUID, identity: Identity) -> str | None:
    """Sign in whoever the provider vouches for; returns the token for the browser, None for whom nobody invited."""
    candidates = list(_mark(hub, organisation_id, identity).candidates)
    row = await hub.database.single().row(_FIND, organisation_id, candidates)
    if row is None:
        _log.warning("desk.sign_in_refused", reason="unknown")
        return None
    actor = member(row["id"], organisation_id, row["roles"])

    async def body(act: Act) -> str | None:
        held: Record | None = await act.row(_HOLD, organisation_id, candidates)
        if held is None:
            return None
        await act.record("staff.signed_in", staff=held["id"], by="PROVIDER")
        return await sign_ins.begin(act, held["id"])

    return await hub.perform(actor, Operation.DESK_SIGN_IN, body)


def _mark(hub: Hub, organisation_id: UUID, identity: Identity) -> Blind:
    return hub.vault.marked("staff_identity", str(organisation_id), identity.issuer, identity.subject)


def _taken() -> Refusal:
    return Refusal(Code.CONFLICT, "This identity has an account here already.", ("identity",))
