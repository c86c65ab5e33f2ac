"""A scanner for harmful files: clamd, spoken to over its socket by INSTREAM (clamd(8)).

With ``HUB_CLAMD_URL`` every file is shown to it, and where it does not answer nothing is taken. Without, files are
marked as not scanned, and whoever opens one is told so.
"""

import asyncio
from typing import Final
from urllib.parse import urlsplit

import structlog

from hub.errors import Code, Refusal
from hub.settings import Settings
from hub.uploads.values import Scan

PORT: Final = 3310
CHUNK_BYTES: Final = 64 * 1024
PATIENCE_SECONDS: Final = 30.0
ANSWER_BYTES: Final = 4 * 1024
AWAY: Final = "The scanner for harmful files does not answer, so nothing was taken; try again later."
FOUND: Final = "This file was taken for a harmful one, and was not taken."
log = structlog.get_logger(__name__)


class ScannerAway(Exception):
    """The scanner cannot be reached, or says nothing that we understand."""


async def scan(settings: Settings, content: bytes, *path: str | int) -> Scan:
    """Show a file to the scanner. Refusals: INVALID for a harmful file, UNAVAILABLE where the scanner is away."""
    if not settings.clamd_url:
        return Scan.NOT_SCANNED
    try:
        said = await ask(settings.clamd_url, content)
    except ScannerAway as error:
        log.warning("uploads.scanner_away", error=type(error.__cause__).__name__)
        raise Refusal(Code.UNAVAILABLE, AWAY) from None
    if said.endswith(b" FOUND"):
        log.warning("uploads.harmful")
        raise Refusal(Code.INVALID, FOUND, path)
    return Scan.CLEAN


async def ask(url: str, content: bytes) -> bytes:
    """Stream a file to clamd; returns its verdict, `stream: OK` or `stream: NAME FOUND`. Raises ScannerAway."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            said = await _exchange(url, content)
    except (
        OSError,
        TimeoutError,
        ValueError,
        asyncio.IncompleteReadError,
        asyncio.LimitOverrunError,
    ) as error:
        raise ScannerAway from error
    verdict = said.rstrip(b"\0\n")
    if not verdict.startswith(b"stream: ") or not verdict.endswith((b" OK", b" FOUND")):
        raise ScannerAway from ValueError("an answer that is none")
    return verdict


async def _exchange(url: str, content: bytes) -> bytes:
    reader, writer = await _connect(url)
    try:
        writer.write(b"zINSTREAM\0")
        for start in range(0, len(content), CHUNK_BYTES):
            chunk = content[start : start + CHUNK_BYTES]
            writer.write(len(chunk).to_bytes(4, "big") + chunk)
            await writer.drain()
        writer.write(bytes(4))
        await writer.drain()
        return await reader.readuntil(b"\0")
    finally:
        writer.close()


async def _connect(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return await asyncio.open_unix_connection(parts.path, limit=ANSWER_BYTES)
    return await asyncio.open_connection(parts.hostname, parts.port or PORT, limit=ANSWER_BYTES)
