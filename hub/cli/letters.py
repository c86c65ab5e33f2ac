"""`hub letters`: what comes back to the addresses that letters leave from."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from hub.cli.endings import CODES, ends

letters = typer.Typer(no_args_is_help=True, help="Letters sent by email.", rich_markup_mode=None)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(letters, name="letters")


@letters.callback()
def group() -> None:
    """Letters sent by email."""


@letters.command("bounce", epilog=CODES)
@ends
def bounce(
    file: Annotated[str, typer.Argument(help="The message that came; - reads it from standard input.")],
    recipient: Annotated[
        str,
        typer.Option("--recipient", help="To which address it came; else its own headers say."),
    ] = "",
) -> None:
    """Take in a message that came back (RFC 3464), and note the letter as undeliverable.

    For a mail server to pipe to whatever comes to HUB_MAIL_BOUNCE with +anything. What is no report of a failure, or
    carries no mark that we made, changes nothing and is no error: such a message must not travel back.

    Example: hub letters bounce - --recipient "$RECIPIENT"
    """
    typer.echo(asyncio.run(_bounce(_read(file), recipient)))


def _read(file: str) -> bytes:
    from hub.letters.bounces import REPORT_BYTES

    if file == "-":
        return sys.stdin.buffer.read(REPORT_BYTES)
    with Path(file).open("rb") as opened:
        return opened.read(REPORT_BYTES)


async def _bounce(content: bytes, recipient: str) -> str:
    from functools import partial

    from hub.actors import OPERATOR, Operation
    from hub.cli.opening import hub_here
    from hub.errors import Code, Refusal
    from hub.letters import bounced, read_report

    report = read_report(content, recipient)
    if report is None:
        return "Left alone: this reports no failure of a letter of ours."
    note = partial(bounced, token=report.token, status=report.status)
    async with hub_here() as hub:
        try:
            is_news = await hub.perform(OPERATOR, Operation.LETTER_DELIVER, note)
        except Refusal as refusal:
            if refusal.code is not Code.NOT_FOUND:
                raise
            return "Left alone: its mark is none of ours."
    return "Noted: the letter did not arrive." if is_news else "Known already."
