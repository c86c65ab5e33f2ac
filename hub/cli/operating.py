"""`hub migrate` and `hub check`: bring a database up to date, and see whether everything is in place."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.endings import CODES, CONFIGURATION, NEGATIVE, OK, UNAVAILABLE, ends
from hub.cli.showing import Json, show

if TYPE_CHECKING:
    from hub.readiness import Check
    from hub.settings import Settings


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog=CODES)(migrate)
    app.command(epilog=CODES)(check)


@ends
def migrate(
    check: Annotated[
        bool, typer.Option("--check", help="Only say what is missing; exit 1 if anything is.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Bring the database to this version.

    Applies the missing migrations, leaves the keyring's sentinel and the standard categories. Safe to repeat,
    to run from several places at once, and to kill. Where the application's user may not migrate, set
    HUB_MIGRATION_DATABASE_URL to the owner's.

    Example: hub migrate --check || hub migrate
    """
    missing, applied = asyncio.run(_migrate(only_look=check))
    if as_json:
        show({"applied": applied, "missing": missing})
    else:
        for name in missing:
            typer.echo(f"missing  {name}")
        for name in applied:
            typer.echo(f"applied  {name}")
        if not (missing or applied):
            typer.echo("The database is up to date.")
    raise typer.Exit(NEGATIVE if missing else OK)


async def _migrate(*, only_look: bool) -> tuple[list[str], list[str]]:
    from hub import logs
    from hub.cli.opening import database, prepare, settings_of
    from hub.db import connect
    from hub.migrate import applied, known

    settings = settings_of()
    logs.configure("WARNING", pretty=True)
    with database(settings) as url:
        if not only_look:
            return [], await prepare(settings, url)
        owner = settings.migration_database_url
        connection = await connect(owner.get_secret_value() if owner else url)
        try:
            there = await applied(connection)
        finally:
            await connection.close()
        return [name for name in await known() if name not in there], []


@ends
def check(as_json: Json = False) -> None:
    """See whether everything is in place: settings, database, migrations, keys, queue, mail, files, names.

    Prints a line for each: `ok`, or what to do. Exits 1 if something needed is not right; mail and files
    are only reported.

    Example: hub check --json
    """
    found = asyncio.run(_check())
    if as_json:
        lines = [
            {"name": each.name, "ok": each.ok, "needed": each.needed, "said": each.said} for each in found
        ]
        show({"ok": all(each.ok or not each.needed for each in found), "checks": lines})
    else:
        for each in found:
            word = "ok" if each.ok else "WRONG" if each.needed else "warning"
            typer.echo(f"{word:<8} {each.name:<11} {each.said}")
    raise typer.Exit(_code(found))


def _code(found: "list[Check]") -> int:
    wrong = {each.name for each in found if each.needed and not each.ok}
    if "settings" in wrong:
        return CONFIGURATION
    if "database" in wrong:
        return UNAVAILABLE
    return NEGATIVE if wrong else OK


async def _check() -> "list[Check]":
    from hub.cli.opening import settings_of
    from hub.errors import Unready
    from hub.readiness import Check, names

    try:
        settings = settings_of()
    except Unready as unready:
        return [Check("settings", ok=False, said=str(unready)), names()]
    said = f"valid ({settings.mode}, {settings.url})"
    return [Check("settings", ok=True, said=said), *await _check_database(settings)]


async def _check_database(settings: "Settings") -> "list[Check]":
    from hub import logs
    from hub.act import Hub
    from hub.cli.opening import database
    from hub.errors import Unready
    from hub.postgresql import EmbeddedError
    from hub.readiness import Check, check, mail, names

    logs.configure("ERROR", pretty=True)
    try:
        with database(settings) as url:
            hub = await Hub.open(settings, url)
            try:
                return await check(hub)
            finally:
                await hub.close()
    except (Unready, EmbeddedError) as trouble:
        said = str(trouble).removeprefix("database: ")
        about = "keys" if said.startswith("HUB_KEYRING") else "database"
        return [Check(about, ok=False, said=said), await mail(settings), names()]
