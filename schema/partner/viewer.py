"""Who asks: the partner behind the access token."""

from datetime import date
from typing import Self

import strawberry

from hub import arrangements
from hub.act import Ask
from hub.actors import PARTNER_SCOPES, Actor, Operation
from hub.partners import viewing
from hub.partners.viewing import Covered, Seen
from schema.door import asks
from schema.relay import Node


@strawberry.type(
    description="What is agreed between you and the organisation, as far as this client is for it."
)
class Arrangement(Node):
    """One agreement."""

    key: str = strawberry.field(description="What the organisation calls it; the same as long as it lasts.")
    kind: arrangements.Kind = strawberry.field(description="What was agreed.")
    starts_on: date = strawberry.field(description="Its first day.")
    ends_on: date | None = strawberry.field(description="Its last day; null: open.")
    keep_days: int | None = strawberry.field(
        description="For how many days you may keep what you receive; null: until it is taken back."
    )

    @classmethod
    def of(cls, row: Covered) -> Self:
        """As the API shows it."""
        return cls(
            uuid=row.id,
            key=row.key,
            kind=arrangements.Kind(row.kind),
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            keep_days=row.keep_days,
        )


@strawberry.type(description="Who is asking: the partner's client behind the access token.")
class Viewer:
    """You."""

    actor: strawberry.Private[Actor]
    seen: strawberry.Private[Seen]

    @strawberry.field(description="What you sign in with at POST /oauth/token.")
    def client_id(self) -> str:
        """As it stands in tokens."""
        return str(self.seen.client_id)

    @strawberry.field(description="What this client is called.")
    def name(self) -> str:
        """As it was invited."""
        return self.seen.name

    @strawberry.field(description="You, as the organisation calls you.")
    def recipient(self) -> str:
        """The recipient's name."""
        return self.seen.recipient

    @strawberry.field(description="Whose customers these are.")
    def organisation(self) -> str:
        """The organisation's name."""
        return self.seen.organisation

    @strawberry.field(description="The scopes of the token that the client still holds.")
    def scopes(self) -> list[str]:
        """By name."""
        return sorted(self.actor.roles & PARTNER_SCOPES)

    @strawberry.field(description="Whether all customers you see are made up.")
    def is_sandbox(self) -> bool:
        """As of the organisation that it belongs to."""
        return self.actor.is_sandbox

    @strawberry.field(description="The arrangements that this client is for, ended ones too.")
    def arrangements(self) -> list[Arrangement]:
        """In the order in which they were made."""
        return [Arrangement.of(each) for each in self.seen.arrangements]


@strawberry.type
class ViewerQueries:
    """Reading who asks."""

    @asks(Operation.PARTNER_SELF)
    async def viewer(self, ask: Ask) -> Viewer:
        """Who is asking."""
        return Viewer(actor=ask.actor, seen=await viewing.read(ask))
