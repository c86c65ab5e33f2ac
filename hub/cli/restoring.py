"""`hub restore finish`: what a restored database needs before anything is answered from it."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.endings import CODES, NEGATIVE, ends
from hub.cli.showing import Json, show

if TYPE_CHECKING:
    from hub.restoring import Finished, Lost

commands = typer.Typer(no_args_is_help=True, help="Going on from a backup.", rich_markup_mode=None)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(commands, name="restore")


@commands.callback()
def restore() -> None:
    """Going on from a backup."""


@commands.command("finish", epilog=CODES)
@ends
def finish(
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Do it although nothing says that this is a backup.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Forget again what was forgotten since a backup, and let the hub be started.

    Erases whoever the journal of erasures (HUB_ERASURE_JOURNAL) knows, lists the addresses that get no
    marketing, ends every sign-in and code, and drops letters that were waiting, as they may have been sent.
    No process of the hub may run meanwhile. May be stopped and run again.

    Example: hub restore finish && hub ledger verify
    """
    lost, done = asyncio.run(_finish(anyway=anyway))
    if done is None:
        typer.echo(
            "The database knows all that left it: nothing to finish. For a backup all the same: --anyway."
        )
        raise typer.Exit(NEGATIVE)
    if as_json:
        show({"erased": done.erased, "never_met": done.never_met, "listed": done.listed,
              "signed_out": done.signed_out, "letters": done.letters, "seals_lost": lost.seals})  # fmt: skip
        return
    typer.echo(f"{done.erased:>6}  customers erased again")
    typer.echo(f"{done.never_met:>6}  erased since, whom this backup never knew")
    typer.echo(f"{done.listed:>6}  addresses that get no marketing, listed again")
    typer.echo(f"{done.signed_out:>6}  tokens, visits and codes ended")
    typer.echo(f"{done.letters:>6}  letters that were waiting, not sent")
    typer.echo(f"{lost.seals:>6}  seals of the ledger lost: enter what they held again, withdrawals first")


async def _finish(*, anyway: bool) -> "tuple[Lost, Finished | None]":
    from hub import restoring
    from hub.cli.opening import hub_here

    async with hub_here() as hub:
        lost = await restoring.lost(hub.database.single(), hub.settings, hub.vault)
        if lost.is_nothing and not anyway:
            return lost, None
        return lost, await restoring.finish(hub)
