"""How an app names a customer: our id, its own id, an email or a phone number."""

from collections.abc import Sequence
from uuid import UUID

import strawberry

from hub import finding
from hub.act import Ask
from hub.errors import Refusal
from schema.relay import uuid_of


@strawberry.input(description="A customer as another system knows them.")
class ExternalId:
    """System and id."""

    system: str = strawberry.field(description="The system, e.g. `crm`.")
    value: str = strawberry.field(description="The customer's id there.")


@strawberry.input(one_of=True, description="Exactly one way to name a customer.")
class CustomerRef:
    """One of four."""

    id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="The hub's id.")
    external_id: ExternalId | None = strawberry.field(default=strawberry.UNSET, description="Another system's id.")
    email: str | None = strawberry.field(default=strawberry.UNSET, description="An email address, if only one has it.")
    phone: str | None = strawberry.field(default=strawberry.UNSET, description="A phone number, if only one has it.")

    def reference(self) -> finding.Reference | None:
        """What is to be looked up; None when the id is given."""
        if self.external_id:
            return finding.Reference("EXTERNAL", self.external_id.value, self.external_id.system)
        if self.email:
            return finding.Reference("EMAIL", self.email)
        return finding.Reference("PHONE", self.phone) if self.phone else None


async def find_customers(ask: Ask, named: Sequence[CustomerRef]) -> list[UUID | Refusal]:
    """The customer each names, or why not. Ids cost nothing; all others are found by one statement."""
    found: list[UUID | Refusal] = []
    wanted = [(place, ref) for place, each in enumerate(named) if (ref := each.reference())]
    for each in named:
        found.append(_by_id(each))
    if wanted:
        several = await finding.find_many(ask, None, [ref for _, ref in wanted], "customer")
        for (place, _), ids in zip(wanted, several, strict=True):
            found[place] = _sole(ids)
    return found


async def find_customer(ask: Ask, named: CustomerRef, *path: str | int) -> UUID:
    """The one customer named; Refusal with the path."""
    (found,) = await find_customers(ask, [named])
    if isinstance(found, Refusal):
        raise Refusal(found.code, found.message, path or found.path)
    return found


def _by_id(named: CustomerRef) -> UUID | Refusal:
    try:
        return uuid_of(named.id or "", "Customer", "customer")
    except Refusal as refusal:
        return refusal


def _sole(ids: tuple[UUID, ...]) -> UUID | Refusal:
    try:
        return finding.sole(ids, "customer")
    except Refusal as refusal:
        return refusal
