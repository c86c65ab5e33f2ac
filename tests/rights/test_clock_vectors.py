"""Month ends, leap years, weekends, holidays, proof, fees and pauses: deadlines that were counted without the hub."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

import pytest

from hub.policy.values import Jurisdiction
from hub.rights.clocks import Dates, Pause, clock
from hub.rights.values import Kind

WRITTEN: Final = (Path(__file__).parent / "vectors.txt").read_text("utf-8").splitlines()
VECTORS: Final = [line for line in WRITTEN if not line.startswith("#")]


@pytest.mark.parametrize("vector", VECTORS)
def test_a_deadline_is_the_one_that_was_counted_without_the_hub(vector: str) -> None:
    asked, _, expected = vector.partition(" -> ")
    place, kind, received, *more = asked.split()
    dates = Dates(_day(received), _named(more, "identity"), _named(more, "fee"), tuple(_waits(more)))
    found = clock([Jurisdiction(place)], Kind(kind.upper()), dates)
    days = (found.acknowledge_by, found.due, found.extended_due)
    assert " ".join(str(day or "-") for day in days) == expected


def _day(written: str) -> date:
    return date.fromisoformat(written)


def _named(words: list[str], name: str) -> date | None:
    return next((_day(word.partition("=")[2]) for word in words if word.startswith(f"{name}=")), None)


def _waits(words: list[str]) -> Iterator[Pause]:
    for word in words:
        name, _, days = word.partition("=")
        if name == "waited":
            first, _, last = days.partition("/")
            yield Pause(_day(first), _day(last))
