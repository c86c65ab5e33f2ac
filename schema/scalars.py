"""Values with a spelling of their own: instants, days, and whole numbers beyond 32 bits.

Python types stand for them in resolvers (`datetime`, `date`, `Whole`), so a type says nothing twice.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any, NewType

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import ScalarDefinition

from schema import inputs, outputs
from schema.executing import Executor

Whole = NewType("Whole", int)
"""A whole number that JavaScript can hold: up to 2**53 - 1 either way."""
LARGEST_WHOLE = 2**53 - 1


_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _instant(value: Any) -> datetime:
    try:
        if isinstance(value, str) and _RFC_3339.fullmatch(value):
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise GraphQLError("An instant is written with its offset, like 2026-03-01T09:30:00Z.")


def _spelt(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _day(value: Any) -> date:
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise GraphQLError("A day is written like 2026-03-01.")


def _whole(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_WHOLE:
        return value
    raise GraphQLError("A whole number lies between -(2^53 - 1) and 2^53 - 1.")


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant in UTC after RFC 3339, e.g. `2026-03-01T09:30:00Z`; offsets are accepted.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time.html",
        serialize=_spelt,
        parse_value=_instant,
    ),
    date: strawberry.scalar(
        name="Date", description="A day, e.g. `2026-03-01`.", serialize=date.isoformat, parse_value=_day
    ),
    Whole: strawberry.scalar(
        name="Whole",
        description="A whole number beyond 32 bits, up to 2^53 - 1 either way.",
        serialize=int,
        parse_value=_whole,
    ),
}


def assemble(
    query: type,
    mutation: type | None = None,
    subscription: type | None = None,
    types: Iterable[type] = (),
) -> strawberry.Schema:
    """The schema of these roots, with our scalars. `types`: those reached only through `node`."""
    config = StrawberryConfig(scalar_map=SCALARS, relay_max_results=100)
    made = strawberry.Schema(
        query, mutation, subscription, types=types, config=config, execution_context_class=Executor
    )
    inputs.hasten(made)
    outputs.hasten(made)
    return made
