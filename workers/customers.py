"""What an import leaves behind: people it brought a second time are proposed for merging."""

from functools import partial
from uuid import UUID

from hub import merges
from hub.act import Hub
from hub.actors import WORKER, Operation
from workers.door import task


@task("customers.propose_merges")
async def propose_merges(hub: Hub, import_id: UUID, organisation_id: UUID) -> None:
    """Propose whom this import brought a second time; a person decides about each pair."""
    propose = partial(merges.propose_merges, import_id=import_id, organisation_id=organisation_id)
    await hub.perform(WORKER, Operation.CUSTOMER_MERGE, propose)
