"""Real processes of the hub: started as an operator would, watched through their logs, asked over HTTP."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub import embedded
from hub.act import Act, Hub
from hub.actors import OPERATOR, SCOPES, Operation
from hub.auth import clients
from hub.cli.opening import prepare
from hub.db import new_id
from hub.keyring import Keyring
from hub.organisations import NewOrganisation, set_up
from hub.settings import load
from tests import hatchery
from tests.hatchery import HUB
from tests.servers import copy_server, end_below

PATIENCE_SECONDS = 120
METRICS_TOKEN = "metrics-for-tests"


@dataclass
class Process:
    """A process of the hub; its log lines as they come."""

    popen: subprocess.Popen[str] | hatchery.Hatched
    lines: list[str] = field(default_factory=list[str])
    said: list[str] = field(default_factory=list[str])
    readers: list[threading.Thread] = field(default_factory=list[threading.Thread])

    def __post_init__(self) -> None:
        for stream, kept in ((self.popen.stderr, self.lines), (self.popen.stdout, self.said)):
            assert stream is not None
            self.readers.append(
                threading.Thread(target=kept.extend, args=(iter(stream.readline, ""),), daemon=True)
            )
            self.readers[-1].start()

    def events(self, name: str) -> list[dict[str, Any]]:
        """The log lines of one event."""
        found = [json.loads(line) for line in self.lines if line.startswith("{")]
        return [line for line in found if line["event"] == name]

    def wait_for(self, name: str, count: int = 1) -> dict[str, Any]:
        """Wait until an event was logged."""
        until = time.monotonic() + PATIENCE_SECONDS
        while len(found := self.events(name)) < count:
            assert self.popen.poll() is None, f"ended with {self.popen.returncode}: {self.lines} {self.said}"
            assert time.monotonic() < until, f"{name} was not logged: {self.lines[-5:]}"
            time.sleep(0.02)
        return found[-1]

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.wait_for('hub.listens')['port']}"

    def tell(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.popen.send_signal(number)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the exit code."""
        self.tell(number)
        return self.wait()

    def wait(self) -> int:
        """Wait for the exit code, and for the last words."""
        code = self.popen.wait(PATIENCE_SECONDS)
        for reader, stream in zip(self.readers, (self.popen.stderr, self.popen.stdout), strict=True):
            reader.join(PATIENCE_SECONDS)
            if stream is not None:
                stream.close()
        return code


@dataclass(frozen=True)
class Place:
    """A database with its keyring and data folder: the environment of every command about it."""

    url: str
    folder: Path
    keyring: str

    def environment(self, **settings: str) -> dict[str, str]:
        """An environment with nothing else of the hub's in it."""
        ours = {
            "HUB_MODE": "run", "HUB_DATABASE_URL": self.url, "HUB_DATA_DIR": str(self.folder),
            "HUB_KEYRING": self.keyring, "HUB_PORT": "0", "HUB_METRICS_TOKEN": METRICS_TOKEN,
        }  # fmt: skip
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return {**kept, **ours, **settings}

    def run(self, *arguments: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return hatchery.run(arguments, self.environment(**settings), self.folder, stdin, PATIENCE_SECONDS)


Start = Callable[..., Process]


def begin_anew(command: list[str], environment: dict[str, str], folder: Path) -> Process:
    """Start a program in an interpreter of its own, as an operator does."""
    popen = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        start_new_session=True,
    )
    return Process(popen)


@pytest.fixture
def start() -> Iterator[Start]:
    """Start `hub`, a script, or another program anew; killed at the end of the test if it still runs."""
    started: list[Process] = []

    def begin(place: Place, *arguments: str, program: str = "", **settings: str) -> Process:
        environment = place.environment(**settings)
        if program:
            started.append(begin_anew([program, *arguments], environment, place.folder))
        else:
            started.append(Process(hatchery.begin(arguments, environment, place.folder)))
        return started[-1]

    yield begin
    for process in started:
        if process.popen.poll() is None:
            process.popen.kill()
        process.wait()


@pytest.fixture(scope="session")
def prepared(
    clone: Callable[..., str], worker_name: str, keyring: Keyring, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The name of a prepared database, to be cloned."""
    name = f"hub_prepared_{worker_name}"
    _in_loop(clone(name), tmp_path_factory.mktemp("prepared"), keyring)
    return name


@pytest.fixture
def place(
    clone: Callable[..., str], worker_name: str, keyring: Keyring, tmp_path: Path, prepared: str
) -> Place:
    """A prepared database of the test's own."""
    return Place(clone(f"hub_place_{worker_name}", prepared), tmp_path, keyring.dump())


@dataclass
class Own:
    """A PostgreSQL that a test may stop and start, with a prepared database in it."""

    server: embedded.Running
    place: Place

    def start_again(self) -> None:
        """Start it after it was stopped."""
        self.server = embedded.start(self.place.folder, durable=False)


@pytest.fixture(scope="session")
def prepared_server(
    keyring: Keyring, tmp_path_factory: pytest.TempPathFactory, stopped_server: Path
) -> Iterator[Path]:
    """The home of a server with a prepared database in it, to be copied."""
    folder = tmp_path_factory.mktemp("prepared")
    copy_server(stopped_server, folder)
    made = embedded.start(folder, durable=False)
    _in_loop(made.dsn, folder, keyring)
    assert made.stop()
    yield made.home
    shutil.rmtree(made.home)


@pytest.fixture
def own(keyring: Keyring, tmp_path: Path, prepared_server: Path) -> Iterator[Own]:
    """A PostgreSQL of the test's own."""
    copy_server(prepared_server, tmp_path)
    server = embedded.start(tmp_path, durable=False)
    try:
        yield Own(server, Place(server.dsn, tmp_path, keyring.dump()))
    finally:
        end_below(tmp_path)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Place]:
    """A folder without any hub in it; its PostgreSQL is stopped at the end."""
    yield Place("", tmp_path, "")
    end_below(tmp_path)


@pytest.fixture(scope="session")
def shared_place(
    clone: Callable[..., str],
    worker_name: str,
    keyring: Keyring,
    tmp_path_factory: pytest.TempPathFactory,
    prepared: str,
) -> Place:
    """A prepared database for tests that leave it as it is."""
    url = clone(f"hub_shared_{worker_name}", prepared)
    return Place(url, tmp_path_factory.mktemp("place"), keyring.dump())


def _in_loop(url: str, folder: Path, keyring: Keyring) -> None:
    settings = load(mode="run", data_dir=folder, keyring=keyring.dump())
    failed: list[BaseException] = []

    def work() -> None:
        try:
            asyncio.run(prepare(settings, url))
        except BaseException as error:  # noqa: BLE001 - raised again below
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


@pytest.fixture(scope="session")
def site(shared_place: Place) -> Iterator[Process]:
    """One running web server for all tests that only ask."""
    process = begin_anew([HUB, "serve"], shared_place.environment(HUB_LOG_LEVEL="DEBUG"), shared_place.folder)
    process.wait_for("hub.listens")
    yield process
    assert process.end() == 0


@pytest.fixture
def browser(site: Process) -> Iterator[httpx.Client]:
    """An HTTP client of that server; follows nothing, sends nothing of its own accord."""
    with httpx.Client(base_url=site.url, timeout=60, trust_env=False) as client:
        yield client


async def make_client(hub: Hub, scopes: list[str] | None = None) -> tuple[str, str]:
    """A client of a new organisation: its id and its secret."""

    async def body(act: Act) -> tuple[Any, Any]:
        key = f"o{new_id().hex[-12:]}"
        made = await set_up(
            act, NewOrganisation(key=key, name="Test", country="AU", contact="privacy@test.example")
        )
        return await clients.create(act, "Test", clients.Kind.APP, scopes or sorted(SCOPES), made.id)

    async with hub.act(OPERATOR, Operation.ORGANISATION_SET_UP) as act:
        client, secret = await body(act)
    return str(client.id), secret.get_secret_value()
