"""What must hold after any run, whatever went wrong in it; read as a superuser, judged in plain Python.

Every act has its ledger entry and every entry its act; after quiet every entry is sealed exactly once, any two
roots are consistent and the ledger verifies; and the projection is the replay of the events.
"""

import json
from collections import defaultdict
from typing import Any
from uuid import UUID

import asyncpg

from hub import merkle
from hub.act import Hub
from hub.policy.decision import decide_packed, strictest
from hub.policy.facts import Facts
from tests.spine.replay import Event, replay
from tests.spine.test_projection import VERSIONS, version_of
from tests.spine.world import World

ACTS_WITHOUT_ENTRY = """
    SELECT count(*) FROM act WHERE NOT EXISTS (SELECT FROM ledger_entry e WHERE e.act_id = act.id)
"""
ENTRIES_OF_OTHERS = """
    SELECT count(*) FROM ledger_entry e JOIN act a ON a.id = e.act_id
    WHERE e.xid <> a.xid OR e.recorded_at <> a.at OR e.actor_id IS DISTINCT FROM a.actor_id
"""
HALF_ENTRIES = """
    SELECT count(*) FROM ledger_entry e
    WHERE detail_count <> (SELECT count(*) FROM ledger_detail d WHERE d.entry_id = e.id)
"""
ROWS_OF_NO_ACT = """
    SELECT sum(n) FROM (
        SELECT count(*) AS n FROM decision r WHERE NOT EXISTS (SELECT FROM act WHERE act.id = r.act_id)
        UNION ALL SELECT count(*) FROM choice r WHERE NOT EXISTS (SELECT FROM act WHERE act.id = r.act_id)
        UNION ALL SELECT count(*) FROM collection r WHERE NOT EXISTS (SELECT FROM act WHERE act.id = r.act_id)
        UNION ALL SELECT count(*) FROM customer_event r WHERE NOT EXISTS (SELECT FROM act WHERE act.id = r.act_id)
    ) orphans
"""
EVENT_TABLES = ("customer_event", "registry_check", "collection", "delivery", "choice")


async def assert_whole(hub: Hub) -> None:
    """Require all of the above of a hub that has come to rest; seals what waits."""
    superuser = await asyncpg.connect(hub.database.url)
    try:
        await assert_recorded(superuser)
        await assert_projected(superuser)
        await assert_decided_alike(superuser)
        async with hub.database.sealer() as sealer:
            world = World(hub, sealer, superuser)
            await world.seal_all()
            await world.assert_all_sealed_once()
        await assert_consistent(superuser)
    finally:
        await superuser.close()


async def assert_recorded(superuser: asyncpg.Connection) -> None:
    """Require an entry for every act that wrote, and an act of the same transaction for every entry."""
    for question in (ACTS_WITHOUT_ENTRY, ENTRIES_OF_OTHERS, HALF_ENTRIES, ROWS_OF_NO_ACT):
        assert await superuser.fetchval(question) == 0, question


async def assert_consistent(superuser: asyncpg.Connection, pairs: int = 400) -> None:
    """Require that of any two seals the later one's tree grew out of the earlier one's."""
    rows = await superuser.fetch("SELECT leaf_hash FROM ledger_leaf ORDER BY position")
    leaves = [row["leaf_hash"] for row in rows]
    seals = await superuser.fetch("SELECT size, root FROM ledger_seal ORDER BY number")
    couples = [(first, second) for place, second in enumerate(seals) for first in seals[: place + 1]]
    for first, second in couples[:: max(1, len(couples) // pairs)]:
        path = merkle.consistency_path(leaves[: second["size"]], first["size"])
        assert merkle.verify_consistency(first["size"], second["size"], path, first["root"], second["root"])


async def assert_decided_alike(superuser: asyncpg.Connection) -> None:
    """Require that every decision's recorded facts give its recorded answer."""
    for row in await superuser.fetch("SELECT facts, outcome, rule, decided_at FROM decision"):
        facts = [Facts.parse(each) for each in json.loads(row["facts"])]
        decision = strictest(decide_packed(each.signature, row["decided_at"].date()) for each in facts)
        assert (decision.outcome, decision.rule) == (row["outcome"], row["rule"])


async def assert_projected(superuser: asyncpg.Connection) -> None:
    """Require every version of every customer to be what their events come to."""
    events: dict[UUID, list[Event]] = defaultdict(list)
    for table in EVENT_TABLES:
        for row in await superuser.fetch(f"SELECT * FROM {table}"):
            events[row["customer_id"]].append(event_of(table, row))
    stored: dict[UUID, dict[UUID, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for row in await superuser.fetch(f"{VERSIONS} ORDER BY s.valid_from"):
        stored[row["customer_id"]][row["organisation_id"]].append(version_of(row))
    assert set(stored) <= set(events)
    for customer, own in events.items():
        assert dict(stored[customer]) == replay(own, customer)


def event_of(table: str, row: asyncpg.Record) -> Event:
    """An event as the replay reads it."""
    return Event(table, row["id"], row["customer_id"], row["organisation_id"], row["happened_at"], dict(row))
