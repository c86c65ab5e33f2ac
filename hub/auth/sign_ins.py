"""Who is signed in at the desk: a random token in a cookie, its hash in PostgreSQL.

A token has 256 random bits and is never kept. It is a new one whenever somebody signs in or proves again who they are,
whatever the browser had sent, so a cookie that was planted or seen earlier opens nothing. A sign-in ends after some
idle time, at the latest after some hours, when its owner says so, and with every change of password, authenticator or
account.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from hub.act import Act, Ask, Hub
from hub.actors import Actor, member
from hub.auth.sessions import HOUSE_KEY, House, new_token
from hub.db import Record, new_id

FRESH_MINUTES: Final = 10
"""How long a code proves enough for what cannot be undone; after that a new one is asked for."""

_LIVE = "i.seen_at > now() - make_interval(mins => $2) AND i.begun_at > now() - make_interval(hours => $3)"
_ARRIVE = f"""
    SELECT o.id AS house_id, o.key, o.name AS house, o.contact, i.id, s.id AS staff_id, s.name, s.roles,
        s.password IS NOT NULL AS has_password,
        i.proved_at > now() - interval '{FRESH_MINUTES} minutes' AS is_fresh,
        i.seen_at < now() - interval '1 minute' AS is_stale
    FROM organisation o LEFT JOIN (
        staff_sign_in i JOIN staff s ON s.id = i.staff_id AND s.disabled_at IS NULL AND (
            s.password IS NOT NULL OR EXISTS (SELECT FROM staff_identity x WHERE x.staff_id = s.id))
    ) ON s.organisation_id = o.id AND i.digest = $4 AND {_LIVE}
    WHERE o.key = $1
"""  # noqa: S608 - joined from constants
_TOUCH = "UPDATE staff_sign_in SET seen_at = now() WHERE digest = $1"
# Each sign-in that begins clears away some that are over.
_BEGIN = """
    WITH over AS (
        DELETE FROM staff_sign_in WHERE digest IN (
            SELECT digest FROM staff_sign_in WHERE seen_at < now() - interval '1 day' LIMIT 10
            FOR UPDATE SKIP LOCKED)
    )
    INSERT INTO staff_sign_in (digest, id, staff_id) VALUES ($1, $2, $3)
"""
_PROVE = (
    "UPDATE staff_sign_in SET digest = $2, proved_at = now(), seen_at = now() WHERE digest = $1 RETURNING id"
)
_END = "DELETE FROM staff_sign_in WHERE digest = $1"
_END_ONE = "DELETE FROM staff_sign_in WHERE id = $1 AND staff_id = $2 RETURNING id"
_END_ALL = (
    "DELETE FROM staff_sign_in WHERE staff_id = $1 AND ($2::bytea IS NULL OR digest <> $2) RETURNING id"
)
_LIST = f"""
    SELECT i.id, i.begun_at, i.seen_at FROM staff_sign_in i WHERE i.staff_id = $1 AND {_LIVE} ORDER BY i.begun_at
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Presence:
    """A member of staff who is signed in. id: of the sign-in. is_fresh: they showed who they are some minutes ago.

    has_password: they sign in by password and code, and not by a provider.
    """

    id: UUID
    actor: Actor
    is_fresh: bool
    name: str = field(repr=False)
    has_password: bool = True

    @property
    def staff_id(self) -> UUID:
        """Whose account it is."""
        assert self.actor.id is not None  # noqa: S101 - staff have one
        return self.actor.id


@dataclass(frozen=True, slots=True)
class SignIn:
    """One of somebody's sign-ins."""

    id: UUID
    begun_at: datetime
    seen_at: datetime


async def arrive(hub: Hub, key: str, token: str | None) -> tuple[House, Presence | None] | None:
    """Find the organisation with a key and who of its staff holds a token; None for no organisation.

    What somebody does keeps them signed in, reading too: that is noted once a minute at most.
    """
    if not HOUSE_KEY.fullmatch(key):
        return None
    digest = _digest(token) if token else b""
    row = await hub.database.single().row(_ARRIVE, key, *_ends(hub), digest)
    if row is None:
        return None
    if row["is_stale"]:
        await hub.database.single_write().execute(_TOUCH, digest)
    house = House(row["house_id"], row["key"], row["house"], row["contact"])
    return house, _presence(hub, row) if row["id"] else None


async def begin(act: Act, staff_id: UUID) -> str:
    """Sign somebody in who has shown both factors; returns the token for their browser."""
    token = new_token()
    await act.execute(_BEGIN, _digest(token), new_id(), staff_id)
    return token


async def prove(act: Act, token: str) -> str:
    """Give a sign-in, whose owner has just shown a code, another token; returns that."""
    fresh = new_token()
    await act.value(_PROVE, _digest(token), _digest(fresh))
    return fresh


async def end(act: Act, token: str) -> None:
    """Sign out."""
    await act.execute(_END, _digest(token))


async def end_one(act: Act, staff_id: UUID, sign_in_id: UUID) -> bool:
    """End one of somebody's sign-ins; False where there is none."""
    return await act.value(_END_ONE, sign_in_id, staff_id) is not None


async def end_all(act: Act, staff_id: UUID, spared: str | None = None) -> int:
    """End all of somebody's sign-ins, but for one whose token is given; returns how many."""
    return len(await act.rows(_END_ALL, staff_id, _digest(spared) if spared else None))


async def list_of(ask: Ask, staff_id: UUID) -> list[SignIn]:
    """List where somebody is signed in, the oldest first."""
    rows = await ask.rows(_LIST, staff_id, *_ends(ask.hub))
    return [SignIn(**row) for row in rows]


def _presence(hub: Hub, row: Record) -> Presence:
    staff_id: UUID = row["staff_id"]
    name = hub.vault.open_own("staff", "name", staff_id, row["name"]).decode()
    actor = member(staff_id, row["house_id"], row["roles"])
    return Presence(row["id"], actor, row["is_fresh"], name, row["has_password"])


def _ends(hub: Hub) -> tuple[int, int]:
    return hub.settings.staff_idle_minutes, hub.settings.staff_hours


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
