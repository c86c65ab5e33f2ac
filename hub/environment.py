"""Where settings stand: variables ``HUB_*``, and the files that ``HUB_*_FILE`` name."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hub.errors import Unready

PREFIX = "HUB_"


def file_of(name: str) -> Path | None:
    """The file that a setting was read from; None where it was given by value, or not at all."""
    variable = f"{PREFIX}{name.upper()}"
    path = os.environ.get(f"{variable}_FILE")
    return Path(path).absolute() if path and not os.environ.get(variable) else None


def from_files(names: Iterable[str]) -> dict[str, str]:
    """What stands in the files that ``HUB_*_FILE`` variables name. Unready names the variable that is wrong."""
    found: dict[str, str] = {}
    for name in names:
        variable = f"{PREFIX}{name.upper()}_FILE"
        path = os.environ.get(variable)
        if path and not os.environ.get(f"{PREFIX}{name.upper()}"):
            try:
                found[name] = Path(path).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise Unready(f"{variable}: cannot read the file ({type(error).__name__})") from None
    return found


def complaint(problem: Any) -> str:
    """What is wrong with a variable, without its value."""
    message = str(problem["msg"]).removeprefix("Value error, ")
    name = PREFIX + str(problem["loc"][0]).upper() + ": " if problem["loc"] else ""
    return name + message
