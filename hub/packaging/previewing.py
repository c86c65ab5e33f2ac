"""What staff look at before a copy is released: its collections with counts and fields, and rows where they say why."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from hub import storage
from hub.act import Act, Ask, Hub
from hub.errors import Code, Refusal, invalid, not_found
from hub.rights import conduct, gathered, packages, parts, redactions, requests, sealed
from hub.rights.gathered import Part
from hub.rights.packages import Package
from hub.rights.redactions import Redaction
from hub.vault import DataKey

ROWS_MOST: Final = 50
FURTHEST: Final = 20_000
"""How far into a collection rows are shown; whoever needs to look further opens the whole package."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A copy as it stands. package: None until everybody has looked."""

    package: Package | None
    parts: tuple[Part, ...]
    redactions: tuple[Redaction, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a part, whether or not it was taken out. number: from 1."""

    number: int
    values: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Looked:
    """A look that is noted: at which part, which of its collections, from which row on, and what opens it."""

    place: str
    collection: int
    first_row: int
    key: DataKey = field(repr=False)


async def preview(ask: Ask, request_id: UUID) -> Preview:
    """Show what is in the copy of a request, without a value; NOT_FOUND for any other id."""
    request = await requests.read(ask, request_id)
    found = tuple(await gathered.of(ask, request.id))
    return Preview(await packages.of(ask, request.id), found, tuple(await redactions.of(ask, request.id)))


async def look(
    act: Act, request_id: UUID, part_id: UUID, collection: str, reason: str, first_row: int = 1
) -> Looked:
    """Note who looks at fifty rows of a collection from one on, and why: the customer can see it. `rows` reads them.

    Refusals: NOT_FOUND for what is not in the copy, LIMIT beyond row 20,000.
    """
    if first_row < 1:
        raise invalid("Rows are numbered from 1.", "first_row")
    if first_row > FURTHEST:
        raise Refusal(Code.LIMIT, f"Rows are shown up to {FURTHEST}: open the package.", ("first_row",))
    request = await conduct.note_view(act, request_id, reason)
    part = next((each for each in await gathered.of(act, request.id) if each.id == part_id), None)
    if part is None:
        raise not_found("part", "part")
    index = next((place for place, each in enumerate(part.shapes) if each.collection == collection), None)
    if index is None:
        raise not_found("collection", "collection")
    return Looked(part.place, index, first_row, await sealed.open_key(act, request.id))


async def rows(hub: Hub, looked: Looked) -> list[Row]:
    """Read the rows of a noted look, after its act: a part is long, and nobody waits for it; UNAVAILABLE."""
    stream = parts.lines_of(storage.read(hub, looked.place, looked.key), looked.collection)
    return [row async for row in _window(stream, looked.first_row)]


async def _window(stream: AsyncIterator[tuple[int, dict[str, Any]]], first: int) -> AsyncIterator[Row]:
    number = 0
    async for _, values in stream:
        number += 1
        if number >= first:
            yield Row(number, values)
        if number >= first + ROWS_MOST - 1:
            return
