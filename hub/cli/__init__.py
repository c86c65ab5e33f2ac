"""The command `hub`. Each command imports what it needs when it runs, so that small ones start at once."""

from typing import Annotated

import typer

from hub.cli import (
    clients,
    clocks,
    conformance,
    connecting,
    crowds,
    deciding,
    importing,
    ledger,
    letters,
    operating,
    organisations,
    partner_keys,
    partner_standing,
    register,
    requests,
    restoring,
    rotating,
    running,
    sandboxes,
    staff,
    webhooks,
)
from hub.cli.endings import CODES

app = typer.Typer(
    name="hub",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=CODES,
)


def _show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"Privacy Hub {version('privacy-hub')}")
        raise typer.Exit


@app.callback()
def hub(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and end."),
    ] = False,
) -> None:
    """May we use or pass on this customer's data? One recorded, cited answer.

    Settings are environment variables HUB_*, each also readable from a file named by HUB_*_FILE. Without
    HUB_DATABASE_URL a PostgreSQL of its own is used, which lives in HUB_DATA_DIR.
    """


running.add_to(app)
operating.add_to(app)
deciding.add_to(app)
crowds.add_to(app)
clocks.add_to(app)
requests.add_to(app)
organisations.add_to(app)
register.add_to(app)
clients.add_to(app)
partner_standing.add_to(app)
partner_keys.add_to(app)
sandboxes.add_to(app)
conformance.add_to(app)
webhooks.add_to(app)
staff.add_to(app)
importing.add_to(app)
connecting.add_to(app)
ledger.add_to(app)
letters.add_to(app)
rotating.add_to(app)
restoring.add_to(app)


def main() -> None:
    """Run the command line."""
    app(prog_name="hub")
