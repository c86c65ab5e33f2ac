"""A ZIP archive as a stream: written once, never looked back at, so that its size does not matter.

The last entry, ``manifest.json``, lists every other with its size and SHA-256, and the digest of that list: an archive
that has it is whole.
"""

import hashlib
import zlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import orjson

MANIFEST: Final = "manifest.json"
LEVEL: Final = 4
_BITS_LEAST: Final = 10
_MEMORY_LEAST: Final = 5


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of the archive."""

    name: str
    size_bytes: int
    sha256: str


class _Pipe:
    """What the archive is written to: it can only go forwards, and is emptied after each piece."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def write(self, data: bytes) -> int:
        """Take a piece."""
        self._waiting += data
        return len(data)

    def flush(self) -> None:
        """There is nothing behind this."""

    def take(self) -> bytes:
        """Hand over what was written since."""
        taken = bytes(self._waiting)
        self._waiting.clear()
        return taken


class Archive:
    """Files come one after another, each as pieces; what comes out are the archive's bytes."""

    def __init__(self, at: datetime) -> None:
        self._pipe = _Pipe()
        self._zip = ZipFile(self._pipe, "w", ZIP_DEFLATED)  # type: ignore[arg-type] - it only writes
        self._at = at.timetuple()[:6]
        self.entries: list[Entry] = []

    async def add(self, name: str, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Write a file as it comes."""
        digest, size = hashlib.sha256(), 0
        with self._zip.open(self._info(name), "w", force_zip64=True) as entry:
            async for piece in pieces:
                entry.write(piece)
                digest.update(piece)
                size += len(piece)
                yield self._pipe.take()
        self.entries.append(Entry(name, size, digest.hexdigest()))
        yield self._pipe.take()

    def put(self, name: str, content: bytes) -> bytes:
        """Write a file that is there as a whole; returns the archive's bytes.

        Of a copy's files most are like that, and small: opening each within the archive takes as long as packing it.
        """
        info = self._info(name)
        packed = _packed(content)
        info.CRC, info.file_size, info.compress_size = zlib.crc32(content), len(content), len(packed)
        self._place(info, packed)
        self.entries.append(Entry(name, len(content), hashlib.sha256(content).hexdigest()))
        return self._pipe.take()

    def _place(self, info: ZipInfo, packed: bytes) -> None:
        """Write an entry as it is, and have the archive's own list name it."""
        out: Any = self._zip.fp
        info.header_offset = out.tell()
        out.write(info.FileHeader(zip64=False) + packed)
        self._zip.filelist.append(info)
        self._zip.NameToInfo[info.filename] = info

    def finish(self) -> tuple[bytes, bytes]:
        """Write the manifest and the archive's own list; returns these last bytes, and the digest of the manifest."""
        whole = digest_of(self.entries)
        files = [
            {"name": each.name, "bytes": each.size_bytes, "sha256": each.sha256} for each in self.entries
        ]
        text = orjson.dumps({"files": files, "sha256": whole.hex()}, option=orjson.OPT_INDENT_2)
        self._zip.writestr(self._info(MANIFEST), text)
        self._zip.close()
        return self._pipe.take(), whole

    def _info(self, name: str) -> ZipInfo:
        info = ZipInfo(name, self._at)
        info.compress_type, info.external_attr = ZIP_DEFLATED, 0o600 << 16
        # Nothing public gives `open` a level.
        info._compresslevel = LEVEL  # noqa: SLF001  # type: ignore[attr-defined]
        return info


def _packed(content: bytes) -> bytes:
    """Packed within a window as long as it needs: to make room for a longer one takes longer than to pack little."""
    bits = min(zlib.MAX_WBITS, max(_BITS_LEAST, len(content).bit_length()))
    packing = zlib.compressobj(LEVEL, zlib.DEFLATED, -bits, max(_MEMORY_LEAST, bits - 7))
    return packing.compress(content) + packing.flush()


def digest_of(entries: Sequence[Entry]) -> bytes:
    """SHA-256 over a line for each file, ``SHA-256 two spaces NAME``, as sha256sum writes them."""
    lines = "".join(f"{each.sha256}  {each.name}\n" for each in entries)
    return hashlib.sha256(lines.encode()).digest()
