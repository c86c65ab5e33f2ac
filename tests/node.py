"""Programs in JavaScript that tests run: what they need is installed once, from the lock beside them."""

import fcntl
import shutil
import subprocess
from pathlib import Path

import pytest

MISSING = "The test needs Node 22 or later: apt-get install -y nodejs npm"


def program() -> str:
    """Where Node is."""
    found = shutil.which("node")
    if found is None:
        pytest.fail(MISSING, pytrace=False)
    return found


def install(folder: Path) -> None:
    """Install once for all processes that test; npm writes the list of what it installed last."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.fail(MISSING, pytrace=False)
    with (folder / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "node_modules" / ".package-lock.json").is_file():
            run(folder, f"{folder.name} could not be installed", npm, "ci", "--no-audit", "--no-fund")


def run(folder: Path, failure: str, *command: str) -> str:
    """What a command said; it fails the test where it failed."""
    ran = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True, timeout=600)
    if ran.returncode:
        pytest.fail(f"{failure}: {(ran.stderr.strip() or 'no reason given').splitlines()[-1]}", pytrace=False)
    return ran.stdout
