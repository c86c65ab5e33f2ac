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

    system: str = strawberry.field(description="The system, e.g. `crm`; case does not matter.")
    value: str = strawberry.field(description="The customer's id there.")


@strawberry.input(one_of=True, description="Exactly one way to name a customer.")
class CustomerRef:
    """One of four."""

    id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="The hub's id.")
    external_id: ExternalId | None = strawberry.field(
        default=strawberry.UNSET, description="Another system's id."
    )
    email: str | None = strawberry.field(
        default=strawberry.UNSET, description="An email address, if only one customer has it."
    )
    phone: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="A phone number, with its country (`+61 ...`), if only one customer has it.",
    )

    @property
    def member(self) -> str:
        """Which of the four is given."""
        names = ("external_id", "email", "phone")
        return next((name for name in names if isinstance(getattr(self, name), str | ExternalId)), "id")

    def reference(self) -> finding.Reference | None:
        """What is to be looked up; None when the id is given."""
        if isinstance(self.external_id, ExternalId):
            return finding.Reference("EXTERNAL", self.external_id.value, self.external_id.system)
        if isinstance(self.email, str):
            return finding.Reference("EMAIL", self.email)
        return finding.Reference("PHONE", self.phone) if isinstance(self.phone, str) else None


Found = UUID | Refusal


async def find_customers(ask: Ask, named: Sequence[CustomerRef]) -> list[Found]:
    """The customer each names, or why not. Ids cost nothing; all others are found by one statement."""
    found = [_by_id(each) for each in named]
    wanted = {place: ref for place, each in enumerate(named) if (ref := each.reference())}
    for place, each in (await _look_up(ask, wanted)).items():
        found[place] = _at(each, named[place].member)
    return found


async def find_customer(ask: Ask, named: CustomerRef, *path: str | int) -> UUID:
    """The one customer named; Refusal with the path."""
    (found,) = await find_customers(ask, [named])
    if isinstance(found, Refusal):
        raise Refusal(found.code, found.message, (*path, *found.path))
    return found


def _by_id(named: CustomerRef) -> Found:
    try:
        return uuid_of(named.id or "", "Customer", "id")
    except Refusal as refusal:
        return refusal


async def _look_up(ask: Ask, wanted: dict[int, finding.Reference]) -> dict[int, Found]:
    if not wanted:
        return {}
    try:
        several = await finding.find_many(ask, None, list(wanted.values()))
    except Refusal:
        return await _look_up_each_good_one(ask, wanted)
    return {place: _sole(ids) for place, ids in zip(wanted, several, strict=True)}


async def _look_up_each_good_one(ask: Ask, wanted: dict[int, finding.Reference]) -> dict[int, Found]:
    """One that cannot be looked up must not stop the others."""
    bad = {place: why for place, each in wanted.items() if (why := finding.fault(ask, each))}
    good = {place: each for place, each in wanted.items() if place not in bad}
    several = await finding.find_many(ask, None, list(good.values())) if good else []
    return bad | {place: _sole(ids) for place, ids in zip(good, several, strict=True)}


def _sole(ids: tuple[UUID, ...]) -> Found:
    try:
        return finding.sole(ids)
    except Refusal as refusal:
        return refusal


def _at(found: Found, member: str) -> Found:
    return Refusal(found.code, found.message, (member,)) if isinstance(found, Refusal) else found
