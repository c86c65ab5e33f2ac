"""Exports while their worker is killed or the disk is full: whoever leaves is recorded, once, and nobody else is."""

import asyncio
import hashlib
import json
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from hub import asgi, storage
from hub.act import Hub
from hub.readiness import Readiness
from hub.settings import load
from tests.handing.conftest import Firm, found
from tests.handing.test_over_http import EXPORT, START
from tests.partner.partner import Partner, invite
from tests.run.conftest import Place, Process, Start
from tests.run.test_packages import ran
from tests.run.test_workers import until

WORKER = str(Path(__file__).with_name("export_worker.py"))
CUSTOMERS = 90
KILLS = [pytest.param(2, id="few"), pytest.param(25, id="many", marks=pytest.mark.chaos)]
# One statement sees one moment: is something recorded that no part holds, or held that is not recorded, or stray?
AMISS = """
    SELECT (SELECT count(*) FROM disclosure) <> (SELECT coalesce(sum(rows), 0) FROM partner_export_part) OR
        (SELECT count(*) FROM stored_object) <> (SELECT count(*) FROM partner_export_part WHERE place IS NOT NULL)
"""
PARTS = "SELECT count(*) FROM partner_export_part"
TIMES = "SELECT count(*) FROM disclosure WHERE customer_id = ANY ($1) GROUP BY customer_id"
TRIED = "SELECT max(attempts) FROM procrastinate_jobs WHERE task_name = 'partner_exports.run'"


@dataclass
class Yard:
    """A firm, its inspectors who export, and what was seen of that from outside."""

    firm: Firm
    partner: Partner
    customers: list[Any]
    place: Place
    begin: Start
    seen: asyncpg.Connection
    made: list[str] = field(default_factory=list[str])

    def work(self) -> Process:
        """Start a worker."""
        return self.begin(self.place, WORKER)

    async def start(self) -> str:
        """Ask for one more export."""
        started = (await self.partner.ask(START, form="NDJSON", key=None))["startExport"]
        assert started["problems"] == []
        self.made.append(started["export"]["id"])
        return self.made[-1]

    async def state(self, export: str) -> dict[str, Any]:
        """How it stands."""
        return (await self.partner.ask(EXPORT, id=export))["export"]

    async def is_ready(self, export: str) -> bool:
        """Whether it can be downloaded."""
        return (await self.state(export))["state"] == "READY"

    async def look(self) -> None:
        """Whatever happened: what is recorded is what is stored, and nothing is had of what is half made."""
        assert await self.seen.fetchval(AMISS) is False
        if self.made and not await self.is_ready(self.made[-1]):
            assert (await self.file(self.made[-1]))[0] == 404

    async def file(self, export: str) -> tuple[int, bytes]:
        """What a download gives."""
        path = f"/partner/exports/{export}"
        async with self.partner.http() as http:
            answer = await http.get(path, headers={"Authorization": f"Bearer {await self.partner.token()}"})
        return answer.status_code, answer.content

    async def judge(self) -> None:
        """All exports are whole, and everybody was recorded as often as there are exports."""
        for each in self.made:
            await until(lambda each=each: self.is_ready(each))
            shown, (status, file) = await self.state(each), await self.file(each)
            assert (status, shown["sha256"]) == (200, hashlib.sha256(file).hexdigest())
            names = Counter(json.loads(line)["id"] for line in file.splitlines())
            assert (len(names), names.total()) == (len(self.customers), shown["rows"])
            assert set(names.values()) == {1}
        times = [row[0] for row in await self.seen.fetch(TIMES, self.customers)]
        assert times == [len(self.made)] * len(self.customers)
        await self.look()


@pytest_asyncio.fixture
async def yard(place: Place, start: Start) -> AsyncIterator[Yard]:
    """Everything in a database and a folder that the workers use too."""
    hub = await Hub.open(load(mode="run", data_dir=place.folder, keyring=place.keyring), place.url)
    firm, seen = await found(hub), await asyncpg.connect(place.url)
    customers = await firm.customers(CUSTOMERS)
    partner = await invite(hub, asgi.create_app(hub, Readiness(hub, [])), firm.world)
    yield Yard(firm, partner, customers, place, start, seen)
    await seen.close()
    await hub.close()


@pytest.mark.slow
@pytest.mark.parametrize("kills", KILLS)
async def test_workers_that_are_killed_leave_whole_exports_and_nobody_recorded_twice(
    yard: Yard, kills: int
) -> None:
    chance, killed = random.Random(kills), 0  # noqa: S311 - chooses moments
    while killed < kills:
        if not yard.made or await yard.is_ready(yard.made[-1]):
            await yard.start()
        worker, before = yard.work(), await yard.seen.fetchval(PARTS)
        more = chance.randrange(1, 20)

        async def is_at_it(upto: int = before + more) -> bool:
            return await yard.seen.fetchval(PARTS) >= upto or await yard.is_ready(yard.made[-1])

        await until(is_at_it)
        await asyncio.sleep(chance.uniform(0, 0.03))
        killed += not await yard.is_ready(yard.made[-1])
        worker.end(signal.SIGKILL)
        await yard.look()
    last = yard.work()
    await yard.judge()
    assert last.end() == 0


async def test_on_a_full_disk_an_export_waits_and_records_only_what_is_stored(yard: Yard) -> None:
    folder = storage.folder(yard.firm.hub.settings)
    assert folder is not None
    folder.mkdir(exist_ok=True)
    if not ran("mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(folder)):
        pytest.skip("file systems cannot be mounted here")
    try:
        export, worker = await yard.start(), yard.work()

        async def has_failed() -> bool:
            return (await yard.seen.fetchval(TRIED) or 0) > 0

        await until(has_failed)
        await yard.look()
        shown = await yard.state(export)
        assert shown["state"] == "RUNNING"
        assert 0 < shown["rows"] < CUSTOMERS
        assert ran("mount", "-o", "remount,size=64m", str(folder))
        await yard.judge()
        assert worker.end() == 0
    finally:
        assert ran("umount", "-l", str(folder))
