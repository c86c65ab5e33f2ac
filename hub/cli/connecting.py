"""`hub system add|list|on|off`: the systems in which personal data lies, as the hub knows them."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.clients import Whose, organisation_of
from hub.cli.endings import CODES, ends
from hub.cli.showing import Json, show, table
from hub.cli.systems import commands

if TYPE_CHECKING:
    from hub.rights.systems import NewSystem, System


Key = Annotated[str, typer.Argument(help="The system's key, such as `shop`.")]


@commands.command("add", epilog=CODES)
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
    _say(asyncio.run(_add(_new(key, name, address, dataset), organisation)), as_json=as_json)


@commands.command("list", epilog=CODES)
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


@commands.command("off", epilog=CODES)
@ends
def off(key: Key, organisation: Whose = None, as_json: Json = False) -> None:
    """Switch a system off: requests that come skip it, and say so.

    Example: hub system off shop
    """
    _say(asyncio.run(_switch(key, organisation, is_on=False)), as_json=as_json)


@commands.command("on", epilog=CODES)
@ends
def on(key: Key, organisation: Whose = None, as_json: Json = False) -> None:
    """Switch a system on again.

    Example: hub system on shop
    """
    _say(asyncio.run(_switch(key, organisation, is_on=True)), as_json=as_json)


def _new(key: str, name: str, address: Path | None, dataset: Path | None) -> "NewSystem":
    from hub.errors import invalid
    from hub.rights.systems import NewSystem

    if address is None and dataset is None:
        return NewSystem(key, name, "MANUAL")
    if address is None or dataset is None:
        raise invalid("A database needs both --address-file and --dataset.", "--dataset")
    return NewSystem(key, name, "SQL", _text(address).strip(), _dataset(dataset))


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


async def _add(new: "NewSystem", organisation: str | None) -> "System":
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
    from hub.cli.asking import asking
    from hub.rights import systems as connected

    async with asking(organisation, None, Operation.REQUEST_READ) as ask:
        return await connected.all_of(ask)


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
