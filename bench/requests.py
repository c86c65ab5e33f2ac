"""Rights requests by one real worker process: accepted until its package is ready, alone, over ten, in a drain.

Systems are PostgreSQL databases with the shop of docs/connectors in them, 2,000 customers each, in the cluster that the
hub uses. The hub commits durably; the systems too. The fan-out asks fifty services over HTTP that take 200 ms each.
"""

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from uuid import UUID

import asyncpg
import sqlalchemy as sa
from aiohttp import web

from hub import embedded
from hub.act import Act, Hub
from hub.actors import OPERATOR, WORKER, Operation
from hub.cli import opening
from hub.keyring import Keyring
from hub.rights import fulfilling, intake, systems
from hub.rights.intake import NewRequest
from hub.rights.reaching import Reach
from hub.rights.systems import NewSystem
from hub.settings import Settings
from hub.settings import load as load_settings
from tests.connectors import shop
from tests.connectors.test_http import DOCS, SHOWN
from tests.domain.firm import Firm, email, found
from workers.connectors.sql.journal import TABLE

CUSTOMERS = 2_000
ROUNDS = 15
DRAINED = 20
SYSTEMS = 10
SERVICES = 50
SERVICE_SECONDS = 0.2
PATIENCE_SECONDS = 60.0
POLL_SECONDS = 0.004
DRAIN_POLL_SECONDS = 0.02  # to look takes of the two processors what is measured
FILL = """
    INSERT INTO customers SELECT n, 'c' || n || '@example.org', '+4670' || n, 'Customer ' || n, NULL, false
        FROM generate_series(1, {0}) n;
    INSERT INTO addresses SELECT n, 1 + n % {0}, 'Street ' || n, 'Town' FROM generate_series(1, 2 * {0}) n;
    INSERT INTO orders SELECT n, 1 + n % {0}, 'wish ' || n, 9.5 FROM generate_series(1, 2 * {0}) n;
    INSERT INTO parcels SELECT n, 1, 'neighbour' FROM generate_series(1, 2 * {0}) n;
    INSERT INTO invoices (number, order_id, billed_to) SELECT 'I' || n, n, 'somebody' FROM generate_series(1, {0}) n;
    CREATE INDEX ON customers (lower(email)); CREATE INDEX ON addresses (customer_id);
    CREATE INDEX ON orders (customer_id); CREATE INDEX ON parcels (order_id); CREATE INDEX ON invoices (order_id);
    ANALYZE
"""
OPEN = "SELECT count(*) FROM rights_step WHERE request_id = ANY ($1) AND ended_at IS NULL"
UNBUILT = """
    SELECT count(*) FROM unnest($1::uuid[]) AS asked (id)
    WHERE NOT EXISTS (SELECT FROM package p WHERE p.request_id = asked.id AND p.state = 'BUILT')
"""


@dataclass
class Stage:
    """A hub with a worker beside it. used: how many customers have asked already."""

    settings: Settings
    url: str
    hub: Hub
    firm: Firm
    look: asyncpg.Connection
    used: int = 0
    calls: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])

    async def customer(self) -> UUID:
        """Somebody whom every system knows."""
        self.used += 1
        return await self.firm.customer(
            jurisdictions=["UK"], identifiers=[email(f"c{self.used}@example.org")]
        )

    async def receive(self, kind: str, customer_id: UUID) -> UUID:
        """Take a request in."""

        async def body(act: Act) -> UUID:
            new = NewRequest(kind, customer_id, channel="PHONE", identified="IN_PERSON")
            return (await intake.receive(act, new, self.firm.id)).id

        return await self.hub.perform(OPERATOR, Operation.REQUEST_OPEN, body)

    async def ended(self, *requests: UUID, what: str = OPEN, poll_seconds: float = POLL_SECONDS) -> None:
        """Wait until every step of these has ended, or every package is built."""
        until = time.monotonic() + PATIENCE_SECONDS
        while await self.look.fetchval(what, list(requests)):
            if time.monotonic() > until:
                raise TimeoutError(
                    await self.look.fetch("SELECT name, state, why FROM rights_step WHERE ended_at IS NULL")
                )
            await asyncio.sleep(poll_seconds)

    async def access(self) -> float:
        """How long a copy takes until its package is ready."""
        customer_id = await self.customer()
        began = time.perf_counter()
        await self.ended(await self.receive("ACCESS", customer_id), what=UNBUILT)
        return time.perf_counter() - began

    async def erasure(self) -> float:
        """How long a deletion takes whose days to think again are over."""
        request = await self.receive("DELETION", await self.customer())
        await self.hub.perform(
            OPERATOR, Operation.REQUEST_CONDUCT, lambda act: fulfilling.approve(act, request)
        )
        await self.look.execute("SET session_replication_role = replica")
        await self.look.execute("UPDATE rights_request SET cools_until = now() WHERE id = $1", request)
        await self.look.execute("SET session_replication_role = origin")
        began = time.perf_counter()
        await self.hub.perform(WORKER, Operation.REQUEST_FULFIL, fulfilling.cool)
        await self.ended(request)
        return time.perf_counter() - began

    async def drain(self) -> float:
        """How many copies a second one worker makes, packages included, of those that are there at once."""
        customers = [await self.customer() for _ in range(DRAINED)]
        began = time.perf_counter()
        requests = await asyncio.gather(*(self.receive("ACCESS", each) for each in customers))
        await self.ended(*requests, what=UNBUILT, poll_seconds=DRAIN_POLL_SECONDS)
        return DRAINED / (time.perf_counter() - began)


async def databases(url: str, count: int) -> list[NewSystem]:
    """Databases that are systems, filled."""
    connection = await asyncpg.connect(url)
    made: list[NewSystem] = []
    for number in range(count):
        name = f"shop{number}"
        await connection.execute(f"CREATE DATABASE {name}" + (" TEMPLATE shop0" if number else ""))
        address = url.replace("/hub?", f"/{name}?")
        if not number:
            await asyncio.to_thread(_fill, address)
        text = re.sub(r"\bshop\b", name, shop.FILE.read_text(encoding="utf-8"))
        made.append(NewSystem(name, name, "SQL", Reach(address), text, ()))
    await connection.close()
    return made


def _fill(address: str) -> None:
    engine = sa.create_engine(address.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        shop.metadata.create_all(connection)
        TABLE.create(connection)
        for each in FILL.format(CUSTOMERS).split(";"):
            connection.execute(sa.text(each))
    engine.dispose()


async def _services(stage: Stage) -> list[NewSystem]:
    """Services that take their time, and note how long the slowest call was on its way within."""

    async def answer(request: web.Request) -> web.Response:
        began = time.perf_counter()
        await request.read()
        await asyncio.sleep(SERVICE_SECONDS)
        stage.calls.append((began, time.perf_counter()))
        return web.json_response({"outcome": "nothing"})

    application = web.Application()
    application.router.add_post("/{name}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=256).start()
    port = runner.addresses[0][1]
    text = (DOCS / "newsletter.yml").read_text(encoding="utf-8")
    return [
        NewSystem(
            f"news{number}", f"news{number}", "HTTP",
            Reach(f"http://127.0.0.1:{port}/{number}", (SHOWN,), allows_own_networks=True, allows_http=True),
            text.replace("fides_key: newsletter", f"fides_key: news{number}"), (),
        )
        for number in range(SERVICES)
    ]  # fmt: skip


async def connect(stage: Stage, made: Sequence[NewSystem]) -> None:
    """Connect systems, as an operator does."""
    for each in made:
        async with stage.hub.act(OPERATOR, Operation.SYSTEM_CONNECT) as act:
            await systems.connect(act, each, stage.firm.id)


def start_worker(folder: Path, url: str, keyring: str, **more: str) -> "subprocess.Popen[bytes]":
    """The worker as an operator starts it; more: settings."""
    given = {
        "HUB_MODE": "run", "HUB_DATABASE_URL": url, "HUB_DATA_DIR": str(folder), "HUB_KEYRING": keyring,
        "HUB_LOG_LEVEL": "ERROR", "PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path(__file__).parents[1]), **more,
    }  # fmt: skip
    return subprocess.Popen([str(Path(sys.executable).with_name("hub")), "work"], env=given, cwd=folder)  # noqa: S603 - ourselves


async def furnish(settings: Settings, url: str, keep: AsyncExitStack) -> Stage:
    """A hub with a firm in it, until `keep` ends."""
    hub = await Hub.open(settings, url)
    keep.push_async_callback(hub.close)
    look = await asyncpg.connect(url)
    keep.push_async_callback(look.close)
    return Stage(settings, url, hub, await found(hub), look)


def _cpu_seconds(process: int) -> float:
    """The processor time that a process has used (proc(5), fields 14 and 15 of stat)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _measure(settings: Settings, url: str, worker: int) -> None:
    await opening.prepare(settings, url)
    made = await databases(url, SYSTEMS)
    async with AsyncExitStack() as keep:
        stage = await furnish(settings, url, keep)
        await connect(stage, made[:1])
        await _report("one PostgreSQL dataset", stage)
        await connect(stage, made[1:])
        await _report("ten systems", stage)
        await stage.drain()
        before = _cpu_seconds(worker)
        rates = [await stage.drain() for _ in range(3)]
        each = (_cpu_seconds(worker) - before) / (3 * DRAINED)
        print(
            f"drain of {DRAINED} copies over {SYSTEMS} systems: {median(rates):.1f} a second; "
            f"{each:.3f} s of the worker's processor time for each"
        )
        other = await furnish(settings, url, keep)
        await connect(other, await _services(other))
        await other.access()
        await _fan_out(other)


async def _report(where: str, stage: Stage) -> None:
    for name, run in (("access", stage.access), ("erasure", stage.erasure)):
        await run()  # connections and catalogues, once
        times = sorted([await run() for _ in range(ROUNDS)])
        print(f"{name} over {where}: {median(times):.3f} s median, {times[-1]:.3f} s worst of {ROUNDS}")


async def _fan_out(stage: Stage) -> None:
    times: list[tuple[float, float, float]] = []
    for _ in range(5):
        stage.calls.clear()
        took = await stage.access()
        slowest = max(end - began for began, end in stage.calls)
        within = max(end for _, end in stage.calls) - min(began for began, _ in stage.calls)
        times.append((within / slowest, took, slowest))
    ratio, took, slowest = sorted(times)[len(times) // 2]
    print(
        f"fan-out over {SERVICES} services: first call to last answer {ratio:.2f}x the slowest ({slowest:.3f} s); "
        f"accepted to ready {took:.3f} s"
    )


def main() -> None:
    """Measure all of it on a server of its own."""
    folder = Path(tempfile.mkdtemp(prefix="hub-bench-"))
    running = embedded.start(folder)
    keyring = Keyring.generate().dump()
    settings = load_settings(mode="run", data_dir=folder, keyring=keyring)
    asyncio.run(opening.prepare(settings, running.dsn))
    worker = start_worker(folder, running.dsn, keyring)
    try:
        asyncio.run(_measure(settings, running.dsn, worker.pid))
    finally:
        worker.terminate()
        worker.wait(30)
        running.remove()
