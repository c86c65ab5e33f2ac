"""What a recorded choice, collection and ledger entry cost beside plain inserts without a guard, a projection or a law.

Twenty writers, each with customers of its own, on the large crowd. Ours is what the hub runs: a Recording, kept by the
hub's own statement through the hub's own queue, in which acts that are ready together share a statement and a commit;
and once more with every act alone in its statement. Plain is what a program without a hub would run: BEGIN, one INSERT
per row, COMMIT, into copies of our tables with their indexes. Both prepare the same rows and seal the same entry first.
"""

import asyncio
import hashlib
import multiprocessing
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from statistics import median
from typing import Any
from uuid import UUID

import asyncpg

from bench.people import WORDING
from bench.stage import CUSTOMERS, Stage, stage
from hub import said
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.collections import Collection, Delivery, How
from hub.db import INDEXED, connect, new_id
from hub.policy.values import Source
from hub.recording import EVENTS, Recording, columns
from hub.sealing import run_sealer, seal_once

WRITERS = 20
SECONDS = 3.0
ROUNDS = 5
PEOPLE = 40_000
DIGEST = hashlib.sha256(WORDING.encode()).hexdigest()
SET_UP = """
    CREATE SCHEMA IF NOT EXISTS plain; GRANT USAGE ON SCHEMA plain TO hub_app;
    DROP TABLE IF EXISTS plain.act, plain.choice, plain.collection, plain.delivery, plain.ledger_entry;
    CREATE TABLE plain.act (LIKE public.act INCLUDING ALL);
    CREATE TABLE plain.choice (LIKE public.choice INCLUDING ALL);
    CREATE TABLE plain.collection (LIKE public.collection INCLUDING ALL);
    CREATE TABLE plain.delivery (LIKE public.delivery INCLUDING ALL);
    CREATE TABLE plain.ledger_entry (LIKE public.ledger_entry INCLUDING ALL);
    GRANT INSERT, SELECT ON ALL TABLES IN SCHEMA plain TO hub_app;
"""
ACT = "INSERT INTO plain.act (id, operation, actor_kind, organisation_id) VALUES ($1, $2, 'OPERATOR', $3)"
ENTRY = """
    INSERT INTO plain.ledger_entry (id, act_id, event, subject, actor_kind, commitment, detail_count)
    VALUES ($1, $2, $3, $4, 'OPERATOR', $5, 1)
"""


def _inserting(kind: type[Any], sealed: str = "") -> str:
    names = [each.name for each in fields(kind) if each.name != "recorded_at"] + ([sealed] if sealed else [])
    places = ", ".join(f"${number}" for number in range(1, len(names) + 2))
    table = kind.__name__.lower()
    return f"INSERT INTO plain.{table} ({', '.join(names)}, act_id, recorded_at) VALUES ({places}, now())"  # noqa: S608


SEALS = "SELECT count(*) FROM ledger_seal"
INSERTS = (_inserting(said.Choice, "evidence"), _inserting(Collection), _inserting(Delivery, "proof"))
Event = Callable[["Writer", Recording, UUID], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Writer:
    """One connection and the customers only it writes about."""

    hub: Hub
    connection: asyncpg.Connection
    stage: Stage
    customers: Sequence[UUID]
    dice: random.Random

    async def prepare(self, event: Event) -> Recording:
        """An act with its rows and its entry, as the hub's verbs leave it when they return."""
        customer_id = self.dice.choice(self.customers)
        ask = self.hub.ask_once(OPERATOR, Operation.CHOICE_RECORD)
        act = Recording(ask, Operation.CHOICE_RECORD, datetime.now(UTC))
        act.hold(customer_id, self.stage.firm.organisation_id, None)
        await event(self, act, customer_id)
        return act

    async def keep(self, event: Event) -> None:
        """As the hub keeps it, with whatever else is ready."""
        await (await self.prepare(event)).keep()

    async def keep_alone(self, event: Event) -> None:
        """By the hub's statement, and nothing else in it."""
        await self.connection.fetchval(EVENTS.sql, [(await self.prepare(event)).as_row()])

    async def insert(self, event: Event) -> None:
        """The same rows by plain inserts in one transaction."""
        opening, _, organisation_id, *events = (await self.prepare(event)).as_row()
        async with self.connection.transaction():
            await self.connection.execute(ACT, opening[0], opening[1], organisation_id)
            for sql, rows in zip(INSERTS, events, strict=True):
                for row in rows:
                    await self.connection.execute(sql, *row, opening[0])
            await self._append(opening)

    async def append(self, event: Event) -> None:
        """Its entry alone, by one plain insert that is its own transaction."""
        await self._append((await self.prepare(event)).as_row()[0])

    async def _append(self, opening: tuple[Any, ...]) -> None:
        act_id, (entry_id, event, subject, commitment) = opening[0], opening[5:9]
        await self.connection.execute(ENTRY, entry_id, act_id, event, subject, commitment)


async def choose(writer: Writer, act: Recording, customer_id: UUID) -> None:
    """Consent to one of the purposes, on a channel or all, is given or refused."""
    firm, dice = writer.stage.firm, writer.dice
    action = dice.choice((said.Action.GIVEN, said.Action.REFUSED))
    about = dice.choice(("newsletter", "offers-email", "market-reports", "removals", "surveys"))
    place = said.Place(firm.purposes[about], dice.choice((None, None, "EMAIL", "SMS")), None)
    grade = said.Grade.EXPLICIT if action is said.Action.GIVEN else None
    evidence = said.Evidence(WORDING, said.Method.WEB, happened_at=act.at)
    scope = said.Scope(customer_id, firm.organisation_id, place.purpose_id)
    made = said.spoken(act, said.Word(said.Kind.CONSENT, action, scope, evidence, grade), [place])
    await act.add(choices=[said.row(each) for each in made])
    await act.record(
        "choice.given",
        customer_id,
        choices=[each.id for each in made],
        kind="CONSENT",
        action=action,
        purpose=place.purpose_id,
        wording_sha256=DIGEST,
        happened_at=act.at,
    )


async def collect(writer: Writer, act: Recording, customer_id: UUID) -> None:
    """A customer buys something, and is shown nothing."""
    await _collect(writer, act, customer_id, None)


async def collect_shown(writer: Writer, act: Recording, customer_id: UUID) -> None:
    """A customer buys something, and is shown the latest version: that is a delivery too."""
    firm = writer.stage.firm
    version = firm.versions["v5"]
    shown = Delivery(
        new_id(),
        customer_id,
        firm.organisation_id,
        version,
        How.WEB,
        "en",
        happened_at=act.at,
        recorded_at=act.at,
    )
    await act.add(deliveries=[(*columns(Delivery)(shown), None)])
    await _collect(writer, act, customer_id, version)


async def _collect(writer: Writer, act: Recording, customer_id: UUID, version: UUID | None) -> None:
    firm = writer.stage.firm
    taken = Collection(
        id=new_id(),
        customer_id=customer_id,
        organisation_id=firm.organisation_id,
        source=Source.CUSTOMER,
        categories=(firm.categories["transaction"], firm.categories["property"]),
        notice_version_id=version,
        shown_how=How.WEB if version else None,
        shown_at=act.at if version else None,
        optout_offered=True,
        happened_at=act.at,
        recorded_at=act.at,
    )
    await act.add(collections=[columns(Collection)(taken)])
    said_of_it: dict[str, Any] = {
        "collection": taken.id,
        "source": taken.source,
        "categories": taken.categories,
    }
    await act.record(
        "collection.recorded", customer_id, **said_of_it, notice_version=version, happened_at=act.at
    )


async def enter(writer: Writer, act: Recording, customer_id: UUID) -> None:
    """Nothing but an entry in the ledger."""
    del writer
    await act.record("customer.revealed", customer_id, reason="SERVICE", fields=["name"])


KINDS: dict[str, Event] = {"choice": choose, "collection": collect, "collection, notice": collect_shown}


@asynccontextmanager
async def _writers(made: Stage) -> AsyncGenerator[list[Writer]]:
    owner = await asyncpg.connect(made.large)
    await owner.execute(SET_UP)
    sql = "SELECT customer_id FROM customer_state TABLESAMPLE SYSTEM ($2) WHERE NOT joint LIMIT $1"
    percent = min(100.0, 250.0 * PEOPLE / CUSTOMERS)
    people = [row["customer_id"] for row in await owner.fetch(sql, PEOPLE, percent)]
    dice = [random.Random(number) for number in range(WRITERS)]  # noqa: S311 - a measurement
    dice[0].shuffle(people)
    hub = await Hub.open(made.settings, made.large)
    connections = [await connect(made.large, {"role": "hub_app", **INDEXED}) for _ in range(WRITERS)]
    writers = [Writer(hub, connections[n], made, people[n::WRITERS], dice[n]) for n in range(WRITERS)]
    for event in (*KINDS.values(), enter):
        for way in (Writer.insert, Writer.append, Writer.keep, Writer.keep_alone):
            await _rate(writers, way, event, seconds=1)
    # A database that has been in use knows that its tables have grown; these were empty a moment ago.
    await owner.execute("VACUUM (ANALYZE)")
    await owner.close()
    yield writers
    for connection in connections:
        await connection.close()
    await hub.close()


Way = Callable[[Writer, Event], Awaitable[None]]


async def _rate(writers: Sequence[Writer], way: Way, event: Event, seconds: float = SECONDS) -> float:
    """Transactions a second of all writers together."""
    began = time.perf_counter()
    done = 0

    async def run(writer: Writer) -> None:
        nonlocal done
        while time.perf_counter() < began + seconds:
            await way(writer, event)
            done += 1

    await asyncio.gather(*map(run, writers))
    return done / (time.perf_counter() - began)


async def _measure(made: Stage) -> None:
    found: dict[str, list[tuple[float, float]]] = {}
    async with _writers(made) as writers:
        for _ in range(ROUNDS):
            for name, event in KINDS.items():
                plain = await _rate(writers, Writer.insert, event)
                for way, said_so in ((Writer.keep, ""), (Writer.keep_alone, ", alone")):
                    found.setdefault(name + said_so, []).append((plain, await _rate(writers, way, event)))
            one, ours = await _rate(writers, Writer.append, enter), await _rate(writers, Writer.keep, enter)
            found.setdefault("ledger entry, one plain row", []).append((one, ours))
            sealed = await _beside_sealer(writers)
            found.setdefault("ledger entry, sealed meanwhile", []).append((one, sealed))
            two = await _rate(writers, Writer.insert, enter)
            found.setdefault("ledger entry, two plain rows", []).append((two, ours))
    _report(found)


async def _beside_sealer(writers: Sequence[Writer]) -> float:
    """With a sealer that keeps up with them, as a worker has it, once what the other rounds have left is sealed."""
    hub, made = writers[0].hub, writers[0].stage
    async with hub.database.sealer() as connection:
        while await seal_once(connection, hub.vault.keyring):
            pass
    sealer = multiprocessing.get_context("spawn").Process(target=_seal, args=(made,), daemon=True)
    sealer.start()
    await _until_it_seals(writers[0])
    try:
        return await _rate(writers, Writer.keep, enter)
    finally:
        sealer.terminate()
        sealer.join()


async def _until_it_seals(writer: Writer) -> None:
    before = await writer.connection.fetchval(SEALS)
    for _ in range(100):
        await writer.keep(enter)
        await asyncio.sleep(0.2)
        if await writer.connection.fetchval(SEALS) > before:
            return
    raise RuntimeError("the sealer has not begun")


def _seal(made: Stage) -> None:
    async def run() -> None:
        hub = await Hub.open(made.settings, made.large)
        await run_sealer(hub, asyncio.Event())

    asyncio.run(run())


def _report(found: dict[str, list[tuple[float, float]]]) -> None:
    for name, pairs in found.items():
        plain, ours = median(each[0] for each in pairs), median(each[1] for each in pairs)
        cost = median(each[0] / each[1] for each in pairs)
        print(
            f"{name:35}  plain {plain:6,.0f} a second, ours {ours:6,.0f}: {cost:.2f}x the cost, {1 / cost:.0%} as many"
        )


def main() -> None:
    """Print rates and ratios, the median of several rounds, the two in turn."""
    asyncio.run(_measure(stage()))
