"""Requests over many systems while workers, web servers, the database and the mail server die: all come to their end.

None is lost, nothing is done twice, nothing counts as done without proof, and everybody gets their letter.
"""

import asyncio
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Coroutine, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from hub.actors import OPERATOR, SCOPES, Operation
from hub.auth import clients
from tests.chaos.house import Askers, House, Shelf, furnish, plan
from tests.chaos.test_kills import Durable, durable, kill_the_database, opened
from tests.domain.firm import found
from tests.letters.conftest import Server
from tests.run.conftest import Start
from tests.run.counting import Counting, counting

__all__ = ["durable"]

UNANSWERED = "SELECT count(*) FROM rights_request WHERE state <> 'ANSWERED'"
UNSENT = "SELECT count(*) FROM letter WHERE state <> 'SENT'"
LETTERS = """
    SELECT request_id, array_agg(template ORDER BY template) FROM letter WHERE state = 'SENT' GROUP BY request_id
"""
UNPROVED = (
    "SELECT count(*) FROM rights_step WHERE state <> 'DONE' OR evidence IS NULL OR lease_until IS NOT NULL"
)
ODD = ((500, b""), (200, b"OK"), (503, b""))


@dataclass(frozen=True)
class Size:
    """How much happens. pause_seconds: at most, between two deaths."""

    requests: int
    shelves: int
    services: int
    kills: int
    pause_seconds: float
    patience_seconds: float


FEW = Size(20, 2, 1, 3, 0.6, 60)
MANY = Size(500, 6, 4, 30, 3.0, 900)
SIZES = [pytest.param(FEW, id="few"), pytest.param(MANY, id="many", marks=pytest.mark.chaos)]


class Mail:
    """A mail server in a thread of its own, which can go away and come back."""

    def __init__(self) -> None:
        self.server = Server()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._up = ExitStack()
        self.come()

    def come(self) -> None:
        """Take mail, at the same port as before; nothing where it does already."""
        if not self.is_up:
            receiving = self.server.receiving(self.server.port)
            self._run(receiving.__aenter__())
            self._up.callback(lambda: self._run(receiving.__aexit__(None, None, None)))
            self.is_up = True

    def go(self) -> None:
        """Take none."""
        self._up.close()
        self.is_up = False

    is_up = False

    def _run(self, doing: Coroutine[Any, Any, Any]) -> None:
        asyncio.run_coroutine_threadsafe(doing, self._loop).result(30)

    def end(self) -> None:
        """Stop it for good."""
        self.go()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@contextmanager
def mailing() -> Generator[Mail]:
    """Run a mail server."""
    mail = Mail()
    try:
        yield mail
    finally:
        mail.end()


async def _set_up(
    durable: Durable, shelves: list[Shelf], services: list[Counting], many: int
) -> tuple[dict[str, str], list[UUID]]:
    hub = await opened(durable.place)
    firm = await found(hub)
    customers = await furnish(hub, firm, shelves, services, many)
    async with hub.act(OPERATOR, Operation.CLIENT_CREATE) as act:
        client, secret = await clients.create(act, "Desk", clients.Kind.APP, sorted(SCOPES), firm.id)
    await hub.close()
    form = {"grant_type": "client_credentials", "client_id": str(client.id)}
    return {**form, "client_secret": secret.get_secret_value()}, customers


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_every_request_is_answered_once_whatever_dies(durable: Durable, start: Start, size: Size) -> None:
    place, chance = durable.place, random.Random(size.requests)  # noqa: S311 - a seeded plan
    with ExitStack() as running:
        services = [running.enter_context(counting()) for _ in range(size.services)]
        services[0].misbehave = lambda number: ODD[number - 1] if number <= len(ODD) else None
        mail = running.enter_context(mailing())
        shelves = [
            Shelf(f"shelf-{number}", place.folder / f"shelf-{number}.db") for number in range(size.shelves)
        ]
        form, customers = asyncio.run(_set_up(durable, shelves, services, size.requests))
        house = House(place, start, mail.server.url)
        house.serve()
        house.work()
        house.work()
        token = httpx.post(f"{house.url}/oauth/token", data=form, trust_env=False).json()["access_token"]
        askers = Askers(house, token, customers)
        began, asking = time.monotonic(), askers.ask()
        kills = _kill(durable, house, mail, size, chance)
        for each in asking:
            each.join()
        house.wait(UNANSWERED, size.patience_seconds)
        house.wait(UNSENT, size.patience_seconds)
        took = time.monotonic() - began
    _judge(askers, shelves, services, size)
    calls, effects = (sum(each.total() for each in kind) for kind in (
        [each.calls for each in services], [each.effects for each in services],
    ))  # fmt: skip
    said = f"\n{size.requests} requests answered in {took:.0f} s through {dict(kills)}; asked: {dict(askers.codes)}; "
    sys.stdout.write(f"{said}{calls} calls for {effects} effects; {len(mail.server.came)} letters\n")
    assert kills.total() >= size.kills


def _kill(durable: Durable, house: House, mail: Mail, size: Size, chance: random.Random) -> Counter[str]:
    """Let processes die at random moments, the mail server for the middle third of them."""
    died: Counter[str] = Counter()

    def database() -> None:
        kill_the_database(durable.place)
        time.sleep(0.2)
        durable.start_again()

    kinds = [house.kill_worker, database, house.kill_web]
    for number, kill in enumerate(plan(chance, kinds, size.kills)):
        (mail.go if size.kills <= 3 * number < 2 * size.kills else mail.come)()
        time.sleep(chance.uniform(0.1, size.pause_seconds))
        house.mend()
        kill()
        died[kill.__name__] += 1
    mail.come()
    return died


def _judge(askers: Askers, shelves: list[Shelf], services: list[Counting], size: Size) -> None:
    """Nothing lost, nothing twice, nothing without proof, nobody without a letter."""
    assert len(set(askers.accepted.values())) == size.requests
    for shelf in shelves:
        assert shelf.effects() == Counter(range(size.requests)), shelf.key
    for each in services:
        assert (len(each.effects), set(each.effects.values())) == (size.requests, {1})
    with psycopg.connect(askers.house.place.url) as connection:
        assert connection.execute("SELECT count(*) FROM rights_request").fetchone() == (size.requests,)
        assert connection.execute(UNPROVED).fetchone() == (0,)
        told = dict(connection.execute(LETTERS).fetchall())
    assert len(told) == size.requests
    assert {tuple(each) for each in told.values()} == {("rights_answered", "rights_received")}
