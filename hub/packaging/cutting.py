"""What of a part the customer gets to see: without what staff took out, and within the topics that were asked for."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from hub import storage
from hub.act import Hub
from hub.rights import parts
from hub.rights.gathered import Part
from hub.rights.parts import Shape, is_below
from hub.rights.redactions import Redaction
from hub.vault import DataKey

PAGE_ROWS: Final = 100
PAGE_CELLS: Final = 2_000
SMALL_BYTES: Final = 1 << 18
SMALL_MOST: Final = 64
ROWS_AT_A_TIME: Final = 200


class Shelf:
    """Gives out what parts hold, several times over: small ones are read and sorted once, long ones each time."""

    def __init__(self, hub: Hub, key: DataKey) -> None:
        self._hub, self._key = hub, key
        self._kept: dict[str, dict[int, list[bytes]]] = {}

    def read(self, part: Part) -> AsyncIterator[bytes]:
        """Yield what a part holds."""
        return storage.read(self._hub, part.place, self._key)

    async def lines(self, part: Part, index: int) -> Sequence[bytes] | None:
        """The rows of one collection of a small part, as lines; None for a part that is too long to be kept."""
        if part.place not in self._kept:
            if part.size_bytes > SMALL_BYTES or len(self._kept) == SMALL_MOST:
                return None
            content = b"".join([chunk async for chunk in self.read(part)])
            self._kept[part.place] = parts.sorted_lines(content)
        return self._kept[part.place].get(index, ())

    def rows(self, part: Part, index: int) -> AsyncIterator[list[dict[str, Any]]]:
        """Yield the rows of one collection of a part, many at a time."""
        return _several(parts.lines_of(self.read(part), index))


async def _several(rows: AsyncIterator[tuple[int, dict[str, Any]]]) -> AsyncIterator[list[dict[str, Any]]]:
    waiting = list[dict[str, Any]]()
    async for _, values in rows:
        waiting.append(values)
        if len(waiting) == ROWS_AT_A_TIME:
            yield waiting
            waiting = []
    yield waiting


@dataclass(frozen=True, slots=True)
class Sheet:
    """A collection as it goes into the package. number: its place; index: which one of the part's it is."""

    number: int
    part: Part
    index: int
    shape: Shape
    cuts: tuple[Redaction, ...]

    @property
    def fields(self) -> list[str]:
        """The fields that are shown."""
        if not self.cuts:
            return list(self.shape.fields)
        hidden = {each.field for each in self.cuts if each.field and each.first_row is None}
        return [name for name in self.shape.fields if name not in hidden]

    @property
    def rows(self) -> int:
        """How many rows are shown."""
        hidden, seen = 0, 0
        for first, last in self._gone:
            hidden += max(0, last - max(first, seen + 1) + 1)
            seen = max(seen, last)
        return self.shape.rows - hidden

    @property
    def _gone(self) -> list[tuple[int, int]]:
        """Ranges of rows that are out, in order."""
        return sorted(
            (each.first_row, each.last_row)
            for each in self.cuts
            if each.field is None and each.first_row and each.last_row
        )

    @property
    def page_rows(self) -> int:
        """How many rows a page takes: fewer where they are wide."""
        return max(10, min(PAGE_ROWS, PAGE_CELLS // max(1, len(self.shape.fields))))

    @property
    def pages(self) -> int:
        """How many pages it fills."""
        return -(-self.rows // self.page_rows)

    async def small(self, shelf: Shelf) -> list[dict[str, Any]] | None:
        """The rows that are shown, with the fields that are, if they are few; else `long` yields them."""
        lines = await shelf.lines(self.part, self.index)
        return None if lines is None else self._shown([parts.values_of(line) for line in lines])

    async def long(self, shelf: Shelf) -> AsyncIterator[list[dict[str, Any]]]:
        """Yield the rows that are shown, with the fields that are, many at a time."""
        number = 0
        async for several in shelf.rows(self.part, self.index):
            yield self._shown(several, number)
            number += len(several)

    def _shown(self, several: list[dict[str, Any]], before: int = 0) -> list[dict[str, Any]]:
        """What is shown of rows. before: how many of the collection's came before them."""
        if not self.cuts:  # a part has no field that its shape has not
            return several
        fields = self.fields
        hidden = (self._hidden(row) for row in range(before + 1, before + len(several) + 1))
        return [
            {name: values[name] for name in fields if name in values and name not in gone}
            for values, gone in zip(several, hidden, strict=True)
            if gone is not None
        ]

    def _hidden(self, row: int) -> set[str] | None:
        """The fields of one row that were taken out; None where all of it was."""
        cuts = [
            each
            for each in self.cuts
            if each.first_row and each.last_row and each.first_row <= row <= each.last_row
        ]
        return (
            None if any(each.field is None for each in cuts) else {each.field for each in cuts if each.field}
        )


@dataclass(frozen=True, slots=True)
class Content:
    """What goes into a package, and what does not. unasked: collections that no topic asked for."""

    sheets: tuple[Sheet, ...]
    files: tuple[Part, ...]
    cuts: tuple[tuple[Part, Redaction], ...]
    withheld: tuple[tuple[str, str], ...] = field(default=())
    unasked: tuple[str, ...] = field(default=())


def content(found: Sequence[Part], redactions: Sequence[Redaction], topics: Sequence[str]) -> Content:
    """Work out what is shown. topics: fideslang categories that were asked for; none means everything."""
    sheets: list[Sheet] = []
    unasked: list[str] = []
    for part in found:
        for index, shape in enumerate(part.shapes):
            cuts = tuple(each for each in redactions if each.covers(part.id, shape.collection))
            if any(each.is_whole for each in cuts):
                continue
            if topics and not _is_asked(shape, topics):
                unasked.append(shape.collection)
                continue
            sheets.append(Sheet(len(sheets) + 1, part, index, shape, cuts))
    gone = {each.part_id for each in redactions if each.collection is None}
    by_id = {part.id: part for part in found}
    return Content(
        tuple(sheets),
        tuple(part for part in found if part.kind == "FILE" and part.id not in gone),
        tuple((by_id[each.part_id], each) for each in redactions if each.part_id in by_id),
        tuple((shape.collection, name) for part in found for shape in part.shapes for name in shape.withheld),
        tuple(unasked),
    )


def _is_asked(shape: Shape, topics: Sequence[str]) -> bool:
    return any(
        is_below(category, topic) or is_below(topic, category)
        for categories in shape.fields.values()
        for category in categories
        for topic in topics
    )
