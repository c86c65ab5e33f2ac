"""Opens a database for one system: few connections, short statements, and nothing of anybody's in logs or errors."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import Engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from workers.connectors.datasets import Unusable

DRIVERS: Final = {
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
    "mysql": "mysql+aiomysql",
    "mariadb": "mysql+aiomysql",
    "sqlite": "sqlite+aiosqlite",
}
CONNECTIONS: Final = 4
LOCK_SECONDS: Final = 5
FRESH_SECONDS: Final = 1.0
"""How long a connection that was given back is taken for one that lives."""
KNOWN_SECONDS: Final = 30.0
"""The same where the driver is told when it ends."""
STATEMENT_BYTES: Final = 65_536
"""The longest statement that PostgreSQL's driver keeps prepared."""
SQLITE_STEPS: Final = 20_000
"""How many instructions of its virtual machine SQLite does between two looks at the clock."""


@dataclass(frozen=True, slots=True)
class SqlSystem:
    """A database as a system. datasets: the keys of those that lie in it.

    url: `postgresql://`, `mysql://`, `mariadb://` or `sqlite:///file`; from an operator's settings, never from a form.
    exact: kinds of identity that are compared as they are; an email is otherwise compared without its case.
    rows_most: of one collection and one person; more are taken for a reference that leads too far.
    """

    url: str = field(repr=False)
    datasets: tuple[str, ...]
    exact: frozenset[str] = frozenset()
    statement_seconds: float = 30.0
    rows_most: int = 100_000
    batch_rows: int = 200


def open_engine(system: SqlSystem, *, is_reading: bool = False) -> AsyncEngine:
    """Make an engine, which connects when first used; Unusable where the URL is none that we know.

    is_reading: PostgreSQL then lets its sessions write nothing, and each statement or transaction sees one state.
    """
    try:
        url = make_url(system.url)
    except (ArgumentError, ValueError):
        raise Unusable(["The address of the database is no URL."]) from None
    driver = DRIVERS.get(url.drivername)
    if driver is None:
        raise Unusable([f"The address of the database begins with none of {', '.join(DRIVERS)}."])
    kind = driver.partition("+")[0]
    options: dict[str, Any] = {"hide_parameters": True}
    if kind == "sqlite":
        engine = create_async_engine(_sqlite(url), **options)
        _watch_sqlite(engine.sync_engine, system.statement_seconds)
        return engine
    options |= {"pool_size": CONNECTIONS, "max_overflow": 0, "pool_timeout": system.statement_seconds}
    connecting = (
        _postgresql(system, _READING if is_reading else {}) if kind == "postgresql" else _mysql(system)
    )
    engine = create_async_engine(url.set(drivername=driver), connect_args=connecting, **options)
    _watch_pool(engine.sync_engine)
    return engine


def _watch_pool(engine: Engine) -> None:
    """Look whether a connection still lives before it is used, unless that was shown just now; all go with one.

    What closed a connection has mostly told so, and PostgreSQL's driver knows it without asking.
    """

    def left(_: Any, record: Any) -> None:
        record.info["left_at"] = time.monotonic()

    def taken(connection: Any, record: Any, _: Any) -> None:
        known = getattr(connection.driver_connection, "is_closed", None)
        idle_seconds = time.monotonic() - record.info.get("left_at", math.inf)
        try:
            if idle_seconds > (KNOWN_SECONDS if known else FRESH_SECONDS):
                engine.dialect.do_ping(connection)
        except Exception:  # noqa: BLE001 - drivers have many ways to say that a connection is gone
            raise InvalidatePoolError from None
        if known and known():
            raise InvalidatePoolError

    listen: Any = event.listen
    listen(engine, "checkin", left)
    listen(engine, "checkout", taken)


_READING: Final = {"default_transaction_read_only": "on", "default_transaction_isolation": "repeatable read"}


def _postgresql(system: SqlSystem, settings: Mapping[str, str]) -> dict[str, Any]:
    return {
        "timeout": LOCK_SECONDS * 2,
        "max_cacheable_statement_size": STATEMENT_BYTES,
        "command_timeout": system.statement_seconds + LOCK_SECONDS,
        "server_settings": {
            **settings,
            "application_name": "privacy hub",
            "statement_timeout": str(int(system.statement_seconds * 1000)),
            "lock_timeout": str(LOCK_SECONDS * 1000),
            "idle_in_transaction_session_timeout": str(int(system.statement_seconds * 2000)),
        },
    }


def _mysql(system: SqlSystem) -> dict[str, Any]:
    """Settings of a session; what stands in /*M! */ is for MariaDB alone, in /*!50708 */ for MySQL alone."""
    seconds = system.statement_seconds
    return {
        "charset": "utf8mb4",
        "connect_timeout": LOCK_SECONDS * 2,
        "init_command": (
            "SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES'), "
            f"innodb_lock_wait_timeout = {LOCK_SECONDS} "
            f"/*M! , max_statement_time = {seconds} */ /*!50708 , max_execution_time = {int(seconds * 1000)} */"
        ),
    }


def _sqlite(url: URL) -> URL:
    """Open the file that is there; a wrong path must not become an empty database."""
    if not url.database or url.database == ":memory:":
        raise Unusable(["The address of a SQLite database names its file, as in sqlite:////var/lib/shop.db."])
    path = url.database.removeprefix("file:").partition("?")[0] if url.query.get("uri") else url.database
    return URL.create("sqlite+aiosqlite", database=f"file:{quote(path)}?mode=rw", query={"uri": "true"})


def _watch_sqlite(engine: Engine, seconds: float) -> None:
    """Give SQLite what it has no setting for: foreign keys that bind, and statements that end in time."""

    def connected(connection: Any, record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA busy_timeout = {LOCK_SECONDS * 1000}")
        cursor.close()
        clock = record.info["clock"] = _Clock(seconds)
        connection.run_async(_handler(clock.is_over))

    def executing(connection: Any, *_: Any) -> None:
        connection.info["clock"].start()

    listen: Any = event.listen
    listen(engine, "connect", connected)
    listen(engine, "before_cursor_execute", executing)


def _handler(is_over: Callable[[], bool]) -> Callable[[Any], Any]:
    return lambda driver: driver.set_progress_handler(is_over, SQLITE_STEPS)


def hurry(info: Mapping[Any, Any], seconds: float) -> None:
    """Let no statement of a connection take longer than the call it is for; others are cancelled with their call."""
    if "clock" in info:
        info["clock"].hurry(seconds)


class _Clock:
    """Until when the running statement may run."""

    def __init__(self, seconds: float) -> None:
        self._most = self._seconds = seconds
        self._until = time.monotonic() + seconds

    def hurry(self, seconds: float) -> None:
        self._seconds = min(self._most, seconds)
        self.start()

    def start(self) -> None:
        self._until = time.monotonic() + self._seconds

    def is_over(self) -> bool:
        return time.monotonic() > self._until
