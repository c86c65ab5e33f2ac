"""What a notice may have to say: the linter's table, for whoever writes notices."""

from collections.abc import Mapping
from datetime import date
from typing import Self

import strawberry

from hub import linter
from hub.act import Ask
from hub.actors import Operation
from hub.policy.values import Jurisdiction
from schema.door import asks
from schema.weights import Weight

MANY = Weight(items=25)


@strawberry.type(description="What one law asks of one field.")
class NoticeDuty:
    """A line of the table."""

    jurisdiction: Jurisdiction = strawberry.field(description="Whose law.")
    level: linter.Level = strawberry.field(description="Whether a version cannot do without.")
    cites: str = strawberry.field(description="The provision.")
    condition: str | None = strawberry.field(
        description="Only under this circumstance, which counts as given unless it is denied; null: always."
    )
    starts_on: date | None = strawberry.field(description="From this day on; null: already.")

    @classmethod
    def of(cls, place: Jurisdiction, duty: linter.Duty) -> Self:
        """As the API shows it."""
        return cls(
            jurisdiction=place,
            level=duty.level,
            cites=duty.cites,
            condition=duty.condition,
            starts_on=duty.starts_on,
        )


@strawberry.type(description="One thing a notice may have to say.")
class NoticeField:
    """A field of the table."""

    key: str = strawberry.field(description="Its key, e.g. `retention`.")
    says: str = strawberry.field(description="What it says: completes the sentence `Say ...`.")
    is_waivable: bool = strawberry.field(description="Whether `not applicable`, with a reason, is an answer.")
    duties: list[NoticeDuty] = strawberry.field(
        description="What each law asks.", metadata={"weight": Weight(items=6)}
    )

    @classmethod
    def of(cls, row: linter.Field) -> Self:
        """As the API shows it."""
        duties: Mapping[str, linter.Duty] = row.duties
        asked = [NoticeDuty.of(place, duties[place]) for place in Jurisdiction if place in duties]
        return cls(key=row.key, says=row.says, is_waivable=row.waivable, duties=asked)


@strawberry.type
class DutyQueries:
    """Reading the table."""

    @asks(Operation.NOTICE_READ, weight=MANY)
    async def notice_fields(self, ask: Ask) -> list[NoticeField]:
        """Everything a notice may have to say, in the order in which a reader wants it."""
        del ask
        return [NoticeField.of(each) for each in linter.fields()]
