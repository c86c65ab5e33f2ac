"""`hub decide` and `hub rules`: the policy from the command line, with a database or from facts alone."""

import asyncio
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, NoReturn

import typer

from hub.cli import replaying
from hub.cli.crowd_options import Language
from hub.cli.endings import CODES, NEGATIVE, OK, USAGE, ends, stop
from hub.cli.showing import Json, show

if TYPE_CHECKING:
    from hub.questioned import Question

rules = typer.Typer(no_args_is_help=True, help="The rules, tried on scenarios.", rich_markup_mode=None)


AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="Only the rules in force that day; else all of them."),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog=CODES)(decide)
    replaying.add_to(app, rules)
    app.add_typer(rules, name="rules")


@rules.command("test", epilog=CODES)
@ends
def run_files(
    files: Annotated[list[Path], typer.Argument(help="Scenario files (JSON).")],
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Decide every scenario of the files, and say which ones come out otherwise than expected.

    \b
    A file is a list of {"id", "jurisdiction", "facts", "expect": {"outcome", "rule"}, "why"}.
    Exits 1 if a scenario fails, 2 if a file cannot be read; the place is named. Needs no database.

    Example: hub rules test tests/policy/scenarios/*.json
    """
    from hub.cli.rules import run_scenarios

    raise typer.Exit(run_scenarios(files, as_of.date() if as_of else None, as_json=as_json))


@rules.command("docs", epilog=CODES)
@ends
def write_docs(
    folder: Annotated[Path, typer.Argument(help="Where the pages go.")],
    files: Annotated[list[Path], typer.Argument(help="Scenario files (JSON), quoted as examples.")],
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 if a page is stale.")] = False,
) -> None:
    """Write the law as pages to read, one a jurisdiction, made from the rules themselves.

    \b
    Exits 1 with --check if a page is not what the rules make of it, 2 if a file cannot be read. Needs no database.

    Example: hub rules docs docs/law tests/policy/scenarios/*.json
    """
    from hub.cli.json_input import Streams, UnreadableError
    from hub.cli.law_pages import stale_pages, write_pages

    try:
        if not check:
            typer.echo(f"{write_pages(folder, files)} pages written to {folder}")
            return
        stale = stale_pages(folder, files)
    except UnreadableError as unreadable:
        Streams.chosen(None, None).complain(unreadable.faults)
        raise typer.Exit(USAGE) from None
    typer.echo("\n".join(f"{folder / name} is stale" for name in stale) or "every page is as the rules are")
    raise typer.Exit(NEGATIVE if stale else OK)


Facts = Annotated[
    str | None,
    typer.Option(
        "--facts", help="Decide from this file of facts (one JSON object, or one a line); - is stdin."
    ),
]
Customer = Annotated[str | None, typer.Option("--customer", help="Id of the customer.")]
Purpose = Annotated[str | None, typer.Option("--purpose", help="Key or id of the purpose.")]
What = Annotated[str, typer.Option("--act", help="USE, DISCLOSE, MESSAGE, SELL, POOL or PROFILE (any case).")]
Recipient = Annotated[str | None, typer.Option("--recipient", help="Key or id of who would receive.")]
Arrangement = Annotated[str | None, typer.Option("--arrangement", help="Key or id of what is agreed.")]
Channel = Annotated[str | None, typer.Option("--channel", help="EMAIL, SMS, PHONE, POST, ...")]
Whose = Annotated[
    str | None, typer.Option("--organisation", help="Key or id; not needed while there is only one.")
]
Spoken = Annotated[Language, typer.Option("--language", help="The language of the explanations.")]
When = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="DATE|INSTANT",
        help="As it stood then: 2026-03-31 (at the end of that day, UTC) or 2026-03-31T09:00:00Z. With --facts: only "
        "the rules in force that day; else all of them.",
    ),
]
Record = Annotated[bool, typer.Option("--record", help="Keep the decision in the ledger, as evidence.")]


@ends
def decide(  # noqa: PLR0913, PLR0917 - a question has many parts
    facts: Facts = None,
    as_of: When = None,
    customer: Customer = None,
    purpose: Purpose = None,
    act: What = "USE",
    recipient: Recipient = None,
    arrangement: Arrangement = None,
    channel: Channel = None,
    organisation: Whose = None,
    record: Record = False,
    language: Spoken = Language.EN,
    as_json: Json = False,
) -> None:
    """May we? Decide for one customer, or from facts without a database.

    With --facts the decision comes out as JSON and nothing is recorded. With --customer and --purpose the
    facts are gathered from the database, those of a past day with --as-of; exits 1 unless the answer is ALLOW.

    \b
    Examples:
      hub decide --facts facts.json --language fr
      hub decide --customer ID --purpose referral --act disclose --recipient smith-law
      hub decide --customer ID --purpose referral --act disclose --recipient smith-law --as-of 2026-03-31
    """
    if facts is not None:
        _decide_from(facts, as_of, language)
    if record and as_of is not None:
        stop(USAGE, "a decision is recorded as of now: leave out --as-of, or --record")
    said = {"customer": customer, "purpose": purpose, "act": act, "recipient": recipient}
    said |= {"arrangement": arrangement, "channel": channel, "as_of": as_of}
    _decide_about(organisation, said, record=record, language=language, as_json=as_json)


def _decide_from(facts: str, as_of: str | None, language: Language) -> NoReturn:
    from hub.cli.moments import day_of
    from hub.cli.rules import decide_lines

    on = day_of(as_of)
    with _stream(facts) as stream:
        raise typer.Exit(decide_lines(stream, on, language=language))


def _decide_about(
    organisation: str | None, said: dict[str, str | None], *, record: bool, language: Language, as_json: bool
) -> NoReturn:
    if not (said["customer"] and said["purpose"]):
        stop(USAGE, "say --facts FILE, or both --customer and --purpose; `hub decide --help` shows examples")
    answer = asyncio.run(_decide(organisation, said, record))
    shown = _shown(answer, language)
    if as_json:
        show(shown)
    else:
        _print(answer, shown, language)
    raise typer.Exit(OK if shown["outcome"] == "ALLOW" else NEGATIVE)


@contextmanager
def _stream(file: str) -> Generator[BinaryIO]:
    if file == "-":
        yield sys.stdin.buffer
        return
    try:
        facts = Path(file).read_bytes()
    except OSError as error:
        stop(USAGE, f"{file}: cannot be read: {error.strerror}")
    yield BytesIO(facts)


async def _decide(organisation: str | None, said: dict[str, str | None], record: bool) -> Any:
    from hub import decisions
    from hub.cli.asking import asking, named
    from hub.errors import Refusal, invalid

    question = _question(said)
    async with asking(organisation, said["as_of"]) as ask:
        if record:
            (answer,) = await decisions.decide(ask.hub, ask.actor, [question])
        else:
            (answer,) = await decisions.preview(ask, [question])
    if isinstance(answer, Refusal):
        if said["as_of"] and answer.path[:1] == ("customer",):
            raise invalid("No customer with this id was on record then: choose a later day.", "--as-of")
        with named():
            raise answer
    return answer


def _question(said: dict[str, str | None]) -> "Question":
    from hub.cli.ids import ref, uuid_of
    from hub.errors import invalid
    from hub.policy import values
    from hub.questioned import Question

    def one_of(kind: Any, name: str, default: str) -> Any:
        try:
            return kind((said[name] or default).upper())
        except ValueError:
            raise invalid(f"This is none of {', '.join(kind)}.", f"--{name}") from None

    return Question(
        customer_id=uuid_of(said["customer"] or "", "Customer", "--customer"),
        act=one_of(values.Act, "act", "USE"),
        purpose=ref(said["purpose"] or ""),
        recipient=ref(said["recipient"]) if said["recipient"] else None,
        arrangement=ref(said["arrangement"]) if said["arrangement"] else None,
        channel=one_of(values.Channel, "channel", "NONE"),
    )


def _shown(answer: Any, language: Language) -> dict[str, Any]:
    from hub.cli.rules import asking_shown
    from hub.policy import words

    cited = answer.shown
    clause = None if cited is None else {
        "notice": cited.notice_name, "version": cited.version, "clause": cited.clause_key,
        "text": cited.clause_text,
        "shown_at": cited.shown_at and cited.shown_at.isoformat(), "shown_how": cited.shown_how,
    }  # fmt: skip
    decision = words.decision_in(answer.decision, language).to_dict()
    cures = [words.remedy_in(remedy, language).to_dict() for remedy in answer.remedies]
    asking = asking_shown(answer.decision, answer.facts, language)
    return {"id": answer.id, **decision, "shown": clause, "would_change": cures, "asking": asking}


def _print(answer: Any, shown: dict[str, Any], language: Language) -> None:
    from hub.cli.rules import show as to_text
    from hub.policy import words

    typer.echo(to_text(words.decision_in(answer.decision, language)))
    if shown["shown"]:
        told = shown["shown"]
        typer.echo(
            f"  shown:    {told['notice']}, version {told['version']}, {told['shown_at'] or 'day unknown'}"
        )
        if told["text"]:
            typer.echo(f'            "{told["text"]}" (clause {told["clause"]})')
    if shown["id"]:
        typer.echo(f"  recorded: {shown['id']}")
