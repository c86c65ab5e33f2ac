"""The first pages: whose portal, what one can do there, and the end of a visit."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hub.act import Act, Hub
from hub.actors import Operation
from hub.auth import sessions
from hub.problems import problem
from hub.rights import requests
from hub.rights.requests import Request as Rights
from portal.door import CSP, does, shows
from portal.journeys import NAMES
from portal.languages import choose
from portal.reader import Page, Reader
from portal.wording import ENGINES

LEAVES = '"cache", "cookies", "storage"'


def doors(hub: Hub) -> Callable[[Request], Awaitable[Response]]:
    """Make the page that lists whose portals there are; where there is one, it leads there."""

    async def respond(request: Request) -> Response:
        language = choose(request.query_params.get("lang"), request.headers.get("accept-language", ""))
        found = await sessions.houses(hub)
        headers = {"content-security-policy": CSP, "vary": "Accept-Language"}
        if len(found) == 1:
            return RedirectResponse(f"/o/{found[0].key}/{language}", HTTPStatus.SEE_OTHER, headers)
        text = ENGINES[language].get_template("doors.html").render(language=language, houses=found)
        return Response(text, headers={**headers, "content-language": language}, media_type="text/html")

    return respond


def door(hub: Hub) -> Callable[[Request], Awaitable[Response]]:
    """Make the address of one portal without a language: it leads to the reader's."""

    async def respond(request: Request) -> Response:
        named = request.path_params["house"]
        if not named.isascii() or await sessions.arrive(hub, named, None) is None:
            return problem(request.scope, HTTPStatus.NOT_FOUND)
        language = choose(None, request.headers.get("accept-language", ""))
        headers = {"content-security-policy": CSP, "vary": "Accept-Language"}
        return RedirectResponse(f"/o/{named}/{language}", HTTPStatus.SEE_OTHER, headers)

    return respond


async def show_home(reader: Reader) -> Page:
    """Show what one can do."""
    return Page("home.html", {"requests": await own(reader), "names": NAMES})


async def own(reader: Reader) -> list[Rights]:
    """The requests that this visit has proved, in their order."""
    ids = [UUID(each) for each in reader.typed.get("requests", ())]
    if not ids:
        return []
    async with reader.hub.ask(reader.actor, Operation.PORTAL_FOLLOW, locale=reader.language) as ask:
        found = await requests.by_ids(ask, ids)
    return [found[each] for each in ids if each in found]


home = shows(Operation.PORTAL_READ)(show_home)


async def show_leave(reader: Reader) -> Page | Response:
    """Ask whether the visit is to end."""
    return Page("leave.html") if reader.visit else reader.go()


leaving = shows(Operation.PORTAL_READ)(show_leave)


@does(Operation.PORTAL_ASK, again=show_leave)
async def leave(reader: Reader) -> Response:
    """End the visit: what was typed is gone here and in the browser."""
    token = reader.token or ""

    async def body(act: Act) -> None:
        await sessions.end(act, token)

    await reader.perform(Operation.PORTAL_ASK, body)
    answer = reader.go()
    reader.forget()
    answer.headers["clear-site-data"] = LEAVES
    return answer
