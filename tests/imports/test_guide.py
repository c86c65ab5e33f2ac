"""The guide docs/import.md: its mapping file works, and it names every field there is."""

import json
import re
from pathlib import Path

import pytest

from hub.imports import mapping, reading
from tests.imports.conftest import Desk

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "import.md").read_text(encoding="utf-8")


async def test_the_mapping_file_of_the_guide_works(desk: Desk) -> None:
    [example] = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    said = desk.file(example.replace('"quay"', '"quay-inspections"'), "map.toml")
    text = "Kunden-Ref,Plan,Internal note,Status,Newsletter,Newsletter since\nA1,gold,-,VIP,ja,03/04/2025\n"
    outcome = await desk.run(text, mapping=said)
    assert outcome.counts["consented"] == 1
    customer = await desk.customer("A1")
    assert (await desk.shown(customer))["plan"] == "gold"
    [consent] = json.loads((await desk.state(customer))["choices"])
    assert (consent["grade"], consent["at"][:10]) == ("EXPLICIT", "2025-04-03")


@pytest.mark.parametrize("field", sorted(mapping.fields()))
def test_every_field_stands_in_the_guide(field: str) -> None:
    assert f"`{field}`" in GUIDE


def test_the_limits_in_the_guide_are_the_limits() -> None:
    for limit in (reading.ROWS_MOST, reading.COLUMNS_MOST, reading.ROW_CHARACTERS):
        assert f"{limit:,}" in GUIDE
