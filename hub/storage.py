"""Stored objects: what is too large for the database, sealed before it leaves us, in a folder or a bucket.

An object has a place, such as ``requests/ID/parts/ID``. It is written whole or not at all: until its last byte is
there, its place is empty. And it counts only once an act has noted it: what no act knows is swept away, so that a
crash between the two leaves nothing behind. Places are written once; what replaces an object takes a place of its own.

Layout (lengths in bytes)::

    16 (random: what belongs together), then chunks of 1 MiB, the last one shorter or empty, each sealed:
    1 (version) + 12 (nonce) + text + 16 (tag)

Every chunk is bound to its place, its object, its number, and whether it is the last: what was cut off, moved, or taken
from another object does not open.
"""

import asyncio
import hashlib
import os
import re
from collections.abc import AsyncIterator, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit
from weakref import WeakKeyDictionary

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, S3Store

from hub.act import Act, Hub
from hub.actors import WORKER, Operation
from hub.errors import Code, Refusal
from hub.settings import Settings
from hub.vault import DataKey

if TYPE_CHECKING:
    from obstore.store import S3Config

CHUNK_BYTES: Final = 1 << 20
SEALED_BYTES: Final = 29  # what sealing adds to a chunk
MARK_BYTES: Final = 16
PART_BYTES: Final = 8 << 20  # a bucket takes at most 10,000 parts of an object: 80 GB
PARTS_AT_ONCE: Final = 2
SPARED: Final = timedelta(hours=2)
LISTED_AT_ONCE: Final = 500

_PLACE: Final = re.compile(r"[a-z0-9][a-z0-9-]*(/[a-z0-9][a-z0-9.-]*){1,7}")
_STAGED: Final = re.compile(r".*#\d+")
_FULL: Final = ("os error 28", "os error 122")  # ENOSPC, EDQUOT
_NOTE: Final = """
    INSERT INTO stored_object (place, size_bytes, digest, noted_at)
    SELECT place, size_bytes, digest, $4 FROM unnest($1::text[], $2::bigint[], $3::bytea[])
        AS n (place, size_bytes, digest)
"""
_FORGET: Final = "DELETE FROM stored_object WHERE place = ANY ($1)"
_KNOWN: Final = "SELECT place FROM stored_object WHERE place = ANY ($1)"
_stores: WeakKeyDictionary[Hub, ObjectStore] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Stored:
    """An object that is there, with the size of what it holds. digest: SHA-256 of it as sealed, which tells nothing."""

    place: str
    size_bytes: int
    digest: bytes


async def keep(hub: Hub, place: str, key: DataKey, chunks: AsyncIterator[bytes]) -> Stored:
    """Write an object as it comes, in bounded memory; Refusal UNAVAILABLE where it cannot be, and then it is not there.

    An act has to `note` it soon: what nobody noted is swept away.
    """
    _require_place(place)
    pieces = _evenly(chunks)
    first, is_all = await anext(pieces)
    mark = os.urandom(MARK_BYTES)
    sealed = _seal(key, place, mark, 0, first, is_last=is_all)
    if is_all:
        with _refusing():
            await obstore.put_async(_store(hub), place, mark + sealed)
        return Stored(place, len(first), hashlib.sha256(mark + sealed).digest())
    rest = _sealing(key, place, mark, pieces)
    return await _keep_long(hub, place, mark + sealed, len(first), rest)


async def _keep_long(
    hub: Hub, place: str, head: bytes, size: int, rest: AsyncIterator[tuple[bytes, int]]
) -> Stored:
    """Write what has more than one chunk, each as it comes. head: the beginning, which holds `size` bytes of text."""
    digest = hashlib.sha256(head)
    with _refusing():
        writer = obstore.open_writer_async(
            _store(hub), place, buffer_size=PART_BYTES, max_concurrency=PARTS_AT_ONCE
        )
        await writer.write(head)
    async for sealed, length in rest:
        digest.update(sealed)
        size += length
        with _refusing():
            await writer.write(sealed)
    with _refusing():
        await writer.close()
    return Stored(place, size, digest.digest())


async def _sealing(
    key: DataKey, place: str, mark: bytes, pieces: AsyncIterator[tuple[bytes, bool]]
) -> AsyncIterator[tuple[bytes, int]]:
    """The chunks after the first, sealed, and how long each was."""
    number = 0
    async for chunk, is_last in pieces:
        number += 1
        yield _seal(key, place, mark, number, chunk, is_last=is_last), len(chunk)


async def read(hub: Hub, place: str, key: DataKey) -> AsyncIterator[bytes]:
    """Yield what an object holds, in chunks; UNAVAILABLE where it cannot be read, SealBroken where it was changed."""
    _require_place(place)
    number, waiting = 0, bytearray()
    mark: bytes | None = None
    async for piece in _pieces(hub, place):
        waiting += piece
        if mark is None and len(waiting) >= MARK_BYTES:
            mark = _taken(waiting, MARK_BYTES)
        while mark is not None and len(waiting) > CHUNK_BYTES + SEALED_BYTES:
            sealed = _taken(waiting, CHUNK_BYTES + SEALED_BYTES)
            yield _open(key, place, mark, number, sealed, is_last=False)
            number += 1
    yield _open(key, place, mark or b"", number, bytes(waiting), is_last=True)


async def note(act: Act, *stored: Stored) -> None:
    """Let objects count, with whatever else this act writes about them."""
    columns = zip(*((each.place, each.size_bytes, each.digest) for each in stored), strict=True)
    await act.execute(_NOTE, *(list(column) for column in columns), act.at)


async def forget(act: Act, places: Sequence[str]) -> None:
    """Let objects count no more; they go with the next sweep, or sooner by `drop`."""
    if places:
        await act.execute(_FORGET, list(places))


async def drop(hub: Hub, place: str) -> None:
    """Remove an object; one that is not there is no mistake."""
    _require_place(place)
    with _refusing(), suppress(FileNotFoundError):
        await obstore.delete_async(_store(hub), place)


async def sweep(hub: Hub, age: timedelta = SPARED) -> int:
    """Remove what no act knows and nobody has touched for a while; returns how many objects."""
    store, until, gone = _store(hub), datetime.now(UTC) - age, 0
    with _refusing():
        listed: Any = obstore.list(store, chunk_size=LISTED_AT_ONCE)  # pyright: ignore[reportUnknownMemberType]
        async for batch in listed:
            old = [each["path"] for each in batch if each["last_modified"] < until]
            async with hub.ask(WORKER, Operation.HUB_MAINTAIN) as ask:
                known = {row["place"] for row in await ask.rows(_KNOWN, old)}
            orphans = [place for place in old if place not in known]
            if orphans:
                await obstore.delete_async(store, orphans)
            gone += len(orphans)
    return gone + await asyncio.to_thread(_sweep_staged, store, until)


async def probe(hub: Hub) -> None:
    """Write, read and remove a small object; Refusal UNAVAILABLE where that cannot be."""
    store, place = _store(hub), f"check/{os.urandom(8).hex()}"
    with _refusing():
        await obstore.put_async(store, place, b"ok")
        await (await obstore.get_async(store, place)).bytes_async()
        await obstore.delete_async(store, place)


def folder(settings: Settings) -> Path | None:
    """The folder that objects are in; None where they are in a bucket."""
    if not settings.storage_url:
        return settings.data_dir / "objects"
    url = urlsplit(settings.storage_url)
    return Path(unquote(url.path)) if url.scheme == "file" else None


def _store(hub: Hub) -> ObjectStore:
    """The store of this hub, opened once: it keeps its connections."""
    if hub not in _stores:
        with _refusing():
            _stores[hub] = _opened(hub.settings)
    return _stores[hub]


def _opened(settings: Settings) -> ObjectStore:
    path = folder(settings)
    if path is not None:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return LocalStore(path, automatic_cleanup=True)
    config: S3Config = {}
    if settings.storage_key_id:
        config["access_key_id"] = settings.storage_key_id
    if settings.storage_secret:
        config["secret_access_key"] = settings.storage_secret.get_secret_value()
    if settings.storage_endpoint:
        config["endpoint"] = settings.storage_endpoint
    if settings.storage_region:
        config["region"] = settings.storage_region
    is_plain = settings.storage_endpoint.startswith("http://")
    return S3Store.from_url(
        settings.storage_url, config=config, client_options={"allow_http": is_plain, "timeout": "60s"},
        retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=60)},
    )  # fmt: skip


@contextmanager
def _refusing() -> Generator[None]:
    """Say what a store could not do without repeating what it said: that names paths, hosts and buckets."""
    try:
        yield
    except (BaseError, OSError, ValueError) as error:
        is_full = any(sign in str(error) for sign in _FULL)
        reason = (
            "The storage for files is full: free some space."
            if is_full
            else "The storage for files does not answer."
        )
        raise Refusal(Code.UNAVAILABLE, f"{reason} Nothing changed; try again.") from error


async def _pieces(hub: Hub, place: str) -> AsyncIterator[bytes]:
    with _refusing():
        found = await obstore.get_async(_store(hub), place)
        stream: Any = found.stream(min_chunk_size=CHUNK_BYTES)
    while True:
        with _refusing():
            piece = await anext(stream, None)
        if piece is None:
            return
        yield bytes(piece)


async def _evenly(chunks: AsyncIterator[bytes]) -> AsyncIterator[tuple[bytes, bool]]:
    """The same bytes in chunks of one size, and of each whether it is the last."""
    waiting = bytearray()
    async for chunk in chunks:
        waiting += chunk
        while len(waiting) > CHUNK_BYTES:
            yield _taken(waiting, CHUNK_BYTES), False
    yield bytes(waiting), True


def _taken(waiting: bytearray, amount: int) -> bytes:
    taken = bytes(waiting[:amount])
    del waiting[:amount]
    return taken


def _seal(key: DataKey, place: str, mark: bytes, number: int, chunk: bytes, *, is_last: bool) -> bytes:
    return key.seal("stored_object", _column(mark, number, is_last=is_last), place, chunk)


def _open(key: DataKey, place: str, mark: bytes, number: int, sealed: bytes, *, is_last: bool) -> bytes:
    return key.open("stored_object", _column(mark, number, is_last=is_last), place, sealed)


def _column(mark: bytes, number: int, *, is_last: bool) -> str:
    return f"{mark.hex()}.{number}.{'last' if is_last else 'more'}"


def _require_place(place: str) -> None:
    if not _PLACE.fullmatch(place):
        raise ValueError("a place is made of small letters, digits, dots and hyphens, in two to eight parts")


def _sweep_staged(store: ObjectStore, until: datetime) -> int:
    """Remove what a killed process was writing into a folder; a bucket does so by a rule of its own."""
    root = store.prefix if isinstance(store, LocalStore) else None
    gone = 0
    for path in Path(root).rglob("*") if root else ():
        with suppress(FileNotFoundError):
            if _STAGED.fullmatch(path.name) and path.stat().st_mtime < until.timestamp():
                path.unlink()
                gone += 1
    return gone
