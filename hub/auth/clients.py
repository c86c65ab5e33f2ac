"""OAuth2 clients: which apps may sign in, and with which scopes; partners' are made by hub/partners/inviting.py.

A client grants only what it holds. Its secret is shown once and kept as a hash.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

from pydantic import SecretStr
from tortoise.expressions import Q

from hub.act import Act, Ask
from hub.actors import SCOPES, Actor, Role
from hub.db import new_id
from hub.errors import Code, Refusal, invalid, not_found
from hub.listening import REVOKED
from hub.models import Client, Department, Organisation

NAME_CHARACTERS = 100
SECRET_BYTES = 32
SECRET_METHOD = "client_secret"  # noqa: S105 - the name of a way to sign in
PAGE = 100


class Kind(StrEnum):
    """What sort of program signs in."""

    APP = "APP"
    PARTNER = "PARTNER"


async def create(
    act: Act,
    name: str,
    kind: Kind,
    scopes: Sequence[str],
    organisation_id: UUID,
    department_id: UUID | None = None,
) -> tuple[Client, SecretStr]:
    """Make a client; returns it with its secret, which is never shown again.

    Refusals: INVALID (name, or scopes that are none, unknown or repeated), FORBIDDEN (a scope that the actor
    does not hold), NOT_FOUND (organisation or department).
    """
    granted = grant(act.actor, scopes)
    await _check_place(act, organisation_id, department_id)
    secret = new_secret()
    client = await Client.create(
        id=new_id(),
        organisation_id=organisation_id,
        department_id=department_id,
        kind=kind.value,
        name=checked_name(name),
        secret_hash=hash_secret(secret.get_secret_value()),
        scopes=granted,
        created_by=act.actor.id,
        created_at=act.at,
        using_db=act.db,
    )
    await act.record(
        "client.created",
        client=str(client.id),
        kind=kind.value,
        scopes=granted,
        organisation=str(organisation_id),
    )
    return client, secret


async def page(
    ask: Ask, limit: int = PAGE, start: UUID | None = None, *, backwards: bool = False
) -> list[Client]:
    """The actor's clients, revoked ones too, oldest first (backwards: newest first), beyond `start`."""
    beyond = Q() if start is None else Q(id__lt=start) if backwards else Q(id__gt=start)
    order = "-id" if backwards else "id"
    return await Client.filter(_own(ask.actor), beyond).using_db(ask.db).order_by(order).limit(limit)


async def count(ask: Ask) -> int:
    """Count the actor's clients."""
    return await Client.filter(_own(ask.actor)).using_db(ask.db).count()


async def load(ask: Ask, ids: Sequence[UUID]) -> list[Client]:
    """Those of these clients that the actor may see, in any order."""
    return await Client.filter(_own(ask.actor), id__in=list(ids)).using_db(ask.db)


async def revoke(act: Act, client_id: UUID) -> Client:
    """End a client and every token it holds, at once; a second time changes nothing. Refusal: NOT_FOUND."""
    client = (
        await Client.filter(_own(act.actor), id=client_id).using_db(act.db).select_for_update().get_or_none()
    )
    if client is None:
        raise not_found("client", "id")
    return await end(act, client)


async def end(act: Act, client: Client) -> Client:
    """Revoke a client that is locked, whatever its kind."""
    if client.revoked_at is not None:
        return client
    client.revoked_at = act.at
    await client.save(using_db=act.db, update_fields=["revoked_at"])
    ended = await act.rows(_END_TOKENS, client.id, act.at)
    await act.record("client.revoked", client=str(client.id), tokens=len(ended))
    await act.announce(REVOKED, client=client.id)
    return client


_END_TOKENS = """
    UPDATE access_token SET revoked_at = $2
    WHERE client_id = $1 AND revoked_at IS NULL AND expires_at > $2
    RETURNING id
"""


def grant(actor: Actor, scopes: Sequence[str]) -> list[str]:
    """The scopes, sorted, if this actor may give them away; there is no scope that stands for others."""
    known = ", ".join(sorted(SCOPES))
    if not scopes:
        raise invalid(f"Name at least one scope: {known}.", "scopes")
    if any(scope not in SCOPES for scope in scopes):
        raise invalid(f"There is no such scope. The scopes are: {known}.", "scopes")
    if len(set(scopes)) != len(scopes):
        raise invalid("A scope is named twice.", "scopes")
    missing = set(scopes) - _held(actor)
    if missing:
        lacking = ", ".join(sorted(missing))
        raise Refusal(
            Code.FORBIDDEN, f"Only scopes one holds can be granted; not held: {lacking}.", ("scopes",)
        )
    return sorted(str(scope) for scope in scopes)


def new_secret() -> SecretStr:
    """Make a secret of 256 random bits."""
    return SecretStr(secrets.token_urlsafe(SECRET_BYTES))


def hash_secret(secret: str) -> str:
    """The stored form of a secret.

    One round of SHA-256 is enough: slow hashes protect what people choose; 256 random bits cannot be guessed.
    """
    return "sha256:" + hashlib.sha256(secret.encode()).hexdigest()


def is_secret(secret: str, stored: str | None) -> bool:
    """Whether this is the secret of that hash; the time taken tells nothing."""
    return hmac.compare_digest(hash_secret(secret).encode(), (stored or "").encode())


def _held(actor: Actor) -> frozenset[str]:
    return frozenset(SCOPES if Role.OPERATOR in actor.roles else actor.roles & SCOPES)


def _own(actor: Actor) -> Q:
    """The apps an actor may touch: its organisation's, or its department's where it belongs to one."""
    own = Q(kind=Kind.APP)
    if actor.organisation_id is not None:
        own &= Q(organisation_id=actor.organisation_id)
    return own if actor.department_id is None else own & Q(department_id=actor.department_id)


async def _check_place(act: Act, organisation_id: UUID, department_id: UUID | None) -> None:
    actor = act.actor
    foreign = actor.organisation_id not in {None, organisation_id}
    if foreign or not await Organisation.filter(id=organisation_id).using_db(act.db).exists():
        raise not_found("organisation", "organisation_id")
    if actor.department_id not in {None, department_id}:
        raise not_found("department", "department_id")
    here = Department.filter(id=department_id, organisation_id=organisation_id).using_db(act.db)
    if department_id is not None and not await here.exists():
        raise not_found("department", "department_id")


def checked_name(name: str) -> str:
    """What a client is called, trimmed. Refusal: INVALID."""
    trimmed = name.strip()
    if not trimmed or len(trimmed) > NAME_CHARACTERS or not trimmed.isprintable():
        raise invalid(f"A client's name is 1 to {NAME_CHARACTERS} printable characters.", "name")
    return trimmed
