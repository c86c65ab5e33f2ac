"""How partners name things: arrangements by id or key, purposes by key, customers by the ids that they alone have."""

from typing import Annotated, Final
from uuid import UUID

import strawberry

from schema.harmless import KEYED
from schema.relay import global_id, parse_id, uuid_of

ARRANGEMENT: Final = "Arrangement"
CUSTOMER: Final = "Customer"
_LIKE_AN_ID: Final = global_id(ARRANGEMENT, UUID(int=0))[: len(ARRANGEMENT)]

ArrangementName = Annotated[
    strawberry.ID, strawberry.argument(description="The arrangement: its id, or its key.", metadata=KEYED)
]
PurposeName = Annotated[str, strawberry.argument(description="The key of the purpose.", metadata=KEYED)]


def arrangement_named(said: str) -> UUID | str:
    """An arrangement's id, or else what is taken for its key."""
    if said.startswith(_LIKE_AN_ID):
        return parse_id(said, ARRANGEMENT, path=("arrangement",))[1]
    return said


def customer_named(said: str, *path: str | int) -> UUID:
    """The partner's own id of a customer; Refusal INVALID for what is not made like one."""
    return uuid_of(said, CUSTOMER, *path)
