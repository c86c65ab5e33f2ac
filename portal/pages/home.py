"""The first pages: whose portal, what one can do there, and the end of a visit."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any
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
from portal.journeys import JOURNEYS, NAMES, Asking
from portal.languages import choose
from portal.reader import Page, Reader, token_of
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


def returning(hub: Hub) -> Callable[[Request], Awaitable[Response]]:
    """Make the addresses that letters name: to this browser's visit, its code or its requests, or else to the doors."""

    async def respond(request: Request) -> Response:
        token = token_of(hub, request)
        found = await sessions.come_back(hub, token) if token else None
        place = "/o"
        if found is not None:
            language = choose(None, request.headers.get("accept-language", ""))
            place = f"/o/{found[0].key}/{language}"
            if request.url.path.endswith("/check"):
                place += _waiting(found[1].typed)
        return RedirectResponse(place, HTTPStatus.SEE_OTHER, {"vary": "Accept-Language"})

    return respond


def _waiting(typed: Mapping[str, Any]) -> str:
    """The page that waits for a code."""
    for journey in JOURNEYS:
        if Asking.of(typed, journey).request is not None:
            return f"/ask/{journey}/code"
    return ""


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
