"""What comes up by itself does so on an empty hub and on a full one, and a second time where nothing is left to do."""

import asyncpg
import pytest

from hub import demo
from hub.act import Hub
from workers.door import TASKS
from workers.main import DECLARING

SCHEDULED = sorted(name for name, each in TASKS.items() if each.cron)
# Of whatever waits for a time, that time has come. Triggers are off: nobody but a test turns clocks.
LATER = """
    SELECT format('UPDATE %I.%I SET %s', table_schema, table_name,
        string_agg(format('%1$I = %1$I - interval ''400 days''', column_name), ', '))
    FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
    WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND data_type LIKE 'timestamp%'
        AND table_name = ANY ($1)
    GROUP BY table_schema, table_name
"""
WAITING = [
    "rights_request", "rights_event", "rights_step", "rights_task", "rights_code", "rights_reminder", "letter",
    "consent_question", "referral", "partner_export", "access_token", "idempotent_answer", "attachment", "look",
    "package", "choice", "withdrawal", "webhook_message", "webhook_delivery", "webhook_endpoint", "portal_visit",
    "stored_object",
]  # fmt: skip


async def run_all(hub: Hub) -> dict[str, str]:
    """Every scheduled task once; returns those that failed, and how."""
    failed: dict[str, str] = {}
    for name in SCHEDULED:
        try:
            await TASKS[name].run(hub)
        except Exception as error:  # noqa: BLE001 - every one of them is a finding
            failed[name] = f"{type(error).__name__}: {error}"
    return failed


def test_there_are_scheduled_tasks() -> None:
    assert len(SCHEDULED) >= len(DECLARING)


@pytest.mark.slow
async def test_they_run_twice_on_an_empty_hub_on_a_full_one_and_once_its_times_have_come(
    fresh_hub: Hub,
) -> None:
    assert await run_all(fresh_hub) == {}
    assert await run_all(fresh_hub) == {}
    assert await demo.load(fresh_hub)
    assert await run_all(fresh_hub) == {}
    assert await run_all(fresh_hub) == {}
    await let_time_pass(fresh_hub)
    assert await run_all(fresh_hub) == {}
    assert await run_all(fresh_hub) == {}


async def let_time_pass(hub: Hub) -> None:
    """Move everything that waits four hundred days back."""
    connection = await asyncpg.connect(hub.database.url)
    try:
        await connection.execute("SET session_replication_role = replica")
        moved = await connection.fetch(LATER, WAITING)
        assert len(moved) == len(WAITING)
        for row in moved:
            await connection.execute(row[0])
    finally:
        await connection.close()
