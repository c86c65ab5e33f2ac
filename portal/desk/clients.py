"""How a partner signs in, for who looks after the accounts: its clients, invited and ended, and the keys they bring.

A secret is shown once, on the page that answers the invitation, and never again.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar
from uuid import UUID

from starlette.responses import Response

from hub import arrangements, recipients
from hub.act import Act, Ask
from hub.actors import PARTNER_SCOPES, Operation
from hub.arrangements import State
from hub.catalogue import Page as Stretch
from hub.errors import Code, Refusal, not_found
from hub.partners import inviting, keys
from hub.partners.inviting import Client, Method, NewPartner
from portal.desk import agreed
from portal.desk.doing import prove
from portal.desk.entrance import AtDesk, does, shows
from portal.door import rendered
from portal.forms import Wrong
from portal.reader import Page
from portal.wording import N_

Result = TypeVar("Result")
CLIENTS_MOST: Final = 100
ARRANGEMENTS_MOST: Final = 200
FIELDS: Final = frozenset({"name", "scopes", "arrangements", "method", "jwks_url", "jwk"})
_PLACES: Final = {"auth_method": "method"}


async def show_clients(reader: AtDesk) -> Page:
    """Show how it signs in, and the forms that change it."""
    return await _page(reader)


clients = shows(Operation.PARTNER_INVITE)(show_clients)


@does(Operation.PARTNER_INVITE, again=show_clients)
async def invite(reader: AtDesk) -> Response:
    """Let it sign in; what it signs in with is shown now and never again."""
    new = _new(reader)
    await prove(reader)
    client, secret = await _refusing(reader, lambda act: inviting.invite(act, new))
    return rendered(reader, await _page(reader, client, secret.get_secret_value() if secret else None))


@does(Operation.PARTNER_INVITE, again=show_clients)
async def add_key(reader: AtDesk) -> Response:
    """Let a key that it brought count."""
    jwk = reader.form.text("jwk", N_("Paste the public key"))
    return await _change(reader, lambda act, client_id: keys.add(act, client_id, jwk))


@does(Operation.PARTNER_INVITE, again=show_clients)
async def end_key(reader: AtDesk) -> Response:
    """Let nothing count any more that a key signs."""
    kid = reader.form.one("kid")
    return await _change(reader, lambda act, client_id: keys.end(act, client_id, kid))


@does(Operation.PARTNER_INVITE, again=show_clients)
async def revoke(reader: AtDesk) -> Response:
    """End a client and every token it holds."""
    return await _change(reader, inviting.revoke)


async def _change(reader: AtDesk, verb: Callable[[Act, UUID], Awaitable[Any]]) -> Response:
    """Do something with a client of this partner's."""
    client_id = await _client(reader)
    await prove(reader)
    await _refusing(reader, lambda act: verb(act, client_id))
    return reader.go("partners", _key(reader), "clients")


async def _client(reader: AtDesk) -> UUID:
    """The client that the address names, of this very partner; Refusal NOT_FOUND for every other id."""
    try:
        named = UUID(reader.request.path_params["client"])
    except ValueError:
        raise not_found("client", "client") from None
    async with reader.hub.ask(reader.actor, Operation.PARTNER_INVITE) as ask:
        row = await recipients.read(ask, _key(reader), "partner")
        if (await inviting.read(ask, named, "client")).recipient_id != row.id:
            raise not_found("client", "client")
    return named


async def _refusing(reader: AtDesk, body: Callable[[Act], Awaitable[Result]]) -> Result:
    """Do it; what is refused is said at its field."""
    try:
        return await reader.perform(Operation.PARTNER_INVITE, body)
    except Refusal as refusal:
        if refusal.code not in {Code.INVALID, Code.CONFLICT, Code.LIMIT}:
            raise
        first = str(refusal.path[0]) if refusal.path else ""
        place = _PLACES.get(first, first)
        raise Wrong(place if place in FIELDS else "", refusal.message) from None


def _new(reader: AtDesk) -> NewPartner:
    form = reader.form
    method = form.choice("method", list(Method), N_("Choose how it signs in"))
    scopes = [each for each in form.all("scopes") if each in PARTNER_SCOPES]
    if not scopes:
        raise Wrong("scopes", N_("Tick what they may do"))
    covered = form.all("arrangements")
    return NewPartner(
        form.one("name"),
        _key(reader),
        scopes,
        list(covered) or None,
        method,
        form.one("jwks_url").strip() or None,
    )


async def _page(reader: AtDesk, made: Client | None = None, secret: str | None = None) -> Page:
    async with reader.hub.ask(reader.actor, Operation.PARTNER_INVITE, locale=reader.language) as ask:
        row = await recipients.read(ask, _key(reader), "partner")
        found = await inviting.page(ask, Stretch(CLIENTS_MOST), row.id)
        signed = await keys.of(ask, [each.id for each in found])
        covered = await _covered(ask, row.id)
    return Page("desk/clients.html", {
        "partner": row, "clients": [(each, signed.get(each.id, [])) for each in reversed(found)], "covered": covered,
        "agreed": agreed, "sent": reader.form, "made": made, "secret": secret, "url": reader.hub.settings.url,
        "method": reader.form.one("method") or Method.PRIVATE_KEY_JWT,
    })  # fmt: skip


async def _covered(ask: Ask, recipient_id: UUID) -> list[str]:
    """The keys of what is agreed with it and not over."""
    such = arrangements.Such(recipient=recipient_id)
    rows = await arrangements.page(ask, Stretch(ARRANGEMENTS_MOST, backwards=True), such)
    today = ask.at.date()
    return [row.key for row in rows if arrangements.state_of(row, today) is not State.ENDED]


def _key(reader: AtDesk) -> str:
    return reader.request.path_params["partner"]
