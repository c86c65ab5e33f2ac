"""`hub request`: the register of rights requests, and requests from a file."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from hub.cli import intake
from hub.cli.clients import Whose
from hub.cli.endings import CODES, ends

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from hub.rights.requests import Request

commands = typer.Typer(no_args_is_help=True, help="Rights requests.", rich_markup_mode=None)
AT_ONCE = 500


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    intake.add_to(commands)
    app.add_typer(commands, name="request")


@commands.command("export", epilog=CODES)
@ends
def export(
    output: Annotated[Path, typer.Argument(help="A file ending in .csv or .json.")],
    organisation: Whose = None,
) -> None:
    """Write the register of rights requests: each with its days, its state and its ground; nobody's name.

    Example: hub request export requests.csv
    """
    from hub.cli.outputs import whole
    from hub.errors import invalid

    if output.suffix not in {".csv", ".json"}:
        raise invalid("Name a file that ends in .csv or .json.", "OUTPUT")
    with whole(output, "OUTPUT") as out:
        number = asyncio.run(_export(out, organisation, is_json=output.suffix == ".json"))
    typer.echo(f"{number} requests written to {output}.")


async def _export(out: TextIO, organisation: str | None, *, is_json: bool) -> int:
    import orjson

    from hub.rights.workload import HEADS, cells
    from hub.spreadsheets import Table

    number, sheet = 0, Table(out)
    out.write("[") if is_json else sheet.write(HEADS)
    async for request in _all(organisation):
        said = cells(request)
        if is_json:
            out.write((",\n" if number else "\n") + orjson.dumps(said).decode())
        else:
            sheet.write([said[name] or "" for name in HEADS])
        number += 1
    out.write("\n]\n" if is_json else "")
    return number


async def _all(organisation: str | None) -> "AsyncIterator[Request]":
    """Every request, a page at a time out of one snapshot."""
    from hub.actors import Operation
    from hub.cli.asking import asking
    from hub.rights.requests import Filter, page

    async with asking(organisation, None, Operation.REQUEST_READ) as ask:
        found = await page(ask, Filter(), limit=AT_ONCE)
        while found.items:
            for each in found.items:
                yield each
            found = await page(ask, Filter(), found.items[-1].id, AT_ONCE)
