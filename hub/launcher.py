"""From a bare machine to a running hub: what `make demo`, `make test` and the others begin with.

Needs nothing but Python's standard library: makes `.venv`, installs into it exactly what `locks/` names by
hash, and hands over to the program asked for. What was installed is noted in a stamp, so the next start
installs nothing. Whatever is in the way is said in one line with its remedy.
"""

from __future__ import annotations

import sys

# Run as a script, Python would find our modules (`queue.py`) where it looks for its own.
sys.path[:] = sys.path[1:] if sys.path and sys.path[0] else sys.path

import errno
import fcntl
import hashlib
import importlib.util
import os
import shutil
import socket
import subprocess
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UNFINISHED = VENV / "hub-unfinished"
OLDEST = (3, 11)
NEEDED_MB = {"demo": 500, "dev": 1500, "tools": 1800}
LEVELS = tuple(NEEDED_MB)  # each holds all of the one before it

# What pip said, and what it means for the person who typed make.
PIP_SAID = (
    ("No space left on device", "the disk is full: free {needed} MB and run it again"),
    ("Disk quota exceeded", "your disk quota is used up: free {needed} MB and run it again"),
    ("Permission denied", "no permission to write {venv}: `sudo rm -r {venv}` and run it again"),
    (
        "DO NOT MATCH THE HASHES",
        "a package is not the one that was tested: do not go on, tell the maintainers",
    ),
    (
        "not a supported wheel",
        "a package is not made for this machine: use 64-bit Linux with Python 3.11 to 3.13",
    ),
    (
        "No matching distribution",
        "the package index is not reached: check the network, or name your proxy in HTTPS_PROXY",
    ),
)


class InTheWay(Exception):
    """What stops the start: one line with the remedy."""


def main(arguments: list[str]) -> int:
    """Run one command of the table below and return its exit code."""
    command = arguments[0] if arguments else "help"
    if command not in COMMANDS:
        sys.stderr.write(f"one of: {' '.join(COMMANDS)}\n")
        return 2
    try:
        require_python()
        if command in ("demo", "run"):
            require_port(command)
        level, program = COMMANDS[command]
        prepare(level)
        become([*program, *arguments[1:]])
    except InTheWay as reason:
        sys.stderr.write(f"make {command}: {reason}\n")
    except OSError as error:
        sys.stderr.write(f"make {command}: {explain(error)}\n")
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped\n")
        return 130
    return 1


def require_python() -> None:
    """Refuse a Python that cannot run the hub or make virtual environments."""
    have = ".".join(map(str, sys.version_info[:2]))
    if sys.version_info[:2] < OLDEST:
        newer = next(
            (name for name in ("python3.13", "python3.12", "python3.11") if shutil.which(name)), None
        )
        remedy = (
            f"`make PYTHON={newer}`"
            if newer
            else "install Python 3.11 or newer, then `make PYTHON=python3.11`"
        )
        raise InTheWay(f"python3 is {have}, the hub needs 3.11 or newer: {remedy}")
    if not all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")):
        raise InTheWay("python3 cannot make virtual environments: `apt install python3-venv`")


def require_port(command: str) -> None:
    """Refuse at once, rather than after the installation, a port the hub cannot have."""
    host, said = os.environ.get("HUB_HOST", "127.0.0.1"), os.environ.get("HUB_PORT", "8000")
    if not said.isdecimal() or int(said) >= 2**16:
        raise InTheWay(f"HUB_PORT is {said!r}: give a number from 1 to 65535")
    port = int(said)
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except socket.gaierror:
        raise InTheWay(f"HUB_HOST is {host!r}, which names no address of this machine") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise InTheWay(
                f"port {port} is taken: `make {command} HUB_PORT={port + 1}`, or stop what uses it"
            ) from None
        raise InTheWay(
            f"port {port} of {host} cannot be had ({error.strerror}): `make {command} HUB_PORT=8000`"
        ) from None


def prepare(level: str) -> None:
    """Bring `.venv` to a level, unless it is there already; a second start waits for the first."""
    if installed(level):
        return
    require_room(level)
    with open(str(ROOT / ".venv.lock"), "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("waiting for another make that installs", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not installed(level):
            install(level)


def installed(level: str) -> bool:
    """Tell whether a stamp of this level, or of one that holds it, fits what is to be installed."""
    higher = LEVELS[LEVELS.index(level) :]
    return PYTHON.exists() and any(noted(name) and noted(name) == due(name) for name in higher)


def stamp(level: str) -> Path:
    """Name the file that says what was installed."""
    return VENV / f"hub-{level}-installed"


def noted(level: str) -> str:
    """Read a stamp; another start may take it away at any moment."""
    try:
        return stamp(level).read_text()
    except FileNotFoundError:
        return ""


def due(level: str) -> str:
    """Say what an installation of this level is made of, its Python and its place first."""
    files = (ROOT / "locks" / f"{level}.txt", ROOT / "pyproject.toml")
    packages = " ".join(sorted(file.parent.name for file in ROOT.glob("*/__init__.py")))
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files) + packages.encode()).hexdigest()
    return f"{place()}\n{digest}\n"


def place() -> str:
    """Say what makes an environment useless when it changes: a moved folder, another Python."""
    return f"{sys.version_info[0]}.{sys.version_info[1]} {ROOT}"


def require_room(level: str) -> None:
    """Refuse a folder that cannot be written, or a disk too full, before anything is begun."""
    me = os.environ.get("USER") or os.geteuid()
    if os.statvfs(str(ROOT)).f_flag & os.ST_RDONLY:
        raise InTheWay(f"{ROOT} is on a disk that can only be read: clone into another folder")
    for folder in (ROOT, VENV):
        if folder.exists() and not os.access(str(folder), os.W_OK):
            raise InTheWay(
                f"{me} may not write {folder}: `sudo chown -R {me} {folder}`, or clone into a folder of yours"
            )
    free_mb = shutil.disk_usage(str(ROOT)).free // 10**6
    if free_mb < NEEDED_MB[level]:
        raise InTheWay(
            f"{free_mb} MB are free on the disk of {ROOT}: free {NEEDED_MB[level]} MB and run it again"
        )


def install(level: str) -> None:
    """Install a level; an interrupted installation leaves its mark and is begun again."""
    if UNFINISHED.exists() or elsewhere():
        shutil.rmtree(str(VENV))
    VENV.mkdir(exist_ok=True)
    UNFINISHED.touch()
    for name in LEVELS:
        if stamp(name).exists():
            stamp(name).unlink()
    if not PYTHON.exists():
        print(f"making {VENV}", flush=True)
        say([sys.executable, "-m", "venv", str(VENV)], level)
    print(f"installing what locks/{level}.txt names (once; about half a minute)", flush=True)
    pip(
        [
            "--require-hashes",
            "--only-binary",
            ":all:",
            "--no-deps",
            "-r",
            str(ROOT / "locks" / f"{level}.txt"),
        ],
        level,
    )
    pip(["--no-deps", "--no-build-isolation", "--editable", str(ROOT)], level)
    compile_ours(level)
    stamp(level).write_text(due(level))
    UNFINISHED.unlink()


def compile_ours(level: str) -> None:
    """Compile our own packages, as pip did the others: half a second of each start, where Python may not do it."""
    ours = sorted(str(file.parent) for file in ROOT.glob("*/__init__.py"))
    say([str(PYTHON), "-m", "compileall", "-q", *ours], level)


def elsewhere() -> bool:
    """Tell whether `.venv` was made in another folder or by another Python."""
    return any(noted(level) and not noted(level).startswith(f"{place()}\n") for level in LEVELS)


def pip(arguments: list[str], level: str) -> None:
    """Install from one index; settings for more indexes, or for other places, are not for us."""
    fixed = ["install", "--quiet", "--no-input", "--disable-pip-version-check", "--retries", "2"]
    say([str(PYTHON), "-m", "pip", *fixed, *arguments], level)


def say(command: list[str], level: str) -> None:
    """Run a step of the installation, and if it fails say what that means."""
    ours = {"PIP_EXTRA_INDEX_URL": "", "PIP_FIND_LINKS": "", "PIP_ROOT_USER_ACTION": "ignore"}
    unwanted = ("PIP_TARGET", "PIP_PREFIX", "PIP_USER", "PYTHONPATH", "PYTHONHOME")
    theirs = {name: value for name, value in os.environ.items() if name not in unwanted}
    done = subprocess.run(
        command,
        cwd=str(ROOT),
        env=dict(theirs, **ours),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        check=False,
    )
    if done.returncode:
        log = ROOT / ".venv.log"
        log.write_text(done.stdout)
        known = next((remedy for words, remedy in PIP_SAID if words in done.stdout), "")
        last = done.stdout.strip().rpartition("\n")[2]
        raise InTheWay(known.format(needed=NEEDED_MB[level], venv=VENV) or f"{last} (all of it: {log})")


def explain(error: OSError) -> str:
    """Say in one line what an operating system's refusal means here."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full: free 1 GB and run it again"
    where = error.filename or ROOT
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"no permission to write {where}: clone into a folder of yours and run it there"
    return f"{where}: {error.strerror}"


def become(program: list[str]) -> NoReturn:
    """Replace this process, so that Ctrl-C and kill reach the program and nobody else.

    By its interpreter, as the first line of a script may not hold a long path.
    """
    os.chdir(str(ROOT))
    path = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    os.execve(str(PYTHON), [str(PYTHON), *program], dict(os.environ, PATH=path))  # noqa: S606 no shell is meant


HUB, GATES = str(VENV / "bin" / "hub"), str(ROOT / ".ci" / "gates.py")
COMMANDS = {
    "demo": ("demo", [HUB, "demo"]),
    "run": ("demo", [HUB, "run"]),
    "test": ("dev", [GATES, "test"]),
    "check": ("dev", [GATES, "check"]),
    "format": ("dev", [GATES, "format"]),
    "bench": ("dev", [GATES, "bench"]),
    "chaos": ("dev", [GATES, "chaos"]),
    "lock": ("tools", [GATES, "lock"]),
    "sbom": ("tools", [GATES, "sbom"]),
    "audit": ("tools", [GATES, "audit"]),
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
