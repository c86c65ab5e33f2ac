"""What was asked: the question behind an answer, with what it names."""

from typing import Self
from uuid import UUID

import strawberry

from hub import decisions
from hub.actors import Operation
from hub.policy.values import Act, Channel, Footer, Offer, ProfileEffect
from hub.questioned import Question as DomainQuestion
from schema.call import Info
from schema.internal.arrangements import Arrangement, arrangements_by_id
from schema.internal.categories import Category, categories_by_id
from schema.internal.links import link, one, several
from schema.internal.organisation import Department, departments_by_id
from schema.internal.purposes import Purpose, purposes_by_id
from schema.internal.recipients import Recipient, recipients_by_id


@strawberry.type(description="What was asked, with every default filled in.")
class Question:
    """As the hub read it."""

    question: strawberry.Private[DomainQuestion]
    arrangement_uuid: strawberry.Private[UUID | None]
    act: Act = strawberry.field(description="What would be done with the data.")
    channel: Channel = strawberry.field(description="How a message would be sent; NONE: it is not a message.")
    offer: Offer = strawberry.field(description="What a message promotes.")
    footer: Footer = strawberry.field(description="What a message's footer carries.")
    profile_effect: ProfileEffect = strawberry.field(description="What a profile would do to the person.")

    @classmethod
    def of(cls, answer: decisions.Answer) -> Self:
        """As the API shows it."""
        asked = answer.question
        return cls(
            question=asked,
            arrangement_uuid=answer.arrangement_id,
            act=asked.act,
            channel=asked.channel,
            offer=asked.offer,
            footer=asked.footer,
            profile_effect=asked.profile_effect,
        )

    @link(Operation.CATALOGUE_READ, "For which purpose; null if you may not read the catalogue.")
    async def purpose(self, info: Info) -> Purpose | None:
        """Loaded with the others'."""
        return await one(info, Operation.CATALOGUE_READ, purposes_by_id, _id(self.question.purpose))

    @link(Operation.CATALOGUE_READ, "Who would receive; null: nobody, or you may not read the catalogue.")
    async def recipient(self, info: Info) -> Recipient | None:
        """Loaded with the others'."""
        return await one(info, Operation.CATALOGUE_READ, recipients_by_id, _id(self.question.recipient))

    @link(
        Operation.CATALOGUE_READ,
        "The arrangement that covers it; null: none does, or you may not read the catalogue.",
    )
    async def arrangement(self, info: Info) -> Arrangement | None:
        """Loaded with the others'."""
        return await one(info, Operation.CATALOGUE_READ, arrangements_by_id, self.arrangement_uuid)

    @link(
        Operation.CATALOGUE_READ,
        "Whose people would see the data; null: nobody said, or you may not read the catalogue.",
    )
    async def department(self, info: Info) -> Department | None:
        """Loaded with the others'."""
        return await one(info, Operation.CATALOGUE_READ, departments_by_id, _id(self.question.department))

    @link(
        Operation.CATALOGUE_READ,
        "The categories that were named; null: those of the purpose that are held, "
        "or you may not read the catalogue.",
    )
    async def categories(self, info: Info) -> list[Category] | None:
        """Loaded with the others'."""
        named = self.question.categories
        return (
            None if named is None else await several(info, Operation.CATALOGUE_READ, categories_by_id, named)
        )


def _id(reference: UUID | str | None) -> UUID | None:
    return reference if isinstance(reference, UUID) else None
