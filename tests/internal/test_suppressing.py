"""A postal address is listed by hand: known whoever says it, however it is said, and either it or an email is given."""

from typing import Any

import pytest

from tests.internal.door import Door
from tests.internal.setting import document

LISTED = document("suppressAddress", "customersOptedOut")
HOME = "Flat 9\n77 Harbour Parade\nSydney NSW 2000"
NEVER = {"kind": "EMAIL", "value": "never@example.org"}


async def test_a_postal_address_is_listed_and_nobody_is_looked_for_by_it(door: Door, app: str) -> None:
    since = await door.traces()
    made = await door.one(app, LISTED, input={"postalAddress": HOME, "reason": "COMPLAINT"})
    assert made["customersOptedOut"] is None
    assert await door.events(since) == ["suppression.added"]


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"postalAddress": "Sydney"}, "postalAddress"),
        ({"postalAddress": HOME, "address": NEVER}, "address"),
        ({}, "address"),
    ],
)
async def test_what_is_no_address_or_two_is_refused(
    door: Door, app: str, given: dict[str, Any], path: str
) -> None:
    since = await door.traces()
    found = await door.problem(app, LISTED, input={**given, "reason": "ASKED"})
    assert (found, await door.events(since)) == (("INVALID", ["input", path]), [])
