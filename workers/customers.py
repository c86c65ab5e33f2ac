"""What happens to customers after an act: others who may be they are proposed for merging, erasures are journalled."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from functools import partial
from uuid import UUID

from hub import journal, merges
from hub.act import Hub
from hub.actors import WORKER, Operation
from workers.door import task


@task("customers.propose_merges")
async def propose_merges(hub: Hub, customer_id: UUID, organisation_id: UUID) -> None:
    """Propose who may be this customer a second time; a person decides about each pair."""
    propose = partial(merges.propose_merges, customer_id=customer_id, organisation_id=organisation_id)
    await hub.perform(WORKER, Operation.CUSTOMER_MERGE, propose)


@task("customers.journal")
async def journal_fresh(hub: Hub) -> None:
    """Write what was forgotten in these days where a restored database is compared with it."""
    await _write(hub, datetime.now(UTC).date() - timedelta(days=journal.FRESH_DAYS))


@task("customers.journal_all", cron="41 * * * *")
async def journal_all(hub: Hub) -> None:
    """Write what the journal of this machine does not hold: of other machines, and of a time when its disk was full."""
    await _write(hub, date.min)


async def _write(hub: Hub, since: date) -> None:
    async with hub.ask(WORKER, Operation.CUSTOMER_ERASE) as ask:
        lines = await journal.lines(ask, since)
    await asyncio.to_thread(journal.append, hub.settings.erasures, lines)
