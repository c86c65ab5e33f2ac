"""Partners' clients: a recipient that signs in, for all arrangements with it or some, with scopes no app can hold.

Whoever looks after partners gives out these scopes without holding them: what they let a partner do is bounded by the
arrangements and by what may be passed on, and each customer who is passed on is recorded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from pydantic import SecretStr
from tortoise.expressions import Q

from hub import catalogue, inputs
from hub.act import Act, Ask
from hub.actors import PARTNER_SCOPES
from hub.auth import assertions, clients
from hub.auth.clients import Kind
from hub.catalogue import Page, Ref
from hub.db import new_id
from hub.errors import Code, Refusal, invalid, not_found
from hub.models import Arrangement, Client, Organisation, Recipient
from hub.partners import addresses

__all__ = ["Client", "Method", "NewPartner", "by_ids", "count", "invite", "page", "read", "revoke"]


class Method(StrEnum):
    """How a partner signs in: by assertions that it signs, or with a secret that it is given."""

    PRIVATE_KEY_JWT = assertions.METHOD
    CLIENT_SECRET = clients.SECRET_METHOD


LIVE_MOST: Final = 20
"""Clients of one recipient that are not revoked."""


@dataclass(frozen=True, slots=True)
class NewPartner:
    """A client to be. arrangements: None for all with the recipient. jwks_url: where its keys are published, if so."""

    name: str
    recipient: Ref
    scopes: Sequence[str]
    arrangements: Sequence[Ref] | None = None
    auth_method: str = Method.PRIVATE_KEY_JWT
    jwks_url: str | None = None
    organisation: UUID | None = None


async def invite(act: Act, new: NewPartner) -> tuple[Client, SecretStr | None]:
    """Let a recipient sign in; with the secret, where it signs in with one: it is never shown again.

    Refusals: INVALID, NOT_FOUND for what it names, LIMIT for too many clients of one recipient.
    """
    owner = catalogue.owner(act, new.organisation, "organisation")
    await catalogue.read(act, Organisation, owner, "organisation")
    recipient = await catalogue.read(
        act, Recipient, new.recipient, "recipient", organisation=owner, lock=True
    )
    await _check_room(act, recipient.id)
    method = inputs.choice(Method, new.auth_method, "auth_method")
    secret = clients.new_secret() if method is Method.CLIENT_SECRET else None
    client = _client(act, new, recipient, method, secret)
    client.arrangements = await _arrangements(act, new.arrangements, recipient)
    await client.save(force_create=True, using_db=act.db)
    await _record(act, client)
    if client.jwks_url:
        await addresses.fetch_soon(act, client.id)
    return client, secret


def _client(
    act: Act, new: NewPartner, recipient: Recipient, method: Method, secret: SecretStr | None
) -> Client:
    return Client(
        id=new_id(),
        organisation_id=recipient.organisation_id,
        recipient_id=recipient.id,
        kind=Kind.PARTNER.value,
        name=clients.checked_name(new.name),
        auth_method=method.value,
        secret_hash=clients.hash_secret(secret.get_secret_value()) if secret else None,
        jwks_url=_checked_url(act, new.jwks_url, method),
        scopes=_granted(new.scopes),
        created_by=act.actor.id,
        created_at=act.at,
    )


async def _record(act: Act, client: Client) -> None:
    await act.record(
        "partner.invited",
        organisation=client.organisation_id,
        client=client.id,
        recipient=client.recipient_id,
        arrangements=client.arrangements,
        scopes=client.scopes,
        method=client.auth_method,
    )


async def read(ask: Ask, client_id: UUID, *path: str | int, lock: bool = False) -> Client:
    """Read one partner's client. Refusal: NOT_FOUND."""
    found = Client.filter(_own(ask), id=client_id).using_db(ask.db)
    client = await (found.select_for_update(of=("client",)) if lock else found).get_or_none()
    if client is None:
        raise not_found("partner client", *path)
    return client


async def by_ids(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, Client]:
    """Read many in one statement; those unknown or of others are left out."""
    return {row.id: row for row in await Client.filter(_own(ask), id__in=list(ids)).using_db(ask.db)}


async def page(ask: Ask, which: Page, recipient_id: UUID | None = None) -> list[Client]:
    """Read a page, revoked ones too, oldest first; recipient_id: of one recipient."""
    such = _own(ask) if recipient_id is None else _own(ask) & Q(recipient_id=recipient_id)
    if which.start is not None:
        such &= Q(id__lt=which.start) if which.backwards else Q(id__gt=which.start)
    rows = Client.filter(such).using_db(ask.db)
    return await rows.order_by("-id" if which.backwards else "id").limit(which.limit)


async def recipient_of(ask: Ask, recipient: Ref | None, *path: str | int) -> UUID | None:
    """The recipient that is named; None for none. Refusal: NOT_FOUND."""
    return None if recipient is None else (await catalogue.read(ask, Recipient, recipient, *path)).id


async def count(ask: Ask, recipient_id: UUID | None = None) -> int:
    """Count such a page's list."""
    such = _own(ask) if recipient_id is None else _own(ask) & Q(recipient_id=recipient_id)
    return await Client.filter(such).using_db(ask.db).count()


async def revoke(act: Act, client_id: UUID) -> Client:
    """End a client and every token it holds, at once; a second time changes nothing. Refusal: NOT_FOUND."""
    return await clients.end(act, await read(act, client_id, "client", lock=True))


def _own(ask: Ask) -> Q:
    """The partners' clients that an actor may see: its organisation's, and those of its sandbox."""
    here = ask.actor.organisation_id
    mine = Q(kind=Kind.PARTNER.value)
    return mine if here is None else mine & (Q(organisation_id=here) | Q(organisation__sandbox_of_id=here))


def _granted(scopes: Sequence[str]) -> list[str]:
    known = ", ".join(sorted(PARTNER_SCOPES))
    if not scopes or not PARTNER_SCOPES.issuperset(scopes):
        raise invalid(f"Name scopes of partners, one at least: {known}.", "scopes")
    if len(set(scopes)) != len(scopes):
        raise invalid("A scope is named twice.", "scopes")
    return sorted(str(scope) for scope in scopes)


async def _arrangements(act: Act, wanted: Sequence[Ref] | None, recipient: Recipient) -> list[UUID] | None:
    if wanted is None:
        return None
    some = inputs.distinct(wanted, "arrangements", least=1)
    owner = recipient.organisation_id
    found = await catalogue.resolve(act, Arrangement, some, "arrangements", organisation=owner)
    for place, row in enumerate(found):
        if row.recipient_id != recipient.id:
            raise not_found("arrangement with this recipient", "arrangements", place)
    return sorted({row.id for row in found})


def _checked_url(act: Act, url: str | None, method: Method) -> str | None:
    if url is None:
        return None
    if method is not Method.PRIVATE_KEY_JWT:
        raise invalid("Whoever signs in with a secret publishes no keys: leave the address out.", "jwks_url")
    return addresses.checked(url, act.hub.settings, "jwks_url")


async def _check_room(act: Act, recipient_id: UUID) -> None:
    living = Client.filter(recipient_id=recipient_id, revoked_at__isnull=True).using_db(act.db)
    if await living.count() >= LIVE_MOST:
        message = f"A partner has at most {LIVE_MOST} clients at a time: revoke one that is not used."
        raise Refusal(Code.LIMIT, message, ("recipient",))
