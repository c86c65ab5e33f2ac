"""The query console: one plain page, its script and its style, all from here and under a strict policy.

It asks for a token, keeps it in the tab, and shows the schema by asking for it like any other client.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.actors import Operation
from schema.limits import LIMITS, Limits

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Sent with the page, and with its script and style."""

_ASSETS = {
    "console.js": "text/javascript; charset=utf-8",
    "documentation.js": "text/javascript; charset=utf-8",
    "console.css": "text/css; charset=utf-8",
}
_SAID = {
    "body_bytes": "bytes in the body",
    "document_bytes": "bytes in the document",
    "tokens": "tokens in the document",
    "selections": "fields, fragments expanded",
    "repeats": "pairs of repeated fields",
    "operations": "operations in the document",
    "depth": "levels",
    "aliases": "aliases",
    "directives": "directives",
    "root_fields": "root fields",
    "cost": "points of cost",
    "page": "rows on a page",
    "seconds": "seconds",
}


@dataclass(frozen=True, slots=True)
class Console:
    """The page for one address. `headers` go with it."""

    address: str
    page: bytes
    headers: Mapping[str, str]

    def routes(self) -> list[Route]:
        """The script and the style, below the address."""
        operation = Operation.METADATA_READ.value
        return [
            Route(f"{self.address}/{name}", _asset(name, kind), methods=["GET"], name=operation)
            for name, kind in _ASSETS.items()
        ]


def console_page(
    *,
    address: str = "/graphql",
    title: str = "Privacy Hub",
    query: str = "{ __typename }",
    variables: str = "{}",
    limits: Limits = LIMITS,
) -> Console:
    """The console of the schema at `address`, with a first query and its variables (JSON) to start from."""
    values: dict[str, Any] = {"address": address, "title": title, "query": query, "variables": variables}
    said = {name: escape(text) for name, text in values.items()} | {"limits": _limits(limits)}
    page = Template(_read("console.html")).substitute(said)
    return Console(address, page.encode(), HEADERS)


def _limits(limits: Limits) -> str:
    rows = (
        f"<div><dt>{_SAID[name]}</dt><dd>{value:,}</dd></div>" for name, value in limits.published().items()
    )
    return "\n        ".join(rows)


def _read(name: str) -> str:
    return files(__name__).joinpath(name).read_text(encoding="utf-8")


def _asset(name: str, kind: str) -> Any:
    body = _read(name).encode()

    async def send(_request: Request) -> Response:
        return Response(body, headers={**HEADERS, "Cache-Control": "no-cache", "Content-Type": kind})

    return send
