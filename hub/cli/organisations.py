"""`hub organisation`: the controllers of this deployment."""

import asyncio
from typing import Annotated, Any

import typer

from hub.cli.endings import CODES, ends
from hub.cli.showing import Json, show, table

commands = typer.Typer(
    no_args_is_help=True, help="The organisations whose customers these are.", rich_markup_mode=None
)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(commands, name="organisation")


@commands.command("add", epilog=CODES)
@ends
def add(
    key: Annotated[
        str, typer.Argument(help="A short name for programs: lower-case letters, digits, hyphens.")
    ],
    name: Annotated[str, typer.Argument(help="The name that people know.")],
    country: Annotated[str, typer.Option("--country", help="Two letters, e.g. AU or GB.")],
    contact: Annotated[str, typer.Option("--contact", help="How people reach it about privacy.")],
    as_json: Json = False,
) -> None:
    """Add an organisation.

    Example: hub organisation add acme "Acme Pty Ltd" --country AU --contact privacy@acme.example
    """
    made = asyncio.run(_add(key, name, country, contact))
    if as_json:
        show({"id": made.id, "key": made.key, "name": made.name})
    else:
        typer.echo(f"Added {made.name} ({made.key}).")


@commands.command("list", epilog=CODES)
@ends
def list_all(as_json: Json = False) -> None:
    """List the organisations.

    Example: hub organisation list --json
    """
    found = asyncio.run(_list())
    if as_json:
        show([{"id": each.id, "key": each.key, "name": each.name, "country": each.country} for each in found])
    else:
        rows = [(each.key, each.name, each.country, str(each.id)) for each in found]
        table(
            ("KEY", "NAME", "COUNTRY", "ID"),
            rows,
            "There is no organisation yet: `hub organisation add --help`.",
        )


async def _add(key: str, name: str, country: str, contact: str) -> Any:
    from hub import organisations
    from hub.actors import OPERATOR, Operation
    from hub.cli.opening import hub_here

    new = organisations.NewOrganisation(key=key, name=name, country=country, contact=contact)
    async with hub_here() as hub:
        return await hub.perform(
            OPERATOR, Operation.ORGANISATION_SET_UP, lambda act: organisations.set_up(act, new)
        )


async def _list() -> Any:
    from hub import organisations
    from hub.actors import OPERATOR, Operation
    from hub.catalogue import Page
    from hub.cli.opening import hub_here

    async with hub_here() as hub, hub.ask(OPERATOR, Operation.CATALOGUE_READ) as ask:
        return await organisations.page(ask, Page(limit=10_000))
