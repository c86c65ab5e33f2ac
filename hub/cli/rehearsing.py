"""`hub system try`: what an erasure of one person would touch in all connected systems."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from hub.cli.clients import Whose, organisation_of
from hub.cli.endings import CODES, NEGATIVE, ends
from hub.cli.showing import Json, show
from hub.cli.systems import Person, commands, plain, subject, tell

if TYPE_CHECKING:
    from hub.rights.systems import System
    from workers.connectors.connector import Outcome


@commands.command("try", epilog=CODES)
@ends
def try_all(identity: Person, organisation: Whose = None, as_json: Json = False) -> None:
    """Show what an erasure of one person would touch in every connected system. Reads only; shows no value.

    Systems that know a person by each other's keys are followed as a request follows them. Ends with 1 where a
    system that a request would ask could not be asked.

    Example: hub system try --identity email=anna@example.com
    """
    came = asyncio.run(_everywhere(identity, organisation))
    if as_json:
        show([_plain(system, outcome) for system, outcome in came])
    else:
        for system, outcome in came:
            _say(system, outcome)
    if any(_is_failed(outcome) for _, outcome in came):
        raise typer.Exit(NEGATIVE)


async def _everywhere(
    identity: Sequence[str], organisation: str | None
) -> "Sequence[tuple[System, Outcome]]":
    from hub.actors import OPERATOR, Operation
    from hub.cli.opening import hub_here
    from workers.rehearsing import everywhere

    known = subject(identity).identities
    async with hub_here() as hub:
        async with hub.ask(OPERATOR, Operation.SYSTEM_CONNECT) as ask:
            owner = await organisation_of(ask, organisation)
        return await everywhere(hub, owner, known)


def _say(system: "System", outcome: "Outcome") -> None:
    from workers.connectors.connector import Done, Evidence, Nothing

    typer.echo(f"{system.key} ({system.name})")
    if isinstance(outcome, Done):
        tell(outcome.evidence)
    elif isinstance(outcome, Nothing):
        tell(Evidence(unreached=outcome.unreached))
    else:
        typer.echo(getattr(outcome, "why", ""))
    typer.echo("")


def _plain(system: "System", outcome: "Outcome") -> dict[str, Any]:
    from workers.connectors.connector import Done, Nothing

    if isinstance(outcome, Done):
        return {"system": system.key, "would": plain(outcome.evidence)}
    if isinstance(outcome, Nothing):
        return {"system": system.key, "would": None, "unreached": list(outcome.unreached)}
    return {"system": system.key, "would": None, "why": getattr(outcome, "why", "")}


def _is_failed(outcome: "Outcome") -> bool:
    from workers.connectors.connector import Broken, Refused
    from workers.rehearsing import BY_HAND, OFF

    is_skipped = isinstance(outcome, Refused) and outcome.why in {OFF.why, BY_HAND}
    return isinstance(outcome, Broken | Refused) and not is_skipped
