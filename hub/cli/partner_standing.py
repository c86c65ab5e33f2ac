"""`hub partner show` and `hub partner block`: how a partner stands, and that it is to receive nothing more."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.clients import Whose, organisation_of
from hub.cli.endings import CODES, ends
from hub.cli.partners import add_to, commands
from hub.cli.showing import Json, show

if TYPE_CHECKING:
    from hub.act import Act

__all__ = ["add_to"]

Recipient = Annotated[str, typer.Argument(metavar="RECIPIENT", help="Key or id of the recipient.")]
MOST = 500


@commands.command("show", epilog=CODES)
@ends
def show_one(recipient: Recipient, organisation: Whose = None, as_json: Json = False) -> None:
    """Show what is agreed with a partner, its referrals, what it has to forget, and whether it is blocked.

    Example: hub partner show bluegum-mortgages
    """
    found = asyncio.run(_read(recipient, organisation))
    if as_json:
        show(found)
        return
    typer.echo(f"{found['name']} ({found['key']}, {found['country']})")
    typer.echo(f"Clients that sign in: {found['clients']}")
    for each in found["arrangements"]:
        typer.echo(
            f"{each['kind']} {each['key']}: {each['state']}, {each['starts_on']} to {each['ends_on'] or 'open'}"
        )
    counts = ", ".join(f"{state} {number}" for state, number in found["referrals"].items())
    typer.echo(f"Referrals: {counts or 'none'}")
    typer.echo(f"To forget, not answered yet: {found['open']}, of them late: {found['late']}")
    typer.echo(f"Blocked: {found['reason'] or 'by itself' if found['is_blocked'] else 'no'}")


@commands.command("block", epilog=CODES)
@ends
def block(
    recipient: Recipient,
    reason: Annotated[str, typer.Option("--reason", help="Why; whoever looks after the partner reads it.")],
    organisation: Whose = None,
    as_json: Json = False,
) -> None:
    """Let a partner receive nothing more.

    No command unblocks: that it may receive again takes two people by name, one who asks and another who agrees, and
    whoever is at this machine is nobody by name. They do so at the desk, on the partner's page.

    Example: hub partner block bluegum-mortgages --reason "They lost a laptop."
    """
    standing = asyncio.run(_block(recipient, reason, organisation))
    said = {
        "recipient_id": standing.recipient_id,
        "is_blocked": standing.is_blocked,
        "reason": standing.reason,
    }
    if as_json:
        show(said)
    else:
        typer.echo("It is blocked: it receives nothing more until two people at the desk let it.")


async def _read(recipient: str, organisation: str | None) -> dict[str, Any]:
    from hub import arrangements, recipients
    from hub.actors import OPERATOR, Operation
    from hub.catalogue import Page
    from hub.cli.ids import ref
    from hub.cli.opening import hub_here
    from hub.partners import blocks, inviting, referrals

    async with hub_here() as hub, hub.ask(OPERATOR, Operation.PARTNER_LOOK) as ask:
        whose = await organisation_of(ask, organisation)
        row = await recipients.read(ask, ref(recipient), "recipient", organisation=whose)
        such = arrangements.Such(recipient=row.id, organisation=whose)
        agreed = await arrangements.page(ask, Page(MOST), such)
        counts = (await referrals.counts(ask, [row.id], whose))[row.id]
        standing = (await blocks.standings(ask, [row.id]))[row.id]
        clients = await inviting.count(ask, row.id)
        on = ask.at.date()
        return {
            "key": row.key, "name": row.name, "country": row.country, "clients": clients,
            "arrangements": [
                {"key": each.key, "kind": each.kind, "state": arrangements.state_of(each, on),
                 "starts_on": each.starts_on.isoformat(), "ends_on": each.ends_on and each.ends_on.isoformat()}
                for each in agreed
            ],
            "referrals": counts, "open": standing.open, "late": standing.late, "is_blocked": standing.is_blocked,
            "reason": standing.reason,
        }  # fmt: skip


async def _block(recipient: str, reason: str, organisation: str | None) -> Any:
    from hub import recipients
    from hub.actors import OPERATOR, Operation
    from hub.cli.ids import ref
    from hub.cli.opening import hub_here
    from hub.partners import blocks

    async def body(act: "Act") -> Any:
        whose = await organisation_of(act, organisation)
        row = await recipients.read(act, ref(recipient), "recipient", organisation=whose)
        return await blocks.block(act, row.id, reason)

    async with hub_here() as hub:
        return await hub.perform(OPERATOR, Operation.PARTNER_BLOCK, body)
