"""What a new email or phone of a customer leaves behind: others who have it are proposed for merging."""

from functools import partial
from uuid import UUID

from hub import merges
from hub.act import Hub
from hub.actors import WORKER, Operation
from workers.door import task


@task("customers.propose_merges")
async def propose_merges(hub: Hub, customer_id: UUID, organisation_id: UUID) -> None:
    """Propose who may be this customer a second time; a person decides about each pair."""
    propose = partial(merges.propose_merges, customer_id=customer_id, organisation_id=organisation_id)
    await hub.perform(WORKER, Operation.CUSTOMER_MERGE, propose)
