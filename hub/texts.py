"""What people read on pages: texts in three languages, and the one engine that sets them into templates.

Whatever a template is given is escaped; a name that is missing is an error, never an empty space.
"""

import tomllib
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

LANGUAGES: Final = ("en", "fr", "ar")
MOST_RANGES: Final = 20


def texts(file: Path) -> dict[str, dict[str, str]]:
    """Read the texts of a page, by language and name."""
    return tomllib.loads(file.read_text(encoding="utf-8"))


def templates(folder: Path) -> Environment:
    """Make the engine of a folder of templates."""
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # they do not change while a hub runs
    )


def choose(asked: str | None, accepted: str) -> str:
    """A language of ours, by what was asked for or by Accept-Language (RFC 9110 section 12.5.4)."""
    if asked in LANGUAGES:
        return asked
    wanted = [_range(part) for part in accepted.split(",")[:MOST_RANGES]]
    spoken = [
        (quality, -place, name)
        for place, (name, quality) in enumerate(wanted)
        if name in LANGUAGES and quality > 0
    ]
    return max(spoken)[2] if spoken else "en"


def _range(part: str) -> tuple[str, float]:
    name, _, parameter = part.partition(";")
    said = parameter.strip().removeprefix("q=") if parameter else "1"
    try:
        quality = float(said)
    except ValueError:
        quality = 0.0
    return name.strip().lower().partition("-")[0], quality
