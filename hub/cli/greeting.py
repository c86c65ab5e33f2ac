"""What a person reads who has just started a hub: where it is, a token to try, a first question to paste."""

import json
import signal
from typing import Any, Final

import typer
from pydantic import SecretStr

from hub import organisations
from hub.act import Act, Hub
from hub.actors import OPERATOR, SCOPES, Operation
from hub.auth import clients, server
from hub.auth.forms import Form
from hub.catalogue import Page
from hub.settings import Mode, Settings

CLIENT_FILE: Final = "demo-client.json"
CLIENT_NAME: Final = "Demo: try everything"


def say_starting(settings: Settings) -> None:
    """Say at once that something happens."""
    typer.echo(f"Starting Privacy Hub on {settings.url} (data in {settings.data_dir}) ...")


def say_stopping(settings: Settings, name: signal.Signals) -> None:
    """Say that Ctrl-C was heard."""
    if not settings.is_production and name is signal.SIGINT:
        typer.echo("\nStopping; press Ctrl-C again to end at once.")


def say_stopped() -> None:
    """Say that all is well."""
    typer.echo("Stopped. The data are kept.")


async def load_demo(hub: Hub) -> None:
    """Fill an empty hub with the demo's people."""
    from hub import demo

    if await _is_empty(hub):
        typer.echo("Making up a group of companies and its customers (once; some seconds) ...")
        await demo.load(hub)


async def greet(hub: Hub) -> None:
    """Print the addresses, and in the demo a token and the first question."""
    url = hub.settings.url
    lines = ["", "Privacy Hub is running. Ctrl-C stops it.", "", f"  Start here       {url}/"]
    if hub.settings.shows_console:
        lines.append(f"  Query console    {url}/graphql")
    lines += [f"  GraphQL          POST {url}/graphql", f"  Tokens           POST {url}/oauth/token"]
    if hub.settings.mode is Mode.DEMO:
        lines += await _to_try(hub)
    elif await _is_empty(hub):
        lines += _next_steps()
    typer.echo("\n".join([*lines, ""]))


def _next_steps() -> list[str]:
    return [
        "", "It is empty. Next, in another terminal:", "",
        '  hub organisation add acme "Acme Pty Ltd" --country AU --contact privacy@acme.example',
        '  hub client create "Our website" --scope decide',
    ]  # fmt: skip


async def _to_try(hub: Hub) -> list[str]:
    from hub import demo

    client_id, secret = await _demo_client(hub)
    token = await _token(hub, client_id, secret)
    if token is None:
        client_id, secret = await _new_demo_client(hub)
        token = await _token(hub, client_id, secret)
    question = await demo.first_question(hub)
    asked = json.dumps({"query": " ".join(question.split())}, ensure_ascii=False).replace("'", "'\\''")
    url, minutes = hub.settings.url, hub.settings.token_seconds // 60
    return [
        "", f"A token to try, good for {minutes} minutes:", "", f"  {token}", "", "The next one is had by", "",
        f"  curl -s -u '{client_id}:{secret}' -d grant_type=client_credentials {url}/oauth/token", "",
        "The first question: may we refer this customer to that partner?", "", question.strip(), "",
        "Paste it into the console, or:", "",
        f"  curl -s {url}/graphql -H 'content-type: application/json' \\",
        f"    -H 'authorization: Bearer {token}' \\",
        f"    --data '{asked}'", "",
        "Go on with docs/walkthrough.md.",
    ]  # fmt: skip


async def _demo_client(hub: Hub) -> tuple[str, str]:
    """The client that the demo shows; its secret is kept beside the made-up data."""
    path = hub.settings.data_dir / CLIENT_FILE
    try:
        kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        return kept["client_id"], kept["secret"]
    except (OSError, ValueError, KeyError, TypeError):
        return await _new_demo_client(hub)


async def _new_demo_client(hub: Hub) -> tuple[str, str]:
    async def create(act: Act) -> tuple[Any, SecretStr]:
        first = (await organisations.page(act, Page(limit=1)))[0]
        return await clients.create(act, CLIENT_NAME, clients.Kind.APP, sorted(SCOPES), first.id)

    client, secret = await hub.perform(OPERATOR, Operation.CLIENT_CREATE, create)
    path = hub.settings.data_dir / CLIENT_FILE
    path.touch(mode=0o600)
    path.write_text(
        json.dumps({"client_id": str(client.id), "secret": secret.get_secret_value()}), encoding="utf-8"
    )
    return str(client.id), secret.get_secret_value()


async def _token(hub: Hub, client_id: str, secret: str) -> str | None:
    """Sign in as any client would."""
    fields = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    answered = await server.answer(hub, Operation.TOKEN_ISSUE, Form(fields, None, client_id), None)
    return answered.body.get("access_token")


async def _is_empty(hub: Hub) -> bool:
    async with hub.ask(OPERATOR, Operation.CATALOGUE_READ) as ask:
        return await organisations.count(ask) == 0
