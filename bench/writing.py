"""What a recorded choice, collection and ledger entry cost beside plain inserts without a guard, a projection or a law.

Twenty writers, each with customers of its own, on the large crowd. Both sides run the same client code with as many
statements and the same durability: the plain tables are copies of ours with their indexes. A choice is also recorded by
one statement that is a whole act, as decisions are, to tell what the statements cost from what the database does.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any
from uuid import UUID

import asyncpg

from bench.people import WORDING
from bench.stage import Stage, stage
from hub import merkle, statements
from hub.act import Hub
from hub.db import INDEXED, connect, new_id
from hub.sealing import run_sealer

WRITERS = 20
SECONDS = 3.0
ROUNDS = 5
CUSTOMERS = 40_000
OPERATION, EVENT = "choice.record", "choice.given"
OPEN = "SELECT open_act($1, $2, 'OPERATOR', NULL, $3)"
OPEN_PLAIN = (
    "INSERT INTO plain.act (id, operation, actor_kind, organisation_id) VALUES ($1, $2, 'OPERATOR', $3)"
)
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
    INSERT INTO {schema}.collection (id, customer_id, organisation_id, source, categories, notice_version_id,
        shown_how, shown_at, optout_offered, happened_at, recorded_at, act_id)
    VALUES ($1, $2, $3, 'CUSTOMER', $4, $5, 'WEB', now(), true, now(), now(), $6)
"""
AT_ONCE = "SELECT plain.choose($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
SET_UP = """
    CREATE SCHEMA IF NOT EXISTS plain; GRANT USAGE ON SCHEMA plain TO hub_app;
    DROP TABLE IF EXISTS plain.act, plain.choice, plain.collection, plain.ledger_entry;
    CREATE TABLE plain.act (LIKE public.act INCLUDING ALL);
    CREATE TABLE plain.choice (LIKE public.choice INCLUDING ALL);
    CREATE TABLE plain.collection (LIKE public.collection INCLUDING ALL);
    CREATE TABLE plain.ledger_entry (LIKE public.ledger_entry INCLUDING ALL);
    GRANT INSERT, SELECT ON ALL TABLES IN SCHEMA plain TO hub_app;
    CREATE OR REPLACE FUNCTION plain.choose(id uuid, customer uuid, towards uuid, action text, purpose uuid,
        channel text, grade text, wording text, sha256 text, act uuid, operation text, entry uuid, commitment bytea,
        leaf bytea, body bytea)
    RETURNS void LANGUAGE plpgsql AS $$ BEGIN
        PERFORM open_act(act, operation, 'OPERATOR', NULL, towards);
        INSERT INTO public.choice (id, customer_id, organisation_id, kind, action, purpose_id, channel, grade, wording,
            wording_sha256, method, happened_at, recorded_at, act_id)
        VALUES (id, customer, towards, 'CONSENT', action, purpose, channel, grade, wording, sha256, 'WEB', now(), now(),
            act);
        PERFORM ledger_append(entry, 'choice.given', customer, commitment, ARRAY[customer], ARRAY[leaf], ARRAY[body]);
    END $$
"""

Event = Callable[["Writer", UUID, UUID], tuple[str, tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Writer:
    """One connection and the customers only it writes about."""

    connection: asyncpg.Connection
    stage: Stage
    customers: Sequence[UUID]
    dice: random.Random

    async def write(self, event: Event | None, *, is_plain: bool) -> None:
        """One transaction: an act, an event unless there is none, an entry of the ledger."""
        act_id, customer_id = new_id(), self.dice.choice(self.customers)
        opening = OPEN_PLAIN if is_plain else OPEN
        async with self.connection.transaction():
            await self.connection.execute(opening, act_id, OPERATION, self.stage.firm.organisation_id)
            if event is not None:
                sql, values = event(self, act_id, customer_id)
                await self.connection.execute(sql.format(schema="plain" if is_plain else "public"), *values)
            entry_id, commitment, leaf, body = self._entry(customer_id)
            if is_plain:
                await self.connection.execute(APPEND_PLAIN, entry_id, act_id, EVENT, customer_id, commitment)
            else:
                arrays = ([customer_id], [leaf], [body])
                await self.connection.execute(APPEND, entry_id, EVENT, customer_id, commitment, *arrays)

    async def write_at_once(self) -> None:
        """The same act with a choice, by one statement."""
        act_id, customer_id = new_id(), self.dice.choice(self.customers)
        _, values = choice(self, act_id, customer_id)
        await self.connection.execute(AT_ONCE, *values, OPERATION, *self._entry(customer_id))

    @staticmethod
    def _entry(customer_id: UUID) -> tuple[UUID, bytes, bytes, bytes]:
        said = {"event": EVENT, "customer": str(customer_id)}
        content = statements.detail_bytes(statements.new_salt(), said)
        leaf = merkle.leaf_hash(content)
        return new_id(), statements.commitment([leaf]), leaf, content


def choice(writer: Writer, act_id: UUID, customer_id: UUID) -> tuple[str, tuple[Any, ...]]:
    """Consent to one of the purposes, on a channel or all, is given or withdrawn."""
    firm, dice = writer.stage.firm, writer.dice
    action = dice.choice(("GIVEN", "WITHDRAWN"))
    grade = "EXPLICIT" if action == "GIVEN" else None
    about = dice.choice(("newsletter", "offers-email", "market-reports", "removals", "surveys"))
    channel = dice.choice((None, None, "EMAIL", "SMS"))
    whose = (new_id(), customer_id, firm.organisation_id)
    return CHOICE, (*whose, action, firm.purposes[about], channel, grade, WORDING, "0" * 64, act_id)


def collection(writer: Writer, act_id: UUID, customer_id: UUID) -> tuple[str, tuple[Any, ...]]:
    """A customer buys something under the latest version."""
    firm = writer.stage.firm
    categories = [firm.categories[key] for key in ("transaction", "property")]
    return COLLECTION, (new_id(), customer_id, firm.organisation_id, categories, firm.versions["v5"], act_id)


KINDS: dict[str, Event | None] = {"choice": choice, "collection": collection, "ledger entry": None}


async def _writers(made: Stage) -> list[Writer]:
    owner = await asyncpg.connect(made.large)
    await owner.execute(SET_UP)
    sql = "SELECT customer_id FROM customer_state TABLESAMPLE SYSTEM (10) WHERE NOT joint LIMIT $1"
    people = [row["customer_id"] for row in await owner.fetch(sql, CUSTOMERS)]
    dice = [random.Random(number) for number in range(WRITERS)]  # noqa: S311 - a measurement
    dice[0].shuffle(people)
    connections = [await connect(made.large, {"role": "hub_app", **INDEXED}) for _ in range(WRITERS)]
    writers = [Writer(connections[n], made, people[n::WRITERS], dice[n]) for n in range(WRITERS)]
    for event in KINDS.values():
        for is_plain in (True, False):
            await _rate(writers, lambda one, e=event, p=is_plain: one.write(e, is_plain=p), seconds=1)
    # A database that has been in use knows that its tables have grown; these were empty a moment ago.
    await owner.execute("VACUUM (ANALYZE)")
    await owner.close()
    return writers


async def _rate(
    writers: Sequence[Writer], write: Callable[[Writer], Awaitable[None]], seconds: float = SECONDS
) -> float:
    """Transactions a second of all writers together."""
    began = time.perf_counter()
    done = 0

    async def run(writer: Writer) -> None:
        nonlocal done
        while time.perf_counter() < began + seconds:
            await write(writer)
            done += 1

    await asyncio.gather(*map(run, writers))
    return done / (time.perf_counter() - began)


async def _measure() -> None:
    made = stage()
    writers = await _writers(made)
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in (*KINDS, "choice, at once")}
    for _ in range(ROUNDS):
        for name, event in KINDS.items():
            plain = await _rate(writers, lambda one, e=event: one.write(e, is_plain=True))
            ours = await (_rate_of_ours(writers, event) if event else _beside_sealer(made, writers))
            found[name].append((plain, ours))
            if name == "choice":
                found["choice, at once"].append((plain, await _rate(writers, Writer.write_at_once)))
    for writer in writers:
        await writer.connection.close()
    _report(found)


async def _rate_of_ours(writers: Sequence[Writer], event: Event | None) -> float:
    return await _rate(writers, lambda one: one.write(event, is_plain=False))


async def _beside_sealer(made: Stage, writers: Sequence[Writer]) -> float:
    hub = await Hub.open(made.settings, made.large)
    stop = asyncio.Event()
    sealer = asyncio.create_task(run_sealer(hub, stop))
    try:
        return await _rate_of_ours(writers, None)
    finally:
        stop.set()
        await sealer
        await hub.close()


def _report(found: dict[str, list[tuple[float, float]]]) -> None:
    for name, pairs in found.items():
        plain, ours = median(each[0] for each in pairs), median(each[1] for each in pairs)
        cost = median(each[0] / each[1] for each in pairs)
        print(
            f"{name:15}  plain {plain:6,.0f} a second, ours {ours:6,.0f}: {cost:.2f}x the cost, {1 / cost:.0%} as many"
        )


def main() -> None:
    """Print rates and ratios, the median of several rounds, the two in turn."""
    asyncio.run(_measure())
