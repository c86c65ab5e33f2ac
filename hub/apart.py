"""The desk on a host of its own: staff's cookies and pages never meet those of customers, nor are found beside them.

A browser keeps hosts apart: what a page of the portal could be made to do reaches no page of the desk.
"""

from collections.abc import Iterable
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.problems import problem
from hub.web import host_name

DESK = "/desk"
SHARED = "/static/"


class Apart:
    """Lets the desk's addresses be found on its host alone, and no others there but style sheets and probes."""

    def __init__(self, app: ASGIApp, host: str, probes: Iterable[str]) -> None:
        self._app = app
        self._host = host.lower()
        self._probes = frozenset(probes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on if it came to the right host; the host itself was checked before."""
        if scope["type"] == "lifespan" or self._is_right(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await problem(scope, HTTPStatus.NOT_FOUND)(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008, "reason": ""})

    def _is_right(self, scope: Scope) -> bool:
        path: str = scope["path"]
        if path in self._probes or path.startswith(SHARED):
            return True
        is_desk = path == DESK or path.startswith(f"{DESK}/")
        return is_desk == (host_name(Headers(scope=scope).get("host", "")) == self._host)
