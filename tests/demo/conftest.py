"""A demo that runs in a folder of its own, as after `make demo`: data in ``.data``, programs in ``.venv``."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 90


@dataclass(frozen=True)
class Demo:
    """A demo that runs. said: what its terminal showed; address: where it answers."""

    folder: Path
    environment: dict[str, str]
    said: str
    address: str


@pytest.fixture(scope="session")
def demo(
    clone: Callable[[str], str], worker_name: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Demo]:
    """`hub demo`, once for all tests."""
    folder = tmp_path_factory.mktemp("demo")
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / "docs").symlink_to(ROOT / "docs")
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    ours = {"HUB_DATABASE_URL": clone(f"hub_demo_{worker_name}"), "HUB_MODE": "demo", "HUB_PORT": "0"}
    log = folder / "terminal"
    with log.open("w") as terminal:
        running = subprocess.Popen(
            [".venv/bin/hub", "demo"],
            cwd=folder,
            env={**kept, **ours},
            stdout=terminal,
            stderr=subprocess.STDOUT,
        )
    try:
        said = wait_for_greeting(running, log)
        found = re.search(r"http://localhost:\d+", said)
        assert found
        yield Demo(folder, {**kept, **ours}, said, found[0])
    finally:
        running.terminate()
        assert running.wait(PATIENCE_SECONDS) == 0


def wait_for_greeting(running: subprocess.Popen[bytes], log: Path) -> str:
    until = time.monotonic() + PATIENCE_SECONDS
    while "Go on with" not in (said := log.read_text(encoding="utf-8")):
        assert running.poll() is None, said
        assert time.monotonic() < until, said
        time.sleep(0.05)
    return said
