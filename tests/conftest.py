"""What every test stands on: a real PostgreSQL for the run, a migrated template, a database per test process.

``HUB_TEST_DATABASE_URL`` names another PostgreSQL 15+ (a superuser's URL); otherwise the embedded one is started.
Acts commit, so tests keep apart by working in organisations of their own; ``fresh_hub`` clones a database where
that is not enough.
"""

import asyncio
import gc
import os
import re
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import hypothesis
import pytest
import pytest_asyncio
import structlog

from hub import embedded
from hub.act import Hub
from hub.keyring import Keyring
from hub.migrate import migrate
from hub.settings import Settings, load
from tests.servers import pytest_sessionfinish

if TYPE_CHECKING:
    from playwright.async_api import Browser

__all__ = ["pytest_sessionfinish"]

LONGEST = "tests/resolver/test_one_implementation.py"
TEMPLATE = "hub_template"
Clone = Callable[..., str]
BROWSER_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
HOUR_ENDS_SECONDS = 15
HOLD = 7_226_002  # advisory lock: one process makes the template
_AT_LEISURE: Any = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
hypothesis.settings.register_profile("few", max_examples=50, derandomize=True, **_AT_LEISURE)
hypothesis.settings.register_profile("often", max_examples=500, **_AT_LEISURE)
# Unasked, it would colour the lines and values of every traceback: a second of work for each error that is logged.
_PLAINLY = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
structlog.configure(processors=[structlog.processors.add_log_level, structlog.dev.set_exc_info, _PLAINLY])
# httpx tries to import it at every request; where it is not installed, every folder is searched every time.
if find_spec("sniffio") is None:
    sys.modules["sniffio"] = None  # type: ignore[assignment]


def pytest_configure(config: pytest.Config) -> None:
    """Draw the same few examples in every run, and others, many times over, where `make chaos` asks for that.

    Ctrl-C is to reach what tests start, also where the run was begun in the background, which ignores it.
    """
    if config.getoption("dist", "no") == "no":  # this process collects, others do not
        gc.disable()
    is_often = "or hypothesis" in str(config.getoption("markexpr"))
    hypothesis.settings.load_profile("often" if is_often else "few")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest: at the end only one of the processes would still have work."""
    items.sort(key=lambda item: (not item.nodeid.startswith(LONGEST), not item.get_closest_marker("slow")))


def pytest_runtest_setup() -> None:
    """Let the hour end first where it is about to: with it a day ends somewhere, and tests count days."""
    left = 3_600 - time.time() % 3_600
    if left < HOUR_ENDS_SECONDS:
        time.sleep(left)


def at_database(url: str, name: str) -> str:
    """The same server, another database."""
    return (
        re.sub(r"/[^/?]*(\?|$)", rf"/{name}\1", url, count=1)
        if "?" in url
        else re.sub(r"/[^/]*$", f"/{name}", url)
    )


def pytest_collection_finish() -> None:
    """Set aside what was imported and collected: it stays, and was looked through for cycles again and again."""
    gc.enable()
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A superuser's URL of the run's PostgreSQL, shared by all test processes."""
    given = os.environ.get("HUB_TEST_DATABASE_URL")
    if given:
        yield given
        return
    mine = tmp_path_factory.getbasetemp()
    shared = mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine
    running = embedded.start(shared / "cluster", durable=False)
    yield running.dsn
    running.remove()


@pytest.fixture(scope="session")
def stopped_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of an empty server, to be copied."""
    made = embedded.start(tmp_path_factory.mktemp("stopped"), durable=False)
    assert made.stop()
    yield made.home
    shutil.rmtree(made.home)


@pytest.fixture(scope="session")
def template(cluster: str) -> str:
    """A migrated, empty database to clone."""
    asyncio.run(_make_template(cluster))
    return TEMPLATE


async def _make_template(cluster: str) -> None:
    connection = await asyncpg.connect(cluster)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", HOLD)
        if not await connection.fetchval(
            "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", TEMPLATE
        ):
            await connection.execute(f"CREATE DATABASE {TEMPLATE}_new")
            await migrate(at_database(cluster, f"{TEMPLATE}_new"))
            await connection.execute(f"ALTER DATABASE {TEMPLATE}_new RENAME TO {TEMPLATE}")
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def clone(cluster: str, template: str) -> Iterator[Clone]:
    """Make a database by name, from the template or from another; returns its URL. Dropped at the end of the run."""
    made: list[str] = []

    async def create(name: str, source: str) -> None:
        connection = await asyncpg.connect(cluster)
        try:
            await connection.execute("SELECT pg_advisory_lock($1)", HOLD)
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
        finally:
            await connection.close()

    def run(name: str, source: str = template) -> str:
        _in_thread(create, name, source)
        made.append(name)
        return at_database(cluster, name)

    yield run

    async def drop() -> None:
        connection = await asyncpg.connect(cluster)
        for name in made:
            with suppress(asyncpg.PostgresError):
                await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await connection.close()

    _in_thread(drop)


def _in_thread(coroutine: Callable[..., object], *args: object) -> None:
    """Run a coroutine on a loop of its own, whether or not one runs here."""
    import threading  # noqa: PLC0415 - needed here only

    failed: list[BaseException] = []

    def work() -> None:
        try:
            asyncio.run(coroutine(*args))  # type: ignore[arg-type]
        except BaseException as error:  # noqa: BLE001 - raised again below
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


@pytest.fixture(scope="session")
def worker_name() -> str:
    """This test process's name: gw0, gw1, ... or main."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture(scope="session")
def database_url(clone: Callable[[str], str], worker_name: str) -> str:
    """This process's database."""
    return clone(f"hub_test_{worker_name}")


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    """The keyring of the run."""
    return Keyring.generate()


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory, keyring: Keyring) -> Settings:
    """Settings as of `hub run`, in a folder of their own."""
    return load(
        mode="run",
        data_dir=tmp_path_factory.mktemp("hub"),
        keyring=keyring.dump(),
        metrics_token="metrics-for-tests",
        token_seconds=3_600,  # longer than a run takes on a slow machine: some tests share theirs
    )


@pytest_asyncio.fixture(scope="session")
async def hub(settings: Settings, database_url: str) -> AsyncIterator[Hub]:
    """A hub on this process's database."""
    opened = await Hub.open(settings, database_url)
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def fresh_hub(
    settings: Settings, clone: Callable[[str], str], worker_name: str, tmp_path: Path
) -> AsyncIterator[Hub]:
    """A hub on an empty database of its own, for tests that read or break the whole of it."""
    url = clone(f"hub_fresh_{worker_name}")
    opened = await Hub.open(settings.model_copy(update={"data_dir": tmp_path}), url)
    yield opened
    await opened.close()


@pytest_asyncio.fixture(scope="session")
async def chromium() -> "AsyncIterator[Browser]":
    """One browser for all tests of this process; each has a context of its own."""
    from playwright.async_api import async_playwright  # noqa: PLC0415 - most runs need none

    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.fail("The tests need Chromium: apt-get install -y chromium", pytrace=False)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=BROWSER_FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture
async def superuser(hub: Hub) -> AsyncIterator[asyncpg.Connection]:
    """A superuser's connection to the hub's database, for what the application's role must not do."""
    connection = await asyncpg.connect(hub.database.url)
    yield connection
    await connection.close()
