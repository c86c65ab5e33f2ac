"""What people read on pages: texts in three languages, and the one engine that sets them into templates.

Whatever a template is given is escaped; a name that is missing is an error, never an empty space.
"""

import tomllib
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

LANGUAGES: Final = ("en", "fr", "ar")


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
    )
