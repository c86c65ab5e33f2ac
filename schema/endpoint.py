"""The GraphQL endpoint: one address, one operation a request.

The order is binding, cheapest and surest first: who is asking, how large is the body, does it parse within
the token limit, what does it cost with every fragment expanded; only then validation, and last execution,
inside a time limit.

It executes on graphql-core directly: a document that was seen before costs one look-up before its resolvers
run.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import strawberry
from graphql import OperationType
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from hub.errors import Code, Refusal
from schema import faults, wire
from schema.documents import Documents, Invalid, unknown
from schema.limits import LIMITS, Limits
from schema.operations import Admitted, Context, Meter, Operations
from schema.trusted import Trusted
from schema.wire import Halt, Parameters

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Openness:
    """What this address offers besides operations by POST. The default is what production needs: nothing.

    introspection: the schema may be asked for, and errors suggest names.
    queries_by_get: GET runs queries. For trying things out with made-up data: addresses end up in logs.
    page: the console page, or none; page_headers go with it.
    """

    introspection: bool = False
    queries_by_get: bool = False
    page: bytes | None = None
    page_headers: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    value: dict[str, Any]


class Endpoint(Generic[A]):
    """An ASGI application for ``Route("/graphql", endpoint)``.

    authenticate: who asks; raises Refusal(UNAUTHENTICATED | FORBIDDEN | LIMIT | UNAVAILABLE).
    context: makes what resolvers see, for one request.
    """

    def __init__(  # noqa: PLR0913 -- each is a seam that the composition root fills
        self,
        schema: strawberry.Schema,
        *,
        authenticate: Callable[[Request], Awaitable[A]],
        context: Callable[[Request, A], Context],
        openness: Openness | None = None,
        limits: Limits = LIMITS,
        trusted: Callable[[Documents], Trusted] | None = None,
        meter: Meter | None = None,
    ) -> None:
        self._authenticate = authenticate
        self._context = context
        self._open = openness or Openness()
        self.operations = Operations(
            schema, limits, introspection=self._open.introspection, trusted=trusted, meter=meter
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; nothing a client sends makes this raise."""
        request = Request(scope, receive)
        kind = wire.JSON
        try:
            if request.method != "POST" and await self._page(request, send):
                return
            kind = wire.media_type(request.headers.get("accept", ""))
            answer = await self._answer(request, kind)
        except ClientDisconnect:
            return
        except Halt as halt:
            await self._halt(send, kind, halt)
        except Refusal as refusal:
            await self._halt(send, kind, _halted(refusal))
        except RecursionError:
            await self._halt(send, kind, Halt(400, Code.INVALID, "The request is nested too deeply."))
        except Exception as error:  # noqa: BLE001 -- the last line of defence: an answer without details
            await wire.send_json(send, 500, kind, {"errors": [faults.fault(error, "")]})
        else:
            await wire.send_json(send, answer.status, kind, answer.value)

    async def _halt(self, send: Send, kind: str, halt: Halt) -> None:
        self.operations.meter.refused(halt.code)
        error = {"message": halt.message, "extensions": {"code": str(halt.code)}}
        await wire.send_json(send, halt.status, kind, {"errors": [error]}, halt.headers)

    async def _page(self, request: Request, send: Send) -> bool:
        """Send the console page if this is a browser looking for it."""
        page = self._open.page
        if page is None or request.method not in {"GET", "HEAD"}:
            return False
        if not wire.wants_page(request.headers.get("accept", "")):
            return False
        named = {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Length": str(len(page)),
            "Vary": "Accept",
        }
        named |= self._open.page_headers or {}
        lines = [(name.lower().encode("latin-1"), text.encode("latin-1")) for name, text in named.items()]
        await send({"type": "http.response.start", "status": 200, "headers": lines})
        await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else page})
        return True

    async def _answer(self, request: Request, kind: str) -> _Answer:
        self._check_method(request)
        actor = await self._who(request)
        asked = await self._asked(request)
        try:
            admitted = self.operations.admit(asked)
            self._check_kind(request, admitted)
        except (Refusal, Invalid) as refused:
            return self._not_run(refused, kind)
        context = self._context(request, actor)
        try:
            return _Answer(200, await self.operations.run(admitted, context))
        except Invalid as refused:
            return self._not_run(refused, kind)

    def _check_method(self, request: Request) -> None:
        by_get = self._open.queries_by_get and request.method == "GET" and "query" in request.query_params
        if request.method == "POST" or by_get:
            return
        allowed = "GET, HEAD, POST" if self._open.page or self._open.queries_by_get else "POST"
        raise Halt(405, "METHOD_NOT_ALLOWED", "Send the operation by POST.", {"Allow": allowed})

    async def _who(self, request: Request) -> A:
        try:
            return await self._authenticate(request)
        except Refusal as refusal:
            raise _halted(refusal) from None

    async def _asked(self, request: Request) -> Parameters:
        if request.method == "POST":
            body = await wire.body_of(request, self.operations.limits.body_bytes)
            return wire.parameters(wire.decoded(body))
        return wire.parameters(wire.from_address(request.query_params))

    def _check_kind(self, request: Request, admitted: Admitted) -> None:
        if admitted.kind is OperationType.SUBSCRIPTION:
            raise unknown("Subscriptions go over a WebSocket at this address, by graphql-transport-ws.")
        if request.method == "GET" and admitted.kind is not OperationType.QUERY:
            raise Halt(405, "METHOD_NOT_ALLOWED", "Mutations go by POST.", {"Allow": "POST"})

    def _not_run(self, refused: Refusal | Invalid, kind: str) -> _Answer:
        """A request error: there is no `data`, and only the newer media type says so in the status."""
        errors = self.operations.refused(refused)
        return _Answer(400 if kind == wire.GRAPHQL else 200, {"errors": errors})


def _halted(refusal: Refusal) -> Halt:
    headers = {"WWW-Authenticate": "Bearer"} if refusal.code is Code.UNAUTHENTICATED else {}
    return Halt(faults.STATUSES.get(refusal.code, 400), refusal.code, refusal.message, headers)
