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
        made = subprocess.run(
            [str(programs[1]), "--no-defaults", f"--datadir={home}/data", "--skip-test-db",
             "--auth-root-authentication-method=normal", user],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        with (home / "log").open("w") as log:
            options = (f"--datadir={home}/data", f"--socket={home}/socket", f"--pid-file={home}/pid", user)
            server = subprocess.Popen([str(programs[0]), "--no-defaults", *options, *SETTINGS], stderr=log)
        try:
            _wait(server, home)
            yield f"mariadb://root@localhost/{{}}?unix_socket={home}/socket"
        finally:
            server.terminate()
            server.wait(PATIENCE_SECONDS)


def _wait(server: subprocess.Popen[bytes], home: Path) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not (home / "socket").exists():
        assert server.poll() is None, (home / "log").read_text()
        assert time.monotonic() < until, (home / "log").read_text()
        time.sleep(0.05)
