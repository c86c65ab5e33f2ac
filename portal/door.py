"""How a page is shown, and how what is sent from it is done.

`@shows` answers GET and changes nothing. `@does` answers POST: it acts, then sends the browser on, so that going back
or reloading repeats nothing. Whatever cannot be taken shows the form again, with what is wrong at the top and beside
the field, and with what was typed. What is sent must come from a page of ours: by its Origin, and by a token that only
a page shown to this very browser holds. That token is also the key under which an act is done once.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from hub.act import Hub
from hub.actors import Operation, authorise
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
SEVERAL: Final = ("topics",)
STATUSES: Final = {Code.LIMIT: 429, Code.CONFLICT: 409, Code.IDEMPOTENCY_MISMATCH: 422, Code.IN_PROGRESS: 409}


Showing = Callable[[Reader], Awaitable[Page | Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Bound:
    """A page's function with its operation; `bind` makes the endpoint of a hub."""

    operation: Operation
    method: str
    run: Callable[[Reader], Awaitable[Response]]

    def bind(self, hub: Hub) -> Endpoint:
        """Make the endpoint."""

        async def respond(request: Request) -> Response:
            reader = await _arrive(hub, request)
            if reader is None:
                return problem(request.scope, HTTPStatus.NOT_FOUND)
            authorise(reader.actor, self.operation)
            return _finish(reader, await self.run(reader))

        return respond


def shows(operation: Operation) -> Callable[[Showing], Bound]:
    """Make a page that is looked at."""

    def decorate(show: Showing) -> Bound:
        async def run(reader: Reader) -> Response:
            try:
                return _rendered(reader, await show(reader))
            except Refusal as refusal:
                return _refused(reader, refusal)

        return Bound(operation, "GET", run)

    return decorate


def does(
    operation: Operation, *, again: Showing
) -> Callable[[Callable[[Reader], Awaitable[Response]]], Bound]:
    """Make what happens when a page's form is sent; `again` shows the page with what is wrong."""

    def decorate(do: Callable[[Reader], Awaitable[Response]]) -> Bound:
        async def run(reader: Reader) -> Response:
            try:
                reader.form = await forms.read(reader.request, SEVERAL)
            except Unreadable as error:
                return problem(reader.request.scope, error.status, error.said)
            except ClientDisconnect:
                return Response(status_code=HTTPStatus.BAD_REQUEST)
            if not _is_same_origin(reader):
                return problem(reader.request.scope, HTTPStatus.FORBIDDEN, FOREIGN)
            return await _done(reader, do, again)

        return Bound(operation, "POST", run)

    return decorate


FOREIGN: Final = (
    "This was not sent from a page of ours, so nothing was done. Open our page and send it from there."
)


async def _done(reader: Reader, do: Callable[[Reader], Awaitable[Response]], again: Showing) -> Response:
    try:
        reader.require_ours()
        return await do(reader)
    except Wrong as wrong:
        reader.wrong.append(wrong)
        shown = await again(reader)
        return _rendered(reader, shown, wrong.status)
    except Later as later:
        return _later(reader, later)
    except Refusal as refusal:
        return _refused(reader, refusal)


async def _arrive(hub: Hub, request: Request) -> Reader | None:
    language, named = request.path_params.get("language", ""), request.path_params["house"]
    token = token_of(hub, request)
    found = await sessions.arrive(hub, named, token) if language in LANGUAGES and "\0" not in named else None
    return None if found is None else Reader(hub, request, found[0], language, token, found[1])


def _is_same_origin(reader: Reader) -> bool:
    """Whether the browser says that a page of this host sent this; the host itself was checked before."""
    said = urlsplit(reader.request.headers.get("origin", ""))
    is_https = reader.hub.settings.url.startswith("https://")
    schemes = {"https"} if is_https else {"http", "https"}
    return said.scheme in schemes and said.netloc == reader.request.headers.get("host", "")


def _rendered(reader: Reader, shown: Page | Response, status: int | None = None) -> Response:
    if isinstance(shown, Response):
        return shown
    rest = reader.request.url.path.split("/")[4:]
    languages = [
        (code, name, "/".join(["/o", reader.house.key, code, *rest])) for code, name in LANGUAGES.items()
    ]
    text = ENGINES[reader.language].get_template(shown.template).render(
        **shown.given, reader=reader, at=reader.at, house=reader.house, language=reader.language,
        languages=languages, wrong={each.field: each for each in reader.wrong},
    )  # fmt: skip
    headers = {**HEADERS, "content-language": reader.language}
    return Response(text, int(status or shown.status), headers, media_type="text/html")


def _later(reader: Reader, later: Later) -> Response:
    until = datetime.now(ZoneInfo("UTC")).timestamp() + later.seconds
    minutes = max(1, -(-later.seconds // 60))
    given = {"minutes": minutes, "until": datetime.fromtimestamp(until, ZoneInfo("UTC"))}
    answer = _rendered(reader, Page("later.html", given, HTTPStatus.TOO_MANY_REQUESTS))
    answer.headers["retry-after"] = str(later.seconds)
    return answer


def _refused(reader: Reader, refusal: Refusal) -> Response:
    """A page for what the hub itself refused; what it says to programs is not for people's eyes."""
    if refusal.code is Code.NOT_FOUND:
        return problem(reader.request.scope, HTTPStatus.NOT_FOUND)
    status = STATUSES.get(refusal.code, HTTPStatus.SERVICE_UNAVAILABLE)
    if refusal.code in {Code.INVALID, Code.TOO_LARGE}:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    answer = _rendered(reader, Page("refused.html", {"code": refusal.code.value}, status))
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        answer.headers["retry-after"] = "5"
    return answer


def _finish(reader: Reader, answer: Response) -> Response:
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    if reader.has_new_token:
        answer.set_cookie(
            cookie_name(reader.hub),
            reader.token or "",
            max_age=None if reader.token else 0,
            path="/",
            secure=reader.hub.settings.url.startswith("https://"),
            httponly=True,
            samesite="lax",
        )
    return answer
