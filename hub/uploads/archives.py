"""A ZIP archive, looked through before it is taken: what is in it is small, plain, and lies beside each other.

Nothing is written anywhere. What an archive says of its sizes is not believed: every entry is unpacked, and counted.
"""

import io
import stat
import zipfile
import zlib
from collections.abc import Sequence
from typing import Final

from hub.uploads.values import ENTRIES_MOST, RATIO_MOST, UNPACKED_BYTES

_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED: Final = 0x1
_CHUNK_BYTES: Final = 64 * 1024
_SMALL_BYTES: Final = 64 * 1024
_HEAD_BYTES: Final = 30
_ARCHIVES: Final = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
    b"7z\xbc\xaf",
    b"Rar!",
    b"\x28\xb5\x2f\xfd",
)
_ARCHIVE_NAMES: Final = (
    ".zip",
    ".jar",
    ".gz",
    ".tgz",
    ".bz2",
    ".xz",
    ".7z",
    ".rar",
    ".zst",
    ".tar",
    ".cab",
    ".iso",
)
_BROKEN: Final = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, OSError, ValueError, EOFError, NotImplementedError,
    RuntimeError, OverflowError, KeyError,
)  # fmt: skip


class BadArchive(Exception):
    """It cannot be taken; the message says why, as an end of the sentence "This archive ..."."""


def require_plain(content: bytes) -> None:
    """Refuse every archive but a plain one. Takes a while: call it in a thread."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _require_few(entries, len(content))
            _require_apart(entries)
            left = UNPACKED_BYTES
            for entry in entries:
                _require_harmless(entry)
                left -= _unpacked(archive, entry, left)
    except _BROKEN:
        raise BadArchive("is damaged, or not made as ZIP archives are") from None


def _require_few(entries: Sequence[zipfile.ZipInfo], size: int) -> None:
    if not entries:
        raise BadArchive("is empty")
    if len(entries) > ENTRIES_MOST:
        raise BadArchive(f"holds more than {ENTRIES_MOST} files")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > UNPACKED_BYTES:
        raise BadArchive(f"holds more than {UNPACKED_BYTES // 2**20} MB")
    if unpacked > max(_SMALL_BYTES, size * RATIO_MOST):
        raise BadArchive("is packed more tightly than files are")


def _require_apart(entries: Sequence[zipfile.ZipInfo]) -> None:
    """No two entries share bytes: that is how a few kilobytes become terabytes."""
    end = 0
    for entry in sorted(entries, key=lambda each: each.header_offset):
        if entry.header_offset < end:
            raise BadArchive("holds files that overlap")
        end = entry.header_offset + _HEAD_BYTES + len(entry.orig_filename) + entry.compress_size
    if len({entry.filename.casefold() for entry in entries}) != len(entries):
        raise BadArchive("holds two files of one name")


def _require_harmless(entry: zipfile.ZipInfo) -> None:
    name, mode = entry.orig_filename, entry.external_attr >> 16
    if name.startswith("/") or "\\" in name or ":" in name or "\0" in name or ".." in name.split("/"):
        raise BadArchive("holds a file whose name leads elsewhere")
    if mode and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_IFMT(mode) == 0):
        raise BadArchive("holds something that is no file")
    if entry.flag_bits & _ENCRYPTED:
        raise BadArchive("is locked with a password")
    if entry.compress_type not in _METHODS:
        raise BadArchive("is packed in an unusual way")
    if name.lower().endswith(_ARCHIVE_NAMES):
        raise BadArchive("holds another archive")


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int) -> int:
    """Unpack an entry to nowhere; returns how many bytes it has."""
    most, size = min(left, entry.file_size), 0
    with archive.open(entry) as file:
        while chunk := file.read(_CHUNK_BYTES):
            if not size and chunk.startswith(_ARCHIVES):
                raise BadArchive("holds another archive")
            size += len(chunk)
            if size > most:
                raise BadArchive("holds more than it says")
    return size
