"""`hub staff`: the people who work at the desk."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.clients import Whose, organisation_of
from hub.cli.endings import CODES, ends
from hub.cli.showing import Json, show, table

if TYPE_CHECKING:
    from uuid import UUID

    from hub.act import Act, Ask

commands = typer.Typer(
    no_args_is_help=True, help="People who work at the privacy team's desk.", rich_markup_mode=None
)
Who = Annotated[str, typer.Argument(help="The id, as `hub staff list` shows it.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(commands, name="staff")


@commands.command("invite", epilog=CODES)
@ends
def invite(
    name: Annotated[str, typer.Argument(help="What they are called, e.g. 'Ruth Okafor'.")],
    email: Annotated[str, typer.Argument(help="The address that they sign in with.")],
    role: Annotated[
        list[str],
        typer.Option("--role", help="What they may do; repeat for more: reader, conduct, admin."),
    ],
    organisation: Whose = None,
    as_json: Json = False,
) -> None:
    """Make an account and print a link, which works once, for three days: there its owner sets password and code.

    Example: hub staff invite "Ruth Okafor" ruth@acme.example --role conduct --role admin
    """
    account, link = asyncio.run(_invite(name, email, role, organisation))
    _tell(account.id, link, as_json=as_json)


@commands.command("list", epilog=CODES)
@ends
def list_all(organisation: Whose = None, as_json: Json = False) -> None:
    """List the accounts, disabled ones too.

    Example: hub staff list --json
    """
    found = asyncio.run(_list(organisation))
    if as_json:
        show([
            {"id": each.id, "name": each.name, "email": each.email, "roles": _short(each.roles), "state": _state(each),
             "seen_at": each.seen_at and each.seen_at.isoformat()} for each in found
        ])  # fmt: skip
        return
    rows = [
        (str(each.id), each.name, each.email, " ".join(_short(each.roles)), _state(each)) for each in found
    ]
    table(("ID", "NAME", "EMAIL", "ROLES", "STATE"), rows, "There is nobody yet: `hub staff invite --help`.")


@commands.command("disable", epilog=CODES)
@ends
def disable(staff: Who, as_json: Json = False) -> None:
    """End an account and every sign-in of it, at once.

    Example: hub staff disable 0199a7c0-5b1e-7cc2-9f0a-2f6d6a0c1d2e
    """
    from hub.cli.ids import uuid_of

    ended = asyncio.run(_disable(uuid_of(staff, "Staff", "STAFF")))
    if as_json:
        show({"id": ended.id, "disabled_at": ended.disabled_at and ended.disabled_at.isoformat()})
    else:
        typer.echo(f"Disabled {ended.name} ({ended.id}).")


@commands.command("reset", epilog=CODES)
@ends
def reset(staff: Who, as_json: Json = False) -> None:
    """Take password and authenticator from an account, end its sign-ins, and print a new link for its owner.

    Make sure who asks for it: whoever has the link has the account.

    Example: hub staff reset 0199a7c0-5b1e-7cc2-9f0a-2f6d6a0c1d2e
    """
    from hub.cli.ids import uuid_of

    staff_id = uuid_of(staff, "Staff", "STAFF")
    _tell(staff_id, asyncio.run(_reset(staff_id)), as_json=as_json)


def _tell(staff_id: "UUID", link: str, *, as_json: bool) -> None:
    if as_json:
        show({"id": staff_id, "link": link})
        return
    typer.echo(f"id    {staff_id}")
    typer.echo(f"link  {link}")
    typer.echo(
        "The link is not shown again. It works once, for three days. Hand it to its owner and to nobody else."
    )


def _state(account: Any) -> str:
    if account.disabled_at:
        return "disabled"
    return "active" if account.is_ready else "invited"


def _short(roles: tuple[str, ...]) -> list[str]:
    return [role.partition(":")[2] for role in roles]


async def _invite(name: str, email: str, roles: list[str], organisation: str | None) -> Any:
    from hub.actors import OPERATOR, Operation
    from hub.auth import staff
    from hub.cli.opening import hub_here

    async def body(act: "Act") -> Any:
        owner = await organisation_of(act, organisation)
        account, token = await staff.invite(act, owner, name, email, [f"staff:{role}" for role in roles])
        return account, await _path(act, owner, token)

    async with hub_here() as hub:
        account, path = await hub.perform(OPERATOR, Operation.STAFF_MANAGE, body)
        return account, hub.settings.desk + path


async def _path(ask: "Ask", organisation_id: "UUID", token: str) -> str:
    from hub import organisations

    house = await organisations.read(ask, organisation_id)
    return f"/desk/{house.key}/en/welcome/{token}"


async def _list(organisation: str | None) -> Any:
    from hub.actors import OPERATOR, Operation
    from hub.auth import staff
    from hub.cli.opening import hub_here

    async with hub_here() as hub, hub.ask(OPERATOR, Operation.STAFF_READ) as ask:
        return await staff.all_of(ask, await organisation_of(ask, organisation))


async def _disable(staff_id: "UUID") -> Any:
    from hub.actors import OPERATOR, Operation
    from hub.auth import staff
    from hub.cli.opening import hub_here

    async with hub_here() as hub:
        return await hub.perform(OPERATOR, Operation.STAFF_MANAGE, lambda act: staff.disable(act, staff_id))


async def _reset(staff_id: "UUID") -> str:
    from hub.actors import OPERATOR, Operation
    from hub.auth import staff
    from hub.cli.opening import hub_here

    async def body(act: "Act") -> str:
        token = await staff.reset(act, staff_id)
        return await _path(act, (await staff.read(act, staff_id)).organisation_id, token)

    async with hub_here() as hub:
        return hub.settings.desk + await hub.perform(OPERATOR, Operation.STAFF_MANAGE, body)
