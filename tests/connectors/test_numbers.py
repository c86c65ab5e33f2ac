"""Numbers that no evidence and no copy can hold: an answer that has one is garbage, and breaks nothing."""

import json
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from tests.connectors.shop import KEY
from tests.connectors.test_http import ENDED, NEWSLETTER, PLACE, ROW
from workers.connectors.connector import Done, Row
from workers.connectors.guarding import GARBAGE
from workers.connectors.http.answers import read_answer, read_rows
from workers.connectors.plain import plain

BEYOND = [
    pytest.param(number, id=called)
    for number, called in (
        (2**63, "one more"),
        (-(2**63) - 1, "one less"),
        (10**30, "30 digits"),
        (-(10**4000), "huge"),
    )
]
WITHIN = [2**63 - 1, -(2**63), 0]


def answered(**said: Any) -> bytes:
    return json.dumps({"outcome": "done", "places": [PLACE], **said}).encode()


@pytest.mark.parametrize("number", BEYOND)
def test_a_number_beyond_64_bits_is_garbage_wherever_it_stands(number: int) -> None:
    kept = {"collection": "readers", "fields": ["name"], "rows": number}
    for said in (
        {"places": [PLACE | {"rows": number}]},
        {"keys": {"newsletter.readers.email": [number]}},
        {"kept": [kept]} if number > 0 else {"places": [PLACE | {"rows": number}]},
    ):
        assert read_answer(answered(**said), NEWSLETTER, KEY) == GARBAGE


def test_more_rows_than_anybody_counts_are_garbage() -> None:
    assert isinstance(read_answer(answered(places=[PLACE | {"rows": 2**31 - 1}]), NEWSLETTER, KEY), Done)
    assert read_answer(answered(places=[PLACE | {"rows": 2**31}]), NEWSLETTER, KEY) == GARBAGE


@pytest.mark.parametrize("number", WITHIN)
def test_a_number_of_64_bits_is_taken_as_it_is(number: int) -> None:
    outcome = read_answer(answered(keys={"newsletter.readers.email": [number]}), NEWSLETTER, KEY)
    assert isinstance(outcome, Done)
    assert outcome.keys == {"newsletter.readers.email": (number,)}


async def exported(value: Any) -> list[Any]:
    """What is read of an export whose first row has this value."""

    async def lines() -> AsyncIterator[bytes]:
        yield json.dumps({"collection": "readers", "values": {"name": value}}).encode()
        yield ENDED.encode()

    return [item async for item in read_rows(lines(), NEWSLETTER, KEY)]


@pytest.mark.parametrize("number", BEYOND)
@pytest.mark.parametrize("value", ["%d", "[1, %d]", '{"a": [{"b": %d}]}'])
async def test_a_row_with_a_number_beyond_64_bits_is_garbage(number: int, value: str) -> None:
    assert await exported(json.loads(value % number)) == [GARBAGE]


@pytest.mark.parametrize("levels", [101, 300, 900])
async def test_a_value_that_is_nested_without_end_is_garbage(levels: int) -> None:
    assert await exported(json.loads("[" * levels + "]" * levels)) == [GARBAGE]


@pytest.mark.parametrize("number", WITHIN)
async def test_a_row_is_taken_with_all_that_a_copy_can_hold(number: int) -> None:
    value = {"deep": json.loads("[" * 90 + str(number) + "]" * 90), "flag": True}
    row, done = await exported(value)
    assert isinstance(row, Row)
    assert (dict(row.values), isinstance(done, Done)) == ({"name": value}, True)
    assert orjson.loads(orjson.dumps(row.values)) == {"name": value}
    assert json.loads(ROW)["collection"] == row.collection


@pytest.mark.parametrize("number", [2**64, 10**30, -(10**30)])
def test_a_database_s_number_beyond_64_bits_is_kept_as_text_like_a_decimal(number: int) -> None:
    assert plain({"a": [number, 2**64 - 1]}) == {"a": [str(number), 2**64 - 1]}
