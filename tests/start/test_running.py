"""A hub of its own, as `make run` starts it: up, stopped by Ctrl-C, and found whole after kill -9."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

import pytest

from hub import embedded
from tests.servers import copy_server, end_below, running_below

Hub = subprocess.Popen[str]
PATIENCE_SECONDS = 120
PROGRAM = Path(sys.executable).with_name("hub")


@pytest.fixture
def begin(tmp_path: Path, stopped_server: Path) -> Iterator[Callable[[], Hub]]:
    """Start a hub whose output goes to a file of its own."""
    begun: list[Hub] = []
    data = tmp_path / "data"
    copy_server(stopped_server, data)

    def start() -> Hub:
        environment = {"PATH": os.environ["PATH"], "HUB_PORT": "0", "HUB_DATA_DIR": str(data)}
        with (tmp_path / f"said-{len(begun)}").open("w") as said:
            hub = subprocess.Popen(
                [PROGRAM, "run"], env=environment, stdout=said, stderr=said, text=True, cwd=tmp_path
            )
        begun.append(hub)
        return hub

    yield start
    for hub in begun:
        hub.kill()
        hub.wait()
    end_below(tmp_path)


def address(hub: Hub, said: Path) -> str:
    """Wait until the hub says where it listens."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        if found := re.search(r'"event":"hub.listens".*?"port":(\d+)', said.read_text()):
            return f"http://127.0.0.1:{found[1]}"
        assert hub.poll() is None, said.read_text()
        time.sleep(0.1)
    pytest.fail(said.read_text())


def answer(url: str) -> int:
    with urlopen(url, timeout=60) as response:  # noqa: S310 our own address
        return int(response.status)


@pytest.mark.slow
def test_a_hub_stops_with_its_database_joins_it_after_a_kill_and_starts_it_when_it_has_ended(
    begin: Callable[[], Hub], tmp_path: Path
) -> None:
    first = begin()
    assert answer(address(first, tmp_path / "said-0") + "/healthz") == 200
    first.send_signal(signal.SIGINT)
    assert first.wait(PATIENCE_SECONDS) == 0
    assert embedded.url(tmp_path / "data") is None
    second = begin()
    address(second, tmp_path / "said-1")
    second.kill()
    second.wait()
    assert embedded.url(tmp_path / "data"), "the database outlives its hub, and the next one joins it"
    third = begin()
    url = address(third, tmp_path / "said-2")
    assert answer(f"{url}/readyz") == 200
    a_database_that_ended_by_itself_is_started_again(tmp_path, url)
    third.send_signal(signal.SIGINT)
    assert third.wait(PATIENCE_SECONDS) == 0
    assert running_below(tmp_path) == {}
    assert "database.revived" in (tmp_path / "said-2").read_text()
    assert "Traceback" not in "".join((tmp_path / f"said-{number}").read_text() for number in range(3))


def a_database_that_ended_by_itself_is_started_again(folder: Path, url: str) -> None:
    [before] = running_below(folder)
    os.kill(before, signal.SIGQUIT)
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        if running_below(folder).keys() - {before} and ready(url):
            break
        time.sleep(0.1)
    assert running_below(folder).keys() - {before}


def ready(url: str) -> bool:
    with suppress(OSError):
        return answer(f"{url}/readyz") == 200
    return False
