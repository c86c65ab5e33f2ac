"""docs/letters.md says of templates, limits, states and events what is so."""

import re
from pathlib import Path

from hub.letters import SHIPPED, State, templates

PAGE = (Path(__file__).parents[2] / "docs/letters.md").read_text(encoding="utf-8")


def test_the_guide_names_every_template_with_what_it_takes() -> None:
    rows = re.findall(r"^\| `([a-z_]+)` \| (.+) \|$", PAGE, re.MULTILINE)
    forgotten = "; its text is forgotten once it is out"
    assert rows == [
        (
            key.value,
            ", ".join(f"`{name}` ({kind})" for name, kind in template.placeholders.items())
            + forgotten * template.is_forgotten,
        )
        for key, template in SHIPPED.items()
    ]


def test_the_guide_says_the_limits_that_are_kept() -> None:
    numbers = [int(found) for found in re.findall(r"^\| [^`|]+ \| (\d+) \|$", PAGE, re.MULTILINE)]
    assert numbers == [
        templates.SUBJECT_CHARACTERS, templates.BODY_CHARACTERS, templates.LINE_CHARACTERS,
        templates.VALUE_CHARACTERS, 64, templates.COUNT_MOST,
    ]  # fmt: skip


def test_the_guide_names_every_state_and_every_event() -> None:
    assert re.findall(r"^\| `([A-Z]+)` \|", PAGE, re.MULTILINE) == list(State)
    code = "".join(path.read_text(encoding="utf-8") for path in templates.FOLDER.glob("*.py"))
    assert set(re.findall(r"`(letter\.[a-z]+)`", PAGE)) == set(re.findall(r'"(letter\.[a-z]+)"', code)) - {
        "letter.bounce",
        "letter.html",
    }
