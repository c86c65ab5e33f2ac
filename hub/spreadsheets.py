"""Cells that a spreadsheet program might run as formulas: guarded on the way out, and undone on the way in.

Every table of text that leaves the hub is written here, so that no cell of a customer's making becomes a
formula on somebody's machine. A telephone number in its international form begins like a formula too, hence
the way back.
"""

import csv
from collections.abc import Iterable
from typing import Final, TextIO

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\0")
_GUARD = "'"
_GUARDED: Final = (*FORMULA_STARTS, _GUARD)
_WRAPPED_LEAST = 3


def guard(cell: str) -> str:
    """Put a quote before what a spreadsheet would take for a formula; leave everything else as it is."""
    return _GUARD + cell if cell.startswith(_GUARDED) else cell


def unguard(cell: str) -> str:
    """Take back what `guard` did, and the ``="..."`` by which other programs keep leading zeros."""
    if cell.startswith(_GUARD) and cell[1:].startswith(_GUARDED):
        return cell[1:]
    if cell.startswith('="') and cell.endswith('"') and len(cell) >= _WRAPPED_LEAST:
        return cell[2:-1]
    return cell


class Table:
    """Writes rows as CSV (RFC 4180), each cell guarded."""

    def __init__(self, out: TextIO) -> None:
        self._writer = csv.writer(out, lineterminator="\r\n")

    def write(self, cells: Iterable[str]) -> None:
        """Write one row."""
        self._writer.writerow([guard(cell.replace("\0", "\ufffd")) for cell in cells])
