"""The gates: what is missing is said, what fails is named, and nothing passes by being skipped."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ("ruff", "pyright", "lint-imports", "hadolint", "pytest")


def gate(name: str, path: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / ".ci" / "gates.py", name]
    environment = {"PATH": str(path), **settings}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder of programs of the gates' names, all of which are content."""
    for name in PROGRAMS:
        write(tmp_path / name, 0)
    return tmp_path


def write(program: Path, code: int) -> None:
    program.write_text(f"#!/bin/sh\nexit {code}\n")
    program.chmod(0o755)


def test_the_check_passes_when_every_gate_is_open(programs: Path) -> None:
    done = gate("check", programs)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_check_names_each_gate_that_is_shut(programs: Path, name: str) -> None:
    write(programs / name, 1)
    done = gate("check", programs)
    assert done.returncode == 1
    assert {line.split()[3] for line in done.stderr.splitlines()} == {name}


def test_tests_without_a_browser_stop_with_the_line_that_brings_it(tmp_path: Path) -> None:
    done = gate("test", tmp_path)
    assert done.returncode == 1
    assert done.stderr == "make test: the tests drive the Chromium browser: `sudo apt-get install chromium`\n"


def test_a_browser_that_cannot_be_installed_stops_the_tests(tmp_path: Path) -> None:
    write(tmp_path / "apt-get", 100)
    done = gate("test", tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("make test: ")
    assert "apt-get install chromium`" in done.stderr
    assert done.stderr.count("\n") == 1


def test_what_tests_drive_is_missed_by_its_package(tmp_path: Path) -> None:
    missing = runpy.run_path(str(ROOT / ".ci" / "gates.py"))["missing"]
    assert missing(str(tmp_path)) == ["chromium", "mariadb-server"]
    write(tmp_path / "mariadbd", 0)
    assert missing(str(tmp_path)) == ["chromium"]


def test_the_tests_exit_code_is_that_of_the_tests(programs: Path) -> None:
    write(programs / "chromium", 0)
    write(programs / "mariadbd", 0)
    write(programs / "pytest", 5)
    assert gate("test", programs).returncode == 5


def test_what_the_tests_compile_is_kept_for_the_next_run(programs: Path) -> None:
    for name in ("chromium", "mariadbd"):
        write(programs / name, 0)
    (programs / "pytest").write_text('#!/bin/sh\nexit "${PYTHONDONTWRITEBYTECODE:-0}"\n')
    assert gate("test", programs, PYTHONDONTWRITEBYTECODE="1").returncode == 0


def test_what_stands_before_main_runs_every_gate_and_every_test() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    lines = script.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "#!/usr/bin/env bash"
    assert {"set -euo pipefail", "make check", "make test"} <= set(lines)
    assert 'export HUB_SCREENSHOTS="${HUB_SCREENSHOTS:-$PWD/dist/screenshots}"' in lines, "pages are pictured"
