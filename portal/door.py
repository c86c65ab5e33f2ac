"""How a page is shown, and how what is sent from it is done.

An entrance is where one kind of reader comes in: the customers' portal, the privacy team's desk. Its `@shows` answers
GET and changes nothing. Its `@does` answers POST: it acts, then sends the browser on, so that going back or reloading
repeats nothing. Whatever cannot be taken shows the form again, with what is wrong at the top and beside
the field, and with what was typed. What is sent must come from a page of ours: by its Origin, and by a token that only
a page shown to this very browser holds. That token is also the key under which an act is done once.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final, Generic, TypeVar
from zoneinfo import ZoneInfo

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match

from hub import web
from hub.act import Hub
from hub.actors import Operation, may
from hub.auth import sessions
from hub.errors import Code, Refusal
from hub.problems import problem
from portal import forms
from portal.forms import Unreadable, Wrong
from portal.languages import LANGUAGES
from portal.reader import Later, Page, Reader, cookie_name, token_of
from portal.wording import ENGINES

CSP: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
# A browser that is told to send no referrer sends forms with `Origin: null`.
HEADERS: Final = {
    "content-security-policy": CSP,
    "cache-control": "no-store",
    "referrer-policy": "same-origin",
}
SEVERAL: Final = (
    "arrangements",
    "categories",
    "purposes",
    "roles",
    "scopes",
    "topics",
)
STATUSES: Final = {
    Code.FORBIDDEN: 403, Code.LIMIT: 429, Code.CONFLICT: 409, Code.IDEMPOTENCY_MISMATCH: 422, Code.IN_PROGRESS: 409,
}  # fmt: skip


Someone = TypeVar("Someone", bound=Reader)
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Bound:
    """A page's function with its operation; `bind` makes the endpoint of a hub."""

    operation: Operation
    method: str
    bind: Callable[[Hub], Endpoint]


@dataclass(frozen=True, slots=True)
class Entrance(Generic[Someone]):
    """Where readers of one kind come in.

    arrive: finds who it is; None where there is no such place, a response to send them elsewhere. bar: what is answered
    where the table of `hub/actors.py` does not let them.
    """

    arrive: Callable[[Hub, Request], Awaitable[Someone | Response | None]]
    bar: Callable[[Someone], Response]

    def shows(
        self, operation: Operation
    ) -> Callable[[Callable[[Someone], Awaitable[Page | Response]]], Bound]:
        """Make a page that is looked at."""

        def decorate(show: Callable[[Someone], Awaitable[Page | Response]]) -> Bound:
            async def run(reader: Someone) -> Response:
                try:
                    return rendered(reader, await show(reader))
                except Refusal as refusal:
                    return refused(reader, refusal)

            return self._bound(operation, "GET", run)

        return decorate

    def does(
        self,
        operation: Operation,
        *,
        again: Callable[[Someone], Awaitable[Page | Response]],
        files: Callable[[Someone], Awaitable[None]] | None = None,
    ) -> Callable[[Callable[[Someone], Awaitable[Response]]], Bound]:
        """Make what happens when a page's form is sent; `again` shows the page with what is wrong.

        files: the form may bring files, and this says first whether anything is read from whoever sends it.
        """

        def decorate(do: Callable[[Someone], Awaitable[Response]]) -> Bound:
            async def whole(reader: Someone) -> Response:
                if files is not None:
                    await files(reader)
                    reader.form = await forms.read_files(reader.request, SEVERAL)
                reader.require_ours()
                return await do(reader)

            async def run(reader: Someone) -> Response:
                refused = await _read_form(reader, reads=files is None)
                return await _done(reader, whole, again) if refused is None else refused

            return self._bound(operation, "POST", run)

        return decorate

    def _bound(
        self, operation: Operation, method: str, run: Callable[[Someone], Awaitable[Response]]
    ) -> Bound:
        def bind(hub: Hub) -> Endpoint:
            async def respond(request: Request) -> Response:
                reader = await self.arrive(hub, request)
                if reader is None:
                    return problem(request.scope, HTTPStatus.NOT_FOUND)
                if isinstance(reader, Response):
                    return reader
                answer = await run(reader) if may(reader.actor, operation) else self.bar(reader)
                return _finish(reader, answer)

            return respond

        return Bound(operation, method, bind)


FOREIGN: Final = (
    "This was not sent from a page of ours, so nothing was done. Open our page and send it from there."
)


async def _read_form(reader: Reader, *, reads: bool) -> Response | None:
    """Read what was sent; a response where it is no form, or not from a page of ours."""
    try:
        if reads:
            reader.form = await forms.read(reader.request, SEVERAL)
    except Unreadable as error:
        return problem(reader.request.scope, error.status, error.said)
    except ClientDisconnect:
        return Response(status_code=HTTPStatus.BAD_REQUEST)
    return (
        None
        if is_same_origin(reader.hub, reader.request)
        else problem(reader.request.scope, HTTPStatus.FORBIDDEN, FOREIGN)
    )


async def _done(
    reader: Someone,
    do: Callable[[Someone], Awaitable[Response]],
    again: Callable[[Someone], Awaitable[Page | Response]],
) -> Response:
    try:
        try:
            return await do(reader)
        except Wrong as wrong:
            reader.wrong.append(wrong)
            return rendered(reader, await again(reader), wrong.status)
    except Unreadable as error:
        return problem(reader.request.scope, error.status, error.said)
    except ClientDisconnect:
        return Response(status_code=HTTPStatus.BAD_REQUEST)
    except Later as later:
        return _later(reader, later)
    except Refusal as refusal:  # of what was done, or of showing the page again
        return refused(reader, refusal)


async def _arrive(hub: Hub, request: Request) -> Reader | None:
    language, named = request.path_params.get("language", ""), request.path_params["house"]
    token = token_of(hub, request, Reader.cookie)
    found = await sessions.arrive(hub, named, token) if language in LANGUAGES else None
    return None if found is None else Reader(hub, request, found[0], language, token, found[1])


def _bar(reader: Reader) -> Response:
    """Send a guest who comes to what is a customer's to sign in, and a customer home from what is for guests."""
    return reader.go() if reader.is_signed_in else reader.go("enter")


PORTAL: Final = Entrance(_arrive, _bar)
"""Where customers come in."""
shows = PORTAL.shows
does = PORTAL.does


def is_same_origin(hub: Hub, request: Request) -> bool:
    """Whether the browser says that a page of this host sent this; the host itself was checked before."""
    headers, https = request.headers, hub.settings.url.startswith("https://")
    return web.is_own_origin(headers.get("origin", ""), headers.get("host", ""), https=https)


def rendered(reader: Reader, shown: Page | Response, status: int | None = None) -> Response:
    """Show a page to a reader."""
    if isinstance(shown, Response):
        return shown
    rest = _read_at(reader.request)
    languages = [
        (code, name, f"{reader.root}/{reader.house.key}/{code}/{rest}".rstrip("/"))
        for code, name in LANGUAGES.items()
    ]
    text = ENGINES[reader.language].get_template(shown.template).render(
        **shown.given, reader=reader, at=reader.at, house=reader.house, language=reader.language,
        languages=languages, wrong={each.field: each for each in reader.wrong},
    )  # fmt: skip
    headers = {**HEADERS, "content-language": reader.language}
    return Response(text, int(status or shown.status), headers, media_type="text/html")


def _read_at(request: Request) -> str:
    """Where this page is read again, below its language: what answers a form may lie where forms are only sent."""
    path: str = request.scope["path"]
    if request.method != "POST" or _is_read(request, path):
        return _below(path) + (f"?{request.url.query}" if request.url.query else "")
    while (rest := _below(path)) and not _is_read(request, path):
        path = path.rpartition("/")[0]
    return rest


def _below(path: str) -> str:
    return "/".join(path.split("/")[4:])


def _is_read(request: Request, path: str) -> bool:
    asked = {"type": "http", "method": "GET", "path": path, "root_path": ""}
    return any(each.matches(asked)[0] is Match.FULL for each in request.app.routes)


def _later(reader: Reader, later: Later) -> Response:
    until = datetime.now(ZoneInfo("UTC")).timestamp() + later.seconds
    minutes = max(1, -(-later.seconds // 60))
    given = {"minutes": minutes, "until": datetime.fromtimestamp(until, ZoneInfo("UTC"))}
    answer = rendered(reader, Page("later.html", given, HTTPStatus.TOO_MANY_REQUESTS))
    answer.headers["retry-after"] = str(later.seconds)
    return answer


def refused(reader: Reader, refusal: Refusal) -> Response:
    """A page for what the hub itself refused; what it says to programs is not for people's eyes."""
    if refusal.code is Code.NOT_FOUND:
        return problem(reader.request.scope, HTTPStatus.NOT_FOUND)
    status = STATUSES.get(refusal.code, HTTPStatus.SERVICE_UNAVAILABLE)
    if refusal.code in {Code.INVALID, Code.TOO_LARGE}:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    answer = rendered(reader, Page("refused.html", {"code": refusal.code.value}, status))
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        answer.headers["retry-after"] = "5"
    return answer


def _finish(reader: Reader, answer: Response) -> Response:
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    if reader.has_new_token:
        kept(reader.hub, answer, reader.cookie, reader.token or "", None if reader.token else 0)
    return answer


def kept(hub: Hub, answer: Response, cookie: str, value: str, seconds: int | None = None) -> Response:
    """Give a browser a cookie that no script and no other host reads; seconds: None until it is closed, 0 takes it."""
    answer.set_cookie(
        cookie_name(hub, cookie),
        value,
        max_age=seconds,
        path="/",
        secure=hub.settings.url.startswith("https://"),
        httponly=True,
        samesite="lax",
    )
    return answer
