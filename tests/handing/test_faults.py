"""Handing over while the database fails or is cut off, or whoever asks is gone: what left is recorded."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest
import pytest_asyncio

from hub import asgi, storage
from hub.act import Hub
from hub.errors import Code, Refusal
from hub.pairwise import Pairs
from hub.readiness import Readiness
from schema.relay import global_id, uuid_of
from tests.chaos.planting import FULL, NEVER, PASSING, plan, plant
from tests.handing.conftest import found
from tests.handing.test_over_http import OFFER, ONE, PAGE, START
from tests.partner.partner import Partner, invite
from workers import partner_exports

ROUNDS = [pytest.param(18, id="few"), pytest.param(120, id="many", marks=pytest.mark.chaos)]
TABLES = (
    "act", "ledger_entry", "ledger_detail", "decision", "decision_subject", "disclosure", "stored_object",
    "partner_export_part",
)  # fmt: skip
# What is recorded as received, with the decision that allowed it and the customer's own line in the ledger.
RECORDED = """
    SELECT x.customer_id, count(*) FROM disclosure x JOIN decision_subject s ON s.id = x.decision_subject_id
        JOIN decision d ON d.id = s.decision_id AND d.outcome = 'ALLOW'
        JOIN ledger_entry e ON e.act_id = x.act_id AND e.event = 'disclosure.recorded'
        JOIN ledger_detail l ON l.entry_id = e.id AND l.subject = x.customer_id GROUP BY x.customer_id
"""
CUT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
DISCLOSURES = "SELECT count(*) FROM disclosure"
PARTS = "SELECT sum(rows) FROM partner_export_part"


@dataclass
class Yard:
    """A partner, what has left for it, and what is recorded. unsure: whoever asked did not hear how it ended."""

    hub: Hub
    partner: Partner
    token: str
    customers: list[UUID]
    seen: asyncpg.Connection
    points: int = 0
    left: Counter[UUID] = field(default_factory=Counter[UUID])
    unsure: bool = False
    held: asyncio.Lock = field(default_factory=asyncio.Lock)
    made: list[str] = field(default_factory=list[str])
    ends: Counter[str] = field(default_factory=Counter[str])

    async def page(self) -> None:
        """Ask for a page of everybody."""
        said = await self._ask(PAGE, **OFFER, first=len(self.customers))
        if said is not None:
            self._went([edge["node"]["id"] for edge in said["customers"]["edges"]])

    async def one(self) -> None:
        """Ask for one customer."""
        known_as = Pairs(self.hub, self.partner.recipient_id).shown(self.customers[:1])[0]
        said = await self._ask(ONE, **OFFER, id=global_id("Customer", known_as))
        if said is not None:
            self._went([said["customer"]["id"]])

    async def export(self) -> None:
        """Have an export made, tried once more where it failed, and download it if it is there."""
        started = await self._ask(START, form="NDJSON", key=None)
        if started is None or not self._heard(started["startExport"]):
            return
        self.made.append(started["startExport"]["export"]["id"])
        for _ in range(2):
            with suppress(Refusal):
                await partner_exports.run(self.hub, uuid_of(self.made[-1], "Export"))
            await calm(self)
        self._went(await self.file(self.made[-1]))

    async def file(self, export: str) -> list[str]:
        """Who is in a file that is there."""
        async with self.partner.http() as http:
            sent = {"Authorization": f"Bearer {self.token}"}
            answer = await http.get(f"/partner/exports/{export}", headers=sent)
        lines = answer.content.splitlines() if answer.status_code == 200 else []
        return [orjson.loads(line)["id"] for line in lines]

    async def look(self) -> None:
        """What left is recorded; and nothing else is, unless nobody heard how it ended."""
        recorded = Counter({row[0]: row[1] for row in await self.seen.fetch(RECORDED)})
        assert recorded.total() == await self.seen.fetchval(DISCLOSURES)
        assert self.left <= recorded
        if not self.unsure:
            assert self.left == recorded
        self.left, self.unsure = recorded, False

    async def _ask(self, query: str, **variables: Any) -> dict[str, Any] | None:
        answer = (await self.partner.post(self.token, query, variables)).json()
        codes = [each["extensions"]["code"] for each in answer.get("errors", ())] or ["done"]
        assert set(codes) <= {"done", Code.UNAVAILABLE, Code.OUTCOME_UNKNOWN}
        self.unsure = self.unsure or Code.OUTCOME_UNKNOWN in codes
        self.ends[codes[0]] += 1
        return answer["data"] if codes == ["done"] else None

    def _heard(self, started: dict[str, Any]) -> bool:
        codes = [each["code"] for each in started["problems"]]
        assert set(codes) <= {Code.OUTCOME_UNKNOWN}
        self.unsure = self.unsure or bool(codes)
        return not codes

    def _went(self, ids: list[str]) -> None:
        names = [uuid_of(each, "Customer") for each in ids]
        self.left.update(Pairs(self.hub, self.partner.recipient_id).meant(names))


Ask = Callable[[], Awaitable[None]]
Fault = Callable[[Yard, Ask, random.Random], Awaitable[None]]


async def calm(yard: Yard) -> None:
    """Let nothing fail any more; the connection that sees all may be cutting the others just now."""
    async with yard.held:
        await plan(yard.seen, FULL, NEVER, NEVER)


async def passing(yard: Yard, ask: Ask, chance: random.Random) -> None:
    """A conflict between acts, which is begun again."""
    first = chance.randint(1, yard.points)
    await plan(yard.seen, chance.choice(PASSING), first, first)
    await ask()


async def full(yard: Yard, ask: Ask, chance: random.Random) -> None:
    """The database's disk is full from some row on."""
    await plan(yard.seen, FULL, chance.randint(1, yard.points), NEVER)
    await ask()


async def gone(yard: Yard, ask: Ask, chance: random.Random) -> None:
    """Whoever asks is gone before the answer."""
    asking = asyncio.ensure_future(ask())
    await asyncio.sleep(chance.uniform(0, 0.05))
    yard.ends["gone"] += asking.cancel()
    yard.unsure = True
    with suppress(asyncio.CancelledError):
        await asking


async def cut(yard: Yard, ask: Ask, chance: random.Random) -> None:
    """All connections to the database are cut."""
    asking = asyncio.ensure_future(ask())
    await asyncio.sleep(chance.uniform(0, 0.05))
    async with yard.held:
        await yard.seen.execute(CUT)
    yard.unsure = True
    await asking


async def away(yard: Yard, ask: Ask, _: random.Random) -> None:
    """The storage for files is away."""
    folder = storage.folder(yard.hub.settings)
    assert folder is not None
    folder.mkdir(exist_ok=True)
    kept = folder.with_name("away")
    folder.rename(kept)
    folder.write_text("no folder")
    try:
        await ask()
    finally:
        folder.unlink()
        kept.rename(folder)


@pytest_asyncio.fixture
async def yard(fresh_hub: Hub) -> AsyncIterator[Yard]:
    """A firm with a partner, and a database that fails when it is told to."""
    firm, seen = await found(fresh_hub), await asyncpg.connect(fresh_hub.database.url)
    customers = await firm.customers(5)
    partner = await invite(fresh_hub, asgi.create_app(fresh_hub, Readiness(fresh_hub, [])), firm.world)
    await plant(seen, TABLES)
    made = Yard(fresh_hub, partner, await partner.token(), customers, seen)
    await calm(made)
    await made.page()
    made.points = await seen.fetchval("SELECT last_value FROM fault_calls")
    yield made
    await seen.close()


@pytest.mark.parametrize("rounds", ROUNDS)
async def test_what_has_left_is_recorded_and_nothing_else_is(
    yard: Yard, rounds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.partners.exports.OPEN_MOST", rounds)
    chance = random.Random(rounds)  # noqa: S311 - a seeded plan
    faults: list[Fault] = [passing, full, gone, cut, away]
    assert yard.points > 3 * len(yard.customers)
    for number in range(rounds):
        ask = (yard.page, yard.one, yard.export)[number % 3]
        await faults[number % len(faults)](yard, ask, chance)
        await calm(yard)
        await yard.look()
    for each in yard.made:
        await partner_exports.run(yard.hub, uuid_of(each, "Export"))
        assert len(set(await yard.file(each))) == len(yard.customers)
    assert await yard.seen.fetchval(PARTS) == len(yard.made) * len(yard.customers)
    assert yard.ends.keys() >= {"done", "gone", Code.UNAVAILABLE}, yard.ends
