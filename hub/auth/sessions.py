"""Visits to the portal: a random token in a cookie, its hash in PostgreSQL, and what was typed so far, sealed.

A token has 256 random bits and is never kept. A visit ends after some idle time, at the latest after some hours, or
when its visitor says so. It gets a new token when it is begun, whatever the browser had sent, and another one when a
code was right: a cookie that somebody planted or saw earlier opens nothing. Only what is sent counts as a sign of life:
reading writes nothing.
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import orjson

from hub.act import Act, Hub
from hub.keyring import Use

TOKEN_BYTES: Final = 32
TOKEN_CHARACTERS: Final = 43

_LIVE = "v.seen_at > now() - make_interval(mins => $2) AND v.begun_at > now() - make_interval(hours => $3)"
_ARRIVE = f"""
    SELECT o.id, o.key, o.name, o.contact, v.digest, v.sealed FROM organisation o
    LEFT JOIN portal_visit v ON v.organisation_id = o.id AND v.digest = $4 AND {_LIVE}
    WHERE o.key = $1
"""  # noqa: S608 - joined from constants
_RETURN = f"""
    SELECT o.id, o.key, o.name, o.contact, v.digest, v.sealed FROM portal_visit v
    JOIN organisation o ON o.id = v.organisation_id WHERE v.digest = $1 AND {_LIVE}
"""  # noqa: S608
_HOLD = f"""
    SELECT v.digest, v.sealed FROM portal_visit v WHERE v.organisation_id = $1 AND v.digest = $4 AND {_LIVE}
    FOR UPDATE
"""  # noqa: S608
_HOUSES = "SELECT id, key, name, contact FROM organisation ORDER BY name, id LIMIT 200"
# Each visit that begins clears away some that are over.
_BEGIN = """
    WITH over AS (
        DELETE FROM portal_visit WHERE digest IN (
            SELECT digest FROM portal_visit WHERE seen_at < now() - interval '1 day' LIMIT 10
            FOR UPDATE SKIP LOCKED)
    )
    INSERT INTO portal_visit (digest, organisation_id, sealed) VALUES ($1, $2, $3)
"""
_KEEP = "UPDATE portal_visit SET digest = $2, sealed = $3, seen_at = now() WHERE digest = $1"
_END = "DELETE FROM portal_visit WHERE digest = $1"


@dataclass(frozen=True, slots=True)
class House:
    """An organisation as its portal names it. contact: where people reach it."""

    id: UUID
    key: str
    name: str
    contact: str


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit that goes on. typed: what was entered and which requests it may follow, as JSON."""

    digest: bytes = field(repr=False)
    typed: dict[str, Any] = field(repr=False)


def new_token() -> str:
    """Make a token: 256 random bits, in letters that a cookie may hold."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def next_token(hub: Hub, token: str, step: str) -> str:
    """Make the token that replaces another after a step; the same for the same step, so that a repeated one agrees.

    Nobody can work it out without the keyring, and nobody gets it without taking the step.
    """
    made = hub.vault.mac(Use.INDEX, "portal_visit", token, step)
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


async def houses(hub: Hub) -> list[House]:
    """List whose portals there are, by one statement."""
    return [House(**row) for row in await hub.database.single().rows(_HOUSES)]


async def arrive(hub: Hub, key: str, token: str | None) -> tuple[House, Visit | None] | None:
    """Find the organisation with a key and the visit that goes on there, by one statement; None for no organisation."""
    digest = _digest(token) if token else b""
    row = await hub.database.single().row(_ARRIVE, key, *_ends(hub), digest)
    if row is None:
        return None
    house = House(row["id"], row["key"], row["name"], row["contact"])
    return house, _open(hub, row["digest"], row["sealed"]) if row["sealed"] else None


async def come_back(hub: Hub, token: str) -> tuple[House, Visit] | None:
    """Find whose visit goes on under a token, for whoever comes back by a letter's link; None for no visit."""
    row = await hub.database.single().row(_RETURN, _digest(token), *_ends(hub))
    if row is None:
        return None
    house = House(row["id"], row["key"], row["name"], row["contact"])
    return house, _open(hub, row["digest"], row["sealed"])


async def hold(act: Act, token: str | None) -> Visit | None:
    """Lock a visit to the actor's organisation, so that two tabs of it take turns; None where it is over."""
    if token is None:
        return None
    row = await act.row(_HOLD, act.actor.organisation_id, *_ends(act.hub), _digest(token))
    return None if row is None else _open(act.hub, row["digest"], row["sealed"])


async def begin(act: Act, token: str, typed: dict[str, Any]) -> None:
    """Begin a visit under a new token."""
    digest = _digest(token)
    await act.execute(_BEGIN, digest, act.actor.organisation_id, _seal(act.hub, digest, typed))


async def keep(act: Act, visit: Visit, token: str | None = None) -> None:
    """Write what was typed, and its token where that is a new one."""
    digest = _digest(token) if token else visit.digest
    await act.execute(_KEEP, visit.digest, digest, _seal(act.hub, digest, visit.typed))


async def end(act: Act, token: str) -> None:
    """End a visit; what was typed is gone with it."""
    await act.execute(_END, _digest(token))


def _ends(hub: Hub) -> tuple[int, int]:
    return hub.settings.visit_idle_minutes, hub.settings.visit_hours


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _seal(hub: Hub, digest: bytes, typed: dict[str, Any]) -> bytes:
    return hub.vault.seal_own("portal_visit", "sealed", digest.hex(), orjson.dumps(typed))


def _open(hub: Hub, digest: bytes, sealed: bytes) -> Visit:
    return Visit(digest, orjson.loads(hub.vault.open_own("portal_visit", "sealed", digest.hex(), sealed)))
