"""`hub system`: the systems in which personal data lies; `hub request`: the register of rights requests."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from hub.cli.asking import asking
from hub.cli.clients import Whose, organisation_of
from hub.cli.endings import CODES, ends
from hub.cli.showing import Json, show, table

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from hub.rights.requests import Request
    from hub.rights.systems import System

systems = typer.Typer(no_args_is_help=True, help="Connected systems of record.", rich_markup_mode=None)
requests = typer.Typer(no_args_is_help=True, help="Rights requests.", rich_markup_mode=None)
AT_ONCE = 500
HEADS = (
    "reference", "kind", "state", "jurisdictions", "channel", "received_on", "due_on", "extended_at", "ground",
    "opened_at", "closed_at",
)  # fmt: skip


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(systems, name="system")
    app.add_typer(requests, name="request")


Key = Annotated[str, typer.Argument(help="The system's key, such as `shop`.")]


@systems.command("add", epilog=CODES)
@ends
def add(
    key: Key,
    name: Annotated[str, typer.Argument(help="What staff call it, e.g. 'Web shop'.")],
    address: Annotated[
        Path | None,
        typer.Option(
            "--address-file", help="A file with the database's URL in it; `-` reads it from the input."
        ),
    ] = None,
    dataset: Annotated[
        Path | None, typer.Option("--dataset", help="A fideslang file that says what lies where.")
    ] = None,
    organisation: Whose = None,
    as_json: Json = False,
) -> None:
    r"""Connect a system: a database with an address and a dataset, or one in which a person looks.

    The address holds a password: it is read from a file or the input, never from the command line, and is sealed.

    \b
    Example: hub system add archive "Paper archive"
             hub system add shop "Web shop" --address-file shop.url --dataset shop.yml
    """
    from hub.rights.systems import NewSystem

    if (address is None) != (dataset is None):
        from hub.errors import invalid

        raise invalid("A database needs both --address-file and --dataset.", "--dataset")
    said = None if address is None else _text(address).strip()
    kind = "MANUAL" if said is None else "SQL"
    new = NewSystem(key, name, kind, said, None if dataset is None else _dataset(dataset))
    _say(asyncio.run(_add(new, organisation)), as_json=as_json)


@systems.command("list", epilog=CODES)
@ends
def list_systems(organisation: Whose = None, as_json: Json = False) -> None:
    """List the connected systems; their addresses are never shown.

    Example: hub system list
    """
    found = asyncio.run(_list(organisation))
    if as_json:
        show([_plain(each) for each in found])
        return
    rows = [(each.key, each.name, each.kind, "off" if each.disabled_at else "on") for each in found]
    table(("KEY", "NAME", "KIND", "STATE"), rows, "No system is connected: people look everywhere by hand.")


@systems.command("off", epilog=CODES)
@ends
def off(key: Key, organisation: Whose = None, as_json: Json = False) -> None:
    """Switch a system off: requests that come skip it, and say so.

    Example: hub system off shop
    """
    _say(asyncio.run(_switch(key, organisation, is_on=False)), as_json=as_json)


@systems.command("on", epilog=CODES)
@ends
def on(key: Key, organisation: Whose = None, as_json: Json = False) -> None:
    """Switch a system on again.

    Example: hub system on shop
    """
    _say(asyncio.run(_switch(key, organisation, is_on=True)), as_json=as_json)


@requests.command("export", epilog=CODES)
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


def _text(path: Path) -> str:
    from hub.errors import invalid

    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise invalid(f"{path} cannot be read as text.", "--address-file") from None


def _dataset(path: Path) -> str:
    """Read a dataset file, and say everything that is wrong with it before anything is kept."""
    from hub.errors import invalid
    from workers.connectors import dataset_files
    from workers.connectors.datasets import Unusable

    try:
        text = path.read_text(encoding="utf-8")
        dataset_files.read(text.encode())
    except (OSError, UnicodeDecodeError):
        raise invalid(f"{path} cannot be read as text.", "--dataset") from None
    except Unusable as error:
        raise invalid(f"{path}: {' '.join(error.problems)}", "--dataset") from None
    return text


async def _add(new: Any, organisation: str | None) -> "System":
    from hub.act import Act
    from hub.actors import OPERATOR, Operation
    from hub.cli.opening import hub_here
    from hub.rights import systems as connected

    async def body(act: Act) -> "System":
        return await connected.connect(act, new, await organisation_of(act, organisation))

    async with hub_here() as hub:
        return await hub.perform(OPERATOR, Operation.SYSTEM_CONNECT, body)


async def _switch(key: str, organisation: str | None, *, is_on: bool) -> "System":
    from hub.act import Act
    from hub.actors import OPERATOR, Operation
    from hub.cli.opening import hub_here
    from hub.rights import systems as connected

    async def body(act: Act) -> "System":
        return await connected.switch(
            act, key, is_on=is_on, organisation_id=await organisation_of(act, organisation)
        )

    async with hub_here() as hub:
        return await hub.perform(OPERATOR, Operation.SYSTEM_CONNECT, body)


async def _list(organisation: str | None) -> "list[System]":
    from hub.actors import Operation
    from hub.rights import systems as connected

    async with asking(organisation, None, Operation.REQUEST_READ) as ask:
        return await connected.all_of(ask)


async def _export(out: TextIO, organisation: str | None, *, is_json: bool) -> int:
    import orjson

    from hub.spreadsheets import Table

    number, sheet = 0, Table(out)
    out.write("[") if is_json else sheet.write(HEADS)
    async for request in _all(organisation):
        cells = _cells(request)
        if is_json:
            out.write((",\n" if number else "\n") + orjson.dumps(cells).decode())
        else:
            sheet.write([str(cells[name] or "") for name in HEADS])
        number += 1
    out.write("\n]\n" if is_json else "")
    return number


async def _all(organisation: str | None) -> "AsyncIterator[Request]":
    """Every request, a page at a time out of one snapshot."""
    from hub.actors import Operation
    from hub.rights.requests import Filter, page

    async with asking(organisation, None, Operation.REQUEST_READ) as ask:
        found = await page(ask, Filter(), limit=AT_ONCE)
        while found.items:
            for each in found.items:
                yield each
            found = await page(ask, Filter(), found.items[-1].id, AT_ONCE)


def _cells(request: "Request") -> dict[str, str | None]:
    said = {name: getattr(request, name) for name in HEADS}
    said["jurisdictions"] = " ".join(request.jurisdictions)
    return {name: None if value is None else str(value) for name, value in said.items()}


def _plain(system: "System") -> dict[str, Any]:
    return {
        "key": system.key, "name": system.name, "kind": system.kind,
        "disabled_at": system.disabled_at and system.disabled_at.isoformat(),
    }  # fmt: skip


def _say(system: "System", *, as_json: bool) -> None:
    if as_json:
        show(_plain(system))
    else:
        typer.echo(f"{system.key} ({system.name}) is {'off' if system.disabled_at else 'on'}.")
