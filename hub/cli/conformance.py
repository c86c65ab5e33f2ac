"""`hub partner conformance`: a partner's client of the sandbox is tried out, step by step, before it goes live."""

import asyncio
from functools import partial
from typing import Annotated, Any

import typer

from hub.cli.endings import CODES, NEGATIVE, ends
from hub.cli.partners import Which, commands
from hub.cli.showing import Json, show

LOOK_SECONDS = 0.5
WORKER_SECONDS = 120
Minutes = Annotated[
    int, typer.Option("--minutes", help="In how many minutes it acknowledges the made-up withdrawal.")
]


def add_to(_: typer.Typer) -> None:
    """Add the command of this module to those about partners."""
    commands.command("conformance", epilog=CODES)(ends(conformance))


def conformance(client: Which, minutes: Minutes = 10, as_json: Json = False) -> None:
    """Try a client of the sandbox out: it has to take messages, refuse forged and old ones, and acknowledge in time.

    A worker sends the messages. Waits until the last step is over; ends with 1 where one failed.

    Example: hub partner conformance 0199a7c0-5b1e-7cc2-9f0a-2f6d6a0c1d2e --minutes 5
    """
    from hub.cli.ids import uuid_of

    run = asyncio.run(_run(uuid_of(client, "PartnerClient", "CLIENT"), minutes))
    if as_json:
        show(_shown(run))
    else:
        for line in _lines(run):
            typer.echo(line)
    if not run.has_passed:
        raise typer.Exit(NEGATIVE)


def _lines(run: Any) -> list[str]:
    from hub.partners.conforming import ADVICE, How

    said: list[str] = []
    for each in run.results:
        how = [each.how.lower(), *([str(each.status)] if each.status else [])]
        said.append(f"{each.step}: {' '.join(how)}")
        if each.how is not How.PASSED:
            said.append(f"    {ADVICE[each.step]}")
    return said or ["No worker sent anything: start one (`hub work`)."]


def _shown(run: Any) -> dict[str, Any]:
    results = [
        {"step": each.step, "how": each.how, "status": each.status, "took_ms": each.took_ms}
        for each in run.results
    ]
    return {"run": run.id, "client_id": run.client_id, "has_passed": run.has_passed, "results": results}


async def _run(client_id: Any, minutes: int) -> Any:
    from hub.actors import OPERATOR, Operation
    from hub.cli.opening import hub_here
    from hub.partners import conforming

    async with hub_here() as hub:
        body = partial(conforming.start, minutes=minutes, client_id=client_id)
        run, looks = await hub.perform(OPERATOR, Operation.CONFORMANCE_RUN, body), 0
        while not run.is_over and (run.results or looks * LOOK_SECONDS < WORKER_SECONDS):
            await asyncio.sleep(LOOK_SECONDS)
            looks += 1
            async with hub.ask(OPERATOR, Operation.CONFORMANCE_RUN) as ask:
                run = await conforming.read(ask, run.id)
        return run
