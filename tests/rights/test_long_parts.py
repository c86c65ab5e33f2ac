"""Parts too long to be kept while their package is built say the same in it as short ones, cuts included."""

import csv
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from hub.packaging.cutting import ROWS_AT_A_TIME, SMALL_BYTES
from hub.rights import fulfilling, redactions
from hub.rights.redactions import NewRedaction
from tests.rights.copies import anna, as_worker, build, opened, parts_of, planned
from tests.rights.desk import Desk
from tests.rights.test_exporting import towards
from workers import exporting
from workers.connectors.connector import Done, Evidence, Place, Row
from workers.settling import Settling

ROWS = 2 * ROWS_AT_A_TIME + 17


async def two_collections(filling: str) -> AsyncIterator[Any]:
    """Rows of two collections in turns."""
    for number in range(1, ROWS + 1):
        for collection in ("visits", "calls"):
            yield Row(
                "crm", collection, {"n": number, "said": f"{collection} {number} {filling}", "by": "Eve"}, {}
            )
    places = tuple(Place("crm", each, ROWS, {"n": "exported"}) for each in ("visits", "calls"))
    yield Done(Evidence(places))


@pytest.mark.parametrize("characters", [0, SMALL_BYTES // ROWS])
async def test_all_rows_are_in_the_package_but_those_taken_out(desk: Desk, characters: int) -> None:
    request = await desk.receive(await anna(desk), "ACCESS")
    for step in await planned(desk, request):
        if step.kind == "MANUAL":
            await desk.do(fulfilling.settle_by_hand, step.id, "NOTHING")
            continue
        claimed = await as_worker(desk, fulfilling.claim, step.id)
        rows = two_collections("x" * characters)
        exported = await exporting.take(desk.firm.hub, await towards(desk, request), rows)
        await Settling(desk.firm.hub, request.id).note(claimed, exported)
    [part] = await parts_of(desk, request)
    assert (part.size_bytes > SMALL_BYTES) == bool(characters)
    first, last = ROWS_AT_A_TIME - 1, ROWS_AT_A_TIME + 2
    whole = NewRedaction(part.id, "OTHER_PERSON", "crm.calls", first_row=first, last_row=last)
    cell = NewRedaction(
        part.id, "OTHER_PERSON", "crm.calls", field="by", first_row=last + 1, last_row=last + 1
    )
    for each in (whole, cell):
        await desk.do(redactions.redact, request.id, each)
    await build(desk, request)
    archive = await opened(desk, request)
    found = json.loads(archive.read("data.json"))["rows"]
    numbers = {place: [row["values"]["n"] for row in found if row["collection"] == place] for place in (1, 2)}
    left = [number for number in range(1, ROWS + 1) if not first <= number <= last]
    assert numbers == {1: list(range(1, ROWS + 1)), 2: left}
    assert [row["values"]["n"] for row in found if "by" not in row["values"]] == [last + 1]
    table = list(csv.DictReader(io.StringIO(archive.read("tables/2-crm-calls.csv").decode())))
    assert [int(row["n"]) for row in table] == left
    pages = [archive.read(name).decode() for name in archive.namelist() if name.startswith("pages/2-")]
    assert sum(page.count("<dl>") for page in pages) == len(left)
