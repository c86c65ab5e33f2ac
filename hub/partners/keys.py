"""The keys that a partner signs with: two at most at a time, so that a new one can be brought before the old one ends.

A key that has ended never counts again: bringing it once more is refused. What a client publishes at its own address
is looked after by hub/partners/fetching.py, under the same rules.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import orjson

from hub.act import Act, Ask
from hub.auth import signing_keys
from hub.auth.signing_keys import SigningKey
from hub.db import new_id
from hub.errors import Code, Refusal, not_found
from hub.partners import inviting
from hub.partners.inviting import Client, Method

LIVE_MOST: Final = 2


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a client. source: UPLOAD or JWKS. ended_at: since when nothing counts that it signed."""

    kid: str
    algorithm: str
    source: str
    created_at: datetime
    ended_at: datetime | None


_OF: Final = """
    SELECT client_id, kid, algorithm, source, created_at, ended_at FROM client_key
    WHERE client_id = ANY ($1) ORDER BY created_at, kid
"""
_ADD: Final = """
    INSERT INTO client_key (id, client_id, kid, algorithm, jwk, source, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING kid, algorithm, source, created_at, ended_at
"""
_END: Final = """
    UPDATE client_key SET ended_at = $3 WHERE client_id = $1 AND kid = $2 AND ended_at IS NULL
    RETURNING kid, algorithm, source, created_at, ended_at
"""


async def add(act: Act, client_id: UUID, jwk: str) -> Key:
    """Let a key count from now on, given as the text of a JWK. Brought already, and alive: nothing changes.

    Refusals: NOT_FOUND; INVALID for what is no public key; CONFLICT for one that has ended, a client that is revoked or
    signs in with a secret; LIMIT while two others count.
    """
    client = await inviting.read(act, client_id, "client", lock=True)
    require_keys(client)
    brought = signing_keys.read(jwk, "jwk")
    known = (await of(act, [client_id])).get(client_id, [])
    same = next((each for each in known if each.kid == brought.kid), None)
    if same is None:
        living = [each.kid for each in known if each.ended_at is None]
        if len(living) >= LIVE_MOST:
            message = f"At most {LIVE_MOST} keys count at a time, and {' and '.join(living)} do: end one of them first."
            raise Refusal(Code.LIMIT, message, ("jwk",))
        return await enter(act, client_id, brought, "UPLOAD")
    if same.ended_at is not None or not await is_same(act, client_id, brought):
        message = "This client has, or had, a key with this `kid`: give the new key another."
        raise Refusal(Code.CONFLICT, message, ("jwk", "kid"))
    return same


async def end(act: Act, client_id: UUID, kid: str) -> Key:
    """Let nothing count any more that a key signs; tokens it was shown for last their minutes. Refusal: NOT_FOUND."""
    await inviting.read(act, client_id, "client", lock=True)
    known = (await of(act, [client_id])).get(client_id, [])
    found = next((each for each in known if each.kid == kid), None)
    if found is None:
        raise not_found("key", "kid")
    return found if found.ended_at is not None else await finish(act, client_id, kid)


async def of(ask: Ask, client_ids: Sequence[UUID]) -> dict[UUID, list[Key]]:
    """The keys of many clients, ended ones too, by one statement."""
    found: dict[UUID, list[Key]] = {}
    for row in await ask.rows(_OF, list(client_ids)):
        values = dict(row)
        found.setdefault(values.pop("client_id"), []).append(Key(**values))
    return found


def require_keys(client: Client) -> None:
    """Refuse CONFLICT where a client has no use for keys."""
    if client.revoked_at is not None:
        raise Refusal(Code.CONFLICT, "This client is revoked: invite the partner anew.", ("client",))
    if client.auth_method != Method.PRIVATE_KEY_JWT:
        raise Refusal(Code.CONFLICT, "This client signs in with a secret, and not with keys.", ("client",))


async def enter(act: Act, client_id: UUID, key: SigningKey, source: str) -> Key:
    """Write a key that was looked at, for a client that is locked."""
    jwk = orjson.dumps(dict(key.jwk)).decode()
    row = await act.row(_ADD, new_id(), client_id, key.kid, key.algorithm, jwk, source, act.at)
    await act.record(
        "partner.key_added", client=client_id, kid=key.kid, algorithm=key.algorithm, source=source
    )
    return Key(**dict(row or {}))


async def finish(act: Act, client_id: UUID, kid: str) -> Key:
    """End a key that counts, of a client that is locked."""
    row = await act.row(_END, client_id, kid, act.at)
    await act.record("partner.key_ended", client=client_id, kid=kid)
    return Key(**dict(row or {}))


async def is_same(ask: Ask, client_id: UUID, key: SigningKey) -> bool:
    """Whether the key that is kept under this name is this very one."""
    kept = await ask.value("SELECT jwk FROM client_key WHERE client_id = $1 AND kid = $2", client_id, key.kid)
    return kept is not None and orjson.loads(kept) == dict(key.jwk)
