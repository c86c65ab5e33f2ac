"""Building a package: index.html first, then pages, data files, tables and added files, and the manifest last.

All of it is a stream, and nothing is held but a page. A file of one collection reads the part that this is in once; the
two files of all rows (data.json, portability.json) read a part once for each collection that it has.
"""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, partial
from typing import Any, Final

import orjson

from hub.act import Ask, Hub
from hub.packaging.archive import Archive
from hub.packaging.context import Context, Topic, context, known_topics, language
from hub.packaging.cutting import Content, Sheet, Shelf, content
from hub.packaging.pages import Pages, csv_name, file_name, said
from hub.rights import gathered, parts, redactions, sealed, steps
from hub.rights.copying import SYSTEM
from hub.rights.outcomes import Step
from hub.rights.parts import upwards
from hub.rights.requests import Request
from hub.spreadsheets import Table
from hub.vault import DataKey

PIECE_BYTES: Final = 1 << 17
TURN_FILES: Final = 10
ABOUT_PERSON: Final = (f"{SYSTEM}.identifiers", f"{SYSTEM}.profile.")
"""What of the hub's own is about the person, and not about how we handle it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is needed to build a package, read at one instant."""

    request: Request
    content: Content
    context: Context
    steps: tuple[Step, ...]
    at: datetime
    key: DataKey = field(repr=False)


async def plan(ask: Ask, request: Request) -> Plan:
    """Read what a package is built of."""
    found = await gathered.of(ask, request.id)
    asked, _ = await sealed.contents(ask, request.id)
    cuts = await redactions.of(ask, request.id)
    topics = await known_topics(ask, request)
    made = content(found, cuts, [each.fideslang for each in topics if each.key in asked["topics"]])
    said = await context(ask, request, topics, _held(made, topics))
    planned = tuple(await steps.of(ask, request.id))
    return Plan(request, made, said, planned, ask.at, await sealed.open_key(ask, request.id))


def _held(made: Content, topics: Sequence[Topic]) -> list[str]:
    """The kinds of data that the systems hold, by key."""
    kinds = (each for sheet in made.sheets for those in sheet.shape.fields.values() for each in those)
    categories = {above for each in set(kinds) for above in upwards(each)}
    return [each.key for each in topics if each.fideslang in categories]


class Builder:
    """Builds one package. manifest and files are known at the end."""

    def __init__(self, hub: Hub, plan: Plan) -> None:
        self._plan = plan
        self._pages = Pages(plan.request, language(plan.request), plan.at, plan.context.topics)
        self._archive, self._shelf = Archive(plan.at), Shelf(hub, plan.key)
        terms = {each.fideslang: each.dpv for each in reversed(plan.context.topics)}
        self._both = cache(partial(_both, terms=terms))
        self.manifest = b""

    @property
    def files(self) -> int:
        """How many files are in it."""
        return len(self._archive.entries)

    async def stream(self) -> AsyncIterator[bytes]:
        """Yield the archive; others get their turn between files, as those that are there wait for nothing."""
        async for name, given in self._files():
            if isinstance(given, bytes):
                yield self._archive.put(name, given)
                if not self.files % TURN_FILES:
                    await asyncio.sleep(0)
                continue
            async for piece in self._archive.add(name, given):
                if piece:
                    yield piece
        last, self.manifest = self._archive.finish()
        yield last

    async def _files(self) -> AsyncIterator[tuple[str, bytes | AsyncIterator[bytes]]]:
        plan = self._plan
        yield "index.html", self._pages.index(plan.context, plan.content, plan.steps).encode()
        for sheet in plan.content.sheets:
            rows = await sheet.small(self._shelf)
            if rows is None:
                async for page in self._long(sheet):
                    yield page
                continue
            for page in self._paged(sheet, rows):
                yield page
        yield "data.json", self._json(plan.content.sheets)
        mine = [each for each in plan.content.sheets if _is_about_person(each)]
        yield "portability.json", self._json(mine, vocabulary=True)
        for sheet in plan.content.sheets:
            rows = await sheet.small(self._shelf)
            yield csv_name(sheet), self._long_table(sheet) if rows is None else self._table(sheet, rows)
        for number, part in enumerate(plan.content.files, 1):
            yield file_name(number, part.name or ""), self._shelf.read(part)

    def _paged(self, sheet: Sheet, rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, bytes]]:
        """The pages of rows that are few; without any there is one that is empty."""
        for page, first in enumerate(range(0, len(rows) or 1, sheet.page_rows), 1):
            yield self._page(sheet, page, rows[first : first + sheet.page_rows])

    async def _long(self, sheet: Sheet) -> AsyncIterator[tuple[str, bytes]]:
        page, waiting = 0, list[Mapping[str, Any]]()
        async for several in sheet.long(self._shelf):
            waiting += several
            while len(waiting) >= sheet.page_rows:
                page += 1
                shown, waiting = waiting[: sheet.page_rows], waiting[sheet.page_rows :]
                yield self._page(sheet, page, shown)
        if waiting or not page:
            yield self._page(sheet, page + 1, waiting)

    def _page(self, sheet: Sheet, page: int, rows: Sequence[Mapping[str, Any]]) -> tuple[str, bytes]:
        return f"pages/{sheet.number}-{page}.html", self._pages.page(sheet, page, rows).encode()

    async def _json(self, sheets: Sequence[Sheet], *, vocabulary: bool = False) -> AsyncIterator[bytes]:
        about = {
            "reference": self._plan.request.reference,
            "organisation": self._plan.context.organisation,
            "made_at": self._plan.at,
            "collections": [_described(each, self._both if vocabulary else None) for each in sheets],
        }
        yield b'{"about":' + orjson.dumps(about) + b',"rows":[\n'
        before, waiting = b"", bytearray()
        async for several in self._items(sheets):
            for item in several:
                waiting += before + item
                before = b",\n"
            if len(waiting) > PIECE_BYTES:
                yield bytes(waiting)
                waiting.clear()
        yield bytes(waiting) + b"\n]}\n"

    async def _items(self, sheets: Sequence[Sheet]) -> AsyncIterator[list[bytes]]:
        """The rows of collections as JSON; what is shown whole is taken as it was written."""
        for sheet in sheets:
            head = b'{"collection":%d,"values":' % sheet.number
            lines = None if sheet.cuts else await self._shelf.lines(sheet.part, sheet.index)
            if lines is not None:
                yield [head + parts.raw_values_of(line) + b"}" for line in lines]
                continue
            rows = await sheet.small(self._shelf)
            several = sheet.long(self._shelf) if rows is None else _once(rows)
            async for shown in several:
                yield [head + orjson.dumps(row) + b"}" for row in shown]

    def _table(self, sheet: Sheet, rows: Sequence[Mapping[str, Any]]) -> bytes:
        out = io.StringIO(newline="")
        table = Table(out)
        table.write(sheet.fields)
        self._write(table, sheet, rows)
        return out.getvalue().encode()

    async def _long_table(self, sheet: Sheet) -> AsyncIterator[bytes]:
        out = io.StringIO(newline="")
        table = Table(out)
        table.write(sheet.fields)
        async for several in sheet.long(self._shelf):
            self._write(table, sheet, several)
            if out.tell() > PIECE_BYTES:
                yield out.getvalue().encode()
                out.seek(0)
                out.truncate()
        yield out.getvalue().encode()

    def _write(self, table: Table, sheet: Sheet, rows: Sequence[Mapping[str, Any]]) -> None:
        fields, words = sheet.fields, self._pages.words
        for row in rows:
            table.write(said(row.get(name), words) for name in fields)


async def _once(rows: list[dict[str, Any]]) -> AsyncIterator[list[dict[str, Any]]]:
    yield rows


def _described(sheet: Sheet, both: Callable[[tuple[str, ...]], Any] | None) -> dict[str, Any]:
    """A collection as data files describe it. both: what names a field's kinds in two vocabularies, where asked."""
    shown = {name: sheet.shape.fields[name] for name in sheet.fields}
    described: dict[str, Any] = {
        "number": sheet.number, "system": sheet.part.system, "collection": sheet.shape.collection, "rows": sheet.rows,
    }  # fmt: skip
    if both is None:
        return {**described, "fields": shown}
    return {**described, "fields": {name: both(tuple(those)) for name, those in shown.items()}}


def _both(categories: tuple[str, ...], terms: Mapping[str, str]) -> dict[str, list[str]]:
    """A field's kinds in both vocabularies: fideslang keys, and IRIs of the W3C's Data Privacy Vocabulary."""
    near = (next((terms[key] for key in upwards(each) if key in terms), None) for each in categories)
    return {"fideslang": list(categories), "dpv": list(dict.fromkeys(each for each in near if each))}


def _is_about_person(sheet: Sheet) -> bool:
    return not sheet.shape.collection.startswith(f"{SYSTEM}.") or sheet.shape.collection.startswith(
        ABOUT_PERSON
    )
