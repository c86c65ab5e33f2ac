"""Downloading an export: its bytes from any place on, the same each time, opened from the storage as they go out.

Where a partner brought a public key they are encrypted to it on their way, which gives the same bytes again too.
"""

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from hub import storage
from hub.act import Act, Ask, Hub
from hub.actors import Operation
from hub.errors import not_found
from hub.partners import age, blocks, exported, exports, offers, writing
from hub.partners.age import CHUNK_BYTES, Sealing
from hub.partners.exports import Export, State
from hub.vault import DataKey

_PLACES: Final = """
    SELECT place, size_bytes FROM partner_export_part WHERE export_id = $1 AND place IS NOT NULL ORDER BY number
"""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part as it is stored."""

    place: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Opened:
    """An export that may be read, and what opens it."""

    export: Export
    beginning: bytes
    pieces: Sequence[Piece]
    key: DataKey = field(repr=False)
    sealing: Sealing | None = field(repr=False)

    @property
    def plain_bytes(self) -> int:
        """Its size before it is encrypted."""
        return len(self.beginning) + sum(each.size_bytes for each in self.pieces)

    @property
    def size_bytes(self) -> int:
        """Its size as it goes out."""
        return self.sealing.size(self.plain_bytes) if self.sealing else self.plain_bytes


@dataclass(frozen=True, slots=True)
class Measured:
    """The size of a file, and its SHA-256."""

    size_bytes: int
    digest: bytes


async def fetch(act: Act, export_id: UUID) -> Opened:
    """Let a partner have its export, which the ledger notes first. Refusals as of `require`."""
    export = await require(act, export_id)
    await exported.fetched(act, export.id)
    return await opened(act, export, await exports.key(act, export_id))


async def require(ask: Ask, export_id: UUID) -> Export:
    """Refuse a partner an export that it may not have at this moment.

    Refusals: NOT_FOUND until it is ready, after its time, and once it is offered no more; CONFLICT while blocked.
    """
    export = await exports.read(ask, export_id)
    if export.state is not State.READY or export.until_at is None or export.until_at <= ask.at:
        raise not_found("export", "id")
    await offers.find(ask, export.arrangement_id, export.purpose_id)
    await blocks.require_open(ask, export.recipient_id, "export")
    return export


async def opened(ask: Ask, export: Export, key: DataKey) -> Opened:
    """Find the parts of an export."""
    pieces = [Piece(row["place"], row["size_bytes"]) for row in await ask.rows(_PLACES, export.id)]
    sealing = None
    if export.encrypt_to and export.sealed:
        secret = key.open("partner_export", "sealed", export.id, export.sealed)
        sealing = Sealing(age.public_key(export.encrypt_to), secret)
    return Opened(export, writing.beginning(export.format, export.columns), pieces, key, sealing)


async def measured(hub: Hub, export: Export, key: DataKey) -> Measured:
    """Read a file from end to end."""
    async with hub.ask(export.on_behalf, Operation.EXPORT_MAKE) as ask:
        made = await opened(ask, export, key)
    digest, size = hashlib.sha256(), 0
    async for chunk in stream(hub, made, 0, made.size_bytes):
        digest.update(chunk)
        size += len(chunk)
    return Measured(size, digest.digest())


async def stream(hub: Hub, made: Opened, start: int, stop: int) -> AsyncIterator[bytes]:
    """Yield the bytes from start to stop, not more at a time than a chunk of the storage."""
    source = _sealed(hub, made, start) if made.sealing else _plain(hub, made, start)
    left = stop - start
    async for chunk in source:
        if len(chunk) >= left:
            if left:
                yield chunk[:left]
            return
        left -= len(chunk)
        yield chunk


async def _plain(hub: Hub, made: Opened, start: int) -> AsyncIterator[bytes]:
    if start < len(made.beginning):
        yield made.beginning[start:]
    skipped = max(0, start - len(made.beginning))
    for each in made.pieces:
        if skipped >= each.size_bytes:
            skipped -= each.size_bytes
            continue
        async for chunk in storage.read(hub, each.place, made.key):
            if skipped < len(chunk):
                yield chunk[skipped:]
            skipped = max(0, skipped - len(chunk))


async def _sealed(hub: Hub, made: Opened, start: int) -> AsyncIterator[bytes]:
    sealing = made.sealing
    if sealing is None:
        return
    beginning, whole = sealing.beginning, CHUNK_BYTES + age.TAG_BYTES
    if start < len(beginning):
        yield beginning[start:]
    number, skipped = divmod(max(0, start - len(beginning)), whole)
    last = age.chunks(made.plain_bytes) - 1
    async for chunk in _evenly(_plain(hub, made, number * CHUNK_BYTES), is_empty=made.plain_bytes == 0):
        yield sealing.chunk(number, chunk, is_last=number == last)[skipped:]
        number, skipped = number + 1, 0


async def _evenly(source: AsyncIterator[bytes], *, is_empty: bool) -> AsyncIterator[bytes]:
    """The same bytes in chunks of the format's size; one that is empty, of nothing."""
    waiting = bytearray()
    async for chunk in source:
        waiting += chunk
        while len(waiting) >= CHUNK_BYTES:
            yield bytes(waiting[:CHUNK_BYTES])
            del waiting[:CHUNK_BYTES]
    if waiting or is_empty:
        yield bytes(waiting)
