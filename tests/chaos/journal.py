"""Apps at work on a real server, each with a journal of what it meant and what it was told, through every crash.

The journal is the client's: what it holds as done must be in the database, what it holds as refused must not,
and what is unknown the same key resolves, once.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, LiteralString
from uuid import UUID

import httpx
import psycopg

from tests.chaos import stage as acts
from tests.chaos.stage import Intention, code_of

KINDS: Sequence[Callable[[UUID], Intention]] = (acts.decide, acts.opt_out, lambda _: acts.create())
TYPED = {"UNAVAILABLE", "OUTCOME_UNKNOWN", "IN_PROGRESS"}
EFFECTS: dict[str, LiteralString] = {
    acts.DECIDE: "SELECT customer_id::text, count(*) FROM decision_subject GROUP BY 1",
    acts.OPT_OUT: "SELECT customer_id::text, count(*) FROM choice GROUP BY 1",
    acts.CREATE: "SELECT 'all', count(*) FROM customer GROUP BY 1",
}
PAUSE_SECONDS = 0.02


@dataclass
class Journal:
    """What one hub's apps meant to do and were told. url: where the server is now; it moves as servers die."""

    token: str
    customers: Sequence[UUID]
    seed: int
    url: str = ""
    done: dict[str, tuple[Intention, UUID, Any]] = field(
        default_factory=dict[str, tuple[Intention, UUID, Any]]
    )
    unknown: list[tuple[Intention, UUID]] = field(default_factory=list[tuple[Intention, UUID]])
    refused: int = 0
    codes: Counter[str] = field(default_factory=Counter[str])

    def work(self, apps: int, stop: threading.Event) -> list[threading.Thread]:
        """Let apps act until told to stop."""
        plans = [random.Random(f"{self.seed}/{number}") for number in range(apps)]  # noqa: S311 - seeded plans
        threads = [threading.Thread(target=self._live, args=(plan, stop)) for plan in plans]
        for thread in threads:
            thread.start()
        self.seed += 1
        return threads

    def _live(self, chance: random.Random, stop: threading.Event) -> None:
        with httpx.Client(timeout=30, trust_env=False) as client:
            while not stop.is_set():
                customer = chance.choice(self.customers)
                self.try_once(client, chance.choice(KINDS)(customer), customer)

    def try_once(self, client: httpx.Client, meant: Intention, customer: UUID) -> None:
        """Ask once, and write down what came of it."""
        try:
            said = self._post(client, meant)
        except httpx.HTTPError:
            self.unknown.append((meant, customer))
            time.sleep(PAUSE_SECONDS)
            return
        code = code_of(said)
        self.codes[code or "done"] += 1
        if code is None:
            self.done[meant.key] = (meant, customer, said["data"])
        elif code == "UNAVAILABLE":
            self.refused += 1
            time.sleep(PAUSE_SECONDS)
        else:
            self.unknown.append((meant, customer))

    def _post(self, client: httpx.Client, meant: Intention) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": f'"{meant.key}"'}
        body = {"query": meant.document, "variables": {"input": meant.input}}
        return client.post(f"{self.url}/graphql", json=body, headers=headers).json()

    def resolve(self) -> int:
        """Find out about what is unknown, by the same keys; returns how much there was."""
        waiting, self.unknown = self.unknown, []
        with httpx.Client(timeout=30, trust_env=False) as client:
            for meant, customer in waiting:
                self.try_once(client, meant, customer)
        assert not self.unknown, "with everything up again, every key is answered"
        return len(waiting)

    def assert_kept(self, database: str) -> None:
        """Require every effect that was promised, and no other."""
        assert set(self.codes) <= TYPED | {"done"}, self.codes
        meant: dict[str, Counter[str]] = {document: Counter() for document in EFFECTS}
        for intention, customer, _ in self.done.values():
            meant[intention.document]["all" if intention.document == acts.CREATE else str(customer)] += 1
        meant[acts.CREATE]["all"] += len(self.customers)
        with psycopg.connect(database) as connection:
            for document, question in EFFECTS.items():
                assert dict(connection.execute(question).fetchall()) == dict(meant[document])

    def assert_answered_alike(self, sample: int) -> None:
        """Require that a key once answered is answered so again."""
        with httpx.Client(timeout=30, trust_env=False) as client:
            for meant, _, told in list(self.done.values())[-sample:]:
                again = self._post(client, meant)
                assert again["data"] == told
