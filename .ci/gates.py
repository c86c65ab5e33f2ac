"""The gates of the project, run inside `.venv` by hub/launcher.py: one name, one function.

The same here and in CI. Nothing is skipped: what a gate needs and cannot get is said with its remedy, and
the gate stays shut.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

CHECKS = (
    ("ruff", "format", "--check", "--quiet"),
    ("ruff", "check", "--quiet"),
    ("pyright", "--warnings"),
    ("lint-imports",),
    ("hadolint", "--no-color", "Dockerfile"),
    ("pytest", "--quiet", "tests/tidy"),
)
# What each lock holds; the widest first, as it binds the others.
LOCKS = {
    "tools": "pyproject.toml --group build --all-extras",
    "dev": "pyproject.toml --group build --extra demo --extra test --extra check --extra bench",
    "demo": "pyproject.toml --group build --extra demo",
    "build": "--group build",
    "run": "pyproject.toml",
}
COMPILE = ("uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes")
PLAIN = ("--only-binary", ":all:", "--no-emit-index-url", "--no-annotate", "--no-header")

# What tests drive and no wheel brings: Debian's package, its program, its name.
DRIVEN = {"chromium": ("chromium", "the Chromium browser"), "mariadb-server": ("mariadbd", "a MariaDB")}
SYSTEM_PROGRAMS = "/usr/sbin"  # where Debian keeps servers; not on everybody's path

PROGRAMS = {
    "bench": (sys.executable, "-m", "bench"),
    "chaos": ("pytest", "-m", "chaos or hypothesis"),
    "format": ("ruff", "format"),
    "sbom": (
        "cyclonedx-py",
        "requirements",
        "locks/run.txt",
        "--output-reproducible",
        "-o",
        "dist/sbom.json",
    ),
    "audit": ("pip-audit", "--strict", "--disable-pip", "--require-hashes", "-r", "locks/tools.txt"),
}


def main(arguments: list[str]) -> int:
    """Run one gate and return its exit code."""
    gate, *rest = arguments
    return {"test": test, "check": check, "lock": lock}.get(gate, lambda _: run(*PROGRAMS[gate], *rest))(rest)


def run(*command: str) -> int:
    """Run a program of `.venv` to its end."""
    return subprocess.run(command, check=False).returncode


def test(arguments: list[str]) -> NoReturn:
    """Run all tests but the long ones of `make chaos`, with the browser and the database some of them drive."""
    for package in missing(f"{os.environ.get('PATH', os.defpath)}:{SYSTEM_PROGRAMS}"):
        install(package)
    # Where Python may keep nothing, each process of each run would compile all tests again: a third of a minute.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.execvp("pytest", ["pytest", "-n", "2", "--dist", "loadgroup", "-m", "not chaos", *arguments])


def missing(path: str) -> list[str]:
    """The Debian packages of which no program is on this path."""
    return [package for package, (program, _) in DRIVEN.items() if not shutil.which(program, path=path)]


def install(package: str) -> None:
    """Install one of Debian's packages, or say how."""
    if os.geteuid() or not shutil.which("apt-get"):
        sys.exit(f"make test: the tests drive {DRIVEN[package][1]}: `sudo apt-get install {package}`")
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    for step in (("update",), ("install", "--yes", "--no-install-recommends", package)):
        if run("apt-get", "-qq", *step):
            sys.exit(f"make test: {package} cannot be installed: `apt-get install {package}` says why")


def check(_: list[str]) -> int:
    """Run every gate but the tests, and say at the end which ones are shut."""
    shut = [" ".join(gate) for gate in CHECKS if run(*gate)]
    for gate in shut:
        sys.stderr.write(f"make check: failed: {gate}\n")
    return 1 if shut else 0


def lock(arguments: list[str]) -> int:
    """Write the locks from pyproject.toml; `--upgrade` takes newer releases."""
    for name, content in LOCKS.items():
        within = [] if name == "tools" else ["--constraint", "locks/tools.txt"]
        if run(*COMPILE, *PLAIN, *content.split(), *within, *arguments, "-o", f"locks/{name}.txt"):
            return 1
    return 0


if __name__ == "__main__":
    os.chdir(Path(__file__).resolve().parent.parent)
    Path("dist").mkdir(exist_ok=True)
    sys.exit(main(sys.argv[1:]))
