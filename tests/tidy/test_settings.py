"""docs/settings.md says of every setting what the code says, no more and no less."""

from enum import Enum
from pathlib import Path

from pydantic_core import PydanticUndefined

from hub.settings import PREFIX, Settings


def test_every_setting_is_documented_as_it_is(root: Path) -> None:
    page = (root / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith(f"| `{PREFIX}")]
    assert rows == table(), "write into docs/settings.md what the right side says"


def table() -> list[str]:
    return [
        " | ".join(
            (
                f"| `{PREFIX}{name.upper()}`",
                default(of.get_default(call_default_factory=True)),
                f"{of.description} |",
            )
        )
        for name, of in sorted(Settings.model_fields.items())
    ]


def default(value: object) -> str:
    if isinstance(value, Enum):
        value = value.value
    return "" if value is None or value in ("", [], PydanticUndefined) else f"`{value}`"
