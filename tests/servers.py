"""The PostgreSQL servers that tests start: which of them run below a folder, and how they end for certain.

`Running.stop` asks politely and leaves a server alone that somebody else uses; a test that failed or killed something
may be that somebody. At its end nobody asks: the server is told to go, and its files are deleted. As a plugin, this
module fails a run that leaves one behind.
"""

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from hub import embedded

PATIENCE_SECONDS = 60


def copy_server(home: Path, data_dir: Path) -> None:
    """Give a data folder a copy of a server that is stopped: in a fifth of the time that one is made in."""
    files = (home / "data", home / "password")
    subprocess.run(["cp", "-a", *files, embedded._home(data_dir)], check=True)


def running_below(folder: Path) -> dict[int, Path]:
    """The process ids of the servers whose data folder lies below this one, each with the server's home."""
    found: dict[int, Path] = {}
    for pid in [int(each.name) for each in Path("/proc").iterdir() if each.name.isdecimal()]:
        words = _words(pid)
        if words and Path(words[0]).name == "postgres" and "-D" in words:
            home = Path(words[words.index("-D") + 1]).parent
            if embedded.serves(home).is_relative_to(folder.resolve()):
                found[pid] = home
    # A child of a server is called as its parent is, for a moment.
    return {pid: home for pid, home in found.items() if _parent(pid) not in found}


def end_below(folder: Path) -> list[Path]:
    """End the servers below a folder, whoever uses them, and delete their files; returns whose servers ran."""
    ran = running_below(folder)
    served = sorted(embedded.serves(home) for home in ran.values())
    for pid in ran:
        end(pid)
    pointers = [*folder.rglob("postgres-lies-in"), *folder.rglob("postgres")]
    homes = {Path(each.read_text().strip()) if each.is_file() else each for each in pointers if each.exists()}
    for home in {*ran.values(), *homes}:
        shutil.rmtree(home, ignore_errors=True)
        shutil.rmtree(embedded.socket_folder(home), ignore_errors=True)
    return served


def end(pid: int) -> None:
    """End one server at once; its children go with it."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGQUIT)
    until = time.monotonic() + PATIENCE_SECONDS
    while _words(pid) and time.monotonic() < until:
        time.sleep(0.02)


def _parent(pid: int) -> int:
    """Who began a process; 0 where it ended."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _words(pid: int) -> list[str]:
    """How a process was called; nothing where it ended, whether or not its parent noticed."""
    try:
        return [os.fsdecode(word) for word in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0") if word]
    except OSError:
        return []


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run that left a server behind; once, when all processes of the run have ended."""
    if hasattr(session.config, "workerinput"):
        return
    config: Any = session.config
    left = end_below(config._tmp_path_factory.getbasetemp())
    if left:
        terminal = config.pluginmanager.getplugin("terminalreporter")
        names = ", ".join(map(str, left))
        terminal.write_line(f"\nThe tests left PostgreSQL running for {names}: stopped now", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
