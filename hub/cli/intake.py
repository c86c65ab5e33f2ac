"""`hub request import`: requests from a file, such as another system's register or a branch's list."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import import_options as given
from hub.cli.clients import Whose
from hub.cli.endings import NEGATIVE, OK, ends
from hub.cli.showing import Json, show

if TYPE_CHECKING:
    from hub.rights.importing import Options, Outcome

CODES = (
    "Exit codes: 0 every row landed; 1 some rows were rejected (see the rejects); 2 the file or an option "
    "cannot be used; 69 something needed is not available; 70 a fault of the hub's; 78 a setting or key is "
    "missing or wrong."
)


def add_to(app: typer.Typer) -> None:
    """Add the command to those about requests."""
    app.command("import", epilog=CODES)(import_file)


@ends
def import_file(  # noqa: PLR0913, PLR0917 - each is an option; its help says what it does
    file: Annotated[Path, typer.Argument(help="A CSV file; docs/requests.md says which columns it has.")],
    organisation: Whose = None,
    system: given.System = None,
    dates: given.Dates = None,
    encoding: given.Encoding = None,
    rejects: given.Rejects = None,
    as_json: Json = False,
) -> None:
    """Take rights requests in from a CSV file; a row is taken in once, however often the file is run.

    Rows that cannot be used go to a rejects file with line and reason, the others land.

    Example: hub request import branch.csv --system crm
    """
    from hub.rights.importing import Options

    options = Options(system=system, dates=dates, encoding=encoding, rejects=rejects)
    outcome = asyncio.run(_import(file, organisation, options))
    (_show(outcome) if as_json else _tell(outcome))
    raise typer.Exit(NEGATIVE if outcome.rejected else OK)


async def _import(file: Path, organisation: str | None, options: "Options") -> "Outcome":
    from dataclasses import replace

    from hub.actors import OPERATOR, Operation
    from hub.cli.clients import organisation_of
    from hub.cli.importing import broken_off, progress_bar
    from hub.cli.opening import hub_here
    from hub.rights.importing import import_requests

    with progress_bar() as progress, broken_off():
        async with hub_here() as hub:
            async with hub.ask(OPERATOR, Operation.CATALOGUE_READ) as ask:
                towards = await organisation_of(ask, organisation)
            return await import_requests(
                hub, OPERATOR, file, replace(options, organisation_id=towards), progress
            )


def _tell(outcome: "Outcome") -> None:
    typer.echo(f"{outcome.rows:>9}  rows")
    typer.echo(f"{outcome.opened:>9}  requests taken in")
    if outcome.known:
        typer.echo(f"{outcome.known:>9}  taken in before")
    if outcome.rejected:
        typer.echo(f"{outcome.rejected:>9}  rows rejected")
        typer.echo(f"Rejects: {outcome.rejects}")


def _show(outcome: "Outcome") -> None:
    show({
        "rows": outcome.rows, "opened": outcome.opened, "known": outcome.known, "rejected": outcome.rejected,
        "rejects": outcome.rejects,
    })  # fmt: skip
