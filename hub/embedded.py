"""A real PostgreSQL for a machine that has none: made, started, joined and stopped.

The server listens on a Unix socket in a directory only its user may enter, and asks for a generated password.
Any number of processes may use it; a server whose hub was killed is joined by the next one.

    running = embedded.start(Path(".data"))                   # made at the first call
    running = embedded.start(Path("/tmp/x"), durable=False)   # for tests: nothing is synced to disk
    running.stop()                                            # unless another process uses it
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import secrets
import shlex
import shutil
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from hub.postgresql import STATE, EmbeddedError, own, reason, run, user
from hub.sizing import helpers, shared_buffers

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["EmbeddedError", "Running", "revive", "serves", "socket_folder", "start", "url"]

MAJOR = "18"
ROLE = "hub_owner"
DATABASE = "hub"
STARTS, PAUSE_SECONDS = 20, 0.5
# Recovering from a crash, and writing everything out at a stop, may take long.
PATIENTLY = ("-w", "-t", "600")

# Statements and parameters stay out of the server's log: they hold personal data.
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "300",  # each process of the hub keeps three pools
    "password_encryption": "scram-sha-256",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_min_error_statement": "panic",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
NOT_DURABLE = {
    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "128MB",
}  # fmt: skip


@dataclass(slots=True)
class Running:
    """A server this process uses: connect with `dsn`, and call `stop` when done."""

    home: Path
    dsn: str = field(repr=False)
    _using: int = field(repr=False)

    def stop(self) -> bool:
        """Stop the server, unless another process uses it too; True when it was stopped."""
        with _locked(self.home):
            os.close(self._using)
            if not _unused(self.home):
                return False
            if _answers(self.home):
                run("pg_ctl", "stop", "-D", str(self.home / "data"), "-m", "fast", *PATIENTLY)
            shutil.rmtree(socket_folder(self.home), ignore_errors=True)
            return True

    def remove(self) -> None:
        """Stop the server and delete its databases, unless another process uses it: for tests."""
        if self.stop():
            shutil.rmtree(self.home)


def start(data_dir: Path, *, durable: bool = True) -> Running:
    """Start the server of `data_dir`, or join the running one; EmbeddedError says what is in the way."""
    with _explained():
        home = _home(data_dir)
        with _locked(home):
            if not (home / "data").exists():
                _create(home)
            if (found := (home / "data/PG_VERSION").read_text().strip()) != MAJOR:
                message = (
                    f"{home} is of PostgreSQL {found}, this is {MAJOR}: dump it with the old release first"
                )
                raise EmbeddedError(message)
            if not _answers(home):
                _launch(home, {} if durable else NOT_DURABLE)
            return Running(home, _dsn(home), _use(home))


def revive(data_dir: Path) -> bool:
    """Start a server again that has ended by itself, as on a full disk; True when it had. EmbeddedError: not yet."""
    home = _home(data_dir)
    if _is_running(home):
        return False
    with _explained(), _locked(home):
        if not _answers(home):
            _launch(home, {}, tries=1)
        return True


def _is_running(home: Path) -> bool:
    """Look for the server's process, which costs nothing; one that nobody buried has no command line."""
    try:
        number = int((home / "data" / "postmaster.pid").read_text().split("\n")[0])
        return bool(Path(f"/proc/{number}/cmdline").read_bytes())
    except (OSError, ValueError):
        return False


def url(data_dir: Path) -> str | None:
    """Return where the server of `data_dir` is reached, or None while it does not run."""
    home = _home(data_dir)
    return _dsn(home) if (home / "data").exists() and _answers(home) else None


@contextlib.contextmanager
def _explained() -> Generator[None]:
    try:
        yield
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        remedy = "the disk is full: free 200 MB" if full else f"{error.strerror}: choose another HUB_DATA_DIR"
        where = error.filename or "its files"
        raise EmbeddedError(f"the embedded PostgreSQL cannot use {where}: {remedy}") from error


def _home(data_dir: Path) -> Path:
    """Make the directory that holds one server."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    home = data_dir.resolve() / "postgres"
    if user():
        pointer, home = data_dir / "postgres-lies-in", STATE / _key(home)
        _refuse_copy(pointer, home)
        STATE.mkdir(mode=0o755, parents=True, exist_ok=True)
        if not pointer.exists() and (home / "data").exists():
            _set_aside(home)
        _note(pointer, home)
    # The server's user may pass through, but not put links here that we, as root, would follow.
    own(home, None, 0o711 if user() else 0o700)
    _note(home / "serves", data_dir.resolve())
    return home


def _note(file: Path, said: Path) -> None:
    """Write a path into a file, unless it stands there: on a full disk, writing would leave it empty."""
    if not file.exists() or file.read_text() != f"{said}\n":
        file.write_text(f"{said}\n")


def serves(home: Path) -> Path:
    """Read whose server this is: the data folder it was started for, for whoever looks below /var/lib."""
    noted = home / "serves"
    return Path(noted.read_text().strip()) if noted.exists() else home.parent


def _set_aside(home: Path) -> None:
    """Begin anew where somebody deleted the folder, and with it the keyring that opened this database."""
    with _locked(home):
        if _answers(home):
            run("pg_ctl", "stop", "-D", str(home / "data"), "-m", "fast", *PATIENTLY)
        home.rename(home.with_name(f"{home.name}-left-{time.time_ns()}"))


def _refuse_copy(pointer: Path, home: Path) -> None:
    # Another start may be writing it at this moment: empty says nothing.
    said = pointer.read_text().strip() if pointer.exists() else ""
    known = Path(said) if said else home
    if known != home and known.exists():
        raise EmbeddedError(
            f"{pointer.parent} was moved or copied and its database is in {known}: "
            f"`mv {known} {home}` to go on with it here, or `rm {pointer}` to begin with an empty one"
        )


def _key(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]


def socket_folder(home: Path) -> Path:
    """Name the socket directory: short whatever the checkout's path is, as the kernel allows 107 bytes."""
    return Path("/tmp") / f"hub-{_key(home)}"  # noqa: S108 `_own` refuses one that is not ours


def _dsn(home: Path, database: str = DATABASE) -> str:
    password = (home / "password").read_text()
    return f"postgresql://{ROLE}:{password}@/{database}?host={socket_folder(home)}&port=5432"


def _answers(home: Path, database: str = DATABASE) -> bool:
    """Decide whether the server runs by connecting: after a crash its process id may be anybody's."""
    try:
        with psycopg.connect(_dsn(home, database), connect_timeout=5):
            return True
    except psycopg.OperationalError:
        return False


def _create(home: Path) -> None:
    """Write an empty cluster beside its final place, so that an interrupted one is never taken for whole."""
    unfinished, password = home / "data.unfinished", home / "password"
    shutil.rmtree(unfinished, ignore_errors=True)
    own(unfinished, user())
    password.touch(mode=0o600)
    password.write_text(secrets.token_urlsafe(32))
    os.chown(password, unfinished.stat().st_uid, -1)
    access = ("-A", "scram-sha-256", "-U", ROLE, f"--pwfile={password}")
    text = ("-E", "UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    run("initdb", *access, *text, "--data-checksums", "-D", str(unfinished))
    unfinished.rename(home / "data")


def _launch(home: Path, others: dict[str, str], tries: int = STARTS) -> None:
    """Start the server; a dying one keeps its lock for a moment, so a refusal is tried again."""
    sockets, log = socket_folder(home), home / "log"
    own(sockets, user())
    log.touch(mode=0o600)
    os.chown(log, sockets.stat().st_uid, -1)
    sized = {"shared_buffers": shared_buffers(), "max_parallel_workers_per_gather": helpers()}
    settings = SETTINGS | sized | others
    options = shlex.join(["-k", str(sockets), *(f"-c{name}={value}" for name, value in settings.items())])
    for _ in range(tries):
        with contextlib.suppress(EmbeddedError):
            run("pg_ctl", "start", "-D", str(home / "data"), "-l", str(log), "-o", options, *PATIENTLY)
            return _fill(home)
        time.sleep(PAUSE_SECONDS)
    said = reason(log.read_text(errors="replace"))
    raise EmbeddedError(f"PostgreSQL does not start: {said} (more in {log})")


def _fill(home: Path) -> None:
    """Make our database in a new cluster."""
    if not _answers(home):
        with psycopg.connect(_dsn(home, "postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {DATABASE}")


@contextlib.contextmanager
def _locked(home: Path) -> Generator[None]:
    """Let one process at a time start or stop the server; the kernel lets go of the lock however we end."""
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _use(home: Path) -> int:
    """Note that this process uses the server, until it calls `stop` or ends."""
    users = os.open(home / "users", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(users, fcntl.LOCK_SH)
    return users


def _unused(home: Path) -> bool:
    with (home / "users").open("r+") as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def main(arguments: list[str]) -> int:
    """Run `python -m hub.embedded start|stop|url FOLDER`; a server started so outlives the command."""
    match arguments:
        case ["start", folder]:
            said = start(Path(folder)).dsn
        case ["stop", folder]:
            said = "stopped" if start(Path(folder)).stop() else "in use by another process"
        case ["url", folder]:
            said = url(Path(folder)) or "not running"
        case _:
            said = "one of: start FOLDER | stop FOLDER | url FOLDER"
    sys.stdout.write(f"{said}\n")
    return 0 if said.startswith(("postgresql:", "stopped")) else 2


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except EmbeddedError as error:
        sys.exit(f"error: {error}")
