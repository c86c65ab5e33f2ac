"""`hub keys rotate` and `hub keys destroy`: another key is written with, while every process goes on working."""

import asyncio
import fcntl
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from hub.cli.endings import CODES, USAGE, ends, stop
from hub.cli.keys import add_to, commands

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from hub.act import Act, Hub
    from hub.keyring import Keyring, Use
    from hub.rotation import Move, Moved

__all__ = ["add_to"]

WAIT_SECONDS: Final = 6
"""Three times as long as a changed file stays unseen at most."""
PAUSE_SECONDS: Final = 0.2
Wait = Annotated[
    float,
    typer.Option(
        "--wait", min=0, max=3600, help="Seconds until every process, on every machine, has the changed file."
    ),
]


@commands.command("rotate", epilog=CODES)
@ends
def rotate(
    use: Annotated[
        str,
        typer.Argument(
            metavar="USE", help="wrap, index, ledger, seal, token or cursor: what the new key is for."
        ),
    ] = "wrap",
    wait: Wait = WAIT_SECONDS,
) -> None:
    """Write with a new key for one use, while the hub runs. May be stopped at any moment and run again.

    Without a use: the key that wraps all data keys. The keyring must lie in a file that every process reads
    (HUB_KEYRING_FILE, or HUB_DATA_DIR/keyring.json). The old key stays in it, to read by, until nothing needs it: then
    `hub keys destroy` takes it out.

    Example: hub keys rotate index
    """
    chosen = _use(use)
    old = asyncio.run(_rotate(chosen, wait))
    typer.echo("The new key is written with. Copy the keyring to where its copies are.")
    for key_id, ends_on in old.items():
        stays = f"it is needed until {ends_on}; then: hub keys destroy {key_id}"
        typer.echo(f"{key_id}: {stays if ends_on else 'it stays for good'}")


@commands.command("destroy", epilog=CODES)
@ends
def destroy(
    key_id: Annotated[str, typer.Argument(metavar="KEY", help="The old key, as `hub keys rotate` named it.")],
) -> None:
    """Take an old key out of the keyring for good, once nothing needs it: for a wrapping key, no row and no backup.

    Destroy it in the copies of the keyring too. Whoever was erased before stays unreadable in every backup.

    Example: hub keys destroy wrap-1a2b3c4d
    """
    asyncio.run(_destroy(key_id))
    typer.echo(f"{key_id} is out of this keyring. Take it out of its copies too.")


def _use(said: str) -> "Use":
    from hub import rotation
    from hub.keyring import Use

    known = {use.value: use for use in Use}
    if said not in known:
        stop(USAGE, f"a key is for one of {', '.join(rotation.REPLACED)}")
    if known[said] not in rotation.REPLACED:
        stop(
            USAGE,
            "partners know customers by this key: another one would give everybody a new id, so it stays",
        )
    return known[said]


async def _rotate(use: "Use", wait_seconds: float) -> "dict[str, date | None]":
    from hub.cli.opening import hub_here

    async with hub_here() as hub:
        return await turn(hub, file_of(hub), wait_seconds, use)


async def _destroy(key_id: str) -> None:
    from hub import rotation
    from hub.actors import OPERATOR, Operation
    from hub.cli.opening import hub_here
    from hub.keyring import write

    async with hub_here() as hub:
        path = file_of(hub)
        with alone(path):
            keyring = _read(path)
            async with hub.ask(OPERATOR, Operation.HUB_MAINTAIN) as ask:
                await rotation.require_over(ask, keyring, key_id)
            write(keyring.without(key_id), path)
            await hub.perform(OPERATOR, Operation.HUB_MAINTAIN, partial(rotation.destroyed, key_id=key_id))


def file_of(hub: "Hub") -> Path:
    """Where the keyring lies; a command that has to change it ends where it was given by value."""
    path = hub.settings.keyring_file
    if path is None:
        stop(
            USAGE,
            "HUB_KEYRING holds the keyring itself: put it into a file that every process reads, and name that by"
            " HUB_KEYRING_FILE",
        )
    return path


@contextmanager
def alone(path: Path) -> Generator[None]:
    """Keep others from changing the keyring meanwhile."""
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


async def turn(
    hub: "Hub", path: Path, wait_seconds: float, use: "Use | None" = None
) -> "dict[str, date | None]":
    """Do all that is left of a rotation; returns the old keys, and the day from which nothing needs them, if any."""
    from hub import rotation
    from hub.keyring import Use

    use = use or Use.WRAP
    with alone(path):
        keyring = _read(path)
        if not await _is_begun(hub, keyring, use):
            keyring = await _put(hub, rotation.announced(keyring, use), path, wait_seconds)
        if not rotation.is_written_with(keyring, use):
            keyring = await _put(hub, rotation.promoted(keyring, use), path, wait_seconds)
        hub.vault.look_again()
        while await _moved(hub, use) or not await _retired(hub, use):  # noqa: ASYNC110 - others write meanwhile
            await asyncio.sleep(PAUSE_SECONDS)
        return await _ended(hub, keyring, use)


async def _is_begun(hub: "Hub", keyring: "Keyring", use: "Use") -> bool:
    """Whether a key is announced, or one was replaced and not all that follows was done."""
    from hub import rotation

    ended = await _ended(hub, keyring, use)
    return any(key.id not in ended for key in rotation.others(keyring, use))


async def _ended(hub: "Hub", keyring: "Keyring", use: "Use") -> "dict[str, date | None]":
    from hub import rotation
    from hub.actors import OPERATOR, Operation

    async with hub.ask(OPERATOR, Operation.HUB_MAINTAIN) as ask:
        return await rotation.ends(ask, [key.id for key in rotation.others(keyring, use)])


async def _put(hub: "Hub", keyring: "Keyring", path: Path, wait_seconds: float) -> "Keyring":
    """Write the keyring, and wait until everybody has it."""
    from hub.keyring import write

    write(keyring, path)
    hub.vault.look_again()
    await asyncio.sleep(wait_seconds)
    return keyring


async def _retired(hub: "Hub", use: "Use") -> bool:
    """Note that nothing is under the old keys; False while something is, or was written with one just now."""
    from hub import rotation
    from hub.actors import OPERATOR, Operation
    from hub.errors import Code, Refusal

    try:
        await hub.perform(OPERATOR, Operation.HUB_MAINTAIN, partial(rotation.retire, use=use))
    except Refusal as refusal:
        if refusal.code is not Code.CONFLICT:
            raise
        return False
    return True


async def _moved(hub: "Hub", use: "Use") -> int:
    """Move whatever lies under another key now, some at a time; returns how much."""
    from hub import rotation
    from hub.actors import OPERATOR, Operation

    moved = 0
    for move in rotation.moves(use):
        after: UUID | None = rotation.FIRST
        while after is not None:
            body = partial(_some, move=move, after=after)
            many, after = await hub.perform(OPERATOR, Operation.HUB_MAINTAIN, body)
            moved += many
    return moved


async def _some(act: "Act", move: "Move", after: "UUID") -> "Moved":
    return await move(act, after)


def _read(path: Path) -> "Keyring":
    from hub.keyring import Keyring

    return Keyring.load(path.read_text(encoding="utf-8"))
