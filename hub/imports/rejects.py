"""The rejects of an import: a CSV of the rows that did not land, with line and reasons, to be corrected.

It is the one place where an import writes personal data outside the database: readable by its owner alone,
and guarded against spreadsheets. Once corrected it can itself be imported.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TextIO

from hub.errors import Code, Refusal, invalid
from hub.spreadsheets import Table

HEADS: Final = ("line", "reasons")
_START = "\ufeff" + ",".join(HEADS)


class Rejects:
    """Opened at the first rejected row, put in its place at the end. path: None while there is none."""

    def __init__(self, target: Path, source: Path, header: Sequence[str]) -> None:
        self._target = target
        self._part = target.with_name(target.name + ".part")
        self._header = header
        self._file: TextIO | None = None
        self._table: Table | None = None
        self.path: Path | None = None
        _refuse_foreign(target, source)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is None:
            return
        self._file.close()
        self._part.replace(self._target)
        self.path = self._target

    def add(self, line: int, reasons: Sequence[str], cells: Sequence[str]) -> None:
        """Write one row; several reasons are parted by `; `."""
        table = self._table or self._open()
        table.write(
            [str(line), "; ".join(reasons), *(cell.encode(errors="replace").decode() for cell in cells)]
        )

    def _open(self) -> Table:
        self._part.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
        self._file = os.fdopen(os.open(self._part, flags, 0o600), "w", encoding="utf-8-sig", newline="")
        self._table = Table(self._file)
        self._table.write([*HEADS, *self._header])
        return self._table


def beside(source: Path) -> Path:
    """Where the rejects of a file go by default."""
    return source.with_name(f"{source.stem}.rejects.csv")


def _refuse_foreign(target: Path, source: Path) -> None:
    if not target.parent.is_dir():
        raise invalid("The folder for the rejects does not exist: say another with --rejects.", "rejects")
    if target.is_dir():
        raise invalid("This is a folder: name a file for the rejects.", "rejects")
    if not target.exists():
        return
    if target.samefile(source):
        raise invalid(
            "The rejects would overwrite the file itself: say another name with --rejects.", "rejects"
        )
    with target.open(encoding="utf-8", errors="replace") as file:
        if target.stat().st_size and file.read(len(_START)) != _START:
            raise Refusal(
                Code.CONFLICT,
                "There is a file of this name already, and it holds no rejects: say another with --rejects.",
                ("rejects",),
            )  # fmt: skip
