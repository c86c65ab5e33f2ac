"""A demo that runs in a folder of its own, as after `make demo`: data in ``.data``, programs in ``.venv``."""

import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from hub import demo as made
from hub.act import Hub
from hub.cli import greeting
from hub.settings import Mode, Settings
from tests.hatchery import HUB

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 300


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
    install(folder / ".venv")
    (folder / "docs").symlink_to(ROOT / "docs")
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    ours = {"HUB_DATABASE_URL": clone(f"hub_demo_{worker_name}"), "HUB_MODE": "demo", "HUB_PORT": "0"}
    log = folder / "terminal"
    with log.open("w") as terminal:
        running = subprocess.Popen(
            [HUB, "demo"],
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


def install(venv: Path) -> None:
    """Give a folder its programs, all but `hub`: whoever calls that there says which one it is."""
    (venv / "bin").mkdir(parents=True)
    prefix = Path(sys.prefix)
    for each in (*prefix.iterdir(), *(prefix / "bin").iterdir()):
        if each.name not in {"bin", "hub"}:
            (venv / each.relative_to(prefix)).symlink_to(each)


def wait_for_greeting(running: subprocess.Popen[bytes], log: Path) -> str:
    until = time.monotonic() + PATIENCE_SECONDS
    while "Go on with" not in (said := log.read_text(encoding="utf-8")):
        assert running.poll() is None, said
        assert time.monotonic() < until, said
        time.sleep(0.05)
    return said


@pytest_asyncio.fixture(scope="session")
async def made_up(
    settings: Settings,
    clone: Callable[[str], str],
    worker_name: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Hub]:
    """A hub with the people, requests and copies of the demo, for tests that leave these as they are."""
    given = {"mode": Mode.DEMO, "data_dir": tmp_path_factory.mktemp("made-up")}
    hub = await Hub.open(settings.model_copy(update=given), clone(f"hub_made_up_{worker_name}"))
    assert await made.load(hub)
    await greeting.load_demo(hub)
    yield hub
    await hub.close()
