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
from hub.policy.values import Jurisdiction
from hub.problems import problem
from hub.rights import mine, requests
from hub.rights.law import RIGHTS
from hub.rights.requests import Request as Rights
from portal.door import CSP, does, shows
from portal.journeys import JOURNEYS, NAMES, Asking
from portal.languages import choose
from portal.pages import referral
from portal.reader import Page, Reader, token_of
from portal.tags import Tag, tag_of
from portal.wording import ENGINES

LEAVES = '"cache", "cookies", "storage"'


def doors(hub: Hub, root: str = "/o") -> Callable[[Request], Awaitable[Response]]:
    """Make the page that lists whose portals (or desks) there are; where there is one, it leads there."""

    async def respond(request: Request) -> Response:
        language = choose(request.query_params.get("lang"), request.headers.get("accept-language", ""))
        found = await sessions.houses(hub)
        headers = {"content-security-policy": CSP, "vary": "Accept-Language"}
        if len(found) == 1:
            return RedirectResponse(f"{root}/{found[0].key}/{language}", HTTPStatus.SEE_OTHER, headers)
        text = ENGINES[language].get_template("doors.html").render(language=language, houses=found, root=root)
        return Response(text, headers={**headers, "content-language": language}, media_type="text/html")

    return respond


def door(hub: Hub, root: str = "/o") -> Callable[[Request], Awaitable[Response]]:
    """Make the address of one portal (or desk) without a language: it leads to the reader's."""

    async def respond(request: Request) -> Response:
        named = request.path_params["house"]
        if await sessions.arrive(hub, named, None) is None:
            return problem(request.scope, HTTPStatus.NOT_FOUND)
        language = choose(None, request.headers.get("accept-language", ""))
        headers = {"content-security-policy": CSP, "vary": "Accept-Language"}
        return RedirectResponse(f"{root}/{named}/{language}", HTTPStatus.SEE_OTHER, headers)

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
    """Show what one can do, and where one's requests stand."""
    place = reader.typed.get("known", {}).get("place", {}).get("place")
    offered = {
        key for key, each in JOURNEYS.items()
        if not place or not each.kind or RIGHTS[Jurisdiction(place), each.kind].is_offered
    }  # fmt: skip
    given = {
        "requests": await _own(reader), "names": NAMES, "offered": offered,
        "questions": await referral.open_questions(reader) if reader.is_signed_in else [],
    }  # fmt: skip
    return Page("own.html" if reader.is_signed_in else "home.html", given)


async def _own(reader: Reader) -> list[tuple[str, Rights, Tag]]:
    """The requests that they may follow, the newest first: how an address names each, and how it stands in a word."""
    ids = [UUID(each) for each in reader.typed.get("requests", ())]
    found: dict[UUID, Rights] = {}
    if ids:
        async with reader.hub.ask(reader.visitor, Operation.PORTAL_FOLLOW, locale=reader.language) as ask:
            found = await requests.by_ids(ask, ids)
    named = {each: str(place) for place, each in enumerate(ids, 1)}
    if reader.is_signed_in:
        async with reader.hub.ask(reader.actor, Operation.OWN_READ, locale=reader.language) as ask:
            found |= {each.id: each for each in await mine.requests_of(ask)}
    several = sorted(found.values(), key=lambda each: each.id, reverse=True)
    return [(named.get(each.id, str(each.id)), each, tag_of(each)) for each in several]


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
