"""What a recorded choice, collection and ledger entry cost beside plain inserts without a guard, a projection or a law.

Twenty writers, each with customers of its own, on the large crowd. Both sides run the same client code with as many
statements and the same durability: the plain tables are copies of ours with their indexes.
"""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any
from uuid import UUID

import asyncpg

from bench.people import WORDING
from bench.stage import Stage, stage
from hub import merkle, statements
from hub.act import Hub
from hub.db import connect, new_id
from hub.sealing import run_sealer

WRITERS = 20
SECONDS = 3.0
ROUNDS = 5
CUSTOMERS = 40_000
OPEN = "SELECT open_act($1, $2, $3, NULL, $4)"
OPEN_PLAIN = "INSERT INTO plain.act (id, operation, actor_kind, organisation_id) VALUES ($1, $2, $3, $4)"
APPEND = "SELECT ledger_append($1, $2, $3, $4, $5, $6, $7)"
APPEND_PLAIN = """
    INSERT INTO plain.ledger_entry (id, act_id, event, subject, actor_kind, commitment, detail_count)
    VALUES ($1, $2, $3, $4, 'OPERATOR', $5, 1)
"""
CHOICE = """
    INSERT INTO {schema}.choice (id, customer_id, organisation_id, kind, action, purpose_id, channel, grade, wording,
        wording_sha256, method, happened_at, recorded_at, act_id)
    VALUES ($1, $2, $3, 'CONSENT', $4, $5, $6, $7, $8, $9, 'WEB', now(), now(), $10)
"""
COLLECTION = """
    INSERT INTO {schema}.collection (id, customer_id, organisation_id, source, categories, notice_version_id, shown_how,
        shown_at, optout_offered, happened_at, recorded_at, act_id)
    VALUES ($1, $2, $3, 'CUSTOMER', $4, $5, 'WEB', now(), true, now(), now(), $6)
"""
SET_UP = """
    CREATE SCHEMA IF NOT EXISTS plain; GRANT USAGE ON SCHEMA plain TO hub_app;
    DROP TABLE IF EXISTS plain.act, plain.choice, plain.collection, plain.ledger_entry;
    CREATE TABLE plain.act (LIKE public.act INCLUDING ALL);
    CREATE TABLE plain.choice (LIKE public.choice INCLUDING ALL);
    CREATE TABLE plain.collection (LIKE public.collection INCLUDING ALL);
    CREATE TABLE plain.ledger_entry (LIKE public.ledger_entry INCLUDING ALL);
    GRANT INSERT, SELECT ON ALL TABLES IN SCHEMA plain TO hub_app
"""


@dataclass(frozen=True, slots=True)
class Writer:
    """One connection and the customers only it writes about."""

    connection: asyncpg.Connection
    stage: Stage
    customers: Sequence[UUID]
    dice: random.Random

    async def write(self, event: Callable[["Writer", UUID, UUID], tuple[str, tuple[Any, ...]]] | None, *, is_plain: bool) -> None:
        """One transaction: an act, an event unless there is none, an entry of the ledger."""
        act_id, customer_id = new_id(), self.dice.choice(self.customers)
        organisation_id = self.stage.firm.organisation_id
        async with self.connection.transaction():
            await self.connection.execute(OPEN_PLAIN if is_plain else OPEN, act_id, "choice.record", "OPERATOR", organisation_id)
            if event is not None:
                sql, values = event(self, act_id, customer_id)
                await self.connection.execute(sql.format(schema="plain" if is_plain else "public"), *values)
            await self._append(act_id, customer_id, is_plain=is_plain)

    async def _append(self, act_id: UUID, customer_id: UUID, *, is_plain: bool) -> None:
        content = statements.detail_bytes(statements.new_salt(), {"event": "choice.given", "customer": str(customer_id)})
        leaves = [merkle.leaf_hash(content)]
        commitment = statements.commitment(leaves)
        if is_plain:
            await self.connection.execute(APPEND_PLAIN, new_id(), act_id, "choice.given", customer_id, commitment)
        else:
            await self.connection.execute(APPEND, new_id(), "choice.given", customer_id, commitment, [customer_id], leaves, [content])


def choice(writer: Writer, act_id: UUID, customer_id: UUID) -> tuple[str, tuple[Any, ...]]:
    """Consent to one of the purposes, on a channel or all, is given or withdrawn."""
    firm, dice = writer.stage.firm, writer.dice
    action = dice.choice(("GIVEN", "WITHDRAWN"))
    grade = "EXPLICIT" if action == "GIVEN" else None
    purpose = firm.purposes[dice.choice(("newsletter", "offers-email", "market-reports", "removals", "surveys"))]
    channel = dice.choice((None, None, "EMAIL", "SMS"))
    values = (new_id(), customer_id, firm.organisation_id, action, purpose, channel, grade, WORDING, "0" * 64, act_id)
    return CHOICE, values


def collection(writer: Writer, act_id: UUID, customer_id: UUID) -> tuple[str, tuple[Any, ...]]:
    """A customer buys something under the latest version."""
    firm = writer.stage.firm
    categories = [firm.categories[key] for key in ("transaction", "property")]
    values = (new_id(), customer_id, firm.organisation_id, categories, firm.versions["v5"], act_id)
    return COLLECTION, values


async def _writers(made: Stage) -> list[Writer]:
    owner = await asyncpg.connect(made.large)
    await owner.execute(SET_UP)
    rows = await owner.fetch("SELECT customer_id FROM customer_state TABLESAMPLE SYSTEM (10) WHERE NOT joint LIMIT $1", CUSTOMERS)
    await owner.close()
    people = [row["customer_id"] for row in rows]
    random.Random(3).shuffle(people)  # noqa: S311 - a measurement
    return [
        Writer(await connect(made.large, {"role": "hub_app"}), made, people[number::WRITERS], random.Random(number))  # noqa: S311
        for number in range(WRITERS)
    ]


async def rate(writers: Sequence[Writer], event: Any, *, is_plain: bool) -> float:
    """Transactions a second of all writers together."""
    began = time.perf_counter()
    until, done = began + SECONDS, 0

    async def run(writer: Writer) -> None:
        nonlocal done
        while time.perf_counter() < until:
            await writer.write(event, is_plain=is_plain)
            done += 1

    await asyncio.gather(*map(run, writers))
    return done / (time.perf_counter() - began)


async def _measure() -> None:
    made = stage()
    writers = await _writers(made)
    found: dict[str, list[tuple[float, float]]] = {}
    for _ in range(ROUNDS):
        for name, event in (("choice", choice), ("collection", collection), ("entry", None)):
            plain = await rate(writers, event, is_plain=True)
            if event is None:
                ours = await _beside_sealer(made, writers)
            else:
                ours = await rate(writers, event, is_plain=False)
            found.setdefault(name, []).append((plain, ours))
    for writer in writers:
        await writer.connection.close()
    _report(found)


async def _beside_sealer(made: Stage, writers: Sequence[Writer]) -> float:
    hub = await Hub.open(made.settings, made.large)
    stop = asyncio.Event()
    sealer = asyncio.create_task(run_sealer(hub, stop))
    try:
        return await rate(writers, None, is_plain=False)
    finally:
        stop.set()
        await sealer
        await hub.close()


def _report(found: dict[str, list[tuple[float, float]]]) -> None:
    for name, pairs in found.items():
        plain, ours = median(each[0] for each in pairs), median(each[1] for each in pairs)
        ratio = median(each[0] / each[1] for each in pairs)
        print(f"{name:10}  plain {plain:6,.0f} a second  ours {ours:6,.0f} a second  {ratio:.2f}x the cost ({1 / ratio:.0%} of plain)")


def main() -> None:
    """Print rates and ratios, the median of several rounds, the two in turn."""
    asyncio.run(_measure())
