"""Instants, days and whole numbers: one spelling out, strict readings in."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
import strawberry

from schema.scalars import Whole, assemble


@strawberry.type(description="Echoes.")
class Query:
    """Gives back what it was given."""

    @strawberry.field(description="An instant.")
    def instant(self, value: datetime) -> datetime:
        """As read, in another offset."""
        assert value.tzinfo is UTC
        return value.astimezone(timezone(timedelta(hours=10)))

    @strawberry.field(description="A day.")
    def day(self, value: date) -> date:
        """As read."""
        return value

    @strawberry.field(description="A whole number.")
    def whole(self, value: Whole) -> Whole:
        """As read."""
        return value


ECHO = assemble(Query)


def said(field: str, value: Any) -> Any:
    kind = {"instant": "DateTime", "day": "Date", "whole": "Whole"}[field]
    result = ECHO.execute_sync(f"query($v: {kind}!) {{ {field}(value: $v) }}", {"v": value})
    return result.data and result.data[field]


@pytest.mark.parametrize(
    ("given", "spelt"),
    [
        ("2026-03-01T09:30:00Z", "2026-03-01T09:30:00Z"),
        ("2026-03-01T09:30:00.123456Z", "2026-03-01T09:30:00.123456Z"),
        ("2026-03-01T19:30:00+10:00", "2026-03-01T09:30:00Z"),
    ],
)
def test_an_instant_is_spelt_in_utc(given: str, spelt: str) -> None:
    assert said("instant", given) == spelt


@pytest.mark.parametrize(
    "given",
    [
        "2026-03-01T09:30:00",
        "2026-03-01",
        "20260301T093000Z x",
        "now",
        "",
        1,
        True,
        "2026-13-01T00:00:00Z",
        "0001-01-01T00:00:00+10:00",
        "2026-W09-7T09:30:00Z",
        "20260301T093000Z",
        "9" * 1000,
    ],
)
def test_an_instant_without_its_offset_or_with_nonsense_is_refused(given: Any) -> None:
    assert said("instant", given) is None


@pytest.mark.parametrize("given", ["2026-02-30", "20260301", "2026-W09-7", "1/3/2026", "", 20260301])
def test_a_day_that_is_none_is_refused(given: Any) -> None:
    assert said("day", given) is None
    assert said("day", "2028-02-29") == "2028-02-29"


@pytest.mark.parametrize(
    ("given", "spelt"),
    [
        (2**53 - 1, 2**53 - 1),
        (-(2**53) + 1, -(2**53) + 1),
        (2**53, None),
        (1.5, None),
        ("1", None),
        (True, None),
    ],
)
def test_a_whole_number_is_one_that_every_client_can_hold(given: Any, spelt: Any) -> None:
    assert said("whole", given) == spelt
