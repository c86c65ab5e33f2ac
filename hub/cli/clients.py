"""`hub client`: the programs that may sign in."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.endings import CODES, ends
from hub.cli.showing import Json, show, table

if TYPE_CHECKING:
    from uuid import UUID

    from hub.act import Ask

commands = typer.Typer(
    no_args_is_help=True, help="Programs that sign in (OAuth2 clients).", rich_markup_mode=None
)
MOST = 10_000


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(commands, name="client")


Scopes = Annotated[
    list[str],
    typer.Option(
        "--scope",
        help="What it may do; repeat for more: decide, customers:read, customers:write, customers:reveal, "
        "catalogue:read, catalogue:write, requests:read, requests:write, requests:conduct, ledger:read, "
        "clients:manage, partners:manage.",
    ),
]
Whose = Annotated[
    str | None, typer.Option("--organisation", help="Key or id; not needed while there is only one.")
]
Team = Annotated[str | None, typer.Option("--department", help="Key or id of the department it belongs to.")]


@commands.command("create", epilog=CODES)
@ends
def create(
    name: Annotated[str, typer.Argument(help="What it is, for people, e.g. 'Our website'.")],
    scope: Scopes,
    organisation: Whose = None,
    department: Team = None,
    as_json: Json = False,
) -> None:
    """Make a client; its secret is shown now and never again.

    \b
    Example: hub client create "Our website" --scope decide --scope customers:read
    Then:    curl -u ID:SECRET -d grant_type=client_credentials http://localhost:8000/oauth/token
    """
    client, secret, url = asyncio.run(_create(name, scope, organisation, department))
    if as_json:
        show(
            {
                "client_id": client.id,
                "client_secret": secret,
                "scopes": client.scopes,
                "token_endpoint": f"{url}/oauth/token",
            }
        )
        return
    typer.echo(f"client id      {client.id}")
    typer.echo(f"client secret  {secret}")
    typer.echo(f"scopes         {' '.join(client.scopes)}")
    typer.echo("The secret is not shown again. To get a token:")
    typer.echo(f"  curl -u '{client.id}:{secret}' -d grant_type=client_credentials {url}/oauth/token")


@commands.command("list", epilog=CODES)
@ends
def list_all(as_json: Json = False) -> None:
    """List all clients, revoked ones too; secrets are never shown.

    Example: hub client list --json
    """
    found = asyncio.run(_list())
    if as_json:
        show([
            {"client_id": each.id, "name": each.name, "scopes": each.scopes,
             "created_at": each.created_at.isoformat(),
             "revoked_at": each.revoked_at and each.revoked_at.isoformat()}
            for each in found
        ])  # fmt: skip
        return
    rows = [
        (str(each.id), each.name, "revoked" if each.revoked_at else "active", " ".join(each.scopes))
        for each in found
    ]
    table(
        ("CLIENT ID", "NAME", "STATE", "SCOPES"), rows, "There is no client yet: `hub client create --help`."
    )


@commands.command("revoke", epilog=CODES)
@ends
def revoke(
    client_id: Annotated[str, typer.Argument(help="The client id, as `hub client list` shows it.")],
    as_json: Json = False,
) -> None:
    """End a client and every token it holds, at once.

    Example: hub client revoke 0199a7c0-5b1e-7cc2-9f0a-2f6d6a0c1d2e
    """
    from hub.cli.ids import uuid_of

    revoked = asyncio.run(_revoke(uuid_of(client_id, "Client", "CLIENT_ID")))
    if as_json:
        show({"client_id": revoked.id, "revoked_at": revoked.revoked_at.isoformat()})
    else:
        typer.echo(f"Revoked {revoked.name} ({revoked.id}).")


async def _create(name: str, scopes: list[str], organisation: str | None, department: str | None) -> Any:
    from hub.act import Act
    from hub.actors import OPERATOR, Operation
    from hub.auth import clients
    from hub.cli.ids import ref
    from hub.cli.opening import hub_here
    from hub.organisations import read_department

    async def body(act: Act) -> Any:
        owner = await organisation_of(act, organisation)
        team = (
            await read_department(act, ref(department), "department", organisation=owner)
            if department
            else None
        )
        return await clients.create(act, name, clients.Kind.APP, scopes, owner, team.id if team else None)

    async with hub_here() as hub:
        client, secret = await hub.perform(OPERATOR, Operation.CLIENT_CREATE, body)
        return client, secret.get_secret_value(), hub.settings.url


async def organisation_of(ask: "Ask", said: str | None) -> "UUID":
    """The organisation that is meant: the one named, or the only one there is."""
    from hub import organisations
    from hub.catalogue import Page
    from hub.cli.ids import ref
    from hub.errors import invalid

    if said:
        return (await organisations.read(ask, ref(said), "organisation")).id
    found = await organisations.page(ask, Page(limit=2))
    if not found:
        raise invalid("There is no organisation yet: add one with `hub organisation add`.", "organisation")
    if len(found) > 1:
        raise invalid("There are several organisations: say which (`hub organisation list`).", "organisation")
    return found[0].id


async def _list() -> Any:
    from hub.actors import OPERATOR, Operation
    from hub.auth import clients
    from hub.cli.opening import hub_here

    async with hub_here() as hub, hub.ask(OPERATOR, Operation.CLIENT_READ) as ask:
        return await clients.page(ask, MOST)


async def _revoke(client_id: "UUID") -> Any:
    from hub.actors import OPERATOR, Operation
    from hub.auth import clients
    from hub.cli.opening import hub_here

    async with hub_here() as hub:
        return await hub.perform(
            OPERATOR, Operation.CLIENT_REVOKE, lambda act: clients.revoke(act, client_id)
        )
