"""Downloading exports by plain HTTP beside the API: `GET /partner/exports/ID`, whole or from any byte on.

It asks for the same token as the API, and asks again as it goes on: a client that is revoked or blocked, or whose
arrangement or export ends, gets no further. A download that broke off goes on with `Range`, and `If-Range` with the
ETag, which is the digest of the file.
"""

import base64
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from hub.act import Act, Hub
from hub.actors import Actor, Operation, authorise
from hub.errors import Code, Refusal
from hub.partners import downloads
from hub.partners.downloads import Opened
from hub.partners.exports import Format
from hub.problems import problem
from schema.faults import STATUSES
from schema.partner.exporting import EXPORT
from schema.relay import uuid_of

PATH: Final = "/partner/exports/{export}"
ASKED_AGAIN_BYTES: Final = 8 << 20
Identify = Callable[[Request], Awaitable[Actor]]
_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
_KINDS: Final = {
    Format.NDJSON: ("application/x-ndjson", "ndjson"),
    Format.CSV: ("text/csv; charset=utf-8", "csv"),
}
_UNSATISFIABLE: Final = 416


@dataclass(frozen=True, slots=True)
class Span:
    """Which bytes, from start to stop; whether that is a part."""

    start: int
    stop: int
    is_part: bool


def routes(hub: Hub, identify: Identify) -> list[Route]:
    """The route; identify: which partner sends a request."""

    async def respond(request: Request) -> Response:
        try:
            return await _download(hub, identify, request)
        except Refusal as refusal:
            status = {**STATUSES, Code.NOT_FOUND: 404, Code.CONFLICT: 409}.get(refusal.code, 400)
            return problem(request.scope, status, refusal.message)

    return [Route(PATH, respond, methods=["GET"], name=Operation.EXPORT_FETCH.value)]


async def _download(hub: Hub, identify: Identify, request: Request) -> Response:
    actor = await identify(request)
    authorise(actor, Operation.EXPORT_FETCH)
    export_id = uuid_of(request.path_params["export"], EXPORT, "export")

    async def fetch(act: Act) -> Opened:
        return await downloads.fetch(act, export_id)

    made = await hub.perform(actor, Operation.EXPORT_FETCH, fetch)
    tag = f'"{(made.export.digest or b"").hex()}"'
    span = span_of(request, made.size_bytes, tag)
    headers = _headers(made, tag)
    if span is None:
        return Response(
            None, status_code=_UNSATISFIABLE, headers={"Content-Range": f"bytes */{made.size_bytes}"}
        )
    headers["Content-Length"] = str(span.stop - span.start)
    if span.is_part:
        headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{made.size_bytes}"
    status = 206 if span.is_part else 200
    if request.method == "HEAD":
        return Response(None, status, headers)
    return StreamingResponse(_watched(hub, identify, request, made, span), status, headers)


def span_of(request: Request, size_bytes: int, tag: str) -> Span | None:
    """What of a file is asked for; None where that is not in it. Several ranges, and odd ones, get the whole."""
    whole = Span(0, size_bytes, is_part=False)
    found = _RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    if found is None or request.headers.get("if-range", tag) != tag or found.group(0) == "bytes=-":
        return whole
    first, last = found.groups()
    if not first:
        start, stop = max(0, size_bytes - int(last)), size_bytes
    else:
        start, stop = int(first), min(size_bytes, int(last) + 1 if last else size_bytes)
    return Span(start, stop, is_part=True) if start < stop else None


def _headers(made: Opened, tag: str) -> dict[str, str]:
    kind, ending = _KINDS[made.export.format]
    if made.sealing:
        kind, ending = "application/octet-stream", f"{ending}.age"
    digest = base64.b64encode(made.export.digest or b"").decode()
    return {
        "Content-Type": kind,
        "Content-Disposition": f'attachment; filename="customers.{ending}"',
        "Accept-Ranges": "bytes",
        "ETag": tag,
        "Repr-Digest": f"sha-256=:{digest}:",
        "Cache-Control": "no-store",
    }


async def _watched(
    hub: Hub, identify: Identify, request: Request, made: Opened, span: Span
) -> AsyncIterator[bytes]:
    """The bytes, as long as who asked may have them: a stream that ends early is shorter than it said."""
    sent = 0
    async for chunk in downloads.stream(hub, made, span.start, span.stop):
        if sent // ASKED_AGAIN_BYTES != (sent + len(chunk)) // ASKED_AGAIN_BYTES:
            async with hub.ask(await identify(request), Operation.EXPORT_FETCH) as ask:
                await downloads.require(ask, made.export.id)
        sent += len(chunk)
        yield chunk
