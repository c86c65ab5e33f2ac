"""What may be sent: kinds of files, and the limits on each."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

FILE_BYTES: Final = 10 * 1024 * 1024
FILES_MOST: Final = 10
TOGETHER_BYTES: Final = 25 * 1024 * 1024
"""Of all files that are sent at once: they are held in memory until they are sealed, and lie on no disk in clear."""
NAME_CHARACTERS: Final = 100
PIXELS_MOST: Final = 40_000_000
SIDE_PIXELS_MOST: Final = 20_000
UPLOAD_SECONDS: Final = 120
"""How long it may take to arrive: 25 MB at 1.7 Mbit/s."""
ENTRIES_MOST: Final = 500
UNPACKED_BYTES: Final = 100 * 1024 * 1024
RATIO_MOST: Final = 100


class FileKind(StrEnum):
    """What a file is, by its bytes."""

    PDF = "PDF"
    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"
    TEXT = "TEXT"
    CSV = "CSV"
    JSON = "JSON"
    ZIP = "ZIP"


class Scan(StrEnum):
    """Whether a scanner for harmful files has looked at it."""

    CLEAN = "CLEAN"
    NOT_SCANNED = "NOT_SCANNED"


MEDIA: Final = {
    FileKind.PDF: "application/pdf",
    FileKind.JPEG: "image/jpeg",
    FileKind.PNG: "image/png",
    FileKind.WEBP: "image/webp",
    FileKind.TEXT: "text/plain; charset=utf-8",
    FileKind.CSV: "text/csv; charset=utf-8",
    FileKind.JSON: "application/json",
    FileKind.ZIP: "application/zip",
}
SUFFIXES: Final = {
    FileKind.PDF: (".pdf",),
    FileKind.JPEG: (".jpg", ".jpeg"),
    FileKind.PNG: (".png",),
    FileKind.WEBP: (".webp",),
    FileKind.TEXT: (".txt", ".log", ".md"),
    FileKind.CSV: (".csv",),
    FileKind.JSON: (".json",),
    FileKind.ZIP: (".zip",),
}
"""How the name of each ends; the first is added to a name that ends otherwise."""
PICTURES: Final = frozenset({FileKind.JPEG, FileKind.PNG, FileKind.WEBP})
PLAIN: Final = frozenset({FileKind.TEXT, FileKind.CSV, FileKind.JSON})
DOCUMENTS: Final = frozenset({FileKind.PDF, *PICTURES, *PLAIN})
"""What people may send with a request."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it came in a form. name: as its sender calls it, not to be trusted."""

    name: str = field(repr=False)
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Checked:
    """A file as we keep it: pictures are painted anew, everything else is as it came."""

    name: str = field(repr=False)
    kind: FileKind
    content: bytes = field(repr=False)
    scan: Scan = Scan.NOT_SCANNED
