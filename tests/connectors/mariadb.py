"""A MariaDB of Debian's package for the tests: made in a folder of its own, reached by its socket, gone at the end."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

REMEDY = "the tests of connectors drive a MariaDB: `sudo apt-get install mariadb-server`"
PATIENCE_SECONDS = 60
ATTEMPTS = 3
SETTINGS = (
    "--skip-networking",
    "--innodb-buffer-pool-size=32M",
    "--innodb-log-file-size=8M",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=OFF",
    "--performance-schema=OFF",
    "--skip-log-bin",
)


@contextmanager
def running() -> Generator[str]:
    """Run a server; yields the address of its databases, up to the name of one and after it."""
    programs = [
        shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
        for name in ("mariadbd", "mariadb-install-db")
    ]
    if not all(programs):
        pytest.fail(REMEDY, pytrace=False)
    with tempfile.TemporaryDirectory(prefix="mariadb-") as folder:
        home = Path(folder)
        user = f"--user={Path('~').expanduser().owner()}"
        _make(str(programs[1]), home, user)
        with (home / "log").open("w") as log:
            places = (f"--datadir={home}/data", f"--socket={home}/socket", f"--pid-file={home}/pid")
            options = (*places, f"--tmpdir={home}", user)
            server = subprocess.Popen([str(programs[0]), "--no-defaults", *options, *SETTINGS], stderr=log)
        try:
            _wait(server, home)
            yield f"mariadb://root@localhost/{{}}?unix_socket={home}/socket"
        finally:
            server.terminate()
            server.wait(PATIENCE_SECONDS)


def _make(program: str, home: Path, user: str, attempts: int = ATTEMPTS) -> None:
    """Make its system tables; 10.11 was seen to crash at that (in ha_maria::drop_table), so again if it does."""
    made = subprocess.run(
        [program, "--no-defaults", f"--datadir={home}/data", f"--tmpdir={home}", "--skip-test-db",
         "--auth-root-authentication-method=normal", user],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "got signal" in made.stderr and attempts > 1:
        shutil.rmtree(home / "data", ignore_errors=True)
        _make(program, home, user, attempts - 1)
    else:
        assert made.returncode == 0, made.stderr


def _wait(server: subprocess.Popen[bytes], home: Path) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not (home / "socket").exists():
        assert server.poll() is None, (home / "log").read_text()
        assert time.monotonic() < until, (home / "log").read_text()
        time.sleep(0.05)
