"""`hub partner`: recipients that sign in."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from hub.cli.clients import Whose, organisation_of
from hub.cli.endings import CODES, ends
from hub.cli.showing import Json, show, table

if TYPE_CHECKING:
    from hub.act import Act

commands = typer.Typer(
    no_args_is_help=True,
    help="Partners that sign in at /partner/graphql, and their keys.",
    rich_markup_mode=None,
)
Which = Annotated[
    str, typer.Argument(metavar="CLIENT", help="The client id, as `hub partner list` shows it.")
]
Whom = Annotated[
    str, typer.Argument(metavar="RECIPIENT", help="Key or id of the recipient that is to sign in.")
]
Scopes = Annotated[
    list[str],
    typer.Option(
        "--scope",
        help="What it may do; repeat for more: partner:read, partner:export, partner:withdrawals, "
        "partner:referrals, partner:webhooks.",
    ),
]
Name = Annotated[str, typer.Option("--name", help="What the client is called.")]
For = Annotated[
    list[str] | None,
    typer.Option("--arrangement", help="Key or id; repeat for more. Without: all with this recipient."),
]
Published = Annotated[str | None, typer.Option("--jwks-url", help="Where the partner publishes its keys.")]
BySecret = Annotated[bool, typer.Option("--secret", help="Sign in with a secret, and not with keys.")]
MOST = 10_000


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(commands, name="partner")


@commands.command("invite", epilog=CODES)
@ends
def invite(  # noqa: PLR0913, PLR0917 - each is an option of the command
    recipient: Whom,
    scope: Scopes,
    name: Name = "Their system",
    arrangement: For = None,
    jwks: Published = None,
    secret: BySecret = False,
    organisation: Whose = None,
    as_json: Json = False,
) -> None:
    """Let a recipient sign in; with --secret its secret is shown now and never again.

    \b
    Example: hub partner invite bluegum --scope partner:read --scope partner:withdrawals
    Then:    hub partner key add CLIENT their-public-key.json
    """
    said = {"name": name, "arrangements": arrangement, "jwks_url": jwks, "secret": secret}
    tell(*asyncio.run(_invite(recipient, scope, organisation, said)), as_json=as_json)


def tell(client: Any, secret: str | None, url: str, *, as_json: bool) -> None:
    """Print a client that was just made, with its secret if it has one."""
    told = _told(client, secret, url)
    if as_json:
        show(told)
    else:
        _tell(told, client.jwks_url)


def _told(client: Any, secret: str | None, url: str) -> dict[str, Any]:
    return {
        "client_id": client.id,
        **({"client_secret": secret} if secret else {}),
        "scopes": client.scopes,
        "auth_method": client.auth_method,
        "issuer": url,
        "token_endpoint": f"{url}/oauth/token",
        "endpoint": f"{url}/partner/graphql",
    }


def _tell(told: dict[str, Any], jwks: str | None) -> None:
    for name, value in told.items():
        said = " ".join(cast("list[str]", value)) if isinstance(value, list) else value
        typer.echo(f"{name.replace('_', ' '):15} {said}")
    if "client_secret" in told:
        typer.echo("The secret is not shown again.")
    elif jwks is None:
        typer.echo(f"Next, the partner's public key: hub partner key add {told['client_id']} FILE")
    else:
        typer.echo("Its keys are fetched from its address every five minutes.")


@commands.command("list", epilog=CODES)
@ends
def list_all(as_json: Json = False) -> None:
    """List the clients of partners, revoked and sandbox ones too, and their keys; secrets are never shown.

    Example: hub partner list --json
    """
    found, houses, known, outside = asyncio.run(_list())
    if as_json:
        show([
            {"client_id": each.id, "name": each.name, "recipient": outside[each.recipient_id].key,
             "organisation": houses[each.organisation_id].key, "scopes": each.scopes,
             "arrangements": each.arrangements, "auth_method": each.auth_method, "jwks_url": each.jwks_url,
             "keys": [key_shown(key) for key in known.get(each.id, [])],
             "revoked_at": each.revoked_at and each.revoked_at.isoformat()}
            for each in found
        ])  # fmt: skip
        return
    rows = [_row(each, houses, outside, known) for each in found]
    table(
        ("CLIENT ID", "ORGANISATION", "RECIPIENT", "NAME", "STATE", "KEYS", "SCOPES"),
        rows,
        "No partner signs in yet: `hub partner invite --help`.",
    )


@commands.command("revoke", epilog=CODES)
@ends
def revoke(client: Which, as_json: Json = False) -> None:
    """End a partner's client and every token it holds, at once.

    Example: hub partner revoke 0199a7c0-5b1e-7cc2-9f0a-2f6d6a0c1d2e
    """
    from hub.cli.ids import uuid_of
    from hub.partners import inviting

    client_id = uuid_of(client, "PartnerClient", "CLIENT")
    revoked = asyncio.run(perform(inviting.revoke, client_id))
    if as_json:
        show({"client_id": revoked.id, "revoked_at": revoked.revoked_at.isoformat()})
    else:
        typer.echo(f"Revoked {revoked.name} ({revoked.id}).")


def _row(client: Any, houses: Any, outside: Any, known: Any) -> tuple[str, ...]:
    return (
        str(client.id),
        houses[client.organisation_id].key,
        outside[client.recipient_id].key,
        client.name,
        "revoked" if client.revoked_at else "active",
        _keys(client, known.get(client.id, [])),
        " ".join(client.scopes),
    )


def key_shown(key: Any) -> dict[str, Any]:
    """A key of a partner, for programs."""
    return {
        "kid": key.kid,
        "algorithm": key.algorithm,
        "source": key.source,
        "created_at": key.created_at.isoformat(),
        "ended_at": key.ended_at and key.ended_at.isoformat(),
    }


def _keys(client: Any, known: list[Any]) -> str:
    if client.auth_method == "client_secret":
        return "(a secret)"
    return " ".join(key.kid for key in known if key.ended_at is None) or "none yet"


async def _invite(
    recipient: str, scopes: list[str], organisation: str | None, said: dict[str, Any]
) -> tuple[Any, str | None, str]:
    from hub.cli.ids import ref
    from hub.cli.opening import hub_here
    from hub.partners import inviting
    from hub.partners.inviting import Method, NewPartner

    async def body(act: "Act") -> Any:
        named = said["arrangements"]
        new = NewPartner(
            said["name"],
            ref(recipient),
            scopes,
            [ref(each) for each in named] if named else None,
            Method.CLIENT_SECRET if said["secret"] else Method.PRIVATE_KEY_JWT,
            said["jwks_url"],
            await organisation_of(act, organisation),
        )
        return await inviting.invite(act, new)

    async with hub_here() as hub:
        client, secret = await _by_operator(hub, body)
        return client, secret.get_secret_value() if secret else None, hub.settings.url


async def _list() -> tuple[Any, Any, Any, Any]:
    from hub import organisations, recipients
    from hub.actors import OPERATOR, Operation
    from hub.catalogue import Page
    from hub.cli.opening import hub_here
    from hub.partners import inviting, keys

    async with hub_here() as hub, hub.ask(OPERATOR, Operation.PARTNER_CLIENTS) as ask:
        found = await inviting.page(ask, Page(MOST))
        known = await keys.of(ask, [each.id for each in found])
        outside = await recipients.by_ids(ask, {each.recipient_id for each in found if each.recipient_id})
        houses = await organisations.by_ids(ask, {each.organisation_id for each in found})
        return found, houses, known, outside


async def perform(verb: Any, *given: Any) -> Any:
    """Do something about a partner as whoever is at the machine."""
    from hub.cli.opening import hub_here

    async def body(act: "Act") -> Any:
        return await verb(act, *given)

    async with hub_here() as hub:
        return await _by_operator(hub, body)


async def _by_operator(hub: Any, body: Any) -> Any:
    from hub.actors import OPERATOR, Operation

    return await hub.perform(OPERATOR, Operation.PARTNER_INVITE, body)
