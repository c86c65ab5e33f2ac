"""`hub import`: customers from a file of another system, and the way back."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from hub.cli import import_options as given
from hub.cli.endings import NEGATIVE, OK, PASSING, ends
from hub.cli.showing import Json, show, table

if TYPE_CHECKING:
    from hub.imports.mapping import Column
    from hub.imports.running import Outcome, Progress
    from hub.imports.terms import Options

CODES: Final = (
    "Exit codes: 0 every row landed; 1 some rows were rejected (see the rejects); 2 the file or an option "
    "cannot be used; 69 something needed is not available; 70 a fault of the hub's; 78 a setting or key is "
    "missing or wrong."
)
WORDS: Final = {
    "created": "new customers",
    "updated": "known customers, changed",
    "unchanged": "rows that say nothing new",
    "rejected": "rows rejected",
    "duplicates": "of them again within the file",
    "proposed": "merges proposed (same email or phone)",
    "opted_out": "rows with opt-outs added",
    "passed_on": "others with the same address opted out too",
    "suppressed": "rows with an address that gets no marketing",
    "consented": "rows with consents added",
    "kept": "values kept because the hub knows better",
    "shared": "rows with an email or phone that too many have: no merge proposed for it",
}

HELP: Final = """Import customers from a CSV file.

Columns are recognised by their headers (English, French, German, Arabic); the rest is left out or mapped.
Rows that cannot be used go to a rejects file with line and reasons, the others land. Running it again
changes nothing, and goes on where it was stopped. See docs/import.md.

Example: hub import customers crm.csv --system salesforce --dates day-first --dry-run
"""

commands = typer.Typer(
    no_args_is_help=True, help="Import what another system exports.", rich_markup_mode=None
)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(commands, name="import")


@commands.command("customers", epilog=CODES, help=HELP)
@ends
def customers(  # noqa: PLR0913, PLR0917, D103 - each is an option; its help says what it does
    file: given.File = None,
    organisation: given.Organisation = None,
    system: given.System = None,
    mapping: given.Mapping = None,
    show_mapping: given.ShowMapping = False,
    region: given.Region = None,
    jurisdiction: given.Jurisdiction = None,
    relationship: given.Relationship = "NONE",
    locale: given.Locale = "en",
    source: given.Source = "CUSTOMER",
    notice: given.Notice = None,
    shown_how: given.ShownHow = None,
    collected_on: given.CollectedOn = None,
    optout_offered: given.OptoutOffered = False,
    dates: given.Dates = None,
    encoding: given.Encoding = None,
    delimiter: given.Delimiter = None,
    rejects: given.Rejects = None,
    dry_run: given.DryRun = False,
    reverse: given.Reverse = None,
    as_json: Json = False,
) -> None:
    said = dict(locals())
    if reverse is not None:
        _reverse(reverse, as_json=as_json)
    else:
        _customers(said)


def _customers(said: dict[str, Any]) -> None:
    from hub.errors import invalid

    file: Path | None = said["file"]
    if file is None:
        raise invalid("Name the file to import, or with --reverse the import to take back.", "file")
    options, as_json = _options(said), bool(said["as_json"])
    if said["show_mapping"]:
        _show_mapping(file, options, as_json=as_json)
        return
    is_trial = bool(said["dry_run"])
    outcome = asyncio.run(_import(file, options, is_trial=is_trial))
    (show(_plain(outcome)) if as_json else _tell(outcome, is_trial=is_trial))
    raise typer.Exit(NEGATIVE if outcome.counts["rejected"] else OK)


def _options(said: dict[str, Any]) -> "Options":
    from hub.imports.terms import Options

    values = {name: said[name] for name in Options.__slots__}
    day: datetime | None = said["collected_on"]
    values |= {name: _ref(said[name]) for name in ("organisation", "notice")}
    values |= {"collected_on": day.date() if day else None, "delimiter": _delimiter(said["delimiter"])}
    return Options(**values)


def _ref(said: str | None) -> Any:
    from hub.cli.ids import ref

    return None if said is None else ref(said)


def _delimiter(said: str | None) -> str | None:
    return (
        {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}.get(said, said)
        if said
        else None
    )


async def _import(file: Path, options: "Options", *, is_trial: bool) -> "Outcome":
    from hub.actors import OPERATOR
    from hub.cli.opening import hub_here
    from hub.imports.running import import_customers

    with progress_bar() as progress, broken_off():
        async with hub_here() as hub:
            return await import_customers(hub, OPERATOR, file, options, progress=progress, is_trial=is_trial)


@contextmanager
def broken_off() -> Generator[None]:
    """Say of an import that loses its database what became of the rows before."""
    from hub.errors import Refusal

    try:
        yield
    except Refusal as refusal:
        if refusal.code.value not in PASSING:
            raise
        why = refusal.message.partition(". ")[0]
        said = f"{why}. What has landed stays: run the same command again, and it goes on."
        raise Refusal(refusal.code, said, refusal.path) from refusal


@contextmanager
def progress_bar() -> Generator["Progress"]:
    """A progress bar on stderr, where a person looks."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("Importing"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("lines"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("import", total=None)

        def moved(line: int, lines: int) -> None:
            bar.update(task, completed=line, total=lines)

        yield moved


def _tell(outcome: "Outcome", *, is_trial: bool) -> None:
    if said := _before(outcome, is_trial=is_trial):
        typer.echo(said)
    typer.echo(f"{outcome.rows:>9}  rows ({outcome.encoding}, {_named(outcome.delimiter)})")
    for name, count in outcome.counts.items():
        if count or name in {"created", "rejected"}:
            typer.echo(f"{count:>9}  {WORDS[name]}")
    if left_out := [_why(column) for column in outcome.columns if column.meaning is None]:
        typer.echo(f"Left out: {', '.join(left_out)}")
    if outcome.rejects:
        typer.echo(f"Rejects: {outcome.rejects}")
    if outcome.import_id and not outcome.was_finished:
        megabytes = outcome.peak_memory_bytes / 1e6
        typer.echo(f"{outcome.rows_per_second:.0f} rows a second, {megabytes:.0f} MB of memory at most.")
        typer.echo(f"To take it back: hub import customers --reverse {outcome.import_id}")


def _before(outcome: "Outcome", *, is_trial: bool) -> str | None:
    if outcome.was_finished:
        return f"This file was imported before, as {outcome.import_id}: nothing changed."
    if is_trial:
        return "Nothing was changed: this is what would happen."
    return f"Went on after row {outcome.rows_before}, where it was stopped." if outcome.rows_before else None


def _why(column: "Column") -> str:
    name = column.header or f"column {column.place + 1}"
    if column.is_said:
        return f"{name} (as the mapping says)"
    return f"{name} (`{column.instead}` counts)" if column.instead else name


def _named(delimiter: str) -> str:
    return {",": "commas", ";": "semicolons", "\t": "tabs", "|": "pipes"}.get(delimiter, f"`{delimiter}`")


def _plain(outcome: "Outcome") -> dict[str, Any]:
    return {
        "import_id": outcome.import_id, "rows": outcome.rows, "rows_before": outcome.rows_before,
        "was_finished": outcome.was_finished, **outcome.counts, "encoding": outcome.encoding,
        "delimiter": outcome.delimiter, "columns": _columns(outcome.columns), "rejects": outcome.rejects,
        "seconds": round(outcome.seconds, 3), "rows_per_second": round(outcome.rows_per_second, 1),
        "peak_memory_bytes": outcome.peak_memory_bytes,
    }  # fmt: skip


def _columns(columns: "list[Column]") -> list[dict[str, Any]]:
    return [
        {"column": column.place + 1, "header": column.header, "field": column.meaning} for column in columns
    ]


def _show_mapping(file: Path, options: "Options", *, as_json: bool) -> None:
    from hub.imports.preparing import look

    seen = look(file, options)
    if as_json:
        show(
            {"encoding": seen.survey.encoding, "delimiter": seen.delimiter, "columns": _columns(seen.columns)}
        )
        return
    rows = [
        (str(column.place + 1), column.header, column.meaning or f"- left out{_note(column)}")
        for column in seen.columns
    ]
    typer.echo(
        f"{seen.survey.encoding.removesuffix('-sig')}, {_named(seen.delimiter)}, {seen.survey.lines} lines"
    )
    table(("COLUMN", "HEADER", "FIELD"), rows, "")


def _note(column: "Column") -> str:
    return f": `{column.instead}` counts" if column.instead else ""


def _reverse(said: str, *, as_json: bool) -> None:
    from dataclasses import asdict

    from hub.cli.ids import uuid_of

    done = asyncio.run(_take_back(uuid_of(said, "Import", "reverse")))
    if as_json:
        show(asdict(done))
    elif done.was_reversed:
        typer.echo("This import was taken back before: nothing changed.")
    else:
        typer.echo(
            f"Taken back: {done.erased} customers erased, {done.undone} restored, "
            f"{done.withdrawn} consents withdrawn."
        )
        typer.echo("Opt-outs that came with it stay.")


async def _take_back(import_id: Any) -> Any:
    from hub.actors import OPERATOR
    from hub.cli.opening import hub_here
    from hub.imports.reversing import reverse_import

    async with hub_here() as hub:
        return await reverse_import(hub, OPERATOR, import_id)
