"""A token that is shown once and used for long, as a socket does: whoever holds it open asks again and again."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from uuid import UUID

from hub.act import Hub
from hub.actors import Actor
from hub.auth import tokens
from hub.auth.tokens import Audience
from hub.db import LOST
from hub.errors import Code, Refusal

_LIVING = """
    SELECT t.id, extract(epoch FROM t.expires_at - now())::float8 AS seconds_left
    FROM access_token t JOIN client c ON c.id = t.client_id
    WHERE t.id = ANY ($1) AND t.expires_at > now() AND t.revoked_at IS NULL AND c.revoked_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Pass:
    """A token that served when it was shown."""

    header: str = field(repr=False)
    audience: Audience
    token_id: UUID
    client_id: UUID


async def show(hub: Hub, header: str, audience: Audience) -> tuple[Pass, Actor]:
    """Take a token by its Authorization header; who shows it. Refusals: as `tokens.authenticate`."""
    actor = await tokens.authenticate(hub, header, audience)
    claims = tokens.of(hub).read(header.partition(" ")[2])
    if claims is None:
        raise tokens.unwelcome()
    return Pass(header, audience, claims.id, claims.client_id), _for_long(actor)


async def renew(hub: Hub, held: Pass) -> Actor:
    """Who holds it, with the scopes that are left; UNAUTHENTICATED once it has ended, UNAVAILABLE."""
    return _for_long(await tokens.authenticate(hub, held.header, held.audience))


def _for_long(actor: Actor) -> Actor:
    """Who asks again and again: what was seen the first time is old by then."""
    return replace(actor, seen=None)


async def living(hub: Hub, held: Collection[Pass]) -> dict[UUID, float]:
    """Those that have not ended, by their tokens' ids, and for how many seconds each still serves."""
    try:
        rows = await hub.database.single().rows(_LIVING, [each.token_id for each in held])
    except LOST as error:
        raise Refusal(Code.UNAVAILABLE, "The database cannot be reached; try again.") from error
    return {row["id"]: row["seconds_left"] for row in rows}
