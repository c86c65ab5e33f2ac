"""Many histories of one hub, each chosen by a seed: whoever acts, whatever fails and whenever, what must hold does.

A seed that failed is played again by its number: `HUB_CHAOS_SEED=17 make chaos ARGS=tests/chaos/test_simulation.py`.
"""

import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from traceback import extract_tb

import asyncpg
import pytest
import pytest_asyncio

from hub.act import Hub
from hub.db import SERVER_SETTINGS, new_id
from hub.partners import placing
from hub.settings import Settings
from schema.limits import LIMITS
from tests.chaos import histories
from tests.chaos.histories import History, Scene, furnish
from tests.chaos.judging import judge
from tests.chaos.players import App, Site
from tests.chaos.turns import Turns
from tests.conftest import Clone

FEW, MANY, WITHIN = 2, 200, 50
TURNS = [pytest.param(250, id="few"), pytest.param(400, id="many", marks=pytest.mark.chaos)]
TOLD = 60
GIVEN = os.environ.get("HUB_CHAOS_SEED", "")
"""Seeds that are played in the place of all others, with commas between them."""
HIT: Counter[str] = Counter()
FLOOR = {
    "LOST": 200, "UNANSWERED": 200, "error": 500, "clock": 500, "crash": 100,
    "done": 500, "handed over": 150, "withdrawal": 200,
}  # fmt: skip
"""How often each kind of fault befalls somebody in all of them, and how much is done, handed over and taken back."""


def seeds() -> list[object]:
    """Those that are asked for; otherwise a few, and many in `make chaos`."""
    numbers = [int(each) for each in GIVEN.split(",")] if GIVEN else range(MANY)
    is_often = [not GIVEN and number >= FEW for number in numbers]
    marks = [[pytest.mark.chaos] if often else [] for often in is_often]
    return [
        pytest.param(number, id=f"seed {number}", marks=mark)
        for number, mark in zip(numbers, marks, strict=True)
    ]


@pytest_asyncio.fixture(scope="session")
async def scene(clone: Clone, worker_name: str, settings: Settings) -> Scene:
    """The database that all histories are copies of."""
    name = f"hub_scene_{worker_name}"
    return await furnish(clone(name), name, settings)


@dataclass
class Stand:
    """Where histories are played, one after the other."""

    scene: Scene
    clone: Clone
    database: str
    folder: Path

    async def play(self, seed: int, turns: int) -> History:
        """Let a history happen, and judge it; what came before a failure is told."""
        url, folder = self.clone(self.database, self.scene.database), self.folder / new_id().hex
        async with self._watched(url, seed) as stand:
            history = History(self.scene, seed, stand, folder)
            try:
                await history.play(turns)
                hub = await Hub.open(self.scene.settings.model_copy(update={"data_dir": folder}), url)
                await judge(history, hub, stand.watch)
                await hub.close()
            except BaseException as error:
                told = "\n".join(stand.history[-TOLD:])
                sys.stdout.write(f"\n{told}\nthe last turns of HUB_CHAOS_SEED={seed}: {error!r}\n")
                raise
        return history

    @asynccontextmanager
    async def _watched(self, url: str, seed: int) -> AsyncGenerator[Turns]:
        watch = await asyncpg.connect(url)
        try:
            with tempfile.TemporaryDirectory(prefix="turns") as socket:
                chance = random.Random(seed)  # noqa: S311 - a seeded plan
                async with Turns(url, Path(socket), watch, chance).running() as stand:
                    yield stand
        finally:
            await watch.close()


@pytest.fixture
def timeless(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A turn takes as long as the machine takes: no limit in seconds may choose what happens."""
    for name in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
        monkeypatch.setitem(SERVER_SETTINGS, name, "0")
    seconds = LIMITS.seconds
    object.__setattr__(LIMITS, "seconds", 3_600)
    yield
    object.__setattr__(LIMITS, "seconds", seconds)


@pytest.fixture
def stand(scene: Scene, clone: Clone, worker_name: str, tmp_path: Path, timeless: None) -> Stand:  # noqa: ARG001
    """For one test."""
    return Stand(scene, clone, f"hub_history_{worker_name}", tmp_path)


@pytest.mark.parametrize("turns", TURNS)
@pytest.mark.parametrize("seed", seeds())
async def test_what_must_hold_does_whatever_happens_in_any_order(stand: Stand, seed: int, turns: int) -> None:
    history = await stand.play(seed, turns)
    HIT.update(history.hit)
    sys.stdout.write(f"\nseed {seed}: {history.hit}\n")


@pytest.mark.chaos
@pytest.mark.skipif(bool(GIVEN), reason="of the seeds that are asked for nothing else is expected")
def test_every_kind_of_fault_has_befallen_somebody_often_enough() -> None:
    assert {kind: HIT[kind] for kind in FLOOR if HIT[kind] < FLOOR[kind]} == {}


class Forgetful(App):
    """An app that asks again under another key."""

    async def once(self, site: Site) -> None:
        if self.meant is not None:
            kind, intention, whom = self.meant
            self.meant = kind, replace(intention, key=str(new_id())), whom
        await super().once(site)


def no_key(patch: pytest.MonkeyPatch) -> None:
    """What is not known is done again."""
    patch.setattr(histories, "App", Forgetful)


def unordered_feed(patch: pytest.MonkeyPatch) -> None:
    """The feed follows ids, not the ledger."""
    patch.setattr(placing, "_PLACE", PLACE.replace("c.position, c.withdrawal_id", "c.withdrawal_id DESC"))


PLACE: str = getattr(placing, "_PLACE")  # noqa: B009 - its statement is nobody else's business


@pytest.mark.chaos
@pytest.mark.parametrize(
    ("planted", "by"),
    [(no_key, "assert_once"), (unordered_feed, "assert_fed")],
)
async def test_a_bug_that_is_planted_is_found_by_one_of_few_seeds(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, planted: Callable[[pytest.MonkeyPatch], None], by: str
) -> None:
    planted(monkeypatch)
    for seed in range(WITHIN):
        where = await failing_in(stand, seed)
        if where:
            assert by in where, "something else was found"
            return
    raise AssertionError(f"none of {WITHIN} seeds has met it")


async def failing_in(stand: Stand, seed: int) -> list[str]:
    """The functions in which a history is found wrong; none where it is not."""
    try:
        await stand.play(seed, 400)
    except AssertionError as error:
        return [each.name for each in extract_tb(error.__traceback__)]
    return []
