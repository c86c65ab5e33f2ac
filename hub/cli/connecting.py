"""`hub system add|list|on|off`: the systems in which personal data lies, as the hub knows them."""

import asyncio
import base64
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import rehearsing
from hub.cli.clients import Whose, organisation_of
from hub.cli.endings import CODES, ends
from hub.cli.showing import Json, show, table
from hub.cli.systems import add_to, commands

if TYPE_CHECKING:
    from hub.rights.systems import NewSystem, System

__all__ = ["add_to", "rehearsing"]

Skip = Annotated[
    str,
    typer.Option(
        "--skip",
        help="Why steps that wait for it are left out, naming nobody; customers read it.",
    ),
]
Key = Annotated[str, typer.Argument(help="The system's key, such as `shop`.")]
Kind = Annotated[
    str,
    typer.Option("--kind", help="manual, email, sql, http or memory; empty: what the other options make it."),
]
AddressFile = Annotated[
    Path | None,
    typer.Option(
        "--address-file",
        help="A file with a database's or service's URL, a mail address, or of memory the rows; `-` reads the input.",
    ),
]
DatasetFile = Annotated[
    Path | None, typer.Option("--dataset", help="A fideslang file that says what lies where.")
]
SecretFile = Annotated[
    Path | None,
    typer.Option("--secret-file", help="Of http: a file with the secret that signs; else one is made."),
]
OwnNetworks = Annotated[
    bool,
    typer.Option("--own-networks", help="Of http: it may lie in a private network, or on this machine."),
]
Language = Annotated[str, typer.Option("--language", help="Of manual and email: en, fr or ar, for letters.")]
PlainHttp = Annotated[bool, typer.Option("--plain-http", help="Of http: without TLS.")]


@commands.command("add", epilog=CODES)
@ends
def add(  # noqa: PLR0913, PLR0917 - each is one word on the command line
    key: Key,
    name: Annotated[str, typer.Argument(help="What staff call it, e.g. 'Web shop'.")],
    kind: Kind = "",
    address: AddressFile = None,
    dataset: DatasetFile = None,
    secret: SecretFile = None,
    own_networks: OwnNetworks = False,
    plain_http: PlainHttp = False,
    language: Language = "en",
    organisation: Whose = None,
    as_json: Json = False,
) -> None:
    """Connect a system: a database, a service behind HTTP, or one in which a person looks.

    The address may hold a password: it is read from a file or the input, never from the command line, and is sealed.

    \b
    Example: hub system add archive "Paper archive"
             hub system add shop "Web shop" --address-file shop.url --dataset shop.yml
             hub system add payroll "Payroll bureau" --kind email --address-file bureau.txt --language fr
             hub system add news Newsletter --kind http --address-file news.url --dataset newsletter.yml
             hub system add crm "Made-up CRM" --kind memory --address-file rows.json --dataset crm.yml
    """
    given = Given(key, name, kind.upper(), address, dataset, secret, own_networks, plain_http, language)
    new, made = given.system()
    _say(asyncio.run(_add(new, organisation)), as_json=as_json, secret=made)


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
def off(key: Key, skip: Skip = "", organisation: Whose = None, as_json: Json = False) -> None:
    """Switch a system off: requests that come skip it, and say so.

    While steps of open requests wait for it, say by --skip why they are left out, or let them end first.

    \b
    Example: hub system off shop
             hub system off shop --skip "The shop was closed in March."
    """
    _say(asyncio.run(_leave(key, organisation, skip, is_removed=False)), as_json=as_json)


@commands.command("remove", epilog=CODES)
@ends
def remove(key: Key, skip: Skip = "", organisation: Whose = None, as_json: Json = False) -> None:
    """Remove a system for good: how it was reached is forgotten, what was done there stays with its requests.

    \b
    Example: hub system remove shop
    """
    removed = asyncio.run(_leave(key, organisation, skip, is_removed=True))
    if as_json:
        show(_plain(removed))
    else:
        typer.echo(f"{key} ({removed.name}) is removed; its steps stay with their requests.")


@commands.command("on", epilog=CODES)
@ends
def on(key: Key, organisation: Whose = None, as_json: Json = False) -> None:
    """Switch a system on again.

    Example: hub system on shop
    """
    _say(asyncio.run(_switch(key, organisation)), as_json=as_json)


@dataclass(frozen=True)
class Given:
    """What the command line says of a new system."""

    key: str
    name: str
    kind: str
    address: Path | None
    dataset: Path | None
    secret: Path | None
    own_networks: bool
    plain_http: bool
    language: str

    def system(self) -> "tuple[NewSystem, str]":
        """The system, and the secret that was made for it; empty where none was."""
        from hub.rights.reaching import Reach
        from hub.rights.systems import NewSystem

        kind = self.kind or ("SQL" if self.address or self.dataset else "MANUAL")
        made = new_secret() if kind == "HTTP" and self.secret is None else ""
        keys = (made or _text(self.secret, "--secret-file").strip(),) if kind == "HTTP" or self.secret else ()
        address = _text(self.address, "--address-file").strip() if self.address else ""
        reach = None
        if address or keys:
            reach = Reach(address, keys, self.own_networks, self.plain_http, self.language)
        if self.dataset is None:
            return NewSystem(self.key, self.name, kind, reach), made
        text, refers_to = _dataset(self.dataset)
        return NewSystem(self.key, self.name, kind, reach, text, refers_to), made


def new_secret() -> str:
    """Make a secret that signs calls: 256 random bits."""
    from hub.signatures import PREFIX

    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def _text(path: Path | None, option: str) -> str:
    from hub.errors import invalid

    try:
        return sys.stdin.read() if str(path) == "-" else Path(path or "").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise invalid(f"{path} cannot be read as text.", option) from None


def _dataset(path: Path) -> tuple[str, tuple[str, ...]]:
    """Read a dataset file, and say everything that is wrong with it before anything is kept; also what it refers to."""
    from hub.errors import invalid
    from workers.connectors import dataset_files
    from workers.connectors.datasets import Unusable

    text = _text(path, "--dataset")
    try:
        read = dataset_files.read(text.encode())
    except Unusable as error:
        raise invalid(f"{path}: {' '.join(error.problems)}", "--dataset") from None
    own = {each.key for each in read}
    return text, tuple(sorted({name for each in read for name in each.refers_to} - own))


async def _add(new: "NewSystem", organisation: str | None) -> "System":
    from hub.act import Act
    from hub.actors import OPERATOR, Operation
    from hub.cli.opening import hub_here
    from hub.rights import systems as connected

    async def body(act: Act) -> "System":
        return await connected.connect(act, new, await organisation_of(act, organisation))

    async with hub_here() as hub:
        return await hub.perform(OPERATOR, Operation.SYSTEM_CONNECT, body)


async def _leave(key: str, organisation: str | None, why: str, *, is_removed: bool) -> "System":
    from hub.act import Act
    from hub.actors import OPERATOR, Operation
    from hub.cli.opening import hub_here
    from hub.rights import leaving

    async def body(act: Act) -> "System":
        leave = leaving.remove if is_removed else leaving.switch_off
        return await leave(act, key, why, await organisation_of(act, organisation))

    async with hub_here() as hub:
        return await hub.perform(OPERATOR, Operation.SYSTEM_CONNECT, body)


async def _switch(key: str, organisation: str | None) -> "System":
    from hub.act import Act
    from hub.actors import OPERATOR, Operation
    from hub.cli.opening import hub_here
    from hub.rights import systems as connected

    async def body(act: Act) -> "System":
        return await connected.switch(
            act, key, is_on=True, organisation_id=await organisation_of(act, organisation)
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


def _say(system: "System", *, as_json: bool, secret: str = "") -> None:
    if as_json:
        show({**_plain(system), **({"secret": secret} if secret else {})})
        return
    typer.echo(f"{system.key} ({system.name}) is {'off' if system.disabled_at else 'on'}.")
    if secret:
        typer.echo(f"Give its owner this secret, which is not shown again: {secret}")
