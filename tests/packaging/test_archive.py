"""The archive of a copy: a stream that can be read again, each file in it as tightly packed as any other."""

import io
import zlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from zipfile import ZipFile

from hub.packaging.archive import LEVEL, Archive

WORDS = b"a copy of what the shop and archive hold about their customers orders and letters".split()
TEXT = b" ".join(WORDS[i * i * 7919 % 1_009 % len(WORDS)] for i in range(40_000))


async def _pieces() -> AsyncIterator[bytes]:
    yield TEXT[:100_000]
    yield TEXT[100_000:]


async def test_what_comes_in_pieces_is_packed_as_what_is_there_as_a_whole() -> None:
    archive = Archive(datetime(2026, 3, 1, tzinfo=UTC))
    written = [piece async for piece in archive.add("streamed.txt", _pieces())]
    written += [archive.put("whole.txt", TEXT), archive.finish()[0]]
    with ZipFile(io.BytesIO(b"".join(written))) as read:
        streamed, whole = read.getinfo("streamed.txt"), read.getinfo("whole.txt")
        assert read.read("streamed.txt") == read.read("whole.txt") == TEXT
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -15)
    tight = len(packer.compress(TEXT) + packer.flush())
    assert whole.compress_size == tight
    assert abs(streamed.compress_size - tight) < tight / 100
