"""The cells of one row by the field they mean, and everything that is wrong with them."""

from collections.abc import Callable, Sequence
from typing import Self

from hub.errors import Refusal
from hub.imports import values
from hub.imports.mapping import Column
from hub.imports.reading import Record
from hub.imports.values import Read, Unclear


class Draft:
    """The cells of one row by field, and what is wrong with them."""

    __slots__ = ("cells", "reasons")

    def __init__(self) -> None:
        self.cells: dict[str, list[tuple[str, str]]] = {}
        self.reasons: list[str] = []

    @classmethod
    def of(cls, record: Record, columns: Sequence[Column], width: int) -> Self:
        """Take the cells of the columns that mean something; width: how many the header has."""
        draft, cells = cls(), record.cells
        if len(cells) < width or any(cell.strip() for cell in cells[width:]):
            noun = "cell" if len(cells) == 1 else "cells"
            draft.reasons.append(f"has {len(cells)} {noun} where the header has {width}")
            return draft
        for column in columns:
            cell = cells[column.place]
            if cell and not cell.isspace():
                draft._take(column, cell)
        return draft

    def _take(self, column: Column, cell: str) -> None:
        try:
            said = values.clean(cell)
        except Unclear as unclear:
            self.reasons.append(f"{column.header}: {unclear}")
            return
        if len(said) > values.VALUE_CHARACTERS:
            self.reasons.append(f"{column.header}: is longer than {values.VALUE_CHARACTERS} characters")
        elif said and column.meaning:
            self.cells.setdefault(column.meaning, []).append((column.header, said))

    def one(self, field: str) -> str:
        """The cell of a field; empty where there is none."""
        found = self.cells.get(field)
        return found[0][1] if found else ""

    def each(self, field: str, read: Callable[[str], Read]) -> list[Read]:
        """Read every cell of a field, noting the reasons of those that cannot be."""
        made: list[Read] = []
        for header, cell in self.cells.get(field, ()):
            try:
                made.append(read(cell))
            except Unclear as unclear:
                self.reasons.append(f"{header}: {unclear}")
            except Refusal as refusal:
                self.reasons.append(f"{header}: {refusal.message}")
        return made

    def first(self, field: str, read: Callable[[str], Read]) -> Read | None:
        """Read the only cell of a field."""
        made = self.each(field, read)
        return made[0] if made else None
