"""The copy that was asked for: what is in it, what is not and why, until when it is there, and fetching it.

It goes to the customer who is signed in, after a fresh code, and known as surely as the right asks; to all others it is
absent. Nothing of it lies behind an address that works by itself.
"""

from typing import Any, Final

from starlette.responses import Response

from hub.act import Act, Ask
from hub.actors import Operation
from hub.errors import not_found
from hub.rights import fetching, mine, packages, timing
from hub.rights.packages import Opened, Package
from hub.rights.requests import Request
from portal.attaching import attached
from portal.door import does, shows
from portal.journeys import NAMES
from portal.pages.request import following, number_of, own
from portal.reader import Page, Reader

MEGABYTE: Final = 1_000_000


async def show_package(reader: Reader) -> Page | Response:
    """Show what there is to fetch; first ask for what proves who asks."""
    async with following(reader) as (ask, request):
        found = await _released(ask, reader, request)
        first = _first(reader, request)
        if first is not None:
            return first
        zone = timing.zone(request.jurisdictions[0])
        given = {
            "request": request, "number": number_of(reader), "names": NAMES, "files": found.files,
            "until": found.until_at and found.until_at.astimezone(zone),
            "megabytes": max(1, -(-(found.size_bytes or 0) // MEGABYTE)),
        }  # fmt: skip
        return Page("package.html", given)


package = shows(Operation.OWN_READ)(show_package)


@does(Operation.OWN_CONDUCT, again=show_package)
async def fetch(reader: Reader) -> Response:
    """Hand the copy out as one file, piece by piece; that it was fetched is noted before."""
    request_id, actor = own(reader)
    async with following(reader) as (ask, request):
        await _released(ask, reader, request)
        first = _first(reader, request)
    visit = reader.visit
    if first is not None or visit is None:
        return first or reader.go("enter")

    async def body(act: Act) -> Opened:
        return await fetching.fetch(act, request_id, visit.identified, is_fresh=visit.is_fresh)

    opened = await reader.perform(Operation.OWN_CONDUCT, body, actor)
    return await attached(reader.hub, opened)


@does(Operation.OWN_CONDUCT, again=show_package)
async def say_needed(reader: Reader) -> Response:
    """Take that it was what was needed, once; what is missing is said by a complaint about this request."""
    request_id, actor = own(reader)

    async def make(act: Act) -> dict[str, Any]:
        await mine.note_needed(act, request_id)
        return {}

    await reader.once(Operation.OWN_CONDUCT, make, actor)
    return reader.go("requests", number_of(reader))


async def _released(ask: Ask, reader: Reader, request: Request) -> Package:
    """The package that may be fetched now; NOT_FOUND where there is none, or who follows is not signed in for it."""
    if own(reader)[1].kind != "customer":
        raise not_found("package")
    return (await packages.opened(ask, request.id)).package


def _first(reader: Reader, request: Request) -> Response | None:
    """Where to go before: to a fresh code, and to a second identifier where a code is too little for this right."""
    visit = reader.visit
    if visit is None or not visit.is_fresh:
        return reader.go("confirm", request.id)
    is_enough = fetching.is_known_enough(request, visit.identified)
    return None if is_enough else reader.go("identify", request.id)
