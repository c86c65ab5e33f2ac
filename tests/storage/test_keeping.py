"""Files in a folder and in a bucket: sealed, whole, bound to their place, in little memory."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from hub import storage
from hub.act import Hub
from hub.storage import CHUNK_BYTES, MARK_BYTES, SEALED_BYTES
from hub.vault import DataKey, SealBroken
from tests.bucket import Bucket
from tests.storage.files import files_below, held, mode, pieces, place

OWNER = UUID(int=7)
SIZES = (0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES)
CANARY = b"Anne Onyme lives in Canary Row"
SEALED_CHUNK = CHUNK_BYTES + SEALED_BYTES


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_kept_in_a_folder_reads_back(local: Hub, key: DataKey, size: int) -> None:
    content = os.urandom(size)
    stored = await storage.keep(local, at := place(), key, pieces(content))
    assert (stored.place, stored.size_bytes, len(stored.digest)) == (at, size, 32)
    assert await held(local, at, key) == content


async def test_what_is_kept_in_a_bucket_reads_back_also_in_parts(
    remote: tuple[Hub, Bucket], key: DataKey
) -> None:
    hub, served = remote
    for size in (0, CHUNK_BYTES + 1, 20 * CHUNK_BYTES):
        content = os.urandom(size)
        await storage.keep(hub, at := place(), key, pieces(content))
        assert await held(hub, at, key) == content
        assert f"below/{at}" in served.objects
    assert served.uploads == {}
    await storage.drop(hub, at)
    assert f"below/{at}" not in served.objects


async def test_nothing_of_it_can_be_read_where_it_lies(local: Hub, folder: Path, key: DataKey) -> None:
    await storage.keep(local, place(), key, pieces(CANARY * 1000))
    [path] = files_below(folder)
    assert CANARY[:8] not in path.read_bytes()
    assert mode(folder) & 0o077 == 0


def cut(sealed: bytes) -> dict[str, bytes]:
    """What somebody might make of an object of three chunks."""
    start = MARK_BYTES
    first, second = (
        sealed[start : start + SEALED_CHUNK],
        sealed[start + SEALED_CHUNK : start + 2 * SEALED_CHUNK],
    )
    mark, rest = sealed[:start], sealed[start + 2 * SEALED_CHUNK :]
    return {
        "nothing left": b"",
        "only the mark": mark,
        "cut after a chunk": mark + first + second,
        "cut within a chunk": sealed[:-7],
        "the last is lost": mark + first,
        "the first is lost": mark + second + rest,
        "two are swapped": mark + second + first + rest,
        "one is there twice": mark + first + first + rest,
        "something is added": sealed + b"\0",
        "a bit is turned": sealed[:-1] + bytes(each ^ 1 for each in sealed[-1:]),
        "another mark": os.urandom(start) + sealed[start:],
    }


@pytest.mark.parametrize("how", list(cut(b"")))
async def test_what_was_cut_swapped_or_changed_does_not_open(
    local: Hub, folder: Path, key: DataKey, how: str
) -> None:
    content = os.urandom(2 * CHUNK_BYTES + 99)
    await storage.keep(local, at := place(), key, pieces(content))
    path = folder / at
    path.write_bytes(cut(path.read_bytes())[how])
    with pytest.raises(SealBroken):
        await held(local, at, key)


async def test_what_belongs_elsewhere_does_not_open(local: Hub, folder: Path, hub: Hub, key: DataKey) -> None:
    here, there = place(), place()
    content = os.urandom(2 * CHUNK_BYTES + 99)
    for at in (here, there):
        await storage.keep(local, at, key, pieces(content))
    other = hub.vault.unwrap(OWNER, hub.vault.new_customer_key(OWNER))
    with pytest.raises(SealBroken):
        await held(local, here, other)
    (folder / here).write_bytes((folder / there).read_bytes())
    with pytest.raises(SealBroken):
        await held(local, here, key)
    first = (folder / there).read_bytes()
    await storage.keep(
        local, there, key, pieces(content)
    )  # the same place again: chunks of two objects do not mix
    second = (folder / there).read_bytes()
    (folder / there).write_bytes(second[: MARK_BYTES + SEALED_CHUNK] + first[MARK_BYTES + SEALED_CHUNK :])
    with pytest.raises(SealBroken):
        await held(local, there, key)


@pytest.mark.parametrize("wrong", ["", "x", "../x/y", "/x/y", "x//y", "x/../y", "X/y", "x/y z", "x/#1"])
async def test_a_place_is_a_plain_one(local: Hub, key: DataKey, wrong: str) -> None:
    with pytest.raises(ValueError, match="a place"):
        await storage.keep(local, wrong, key, pieces(b"x"))


def resident() -> int:
    """Bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def test_a_large_object_passes_in_little_memory(local: Hub, key: DataKey) -> None:
    most, block = 0, os.urandom(CHUNK_BYTES)

    async def many() -> AsyncIterator[bytes]:
        nonlocal most
        for _ in range(160):
            most = max(most, resident())
            yield block

    before = resident()
    await storage.keep(local, at := place(), key, many())
    size = 0
    async for piece in storage.read(local, at, key):
        size, most = size + len(piece), max(most, resident())
    assert size == 160 * CHUNK_BYTES
    assert most - before < 80 * CHUNK_BYTES
