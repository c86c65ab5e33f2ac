"""Files that commands write: there when they are whole, or not at all."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

from hub.errors import invalid

OWN: Final = 0o600
"""For its owner's eyes alone."""
SHARED: Final = 0o644
"""To be passed on."""


@contextmanager
def whole(target: Path, option: str, mode: int = SHARED) -> Generator[TextIO]:
    """Write a file beside its place, and put it there at the end; Refusal INVALID names the option."""
    if target.is_dir():
        raise invalid("This is a folder: name a file.", option)
    part = target.with_name(target.name + ".part")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    try:
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, flags, mode), "w", encoding="utf-8", newline="") as file:
            yield file
        part.replace(target)
    except OSError as error:
        raise invalid(f"{target} cannot be written: {error.strerror}. Name another file.", option) from None
    finally:
        _discard(part)


def _discard(part: Path) -> None:
    if part.parent.is_dir():
        part.unlink(missing_ok=True)
