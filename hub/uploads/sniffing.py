"""What a file is: its bytes say so, not its name and not its sender.

A name decides only between kinds of plain text. What could be read as two things at once is none of ours.
"""

import io
import zipfile
from typing import Final

import orjson

from hub.uploads.values import FileKind

_STARTS: Final = (
    (b"\xff\xd8\xff", FileKind.JPEG),
    (b"\x89PNG\r\n\x1a\n", FileKind.PNG),
    (b"PK\x03\x04", FileKind.ZIP),
    (b"PK\x05\x06", FileKind.ZIP),
)
_PDF_STARTS: Final = (b"%PDF-1.", b"%PDF-2.")
_NOT_PLAIN: Final = ("<", "%PDF", "%!PS", "{\\rtf")
"""Markup, which a browser might run, and documents in letters that other programs might."""
_PDF_END_BYTES: Final = 1024
_CONTROLS: Final = bytes({*range(32), 127} - {*b"\t\n\r\f"})


def kind_of(name: str, content: bytes) -> FileKind | None:
    """Say what a file is; None for what we do not take."""
    for start, kind in _STARTS:
        if content.startswith(start):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return FileKind.WEBP
    if content.startswith(_PDF_STARTS):
        return FileKind.PDF if _is_whole_pdf(content) else None
    return _plain(name, content)


def _is_whole_pdf(content: bytes) -> bool:
    """Whether it ends as a PDF does (ISO 32000-2, 7.5.5), and is no archive besides."""
    end = content[-_PDF_END_BYTES:].rstrip(b"\r\n\t \0")
    return end.endswith(b"%%EOF") and b"startxref" in end and not zipfile.is_zipfile(io.BytesIO(content))


def _plain(name: str, content: bytes) -> FileKind | None:
    if not content.strip() or len(content.translate(None, _CONTROLS)) != len(content):
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    said = text.lstrip()
    if said.startswith(_NOT_PLAIN) or zipfile.is_zipfile(io.BytesIO(content)):
        return None
    if said[:1] in "{[" and _is_json(content):
        return FileKind.JSON
    return FileKind.CSV if name.lower().endswith(".csv") else FileKind.TEXT


def _is_json(content: bytes) -> bool:
    try:
        orjson.loads(content.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        return False
    return True
