"""How an error is answered: Problem Details (RFC 9457) for a program, a plain page for a browser.

Neither tells more than what was wrong with the request, and a number to quote.
"""

from collections.abc import Mapping
from html import escape
from http import HTTPStatus
from typing import Any, Final

import orjson
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

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
        page = _PAGE.format(title=escape(title), detail=escape(detail), number=escape(number))
        content = {"content-security-policy": PAGE_CSP, **(headers or {})}
        return Response(page, status, content, media_type="text/html")
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
_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><link rel="stylesheet" href="/static/portal.css"></head>
<body><main class="sheet"><h1>{title}</h1><p class="lead">{detail}</p>
<p class="soft">Number <span class="ref">{number}</span></p>
<p><a href="/">Back to the start</a></p></main></body></html>
"""
