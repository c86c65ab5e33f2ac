"""Handing a file out: to be saved, never to be shown, whatever it is."""

from collections.abc import AsyncIterable, AsyncIterator, Mapping
from typing import Final

from starlette.responses import Response, StreamingResponse

from hub.uploads import names
from hub.uploads.values import MEDIA, FileKind

HEADERS: Final[Mapping[str, str]] = {
    "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "sandbox",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
    "x-download-options": "noopen",
}


async def begun(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes, the first of them read: what is wrong with a file is found before an answer begins."""
    first = await anext(chunks, b"")

    async def whole() -> AsyncIterator[bytes]:
        yield first
        async for chunk in chunks:
            yield chunk

    return whole()


def download(
    name: str, kind: FileKind, size: int | None, chunks: AsyncIterable[bytes], **headers: str
) -> Response:
    """Answer with a file as it comes. name: as it was kept; size: its bytes, where they are known."""
    said = {**HEADERS, "content-disposition": names.disposition(name), **headers}
    if size is not None:
        said["content-length"] = str(size)
    return StreamingResponse(chunks, headers=said, media_type=MEDIA[kind])
