"""`hub partner key`: the public keys that partners sign with."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from hub.cli.endings import CODES, ends
from hub.cli.partners import Which, commands, key_shown, perform
from hub.cli.showing import Json, show

key_commands = typer.Typer(
    no_args_is_help=True, help="The public keys that a partner signs with.", rich_markup_mode=None
)


def add_to(_: typer.Typer) -> None:
    """Add the commands of this module to those about partners."""
    commands.add_typer(key_commands, name="key")


@key_commands.command("add", epilog=CODES)
@ends
def add_key(
    client: Which,
    file: Annotated[Path, typer.Argument(help="The public key as a JWK (JSON); - reads standard input.")],
    as_json: Json = False,
) -> None:
    """Let a key of a partner count from now on. Two count at a time, so that a new one can follow the old.

    A third is refused until one of them has ended: `hub partner key end`.

    Example: hub partner key add 0199a7c0-5b1e-7cc2-9f0a-2f6d6a0c1d2e bluegum.json
    """
    from hub.cli.ids import uuid_of
    from hub.partners import keys

    client_id, jwk = uuid_of(client, "PartnerClient", "CLIENT"), _read(file)
    with _saying_how(client):
        made = asyncio.run(perform(keys.add, client_id, jwk))
    if as_json:
        show(key_shown(made))
    else:
        typer.echo(f"The key {made.kid} ({made.algorithm}) counts from now on.")


@key_commands.command("end", epilog=CODES)
@ends
def end_key(
    client: Which,
    kid: Annotated[str, typer.Argument(help="The key's name, as `hub partner list` shows it.")],
    as_json: Json = False,
) -> None:
    """Let nothing count any more that a key signs. It cannot be brought again.

    Example: hub partner key end 0199a7c0-5b1e-7cc2-9f0a-2f6d6a0c1d2e bluegum-2026
    """
    from hub.cli.ids import uuid_of
    from hub.partners import keys

    client_id = uuid_of(client, "PartnerClient", "CLIENT")
    ended = asyncio.run(perform(keys.end, client_id, kid))
    if as_json:
        show(key_shown(ended))
    else:
        typer.echo(f"The key {ended.kid} has ended.")


@contextmanager
def _saying_how(client: str) -> Generator[None]:
    """Say with which command a key ends, where two count already."""
    from hub.errors import Code, Refusal

    try:
        yield
    except Refusal as refusal:
        if refusal.code is not Code.LIMIT:
            raise
        said = f"{refusal.message} `hub partner key end {client} KID` ends one."
        raise Refusal(refusal.code, said, refusal.path) from None


def _read(file: Path) -> str:
    import sys

    from hub.errors import invalid

    try:
        raw = sys.stdin.buffer.read(65_536) if str(file) == "-" else file.read_bytes()
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise invalid(f"{file}: cannot be read ({error.strerror}).", "FILE") from None
    except UnicodeDecodeError:
        raise invalid(f"{file}: not UTF-8.", "FILE") from None
