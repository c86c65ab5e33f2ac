"""Taking a file: what it is by its bytes, made harmless, shown to the scanner, under a name that is safe to show."""

import asyncio
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from hub.errors import Code, Refusal, invalid
from hub.settings import Settings
from hub.uploads import archives, names, pictures, scanning, sniffing
from hub.uploads.archives import BadArchive
from hub.uploads.pictures import NoPicture
from hub.uploads.values import (
    DOCUMENTS,
    FILE_BYTES,
    FILES_MOST,
    PICTURES,
    PIXELS_MOST,
    Checked,
    FileKind,
    Sent,
)

AT_ONCE: Final = 2
"""Files that are looked into at once by this process: a picture may take some hundred megabytes."""
SPOKEN: Final = {
    FileKind.PDF: "PDF", FileKind.JPEG: "JPEG", FileKind.PNG: "PNG", FileKind.WEBP: "WebP", FileKind.TEXT: "plain text",
    FileKind.CSV: "CSV", FileKind.JSON: "JSON", FileKind.ZIP: "ZIP",
}  # fmt: skip
_painters: Final = ThreadPoolExecutor(AT_ONCE, "uploads")
Result = TypeVar("Result")


async def check_all(
    settings: Settings, sent: Sequence[Sent], *path: str | int, allowed: AbstractSet[FileKind] = DOCUMENTS
) -> list[Checked]:
    """Check several files, all or none; the path of a refusal ends with the place of the file."""
    if len(sent) > FILES_MOST:
        raise Refusal(Code.TOO_LARGE, f"Send at most {FILES_MOST} files at a time.", path)
    return [await check(settings, each, *path, place, allowed=allowed) for place, each in enumerate(sent)]


async def check(
    settings: Settings, sent: Sent, *path: str | int, allowed: AbstractSet[FileKind] = DOCUMENTS
) -> Checked:
    """Check one file. Refusals: TOO_LARGE, INVALID (what it is, what we take), UNAVAILABLE without the scanner."""
    if len(sent.content) > FILE_BYTES:
        raise Refusal(Code.TOO_LARGE, f"A file has {FILE_BYTES // 2**20} MB at most.", path)
    kind = await _in_turn(sniffing.kind_of, sent.name, sent.content)
    if kind is None or kind not in allowed:
        raise invalid(f"This is no file that we take: send {_spoken(allowed)}.", *path)
    content = await _harmless(sent.content, kind, path)
    scanned = await scanning.scan(settings, content, *path)
    return Checked(names.clean(sent.name, kind), kind, content, scanned)


async def _harmless(content: bytes, kind: FileKind, path: tuple[str | int, ...]) -> bytes:
    if kind in PICTURES:
        return await _repainted(content, kind, path)
    if kind is FileKind.ZIP:
        try:
            await _in_turn(archives.require_plain, content)
        except BadArchive as bad:
            raise invalid(f"This archive {bad}: send what is in it, each file by itself.", *path) from None
    return content


async def _repainted(content: bytes, kind: FileKind, path: tuple[str | int, ...]) -> bytes:
    try:
        painted = await _in_turn(pictures.repaint, content, kind)
    except NoPicture as fault:
        if fault.is_too_large:
            raise Refusal(
                Code.TOO_LARGE, f"A picture has {PIXELS_MOST // 10**6} million pixels at most.", path
            ) from None
        raise invalid("This picture is damaged: open it, save it again, and send that.", *path) from None
    if len(painted) > FILE_BYTES:
        raise Refusal(Code.TOO_LARGE, "This picture is too large: make it smaller, and send that.", path)
    return painted


async def _in_turn(work: Callable[..., Result], *given: object) -> Result:
    return await asyncio.get_running_loop().run_in_executor(_painters, work, *given)


def _spoken(allowed: AbstractSet[FileKind]) -> str:
    *others, last = [SPOKEN[kind] for kind in FileKind if kind in allowed]
    return f"{', '.join(others)} or {last}" if others else last
