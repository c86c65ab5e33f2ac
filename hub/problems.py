"""How an error is answered: Problem Details (RFC 9457) for a program, a plain page for a browser.

Neither tells more than what was wrong with the request, and a number to quote.
"""

import re
from collections.abc import Mapping
from html import escape
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import orjson
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from hub.texts import choose, texts

DEFAULT: Final = "en"
PAGE_CSP: Final = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def correlation(scope: Scope) -> str:
    """The number of this request."""
    return scope.get("state", {}).get("correlation", "")


def problem(
    scope: Scope, status: int, said: str | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """An answer that says what was wrong: a page for a browser, Problem Details for a program."""
    title, number = HTTPStatus(status).phrase, correlation(scope)
    detail = said or _SAID.get(status, f"{title}.")
    accepted = Headers(scope=scope).get("accept", "")
    if "text/html" in accepted:
        content = {"content-security-policy": PAGE_CSP, **(headers or {})}
        return Response(_page(scope, status, said), status, content, media_type="text/html")
    body: dict[str, Any] = {
        "type": "about:blank", "title": title, "status": status, "detail": detail, "correlation": number,
    }  # fmt: skip
    return Response(orjson.dumps(body), status, headers, media_type="application/problem+json")


async def refused(request: Request, error: Exception) -> Response:
    """Answer what the router refused: no such path, or not by this method."""
    if not isinstance(error, HTTPException):
        raise error
    return problem(request.scope, error.status_code, headers=error.headers)


_SAID: Final = {
    400: "The request cannot be understood.",
    404: "There is nothing at this address.",
    405: "This address is not used that way.",
    500: "Something went wrong on our side. Quote the number when you report it.",
    503: "This cannot be answered now. Try again in a moment.",
}
_TEXTS: Final = texts(Path(__file__).parent / "problems.toml")
_HOUSE: Final = re.compile(r"(/(?:o|desk)/[a-z0-9-]{1,64})(?:/([a-z]{2}))?(?:/|$)")
"""An address within an organisation's portal or desk: where that begins, and the language that is read there."""
_PAGE: Final = """<!doctype html>
<html lang="{language}" dir="{direction}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>{title}</title>
<link rel="stylesheet" href="/static/portal.css"></head>
<body><main class="sheet"><h1>{title}</h1><p class="lead">{detail}</p><p>{lost}</p>
<p class="soft">{numbered} <bdi dir="ltr">{number}</bdi></p>
<p><a href="{start}">{back}</a></p></main></body></html>
"""


def _page(scope: Scope, status: int, said: str | None) -> str:
    """The page, in the language of the place or of the reader. said: what a program is told, which is English."""
    found = _HOUSE.match(scope["path"])
    language = choose(found and found[2], Headers(scope=scope).get("accept-language", ""))
    words = _TEXTS[language]
    detail = said if said and language == DEFAULT else words.get(f"detail_{status}", words["detail"])
    given = {
        "language": language, "direction": words["dir"], "title": words.get(f"title_{status}", words["title"]),
        "detail": detail, "lost": words["lost"], "numbered": words["number"], "number": correlation(scope),
        "start": found[1] if found else "/", "back": words["back"],
    }  # fmt: skip
    return _PAGE.format_map({name: escape(value) for name, value in given.items()})
