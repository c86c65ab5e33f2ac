"""How a command finds the hub it is about: its settings, its database, the keyring that opens it."""

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import structlog
import typer

from hub import categories, embedded, logs
from hub.act import FAILURES, Act, Hub
from hub.actors import OPERATOR, Operation
from hub.db import connect
from hub.errors import Code, Refusal, Unready
from hub.migrate import applied, known, migrate
from hub.postgresql import EmbeddedError
from hub.settings import Mode, Settings, load

FOLDER: Final = Path(".data")
WATCH_SECONDS: Final = 3.0
SCARCE_MB: Final = 64  # PostgreSQL ends where it finds no room for one more file of its log, of 16 MB
log = structlog.get_logger(__name__)


def is_set(name: str) -> bool:
    """Tell whether a setting is given, itself or by its file."""
    return bool(os.environ.get(f"HUB_{name}") or os.environ.get(f"HUB_{name}_FILE"))


def settings_of(mode: Mode | None = None, **given: Any) -> Settings:
    """Read the settings; mode None: as the environment says, or on one's own machine what is there."""
    if mode is None and not is_set("MODE") and not is_set("DATABASE_URL"):
        mode = _mode_here()
    if mode is not None:
        given["mode"] = mode
    if not is_set("DATA_DIR") and (mode or os.environ.get("HUB_MODE")) == Mode.DEMO:
        given["data_dir"] = FOLDER / "demo"
    if not is_set("PARTNER_OWN_NETWORKS") and (mode or os.environ.get("HUB_MODE")) == Mode.DEMO:
        given["partner_own_networks"] = True  # its partner is a program of this machine
    return load(**given)


@contextmanager
def database(settings: Settings) -> Generator[str]:
    """The database's URL; the embedded server is started if it must, and stopped if nobody else uses it."""
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    running = embedded.start(settings.data_dir)
    try:
        yield running.dsn
    except (Refusal, Unready, *FAILURES) as error:
        _blame_disk(running.home, error)
        raise
    finally:
        running.stop()


def _blame_disk(home: Path, error: Exception) -> None:
    """Name the disk where it is the reason: of a server that ends, its clients see only that it is gone."""
    free_mb = shutil.disk_usage(home).free // 10**6
    if free_mb < SCARCE_MB and not (isinstance(error, Refusal) and error.code is not Code.UNAVAILABLE):
        raise EmbeddedError(
            f"the embedded PostgreSQL has {free_mb} MB left on the disk of {home}: free 200 MB and start again"
        ) from error


async def keep_running(settings: Settings, stop: asyncio.Event) -> None:
    """Start the embedded server again whenever it ends by itself, as it does when its disk is full."""
    said = ""
    while settings.database_url is None and not stop.is_set():
        try:
            if await asyncio.to_thread(embedded.revive, settings.data_dir) or said:
                log.warning("database.revived")
            said = ""
        except EmbeddedError as error:
            if str(error) != said:
                said = str(error)
                typer.echo(f"hub: {said}", err=True)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), WATCH_SECONDS)


@asynccontextmanager
async def opened(settings: Settings, url: str) -> AsyncGenerator[Hub]:
    """A hub whose keyring has been tried."""
    hub = await Hub.open(settings, url)
    try:
        async with hub.ask(OPERATOR, Operation.HEALTH_READ) as ask:
            await hub.vault.check(ask)
        yield hub
    finally:
        await hub.close()


@asynccontextmanager
async def hub_here(mode: Mode | None = None) -> AsyncGenerator[Hub]:
    """The hub of these settings, for one command; on one's own machine it is prepared if it never was."""
    settings = settings_of(mode)
    logs.configure("ERROR", pretty=True)  # what is in the way is said in one line, not as libraries see it
    with database(settings) as url:
        if settings.database_url is None and not await _is_prepared(url):
            await prepare(settings, url)
        async with opened(settings, url) as hub:
            yield hub


async def prepare(settings: Settings, url: str) -> list[str]:
    """Migrate, then leave what every hub needs: the keyring's sentinel and the standard categories.

    Returns the names of the migrations that were applied. Safe to repeat, and at once from several places.
    """
    owner = settings.migration_database_url
    done = await migrate(owner.get_secret_value() if owner else url)
    hub = await Hub.open(settings, url)
    try:
        await hub.perform(OPERATOR, Operation.HUB_MAINTAIN, _plant)
    finally:
        await hub.close()
    return done


async def _is_prepared(url: str) -> bool:
    connection = await connect(url)
    try:
        if not set(await known()) <= set(await applied(connection)):
            return False
        return await connection.fetchval("SELECT EXISTS (SELECT FROM keys.sentinel)")
    finally:
        await connection.close()


async def _plant(act: Act) -> None:
    await act.hub.vault.plant(act)
    await act.hub.vault.check(act)
    await categories.seed(act)


def _mode_here() -> Mode:
    """Demo if that is what runs here, and nothing else does."""
    if is_set("DATA_DIR"):
        return Mode.RUN
    return Mode.DEMO if _runs(FOLDER / "demo") and not _runs(FOLDER) else Mode.RUN


def _runs(folder: Path) -> bool:
    return any((folder / name).exists() for name in ("postgres", "postgres-lies-in")) and bool(
        embedded.url(folder)
    )
