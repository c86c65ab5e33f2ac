"""What docs/partners.md says of messages is so; its commands are run by tests/demo/test_walkthrough.py."""

import re
from pathlib import Path

from hub.errors import Code
from hub.webhooks.deliveries import PAUSES
from hub.webhooks.types import Type

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "partners.md").read_text(encoding="utf-8")
CODE, COLUMNS = re.compile(r"`([A-Z_]+)`"), 3
ASIDE = ("import ", "from ")


def test_the_guide_names_every_type_of_message_and_the_schedule() -> None:
    missing = {each.value for each in Type} - set(re.findall(r"`([a-z_]+\.[a-z_]+)`", PAGE))
    assert missing == {"request.changed", "account.changed"}, "of apps alone"
    assert [each.total_seconds() for each in PAUSES] == [
        5,
        300,
        *(60 * each for each in (30, 120, 300, 600, 840, 1200, 1440)),
    ]
    assert "5 seconds, 5 and 30 minutes, 2, 5, 10, 14, 20 and 24 hours" in PAGE


def test_the_catalogue_of_errors_has_every_code_with_what_to_do() -> None:
    rows = [line.split(" | ") for line in PAGE.partition("## When something is refused")[2].splitlines()]
    told = {
        code for row in rows if len(row) == COLUMNS and row[2].strip(" |") for code in CODE.findall(row[0])
    }
    assert {each.value for each in Code} - told == {"NOT_SEALED_YET"}, "of receipts alone"


def test_the_example_that_keeps_a_copy_has_sixty_lines() -> None:
    lines = (DOCS / "examples" / "partner.py").read_text(encoding="utf-8").splitlines()
    assert (
        len([each for each in lines if each and not each.startswith(ASIDE) and not each.endswith('"""')])
        <= 60
    )
