"""Opens the system that a step is about, by its kind; a worker keeps it open from step to step.

This is the one place that knows which connector serves which kind of system.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID
from weakref import WeakKeyDictionary

from hub import signatures
from hub.act import Hub
from hub.outbound import Rules
from hub.rights import reaching
from hub.rights.outcomes import StepKind
from hub.rights.reaching import Reach
from hub.rights.systems import Work
from workers.answering import ANSWERS_PATH
from workers.connectors.connector import Connector
from workers.connectors.datasets import Dataset, Unusable
from workers.connectors.guarding import Guarded
from workers.connectors.http import HttpConnector, HttpSystem
from workers.connectors.memory import MemoryConnector, MemorySystem

IDLE_SECONDS: Final = 300.0
Datasets = tuple[Dataset, ...]
Fingerprint = tuple[UUID | None, Reach | None, bytes, bytes]


@dataclass(frozen=True, slots=True)
class Opened:
    """A system that can be asked. own: the datasets that lie in it."""

    connector: Guarded
    own: Datasets


@dataclass
class _Kept:
    """An open system and how many steps are at it."""

    opened: Opened
    users: int = 0
    idle: asyncio.TimerHandle | None = None


@dataclass
class _Pool:
    """The systems that a worker keeps open, by what they were opened with."""

    kept: dict[Fingerprint, _Kept] = field(default_factory=dict[Fingerprint, _Kept])
    closing: set[asyncio.Task[None]] = field(default_factory=set["asyncio.Task[None]"])

    def take(self, key: Fingerprint, make: Callable[[], Opened]) -> Opened:
        """One that is open, or a new one."""
        kept = self.kept.setdefault(key, _Kept(make())) if key not in self.kept else self.kept[key]
        kept.users += 1
        if kept.idle is not None:
            kept.idle.cancel()
        return kept.opened

    def give_back(self, key: Fingerprint) -> None:
        """Close it after some time in which nobody needs it."""
        kept = self.kept[key]
        kept.users -= 1
        if not kept.users:
            kept.idle = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._expire, key)

    def _expire(self, key: Fingerprint) -> None:
        closing = asyncio.ensure_future(_close(self.kept.pop(key).opened))
        self.closing.add(closing)
        closing.add_done_callback(self.closing.discard)

    async def close(self) -> None:
        """Close all of them."""
        for kept in self.kept.values():
            if kept.idle is not None:
                kept.idle.cancel()
            await _close(kept.opened)
        self.kept.clear()
        await asyncio.gather(*self.closing)


_pools: WeakKeyDictionary[Hub, _Pool] = WeakKeyDictionary()


@asynccontextmanager
async def keeping_open(hub: Hub) -> AsyncGenerator[None]:
    """Keep systems open from step to step, until this ends."""
    pool = _pools[hub] = _Pool()
    try:
        yield
    finally:
        del _pools[hub]
        await pool.close()


@asynccontextmanager
async def opened(hub: Hub, work: Work) -> AsyncGenerator[Opened]:
    """Open the system of a step; Unusable says what is wrong with it, or with a description."""
    pool, key = _pools.get(hub), _fingerprint(work)
    if pool is None:
        made = _open(hub, work)
        try:
            yield made
        finally:
            await _close(made)
        return
    taken = pool.take(key, lambda: _open(hub, work))
    try:
        yield taken
    finally:
        pool.give_back(key)


def _fingerprint(work: Work) -> Fingerprint:
    """What a system is opened with, so that one whose settings or whose neighbours changed is opened anew."""
    return (work.step.system_id, work.reach, work.described, work.key)


def _open(hub: Hub, work: Work) -> Opened:
    if work.reach is None or work.step.kind not in _MAKE:
        raise Unusable(["This system has no address any more, so nobody can ask it."])
    own = read(work.own)
    return Opened(Guarded(_MAKE[work.step.kind](hub, work, work.reach, own)), own)


def read(text: str) -> Datasets:
    """The datasets of a file; Unusable says what is wrong with it."""
    from workers.connectors.dataset_files import read_once  # noqa: PLC0415 - fideslang is slow to load

    return read_once(text)


def _sql(_: Hub, work: Work, reach: Reach, own: Datasets) -> Connector:
    from workers.connectors.sql import SqlConnector, SqlSystem  # noqa: PLC0415 - a third of a second of each start

    system = SqlSystem(reach.address, tuple(each.key for each in own))
    return SqlConnector(system, all_datasets(work), work.key)


def _http(hub: Hub, work: Work, reach: Reach, own: Datasets) -> Connector:
    system = HttpSystem(
        reach.address,
        tuple(each.key for each in own),
        tuple(signatures.secret(each) for each in reach.secrets),
        f"{hub.settings.url}{ANSWERS_PATH}",
        Rules(reach.allows_own_networks, reach.allows_http),
    )
    return HttpConnector(system, all_datasets(work), work.key)


_memories: WeakKeyDictionary[Hub, dict[Fingerprint, Connector]] = WeakKeyDictionary()


def _memory(hub: Hub, work: Work, reach: Reach, own: Datasets) -> Connector:
    """A made-up system, as it was filled; what was done in it lasts as long as the worker."""
    held = _memories.setdefault(hub, {})
    key = _fingerprint(work)
    if key not in held:
        system = MemorySystem(tuple(each.key for each in own), reaching.rows(reach.address))
        held[key] = MemoryConnector(system, all_datasets(work), work.key)
    return held[key]


_MAKE: Final[Mapping[StepKind, Callable[[Hub, Work, Reach, Datasets], Connector]]] = {
    StepKind.SQL: _sql,
    StepKind.HTTP: _http,
    StepKind.MEMORY: _memory,
}


def all_datasets(work: Work) -> Datasets:
    """The datasets of all systems; those of systems that are switched off are known by name and never asked."""
    here = tuple(each for text in work.datasets for each in read(text))
    keys, away = {each.key for each in here}, list[Dataset]()
    for text in work.away:
        with suppress(Unusable):  # what is wrong with a system that nobody asks is no hindrance
            away += [replace(each, is_away=True) for each in read(text) if each.key not in keys]
        keys |= {each.key for each in away}
    return (*here, *away)


async def _close(made: Opened) -> None:
    with suppress(Exception):  # a system that cannot be left in peace is no reason to fail what it has done
        await made.connector.close()
