"""Processes die without warning, under load: nothing that was acknowledged is lost, nothing happens twice."""

import asyncio
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from hub import embedded
from hub.act import Hub
from hub.actors import OPERATOR, SCOPES, Operation
from hub.auth import clients
from hub.keyring import Keyring
from hub.settings import load
from tests.chaos.journal import Journal
from tests.chaos.replayed import assert_whole
from tests.run.conftest import PATIENCE_SECONDS, Place, Process, Start
from tests.servers import copy_server, end_below, running_below
from tests.world import build_world

APPS, CUSTOMERS, SAMPLE, FLOOR = 4, 12, 20, 20
WEB_ROUNDS = [pytest.param(3, id="few"), pytest.param(20, id="many", marks=pytest.mark.chaos)]
DATABASE_ROUNDS = [pytest.param(2, id="few"), pytest.param(10, id="many", marks=pytest.mark.chaos)]


async def opened(place: Place) -> Hub:
    return await Hub.open(load(mode="run", data_dir=place.folder, keyring=place.keyring), place.url)


async def furnish(place: Place) -> tuple[dict[str, str], Journal]:
    """Set a firm up with customers and an app; returns how the app signs in."""
    hub = await opened(place)
    world = await build_world(hub)
    customers = [await world.customer(hub, joined="2025-08-01", shown="v3") for _ in range(CUSTOMERS)]
    async with hub.act(OPERATOR, Operation.CLIENT_CREATE) as act:
        client, secret = await clients.create(
            act, "Desk", clients.Kind.APP, sorted(SCOPES), world.organisation.id
        )
    await hub.close()
    form = {"grant_type": "client_credentials", "client_id": str(client.id)}
    return {**form, "client_secret": secret.get_secret_value()}, Journal("", customers, seed=1)


def serve(start: Start, place: Place) -> Process:
    """Start a web server; its public address stays, as behind a load balancer, and so do the tokens it issued."""
    return start(place, "serve", HUB_PUBLIC_URL="http://localhost:8000")


def sign_in(journal: Journal, process: Process, form: dict[str, str]) -> None:
    journal.url = process.url
    journal.token = httpx.post(f"{journal.url}/oauth/token", data=form, trust_env=False).json()[
        "access_token"
    ]


async def judge(place: Place) -> None:
    hub = await opened(place)
    try:
        await assert_whole(hub)
    finally:
        await hub.close()


def let_work(journal: Journal) -> None:
    """Wait until apps have done enough to make a kill worth it."""
    wanted, until = len(journal.done) + FLOOR, time.monotonic() + PATIENCE_SECONDS
    while len(journal.done) < wanted and time.monotonic() < until:
        time.sleep(0.02)


def settle(journal: Journal, place: Place, floor: int) -> None:
    """Come to rest, and hold the journal against the database."""
    journal.resolve()
    journal.assert_kept(place.url)
    journal.assert_answered_alike(SAMPLE)
    assert len(journal.done) >= floor, "too little was done to prove anything"
    asyncio.run(judge(place))


@pytest.mark.parametrize("rounds", WEB_ROUNDS)
def test_no_acknowledged_act_is_lost_when_the_web_server_is_killed(
    place: Place, start: Start, rounds: int
) -> None:
    form, journal = asyncio.run(furnish(place))
    chance, process = random.Random(rounds), serve(start, place)  # noqa: S311 - a seeded plan
    for _ in range(rounds):
        sign_in(journal, process, form)
        stop = threading.Event()
        apps = journal.work(APPS, stop)
        let_work(journal)
        time.sleep(chance.random() / 2)
        process.end(signal.SIGKILL)
        stop.set()
        for app in apps:
            app.join()
        process = serve(start, place)
        journal.url = process.url
        assert journal.resolve() > 0, "the kill met nobody"
    settle(journal, place, floor=rounds * FLOOR)


@dataclass
class Durable:
    """A PostgreSQL of the test's own that keeps its promises, prepared for a hub."""

    place: Place

    def start_again(self) -> None:
        """Start the server after it died."""
        embedded.start(self.place.folder)


@pytest.fixture
def durable(keyring: Keyring, tmp_path: Path, prepared_server: Path) -> Iterator[Durable]:
    """One for each test."""
    copy_server(prepared_server, tmp_path)
    server = embedded.start(tmp_path)
    try:
        yield Durable(Place(server.dsn, tmp_path, keyring.dump()))
    finally:
        end_below(tmp_path)


def kill_the_database(place: Place) -> None:
    """Kill every process of the server at once, as the machine's end would."""
    [parent] = running_below(place.folder)
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii").split()
    for process in (parent, *map(int, children)):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.parametrize("rounds", DATABASE_ROUNDS)
def test_no_acknowledged_act_is_lost_when_the_database_is_killed(
    durable: Durable, start: Start, rounds: int
) -> None:
    place = durable.place
    form, journal = asyncio.run(furnish(place))
    chance, process = random.Random(rounds), serve(start, place)  # noqa: S311 - a seeded plan
    sign_in(journal, process, form)
    for _ in range(rounds):
        stop = threading.Event()
        apps = journal.work(APPS, stop)
        let_work(journal)
        time.sleep(chance.random() / 2)
        kill_the_database(place)
        time.sleep(0.2)
        durable.start_again()
        time.sleep(0.5)
        stop.set()
        for app in apps:
            app.join()
        journal.resolve()
    assert [(each["kind"], each["at"]) for each in process.events("schema.fault")] == []
    assert journal.codes["UNAVAILABLE"] + journal.codes["OUTCOME_UNKNOWN"] > 0, "the kill met nobody"
    settle(journal, place, floor=rounds * FLOOR)
