"""What a person reads who has just started a hub: where it is, a token to try, a first question to paste."""

import json
import shlex
import signal
from functools import partial
from typing import Final

import typer

from hub import organisations
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.settings import Mode, Settings

RELEASED: Final = "Here is your copy. Tell us if something is missing."


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
    """Fill the hub with the demo's people, once."""
    from hub import demo

    if not await demo.is_loaded(hub):
        typer.echo("Making up two firms and their 2,000 customers (once; some seconds) ...")
    await demo.load(hub, typer.echo)
    from hub.demo import desk

    await desk.enter(hub)
    await _make_copies(hub)


async def _make_copies(hub: Hub) -> None:
    """Build the copies of the demo's story, as a worker and somebody at the desk would; repeated, it does nothing."""
    from hub.actors import WORKER
    from hub.demo.requests import copies
    from hub.rights import conduct, packages, steps
    from workers import packages as building
    from workers import rights

    for request_id, is_released in await copies(hub):
        async with hub.ask(WORKER, Operation.REQUEST_FULFIL) as ask:
            planned = await steps.of(ask, request_id)
        for step in planned:
            await rights.step(hub, step.id)
        async with hub.ask(WORKER, Operation.REQUEST_FULFIL) as ask:
            package = await packages.of(ask, request_id)
        if package is None:
            continue
        await building.build(hub, package.id)
        if is_released:
            answer = partial(conduct.answer, request_id=request_id, message=RELEASED)
            await hub.perform(OPERATOR, Operation.REQUEST_CONDUCT, answer)


async def greet(hub: Hub, *, mailbox: bool = False) -> None:
    """Print the addresses, and in the demo a token and the first question. mailbox: whether the demo has one."""
    url = hub.settings.url
    lines = ["", "Privacy Hub is running. Ctrl-C stops it.", "", f"  Start here       {url}/"]
    if hub.settings.shows_console:
        lines.append(f"  Query console    {url}/graphql")
    if mailbox and hub.settings.smtp_url:
        lines.append(f"  Mailbox          {url}/mailbox ({hub.settings.smtp_url.get_secret_value()})")
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

    app = (await demo.sign_in(hub))[0]
    question = demo.FIRST_QUESTION.strip()
    asked = json.dumps({"query": " ".join(question.split())}, ensure_ascii=False).replace("'", "'\\''")
    url, minutes = hub.settings.url, hub.settings.token_seconds // 60
    return [
        "", f"A token to try, of {app.firm}'s CRM, good for {minutes} minutes:", "", f"  {app.token}", "",
        "The next one is had by", "",
        f'  curl -s -u "$(cat {shlex.quote(str(app.file))})" -d grant_type=client_credentials {url}/oauth/token', "",
        "The first question: may we refer this customer to that partner?", "", question, "",
        "Paste it into the console, or:", "",
        f"  curl -s {url}/graphql -H 'content-type: application/json' \\",
        f"    -H 'authorization: Bearer {app.token}' \\", f"    --data '{asked}'", "",
        "Go on with docs/walkthrough.md.",
    ]  # fmt: skip


async def _is_empty(hub: Hub) -> bool:
    async with hub.ask(OPERATOR, Operation.CATALOGUE_READ) as ask:
        return await organisations.count(ask) == 0
