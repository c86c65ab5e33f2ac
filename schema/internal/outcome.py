"""What came of a request: what was erased, what stays and why, what past recipients said."""

from datetime import date
from typing import Self

import strawberry

from hub.rights import remains
from schema.relay import global_id


@strawberry.type(description="What was erased in one place.")
class ErasedThere:
    """Counted."""

    system: str = strawberry.field(description="The system.")
    what: str = strawberry.field(description="What it calls it.")
    rows: int = strawberry.field(description="How many records.")
    fields: list[str] = strawberry.field(description="Which fields, where the system tells.")


@strawberry.type(description="What stays in one place.")
class StaysThere:
    """With its ground."""

    system: str = strawberry.field(description="The system, or the hub for a duty of one of your purposes.")
    what: str = strawberry.field(description="What it calls it; for a duty, the purpose's key.")
    ground: str = strawberry.field(
        description="A code of the law, such as LEGAL_DUTY, or the system's own word."
    )
    reason: str = strawberry.field(description="The same, to the customer, in their language.")
    until: date | None = strawberry.field(description="Its last day; null where none is named.")
    fields: list[str] = strawberry.field(description="Which fields, or categories of a duty.")


@strawberry.type(description="A past recipient, and what came of telling them.")
class RecipientTold:
    """What they said."""

    recipient_id: strawberry.ID = strawberry.field(description="Who.")
    name: str = strawberry.field(description="Their name, as it was then.")
    said: str = strawberry.field(description="CONFIRMED, NOTHING_HELD, REFUSED, NOT_TOLD or WAITING.")
    step_id: strawberry.ID = strawberry.field(
        description="Their step, for `settleRightsStep` and `excuseRightsStep`."
    )
    excuses: list[str] = strawberry.field(description="For which reasons they need not be told, coded.")
    excuse: str | None = strawberry.field(description="The one that was given; null: none.")


@strawberry.type(description="What came of a rights request.")
class RightsRequestOutcome:
    """Read from the evidence of its steps."""

    erased: list[ErasedThere] = strawberry.field(description="Of a deletion.")
    stays: list[StaysThere] = strawberry.field(description="Of a deletion: what it left.")
    recipients: list[RecipientTold] = strawberry.field(description="Who had received the data.")
    undone: list[str] = strawberry.field(
        description="What was left out, or left as it was, and why: to the customer, in their language."
    )

    @classmethod
    def of(cls, found: remains.Outcome, locale: str) -> Self:
        """As the API shows it."""
        return cls(
            erased=[
                ErasedThere(system=each.system, what=each.what, rows=each.rows, fields=list(each.fields))
                for each in found.erased
            ],
            stays=[
                StaysThere(
                    system=each.system, what=each.what, ground=each.ground, reason=remains.why(each.ground, locale),
                    until=each.until, fields=list(each.fields),
                )
                for each in found.stays
            ],
            recipients=[
                RecipientTold(
                    recipient_id=global_id("Recipient", each.recipient_id), name=each.recipient, said=each.said,
                    step_id=global_id("RightsStep", each.step_id), excuses=list(each.excuses), excuse=each.excuse,
                )
                for each in found.recipients
            ],
            undone=remains.undone_in_words(found, locale),
        )  # fmt: skip
