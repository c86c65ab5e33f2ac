"""`hub partner sandbox`: where a partner tries things out, among customers who do not exist."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.clients import Whose, organisation_of
from hub.cli.endings import CODES, ends
from hub.cli.partners import BySecret, Name, Scopes, Whom, commands, tell
from hub.cli.showing import Json

if TYPE_CHECKING:
    from hub.act import Act


def add_to(_: typer.Typer) -> None:
    """Add the command of this module to those about partners."""
    commands.command("sandbox", epilog=CODES)(ends(sandbox))


Many = Annotated[int, typer.Option("--customers", help="How many made-up customers it holds, at least.")]


def sandbox(  # noqa: PLR0913, PLR0917 - each is an option of the command
    recipient: Whom,
    scope: Scopes,
    name: Name = "Their sandbox",
    customers: Many = 50,
    secret: BySecret = False,
    organisation: Whose = None,
    as_json: Json = False,
) -> None:
    """Let a recipient try things out: the same catalogue and code, and made-up customers alone.

    Repeated, it brings what was agreed and published since, and makes another client.

    Example: hub partner sandbox bluegum --scope partner:read --secret
    """
    said = {"name": name, "secret": secret, "customers": customers}
    tell(*asyncio.run(_make(recipient, scope, organisation, said)), as_json=as_json)


async def _make(
    recipient: str, scopes: list[str], organisation: str | None, said: dict[str, Any]
) -> tuple[Any, str | None, str]:
    from hub import recipients
    from hub.actors import OPERATOR, Operation
    from hub.cli.ids import ref
    from hub.cli.opening import hub_here
    from hub.partners import inviting, sandbox
    from hub.partners.inviting import Method, NewPartner

    async def body(act: "Act") -> Any:
        owner = await organisation_of(act, organisation)
        whom = await recipients.read(act, ref(recipient), "recipient", organisation=owner)
        made = await sandbox.prepare(act, owner, said["customers"])
        method = Method.CLIENT_SECRET if said["secret"] else Method.PRIVATE_KEY_JWT
        there = made.copy_of(whom.id)
        new = NewPartner(said["name"], there, scopes, None, method, None, made.organisation_id)
        return await inviting.invite(act, new)

    async with hub_here() as hub:
        client, secret = await hub.perform(OPERATOR, Operation.PARTNER_INVITE, body)
        return client, secret.get_secret_value() if secret else None, hub.settings.url
