"""Handing out a copy as one file, piece by piece; no browser shows it. One that is not there is said on a page."""

from collections.abc import AsyncIterator
from typing import Final

from starlette.responses import Response, StreamingResponse

from hub.act import Hub
from hub.rights import packages
from hub.rights.packages import Opened

SANDBOX: Final = "sandbox; default-src 'none'; frame-ancestors 'none'"


async def attached(hub: Hub, opened: Opened) -> Response:
    """An opened package, as a file; Refusal UNAVAILABLE where the storage is away."""
    pieces = packages.stream(hub, opened)
    first = await anext(pieces)  # a storage that is away is said on a page, not in the middle of a file
    headers = {
        "content-disposition": f'attachment; filename="{opened.reference}.zip"',
        "content-length": str(opened.package.size_bytes),
        "content-security-policy": SANDBOX,
        "cache-control": "no-store",
    }
    return StreamingResponse(_all(first, pieces), headers=headers, media_type="application/zip")


async def _all(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece
