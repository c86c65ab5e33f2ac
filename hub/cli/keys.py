"""`hub keys`: the keyring of a deployment."""

from pathlib import Path
from typing import Annotated

import typer

from hub.cli.endings import CODES, USAGE, ends, stop

commands = typer.Typer(no_args_is_help=True, help="The keyring.", rich_markup_mode=None)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module, and those that were added to them."""
    app.add_typer(commands, name="keys")


@commands.command("generate", epilog=CODES)
@ends
def generate(
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write it to this new file, readable to you only; else it is printed."),
    ] = None,
) -> None:
    """Make the keyring of a new deployment, for HUB_KEYRING or HUB_KEYRING_FILE.

    Keep it apart from the database and its backups: whoever has both reads everything, and without it the
    database cannot be read at all.

    Example: hub keys generate --out keyring.json
    """
    from hub.keyring import Keyring, write

    keyring = Keyring.generate()
    if out is None:
        typer.echo(keyring.dump())
        return
    if out.exists():
        stop(USAGE, f"{out} exists: a keyring is never overwritten; name another file")
    write(keyring, out)
    typer.echo(
        f"Wrote {out}. Set HUB_KEYRING_FILE={out.absolute()}, and keep a copy in a safe place.", err=True
    )


@commands.command("show", epilog=CODES)
@ends
def show_public() -> None:
    """Print the public keys as a JWK set: what `hub receipt verify --key` and others check signatures with.

    Example: hub keys show > keys.json
    """
    from hub.cli.opening import settings_of
    from hub.cli.showing import show
    from hub.vault import open_vault

    show(open_vault(settings_of()).keyring.public_jwks())
