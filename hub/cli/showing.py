"""How commands print: plain lines for a person, JSON for a program."""

import json
from collections.abc import Sequence
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]


def show(value: Any) -> None:
    """Print a value as JSON."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], empty: str) -> None:
    """Print rows under their heads, as wide as they need to be."""
    if not rows:
        typer.echo(empty)
        return
    widths = [max(len(row[index]) for row in [heads, *rows]) for index in range(len(heads))]
    for row in [heads, *rows]:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
