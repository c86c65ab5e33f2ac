"""The ledger: what happened, who did it, and receipts that prove it."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

import strawberry

from hub import entries
from hub.act import Ask
from hub.actors import Operation
from schema.call import Info
from schema.door import asks, lists
from schema.internal.clients import Client, clients_by_id
from schema.internal.customers import Customer, customers_by_id
from schema.internal.links import link, one
from schema.internal.paging import page_of, paged
from schema.internal.people import CustomerRef, find_customer
from schema.internal.references import optional_id
from schema.relay import Connection, Node, Window, parse_id
from schema.scalars import Whole


@strawberry.type(description="One entry of the ledger: something happened. It never changes.")
class LedgerEntry(Node):
    """Of an act of your organisation."""

    row: strawberry.Private[entries.Entry]
    event: str = strawberry.field(
        description="What happened, `noun.verb` in the past, e.g. `choice.withdrawn`."
    )
    actor_kind: str = strawberry.field(description="Who did it: app, operator or worker.")
    recorded_at: datetime = strawberry.field(description="When it was recorded: the database's instant.")
    details: int = strawberry.field(description="How many lines it has: one for each customer it is about.")
    position: Whole | None = strawberry.field(
        description="Its place in the sealed tree; null until it is sealed."
    )
    seal: Whole | None = strawberry.field(description="The number of its seal; null until it is sealed.")
    sealed_at: datetime | None = strawberry.field(description="When it was sealed; null until it is.")

    @classmethod
    def of(cls, row: entries.Entry) -> Self:
        """As the API shows it."""
        return cls(
            uuid=row.id,
            row=row,
            event=row.event,
            actor_kind=row.actor_kind,
            recorded_at=row.recorded_at,
            details=row.detail_count,
            position=None if row.position is None else Whole(row.position),
            seal=None if row.seal is None else Whole(row.seal),
            sealed_at=row.sealed_at,
        )

    @link(
        Operation.CUSTOMER_READ,
        "The only customer it is about; null: none, several, or you may not read customers.",
    )
    async def customer(self, info: Info) -> Customer | None:
        """Loaded with the others'."""
        return await one(info, Operation.CUSTOMER_READ, customers_by_id, self.row.subject)

    @link(Operation.CLIENT_READ, "The client that did it; null: none of yours, or you may not read clients.")
    async def client(self, info: Info) -> Client | None:
        """Loaded with the others'."""
        return await one(info, Operation.CLIENT_READ, clients_by_id, self.row.actor_id)


async def entries_by_id(ask: Ask, ids: Sequence[UUID]) -> dict[UUID, LedgerEntry]:
    """Many at once."""
    return {key: LedgerEntry.of(row) for key, row in (await entries.by_ids(ask, ids)).items()}


@strawberry.type(
    description="The proof that the ledger holds what was recorded. It is checked without this hub."
)
class Receipt:
    """Of one subject's lines in one entry."""

    entry_uuid: strawberry.Private[UUID]
    document: str = strawberry.field(
        description="The receipt as JSON, to be kept as it is; `hub receipt verify FILE` checks it offline."
    )

    @classmethod
    def of(cls, entry_id: UUID, receipt: dict[str, Any]) -> Self:
        """As the API shows it."""
        return cls(entry_uuid=entry_id, document=json.dumps(receipt, separators=(",", ":")))

    @link(Operation.LEDGER_READ, "The entry it proves; null if you may not read the ledger.")
    async def entry(self, info: Info) -> LedgerEntry | None:
        """Loaded with the others'."""
        return await one(info, Operation.LEDGER_READ, entries_by_id, self.entry_uuid)


@strawberry.input(description="Which ledger entries.")
class LedgerFilter:
    """All that is given must hold."""

    customer: CustomerRef | None = strawberry.field(default=None, description="About this customer.")
    event: str | None = strawberry.field(default=None, description="Of this event, e.g. `customer.revealed`.")
    client: strawberry.ID | None = strawberry.field(default=None, description="By this client.")
    recorded_from: datetime | None = strawberry.field(
        default=None, description="Recorded at this instant or later."
    )
    recorded_to: datetime | None = strawberry.field(default=None, description="Recorded before this instant.")

    async def such(self, ask: Ask) -> entries.Such:
        """As the hub takes it."""
        about = await find_customer(ask, self.customer, "filter", "customer") if self.customer else None
        return entries.Such(
            customer=about,
            event=self.event,
            actor=optional_id(self.client, "Client", "filter", "client"),
            since=self.recorded_from,
            before=self.recorded_to,
        )


_Filter = Annotated[LedgerFilter | None, strawberry.argument(description="Which; by default all.")]
_Id = Annotated[strawberry.ID, strawberry.argument(description="The id of a decision or a ledger entry.")]
_About = Annotated[
    CustomerRef | None,
    strawberry.argument(
        description="Whose lines of an entry about several customers; by default the only one's."
    ),
]


@strawberry.type
class LedgerQueries:
    """Reading the ledger."""

    @lists(Operation.LEDGER_READ, UUID)
    async def ledger_entries(
        self, ask: Ask, window: Window, filter: _Filter = None
    ) -> Connection[LedgerEntry]:
        """What your organisation's apps did, newest first."""
        such = await (filter or LedgerFilter()).such(ask)
        return paged(window, await entries.page(ask, page_of(window), such), LedgerEntry.of)

    @asks(Operation.RECEIPT_ISSUE)
    async def receipt(self, ask: Ask, id: _Id, customer: _About = None) -> Receipt:
        """The receipt of a decision or of a ledger entry; for a few seconds after it NOT_SEALED_YET."""
        kind, uuid = parse_id(id, "Decision", "LedgerEntry", path=("id",))
        if kind == "Decision":
            return Receipt.of(*await entries.receipt_of_decision(ask, uuid))
        about = await find_customer(ask, customer, "customer") if customer else None
        return Receipt.of(uuid, await entries.receipt(ask, uuid, about))
