"""Files of apps by plain HTTP beside the API: a file of 10 MB is no text in JSON.

They are sent as a form with files, and handed out to be saved. Each address asks for the same token as the API, and
only for that: no browser sends it by itself.
"""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final
from uuid import UUID

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from hub.act import Act, Hub
from hub.actors import Actor, Operation, authorise
from hub.errors import Code, Refusal
from hub.problems import problem
from hub.uploads import multipart
from hub.uploads.multipart import Form
from hub.uploads.values import Sent
from schema.faults import STATUSES

FIELD: Final = "files"
Identify = Callable[[Request], Awaitable[Actor]]
Answering = Callable[[Hub, Actor, Request], Awaitable[Response]]
Address = tuple[str, str, Operation, Answering]
Making = Callable[[Act], Awaitable[dict[str, Any]]]
_STATUSES: Final = {
    **STATUSES, Code.NOT_FOUND: 404, Code.CONFLICT: 409, Code.IN_PROGRESS: 409, Code.IDEMPOTENCY_MISMATCH: 422,
    Code.OUTCOME_UNKNOWN: 503,
}  # fmt: skip


def routes(hub: Hub, identify: Identify, table: Sequence[Address]) -> list[Route]:
    """Routes for path, method, operation and what answers; identify: who sends a request."""
    return [
        Route(path, _endpoint(hub, identify, operation, answer), methods=[method], name=operation.value)
        for path, method, operation, answer in table
    ]


def _endpoint(
    hub: Hub, identify: Identify, operation: Operation, answer: Answering
) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        try:
            actor = await identify(request)
            authorise(actor, operation)
            return await answer(hub, actor, request)
        except Refusal as refusal:
            return _refused(request, refusal)
        except ClientDisconnect:
            return Response(status_code=400)

    return respond


async def files_of(request: Request) -> list[Sent]:
    """Read the files of a form that holds nothing else, one at least; Refusals INVALID and TOO_LARGE."""
    form = await multipart.read(request)
    _require_files_only(form)
    return [file for _, file in form.files]


def mark(of: UUID, sent: Sequence[Sent]) -> bytes:
    """The same for the same files to the same thing."""
    digests = [hashlib.sha256(each.content).digest() for each in sent]
    return hashlib.sha256(b"".join([of.bytes, *digests])).digest()


def once(key: str | None, said: bytes, make: Making) -> Making:
    """Do something once per idempotency key, where there is one."""

    async def body(act: Act) -> dict[str, Any]:
        made: dict[str, Any] = {}

        async def first() -> dict[str, Any]:
            made.update(await make(act))
            return made

        before = await act.answer_once(key, said, first) if key else await first()
        return made if before is None else before

    return body


def created(said: dict[str, Any]) -> Response:
    """Answer with what was made."""
    return Response(orjson.dumps(said), 201, media_type="application/json")


def _require_files_only(form: Form) -> None:
    if form.fields or any(name != FIELD for name, _ in form.files):
        raise Refusal(Code.INVALID, f"Send files only, each as a part named `{FIELD}`.", (FIELD,))
    if not form.files:
        raise Refusal(Code.INVALID, "There is no file in this form.", (FIELD,))


def _refused(request: Request, refusal: Refusal) -> Response:
    headers = {"WWW-Authenticate": "Bearer"} if refusal.code is Code.UNAUTHENTICATED else {}
    if refusal.code is Code.UNAVAILABLE:
        headers = {"Retry-After": "5"}
    place = f" ({'.'.join(map(str, refusal.path))})" if refusal.path else ""
    return problem(request.scope, _STATUSES.get(refusal.code, 400), refusal.message + place, headers)
