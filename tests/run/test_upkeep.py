"""The hub's own housekeeping: what has had its time goes, and nothing else."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from hub import customers, identities
from hub.act import Hub
from hub.actors import OPERATOR, Operation
from hub.auth import tokens
from hub.customers import NewCustomer
from hub.db import new_id
from hub.identities import NewIdentifier
from tests.run.conftest import make_client
from tests.world import build_world
from workers.main import TASKS


async def test_the_sweep_forgets_what_has_had_its_time_and_nothing_else(fresh_hub: Hub) -> None:
    await TASKS["hub.sweep"].run(fresh_hub)
    assert await fresh_hub.database.single().value("SELECT count(*) FROM act") == 0, "there was nothing"
    client_id, _ = await make_client(fresh_hub)
    organisation = await fresh_hub.database.single().value("SELECT id FROM organisation")
    old, new, kept = new_id(), new_id(), tokens.FORGET_AFTER + timedelta(hours=1)
    async with fresh_hub.act(OPERATOR, Operation.HUB_MAINTAIN) as act:
        for id_, age in ((old, kept), (new, timedelta())):
            begun, ended = act.at - age - timedelta(minutes=9), act.at - age + timedelta(minutes=1)
            await act.execute(
                "INSERT INTO access_token (id, client_id, scopes, issued_at, expires_at) "
                "VALUES ($1, $2, '{decide}', $3, $4)",
                id_, UUID(client_id), begun, ended,
            )  # fmt: skip
            await act.execute(
                "INSERT INTO idempotent_answer (id, actor_id, key, operation, fingerprint, created_at, "
                "expires_at) VALUES ($1, $2, $3, 'x', '', $4, $4)",
                id_, organisation, str(id_), ended,
            )  # fmt: skip
        await act.record("test.prepared")
    async with fresh_hub.act(OPERATOR, Operation.HUB_MAINTAIN) as act:
        await act.record("test.prepared")
        await act.defer("test.failed")
    session = fresh_hub.database.single_write()
    await session.execute("UPDATE procrastinate_jobs SET status = 'failed'")
    await session.execute("UPDATE procrastinate_events SET at = now() - interval '31 days'")
    await TASKS["hub.sweep"].run(fresh_hub)
    assert await _ids(fresh_hub, "access_token") == [new]
    assert await _ids(fresh_hub, "idempotent_answer") == [new]
    assert await session.rows("SELECT FROM procrastinate_jobs WHERE task_name = 'test.failed'") == []
    events = await session.rows(
        "SELECT event FROM ledger_entry WHERE actor_kind = 'worker' ORDER BY sequence"
    )
    assert [row["event"] for row in events] == ["token.forgotten", "answer.forgotten"]


async def _ids(hub: Hub, table: str) -> list[Any]:
    return [row["id"] for row in await hub.database.single().rows(f"SELECT id FROM {table}")]


async def test_customers_who_come_to_share_a_mailbox_are_proposed_for_merging(fresh_hub: Hub) -> None:
    firm = (await build_world(fresh_hub)).organisation.id
    shared = NewIdentifier("EMAIL", "both@example.com")
    async with fresh_hub.act(OPERATOR, Operation.CUSTOMER_CREATE) as act:
        older = await customers.create(act, NewCustomer(firm, "en", ["AU"], identifiers=[shared]))
        newer = await customers.create(act, NewCustomer(firm, "en", ["AU"]))
        await identities.add_identifier(act, newer, shared, firm)
    sql = "SELECT task_name, args FROM procrastinate_jobs ORDER BY id"
    for row in await fresh_hub.database.single_write().rows(sql):
        given = {name: UUID(value) for name, value in json.loads(row["args"]).items()}
        await TASKS[row["task_name"]].run(fresh_hub, **given)
    proposed = await fresh_hub.database.single().rows("SELECT older_id, newer_id FROM merge_proposal")
    assert [tuple(row) for row in proposed] == [(older, newer)]
