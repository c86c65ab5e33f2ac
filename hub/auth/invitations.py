"""Invitations: the one way in which an account gets a password and an authenticator.

The link holds 256 random bits, of which the hub keeps a hash; it works once, for three days, and the next one ends it.
The secret of the authenticator is made with the invitation, so that looking at its page changes nothing, and counts
from when its owner has shown a right code.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from hub.act import Act, Hub
from hub.auth import authenticator, sign_ins
from hub.db import Record

TOKEN_BYTES: Final = 32
LIFE: Final = timedelta(days=3)

_END = (
    "UPDATE staff_invitation SET ended_at = $2, authenticator = NULL WHERE staff_id = $1 AND ended_at IS NULL"
)
_ADD = """
    INSERT INTO staff_invitation (digest, staff_id, authenticator, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)
"""
_READ = """
    SELECT i.staff_id, i.authenticator, i.expires_at, s.name, s.email FROM staff_invitation i
    JOIN staff s ON s.id = i.staff_id AND s.disabled_at IS NULL
    WHERE i.digest = $1 AND s.organisation_id = $2 AND i.ended_at IS NULL AND i.expires_at > now()
"""
_HOLD = f"{_READ} FOR UPDATE OF s, i"
_SET = "UPDATE staff SET password = $2, authenticator = $3, code_step = $4 WHERE id = $1"


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that can still be taken up. secret: of the authenticator."""

    staff_id: UUID
    expires_at: datetime
    name: str = field(repr=False)
    email: str = field(repr=False)
    secret: bytes = field(repr=False)


async def issue(act: Act, staff_id: UUID) -> str:
    """Make an invitation for a held account, in the place of the one before; returns its token."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    digest = _digest(token)
    sealed = act.hub.vault.seal_own(
        "staff_invitation", "authenticator", digest.hex(), authenticator.new_secret()
    )
    await end(act, staff_id)
    await act.execute(_ADD, digest, staff_id, sealed, act.at, act.at + LIFE)
    return token


async def end(act: Act, staff_id: UUID) -> None:
    """End the invitation of an account, where there is one; its secret goes with it."""
    await act.execute(_END, staff_id, act.at)


async def read(hub: Hub, organisation_id: UUID, token: str) -> Invitation | None:
    """Find the invitation of a link; None for one that is over, used or another organisation's."""
    row = await hub.database.single().row(_READ, _digest(token), organisation_id)
    return None if row is None else _invitation(hub, token, row)


async def accept(act: Act, organisation_id: UUID, token: str, hashed: str, code: str) -> UUID | None:
    """Take an invitation up: set the password's hash, and the authenticator that has just shown a right code.

    Returns whose account it is; None where the invitation is over, or the code is wrong.
    """
    row = await act.row(_HOLD, _digest(token), organisation_id)
    if row is None:
        return None
    found = _invitation(act.hub, token, row)
    step = authenticator.matching_step(found.secret, code, act.at)
    if step is None:
        return None
    sealed = act.hub.vault.seal_own("staff", "authenticator", found.staff_id, found.secret)
    await act.execute(_SET, found.staff_id, hashed, sealed, step)
    await end(act, found.staff_id)
    await sign_ins.end_all(act, found.staff_id)
    await act.record("staff.joined", staff=found.staff_id)
    return found.staff_id


async def take(act: Act, organisation_id: UUID, token: str) -> UUID | None:
    """Use an invitation up for somebody who shows in another way who they are; None where it is over."""
    row = await act.row(_HOLD, _digest(token), organisation_id)
    if row is None:
        return None
    await end(act, row["staff_id"])
    await sign_ins.end_all(act, row["staff_id"])
    return row["staff_id"]


def _invitation(hub: Hub, token: str, row: Record) -> Invitation:
    opened, staff_id = hub.vault.open_own, row["staff_id"]
    return Invitation(
        staff_id,
        row["expires_at"],
        opened("staff", "name", staff_id, row["name"]).decode(),
        opened("staff", "email", staff_id, row["email"]).decode(),
        opened("staff_invitation", "authenticator", _digest(token).hex(), row["authenticator"]),
    )


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
