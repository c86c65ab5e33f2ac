"""The file that a keyring lies in, read again when it has changed: so keys change while the hub runs.

It is looked at every few seconds, and at once for a key that nobody here knows yet. What cannot be read, or is another
deployment's, is passed over: the keyring that one has goes on.
"""

from __future__ import annotations

from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Final

from hub.errors import Unready
from hub.keyring import Keyring

if TYPE_CHECKING:
    from pathlib import Path

LOOK_SECONDS: Final = 2.0
"""How long a change stays unseen at most."""


class Changing:
    """A keyring's file. Looking costs one question to the file system, reading only after a change."""

    def __init__(self, path: Path) -> None:
        """Watch `path`."""
        self._path = path
        self._mark = self._stands()
        self._next = monotonic() + LOOK_SECONDS

    def read(self, known: Keyring) -> Keyring:
        """The keyring that lies there now, if it is time to look; otherwise the known one."""
        if monotonic() < self._next:
            return known
        self._next = monotonic() + LOOK_SECONDS
        mark = self._stands()
        if mark is None or mark == self._mark:
            return known
        with suppress(OSError, UnicodeDecodeError, Unready):
            found = Keyring.load(self._path.read_text(encoding="utf-8"))
            if found.origin == known.origin:
                self._mark = mark
                return found
        return known

    def look_at_once(self) -> None:
        """Look the next time that somebody asks."""
        self._next = 0.0

    def _stands(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size
