"""Keys that a partner publishes at its own address (RFC 7517 section 5): fetched on schedule, and for no other reason.

What a token or an assertion says makes us fetch nothing. A set that cannot be fetched, or is none, changes nothing:
the keys that counted go on to count until a good one comes, or somebody ends them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from hub.act import Act, Ask
from hub.auth import signing_keys
from hub.auth.signing_keys import SigningKey
from hub.errors import Refusal, not_found
from hub.partners import keys

BYTES_MOST: Final = 65_536
SECONDS: Final = 10.0
KEYS_MOST: Final = 20
JWKS: Final = "JWKS"
SIGNS: Final = (None, "sig")

_DUE: Final = """
    SELECT c.id FROM client c LEFT JOIN client_jwks j ON j.client_id = c.id
    WHERE c.jwks_url IS NOT NULL AND c.revoked_at IS NULL AND ($1::uuid IS NULL OR c.id > $1)
    ORDER BY c.id LIMIT $2
"""
_ADDRESS: Final = "SELECT jwks_url FROM client WHERE id = $1 AND revoked_at IS NULL"
_LOCK: Final = (
    "SELECT id FROM client WHERE id = $1 AND jwks_url IS NOT NULL AND revoked_at IS NULL FOR UPDATE"
)
_NOTE: Final = """
    INSERT INTO client_jwks AS j (client_id, tried_at, fetched_at, failures, problem)
    VALUES ($1, $2::timestamptz, CASE WHEN $3::text IS NULL THEN $2::timestamptz END,
        CASE WHEN $3::text IS NULL THEN 0 ELSE 1 END, $3)
    ON CONFLICT (client_id) DO UPDATE SET tried_at = EXCLUDED.tried_at, problem = $3,
        fetched_at = coalesce(EXCLUDED.fetched_at, j.fetched_at),
        failures = CASE WHEN $3::text IS NULL THEN 0 ELSE j.failures + 1 END
"""
_STATES: Final = (
    "SELECT client_id, tried_at, fetched_at, failures, problem FROM client_jwks WHERE client_id = ANY ($1)"
)


class Unusable(Exception):
    """A set that is none, or too much of one. code: for people who look after it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class State:
    """How fetching goes. problem: a code; None where the last time went well."""

    tried_at: datetime
    fetched_at: datetime | None
    failures: int
    problem: str | None


async def due(ask: Ask, after: UUID | None, most: int) -> list[UUID]:
    """Clients with an address of their own, in the order of their ids."""
    return [row["id"] for row in await ask.rows(_DUE, after, most)]


async def address(ask: Ask, client_id: UUID) -> str | None:
    """Where the keys of a client are; None where there is no such client any more."""
    return await ask.value(_ADDRESS, client_id)


async def states(ask: Ask, client_ids: Sequence[UUID]) -> dict[UUID, State]:
    """How fetching goes for many clients."""
    rows = [dict(row) for row in await ask.rows(_STATES, list(client_ids))]
    return {row.pop("client_id"): State(**row) for row in rows}


def parse(document: Any) -> list[SigningKey]:
    """The keys of a set that sign, of kinds that we know; others are left alone. Raises Unusable."""
    listed = _listed(document)
    if len(listed) > KEYS_MOST:
        raise Unusable("TOO_MANY_KEYS")
    found: dict[str, SigningKey] = {}
    for each in listed:
        if not signing_keys.PRIVATE.isdisjoint(each):
            raise Unusable("PRIVATE_KEY_PUBLISHED")
        if each.get("use") in SIGNS:
            _take(found, each)
    if not found:
        raise Unusable("NO_KEY_WE_KNOW")
    if len(found) > keys.LIVE_MOST:
        raise Unusable("TOO_MANY_KEYS")
    return list(found.values())


def _listed(document: Any) -> list[dict[str, Any]]:
    listed: Any = cast("dict[str, Any]", document).get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in cast("list[Any]", listed)):
        raise Unusable("NO_KEY_SET")
    return cast("list[dict[str, Any]]", listed)


def _take(found: dict[str, SigningKey], given: dict[str, Any]) -> None:
    try:
        key = signing_keys.parse(given)
    except Refusal:
        return
    if found.setdefault(key.kid, key) != key:
        raise Unusable("SAME_KID_TWICE")


async def settle(act: Act, client_id: UUID, published: Sequence[SigningKey]) -> None:
    """Let the keys that are published count, and no other that came from there. Refusal: NOT_FOUND."""
    await _hold(act, client_id)
    known = (await keys.of(act, [client_id])).get(client_id, [])
    named = {each.kid for each in published}
    problem = None
    for each in known:
        if each.source == JWKS and each.ended_at is None and each.kid not in named:
            await keys.finish(act, client_id, each.kid)
    living = sum(each.ended_at is None and (each.source != JWKS or each.kid in named) for each in known)
    for key in published:
        if key.kid in {each.kid for each in known}:
            problem = problem if await keys.is_same(act, client_id, key) else "KID_WAS_ANOTHER_KEY"
        elif living < keys.LIVE_MOST:
            await keys.enter(act, client_id, key, JWKS)
            living += 1
        else:
            problem = "TOO_MANY_KEYS"
    await _note(act, client_id, problem)


async def fail(act: Act, client_id: UUID, problem: str) -> None:
    """Note that no keys came, and why. Refusal: NOT_FOUND."""
    await _hold(act, client_id)
    await _note(act, client_id, problem)


async def _hold(act: Act, client_id: UUID) -> None:
    if not await act.rows(_LOCK, client_id):
        raise not_found("client")


async def _note(act: Act, client_id: UUID, problem: str | None) -> None:
    await act.execute(_NOTE, client_id, act.at, problem)
    await act.record("partner.keys_fetched", client=client_id, problem=problem)
