"""A firm with many systems, all of its processes, and customers who ask: what a run of faults happens to.

Each system counts what it really did for each customer: those in SQLite by a trigger, those behind HTTP themselves.
"""

import random
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg

from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.db import new_id
from hub.rights import systems
from hub.rights.reaching import Reach
from hub.rights.systems import NewSystem
from schema.relay import global_id
from tests.chaos.stage import code_of
from tests.connectors.describing import EMAIL, ID, text
from tests.domain.firm import Firm, email
from tests.run.conftest import Place, Process, Start
from tests.run.counting import Counting
from workers.connectors.sql.journal import statement

WORKER = str(Path(__file__).resolve().parents[1] / "run" / "step_worker.py")
OPEN = """
    mutation ($input: OpenRightsRequestInput!) { openRightsRequest(input: $input) {
        request { id } problems { code path } } }
"""
READERS = """
    CREATE TABLE readers (id INTEGER PRIMARY KEY, email TEXT, is_muted INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE effect (reader INTEGER NOT NULL);
    CREATE TRIGGER counting AFTER UPDATE OF is_muted ON readers BEGIN INSERT INTO effect VALUES (NEW.id); END;
"""
PAUSE_SECONDS = 0.05


@dataclass
class Shelf:
    """A system in SQLite with every customer in it."""

    key: str
    file: Path

    def fill(self, customers: int) -> None:
        """Put everybody there."""
        with sqlite3.connect(self.file) as connection:
            connection.executescript(READERS + statement("sqlite"))
            rows = [(number, f"reader{number}@example.org") for number in range(customers)]
            connection.executemany("INSERT INTO readers (id, email) VALUES (?, ?)", rows)
        connection.close()

    def connected(self) -> NewSystem:
        """As it is connected by an operator."""
        marks = {"restrict": {"readers.is_muted": {"set": 1, "lift": 0}}}
        fields = {"id": ID, "email": EMAIL, "is_muted": {"data_categories": ["system.operations"]}}
        said = text(self.key, {"readers": fields}, meta={"privacy_hub": marks})
        return NewSystem(self.key, self.key, "SQL", Reach(f"sqlite:///{self.file}"), said.decode(), ())

    def effects(self) -> Counter[int]:
        """How often something was changed of each customer."""
        with sqlite3.connect(self.file) as connection:
            found = Counter(row[0] for row in connection.execute("SELECT reader FROM effect"))
        connection.close()
        return found


@dataclass
class House:
    """The processes of a hub, and where its web server is now."""

    place: Place
    start: Start
    smtp_url: str
    url: str = ""
    web: Process | None = None
    workers: list[Process] = field(default_factory=list[Process])

    def serve(self) -> None:
        """Start the web server; its public address stays, and so do the tokens it issued."""
        self.web = self.start(self.place, "serve", HUB_PUBLIC_URL="http://localhost:8000")
        self.url = self.web.url

    def work(self) -> None:
        """Start one more worker."""
        given = {"HUB_SMTP_URL": self.smtp_url, "HUB_MAIL_FROM": "privacy@firm.example"}
        self.workers.append(self.start(self.place, WORKER, "2.0", **given))

    def kill_web(self) -> None:
        """Kill the web server, and start another."""
        assert self.web is not None
        self.web.popen.kill()
        self.web.wait()
        self.serve()

    def kill_worker(self) -> None:
        """Kill the oldest worker, and start another."""
        oldest = self.workers.pop(0)
        oldest.popen.kill()
        oldest.wait()
        self.work()

    def mend(self) -> None:
        """Start again what ended by itself, as whoever looks after services does: a worker begins with a database."""
        for each in [each for each in self.workers if each.popen.poll() is not None]:
            self.workers.remove(each)
            self.work()

    def wait(self, question: str, seconds: float) -> None:
        """Wait until a count comes to nothing; the database may go meanwhile."""
        until, left = time.monotonic() + seconds, "?"
        while time.monotonic() < until:
            self.mend()
            with (
                suppress(psycopg.OperationalError),
                psycopg.connect(self.place.url, autocommit=True) as connection,
            ):
                row = connection.execute(question.encode()).fetchone()
                left = str(row and row[0])
            if left == "0":
                return
            time.sleep(0.2)
        raise AssertionError(f"{left} are left: {question}: {picture(self.place)}")


@dataclass
class Askers:
    """Customers who ask, each once, until they hear that it was taken. accepted: whose, and which request."""

    house: House
    token: str
    customers: Sequence[UUID]
    accepted: dict[UUID, str] = field(default_factory=dict[UUID, str])
    codes: Counter[str] = field(default_factory=Counter[str])

    def ask(self, at_once: int = 4) -> list[threading.Thread]:
        """Let them ask, some at a time."""
        waiting = list(self.customers)
        threads = [threading.Thread(target=self._ask_all, args=(waiting,)) for _ in range(at_once)]
        for each in threads:
            each.start()
        return threads

    def _ask_all(self, waiting: list[UUID]) -> None:
        with httpx.Client(timeout=30, trust_env=False) as client:
            while waiting:
                try:
                    customer = waiting.pop()
                except IndexError:
                    return
                self._ask(client, customer, str(new_id()))

    def _ask(self, client: httpx.Client, customer: UUID, key: str) -> None:
        given = {
            "kind": "RESTRICTION",
            "channel": "PHONE",
            "identifiedBy": "IN_PERSON",
            "evidence": "branch 4",
        }
        body = {
            "query": OPEN,
            "variables": {"input": {"customer": {"id": global_id("Customer", customer)}, **given}},
        }
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": f'"{key}"'}
        while (code := self._try(client, body, headers, customer)) != "done":
            self.codes[code] += 1
            time.sleep(PAUSE_SECONDS)
        self.codes[code] += 1

    def _try(self, client: httpx.Client, body: Any, headers: dict[str, str], customer: UUID) -> str:
        try:
            said = client.post(f"{self.house.url}/graphql", json=body, headers=headers).json()
        except (httpx.HTTPError, ValueError):
            return "lost"
        code = code_of(said) or "done"
        if code == "done":
            self.accepted[customer] = said["data"]["openRightsRequest"]["request"]["id"]
        return code


async def furnish(
    hub: Hub, firm: Firm, shelves: Sequence[Shelf], services: Sequence[Counting], many: int
) -> list[UUID]:
    """Connect the systems, and meet as many customers."""
    new = [
        *(each.connected() for each in shelves),
        *(each.connected(f"news-{n}") for n, each in enumerate(services)),
    ]
    for each in new:
        async with hub.act(OPERATOR, Operation.SYSTEM_CONNECT) as act:
            await systems.connect(act, each, firm.id)
    for each in shelves:
        each.fill(many)
    return [
        await firm.customer(jurisdictions=["UK"], identifiers=[email(f"reader{number}@example.org")])
        for number in range(many)
    ]


def picture(place: Place) -> list[tuple[Any, ...]]:
    """How the steps of all requests stand, and why."""
    with psycopg.connect(place.url) as connection:
        return connection.execute(
            "SELECT state, name, why, count(*) FROM rights_step GROUP BY 1, 2, 3"
        ).fetchall()


def plan(chance: random.Random, kinds: Sequence[Callable[[], None]], kills: int) -> list[Callable[[], None]]:
    """Which process dies when: each kind in turn at first, then by chance."""
    return [kinds[number] if number < len(kinds) else chance.choice(kinds) for number in range(kills)]
