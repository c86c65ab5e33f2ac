"""`hub webhook`: where partners and apps are told things, whether they answer, and what did not arrive."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.endings import CODES, NEGATIVE, ends
from hub.cli.showing import Json, show, table

if TYPE_CHECKING:
    from uuid import UUID

    from hub.act import Hub

commands = typer.Typer(
    no_args_is_help=True, help="Where partners and apps are told things (webhooks).", rich_markup_mode=None
)
MOST = 10_000
LOOKS, BETWEEN_SECONDS = 100, 0.2
Which = Annotated[str, typer.Argument(metavar="ENDPOINT", help="Its id, as `hub webhook list` shows it.")]
Of = Annotated[str | None, typer.Option("--endpoint", help="Of this endpoint alone.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(commands, name="webhook")


@commands.command("list", epilog=CODES)
@ends
def list_all(as_json: Json = False) -> None:
    """List every endpoint, disabled ones too, with its client and how it stands.

    Example: hub webhook list --json
    """
    found, names = asyncio.run(_list())
    if as_json:
        show([
            {"endpoint": each.id, "client_id": each.client_id, "client": names[each.client_id], "url": each.url,
             "types": each.types, "state": _state(each), "failing_since": each.failing_since}
            for each in found
        ])  # fmt: skip
        return
    rows = [(str(each.id), names[each.client_id], _state(each), each.url) for each in found]
    table(("ENDPOINT", "CLIENT", "STATE", "ADDRESS"), rows, "Nobody has registered an endpoint yet.")


@commands.command("test", epilog=CODES)
@ends
def try_out(endpoint: Which, as_json: Json = False) -> None:
    """Send `endpoint.test` to an endpoint now, once, and say what came back; ends with 1 where that is no 2xx.

    Example: hub webhook test 0199a7c0-5b1e-7cc2-9f0a-2f6d6a0c1d2e
    """
    from hub.cli.ids import uuid_of

    sent = asyncio.run(_test(uuid_of(endpoint, "WebhookEndpoint", "ENDPOINT")))
    if as_json:
        show(_told(sent))
    else:
        typer.echo(f"{sent.state}: {_answer(sent)}")
    if sent.state != "DELIVERED":
        raise typer.Exit(NEGATIVE)


@commands.command("failed", epilog=CODES)
@ends
def failed(endpoint: Of = None, as_json: Json = False) -> None:
    """List what did not arrive in the last 30 days, the latest first.

    Example: hub webhook failed --json
    """
    found = asyncio.run(_failed(endpoint))
    if as_json:
        show([{**_told(each.delivery), "client": each.client, "url": each.url} for each in found])
        return
    rows = [
        (str(each.delivery.id), str(each.delivery.endpoint_id), each.client, each.delivery.type,
         f"{each.delivery.at:%Y-%m-%d %H:%M}", _answer(each.delivery))
        for each in found
    ]  # fmt: skip
    table(("DELIVERY", "ENDPOINT", "CLIENT", "TYPE", "AT", "ANSWER"), rows, "Everything has arrived.")


@commands.command("replay", epilog=CODES)
@ends
def replay(
    endpoint: Which,
    delivery: Annotated[str | None, typer.Option("--delivery", help="One alone; by default all.")] = None,
    as_json: Json = False,
) -> None:
    """Send again what did not arrive at an endpoint, with the same ids.

    Example: hub webhook replay 0199a7c0-5b1e-7cc2-9f0a-2f6d6a0c1d2e
    """
    many = asyncio.run(_replay(endpoint, delivery))
    if as_json:
        show({"deliveries": many})
    else:
        typer.echo(f"Sent again: {many}.")


def _state(endpoint: Any) -> str:
    if endpoint.disabled_at:
        return f"disabled ({endpoint.disabled_why})"
    if endpoint.verified_at is None:
        return "not verified"
    return "failing" if endpoint.failing_since else "well"


def _answer(delivery: Any) -> str:
    said = [str(delivery.status)] if delivery.status else []
    return " ".join([*said, *([delivery.problem] if delivery.problem else [])]) or "no answer yet"


def _told(delivery: Any) -> dict[str, Any]:
    return {
        "delivery": delivery.id, "endpoint": delivery.endpoint_id, "message": f"msg_{delivery.message_id.hex}",
        "type": delivery.type, "at": delivery.at, "state": delivery.state, "attempts": delivery.attempts,
        "status": delivery.status, "problem": delivery.problem,
    }  # fmt: skip


async def _list() -> tuple[Any, dict[Any, str]]:
    from hub.actors import OPERATOR, Operation
    from hub.catalogue import Page
    from hub.cli.opening import hub_here
    from hub.webhooks import endpoints

    async with hub_here() as hub, hub.ask(OPERATOR, Operation.WEBHOOK_READ) as ask:
        found = await endpoints.page(ask, Page(MOST))
        rows = await ask.rows(
            "SELECT id, name FROM client WHERE id = ANY ($1)", list({e.client_id for e in found})
        )
        return found, {row["id"]: row["name"] for row in rows}


async def _test(endpoint_id: "UUID") -> Any:
    from hub.actors import OPERATOR, Operation
    from hub.cli.opening import hub_here
    from hub.webhooks import deliveries, endpoints
    from workers import webhooks

    async with hub_here() as hub:
        sent = await hub.perform(
            OPERATOR, Operation.WEBHOOK_MANAGE, lambda act: endpoints.test(act, endpoint_id)
        )
        claimed = await deliveries.claim_one(hub, sent)
        if claimed is not None:
            await webhooks.send_one(hub, claimed)
        return await _ended(hub, endpoint_id, sent)


async def _ended(hub: "Hub", endpoint_id: "UUID", delivery_id: "UUID") -> Any:
    """Look until it has ended: a worker may have been the first to send it."""
    from hub.actors import OPERATOR, Operation
    from hub.webhooks import told

    looks = 0
    while True:
        async with hub.ask(OPERATOR, Operation.WEBHOOK_READ) as ask:
            found = await told.read(ask, endpoint_id, delivery_id)
        if found.ended_at is not None or (looks := looks + 1) == LOOKS:
            return found
        await asyncio.sleep(BETWEEN_SECONDS)


async def _failed(endpoint: str | None) -> Any:
    from hub.actors import OPERATOR, Operation
    from hub.cli.ids import uuid_of
    from hub.cli.opening import hub_here
    from hub.webhooks import told

    which = uuid_of(endpoint, "WebhookEndpoint", "--endpoint") if endpoint else None
    async with hub_here() as hub, hub.ask(OPERATOR, Operation.WEBHOOK_READ) as ask:
        return await told.failed(ask, MOST, endpoint_id=which)


async def _replay(endpoint: str, delivery: str | None) -> int:
    from hub.actors import OPERATOR, Operation
    from hub.cli.ids import uuid_of
    from hub.cli.opening import hub_here
    from hub.webhooks import told

    which, one = uuid_of(endpoint, "WebhookEndpoint", "ENDPOINT"), told.read_id(delivery)
    async with hub_here() as hub:
        return await hub.perform(OPERATOR, Operation.WEBHOOK_MANAGE, lambda act: told.replay(act, which, one))
