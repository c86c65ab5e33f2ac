"""Whom an arrangement will reach, as it was counted before it came into force."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

import strawberry

from hub.coverage import Cover
from schema.relay import global_id
from schema.weights import Weight


@strawberry.type(description="How many customers stand in one place of a picture.")
class PictureShare:
    """One slice."""

    cover: Cover = strawberry.field(description="Where they stand.")
    customers: int = strawberry.field(description="How many.")


@strawberry.type(description="A formality that is missing, by the rule that asks for it.")
class PictureFormality:
    """Of how many customers."""

    rule: str = strawberry.field(description="The rule's id.")
    citation: str = strawberry.field(description="What it cites.")
    staff: str = strawberry.field(description="What it says to staff.")
    customers: int = strawberry.field(description="Of how many customers.")


@strawberry.type(description="Whom an arrangement will reach for one of its purposes.")
class PicturePurpose:
    """Every customer counts once."""

    purpose_id: strawberry.ID = strawberry.field(description="For this purpose.")
    customers: int = strawberry.field(description="How many were counted.")
    can_be_asked: int = strawberry.field(
        description="Of those whose consent is missing, how many may be asked."
    )
    undecided: int = strawberry.field(description="How many nobody can answer for.")
    shares: list[PictureShare] = strawberry.field(
        description="By where they stand; places where nobody does are left out.",
        metadata={"weight": Weight(items=len(Cover))},
    )
    formalities: list[PictureFormality] = strawberry.field(
        description="What authorities must be told or must allow first.", metadata={"weight": Weight(items=3)}
    )


@strawberry.type(
    description="Whom an arrangement will reach, counted before it came into force, and kept with it."
)
class Picture:
    """As it was counted."""

    at: datetime = strawberry.field(description="When it was counted.")
    on: date = strawberry.field(description="As of which day the arrangement was read.")
    purposes: list[PicturePurpose] = strawberry.field(
        description="Purpose by purpose.", metadata={"weight": Weight(items=3)}
    )

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        """As the API shows it."""
        return cls(
            at=datetime.fromisoformat(kept["at"]),
            on=date.fromisoformat(kept["on"]),
            purposes=[_purpose(each) for each in kept["purposes"]],
        )


def _purpose(kept: Mapping[str, Any]) -> PicturePurpose:
    return PicturePurpose(
        purpose_id=global_id("Purpose", UUID(kept["purpose"])),
        customers=kept["customers"],
        can_be_asked=kept["can_be_asked"],
        undecided=kept["undecided"],
        shares=[
            PictureShare(cover=Cover(name), customers=number)
            for name, number in kept["covers"].items()
            if number
        ],
        formalities=[PictureFormality(**each) for each in kept["formalities"]],
    )
