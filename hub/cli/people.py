"""`hub import`: customers from other systems."""

import typer

commands = typer.Typer(
    no_args_is_help=True, help="Bring in what other systems export.", rich_markup_mode=None
)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(commands, name="import")
