"""`hub system`: tries a database or a service, with its dataset files, before the hub works with them."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast

import typer

from hub.cli.endings import CODES, NEGATIVE, UNAVAILABLE, USAGE, ends, stop
from hub.cli.showing import Json

if TYPE_CHECKING:
    from hub.keyring import Secret
    from workers.connectors.connector import Connector, Evidence, Outcome, Subject
    from workers.connectors.datasets import Dataset
    from workers.connectors.sql import SqlConnector

Result = TypeVar("Result")
LAST_WORDS_SECONDS = 2.0
commands = typer.Typer(no_args_is_help=True, help="Connected systems.", rich_markup_mode=None)

Files = Annotated[
    list[Path], typer.Argument(help="Dataset files (YAML, fideslang) of what lies in this system.")
]
Others = Annotated[
    list[Path] | None, typer.Option("--with", help="Dataset files of other systems that these refer to.")
]
Url = Annotated[
    str,
    typer.Option(
        "--url",
        envvar="SYSTEM_URL",
        help="postgresql://, mysql://, mariadb://, sqlite:///file, or a service's https://; or SYSTEM_URL.",
    ),
]
SecretFile = Annotated[
    Path | None, typer.Option("--secret-file", help="Of a service: a file with the secret that signs calls.")
]
OwnNetworks = Annotated[
    bool, typer.Option("--own-networks", help="A service may lie in a private network, or on this machine.")
]
PlainHttp = Annotated[bool, typer.Option("--plain-http", help="A service may be without TLS.")]
Person = Annotated[
    list[str], typer.Option("--identity", help="Who, as in email=anna@example.com; repeatable.")
]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a system is, and how it is asked."""

    url: str
    secret: Path | None = None
    allows_own_networks: bool = False
    allows_http: bool = False

    @property
    def is_service(self) -> bool:
        """Whether calls go to it over HTTP."""
        return self.url.startswith(("https:", "http:"))

    def connector(self, own: "Sequence[Dataset]", further: "Sequence[Dataset]") -> "Connector":
        """The connector to it; Unusable says what is in the way."""
        from secrets import token_bytes

        from hub.outbound import Rules
        from workers.connectors.http import HttpConnector, HttpSystem
        from workers.connectors.sql import SqlConnector, SqlSystem

        keys, every = tuple(dataset.key for dataset in own), (*own, *further)
        if not self.is_service:
            return SqlConnector(SqlSystem(self.url, keys), every, token_bytes(32))
        rules = Rules(self.allows_own_networks, self.allows_http)
        return HttpConnector(
            HttpSystem(self.url, keys, (self._signing(),), rules=rules), every, token_bytes(32)
        )

    def _signing(self) -> "Secret":
        from hub import signatures

        if self.secret is None:
            stop(USAGE, "say by --secret-file with what calls to a service are signed")
        try:
            return signatures.secret(self.secret.read_text(encoding="utf-8").strip())
        except ValueError:
            stop(USAGE, f"{self.secret} holds no secret, which is `whsec_` and base64 of 24 to 64 bytes")


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module, and those that were added to them."""
    app.add_typer(commands, name="system")


@commands.command("check", epilog=CODES)
@ends
def check(files: Files, url: Url, others: Others = None) -> None:
    """Compare dataset files with the database they describe, and list what stands in the way. Changes nothing.

    Example: hub system check shop.yml --url postgresql://hub@db.example/shop
    """
    place = Place(url)
    if place.is_service:
        stop(USAGE, "a service is not compared with its file: rehearse an erasure, or examine it")
    problems = _run(files, others, place, _check)
    for problem in problems:
        typer.echo(problem)
    if problems:
        stop(NEGATIVE, f"{len(problems)} in the way; nothing was changed")
    typer.echo("The datasets fit the database.")


@commands.command("rehearse", epilog=CODES)
@ends
def rehearse(  # noqa: PLR0913, PLR0917 - each is one word on the command line
    files: Files,
    url: Url,
    identity: Person,
    others: Others = None,
    secret: SecretFile = None,
    own_networks: OwnNetworks = False,
    plain_http: PlainHttp = False,
    *,
    json: Json = False,
) -> None:
    """Show what an erasure of one person would touch, field by field. Reads only; shows no value.

    Example: hub system rehearse shop.yml --url sqlite:///shop.db --identity email=anna@example.com
    """
    from hub.cli.showing import show

    place = Place(url, secret, own_networks, plain_http)
    outcome = _run(files, others, place, lambda connector: _erase(connector, subject(identity)))
    evidence = _evidence(outcome)
    if json:
        show(plain(evidence))
        return
    tell(evidence)


@commands.command("examine", epilog=CODES)
@ends
def examine(  # noqa: PLR0913, PLR0917 - each is one word on the command line
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
    secret: SecretFile = None,
    own_networks: OwnNetworks = False,
    plain_http: PlainHttp = False,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Yes, erase the person named by --identity.")] = False,
) -> None:
    """Try everything a connector must do, on two people made up for it. The first is ERASED at the end.

    Example: hub system examine shop.yml --url sqlite:///test.db --identity email=a@example.com
    --bystander email=b@example.com --yes
    """
    if not yes:
        stop(USAGE, "the person of --identity is erased for good: say --yes, and name somebody made up")
    place = Place(url, secret, own_networks, plain_http)
    findings = _run(files, others, place, lambda connector: _examine(connector, identity, bystander, correct))
    for finding in findings:
        typer.echo(str(finding))
    if not all(finding.is_met for finding in findings):
        raise typer.Exit(NEGATIVE)


def _run(
    files: Sequence[Path],
    others: Sequence[Path] | None,
    place: Place,
    body: "Callable[[Connector], Awaitable[Result]]",
) -> Result:
    """Open a connector of these files, do something with it, close it; what is unusable ends the command."""
    from workers.connectors.dataset_files import read
    from workers.connectors.datasets import Unusable

    try:
        own = [dataset for file in files for dataset in read(file.read_bytes())]
        further = [dataset for file in others or () for dataset in read(file.read_bytes())]
        return asyncio.run(_closing(lambda: place.connector(own, further), body))
    except Unusable as error:
        for problem in error.problems:
            typer.echo(problem)
        stop(USAGE, f"{len(error.problems)} in the way; nothing was changed")


async def _closing(
    make: "Callable[[], Connector]", body: "Callable[[Connector], Awaitable[Result]]"
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


async def _check(connector: "Connector") -> Sequence[str]:
    return await cast("SqlConnector", connector).check()


async def _erase(connector: "Connector", subject: "Subject") -> "Outcome":
    from uuid import uuid4

    from workers.connectors.connector import Call
    from workers.connectors.guarding import Guarded

    return await Guarded(connector).erase(Call(uuid4(), subject, is_dry_run=True))


async def _examine(
    connector: "Connector", identity: list[str], bystander: list[str], correct: str
) -> list[Any]:
    from workers.connectors.conformance import Trial, examine
    from workers.connectors.connector import Change

    target, _, value = correct.partition("=")
    change = Change(target, value) if correct else None
    nobody = [f"{each.partition('=')[0]}=nobody-{'x' * 20}@example.com" for each in identity]
    return list(
        await examine(Trial(connector, subject(identity), subject(bystander), subject(nobody), change))
    )


def subject(said: Sequence[str]) -> "Subject":
    """Whom the command line names."""
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


def plain(evidence: "Evidence") -> Any:
    """Evidence as JSON."""
    import json

    return json.loads(evidence.text())


def tell(evidence: "Evidence") -> None:
    """Say field by field what would become of it."""
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
