"""Endpoints: where a client wants to be told things. Each belongs to the client that registered it, and ends with it.

An endpoint is told nothing until it has shown that it is willing: it is sent a token, and echoes it. What it is told is
signed with secrets of its own, twice: with an HMAC and with Ed25519. New secrets and the old ones count together for a
day.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from hub import signatures
from hub.act import Act, Ask, Hub
from hub.catalogue import Page
from hub.db import Record, new_id
from hub.errors import Code, Refusal, invalid, not_found
from hub.keyring import Secret
from hub.partners import addresses
from hub.webhooks.announcing import tell
from hub.webhooks.types import NEEDS, Type

LIVE_MOST: Final = 10
ABOUT_THEMSELVES_MOST: Final = 60
"""How often an hour a client has us call an address without there being news."""
BOTH_COUNT: Final = timedelta(hours=24)
HMAC_BYTES: Final = 32
SEED_BYTES: Final = 32
TABLE: Final = "webhook_endpoint"


class Why(StrEnum):
    """Why an endpoint is told nothing any more: it answered 410, failed for days, or its client removed it."""

    GONE = "GONE"
    FAILING = "FAILING"
    REMOVED = "REMOVED"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a client is told things. verified_at: None until it has echoed; failing_since: None if all is well."""

    id: UUID
    organisation_id: UUID
    client_id: UUID
    url: str
    types: tuple[str, ...]
    created_at: datetime
    verified_at: datetime | None
    failing_since: datetime | None
    disabled_at: datetime | None
    disabled_why: Why | None


@dataclass(frozen=True, slots=True)
class Secrets:
    """What an endpoint's messages are signed with: shown once. hmac: `whsec_...`; public: `whpk_...`, of Ed25519."""

    hmac: str = field(repr=False)
    public: str


_COLUMNS: Final = """
    e.id, e.organisation_id, e.client_id, e.url, e.types, e.created_at, e.verified_at, e.failing_since, e.disabled_at,
    e.disabled_why
"""
_ADD: Final = f"""
    INSERT INTO webhook_endpoint AS e (id, organisation_id, client_id, url, types, secrets, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING {_COLUMNS}
"""  # noqa: S608 - joined from constants
_BY_IDS: Final = f"""
    SELECT {_COLUMNS} FROM webhook_endpoint e WHERE e.id = ANY ($1) AND ($2::uuid IS NULL OR e.client_id = $2)
      AND ($3::uuid IS NULL OR e.organisation_id = $3)
"""  # noqa: S608
_HELD: Final = f"{_BY_IDS} FOR NO KEY UPDATE"
_FORWARDS: Final = f"""
    SELECT {_COLUMNS} FROM webhook_endpoint e
    WHERE ($1::uuid IS NULL OR e.client_id = $1) AND ($2::uuid IS NULL OR e.organisation_id = $2)
      AND ($3::uuid IS NULL OR e.id > $3) ORDER BY e.id LIMIT $4
"""  # noqa: S608
_BACKWARDS: Final = f"""
    SELECT {_COLUMNS} FROM webhook_endpoint e
    WHERE ($1::uuid IS NULL OR e.client_id = $1) AND ($2::uuid IS NULL OR e.organisation_id = $2)
      AND ($3::uuid IS NULL OR e.id < $3) ORDER BY e.id DESC LIMIT $4
"""  # noqa: S608
_OF_RECIPIENT: Final = f"""
    SELECT {_COLUMNS} FROM webhook_endpoint e JOIN client c ON c.id = e.client_id
    WHERE c.recipient_id = $1 AND c.revoked_at IS NULL AND e.disabled_why IS DISTINCT FROM 'REMOVED'
    ORDER BY e.id DESC LIMIT $2
"""  # noqa: S608
_LIVING: Final = "SELECT count(*) FROM webhook_endpoint WHERE client_id = $1 AND disabled_at IS NULL"
_CLIENT: Final = (
    "SELECT organisation_id, scopes FROM client WHERE id = $1 AND revoked_at IS NULL FOR NO KEY UPDATE"
)
_ABOUT_THEMSELVES: Final = """
    SELECT count(*) FROM webhook_endpoint e JOIN webhook_delivery d ON d.endpoint_id = e.id
    JOIN webhook_message m ON m.id = d.message_id
    WHERE e.client_id = $1 AND m.at > $2 AND m.type IN ('endpoint.verify', 'endpoint.test')
"""
_ROTATE: Final = """
    UPDATE webhook_endpoint SET previous = secrets, previous_until = $3, secrets = $2 WHERE id = $1
"""
_LIVE: Final = """
    SELECT verified_at, failing_since FROM webhook_endpoint WHERE id = $1 AND disabled_at IS NULL FOR NO KEY UPDATE
"""
_DISABLE: Final = "UPDATE webhook_endpoint SET disabled_at = $2, disabled_why = $3 WHERE id = $1"
_DROP_WAITING: Final = """
    UPDATE webhook_delivery SET state = 'FAILED', due_at = NULL, claimed_until = NULL, ended_at = $2, problem = $3
    WHERE endpoint_id = $1 AND state = 'WAITING'
"""


async def add(act: Act, url: str, types: Sequence[str]) -> tuple[Endpoint, Secrets]:
    """Register an endpoint of the client that asks, and send it the token that it is to echo.

    Refusals: INVALID (address, types), FORBIDDEN for a type that the client may not hear of, LIMIT.
    """
    owner = act.actor.id
    client = await act.row(_CLIENT, owner)
    if client is None or owner is None:
        raise Refusal(Code.FORBIDDEN, "Only a client that signs in registers endpoints, for itself.")
    await require_room(act, owner)
    address = addresses.checked(url, act.hub.settings, "url")
    wanted = _types(types, frozenset(client["scopes"]))
    if await act.value(_LIVING, owner) >= LIVE_MOST:
        raise Refusal(Code.LIMIT, f"A client has at most {LIVE_MOST} endpoints: remove one first.", ("url",))
    made, sealed = _new(act.hub, identifier := new_id())
    row = await act.row(_ADD, identifier, client["organisation_id"], owner, address, wanted, sealed, act.at)
    assert row is not None  # noqa: S101 - it was just written
    await act.record("webhook.added", endpoint=identifier, client=owner, types=wanted)
    await tell(act, identifier, Type.ENDPOINT_VERIFY)
    return _endpoint(row), made


async def read(ask: Ask, endpoint_id: UUID, *path: str | int) -> Endpoint:
    """Read an endpoint of the client that asks; an operator reads any. Refusal: NOT_FOUND."""
    found = (await by_ids(ask, [endpoint_id])).get(endpoint_id)
    if found is None:
        raise not_found("endpoint", *path)
    return found


async def by_ids(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Endpoint]:
    """Read many by one statement; those unknown or of others are left out."""
    return {row["id"]: _endpoint(row) for row in await ask.rows(_BY_IDS, list(ids), *_whose(ask))}


async def page(ask: Ask, which: Page) -> list[Endpoint]:
    """A page of the endpoints of the client that asks, disabled ones too, oldest first."""
    sql = _BACKWARDS if which.backwards else _FORWARDS
    return [_endpoint(row) for row in await ask.rows(sql, *_whose(ask), which.start, which.limit)]


async def of_recipient(ask: Ask, recipient_id: UUID, most: int) -> list[Endpoint]:
    """Where a partner is told things, or was until it stopped to answer: the newest first, at most so many."""
    return [_endpoint(row) for row in await ask.rows(_OF_RECIPIENT, recipient_id, most)]


async def verify(act: Act, endpoint_id: UUID) -> Endpoint:
    """Send the token once more to an endpoint that has not echoed one.

    Refusals: NOT_FOUND; CONFLICT if it is disabled, or its client revoked; LIMIT.
    """
    held = await require_live(act, endpoint_id)
    if held.verified_at is None:
        await require_room(act, held.client_id)
        await tell(act, endpoint_id, Type.ENDPOINT_VERIFY)
        await act.record("webhook.verification_sent", endpoint=endpoint_id)
    return held


async def test(act: Act, endpoint_id: UUID) -> UUID:
    """Send a message that says nothing, once; returns its delivery. Refusals: as `verify`, CONFLICT if unverified."""
    held = await require_live(act, endpoint_id)
    if held.verified_at is None:
        raise Refusal(Code.CONFLICT, "This endpoint has not echoed its token yet: verify it.", ("endpoint",))
    await require_room(act, held.client_id)
    await act.record("webhook.tested", endpoint=endpoint_id)
    return await tell(act, endpoint_id, Type.ENDPOINT_TEST)


async def rotate(act: Act, endpoint_id: UUID) -> tuple[Endpoint, Secrets]:
    """Give an endpoint new secrets; for a day, messages are signed with the old ones too.

    Refusals: NOT_FOUND, CONFLICT if it is disabled.
    """
    held = await require_live(act, endpoint_id)
    made, sealed = _new(act.hub, endpoint_id)
    await act.execute(_ROTATE, endpoint_id, sealed, act.at + BOTH_COUNT)
    await act.record("webhook.rotated", endpoint=endpoint_id)
    return held, made


async def remove(act: Act, endpoint_id: UUID) -> Endpoint:
    """Tell an endpoint nothing more, for good; a second time changes nothing. Refusal: NOT_FOUND."""
    await read(act, endpoint_id, "endpoint")
    await disable(act, endpoint_id, Why.REMOVED)
    return await read(act, endpoint_id, "endpoint")


async def disable(act: Act, endpoint_id: UUID, why: Why) -> bool:
    """End an endpoint with all that waits for it; False where it had ended."""
    if await hold(act, endpoint_id) is None:
        return False
    await act.execute(_DISABLE, endpoint_id, act.at, why)
    await act.execute(_DROP_WAITING, endpoint_id, act.at, f"ENDPOINT_{why}")
    await act.record("webhook.disabled", endpoint=endpoint_id, why=why)
    return True


async def hold(act: Act, endpoint_id: UUID) -> Record | None:
    """Lock any endpoint that is told things: since when it is verified, and fails; None where it has ended."""
    return await act.row(_LIVE, endpoint_id)


def signing(hub: Hub, endpoint_id: UUID, sealed: Sequence[bytes | None]) -> tuple[list[Secret], list[Secret]]:
    """The HMAC secrets and the Ed25519 seeds that count, newest first."""
    opened = [hub.vault.open_own(TABLE, "secrets", endpoint_id, each) for each in sealed if each is not None]
    return [Secret(each[:HMAC_BYTES]) for each in opened], [Secret(each[HMAC_BYTES:]) for each in opened]


def _whose(ask: Ask, *, whole: bool = False) -> tuple[UUID | None, UUID | None]:
    """Whose endpoints an actor reaches: a client its own, staff their organisation's, an operator everybody's.

    whole: a client too reaches its organisation's.
    """
    if ask.actor.kind == "staff" or whole:
        return None, ask.actor.organisation_id
    return None if ask.actor.kind in {"operator", "worker"} else ask.actor.id, None


async def require_room(act: Act, client_id: UUID) -> None:
    """Refuse LIMIT to a client whose endpoints were sent much about themselves, and CONFLICT to one that is revoked."""
    if await act.row(_CLIENT, client_id) is None:
        raise Refusal(Code.CONFLICT, "The client of this endpoint is revoked.", ("endpoint",))
    if await act.value(_ABOUT_THEMSELVES, client_id, act.at - timedelta(hours=1)) >= ABOUT_THEMSELVES_MOST:
        message = f"Endpoints of a client are verified and tested {ABOUT_THEMSELVES_MOST} times an hour at most: wait."
        raise Refusal(Code.LIMIT, message)


async def require_live(act: Act, endpoint_id: UUID, *, whole: bool = False) -> Endpoint:
    """Lock an endpoint of the actor's that is told things, or of its whole organisation's.

    Refusals: NOT_FOUND, CONFLICT if it is disabled.
    """
    rows = await act.rows(_HELD, [endpoint_id], *_whose(act, whole=whole))
    if not rows:
        raise not_found("endpoint", "endpoint")
    held = _endpoint(rows[0])
    if held.disabled_at is not None:
        raise Refusal(Code.CONFLICT, "This endpoint is disabled: register it anew.", ("endpoint",))
    return held


def _types(types: Sequence[str], held: frozenset[str]) -> list[str]:
    known = ", ".join(sorted(NEEDS))
    if not types or len(set(types)) != len(types):
        raise invalid(f"Name types of messages, each once: {known}.", "types")
    for place, each in enumerate(types):
        if each not in NEEDS:
            raise invalid(f"There is no such type. The types are: {known}.", "types", place)
        if held.isdisjoint(NEEDS[Type(each)]):
            needed = " or ".join(sorted(NEEDS[Type(each)]))
            raise Refusal(Code.FORBIDDEN, f"This type needs the scope {needed}.", ("types", place))
    return sorted(types)


def _new(hub: Hub, endpoint_id: UUID) -> tuple[Secrets, bytes]:
    """New secrets: as they are shown, and sealed."""
    raw = secrets.token_bytes(HMAC_BYTES + SEED_BYTES)
    shown = Secrets(signatures.shown(Secret(raw[:HMAC_BYTES])), signatures.public(Secret(raw[HMAC_BYTES:])))
    return shown, hub.vault.seal_own(TABLE, "secrets", endpoint_id, raw)


def _endpoint(row: Record) -> Endpoint:
    why = row["disabled_why"]
    values: dict[str, Any] = {
        **dict(row),
        "types": tuple(row["types"]),
        "disabled_why": why and Why(why),
    }
    return Endpoint(**values)
