"""Seeded histories: everybody acts on one real hub, while a plan moves the clock and lets things fail.

The database is a copy of one that was furnished once. What happens in it is chosen by the seed alone.
"""

import asyncio
import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from hub import asgi
from hub.act import Hub
from hub.actors import OPERATOR, SCOPES, Operation
from hub.auth import clients
from hub.readiness import Readiness
from hub.settings import Settings
from tests.chaos.clocks import make_movable, move
from tests.chaos.planting import FULL, NEVER, PASSING, fail_soon, plan, plant
from tests.chaos.players import App, Inspectors, Reader, Sealer, Site, Staff, Worker
from tests.chaos.turns import PATIENCE_SECONDS, Fate, Turn, Turns
from tests.handing.conftest import Firm, found
from tests.internal.door import Door
from tests.partner.partner import Partner, invite

TABLES = (
    "act", "idempotent_answer", "ledger_entry", "ledger_detail", "decision", "decision_subject", "disclosure",
    "choice", "collection", "customer", "customer_event", "customer_state", "profile_value", "keys.customer_key",
    "withdrawal", "withdrawal_place", "recheck", "ledger_leaf", "ledger_seal",
)  # fmt: skip
CUSTOMERS, APPS, HOURS = 6, 3, 5


@dataclass(frozen=True)
class Scene:
    """What every history begins with: a database to be copied, and who is in it."""

    database: str
    settings: Settings
    firm: Firm
    customers: Sequence[UUID]
    login: tuple[str, str]
    partner: tuple[UUID, UUID, str | None]


async def furnish(url: str, database: str, settings: Settings) -> Scene:
    """Set a firm up, in a database whose clock can be moved and whose tables fail when they are told to."""
    hub = await Hub.open(settings, url)
    firm = await found(hub)
    whom = await firm.customers(CUSTOMERS)
    await firm.every(firm.partner("quay-inspections"))
    async with hub.act(OPERATOR, Operation.CLIENT_CREATE) as act:
        of = firm.world.organisation.id
        client, secret = await clients.create(act, "Desk", clients.Kind.APP, sorted(SCOPES), of)
    app = asgi.create_app(hub, Readiness(hub, []))
    partner = await invite(hub, app, firm.world, method="client_secret")
    await hub.close()
    superuser = await asyncpg.connect(url)
    try:
        await make_movable(superuser)
        await plant(superuser, TABLES)
        await plan(superuser, FULL, NEVER, NEVER)
        await superuser.execute(f'ALTER DATABASE "{database}" SET deadlock_timeout = 20')
    finally:
        await superuser.close()
    login = (str(client.id), secret.get_secret_value())
    return Scene(
        database, settings, firm, whom, login, (partner.client_id, partner.recipient_id, partner.secret)
    )


@dataclass(frozen=True)
class Odds:
    """How often something goes wrong, per turn; every seed has odds of its own, and some never see a kind of fault."""

    lost: float
    fails: float
    moves: float
    crashes: float

    @classmethod
    def drawn(cls, chance: random.Random) -> "Odds":
        """Draw some."""
        times = [chance.choice((0, 1, 3)) for _ in range(4)]
        return cls(0.02 * times[0], 0.02 * times[1], 0.02 * times[2], 0.004 * times[3])


@dataclass
class History:
    """One run. hit: how often each kind of fault befell somebody."""

    scene: Scene
    seed: int
    turns: Turns
    folder: Path
    hit: dict[str, int] = field(default_factory=dict[str, int])

    def __post_init__(self) -> None:
        """Cast the players; each draws from a chance of its own, so that none disturbs another's."""
        firm, whom = self.scene.firm, self.scene.customers
        self.chance = self._drawing("plan")
        self.odds = Odds.drawn(self.chance)
        self.apps = [App(f"app {n}", self._drawing(f"app {n}"), whom, self.scene.login) for n in range(APPS)]
        self.inspectors = Inspectors()
        self.reader = Reader(firm.partner("quay-inspections"), self._drawing("reader"))
        self.staff = Staff(self._drawing("staff"), whom, firm.world.organisation.id)
        workers = [Worker(f"worker {n}", self._drawing(f"worker {n}")) for n in range(2)]
        self.players: list[Any] = [
            *self.apps, self.inspectors, self.reader, self.staff, *workers, Sealer("sealer 0"), Sealer("sealer 1")
        ]  # fmt: skip
        self.tasks: list[asyncio.Task[None]] = []

    def _drawing(self, name: str) -> random.Random:
        return random.Random(f"{self.seed}/{name}")  # noqa: S311 - a seeded plan

    async def play(self, steps: int) -> None:
        """Let it happen, and come to rest."""
        await self.begin()
        for _ in range(steps):
            await self._disturb()
            if not await self.turns.next(self._fate):
                raise AssertionError("nobody can go on")
            self._raise_failures()
        await self.turns.quiet()
        await self.crash()

    async def begin(self) -> None:
        """Open a hub, and let everybody find it."""
        self.hub = await Hub.open(
            self.scene.settings.model_copy(update={"data_dir": self.folder}), self.turns.url
        )
        site = site_of(self.hub, self.scene, self.turns)
        self.tasks = [asyncio.create_task(each.live(site)) for each in self.players]

    async def crash(self) -> None:
        """The hub is gone, with all that it was doing; those who asked do not know what became of it."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while living := [each for each in self.tasks if not each.done()]:
                for each in living:  # again, where it was told that its connection is lost instead
                    each.cancel()
                await self.turns.drop()
                await asyncio.wait(living, timeout=0.01)
        self.turns.waiting.clear()
        await self.hub.close()

    def _raise_failures(self) -> None:
        for each in self.tasks:
            if each.done():
                each.result()

    async def _disturb(self) -> None:
        drawn = [self.chance.random() for _ in range(3)]
        if drawn[0] < self.odds.moves:
            # Mostly by little, as clocks are; where it is by much, every token ends.
            minutes = self.chance.choice((1, 1, 3, 60)) * self.chance.randint(-HOURS, HOURS)
            self._note("clock", f"the clock is wrong by {minutes} minutes")
            await move(self.turns.watch, timedelta(minutes=minutes))
        if drawn[1] < self.odds.fails:
            sqlstate, after = self.chance.choice((*PASSING, FULL)), self.chance.randint(1, 12)
            self._note("error", f"call {after} from now fails with {sqlstate}")
            await fail_soon(self.turns.watch, sqlstate, after)
        if drawn[2] < self.odds.crashes:
            await self.turns.quiet()
            self._note("crash", "the hub dies")
            await self.crash()
            await self.begin()

    async def _fate(self, turn: Turn) -> Fate:
        drawn, kind = self.chance.random(), self.chance.choice((Fate.LOST, Fate.UNANSWERED))
        if turn.line is None or drawn >= self.odds.lost:
            return Fate.PASSES
        self.hit[kind.name] = self.hit.get(kind.name, 0) + 1
        return kind

    def _note(self, kind: str, what: str) -> None:
        self.hit[kind] = self.hit.get(kind, 0) + 1
        self.turns.note(what)

    @property
    def digest(self) -> str:
        """Of all that happened, in its order."""
        return hashlib.sha256("\n".join(self.turns.history).encode()).hexdigest()


def site_of(hub: Hub, scene: Scene, turns: Turns | None) -> Site:
    """A hub as its clients reach it; without turns, nobody waits for one."""
    site = asgi.create_app(hub, Readiness(hub, []))
    client_id, recipient_id, secret = scene.partner

    async def at_once(_: str, __: str) -> None:
        """Nobody has to wait."""

    return Site(
        hub,
        Door(hub, site),
        Partner(hub, site, client_id, recipient_id, secret),
        turns.turn if turns else at_once,
    )
