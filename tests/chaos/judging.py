"""What must be true after a seeded history, whatever happened in it: all that docs/security.md promises, at once."""

from collections import Counter
from typing import Any
from uuid import UUID

import asyncpg

from hub.act import Hub
from hub.partners import placing, rechecking, sweeping
from tests.chaos.histories import History, site_of
from tests.chaos.planting import FULL, NEVER, plan
from tests.chaos.players import Sealer
from tests.chaos.replayed import assert_whole
from tests.handing.test_faults import RECORDED

OF_APPS = "JOIN act a ON a.id = x.act_id AND a.actor_kind = 'app'"
EFFECTS = {
    "choice": f"SELECT x.customer_id, count(*) FROM choice x {OF_APPS} GROUP BY 1",
    "collection": f"SELECT x.customer_id, count(*) FROM collection x {OF_APPS} GROUP BY 1",
    "decision": f"""
        SELECT s.customer_id, count(*) FROM decision_subject s JOIN decision x ON x.id = s.decision_id {OF_APPS}
        GROUP BY 1
    """,
}  # fmt: skip
TOUCHED = {
    "collect": "collection", "decide": "decision", "decisions": "decision", "opt in": "choice", "opt out": "choice",
}  # fmt: skip
CUSTOMERS = "SELECT count(*) FROM customer"
# Somebody said no, did not say yes again, and was handed over all the same.
LATE = """
    SELECT count(*) FROM ledger_entry x JOIN ledger_detail l ON l.entry_id = x.id
        JOIN ledger_entry c ON c.subject = l.subject AND c.sequence < x.sequence AND c.event = 'choice.opted_out'
    WHERE x.event = 'disclosure.recorded' AND NOT EXISTS (
        SELECT FROM ledger_entry y WHERE y.subject = l.subject AND y.event = 'choice.opted_in'
            AND y.sequence > c.sequence AND y.sequence < x.sequence)
"""
POSITIONS = """
    SELECT l.position FROM withdrawal_place p JOIN withdrawal w ON w.id = p.withdrawal_id
        JOIN ledger_entry e ON e.act_id = w.act_id JOIN ledger_leaf l ON l.entry_id = e.id
    WHERE p.recipient_id = $1 ORDER BY p.number
"""
NUMBERS = "SELECT number FROM withdrawal_place WHERE recipient_id = $1 ORDER BY number"
SEALED = "SELECT sealed_at FROM ledger_seal ORDER BY number"
LIVING = "SELECT count(*) FROM customer WHERE id = ANY ($1) AND erased_at IS NULL"
LEGIBLE = "SELECT count(*) FROM keys.customer_key WHERE customer_id = ANY ($1)"
OPEN = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND state LIKE 'idle in transaction%'
"""


async def judge(history: History, hub: Hub, superuser: asyncpg.Connection) -> None:
    """Let everybody find out what became of what they began, let all work end, and look."""
    await plan(superuser, FULL, NEVER, NEVER)
    await resolve(history, hub)
    await settle(hub)
    await assert_once(history, superuser)
    await assert_fed(history, hub, superuser)
    await assert_handed_over(history, superuser)
    await assert_erased(history, superuser)
    instants = [row[0] for row in await superuser.fetch(SEALED)]
    assert instants == sorted(instants), "recorded time never goes back"
    assert await superuser.fetchval(OPEN) == 0
    await assert_whole(hub)


async def resolve(history: History, hub: Hub) -> None:
    """Ask by the same keys what became of what is not known."""
    site = site_of(hub, history.scene, None)
    for each in history.apps:
        for _ in range(3):
            if each.meant is not None:
                await each.once(site)
        assert each.meant is None, "with everything up again, every key is answered"


async def settle(hub: Hub) -> None:
    """Let the work that was left end, and seal and place what came of it."""
    while await sweeping.sweep(hub):
        pass
    while await rechecking.recheck(hub):
        pass
    sealer = Sealer("the last")
    async with hub.database.sealer() as connection:
        while await sealer.seal(hub, connection):
            pass
    while await placing.place(hub):
        pass


async def assert_once(history: History, superuser: asyncpg.Connection) -> None:
    """Every intention that was answered has one effect, and no other has any (I1, I3, I4)."""
    meant: dict[str, Counter[UUID]] = {name: Counter() for name in EFFECTS}
    made = 0
    for kind, _, whom, _ in (each for app in history.apps for each in app.done):
        made += kind == "create"
        if kind in TOUCHED:
            meant[TOUCHED[kind]].update(whom)
    history.hit["done"] = sum(len(each.done) for each in history.apps)
    for name, question in EFFECTS.items():
        found = {row[0]: row[1] for row in await superuser.fetch(question)}
        assert found == dict(meant[name]), name
    assert await superuser.fetchval(CUSTOMERS) == len(history.scene.customers) + made


async def assert_fed(history: History, hub: Hub, superuser: asyncpg.Connection) -> None:
    """The feed counts from one without a gap in the ledger's order, and the partner's copy of it is whole (I10)."""
    recipient = history.scene.partner[1]
    numbers = [row[0] for row in await superuser.fetch(NUMBERS, recipient)]
    assert numbers == list(range(1, len(numbers) + 1))
    positions = [row[0] for row in await superuser.fetch(POSITIONS, recipient)]
    assert positions == sorted(positions), "in the order of the ledger"
    reader = history.reader
    while len(reader.seen) < len(numbers):
        await reader.read(hub)
    assert [each.place.number for each in reader.seen] == numbers
    history.hit["withdrawal"] = len(numbers)
    assert len({each.place.withdrawal_id for each in reader.seen}) == len(numbers)


async def assert_handed_over(history: History, superuser: asyncpg.Connection) -> None:
    """Whoever left was recorded before, and nobody left after they had said no (I8, I9)."""
    recorded = Counter({row[0]: row[1] for row in await superuser.fetch(RECORDED)})
    assert history.inspectors.left <= recorded
    history.hit["handed over"] = history.inspectors.left.total()
    assert await superuser.fetchval(LATE) == 0


async def assert_erased(history: History, superuser: asyncpg.Connection) -> None:
    """Whoever was erased stays erased, and cannot be read any more (I16)."""
    erased: list[Any] = sorted(history.staff.erased)
    assert await superuser.fetchval(LIVING, erased) == 0
    assert await superuser.fetchval(LEGIBLE, erased) == 0
