"""A ledger to seal, to verify and to tamper with."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from hub import anchors, merkle, statements
from hub.act import Act, Hub
from hub.actors import OPERATOR, Operation
from hub.db import Record
from hub.findings import Report
from hub.ledger import Detail
from hub.sealing import Seal, seal_once
from hub.verification import verify_ledger

RECORDING = Operation.ORGANISATION_SET_UP


@dataclass
class World:
    """A hub on a database of its own, with the sealer's connection and a superuser's beside it."""

    hub: Hub
    sealer: asyncpg.Connection
    superuser: asyncpg.Connection
    customers: list[UUID] = field(default_factory=list[UUID])

    async def add_customers(self, count: int) -> list[UUID]:
        """Give new customers their data keys."""
        added = [uuid4() for _ in range(count)]
        async with self.hub.act(OPERATOR, RECORDING) as act:
            for customer in added:
                await self.add_key(act, customer)
            await act.record("customers.added", count=count)
        self.customers += added
        return added

    async def add_key(self, act: Act, customer: UUID) -> None:
        """Give a customer a data key, within an act."""
        await act.execute(
            "INSERT INTO keys.customer_key (customer_id, wrapped) VALUES ($1, $2)",
            customer,
            self.hub.vault.new_customer_key(customer),
        )

    async def record(self, count: int = 1, subject: UUID | None = None) -> list[UUID]:
        """Record entries, each by an act of its own; returns their ids."""
        ids: list[UUID] = []
        for number in range(count):
            async with self.hub.act(OPERATOR, RECORDING) as act:
                ids.append(await act.record("choice.withdrawn", subject, number=number))
        return ids

    async def roll_back_an_act(self) -> None:
        """Record within an act that fails."""
        with suppress(RuntimeError):
            async with self.hub.act(OPERATOR, RECORDING) as act:
                await act.record("never.was")
                raise RuntimeError

    async def record_together(self, count: int) -> None:
        """Record many entries by one act."""
        async with self.hub.act(OPERATOR, RECORDING) as act:
            for number in range(count):
                await act.record("something.happened", number=number)

    async def record_crowd(self, subjects: list[UUID]) -> UUID:
        """Record one entry about many."""
        async with self.hub.act(OPERATOR, RECORDING) as act:
            return await act.record_crowd(
                "decision.made", [Detail(subject, {"allowed": True}) for subject in subjects]
            )

    async def seal(self, batch_entries: int = 5_000) -> Seal | None:
        """Run one round of the sealer, anchored."""
        seal = await seal_once(self.sealer, self.hub.vault.keyring, batch_entries)
        if seal:
            anchors.append(self.hub.settings.anchors, seal.statement, seal.signature)
        return seal

    async def settle(self) -> None:
        """Wait until every entry is older than any open transaction of the server, those of other tests included."""
        done = "SELECT pg_snapshot_xmin(pg_current_snapshot()) > max(xid) FROM ledger_entry"
        async with asyncio.timeout(60):
            while not (await self.rows(done))[0][0]:  # noqa: ASYNC110 - other processes decide when
                await asyncio.sleep(0.05)

    async def seal_all(self, batch_entries: int = 5_000) -> list[Seal]:
        """Run the sealer until nothing is ready."""
        seals: list[Seal] = []
        while seal := await self.seal(batch_entries):
            seals.append(seal)
        return seals

    async def verify(self) -> Report:
        """Verify as the command does."""
        return await verify_ledger(self.hub)

    async def tamper(self, sql: str, *arguments: Any) -> None:
        """Do what only a superuser can: write with every trigger and foreign key switched off."""
        async with self.superuser.transaction():
            await self.superuser.execute("SET LOCAL session_replication_role = replica")
            touched = await self.superuser.execute(sql, *arguments)
        assert not touched.endswith(" 0"), "the tampering must touch a row"

    async def rows(self, sql: str, *arguments: Any) -> list[Record]:
        """Read rows as a superuser."""
        return await self.superuser.fetch(sql, *arguments)

    async def value(self, sql: str, *arguments: Any) -> Any:
        """Read one value as a superuser."""
        return await self.superuser.fetchval(sql, *arguments)

    async def forge_seal(self, number: int, **changes: Any) -> None:
        """Change a seal and sign it again, as only the holder of the keyring can."""
        row = await self.superuser.fetchrow(
            "SELECT *, horizon::text::bigint AS horizon FROM ledger_seal WHERE number = $1", number
        )
        assert row is not None
        changed = {**row, **changes}
        statement = statements.seal_statement(changed, self.hub.vault.keyring.origin)
        await self.tamper(
            """UPDATE ledger_seal SET sealed_at = $2, horizon = $3::text::xid8, cluster = $4, signature = $5
               WHERE number = $1""",
            number, changed["sealed_at"], str(changed["horizon"]), changed["cluster"],
            self.hub.vault.keyring.sign(statements.canonical(statement)),
        )  # fmt: skip

    async def assert_all_sealed_once(self) -> None:
        """Require one leaf for every entry, positions without a gap, and roots that are the tree's."""
        assert await self.value("SELECT count(*) FROM ledger_entry") == await self.value(
            "SELECT count(*) FROM ledger_leaf"
        )
        rows = await self.rows(
            """SELECT position, leaf_hash, entry.*, xid::text::bigint AS xid
               FROM ledger_leaf JOIN ledger_entry AS entry ON entry.id = entry_id ORDER BY position"""
        )
        assert [row["position"] for row in rows] == list(
            range(await self.value("SELECT count(*) FROM ledger_entry"))
        )
        leaves = [statements.entry_leaf(row) for row in rows]
        assert leaves == [row["leaf_hash"] for row in rows]
        for seal in await self.rows("SELECT size, root FROM ledger_seal"):
            assert seal["root"] == merkle.root(leaves[: seal["size"]])
        report = await self.verify()
        assert report.ok, report.to_text()
