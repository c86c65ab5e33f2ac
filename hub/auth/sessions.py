"""Visits to the portal: a random token in a cookie, its hash in PostgreSQL, and what was typed so far, sealed.

A token has 256 random bits and is never kept. A visit ends after some idle time, at the latest after some hours, or
when its visitor says so. It gets a new token when it is begun, whatever the browser had sent, and another one when a
code was right: a cookie that somebody planted or saw earlier opens nothing. Only what is sent counts as a sign of life:
reading writes nothing.

A visit whose visitor proved which customer they are is signed in (`hub.entrance`). It ends, too, when the address that
let them in ends, when records that were merged part and when they are erased; the customer sees their visits and can
end each.
"""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any, Final
from uuid import UUID
from weakref import WeakKeyDictionary

import orjson

from hub.act import Act, Ask, Hub
from hub.db import Database, Record
from hub.together import Together

TOKEN_BYTES: Final = 32
TOKEN_CHARACTERS: Final = 43

HOUSE_KEY: Final = re.compile(r"[a-z0-9-]{1,63}")
"""How the key of an organisation is spelt in an address; nothing else is looked for."""

_LIVE = "v.seen_at > now() - make_interval(mins => $2) AND v.begun_at > now() - make_interval(hours => $3)"
_VISIT = """
    v.digest, v.sealed, v.id AS visit_id, coalesce(c.survivor_id, c.id) AS customer_id, v.identified,
    coalesce(v.confirmed_at > now() - make_interval(mins => 10), false) AS is_fresh
"""
# Of an erased customer no visit goes on; one to a record that was merged is to the record that survives.
_FROM = "portal_visit v LEFT JOIN customer c ON c.id = v.customer_id"
_ARRIVE = f"""
    SELECT a.place, o.id, o.key, o.name, o.contact, {_VISIT}
    FROM unnest($1::text[], $4::bytea[]) WITH ORDINALITY AS a (key, digest, place)
    JOIN organisation o ON o.key = a.key AND o.sandbox_of_id IS NULL
    LEFT JOIN ({_FROM}) ON v.organisation_id = o.id AND v.digest = a.digest AND c.erased_at IS NULL AND {_LIVE}
"""  # noqa: S608 - joined from constants
_RETURN = f"""
    SELECT o.id, o.key, o.name, o.contact, {_VISIT} FROM {_FROM}
    JOIN organisation o ON o.id = v.organisation_id WHERE v.digest = $1 AND c.erased_at IS NULL AND {_LIVE}
"""  # noqa: S608
_HOLD = f"""
    SELECT {_VISIT} FROM {_FROM}
    WHERE v.organisation_id = $1 AND v.digest = $4 AND c.erased_at IS NULL AND {_LIVE} FOR UPDATE OF v
"""  # noqa: S608
_HOUSES = (
    "SELECT id, key, name, contact FROM organisation WHERE sandbox_of_id IS NULL ORDER BY name, id LIMIT 200"
)
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
_SIGN_IN = """
    UPDATE portal_visit SET digest = $2, sealed = $3, customer_id = $4, identified = $5, begun_at = now(),
        seen_at = now(), confirmed_at = $6
    WHERE digest = $1
"""
_CONFIRM = """
    UPDATE portal_visit SET digest = $2, sealed = $3, seen_at = now(), confirmed_at = now() WHERE digest = $1
"""
_IDENTIFY = (
    "UPDATE portal_visit SET digest = $2, sealed = $3, identified = $4, seen_at = now() WHERE digest = $1"
)
_END = "DELETE FROM portal_visit WHERE digest = $1"
_OWN = (
    "organisation_id = $1"
    " AND customer_id IN (SELECT $4::uuid UNION ALL SELECT id FROM customer WHERE survivor_id = $4)"
)
_OPEN = f"""
    SELECT v.id, v.begun_at, v.seen_at FROM portal_visit v WHERE {_OWN} AND {_LIVE}
    ORDER BY v.begun_at DESC, v.id LIMIT 100
"""  # noqa: S608
_END_OWN = """
    DELETE FROM portal_visit WHERE organisation_id = $1
        AND customer_id IN (SELECT $2::uuid UNION ALL SELECT id FROM customer WHERE survivor_id = $2)
        AND ($3::uuid IS NULL OR id = $3) RETURNING id
"""
# Whoever comes in by a record that was merged is signed in as the one that survives.
_END_ALL = """
    WITH survivor AS (SELECT coalesce(survivor_id, id) AS id FROM customer WHERE id = $1)
    DELETE FROM portal_visit WHERE customer_id IN (
        SELECT id FROM survivor UNION ALL SELECT c.id FROM customer c JOIN survivor s ON c.survivor_id = s.id)
"""


@dataclass(frozen=True, slots=True)
class House:
    """An organisation as its portal names it. contact: where people reach it."""

    id: UUID
    key: str
    name: str
    contact: str


class Known(StrEnum):
    """How it was made sure which customer is signed in; the same words as those of a request's proof."""

    CODE = "CODE"
    TWO_IDENTIFIERS = "TWO_IDENTIFIERS"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who came in, how surely that is known, and when their code was right."""

    customer_id: UUID
    identified: Known
    confirmed_at: datetime


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit that goes on. typed: what was entered and which requests it may follow, as JSON.

    customer_id, identified: who is signed in, and how surely; None before. is_fresh: a code was right in the last ten
    minutes.
    """

    id: UUID
    digest: bytes = field(repr=False)
    typed: dict[str, Any] = field(repr=False)
    customer_id: UUID | None = None
    identified: Known | None = None
    is_fresh: bool = False


@dataclass(frozen=True, slots=True)
class Open:
    """One of a customer's visits, as they see it."""

    id: UUID
    begun_at: datetime
    seen_at: datetime


def new_token() -> str:
    """Make a token: 256 random bits, in letters that a cookie may hold."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def next_token(hub: Hub, token: str, step: str) -> str:
    """Make the token that replaces another after a step; the same for the same step, so that a repeated one agrees.

    Nobody can work it out without the keyring, and nobody gets it without taking the step.
    """
    made = hub.vault.steady("portal_visit", token, step)
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


async def houses(hub: Hub) -> list[House]:
    """List whose portals there are, by one statement."""
    return [House(**row) for row in await hub.database.single().rows(_HOUSES)]


async def arrive(hub: Hub, key: str, token: str | None) -> tuple[House, Visit | None] | None:
    """Find the organisation with a key and the visit that goes on there; None for no organisation.

    Those who come at the same moment share a statement, which begins after they have come.
    """
    if not HOUSE_KEY.fullmatch(key):
        return None
    arriving = _ARRIVING.get(hub)
    if arriving is None:
        arriving = _ARRIVING[hub] = Together(partial(_all_arrive, hub.database, _ends(hub)))
    [row] = await arriving([(key, _digest(token) if token else b"")])
    if row is None:
        return None
    house = House(row["id"], row["key"], row["name"], row["contact"])
    return house, _open(hub, row) if row["sealed"] else None


async def _all_arrive(
    database: Database, ends: tuple[int, int], asked: list[tuple[str, bytes]]
) -> list[Record | None]:
    """The house and the visit of each, where it was asked for; those without a visit are looked for once."""
    several = list(dict.fromkeys(asked))
    keys, digests = ([each[part] for each in several] for part in (0, 1))
    rows = await database.single().rows(_ARRIVE, keys, *ends, digests)
    found: dict[tuple[str, bytes], Record] = {several[row["place"] - 1]: row for row in rows}
    return [found.get(each) for each in asked]


_ARRIVING: WeakKeyDictionary[Hub, Together[tuple[str, bytes], Record | None]] = WeakKeyDictionary()


async def come_back(hub: Hub, token: str) -> tuple[House, Visit] | None:
    """Find whose visit goes on under a token, for whoever comes back by a letter's link; None for no visit."""
    row = await hub.database.single().row(_RETURN, _digest(token), *_ends(hub))
    if row is None:
        return None
    house = House(row["id"], row["key"], row["name"], row["contact"])
    return house, _open(hub, row)


async def hold(act: Act, token: str | None) -> Visit | None:
    """Lock a visit to the actor's organisation, so that two tabs of it take turns; None where it is over."""
    if token is None:
        return None
    row = await act.row(_HOLD, act.actor.organisation_id, *_ends(act.hub), _digest(token))
    return None if row is None else _open(act.hub, row)


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


async def sign_in(act: Act, visit: Visit, who: Identity, token: str) -> None:
    """Let a held visit be a customer's from now on, under a new token; its hours begin anew."""
    digest = _digest(token)
    sealed = _seal(act.hub, digest, visit.typed)
    about = (who.customer_id, who.identified, who.confirmed_at)
    await act.execute(_SIGN_IN, visit.digest, digest, sealed, *about)


async def confirm(act: Act, visit: Visit, token: str) -> None:
    """Note that a held visit's code was right just now, under a new token."""
    digest = _digest(token)
    await act.execute(_CONFIRM, visit.digest, digest, _seal(act.hub, digest, visit.typed))


async def identify(act: Act, visit: Visit, identified: Known, token: str) -> None:
    """Note how surely it is known now who is signed in, under a new token."""
    digest = _digest(token)
    await act.execute(_IDENTIFY, visit.digest, digest, _seal(act.hub, digest, visit.typed), identified)


async def of_customer(ask: Ask, customer_id: UUID) -> list[Open]:
    """Read the visits in which a customer is signed in with the actor's organisation, the newest first."""
    rows = await ask.rows(_OPEN, ask.actor.organisation_id, *_ends(ask.hub), customer_id)
    return [Open(**row) for row in rows]


async def end_own(act: Act, customer_id: UUID, visit_id: UUID | None = None) -> int:
    """End a customer's visits, or one of them; returns how many. Another's is not found, and stays."""
    return len(await act.rows(_END_OWN, act.actor.organisation_id, customer_id, visit_id))


async def end_all(act: Act, customer_id: UUID) -> None:
    """End every visit of a record and its family: what let them in, or where it led, is not theirs any more."""
    await act.execute(_END_ALL, customer_id)


def _ends(hub: Hub) -> tuple[int, int]:
    return hub.settings.visit_idle_minutes, hub.settings.visit_hours


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _seal(hub: Hub, digest: bytes, typed: dict[str, Any]) -> bytes:
    return hub.vault.seal_own("portal_visit", "sealed", digest.hex(), orjson.dumps(typed))


def _open(hub: Hub, row: Record) -> Visit:
    digest: bytes = row["digest"]
    typed = orjson.loads(hub.vault.open_own("portal_visit", "sealed", digest.hex(), row["sealed"]))
    identified = row["identified"] and Known(row["identified"])
    return Visit(row["visit_id"], digest, typed, row["customer_id"], identified, row["is_fresh"])
