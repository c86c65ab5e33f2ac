"""The past: which instant a question is about, and the snapshot that answers as of then."""

from datetime import UTC, datetime
from typing import Annotated, Final

import strawberry

from hub.act import Ask
from hub.errors import invalid

EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
"""Nobody's records begin before this: an earlier instant is a slip."""

AsOf = Annotated[
    datetime | None,
    strawberry.argument(
        description="A past instant: answered from the customers, notices, choices, arrangements and rules "
        "in force then. By default now."
    ),
]


def as_of_instant(ask: Ask, as_of: datetime | None) -> Ask:
    """The same snapshot, asked about a past instant; itself for none. Refusal INVALID with the path asOf."""
    if as_of is None:
        return ask
    if as_of < EARLIEST:
        raise invalid(f"Records begin in {EARLIEST.year}: ask about a later instant.", "as_of")
    if as_of > ask.at:
        raise invalid("This lies in the future: ask about a past instant, or leave it out.", "as_of")
    return ask.as_of(as_of)
