"""A run of tests that leaves a PostgreSQL behind fails, says whose it is, and ends it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import running_below

ROOT = Path(__file__).resolve().parents[2]
FORGETFUL = """
from hub import embedded

def test_that_forgets(tmp_path):
    embedded.start(tmp_path / "data", durable=False)

def test_that_stops(tmp_path):
    assert embedded.start(tmp_path / "data", durable=False).stop()
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("chosen", "processes", "code"), [("forgets", "0", 1), ("forgets", "2", 1), ("stops", "2", 0)]
)
def test_a_run_that_leaves_a_server_behind_fails_and_ends_it(
    tmp_path: Path, chosen: str, processes: str, code: int
) -> None:
    (tmp_path / "test_it.py").write_text(FORGETFUL)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    made = tmp_path / "made"
    words = ["-p", "tests.servers", "-p", "xdist", "-n", processes, f"--basetemp={made}", "-k", chosen]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, "--rootdir", str(tmp_path), str(tmp_path / "test_it.py")],
        cwd=ROOT,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    assert (f"The tests left PostgreSQL running for {made}" in done.stdout) is bool(code)
    assert running_below(tmp_path) == {}
