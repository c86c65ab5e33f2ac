"""`hub system`: tries a database and its dataset files before the hub works with them."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from hub.cli.endings import CODES, NEGATIVE, UNAVAILABLE, USAGE, ends, stop
from hub.cli.showing import Json

if TYPE_CHECKING:
    from workers.connectors.connector import Evidence, Outcome, Subject
    from workers.connectors.sql import SqlConnector

Result = TypeVar("Result")
LAST_WORDS_SECONDS = 2.0
commands = typer.Typer(no_args_is_help=True, help="Connected systems.", rich_markup_mode=None)

Files = Annotated[
    list[Path], typer.Argument(help="Dataset files (YAML, fideslang) of what lies in this database.")
]
Others = Annotated[
    list[Path] | None, typer.Option("--with", help="Dataset files of other systems that these refer to.")
]
Url = Annotated[
    str,
    typer.Option(
        "--url",
        envvar="SYSTEM_URL",
        help="postgresql://, mysql://, mariadb:// or sqlite:///file; or SYSTEM_URL.",
    ),
]
Person = Annotated[
    list[str], typer.Option("--identity", help="Who, as in email=anna@example.com; repeatable.")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module, and those of `connecting`."""
    from hub.cli import connecting  # it adds its commands to these

    app.add_typer(connecting.commands, name="system")


@commands.command("check", epilog=CODES)
@ends
def check(files: Files, url: Url, others: Others = None) -> None:
    """Compare dataset files with the database they describe, and list what stands in the way. Changes nothing.

    Example: hub system check shop.yml --url postgresql://hub@db.example/shop
    """
    problems = _run(files, others, url, lambda connector: connector.check())
    for problem in problems:
        typer.echo(problem)
    if problems:
        stop(NEGATIVE, f"{len(problems)} in the way; nothing was changed")
    typer.echo("The datasets fit the database.")


@commands.command("rehearse", epilog=CODES)
@ends
def rehearse(files: Files, url: Url, identity: Person, others: Others = None, *, json: Json = False) -> None:
    """Show what an erasure of one person would touch, field by field. Reads only; shows no value.

    Example: hub system rehearse shop.yml --url sqlite:///shop.db --identity email=anna@example.com
    """
    from hub.cli.showing import show

    outcome = _run(files, others, url, lambda connector: _erase(connector, _subject(identity)))
    evidence = _evidence(outcome)
    if json:
        show(_plain(evidence))
        return
    _tell(evidence)


@commands.command("examine", epilog=CODES)
@ends
def examine(  # noqa: PLR0913 - each is one word on the command line
    files: Files,
    url: Url,
    identity: Person,
    bystander: Annotated[
        list[str], typer.Option("--bystander", help="Somebody else, who must stay as they are.")
    ],
    correct: Annotated[
        str, typer.Option("--correct", help="A correction to try, as in user.name=Anna Berg.")
    ] = "",
    others: Others = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Yes, erase the person named by --identity.")] = False,
) -> None:
    """Try everything a connector must do, on two people made up for it. The first is ERASED at the end.

    Example: hub system examine shop.yml --url sqlite:///test.db --identity email=a@example.com
    --bystander email=b@example.com --yes
    """
    if not yes:
        stop(USAGE, "the person of --identity is erased for good: say --yes, and name somebody made up")
    findings = _run(files, others, url, lambda connector: _examine(connector, identity, bystander, correct))
    for finding in findings:
        typer.echo(str(finding))
    if not all(finding.is_met for finding in findings):
        raise typer.Exit(NEGATIVE)


def _run(
    files: Sequence[Path],
    others: Sequence[Path] | None,
    url: str,
    body: Callable[["SqlConnector"], Awaitable[Result]],
) -> Result:
    """Open a connector of these files, do something with it, close it; what is unusable ends the command."""
    from secrets import token_bytes

    from workers.connectors.dataset_files import read
    from workers.connectors.datasets import Unusable
    from workers.connectors.sql import SqlConnector, SqlSystem

    try:
        own = [dataset for file in files for dataset in read(file.read_bytes())]
        further = [dataset for file in others or () for dataset in read(file.read_bytes())]
        system = SqlSystem(url, tuple(dataset.key for dataset in own))
        return asyncio.run(_closing(lambda: SqlConnector(system, (*own, *further), token_bytes(32)), body))
    except Unusable as error:
        for problem in error.problems:
            typer.echo(problem)
        stop(USAGE, f"{len(error.problems)} in the way; nothing was changed")


async def _closing(
    make: Callable[[], "SqlConnector"], body: Callable[["SqlConnector"], Awaitable[Result]]
) -> Result:
    connector = make()
    try:
        return await body(connector)
    finally:
        await connector.close()
        await asyncio.to_thread(_let_threads_end)


def _let_threads_end() -> None:
    """Wait for the threads of SQLite: of a file that was not there, one still answers to the loop when it is closed."""
    for thread in threading.enumerate():
        if "connection_worker" in thread.name:
            thread.join(LAST_WORDS_SECONDS)


async def _erase(connector: "SqlConnector", subject: "Subject") -> "Outcome":
    from uuid import uuid4

    from workers.connectors.connector import Call
    from workers.connectors.guarding import Guarded

    return await Guarded(connector).erase(Call(uuid4(), subject, is_dry_run=True))


async def _examine(
    connector: "SqlConnector", identity: list[str], bystander: list[str], correct: str
) -> list[Any]:
    from workers.connectors.conformance import Trial, examine
    from workers.connectors.connector import Change

    target, _, value = correct.partition("=")
    change = Change(target, value) if correct else None
    nobody = [f"{each.partition('=')[0]}=nobody-{'x' * 20}@example.com" for each in identity]
    return list(
        await examine(Trial(connector, _subject(identity), _subject(bystander), _subject(nobody), change))
    )


def _subject(said: Sequence[str]) -> "Subject":
    from workers.connectors.connector import Subject

    known: dict[str, tuple[str, ...]] = {}
    for each in said:
        kind, sign, value = each.partition("=")
        if not sign or not kind or not value:
            stop(USAGE, "an identity is written as kind=value, as in email=anna@example.com")
        known[kind] = (*known.get(kind, ()), value)
    return Subject(known)


def _evidence(outcome: "Outcome") -> "Evidence":
    from workers.connectors.connector import Done, Evidence, Nothing, Refused

    if isinstance(outcome, Done):
        return outcome.evidence
    if not isinstance(outcome, Nothing):
        code = USAGE if isinstance(outcome, Refused) else UNAVAILABLE
        stop(code, getattr(outcome, "why", "the system asks to come back later"))
    return Evidence(unreached=outcome.unreached, is_dry_run=True)


def _plain(evidence: "Evidence") -> Any:
    import json

    return json.loads(evidence.text())


def _tell(evidence: "Evidence") -> None:
    from hub.cli.showing import table

    places = [
        (f"{place.dataset}.{place.collection}.{name}", str(place.rows), how)
        for place in evidence.places
        for name, how in sorted(place.fields.items())
    ]
    stays = [
        (
            f"{kept.dataset}.{kept.collection}.{name}",
            str(kept.rows),
            f"kept: {kept.ground}" + (f", until {kept.until}" if kept.until else ""),
        )
        for kept in evidence.kept
        for name in kept.fields
    ]
    table(("field", "rows", "would be"), [*places, *stays], "Nothing is held about this person.")
    for name in evidence.unreached:
        typer.echo(f"{name}: not looked at, as it needs an identity of another kind")
